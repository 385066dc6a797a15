//! Money, exactly: integers of nano-dollars, never floating point.

use crate::Usage;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, str::FromStr};

/// An amount in 10⁻⁹ US dollars. In JSON a decimal string with up to nine places: `"0.00042"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
pub struct NanoUsd(#[cfg_attr(feature = "specta", specta(type = String))] pub i64);

/// A text that is no amount of dollars.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no amount; write dollars as `0.25`, with at most nine decimals")]
pub struct PriceError(String);

impl fmt::Display for NanoUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, all) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let (whole, rest) = (all / 1_000_000_000, all % 1_000_000_000);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{rest:09}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl FromStr for NanoUsd {
    type Err = PriceError;

    fn from_str(text: &str) -> Result<Self, PriceError> {
        let bad = || PriceError(text.chars().take(40).collect());
        let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() && fraction.is_empty()
            || !digits(whole)
            || !digits(fraction)
            || fraction.len() > 9
        {
            return Err(bad());
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| bad())? };
        let fraction: i64 = format!("{fraction:0<9}").parse().map_err(|_| bad())?;
        whole
            .checked_mul(1_000_000_000)
            .and_then(|n| n.checked_add(fraction))
            .map(|n| Self(sign * n))
            .ok_or_else(bad)
    }
}

impl Serialize for NanoUsd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for NanoUsd {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// What a completion cost, and whether the provider's own counts say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Cost {
    /// US dollars.
    pub usd: NanoUsd,
    /// Whether token counts were estimated rather than reported.
    pub estimated: bool,
}

/// Prices of one model: nano-dollars per million tokens, one for each bucket of [`Usage`].
/// `None` is unknown, which is not free. A missing cached or reasoning price is derived as said there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Prices {
    /// Fresh input.
    pub input: Option<NanoUsd>,
    /// Visible output.
    pub output: Option<NanoUsd>,
    /// Input read from the provider's cache; without a price it is charged as fresh input.
    pub cached_read: Option<NanoUsd>,
    /// Input written to the provider's cache; without a price it is charged as fresh input.
    pub cached_write: Option<NanoUsd>,
    /// Reasoning; without a price it is charged as output.
    pub reasoning: Option<NanoUsd>,
}

impl Prices {
    /// Everything costs nothing, known: loopback providers and simulated models.
    pub const FREE: Self = Self {
        input: Some(NanoUsd(0)),
        output: Some(NanoUsd(0)),
        cached_read: None,
        cached_write: None,
        reasoning: None,
    };

    /// Whether none is known.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// The exact price of a usage: Σ tokens × price, summed in integers and rounded half to even
    /// once. `None` when a bucket with tokens has no known price, or when nothing was counted.
    #[must_use]
    pub fn cost_of(&self, usage: &Usage) -> Option<NanoUsd> {
        let buckets = [
            (usage.input, self.input),
            (usage.cached_read, self.cached_read.or(self.input)),
            (usage.cached_write, self.cached_write.or(self.input)),
            (usage.output, self.output),
            (usage.reasoning, self.reasoning.or(self.output)),
        ];
        if usage.input.is_none() && usage.output.is_none() {
            return None;
        }
        let mut sum: i128 = 0;
        for (tokens, price) in buckets {
            match (tokens.unwrap_or(0), price) {
                (0, _) => {}
                (_, None) => return None,
                (tokens, Some(price)) => sum += i128::from(tokens) * i128::from(price.0),
            }
        }
        let (whole, rest) = (sum.div_euclid(1_000_000), sum.rem_euclid(1_000_000));
        let up = rest > 500_000 || (rest == 500_000 && whole % 2 != 0);
        i64::try_from(whole + i128::from(up)).ok().map(NanoUsd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_back_as_written() {
        for text in ["0", "0.000000001", "12.5", "-3.25", "1000000"] {
            assert_eq!(text.parse::<NanoUsd>().unwrap().to_string(), text);
        }
        for text in ["", ".", "1e3", "0.0000000001", "99999999999999"] {
            assert!(text.parse::<NanoUsd>().is_err(), "{text}");
        }
    }

    #[test]
    fn cost_is_summed_first_and_rounded_once_half_to_even() {
        let price = |n| Some(NanoUsd(n));
        let prices = Prices { input: price(250_000), output: price(250_000), ..Prices::default() };
        let usage = |input, output| Usage { input: Some(input), output: Some(output), ..Usage::default() };
        assert_eq!(prices.cost_of(&usage(1, 1)), price(0)); // 0.5 rounds to the even 0
        assert_eq!(prices.cost_of(&usage(3, 3)), price(2)); // 1.5 rounds to the even 2
    }

    #[test]
    fn an_unknown_price_is_not_free() {
        let usage = Usage { input: Some(1), output: Some(0), ..Usage::default() };
        assert_eq!(Prices::default().cost_of(&usage), None);
        assert_eq!(Prices::FREE.cost_of(&usage), Some(NanoUsd(0)));
    }
}
