//! A gateway before the scripted provider, asked in every caller's shape, and its answers read back.

use domain::{NewKey, TrafficDetail, TrafficQuery};
use engine::{Engine, EngineOptions};
use gateway::{Gateway, GatewayOptions, KeyCheck, Running};
use serde_json::{Value, json};
use testkit::{Home, ScriptedProvider};

/// Whose shape a request has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Chat,
    Completions,
    Responses,
    Messages,
    Gemini,
}

pub const SHAPES: [Shape; 5] =
    [Shape::Chat, Shape::Completions, Shape::Responses, Shape::Messages, Shape::Gemini];
/// The scripted provider, in each of its dialects.
pub const PROVIDERS: [&str; 5] = ["chat", "responses", "anthropic", "gemini", "ollama"];

/// A gateway with everything on, before the scripted provider.
pub struct Wire {
    pub server: ScriptedProvider,
    pub running: Running,
    pub engine: Engine,
    pub url: String,
    pub key: String,
    pub home: Home,
    pub http: reqwest::Client,
}

/// Short waits, so that silence ends within a test.
const ENGINE: &str = "[engine]\nmax_attempts = 3\n\
    timeouts = { connect_ms = 2000, headers_ms = 1500, first_content_ms = 1500, idle_ms = 1500, total_ms = 20000 }\n";

impl Wire {
    pub async fn new() -> Self {
        Self::with(ENGINE).await
    }

    /// With this in `config.toml` behind the providers.
    pub async fn with(config: &str) -> Self {
        let server = ScriptedProvider::start().await;
        let provider = |id: &str, dialect: &str, url: String| {
            format!(
                "[[providers]]\nid = {id:?}\ndialect = {dialect:?}\nbase_url = {url:?}\nkey = \"none\"\n\n"
            )
        };
        let providers = [
            provider("chat", "openai-chat", server.v1()),
            provider("responses", "openai-responses", server.v1()),
            provider("gemini", "gemini", server.url()),
            provider("ollama", "ollama", server.url()),
            // The last: what a test's settings begin with is of it.
            provider("anthropic", "anthropic-messages", server.url()),
        ];
        let home = Home::with_config(&format!("{}{config}", providers.concat())).unwrap();
        let engine = Engine::open(home.path(), EngineOptions::serve()).await.unwrap();
        let mut options = GatewayOptions::new(Some(KeyCheck::of(engine.clone())));
        options.port = 0;
        let running = Gateway::start(engine.clone(), options).await.unwrap();
        let url = running.url();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut wire = Self { server, running, engine, url, key: String::new(), home, http };
        wire.key = wire.issue(&[]).await;
        wire
    }

    /// A virtual key that may do this; without scopes, everything.
    pub async fn issue(&self, scopes: &[&str]) -> String {
        let new = json!({ "name": "test", "scopes": { "routes": scopes, "targets": [] } });
        let new: NewKey = serde_json::from_value(new).unwrap();
        self.engine.virtual_keys().issue(new).await.unwrap().key.to_string()
    }

