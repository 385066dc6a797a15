//! OpenAI's chat completions, and the many who speak it in their own way.
//!
//! The terminal event is a `finish_reason` on the first choice, or `[DONE]`: many leave `[DONE]`
//! out, and some (Snowflake, a few providers behind OpenRouter) never send a `finish_reason`. Then
//! the stop is [`domain::Stop::Other`], for nobody said why it ended.

mod calls;
mod content;
mod decode;
mod encode;
mod sources;
mod usage;
mod usual;

pub(crate) use decode::Chat;
pub(crate) use encode::{encode, path, tools};
pub(crate) use usage::Counts;
