//! What providers tell of their own limits, in the headers of their answers.

/// In how many milliseconds there is room again; `None` where there is some now, or nothing is told. Names are
/// in lower case. `now_ms` is the time since 1970.
///
/// Known are `x-ratelimit-remaining…` with `x-ratelimit-reset…` (OpenAI and those who follow it: a span such
/// as `6m0.5s`; others: seconds, or a time since 1970) and `anthropic-ratelimit-…-remaining` with `-reset` (a
/// time as RFC 3339). Of several limits that are used up, the one that takes longest counts.
#[must_use]
#[expect(
    clippy::needless_pass_by_value,
    reason = "an iterator is gone through more than once, by its clones"
)]
pub fn room_again<'h>(headers: impl Iterator<Item = (&'h str, &'h str)> + Clone, now_ms: i64) -> Option<u32> {
    let mut longest = None;
    for (name, value) in headers.clone() {
        let Some(reset) = reset_of(name) else { continue };
        if value.trim().parse::<f64>() != Ok(0.0) {
            continue;
        }
        let told = headers.clone().find(|(other, _)| reset.is(other)).map(|(_, value)| value);
        longest = longest.max(told.and_then(|text| wait(text.trim(), now_ms)));
    }
    longest.filter(|wait| *wait > 0)
}

/// The name of the header that says when a limit is new.
#[derive(Clone, Copy)]
struct Reset<'n> {
    before: &'n str,
    after: &'n str,
}

impl Reset<'_> {
    fn is(self, name: &str) -> bool {
        name.strip_prefix(self.before)
            .and_then(|rest| rest.strip_prefix("reset"))
            .is_some_and(|rest| rest == self.after)
    }
}

fn reset_of(name: &str) -> Option<Reset<'_>> {
    if !name.contains("ratelimit") {
        return None;
    }
    let at = name.find("remaining")?;
    Some(Reset { before: &name[..at], after: &name[at + "remaining".len()..] })
}

/// A span, a time, or a number of seconds, as milliseconds from now.
fn wait(text: &str, now_ms: i64) -> Option<u32> {
    let ms = match text.parse::<f64>() {
        // A time since 1970, in milliseconds or in seconds; no limit is for years.
        Ok(number) if number > 1e11 => number - now_ms as f64,
        Ok(number) if number > 1e8 => number.mul_add(1_000.0, -(now_ms as f64)),
        Ok(number) => number * 1_000.0,
        Err(_) => match text.parse::<domain::Timestamp>() {
            Ok(at) => (at.millis() - now_ms) as f64,
            Err(_) => span(text)?,
        },
    };
    (ms.is_finite()).then(|| ms.clamp(0.0, f64::from(u32::MAX)) as u32)
}

/// `1h2m3.5s`, `120ms`.
fn span(text: &str) -> Option<f64> {
    let (mut rest, mut ms) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        ms += number
            * match &rest[..letters] {
                "ms" => 1.0,
                "s" => 1_000.0,
                "m" => 60_000.0,
                "h" => 3_600_000.0,
                "d" => 86_400_000.0,
                _ => return None,
            };
        rest = &rest[letters..];
    }
    Some(ms)
}

#[cfg(test)]
mod tests {
    use super::room_again;

    const NOW: i64 = 1_700_000_000_000;

    fn told(headers: &[(&str, &str)]) -> Option<u32> {
        room_again(headers.iter().copied(), NOW)
    }

    #[test]
    fn what_is_used_up_is_waited_for_in_whatever_way_it_is_told() {
        let rest = "x-ratelimit-remaining-requests";
        let reset = "x-ratelimit-reset-requests";
        for (text, ms) in
            [("6m0.5s", 360_500), ("120ms", 120), ("1s", 1_000), ("2", 2_000), ("1h1m", 3_660_000)]
        {
            assert_eq!(told(&[(rest, "0"), (reset, text)]), Some(ms), "{text}");
        }
        assert_eq!(
            told(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000003000")]),
            Some(3_000)
        );
        assert_eq!(told(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000004")]), Some(4_000));
        let anthropic = [
            ("anthropic-ratelimit-requests-remaining", "9"),
            ("anthropic-ratelimit-requests-reset", "2023-11-14T22:14:20Z"),
            ("anthropic-ratelimit-input-tokens-remaining", "0"),
            ("anthropic-ratelimit-input-tokens-reset", "2023-11-14T22:13:25Z"),
        ];
        assert_eq!(told(&anthropic), Some(5_000));
    }

    #[test]
    fn of_several_that_are_used_up_the_longest_counts_and_others_say_nothing() {
        let both = [
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-remaining-tokens", "0"),
            ("x-ratelimit-reset-tokens", "3s"),
        ];
        assert_eq!(told(&both), Some(3_000));
        for none in [
            &[("x-ratelimit-remaining-requests", "1"), ("x-ratelimit-reset-requests", "1s")][..],
            &[("x-ratelimit-remaining-requests", "0")],
            &[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "soon")],
            &[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-tokens", "5s")],
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1600000000")],
            &[("content-length", "0")],
        ] {
            assert_eq!(told(none), None, "{none:?}");
        }
    }
}
