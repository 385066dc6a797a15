//! Reading JSON as providers write it.

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;
use std::{
    fmt::{self, Write as _},
    marker::PhantomData,
};

/// Parses JSON, and JSON with the faults met in the wild: lone surrogate escapes (an emoji split
/// over two chunks), raw control characters in strings, `NaN` and `Infinity` as numbers.
pub(crate) fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| {
        if error.is_eof() {
            return Err(error);
        }
        serde_json::from_str(&mended(text)).map_err(|_| error)
    })
}

fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    let mut in_string = false;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        match c {
            '"' => {
                in_string = !in_string;
                out.push(c);
            }
            '\\' if in_string => match unit(rest) {
                Some(0xd800..=0xdbff) if matches!(rest.get(6..).and_then(unit), Some(0xdc00..=0xdfff)) => {
                    taken = 12;
                    out.push_str(&rest[..12]);
                }
                Some(0xd800..=0xdfff) => {
                    taken = 6;
                    out.push('\u{fffd}');
                }
                _ => {
                    taken = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                    out.push_str(&rest[..taken]);
                }
            },
            c if in_string && (c as u32) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            _ if !in_string => {
                let word = ["-Infinity", "Infinity", "NaN"].into_iter().find(|word| rest.starts_with(word));
                if let Some(word) = word {
                    taken = word.len();
                    out.push_str("null");
                } else {
                    out.push(c);
                }
            }
            c => out.push(c),
        }
        rest = &rest[taken..];
    }
    out
}

/// The code unit of a `\uXXXX` escape at the start of `text`.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

/// A text that is there and not empty.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field)?.as_str().filter(|text| !text.is_empty())
}

/// The same, owned.
pub(crate) fn string(value: &Value, field: &str) -> Option<String> {
    text(value, field).map(str::to_owned)
}

/// A text, or a number written as one (ids).
pub(crate) fn id(value: &Value, field: &str) -> Option<String> {
    match value.get(field)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A count; floats without a fraction and numbers in texts count too, negative ones do not.
pub(crate) fn count(value: &Value, field: &str) -> Option<u32> {
    as_count(value.get(field)?)
}

pub(crate) fn as_count(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => match number.as_u64() {
            Some(n) => Some(u32::try_from(n).unwrap_or(u32::MAX)),
            None => number.as_f64().filter(|n| *n >= 0.0).map(|n| n as u32),
        },
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// The items of a list; none when it is no list.
pub(crate) fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A field of an object within. (A pointer is unescaped with each use.)
pub(crate) fn within<'a>(value: &'a Value, field: &str, inner: &str) -> Option<&'a Value> {
    value.get(field)?.get(inner)
}

/// Something that is there and not null.
pub(crate) fn some<'a>(value: &'a Value, field: &str) -> Option<&'a Value> {
    value.get(field).filter(|v| !v.is_null())
}

/// An object, from text; `None` when it is none.
pub(crate) fn object(text: &str) -> Option<serde_json::Map<String, Value>> {
    serde_json::from_str(text).ok()
}

/// An object read into fields that are known. (A `struct` of serde's is also read from an array.)
pub(crate) struct Fields<T>(pub(crate) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fields<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Fields<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Fields<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Fields)
            }
        }
        deserializer.deserialize_map(Object(PhantomData))
    }
}

/// A value without anything in it, whatever it is.
#[derive(Default)]
pub(crate) struct Scalar;

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl Visitor<'_> for Any {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, true, false or null")
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Scalar, E> {
                Ok(Scalar)
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Scalar, E> {
                Ok(Scalar)
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Scalar, E> {
                Ok(Scalar)
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Scalar, E> {
                Ok(Scalar)
            }

            fn visit_str<E: Error>(self, _: &str) -> Result<Scalar, E> {
                Ok(Scalar)
            }

            fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
                Ok(Scalar)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
