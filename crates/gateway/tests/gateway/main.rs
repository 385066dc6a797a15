//! The gateway through real sockets.
