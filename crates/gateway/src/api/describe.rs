//! `openapi.json`, made from the routes and from what their handlers read and write. Only tests know this:
//! one of them says whether the file that programs carry is what the routes are.

use super::{
    PREFIX, operations,
    query::{Kind, Param},
};
use crate::{
    gateway::routes,
    route::{Access, By, Route, Takes},
};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, path::Path};
use utoipa::ToSchema;

/// What can be described.
pub(crate) trait Shape: ToSchema {}
impl<T: ToSchema> Shape for T {}

/// What is told of an operation.
pub(crate) struct Told {
    name: &'static str,
    does: &'static str,
    params: &'static [Param],
    body: Option<Value>,
    answers: Vec<(u16, Value)>,
    shapes: BTreeMap<String, Value>,
}

impl Told {
    pub(crate) const fn new(name: &'static str, does: &'static str) -> Self {
        Self { name, does, params: &[], body: None, answers: Vec::new(), shapes: BTreeMap::new() }
    }

    pub(crate) const fn query(&mut self, params: &'static [Param]) {
        self.params = params;
    }

    pub(crate) fn takes<T: Shape>(&mut self, needed: bool) {
        let schema = self.shape::<T>();
        self.body =
            Some(json!({ "required": needed, "content": { "application/json": { "schema": schema } } }));
    }

    pub(crate) fn takes_json(&mut self) {
        self.body = Some(json!({ "required": true, "content": { "application/json": { "schema": {} } } }));
    }

    pub(crate) fn answers<T: Shape>(&mut self, status: u16) {
        let schema = self.shape::<T>();
        self.answers.push((status, json!({ "application/json": { "schema": schema } })));
    }

    pub(crate) fn answers_list<T: Shape>(&mut self) {
        let items = self.shape::<T>();
        let schema = json!({
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": { "type": "array", "items": items, "description": "In order." },
                "next": { "type": ["string", "null"], "description": "Names the next page; `null` on the last one." },
                "total": { "type": "integer", "minimum": 0, "description": "How many there are on all pages." },
            },
        });
        self.answers.push((200, json!({ "application/json": { "schema": schema } })));
    }

    pub(crate) fn answers_nothing(&mut self) {
        self.answers.push((204, Value::Null));
    }

    pub(crate) fn answers_as(&mut self, status: u16, kinds: &'static [&'static str]) {
        let content: Map<_, _> = kinds
            .iter()
            .map(|kind| ((*kind).to_owned(), json!({ "schema": { "type": "string" } })))
            .collect();
        let content = if content.is_empty() { Value::Null } else { content.into() };
        // JSON among others is an export, not a text.
        let mut content = content;
        if let Some(json) = content.get_mut("application/json") {
            *json = json!({ "schema": {} });
        }
        self.answers.push((status, content));
    }

    /// Remembers a type and all that it is made of.
    fn shape<T: Shape>(&mut self) -> Value {
        remember::<T>(&mut self.shapes)
    }
}

fn remember<T: Shape>(shapes: &mut BTreeMap<String, Value>) -> Value {
    let mut parts = Vec::new();
    T::schemas(&mut parts);
    parts.push((T::name().into_owned(), T::schema()));
    for (name, schema) in parts {
        let schema = serde_json::to_value(schema).unwrap();
        if let Some(before) = shapes.insert(name.clone(), schema.clone()) {
            assert_eq!(before, schema, "two types are called {name}");
        }
    }
    json!({ "$ref": format!("#/components/schemas/{}", T::name()) })
}

