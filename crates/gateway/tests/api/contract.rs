//! Every operation, asked rightly and wrongly many times, with the same dice in every run: it never fails
//! (5xx), and whatever it answers is what the description says.

use crate::{
    schema::{Dice, Schema},
    tree::QUICK,
    world::{Answer, Client, World},
};
use serde_json::{Value, json};

/// Requests for each operation in every run of the tests; `CONTRACT_CASES=200` is the full number.
const CASES: usize = 40;

/// What names something, or nothing.
struct Names(Vec<String>);

impl Names {
    fn one(&self, dice: &mut Dice, kind: &str) -> String {
        match kind {
            "Target" => dice.one(&[QUICK, "simulated/nobody", "nobody/x", "auto", "a"]).to_owned(),
            "ProviderId" | "provider" => dice.one(&["simulated", "nobody", "NO"]).to_owned(),
            "target" => dice.one(&["simulated/steady", "nobody/x", "providers/x", "a"]).to_owned(),
            "import" => dice.one(&["0", "1", "99", "-1", "x"]).to_owned(),
            "Hash" => "00".repeat(32),
            _ if dice.once_in(8) => "0198c0de-0000-7000-8000-00000000000f".to_owned(),
            _ => self.0[dice.below(self.0.len())].clone(),
        }
    }

    /// Takes over every id that an answer has.
    fn learn(&mut self, value: &Value) {
        match value {
            Value::String(text)
                if text.len() == 36
                    && text.matches('-').count() == 4
                    && self.0.len() < 400
                    && !self.0.contains(text) =>
            {
                self.0.push(text.clone());
            }
            Value::Array(items) => items.iter().for_each(|one| self.learn(one)),
            Value::Object(fields) => fields.values().for_each(|one| self.learn(one)),
            _ => {}
        }
    }
}

/// What is asked.
struct Case {
    path: String,
    lines: &'static str,
    body: Vec<u8>,
    /// Whether it can only be refused.
    wrong: bool,
}

fn escaped(text: &str) -> String {
    use std::fmt::Write;
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn case(schema: &Schema, path: &str, operation: &Value, names: &Names, dice: &mut Dice) -> Case {
    let mut ids = |dice: &mut Dice, kind: &str| names.one(dice, kind);
    let (mut path, mut query, mut wrong) = (path.to_owned(), Vec::new(), false);
    for param in operation["parameters"].as_array().into_iter().flatten() {
        let name = param["name"].as_str().unwrap();
        if param["in"] == "path" {
            let text = if dice.once_in(12) { dice.text() } else { ids(dice, name) };
            let text = escaped(&text).replace("%2F", "/");
            path = path.replace(&format!("{{{name}}}"), &text);
            continue;
        }
        let needed = param["required"] == true;
        if !needed && !dice.once_in(4) {
            continue;
        }
        let of = &param["schema"];
        let (of, many) = if of["type"] == "array" { (&of["items"], 2) } else { (of, 1) };
        for _ in 0..many {
            let bad = dice.once_in(6);
            let text = if bad {
                dice.text()
            } else {
                let value = schema.good(of, dice, 0, &mut ids);
                value.as_str().map_or_else(|| value.to_string(), str::to_owned)
            };
            query.push(format!("{name}={}", escaped(&text)));
        }
    }
    if dice.once_in(20) {
        query.push("unheard=of".to_owned());
        wrong = true;
    }
    // Operations that take nothing after `?` do not look at it.
    wrong &= operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["in"] == "query"));
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let (mut lines, mut body) = ("", Vec::new());
    if let Some(of) = operation.pointer("/requestBody/content/application~1json/schema") {
        lines = "content-type: application/json\r\n";
        let mut value = schema.good(of, dice, 0, &mut ids);
        let any = of.as_object().is_some_and(serde_json::Map::is_empty);
        match dice.below(10) {
            0 => {
                lines =
                    *[&"content-type: text/plain\r\n", &"content-type: application/xml\r\n"][dice.below(2)];
                wrong = true;
            }
            1 if !any => {
                value = dice.junk();
            }
            2 if !any => {
                if let Some(object) = value.as_object_mut() {
                    // Inside of what is told apart by a tag, what is unknown is not looked at.
                    let tagged = !schema.at(of)["oneOf"].is_null();
                    object.insert("unheardOf".to_owned(), dice.junk());
                    wrong |= !tagged;
                }
            }
            3 => {
                let keys: Vec<String> =
                    value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect();
                if let (Some(object), false) = (value.as_object_mut(), keys.is_empty()) {
                    object.insert(keys[dice.below(keys.len())].clone(), dice.junk());
                }
            }
            4 => {
                if let Some(object) = value.as_object_mut() {
                    let needed = schema.at(of)["required"].as_array();
                    if let Some(field) = needed.and_then(|all| all.first()).and_then(Value::as_str) {
                        object.remove(field);
                        wrong = true;
                    }
                }
            }
            _ => {}
        }
        body = value.to_string().into_bytes();
        if dice.once_in(15) && body.len() > 1 {
            body.truncate(body.len() / 2);
            wrong |= !any;
        }
    }
    Case { path, lines, body, wrong }
}

