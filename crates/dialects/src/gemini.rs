//! Google's generateContent. The terminal event is a `finishReason` on the first candidate, or a
//! `promptFeedback.blockReason` where no candidate may come.

mod decode;
mod encode;
mod partial;

pub(crate) use decode::Gemini;
pub(crate) use encode::encode;