impl Kind {
    fn schema(self) -> Value {
        match self {
            Self::Text(most) => json!({ "type": "string", "maxLength": most }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Count { least, most, usual } => {
                json!({ "type": "integer", "minimum": least, "maximum": most, "default": usual })
            }
            Self::Id => json!({ "type": "string", "format": "uuid" }),
            Self::Time => json!({ "type": "string", "format": "date-time" }),
            Self::Word(words) => json!({ "type": "string", "enum": words() }),
            Self::Cursor => json!({ "type": "string", "maxLength": 400 }),
        }
    }
}

fn param(param: &Param) -> Value {
    let schema = param.kind.schema();
    let schema = if param.many { json!({ "type": "array", "items": schema }) } else { schema };
    json!({
        "name": param.name,
        "in": "query",
        "description": param.about,
        "required": param.about.ends_with("needed."),
        "schema": schema,
    })
}

/// What stands in a path: its name, and what it is.
fn path_params(path: &str) -> Vec<Value> {
    let names = path.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    names
        .map(|name| {
            let schema = match name {
                "provider" | "target" | "model" | "id" => json!({ "type": "string" }),
                "import" => json!({ "type": "integer", "minimum": 0 }),
                _ => json!({ "type": "string", "format": "uuid" }),
            };
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect()
}

/// As OpenAPI writes paths, which knows no rest of a path.
fn written(path: &str) -> String {
    let path = path.replace("{*", "{");
    // Gemini's models and what is asked of them stand in one place.
    if path.starts_with("/v1beta/models/") || path.starts_with("/v1/models/") || path.starts_with("/models/")
    {
        path.replace("{action}", "{model}").replace("{id}", "{model}")
    } else {
        path
    }
}

/// What is told of a route that is not of the native API: a name, and a line.
fn plainly(route: &Route) -> (String, String) {
    let path = route.path.as_str();
    let bare = path.strip_prefix("/v1/").map_or(path, |_| &path[3..]);
    let said = match (route.method.as_str(), bare) {
        (_, "/live") => "Whether anybody answers.",
        (_, "/health") => "Whether all is well.",
        (_, "/ready") => "Whether calls can be taken and stored now.",
        (_, "/info") => "What this is, and where it listens.",
        (_, "/metrics") => "Figures for Prometheus.",
        (_, "/openapi.json") => "This description.",
        (_, "/docs") => "A page to read this description on.",
        (_, "/chat/completions") => "OpenAI chat completions, to any provider.",
        ("POST", "/responses") => "OpenAI responses, to any provider.",
        ("GET", bare) if bare.starts_with("/responses/") => "A stored response of this key.",
        ("DELETE", bare) if bare.starts_with("/responses/") => "Forgets a stored response.",
        (_, "/completions") => "OpenAI's older completions, to any provider.",
        (_, "/embeddings") => "OpenAI embeddings.",
        (_, "/messages") => "Anthropic messages, to any provider.",
        (_, "/messages/count_tokens") => "How many tokens a request to Anthropic messages has.",
        (_, "/models/rankings") => {
            "Models of the catalog by rank: `?profile=`, `?class=`, `?available=true`, `?limit=`."
        }
        (_, "/models") => "Models, in the shape of whoever asks: OpenAI, Anthropic or Gemini.",
        ("GET", bare) if bare.starts_with("/models/") => "One model, in the shape of whoever asks.",
        ("POST", bare) if bare.contains("/models/") => {
            "Gemini: `{model}:generateContent`, `{model}:streamGenerateContent` or `{model}:countTokens`."
        }
        (_, "/v1beta/models") => "Models, in Gemini's shape.",
        (_, bare) if bare.starts_with("/v1beta/models/") => "One model, in Gemini's shape.",
        _ => "",
    };
    let said = if said.is_empty() { format!("{} {path}", route.method) } else { said.to_owned() };
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut name = route.method.as_str().to_lowercase();
    for word in words {
        name.push_str(&word[..1].to_uppercase());
        name.push_str(&word[1..]);
    }
    (name, said)
}

fn is_ops(path: &str) -> bool {
    ["/live", "/health", "/ready", "/info", "/metrics", "/openapi.json", "/docs"].contains(&path)
}

/// An operation that is described in a line: its shapes are others'.
fn summary(route: &Route) -> Value {
    let (name, said) = plainly(route);
    let ops = is_ops(&route.path);
    let mut responses = Map::new();
    let content = match route.path.as_str() {
        "/docs" => json!({ "text/html": { "schema": { "type": "string" } } }),
        "/metrics" => json!({ "text/plain": { "schema": { "type": "string" } } }),
        _ => json!({ "application/json": { "schema": { "type": "object" } } }),
    };
    responses.insert("200".to_owned(), json!({ "description": "Done.", "content": content }));
    if matches!(route.takes, Takes::Json(_)) {
        responses["200"]["content"]["text/event-stream"] = json!({ "schema": { "type": "string" } });
    }
    let refused =
        if ops { "#/components/responses/Refused" } else { "#/components/responses/RefusedInDialect" };
    responses.insert("default".to_owned(), json!({ "$ref": refused }));
    let mut operation = json!({
        "tags": [if ops { "operation" } else { "callers" }],
        "operationId": name,
        "summary": said,
        "parameters": path_params(&written(&route.path)),
        "responses": responses,
    });
    if let Takes::Json(_) = route.takes {
        operation["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": { "type": "object" } } } });
    }
    if route.access != Access::Key {
        operation["security"] = json!([]);
    }
    operation
}

