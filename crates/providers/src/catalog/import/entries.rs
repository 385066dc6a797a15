//! JSON objects as their entries in order, duplicates and all, with values unread: a list of
//! thousands of models is not built up as a tree first.

use serde::{
    Deserializer as _,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// Names and values of an object.
pub(super) type Entries<'a> = Vec<(String, &'a RawValue)>;

pub(super) fn object(text: &str) -> serde_json::Result<Entries<'_>> {
    struct Object;
    impl<'de> Visitor<'de> for Object {
        type Value = Entries<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut all = Vec::new();
            while let Some(entry) = map.next_entry::<String, &'de RawValue>()? {
                all.push(entry);
            }
            Ok(all)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let all = reader.deserialize_map(Object)?;
    reader.end()?;
    Ok(all)
}

/// Whether a value is an object with this field.
pub(super) fn has(text: &str, field: &str) -> bool {
    text.starts_with('{') && object(text).is_ok_and(|all| all.iter().any(|(key, _)| key == field))
}
