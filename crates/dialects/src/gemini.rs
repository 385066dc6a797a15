//! Google's generateContent. The terminal event is a `finishReason` on the first candidate, or a
//! `promptFeedback.blockReason` where no candidate may come.

mod decode;
mod encode;
mod partial;

pub(crate) use decode::Gemini;
pub(crate) use encode::{encode, path};

/// What a candidate says of where its text comes from: kept, and no part of the prompt.
pub(crate) const GROUNDS: [&str; 3] = ["groundingMetadata", "citationMetadata", "urlContextMetadata"];
