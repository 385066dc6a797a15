//! From columns to domain types: a value that fits none is damage, never a panic.

use crate::StoreError;
use domain::{Hash, Usage, UsageBy};
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// One of a closed set of words.
pub(crate) fn word<T: FromStr<Err = String>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(StoreError::Damaged)
}

/// The same, where there may be none.
pub(crate) fn word_or_none<T: FromStr<Err = String>>(text: Option<&str>) -> Result<Option<T>, StoreError> {
    text.map(word).transpose()
}

/// JSON of a column; nothing stored is an empty value.
pub(crate) fn json<T: DeserializeOwned + Default>(text: Option<&str>) -> Result<T, StoreError> {
    match text {
        Some(text) => Ok(serde_json::from_str(text)?),
        None => Ok(T::default()),
    }
}

/// A number that is small and not negative, whatever the column says.
pub(crate) fn count(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

/// The same, where there may be none.
pub(crate) fn count_or_none(value: Option<i64>) -> Option<u32> {
    value.map(count)
}

/// A stored hash.
pub(crate) fn hash(bytes: &[u8]) -> Result<Hash, StoreError> {
    Hash::from_bytes(bytes).ok_or_else(|| StoreError::Damaged("a hash that is not 32 bytes long".to_owned()))
}

/// Token counts as five columns.
pub(crate) fn usage(columns: [Option<i64>; 5]) -> Usage {
    let [input, output, cached_read, cached_write, reasoning] = columns.map(count_or_none);
    Usage { input, output, cached_read, cached_write, reasoning }
}

/// Who counted, as its column has it.
pub(crate) fn usage_by(by: Option<UsageBy>) -> Option<&'static str> {
    by.map(UsageBy::as_str)
}

/// JSON for a column. Our own types always have one.
pub(crate) fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Refused(error.to_string()))
}

/// Row ids for `json_each`: one parameter however many there are.
pub(crate) fn id_list(ids: impl IntoIterator<Item = i64>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    format!("[{}]", ids.join(","))
}
