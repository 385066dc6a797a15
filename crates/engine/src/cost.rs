//! What an answer cost, and estimates where nobody counted.

use domain::{Cost, Part, Prices, Usage, UsageBy};

/// Bytes of UTF-8 to a token, roughly: English text and code run at 3.5 to 4.5 with today's
/// tokenizers (OpenAI's rule of thumb is 4 characters). Marked as an estimate wherever it is used.
const BYTES_PER_TOKEN: usize = 4;

/// Tokens of a text of so many bytes, estimated.
pub(crate) fn tokens_of_bytes(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u32::MAX)
}

/// Bytes of text that a part puts before a model, or that a model wrote in it.
pub(crate) fn text_bytes(part: &Part) -> usize {
    match part {
        Part::Text { text } | Part::Reasoning { text, .. } | Part::ToolResult { text, .. } => text.len(),
        Part::ToolCall { name, arguments, .. } => name.len() + arguments.len(),
        Part::Image { .. } | Part::File { .. } | Part::Raw { .. } => 0,
    }
}

/// The provider's counts, or an estimate from what was sent and what came. The first `begun` bytes of
/// text are a copy that the answer went on from: sent, not answered.
pub(crate) fn usage_or_estimate(
    reported: Usage,
    prompt_bytes: usize,
    begun: usize,
    parts: &[Part],
) -> (Usage, UsageBy) {
    if reported.input.is_some() || reported.output.is_some() {
        return (reported, UsageBy::Reported);
    }
    let of = |reasoning: bool| {
        let of_kind = |p: &&Part| matches!(p, Part::Reasoning { .. }) == reasoning;
        let bytes: usize = parts.iter().filter(of_kind).map(text_bytes).sum();
        tokens_of_bytes(if reasoning { bytes } else { bytes.saturating_sub(begun) })
    };
    let reasoning = Some(of(true)).filter(|n| *n > 0);
    let estimate = Usage {
        input: Some(tokens_of_bytes(prompt_bytes + begun)),
        output: Some(of(false)),
        reasoning,
        ..Usage::default()
    };
    (estimate, UsageBy::Estimated)
}

/// The cost of a usage; `None` is unknown.
pub(crate) fn cost(prices: &Prices, usage: &Usage, by: UsageBy) -> Option<Cost> {
    prices.cost_of(usage).map(|usd| Cost { usd, estimated: by == UsageBy::Estimated && usd.0 != 0 })
}
