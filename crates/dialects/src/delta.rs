//! What decoders say.

use crate::DialectError;
use domain::{Part, Stop, Usage};

/// One piece of an answer, the same for all dialects.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    /// Visible text; a refusal too.
    Text(String),
    /// Reasoning text.
    Reasoning(String),
    /// A new reasoning part begins. Optional: reasoning after something else begins one anyway.
    ReasoningStart,
    /// Belongs to the current reasoning part, or makes one where there is none.
    ReasoningSeal {
        /// The provider's proof.
        signature: Option<String>,
        /// Reasoning that only the provider can read.
        sealed: Option<String>,
        /// The provider's id of the item.
        id: Option<String>,
    },
    /// A tool call begins.
    ToolCall {
        /// Which call of this answer: the later pieces carry it.
        key: u32,
        /// The provider's id; `call_0` … where it gives none.
        id: String,
        /// The tool.
        name: String,
    },
    /// More of a call's arguments.
    ToolArguments {
        /// Which call.
        key: u32,
        /// A piece of JSON text.
        text: String,
    },
    /// The provider's proof for a call.
    ToolSeal {
        /// Which call.
        key: u32,
        /// The proof.
        signature: String,
    },
    /// A part that arrives whole: an image, a file, a block of this dialect only.
    Part(Part),
    /// Why the answer ended. The last one counts.
    Stop(Stop),
    /// Token counts; later ones refine earlier ones.
    Usage(Usage),
    /// The model that answered, as the provider names it.
    Served(String),
}

impl Delta {
    /// Whether this is content: after the first such delta a call is not made again.
    #[must_use]
    pub fn is_content(&self) -> bool {
        !matches!(self, Self::Stop(_) | Self::Usage(_) | Self::Served(_) | Self::ReasoningStart)
    }
}

/// Reads one answer, in pieces of any size.
pub trait Decoder: Send {
    /// Takes the next bytes of the body. After an error the decoder is spent; deltas that were
    /// pushed before it count.
    fn feed(&mut self, bytes: &[u8], out: &mut Vec<Delta>) -> Result<(), DialectError>;

    /// The body has ended cleanly: [`DialectError::Truncated`] unless the terminal event was seen.
    fn end(&mut self, out: &mut Vec<Delta>) -> Result<(), DialectError>;

    /// Whether the dialect's terminal event was seen: from here on the answer is whole, even when
    /// the connection breaks. Figures may still follow, so read on until [`Self::closed`] or the end.
    fn finished(&self) -> bool;

    /// Whether nothing more can come, so that reading may stop.
    fn closed(&self) -> bool {
        self.finished()
    }
}
