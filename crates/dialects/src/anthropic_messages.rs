//! Anthropic's messages. The terminal event is `message_stop`.

mod decode;
mod encode;
mod sources;

pub(crate) use decode::Messages;
pub(crate) use encode::{encode, path, version};
pub(crate) use sources::{Sources, blocks as cited_blocks};

/// The version of the protocol that this code speaks.
pub(crate) const VERSION: &str = "2023-06-01";
