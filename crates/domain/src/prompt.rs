//! What a prompt is about, as routing, ratings and figures speak of it.

use crate::error::words;
use serde::{Deserialize, Serialize};

words! {
    /// The kind of work that a prompt asks for. Models differ by it, so what is learned of them is kept by it.
    PromptClass {
        /// Programs: written, mended, explained.
        Code = "code",
        /// Texts to be written or reworded.
        Writing = "writing",
        /// Weighing, comparing, explaining, deciding: an answer that has to be thought out in words.
        Analysis = "analysis",
        /// An answer that has to be calculated or proved.
        Maths = "maths",
        /// Something taken out of a given text: fields, a summary, a label.
        Extraction = "extraction",
        /// One language into another.
        Translation = "translation",
        /// Small talk and short questions of fact.
        Chat = "chat",
        /// Nothing that these words fit.
        Other = "other",
    }
}
