//! What an answer cost, and estimates where nobody counted.

use crate::weigh::weight_of;
use dialects::{text_tokens, text_weight};
use domain::{Cost, NanoUsd, Part, Prices, Usage, UsageBy};

/// Tokens of a text, estimated.
pub(crate) fn tokens_of_text(text: &str) -> u32 {
    text_tokens(text_weight(text))
}

/// The provider's counts, or an estimate from what was sent and what came. `begun` is the text that the
/// answer went on from: sent, not answered.
pub(crate) fn usage_or_estimate(
    reported: Usage,
    prompt_tokens: u32,
    begun: &[Part],
    parts: &[Part],
) -> (Usage, UsageBy) {
    if reported.input.is_some() || reported.output.is_some() {
        return (reported, UsageBy::Reported);
    }
    let of = |parts: &[Part], reasoning: bool| -> u64 {
        let of_kind = |p: &&Part| matches!(p, Part::Reasoning { .. }) == reasoning;
        parts.iter().filter(of_kind).map(weight_of).sum()
    };
    let thought = of(parts, true).saturating_sub(of(begun, true));
    let reasoning = Some(text_tokens(thought)).filter(|n| *n > 0);
    let begun = of(begun, false);
    let estimate = Usage {
        input: Some(prompt_tokens.saturating_add(text_tokens(begun))),
        output: Some(text_tokens(of(parts, false).saturating_sub(begun))),
        reasoning,
        ..Usage::default()
    };
    (estimate, UsageBy::Estimated)
}

/// What two calls of one answer cost; not known as soon as it is not known of one.
pub(crate) fn sum(one: Option<Cost>, other: Option<Cost>) -> Option<Cost> {
    let (one, other) = (one?, other?);
    let usd = NanoUsd(one.usd.0.saturating_add(other.usd.0));
    Some(Cost { usd, estimated: one.estimated || other.estimated })
}

/// The counts of an answer that ended before its provider had counted it whole: what it says of the output so
/// far (Anthropic's streams begin with one token) is less than what came.
pub(crate) fn at_least(reported: Usage, by: UsageBy, came: &Usage) -> (Usage, UsageBy) {
    let more = |told: Option<u32>, came: Option<u32>| told.max(came);
    let least = Usage {
        output: more(reported.output, came.output),
        reasoning: more(reported.reasoning, came.reasoning),
        ..reported
    };
    (least, if least == reported { by } else { UsageBy::Estimated })
}

/// What these parts are, in tokens of output, estimated; but for what they began with.
pub(crate) fn estimate_of(begun: &[Part], parts: &[Part]) -> Usage {
    let (usage, _) = usage_or_estimate(Usage::default(), 0, begun, parts);
    Usage { input: None, ..usage }
}

/// The most that a usage can cost: each input token may be written to the provider's cache, each output
/// token may be thought. `None` is unknown.
pub(crate) fn most(prices: &Prices, usage: &Usage) -> Option<NanoUsd> {
    let input = prices.input?.max(prices.cached_read.unwrap_or_default());
    let dearest = Prices {
        input: Some(input.max(prices.cached_write.unwrap_or_default())),
        output: Some(prices.output?.max(prices.reasoning.unwrap_or_default())),
        ..Prices::default()
    };
    dearest.cost_of(usage)
}

/// The cost of a usage; `None` is unknown.
pub(crate) fn cost(prices: &Prices, usage: &Usage, by: UsageBy) -> Option<Cost> {
    prices.cost_of(usage).map(|usd| Cost { usd, estimated: by == UsageBy::Estimated && usd.0 != 0 })
}