/// What is wrong with an answer.
fn problem(schema: &Schema, operation: &Value, case: &Case, answer: &Answer) -> Option<String> {
    if answer.status >= 500 || answer.status == 0 {
        return Some("it failed".to_owned());
    }
    if case.wrong && answer.status < 400 {
        return Some("what is wrong was taken".to_owned());
    }
    let refused = &json!({ "$ref": "#/components/responses/Refused" });
    let told = match &operation["responses"][answer.status.to_string()] {
        Value::Null if answer.status >= 400 => refused,
        Value::Null => return Some("this status is told of nowhere".to_owned()),
        told => told,
    };
    let Some(content) = schema.at(told)["content"].as_object() else {
        return (!answer.body.is_empty()).then(|| "nothing is to be said".to_owned());
    };
    let kind = answer.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default();
    let Some(of) = content.get(kind) else { return Some(format!("`{kind}` is told of nowhere")) };
    if kind != "application/json" {
        return None;
    }
    match serde_json::from_str(&answer.body) {
        Ok(value) => schema.problem(&of["schema"], &value, "answer"),
        Err(error) => Some(error.to_string()),
    }
}

/// Streams end by themselves, and are held against the description elsewhere.
fn is_stream(path: &str) -> bool {
    path.ends_with("/events") || path.ends_with("/ws")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_asked_no_operation_fails_and_each_answers_what_it_says() {
    let world = World::new().await;
    let schema = Schema(world.get("/openapi.json").await.expect(200));
    let cases = std::env::var("CONTRACT_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    let mut names = Names(vec!["not-an-id".to_owned()]);
    for n in 0..4 {
        let run = world.answered(&format!("what of {n}?"), QUICK).await;
        names.learn(&run);
        names.learn(
            &world
                .get(&format!("/api/v1/conversations/{}/tree", run["conversation"].as_str().unwrap()))
                .await
                .json(),
        );
    }
    let mut client: Client = world.client().await;
    let (mut asked, mut good) = (0, 0);
    for (path, item) in schema.0["paths"].as_object().unwrap() {
        if !path.starts_with("/api/") || is_stream(path) {
            continue;
        }
        for (method, operation) in item.as_object().unwrap() {
            // Every provider would be asked.
            let cases = if path.ends_with("/models/refresh") { 2 } else { cases };
            let mut dice = Dice::new(0xc0de + asked as u64);
            let mut taken = 0;
            for _ in 0..cases {
                let case = case(&schema, path, operation, &names, &mut dice);
                let method = method.to_uppercase();
                let answer = client.send(&method, &case.path, case.lines, &case.body).await;
                if let Some(problem) = problem(&schema, operation, &case, &answer) {
                    let body = String::from_utf8_lossy(&case.body);
                    panic!(
                        "{method} {}: {problem}\nasked: {body}\nanswer: {} {}",
                        case.path, answer.status, answer.body
                    );
                }
                if answer.status < 300 {
                    names.learn(&answer.json());
                    taken += 1;
                }
                if answer.header("connection") == Some("close") {
                    client = world.client().await;
                }
                asked += 1;
            }
            if std::env::var_os("CONTRACT_TALKS").is_some() {
                eprintln!("{method} {path}: {taken} of {cases} taken");
            }
            good += usize::from(taken > 0);
        }
    }
    assert!(good > 25, "only {good} operations were ever asked rightly");
    let report = world.engine.check().await.unwrap();
    assert!(report.ok, "{report:?}");
}
