//! The whole, through its public doors.
