//! Google's schemas are nearly JSON schemas: types in capitals, `nullable` beside them, counts as texts.

use super::super::{
    Refusal,
    body::{At, Node},
};
use serde_json::{Map, Value, json};

/// The JSON schema that says the same. Not deeper than the body, which is bounded.
pub(super) fn plain(at: &At<'_, '_>) -> Result<Value, Refusal> {
    match at.node {
        Node::Object(_) => Ok(schema(at.node)),
        _ => Err(at.not("an object")),
    }
}

fn schema(node: &Node<'_>) -> Value {
    let Node::Object(fields) = node else { return value(node) };
    let mut out = Map::new();
    let mut nullable = false;
    for (name, node) in fields {
        let (name, said) = match (camel(name), node) {
            (_, Node::Null) | ("propertyOrdering", _) => continue,
            ("nullable", node) => {
                nullable = *node == Node::Bool(true);
                continue;
            }
            ("type", Node::Text(kind)) if kind == "TYPE_UNSPECIFIED" => continue,
            ("type", Node::Text(kind)) => ("type", json!(kind.to_lowercase())),
            ("format", Node::Text(format)) if format == "enum" => continue,
            ("properties" | "$defs" | "definitions", Node::Object(inner)) => {
                let inner: Map<String, Value> =
                    inner.iter().map(|(name, node)| (name.to_string(), schema(node))).collect();
                (camel(name), Value::Object(inner))
            }
            ("anyOf", Node::List(items)) => ("anyOf", items.iter().map(schema).collect()),
            (name @ ("items" | "additionalProperties"), node) => (name, schema(node)),
            (
                name @ ("minItems" | "maxItems" | "minLength" | "maxLength" | "minProperties"
                | "maxProperties"),
                Node::Text(count),
            ) => (name, count.parse::<u64>().map_or_else(|_| json!(count), |n| json!(n))),
            (name, node) => (name, value(node)),
        };
        out.insert(name.to_owned(), said);
    }
    if nullable && let Some(kind) = out.get_mut("type") {
        *kind = json!([kind.take(), "null"]);
    }
    Value::Object(out)
}

/// The one spelling of names that come in two.
fn camel(name: &str) -> &str {
    match name {
        "any_of" => "anyOf",
        "additional_properties" => "additionalProperties",
        "property_ordering" => "propertyOrdering",
        "min_items" => "minItems",
        "max_items" => "maxItems",
        "min_length" => "minLength",
        "max_length" => "maxLength",
        "min_properties" => "minProperties",
        "max_properties" => "maxProperties",
        other => other,
    }
}

fn value(node: &Node<'_>) -> Value {
    serde_json::to_value(node).unwrap_or_default()
}
