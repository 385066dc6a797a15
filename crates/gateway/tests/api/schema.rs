//! Values made from the description, and answers held against it.

use serde_json::{Map, Value, json};

/// A source of choices that is the same in every run.
pub struct Dice(u64);

impl Dice {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }

    pub fn text(&mut self) -> String {
        const TEXTS: &[&str] = &[
            "",
            "a",
            "plans",
            "= 1 OR 1=1",
            "\u{0}",
            "日本語 🙂",
            "\"quoted words\"",
            "../../etc",
            "x\ny",
            "%",
            "*",
        ];
        if self.once_in(20) { "long ".repeat(self.below(500)) } else { self.one(TEXTS).to_owned() }
    }

    pub fn junk(&mut self) -> Value {
        match self.below(7) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(-1),
            3 => json!(1e300),
            4 => json!(self.text()),
            5 => json!([[]]),
            _ => json!({ "x": { "y": [] } }),
        }
    }
}

/// The description.
pub struct Schema(pub Value);

impl Schema {
    pub fn at<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(name) => self.at(self.0.pointer(&name[1..]).unwrap_or_else(|| panic!("no {name}"))),
            None => schema,
        }
    }

    /// A value that is as it should be. `ids` gives texts that may name something.
    pub fn good(
        &self,
        schema: &Value,
        dice: &mut Dice,
        depth: u32,
        ids: &mut dyn FnMut(&mut Dice, &str) -> String,
    ) -> Value {
        let name =
            schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default().to_owned();
        let schema = self.at(schema);
        for key in ["oneOf", "anyOf"] {
            if let Some(of) = schema[key].as_array() {
                // Deep down the first is mostly the plain one.
                let at = if depth > 4 { 0 } else { dice.below(of.len()) };
                return self.good(&of[at], dice, depth + 1, ids);
            }
        }
        if let Some(of) = schema["allOf"].as_array() {
            let mut all = Map::new();
            for part in of {
                if let Value::Object(part) = self.good(part, dice, depth + 1, ids) {
                    all.extend(part);
                }
            }
            return all.into();
        }
        if let Some(of) = schema["enum"].as_array() {
            return of[dice.below(of.len())].clone();
        }
        let kinds: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => return dice.junk(),
        };
        match dice.one(&kinds) {
            "null" => Value::Null,
            "boolean" => json!(dice.once_in(2)),
            "integer" | "number" => {
                let least = schema["minimum"].as_u64().unwrap_or(0);
                json!(least + dice.below(5) as u64)
            }
            "array" => {
                let few = if depth > 4 { 0 } else { dice.below(3) };
                (0..few).map(|_| self.good(&schema["items"], dice, depth + 1, ids)).collect()
            }
            "object" => {
                let mut object = Map::new();
                let needed = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
                for (field, of) in schema["properties"].as_object().into_iter().flatten() {
                    if needed.iter().any(|one| one == field) || (depth < 5 && dice.once_in(3)) {
                        object.insert(field.clone(), self.good(of, dice, depth + 1, ids));
                    }
                }
                object.into()
            }
            _ => match (schema["format"].as_str(), name.as_str()) {
                (Some("date-time"), _) => {
                    json!(dice.one(&["2026-01-31T00:00:00Z", "2100-06-01T12:30:00.250Z"]))
                }
                (_, "NanoUsd") => json!(dice.one(&["0", "1.5", "0.000000001"])),
                (Some("uuid"), name) | (_, name @ ("Target" | "ProviderId" | "Hash")) => {
                    json!(ids(dice, name))
                }
                _ => json!(dice.text()),
            },
        }
    }

    /// What is wrong with a value.
    pub fn problem(&self, schema: &Value, value: &Value, at: &str) -> Option<String> {
        let schema = self.at(schema);
        for key in ["oneOf", "anyOf"] {
            if let Some(of) = schema[key].as_array() {
                let problems: Vec<_> = of.iter().map(|one| self.problem(one, value, at)).collect();
                if problems.iter().any(Option::is_none) {
                    continue;
                }
                return Some(format!("{at}: fits none of {key}: {problems:?}"));
            }
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            if let Some(problem) = self.problem(part, value, at) {
                return Some(problem);
            }
        }
        if schema["enum"].as_array().is_some_and(|of| !of.contains(value)) {
            return Some(format!("{at}: {value} is none of {}", schema["enum"]));
        }
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        let is = |one: &Value| one == kind || (one == "number" && kind == "integer");
        let fits = match &schema["type"] {
            Value::Array(several) => several.iter().any(is),
            Value::Null => true,
            one => is(one),
        };
        if !fits {
            return Some(format!("{at}: {value} is no {}", schema["type"]));
        }
        if let (Some(least), Some(number)) = (schema["minimum"].as_f64(), value.as_f64())
            && number < least
        {
            return Some(format!("{at}: {number} is below {least}"));
        }
        if schema["format"] == "uuid" && value.as_str().is_some_and(|text| text.len() != 36) {
            return Some(format!("{at}: {value} is no UUID"));
        }
        for (n, one) in value.as_array().into_iter().flatten().enumerate() {
            if let Some(problem) = self.problem(&schema["items"], one, &format!("{at}[{n}]")) {
                return Some(problem);
            }
        }
        let object = value.as_object()?;
        let properties = schema["properties"].as_object();
        for needed in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(needed.as_str().unwrap_or_default()) {
                return Some(format!("{at}: {needed} is missing"));
            }
        }
        for (field, one) in object {
            // Nothing is told of what only its parts are told of.
            if let Some(of) = properties.and_then(|of| of.get(field))
                && let Some(problem) = self.problem(of, one, &format!("{at}.{field}"))
            {
                return Some(problem);
            }
            if let Some(properties) = properties
                && !properties.contains_key(field)
                && !at.ends_with('&')
                && schema["allOf"].is_null()
                && !self.is_part(schema)
            {
                return Some(format!("{at}: {field} is told of nowhere"));
            }
        }
        None
    }

    /// Whether this shape is a part of others, which say more.
    fn is_part(&self, schema: &Value) -> bool {
        fn within(value: &Value, schema: &Value, all: &Schema) -> bool {
            match value {
                Value::Object(object) => object.iter().any(|(key, inner)| {
                    (key == "allOf"
                        && inner.as_array().is_some_and(|of| of.iter().any(|one| all.at(one) == schema)))
                        || within(inner, schema, all)
                }),
                Value::Array(items) => items.iter().any(|one| within(one, schema, all)),
                _ => false,
            }
        }
        within(&self.0["components"]["schemas"], schema, self)
    }
}