/// The description of all routes.
fn description() -> Value {
    let mut shapes = BTreeMap::new();
    remember::<domain::EventBatch>(&mut shapes);
    let mut native = BTreeMap::new();
    for operation in operations() {
        let path = format!("{PREFIX}{}", operation.path);
        let told = operation.told;
        shapes.extend(told.shapes);
        let mut responses = Map::new();
        for (status, content) in told.answers {
            let text = if status == 101 { "The connection is a WebSocket now." } else { "Done." };
            let mut response = json!({ "description": text });
            if !content.is_null() {
                response["content"] = content;
            }
            responses.insert(status.to_string(), response);
        }
        responses.insert("default".to_owned(), json!({ "$ref": "#/components/responses/Refused" }));
        let mut parameters = path_params(&written(&path));
        parameters.extend(told.params.iter().map(param));
        let tag = operation.path.split('/').nth(1).unwrap_or_default();
        let mut described = json!({
            "tags": [tag],
            "operationId": told.name,
            "summary": told.does,
            "parameters": parameters,
            "responses": responses,
        });
        if let Some(body) = told.body {
            described["requestBody"] = body;
        }
        native.insert((path, operation.method.to_string()), described);
    }
    let mut paths: Map<String, Value> = Map::new();
    for route in routes().all() {
        let described = match route.by {
            By::Native => native.remove(&(route.path.clone(), route.method.to_string())).unwrap(),
            By::Handle(_) => summary(route),
        };
        let item = paths.entry(written(&route.path)).or_insert_with(|| json!({}));
        item[route.method.as_str().to_lowercase()] = described;
    }
    assert!(native.is_empty(), "operations without a route: {:?}", native.keys());
    shapes.insert("Refused".to_owned(), refused());
    let kind = |schema: &str| json!({ "application/json": { "schema": { "$ref": schema } } });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Orchesity",
            "version": env!("CARGO_PKG_VERSION"),
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            "description": "The native API under /api/v1, the callers' routes, and what this program tells of itself. \
                A key of the native API needs it in its scope: `orch keys issue --name NAME --scope '/api/*'`.",
        },
        "security": [{ "bearer": [] }, { "apiKey": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "A virtual key." },
                "apiKey": { "type": "apiKey", "in": "header", "name": "x-api-key", "description": "The same." },
            },
            "responses": {
                "Refused": {
                    "description": "It was not done, and why.",
                    "content": kind("#/components/schemas/Refused"),
                },
                "RefusedInDialect": {
                    "description": "It was not done, and why, in the shape of the caller's dialect.",
                    "content": { "application/json": { "schema": { "type": "object" } } },
                },
            },
            "schemas": shapes,
        },
    })
}

/// As `refuse.rs` writes it.
fn refused() -> Value {
    let kinds: Vec<_> = domain::ErrorKind::ALL.iter().map(|kind| kind.as_str()).collect();
    json!({
        "type": "object",
        "required": ["error"],
        "properties": { "error": {
            "type": "object",
            "required": ["kind", "message", "requestId"],
            "properties": {
                "kind": { "type": "string", "enum": kinds, "description": "What to branch on." },
                "message": { "type": "string", "description": "What to show: what is wrong, and what to do about it." },
                "param": { "type": "string", "description": "The field that is wrong." },
                "code": { "type": "string", "description": "A word for programs, finer than the kind." },
                "requestId": { "type": "string", "description": "The name of the request, as in the log." },
            },
        } },
    })
}

#[test]
fn the_committed_description_is_what_the_routes_are() {
    let made = description();
    let text = format!("{}\n", serde_json::to_string_pretty(&made).unwrap());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(
        committed == text,
        "openapi.json is not current: UPDATE_OPENAPI=1 cargo test -p gateway --lib describe"
    );
}

#[test]
fn every_shape_that_is_named_is_there_and_every_operation_has_a_name_of_its_own() {
    let made = description();
    let text = made.to_string();
    for piece in text.split("#/components/schemas/").skip(1) {
        let name = piece.split('"').next().unwrap();
        assert!(made["components"]["schemas"].get(name).is_some(), "no shape {name}");
    }
    let mut names = Vec::new();
    for (path, item) in made["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(!operation["summary"].as_str().unwrap().is_empty(), "{method} {path}");
            names.push(operation["operationId"].as_str().unwrap().to_owned());
        }
    }
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}
