//! Prices as they are written, exactly: `1.5e-07` a token is 0.15 dollars a million, never a float.

use domain::NanoUsd;
use serde_json::value::RawValue;

/// Dollars a million tokens, of a JSON number or string of dollars for one (`per_token`) or a million.
/// `None` for what is no figure, `Err` for one that makes no sense.
pub(super) fn usd(raw: Option<&RawValue>, per_token: bool) -> Result<Option<NanoUsd>, &'static str> {
    let Some(text) = raw.map(|raw| raw.get().trim_matches('"').trim()) else { return Ok(None) };
    if text.is_empty() || text == "null" {
        return Ok(None);
    }
    // Of dollars for a million, nano-dollars are nine places; for one token, six more.
    nano(text, if per_token { 15 } else { 9 }).map(|nano| Some(NanoUsd(nano)))
}

/// The number, times ten to the `places`, rounded to the nearest whole.
fn nano(text: &str, places: i32) -> Result<i64, &'static str> {
    const NO: &str = "a price is no number";
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent: i32 = exponent.parse().map_err(|_| NO)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() && fraction.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(NO);
    }
    let figures = format!("{whole}{fraction}");
    let figures = figures.trim_start_matches('0');
    if figures.is_empty() {
        return Ok(0);
    }
    if negative {
        return Err("a price is negative");
    }
    let fraction = i32::try_from(fraction.len()).map_err(|_| NO)?;
    let shift = exponent.checked_sub(fraction).and_then(|n| n.checked_add(places)).ok_or(NO)?;
    if figures.len() > 30 {
        return Err(NO);
    }
    let value: i128 = figures.parse().map_err(|_| NO)?;
    let power = |n: u32| 10_i128.checked_pow(n);
    let scaled = if shift >= 0 {
        power(shift.unsigned_abs()).and_then(|by| value.checked_mul(by)).ok_or("a price is beyond belief")?
    } else {
        power(shift.unsigned_abs()).map_or(0, |by| (value + by / 2) / by)
    };
    i64::try_from(scaled).map_err(|_| "a price is beyond belief")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_exactly_however_they_are_written() {
        for (text, per_token, expected) in [
            ("1.5e-07", true, "0.15"),
            ("0.00000015", true, "0.15"),
            ("\"0.0000025\"", true, "2.5"),
            ("2.5", false, "2.5"),
            ("3E0", false, "3"),
            ("0", true, "0"),
            ("-0.0", false, "0"),
            ("1e-30", true, "0"),
        ] {
            let raw = RawValue::from_string(text.to_owned()).unwrap();
            assert_eq!(
                usd(Some(raw.as_ref()), per_token).unwrap(),
                Some(expected.parse().unwrap()),
                "{text}"
            );
        }
        for text in ["-1", "\"NaN\"", "\"free\"", "1e999", "true", "[]", "\"-1\""] {
            let raw = RawValue::from_string(text.to_owned()).unwrap();
            assert!(usd(Some(raw.as_ref()), true).is_err(), "{text}");
        }
        assert_eq!(usd(None, true), Ok(None));
    }
}