    /// Sends a request with our key.
    pub fn post(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.key).json(body)
    }

    /// The newest call, once it is stored.
    pub async fn told(&self) -> TrafficDetail {
        loop {
            self.engine.catch_up_calls().await;
            let listed = self.engine.traffic().list(&TrafficQuery::default()).await.unwrap().calls;
            if let Some(call) = listed.first().filter(|call| call.state.is_terminal()) {
                return self.engine.traffic().call(call.completion).await.unwrap();
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Asks and hears all of the answer.
    pub async fn ask(&self, shape: Shape, model: &str, stream: bool) -> Heard {
        self.ask_with(shape, model, stream, |_| ()).await
    }

    /// The same with a body of one's own making.
    pub async fn ask_with(
        &self,
        shape: Shape,
        model: &str,
        stream: bool,
        change: impl FnOnce(&mut Value),
    ) -> Heard {
        let (path, mut body) = shape.question(model, stream);
        change(&mut body);
        let response = self.post(&path, &body).send().await.unwrap();
        Heard::read(shape, response).await
    }
}

impl Shape {
    /// Where to ask, and with what.
    pub fn question(self, model: &str, stream: bool) -> (String, Value) {
        let said = json!([{ "role": "user", "content": "How does it go?" }]);
        match self {
            Self::Chat => (
                "/v1/chat/completions".to_owned(),
                json!({ "model": model, "messages": said, "stream": stream,
                    "stream_options": if stream { json!({ "include_usage": true }) } else { Value::Null } }),
            ),
            Self::Completions => (
                "/v1/completions".to_owned(),
                json!({ "model": model, "prompt": "How does it go?", "stream": stream,
                    "stream_options": if stream { json!({ "include_usage": true }) } else { Value::Null } }),
            ),
            Self::Responses => {
                ("/v1/responses".to_owned(), json!({ "model": model, "input": said, "stream": stream }))
            }
            Self::Messages => (
                "/v1/messages".to_owned(),
                json!({ "model": model, "messages": said, "stream": stream, "max_tokens": 4096 }),
            ),
            Self::Gemini => {
                let model = model.replace('?', "%3F").replace('/', "%2F");
                let action = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
                let contents = json!([{ "role": "user", "parts": [{ "text": "How does it go?" }] }]);
                (format!("/v1beta/models/{model}:{action}"), json!({ "contents": contents }))
            }
        }
    }
}

/// What an answer says, whoever's shape it has.
#[derive(Debug, Default)]
pub struct Heard {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    /// Ids, names and arguments.
    pub calls: Vec<(String, String, Value)>,
    /// `stop`, `length`, `filter`, `tools`.
    pub stop: Option<&'static str>,
    /// The dialect's own last word.
    pub closed: bool,
    pub error: Option<Value>,
    /// Input and output tokens.
    pub usage: Option<(u64, u64)>,
    pub raw: String,
}

fn stop(word: &Value) -> Option<&'static str> {
    Some(match word.as_str()? {
        "stop" | "end_turn" | "STOP" | "completed" => "stop",
        "length" | "max_tokens" | "MAX_TOKENS" | "max_output_tokens" => "length",
        "content_filter" | "refusal" | "SAFETY" | "PROHIBITED_CONTENT" => "filter",
        "tool_calls" | "tool_use" => "tools",
        other => panic!("an unknown reason to stop: {other}"),
    })
}

impl Heard {
    pub async fn read(shape: Shape, mut response: reqwest::Response) -> Self {
        let mut heard = Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            ..Self::default()
        };
        let stream = heard.header("content-type").starts_with("text/event-stream");
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.unwrap() {
            bytes.extend_from_slice(&piece);
        }
        heard.raw = String::from_utf8(bytes).unwrap();
        if stream {
            heard.events(shape);
        } else {
            let body: Value = serde_json::from_str(&heard.raw).unwrap_or_else(|_| panic!("{heard:?}"));
            heard.whole(shape, &body);
        }
        heard
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn whole(&mut self, shape: Shape, body: &Value) {
        if self.status != 200 {
            assert!(body["error"].is_object(), "{shape:?} {body}");
            self.error = Some(body["error"].clone());
            return;
        }
        self.closed = true;
        match shape {
            Shape::Chat => {
                let choice = &body["choices"][0];
                self.text.push_str(choice["message"]["content"].as_str().unwrap_or_default());
                for call in choice["message"]["tool_calls"].as_array().into_iter().flatten() {
                    let arguments = call["function"]["arguments"].as_str().unwrap();
                    self.called(&call["id"], &call["function"]["name"], arguments);
                }
                self.stop = stop(&choice["finish_reason"]);
                self.count(&body["usage"]);
            }
            Shape::Completions => {
                self.text.push_str(body["choices"][0]["text"].as_str().unwrap());
                self.stop = stop(&body["choices"][0]["finish_reason"]);
                self.count(&body["usage"]);
            }
            Shape::Responses => self.response(body),
            Shape::Messages => {
                for block in body["content"].as_array().unwrap() {
                    match block["type"].as_str().unwrap() {
                        "text" => self.text.push_str(block["text"].as_str().unwrap()),
                        "tool_use" => self.called(&block["id"], &block["name"], &block["input"].to_string()),
                        _ => {}
                    }
                }
                self.stop = stop(&body["stop_reason"]);
                self.count(&body["usage"]);
            }
            Shape::Gemini => self.candidate(body),
        }
    }

    fn events(&mut self, shape: Shape) {
        let mut arguments: Vec<(String, String, String)> = Vec::new();
        let raw = self.raw.replace("\r\n", "\n");
        for event in raw.split("\n\n") {
            let Some(data) = event.lines().find_map(|line| line.strip_prefix("data:")) else { continue };
            let data = data.trim_start();
            if data == "[DONE]" {
                self.closed = true;
                continue;
            }
            // What a provider garbled may have been passed on as it came.
            let Ok(data) = serde_json::from_str::<Value>(data) else { continue };
            if data["error"].is_object() && data["type"] != "response.created" {
                self.error = Some(data["error"].clone());
                continue;
            }
            match shape {
                Shape::Chat | Shape::Completions => {
                    self.chunk(shape, &data, &mut arguments);
                }
                Shape::Responses => match data["type"].as_str().unwrap_or_default() {
                    "response.output_text.delta" => self.text.push_str(data["delta"].as_str().unwrap()),
                    "response.completed" | "response.incomplete" => {
                        self.closed = true;
                        let said = std::mem::take(&mut self.text);
                        self.response(&data["response"]);
                        assert_eq!(said, self.text, "what came in pieces and what came at the end");
                    }
                    "response.failed" => self.error = Some(data["response"]["error"].clone()),
                    "error" => self.error = Some(data.clone()),
                    _ => {}
                },
                Shape::Messages => self.message_event(&data, &mut arguments),
                Shape::Gemini => {
                    self.candidate(&data);
                    self.closed |= self.stop.is_some();
                }
            }
        }
        if self.error.is_none() {
            for (id, name, arguments) in arguments {
                self.called(&id.into(), &name.into(), &arguments);
            }
        }
    }

    fn chunk(&mut self, shape: Shape, data: &Value, arguments: &mut Vec<(String, String, String)>) {
        self.count(&data["usage"]);
        let choice = &data["choices"][0];
        if let Some(word) = stop(&choice["finish_reason"]) {
            self.stop = Some(word);
        }
        let text = if shape == Shape::Chat { &choice["delta"]["content"] } else { &choice["text"] };
        self.text.push_str(text.as_str().unwrap_or_default());
        for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let at = call["index"].as_u64().unwrap() as usize;
            if arguments.len() <= at {
                arguments.resize(at + 1, Default::default());
            }
            let of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            arguments[at].0.push_str(&of(&call["id"]));
            arguments[at].1.push_str(&of(&call["function"]["name"]));
            arguments[at].2.push_str(&of(&call["function"]["arguments"]));
        }
    }

    fn message_event(&mut self, data: &Value, arguments: &mut Vec<(String, String, String)>) {
        match data["type"].as_str().unwrap_or_default() {
            "content_block_start" if data["content_block"]["type"] == "tool_use" => {
                let of = |value: &Value| value.as_str().unwrap().to_owned();
                let block = &data["content_block"];
                arguments.push((of(&block["id"]), of(&block["name"]), String::new()));
            }
            "content_block_delta" => {
                if let Some(text) = data["delta"]["text"].as_str() {
                    self.text.push_str(text);
                } else if let Some(json) = data["delta"]["partial_json"].as_str() {
                    arguments.last_mut().unwrap().2.push_str(json);
                }
            }
            "message_start" => self.count(&data["message"]["usage"]),
            "message_delta" => {
                self.stop = stop(&data["delta"]["stop_reason"]);
                let input = self.usage.map_or(0, |(input, _)| input);
                let output = data["usage"]["output_tokens"].as_u64().unwrap_or(0);
                self.usage = Some((data["usage"]["input_tokens"].as_u64().unwrap_or(input), output));
            }
            "message_stop" => self.closed = true,
            _ => {}
        }
    }

    fn response(&mut self, body: &Value) {
        let reason = &body["incomplete_details"]["reason"];
        self.stop = if reason.is_null() { stop(&body["status"]) } else { stop(reason) };
        for item in body["output"].as_array().unwrap() {
            match item["type"].as_str().unwrap() {
                "message" => {
                    for part in item["content"].as_array().unwrap() {
                        self.text.push_str(part["text"].as_str().unwrap_or_default());
                    }
                }
                "function_call" => {
                    self.called(&item["call_id"], &item["name"], item["arguments"].as_str().unwrap());
                }
                _ => {}
            }
        }
        if !self.calls.is_empty() {
            self.stop = Some("tools");
        }
        self.count(&body["usage"]);
    }

    fn candidate(&mut self, body: &Value) {
        let candidate = &body["candidates"][0];
        for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
            if let Some(text) = part["text"].as_str().filter(|_| part["thought"] != true) {
                self.text.push_str(text);
            }
            if part["functionCall"].is_object() {
                let call = &part["functionCall"];
                self.called(&call["id"], &call["name"], &call["args"].to_string());
            }
        }
        if let Some(word) = stop(&candidate["finishReason"]) {
            self.stop = Some(if self.calls.is_empty() { word } else { "tools" });
        }
        let counts = &body["usageMetadata"];
        if let Some(input) = counts["promptTokenCount"].as_u64() {
            self.usage = Some((input, counts["candidatesTokenCount"].as_u64().unwrap_or(0)));
        }
    }

    fn called(&mut self, id: &Value, name: &Value, arguments: &str) {
        let arguments = serde_json::from_str(arguments).unwrap_or_else(|_| panic!("arguments: {arguments}"));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.calls.push((text(id), text(name), arguments));
    }

    fn count(&mut self, usage: &Value) {
        let of = |names: [&str; 2]| names.iter().find_map(|name| usage[*name].as_u64());
        if let (Some(input), Some(output)) =
            (of(["prompt_tokens", "input_tokens"]), of(["completion_tokens", "output_tokens"]))
        {
            self.usage = Some((input, output));
        }
    }

    /// That it is the whole of this, told as whole.
    pub fn expect_whole(&self, text: &str, what: &str) {
        assert_eq!((self.status, self.error.as_ref()), (200, None), "{what}: {self:?}");
        assert_eq!(self.text, text, "{what}");
        assert_eq!((self.stop, self.closed), (Some("stop"), true), "{what}: {self:?}");
    }

    /// That it is an error and nothing that could be taken for an answer's end.
    pub fn expect_error(&self, what: &str) {
        let error = self.error.as_ref().unwrap_or_else(|| panic!("{what}: no error in {self:?}"));
        let message = error["message"].as_str().unwrap_or_default();
        assert!((1..2000).contains(&message.len()), "{what}: {error}");
        assert_eq!((self.stop, self.closed), (None, false), "{what}: {self:?}");
    }
}
