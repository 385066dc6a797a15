//! Conversations on their way in and out: readers of other products' exports, which turn a file of any
//! size into whole conversations one after the other, and writers of ours. A file is told by its content.
//!
//! What is read comes from strangers. So a reader holds at most one conversation and believes nothing:
//! sizes, depths, ids and times are checked, and whatever does not fit costs that conversation, never its
//! neighbours. Nothing here walks a tree by calling itself. Deliberately not here: SQL, clocks, drawing
//! ids, choosing files: callers pass the time, fresh ids and what is to be read.

mod chatgpt;
mod claude;
mod deepseek;
mod error;
mod json;
mod libre_chat;
mod open_webui;
mod own;
mod read;
mod scan;
mod source;
mod tree;
mod write;

pub use error::ReadError;
pub use own::Exporter;
pub use read::{Item, Reader, Sink, Stop};
pub use source::{File, Open, Progress, Source};
pub use write::{Bytes, Html, html, markdown};

/// Most bytes of one conversation in a file: with what is made of it on the way into the store, it takes some ten
/// times as much memory.
pub const MAX_CONVERSATION: usize = 24 * 1024 * 1024;
/// Most bytes of one conversation in a file of ours: what was written here is to be read here. Beside its
/// texts it has what is known of each answer.
pub const MAX_OWN: usize = 256 * 1024 * 1024;
/// Most messages of one conversation.
pub const MAX_MESSAGES: usize = 500_000;
/// Most messages on one path.
pub const MAX_DEPTH: usize = 100_000;
/// Most bytes of one attachment: what can be attached by hand.
pub const MAX_ATTACHMENT: u64 = 32 * 1024 * 1024;

#[cfg(test)]
mod tests;
