//! Ollama's own chat. The terminal event is `done: true`.

mod decode;
mod encode;

pub(crate) use decode::Ollama;
pub(crate) use encode::encode;
