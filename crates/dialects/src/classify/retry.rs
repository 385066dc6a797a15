//! How long a provider asks us to wait.

use super::body::Told;

/// Longest wait that is believed, in seconds: a day.
const MOST: f64 = 86_400.0;

pub(super) fn seconds(seconds: f64) -> Option<u32> {
    (seconds.is_finite() && seconds >= 0.0).then(|| (seconds.min(MOST) * 1_000.0).ceil() as u32)
}

/// `retry-after-ms`, else `retry-after` in seconds. An HTTP date is passed over: reading it needs a clock.
pub(super) fn from_headers(headers: &[(String, String)]) -> Option<u32> {
    let number = |name: &str| {
        let (_, value) = headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
        value.trim().parse::<f64>().ok()
    };
    number("retry-after-ms")
        .and_then(|ms| seconds(ms / 1_000.0))
        .or_else(|| number("retry-after").and_then(seconds))
}

pub(super) fn from_body(told: &Told) -> Option<u32> {
    told.wait_ms.or_else(|| {
        let text = told.message.to_lowercase();
        ["try again in ", "retry in ", "retry after ", "wait "].iter().find_map(|lead| {
            let (_, rest) = text.split_once(lead)?;
            spoken(rest)
        })
    })
}

/// `34.4s`, `644ms`, `6m0s`, `1h2m3.5s`; digits without a unit are seconds.
pub(super) fn duration(text: &str) -> Option<u32> {
    let end =
        text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | 'h' | 'm' | 's')).unwrap_or(text.len());
    let mut rest = &text[..end];
    let mut total = 0.0;
    let mut any = false;
    while let Some(digits) =
        rest.find(|c: char| !c.is_ascii_digit() && c != '.').or((!rest.is_empty()).then_some(rest.len()))
    {
        let Ok(number) = rest[..digits].trim_end_matches('.').parse::<f64>() else { break };
        rest = &rest[digits..];
        let (unit, length) = match rest {
            r if r.starts_with("ms") => (0.001, 2),
            r if r.starts_with('h') => (3_600.0, 1),
            r if r.starts_with('m') => (60.0, 1),
            r if r.starts_with('s') => (1.0, 1),
            _ if !any => (1.0, 0),
            _ => break,
        };
        total += number * unit;
        any = true;
        rest = &rest[length..];
        if length == 0 {
            break;
        }
    }
    any.then_some(total).and_then(seconds)
}

/// `12 seconds`, `2 minutes`, or [`duration`].
fn spoken(text: &str) -> Option<u32> {
    let mut words = text.split_whitespace();
    let first = words.next()?;
    if let Ok(number) = first.parse::<f64>() {
        return match words.next().map(|w| w.trim_end_matches(['.', ','])) {
            Some("second" | "seconds" | "s" | "sec") => seconds(number),
            Some("minute" | "minutes" | "min") => seconds(number * 60.0),
            Some("hour" | "hours") => seconds(number * 3_600.0),
            Some("ms" | "milliseconds") => seconds(number / 1_000.0),
            _ => None,
        };
    }
    if !first.ends_with(['s', 'm', 'h', '.', ',', ')']) || !first.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    duration(first.trim_end_matches(['.', ',', ')']))
}
