//! OpenAI's responses. The terminal event is `response.completed`, `.incomplete` or `.failed`.

mod decode;
mod encode;

pub(crate) use decode::Responses;
pub(crate) use encode::{encode, path};
