//! Some value that fits a JSON schema, well enough for screens and tests.

use super::prose::Dice;
use serde_json::{Map, Value, json};

pub(super) fn of(schema: &Value, topic: &str, dice: &mut Dice) -> Value {
    instance(schema, schema, topic, dice, 0)
}

fn instance(schema: &Value, root: &Value, topic: &str, dice: &mut Dice, depth: u8) -> Value {
    if depth > 8 {
        return Value::Null;
    }
    if let Some(value) = schema.get("const").or_else(|| schema.get("default")) {
        return value.clone();
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array).filter(|values| !values.is_empty()) {
        return values[dice.below(values.len())].clone();
    }
    let referred =
        schema.get("$ref").and_then(Value::as_str).and_then(|name| root.pointer(name.strip_prefix('#')?));
    let first = ["anyOf", "oneOf", "allOf"].iter().find_map(|name| schema.get(*name)?.as_array()?.first());
    if let Some(inner) = referred.or(first) {
        return instance(inner, root, topic, dice, depth + 1);
    }
    let kind = match schema.get("type") {
        Some(Value::String(kind)) => kind.as_str(),
        Some(Value::Array(kinds)) => kinds.first().and_then(Value::as_str).unwrap_or("string"),
        _ if schema.get("properties").is_some() || depth == 0 => "object",
        _ => "string",
    };
    match kind {
        "object" => {
            let mut out = Map::new();
            for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                out.insert(name.clone(), instance(inner, root, topic, dice, depth + 1));
            }
            Value::Object(out)
        }
        "array" => {
            let count = schema.get("minItems").and_then(Value::as_u64).unwrap_or(2).min(20);
            let inner = schema.get("items").cloned().unwrap_or_else(|| json!({ "type": "string" }));
            (0..count).map(|_| instance(&inner, root, topic, dice, depth + 1)).collect()
        }
        "integer" | "number" => {
            let least = schema.get("minimum").and_then(Value::as_i64).unwrap_or(1);
            let most =
                schema.get("maximum").and_then(Value::as_i64).unwrap_or(least.saturating_add(99)).max(least);
            let span = usize::try_from(most.saturating_sub(least)).unwrap_or(99).min(1_000_000);
            json!(least.saturating_add(dice.below(span + 1) as i64))
        }
        "boolean" => json!(dice.below(2) == 1),
        "null" => Value::Null,
        _ => match schema.get("format").and_then(Value::as_str) {
            Some("date") => json!("2025-01-01"),
            Some("date-time") => json!("2025-01-01T00:00:00Z"),
            _ => json!(format!("simulated: {topic}")),
        },
    }
}
