//! Calls whose arguments stream (`streamFunctionCallArguments`): each piece names a place in them.

use crate::{Delta, json};
use serde_json::{Map, Value};

/// A call that has begun and not ended.
pub(super) struct Partial {
    /// Which call of the answer.
    key: u32,
    arguments: Value,
}

/// Deepest place that is followed.
const DEEPEST: usize = 64;
/// Longest list that a place may ask for.
const LONGEST: usize = 10_000;

impl Partial {
    pub(super) fn new(key: u32) -> Self {
        Self { key, arguments: Value::Object(Map::new()) }
    }

    /// Its arguments, as whole as they came.
    pub(super) fn finish(self) -> Delta {
        Delta::ToolArguments { key: self.key, text: self.arguments.to_string() }
    }

    /// Takes in the `partialArgs` of one piece: texts grow, other values are set.
    pub(super) fn take(&mut self, call: &Value) {
        for piece in json::list(call, "partialArgs") {
            let value = ["stringValue", "numberValue", "boolValue"].iter().find_map(|f| piece.get(f));
            let Some(place) = json::text(piece, "jsonPath").and_then(|p| at(&mut self.arguments, p)) else {
                continue;
            };
            match (place, value) {
                (Value::String(text), Some(Value::String(more))) => text.push_str(more),
                (place, value) => *place = value.cloned().unwrap_or(Value::Null),
            }
        }
    }
}

/// The place that a path such as `$.a.b[0]` names, made where it is not there yet.
fn at<'a>(root: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    let steps = path.trim_start_matches('$').split(['.', '[']).map(|step| step.trim_end_matches(']'));
    let mut place = root;
    for (depth, step) in steps.filter(|step| !step.is_empty()).enumerate() {
        if depth == DEEPEST {
            return None;
        }
        place = match step.parse::<usize>() {
            Ok(index) if !place.is_object() => {
                if index > LONGEST {
                    return None;
                }
                if !place.is_array() {
                    *place = Value::Array(Vec::new());
                }
                let items = place.as_array_mut()?;
                if items.len() <= index {
                    items.resize(index + 1, Value::Null);
                }
                items.get_mut(index)?
            }
            _ => {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                place.as_object_mut()?.entry(step.trim_matches(['\'', '"'])).or_insert(Value::Null)
            }
        };
    }
    Some(place)
}
