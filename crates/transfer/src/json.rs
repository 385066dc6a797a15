//! Reading what others wrote as JSON: members that are missing, null or of another kind are normal.

use domain::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use std::{borrow::Cow, fmt};

/// An object's members in order, each still as text.
pub(crate) struct Members<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// The members of an object; `None` where it is none, or no JSON.
    pub(crate) fn of(text: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    pub(crate) fn raw(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.get())
            .filter(|text| *text != "null")
    }

    pub(crate) fn value(&self, name: &str) -> Option<Value> {
        value(self.raw(name)?).ok()
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.raw(name) == Some("true")
    }

    /// The elements of an array, each still as text.
    pub(crate) fn list(&self, name: &str) -> Option<Vec<&'a RawValue>> {
        serde_json::from_str(self.raw(name)?).ok()
    }
}

/// A value. Half of a character, which others write where they cut a text and which no text can hold, is
/// taken for U+FFFD.
pub(crate) fn value(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| match mended(text) {
        Some(mended) => serde_json::from_str(&mended),
        None => Err(error),
    })
}

/// JSON without surrogates that stand alone; `None` where there are none.
fn mended(text: &str) -> Option<String> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let (mut mended, mut kept, mut at) = (String::new(), 0, 0);
    while let Some(found) = memchr::memchr(b'\\', &text.as_bytes()[at..]) {
        at += found;
        match unit(at) {
            Some(0xD800..0xDC00) if matches!(unit(at + 6), Some(0xDC00..0xE000)) => at += 12,
            Some(0xD800..0xE000) => {
                mended.push_str(&text[kept..at]);
                mended.push_str("\\ufffd");
                at += 6;
                kept = at;
            }
            Some(_) => at += 6,
            // The backslash and what it escapes, which may be cut off.
            None => at = (at + 2).min(text.len()),
        }
    }
    mended.push_str(&text[kept..]);
    (kept > 0).then_some(mended)
}

struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some((key, value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                    members.push((key.0, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// 1990 and 2100: before the one there was nothing to export, and after the other it is a mistake.
const SANE: std::ops::Range<i64> = 631_152_000_000..4_102_444_800_000;

/// A time as somebody may have written it: seconds or milliseconds since 1970, or RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Time {
    /// Nothing was said.
    Absent,
    /// Nobody can have meant that.
    Absurd,
    /// This.
    At(Timestamp),
}

impl Time {
    pub(crate) fn of(value: Option<&Value>) -> Self {
        let millis = match value {
            None | Some(Value::Null) => return Self::Absent,
            Some(Value::Number(number)) => match number.as_f64() {
                // Seconds until the year 5138, milliseconds from 1973 on.
                Some(n) if n.is_finite() && n.abs() < 1e11 => (n * 1000.0).round() as i64,
                Some(n) if n.is_finite() && n.abs() < 1e15 => n as i64,
                _ => return Self::Absurd,
            },
            Some(Value::String(text)) if text.is_empty() => return Self::Absent,
            Some(Value::String(text)) => match text.parse::<jiff::Timestamp>() {
                Ok(time) => time.as_millisecond(),
                Err(_) => match text.parse::<jiff::civil::DateTime>() {
                    Ok(time) => match time.to_zoned(jiff::tz::TimeZone::UTC) {
                        Ok(time) => time.timestamp().as_millisecond(),
                        Err(_) => return Self::Absurd,
                    },
                    Err(_) => return Self::Absurd,
                },
            },
            // MongoDB's extended JSON.
            Some(Value::Object(object)) if object.contains_key("$date") => {
                return Self::of(object.get("$date"));
            }
            Some(_) => return Self::Absurd,
        };
        if SANE.contains(&millis) { Self::At(Timestamp::from_millis(millis)) } else { Self::Absurd }
    }
}

/// A text member of a value.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn half_a_character_costs_that_character_alone() {
        for (text, said) in [
            (r#""cut \ud83d""#, "cut \u{fffd}"),
            (r#""\ud83d\ude00 \udc00\ud83d\ud83d\ude00é""#, "😀 \u{fffd}\u{fffd}😀é"),
            (r#""\\ud83d \ud800""#, "\\ud83d \u{fffd}"),
        ] {
            assert_eq!(value(text).unwrap(), json!(said), "{text}");
        }
        for bad in [r#""\ud83d"#, r#""\ud83"#, r"\", r#""\uZZZZ\ud83d""#, "\"\\é\\ud83d\""] {
            assert!(value(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_are_read_however_they_are_written_and_absurd_ones_are_named() {
        let at = |ms| Time::At(Timestamp::from_millis(ms));
        for (value, expected) in [
            (json!(1_704_067_200), at(1_704_067_200_000)),
            (json!(1_704_067_200.5), at(1_704_067_200_500)),
            (json!(1_704_067_200_123_i64), at(1_704_067_200_123)),
            (json!("2024-01-01T00:00:00Z"), at(1_704_067_200_000)),
            (json!("2024-01-01T00:00:00.123456+01:00"), at(1_704_063_600_123)),
            (json!("2024-01-01T00:00:00"), at(1_704_067_200_000)),
            (json!({"$date": "2024-01-01T00:00:00Z"}), at(1_704_067_200_000)),
            (json!(null), Time::Absent),
            (json!(""), Time::Absent),
            (json!(-1), Time::Absurd),
            (json!(1e300), Time::Absurd),
            (json!("yesterday"), Time::Absurd),
            (json!([1]), Time::Absurd),
            (json!("9999-01-01T00:00:00Z"), Time::Absurd),
        ] {
            assert_eq!(Time::of(Some(&value)), expected, "{value}");
        }
    }
}
