//! Every caller's shape reaches every provider's, both ways.

use crate::wire::{PROVIDERS, SHAPES, Shape, Wire};
use serde_json::{Value, json};
use testkit::{INPUT_TOKENS, answer};

#[tokio::test]
async fn every_shape_is_answered_by_every_dialect() {
    let wire = Wire::new().await;
    for shape in SHAPES {
        for provider in PROVIDERS {
            for stream in [false, true] {
                let model = format!("{provider}/ok?tokens=24");
                let what = format!("{shape:?} from {provider}, stream: {stream}");
                let heard = wire.ask(shape, &model, stream).await;
                heard.expect_whole(&answer(24, 0), &what);
                assert_eq!(heard.usage, Some((INPUT_TOKENS as u64, 24)), "{what}");
                assert_eq!(heard.header("x-orchesity-target"), model, "{what}");
                assert_eq!(heard.header("x-orchesity-cache"), "off", "{what}");
                assert!(!heard.header("x-orchesity-request-id").is_empty(), "{what}");
                assert!(heard.header("x-orchesity-decision").len() >= 32, "{what}");
                // Loopback is free, and known to be.
                let cost = if stream { "" } else { "0" };
                assert_eq!(heard.header("x-orchesity-cost-usd"), cost, "{what}");
                // Google's client cannot read comments.
                let told = heard.raw.contains("\n: x-orchesity-cost-usd 0");
                assert_eq!(told, stream && shape != Shape::Gemini, "{what}: {}", heard.raw);
            }
        }
    }
    for call in wire.server.log() {
        for name in ["authorization", "x-api-key", "cookie", "x-orchesity-profile"] {
            assert_eq!(call.header(name), None, "{}", call.path);
        }
    }
}

/// A tool, in the words of each shape.
fn with_tools(shape: Shape, body: &mut Value) {
    let schema = json!({ "type": "object", "properties": { "city": { "type": "string" } } });
    let chat = |name: &str| json!({ "type": "function", "function": { "name": name, "description": "d", "parameters": schema } });
    let names = ["lookup_0", "lookup_1"];
    body["tools"] = match shape {
        Shape::Chat | Shape::Completions => names.iter().map(|name| chat(name)).collect(),
        Shape::Responses => names
            .iter()
            .map(|name| json!({ "type": "function", "name": name, "parameters": schema, "strict": false }))
            .collect(),
        Shape::Messages => names.iter().map(|name| json!({ "name": name, "input_schema": schema })).collect(),
        Shape::Gemini => {
            let of = |name: &&str| json!({ "name": name, "description": "d", "parameters": schema });
            json!([{ "functionDeclarations": names.iter().map(of).collect::<Vec<_>>() }])
        }
    };
}

/// The calls and their results, as callers of this shape send them back.
fn with_results(shape: Shape, body: &mut Value, calls: &[(String, String, Value)]) {
    let result = |at: usize| format!("result of call {at}");
    let list = match shape {
        Shape::Responses => &mut body["input"],
        Shape::Gemini => &mut body["contents"],
        _ => &mut body["messages"],
    };
    let list = list.as_array_mut().unwrap();
    let all = calls.iter().enumerate();
    match shape {
        Shape::Chat | Shape::Completions => {
            let of = |(id, name, arguments): &(String, String, Value)| {
                json!({ "id": id, "type": "function",
                    "function": { "name": name, "arguments": arguments.to_string() } })
            };
            let calls: Vec<Value> = calls.iter().map(of).collect();
            list.push(json!({ "role": "assistant", "content": null, "tool_calls": calls }));
            list.extend(
                all.map(
                    |(at, (id, ..))| json!({ "role": "tool", "tool_call_id": id, "content": result(at) }),
                ),
            );
        }
        Shape::Responses => {
            list.extend(calls.iter().map(|(id, name, arguments)| {
                json!({ "type": "function_call", "call_id": id, "name": name, "arguments": arguments.to_string() })
            }));
            list.extend(all.map(|(at, (id, ..))| {
                json!({ "type": "function_call_output", "call_id": id, "output": result(at) })
            }));
        }
        Shape::Messages => {
            let uses: Vec<Value> = calls
                .iter()
                .map(
                    |(id, name, input)| json!({ "type": "tool_use", "id": id, "name": name, "input": input }),
                )
                .collect();
            let results: Vec<Value> = all
                .map(|(at, (id, ..))| json!({ "type": "tool_result", "tool_use_id": id, "content": result(at) }))
                .collect();
            list.push(json!({ "role": "assistant", "content": uses }));
            list.push(json!({ "role": "user", "content": results }));
        }
        Shape::Gemini => {
            let uses: Vec<Value> = calls
                .iter()
                .map(|(id, name, args)| json!({ "functionCall": { "id": id, "name": name, "args": args } }))
                .collect();
            let results: Vec<Value> = all
                .map(|(at, (id, name, _))| {
                    json!({ "functionResponse": { "id": id, "name": name, "response": { "result": result(at) } } })
                })
                .collect();
            list.push(json!({ "role": "model", "parts": uses }));
            list.push(json!({ "role": "user", "parts": results }));
        }
    }
}

#[tokio::test]
async fn tools_are_called_and_their_results_arrive_in_every_pair_of_dialects() {
    let wire = Wire::new().await;
    for shape in [Shape::Chat, Shape::Responses, Shape::Messages, Shape::Gemini] {
        for provider in PROVIDERS {
            for stream in [false, true] {
                let what = format!("{shape:?} from {provider}, stream: {stream}");
                let called = wire
                    .ask_with(shape, &format!("{provider}/tools?calls=2"), stream, |body| {
                        with_tools(shape, body);
                    })
                    .await;
                assert_eq!((called.status, called.stop), (200, Some("tools")), "{what}: {called:?}");
                let names: Vec<&str> = called.calls.iter().map(|(_, name, _)| name.as_str()).collect();
                assert_eq!(names, ["lookup_0", "lookup_1"], "{what}");
                for (at, (_, _, arguments)) in called.calls.iter().enumerate() {
                    assert_eq!(*arguments, json!({ "city": "Kraków 🏰", "call": at }), "{what}");
                }
                let before = wire.server.log().len();
                let answered = wire
                    .ask_with(shape, &format!("{provider}/ok?tokens=3"), stream, |body| {
                        with_tools(shape, body);
                        with_results(shape, body, &called.calls);
                    })
                    .await;
                answered.expect_whole(&answer(3, 0), &what);
                let sent = wire.server.log()[before].body.to_string();
                for known in ["lookup_0", "lookup_1", "Kraków 🏰", "result of call 0", "result of call 1"]
                {
                    assert!(sent.contains(known), "{what}: {known} in {sent}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_is_passed_on_keeps_every_field_but_ours() {
    let wire = Wire::new().await;
    for (shape, provider) in
        [(Shape::Chat, "chat"), (Shape::Responses, "responses"), (Shape::Messages, "anthropic")]
    {
        let before = wire.server.log().len();
        let heard = wire
            .ask_with(shape, &format!("{provider}/ok?tokens=2"), false, |body| {
                body["some_field_of_tomorrow"] = json!({ "a": [1.50, null] });
                body["models"] = json!([format!("{provider}/ok")]);
                body["routing_profile"] = json!("balanced");
            })
            .await;
        heard.expect_whole(&answer(2, 0), provider);
        let sent = &wire.server.log()[before].body;
        assert_eq!(sent["some_field_of_tomorrow"], json!({ "a": [1.50, null] }), "{provider}");
        assert_eq!(sent["model"], "ok?tokens=2", "{provider}");
        for ours in ["models", "routing_profile"] {
            assert_eq!(sent.get(ours), None, "{provider}");
        }
        assert!(heard.raw.contains("scripted"), "its own id comes back: {}", heard.raw);
    }
}

#[tokio::test]
async fn every_route_answers_without_its_version_too() {
    let wire = Wire::new().await;
    for shape in [Shape::Chat, Shape::Completions, Shape::Responses, Shape::Messages] {
        let (path, body) = shape.question("chat/ok?tokens=2", false);
        let response = wire.post(path.strip_prefix("/v1").unwrap(), &body).send().await.unwrap();
        crate::wire::Heard::read(shape, response).await.expect_whole(&answer(2, 0), &path);
    }
    let (path, body) = Shape::Gemini.question("chat/ok?tokens=2", false);
    let path = path.replace("/v1beta", "/v1");
    let response = wire.post(&path, &body).send().await.unwrap();
    crate::wire::Heard::read(Shape::Gemini, response).await.expect_whole(&answer(2, 0), &path);
}

#[tokio::test]
async fn models_are_listed_in_the_shape_of_whoever_asks() {
    let wire = Wire::new().await;
    let get = |path: &str, header: Option<(&'static str, &str)>| {
        let request = wire.http.get(format!("{}{path}", wire.url));
        let request = match header {
            Some((name, value)) => request.header(name, value),
            None => request,
        };
        let request = request.header("x-api-key", wire.key.clone());
        async move { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let openai = get("/v1/models", None).await;
    assert_eq!(openai["object"], "list");
    let ids: Vec<&str> = openai["data"].as_array().unwrap().iter().filter_map(|m| m["id"].as_str()).collect();
    assert!(ids.contains(&"simulated/steady"), "{ids:?}");
    // Routes are models to those who ask.
    assert!(["auto", "auto:balanced", "auto:long-context"].iter().all(|id| ids.contains(id)), "{ids:?}");
    let ranked = get("/v1/models/rankings?profile=budget&limit=5", None).await;
    assert_eq!((&ranked["object"], &ranked["profile"]), (&json!("list"), &json!("budget")));
    let first = &ranked["data"][0];
    assert!(first["id"].is_string() && first["rank"] == 1 && first["parts"][0]["name"] == "cost", "{ranked}");
    assert_eq!(ranked["data"].as_array().unwrap().len(), 5);
    let now = get("/models/rankings?by=budget&available=true&limit=1000", None).await;
    assert!(now["data"].as_array().unwrap().iter().all(|one| one["ready"] == true), "{now}");
    let bad = get("/v1/models/rankings?profile=colour", None).await;
    assert_eq!(bad["error"]["param"], "profile", "{bad}");
    let anthropic = get("/v1/models", Some(("anthropic-version", "2023-06-01"))).await;
    assert_eq!(anthropic["data"][0]["type"], "model", "{anthropic}");
    let google = get("/v1beta/models", None).await;
    assert!(google["models"][0]["name"].as_str().unwrap().starts_with("models/"), "{google}");
    let one = get("/v1/models/simulated/steady", None).await;
    assert_eq!((&one["id"], &one["object"]), (&json!("simulated/steady"), &json!("model")));
    let one = get("/v1beta/models/simulated%2Fsteady", None).await;
    assert_eq!(one["name"], "models/simulated/steady", "{one}");
    let none = get("/v1/models/nobody/knows", None).await;
    assert_eq!(none["error"]["code"], "model_not_found", "{none}");
}

#[tokio::test]
async fn tokens_are_counted_without_asking_for_an_answer() {
    let wire = Wire::new().await;
    let messages = json!([{ "role": "user", "content": "count these few words" }]);
    let body = json!({ "model": "chat/ok", "messages": messages });
    let counted: Value =
        wire.post("/v1/messages/count_tokens", &body).send().await.unwrap().json().await.unwrap();
    assert!((4..40).contains(&counted["input_tokens"].as_u64().unwrap()), "{counted}");
    let body = json!({ "contents": [{ "parts": [{ "text": "count these few words" }] }] });
    let path = "/v1beta/models/chat%2Fok:countTokens";
    let counted: Value = wire.post(path, &body).send().await.unwrap().json().await.unwrap();
    assert!((4..40).contains(&counted["totalTokens"].as_u64().unwrap()), "{counted}");
    assert!(wire.server.log().is_empty(), "estimated");
    // Where the provider counts bodies like the caller's, its count is the answer.
    let body = json!({ "model": "anthropic/ok", "messages": messages });
    let counted: Value =
        wire.post("/v1/messages/count_tokens", &body).send().await.unwrap().json().await.unwrap();
    assert_eq!(counted["input_tokens"], INPUT_TOKENS, "{counted}");
    let body = json!({ "model": "nobody/knows", "messages": messages });
    assert_eq!(wire.post("/v1/messages/count_tokens", &body).send().await.unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn what_makes_no_sense_is_said_in_the_callers_shape() {
    let wire = Wire::new().await;
    for shape in SHAPES {
        let heard = wire.ask(shape, "nobody/knows", false).await;
        assert_eq!(heard.status, 404, "{shape:?}: {heard:?}");
        heard.expect_error(&format!("{shape:?}"));
        let (path, _) = shape.question("chat/ok", false);
        let response = wire.post(&path, &json!({ "model": "chat/ok" })).send().await.unwrap();
        let heard = crate::wire::Heard::read(shape, response).await;
        assert_eq!(heard.status, 400, "{shape:?}: {heard:?}");
    }
    let bad = [("conversation_id", "x-orchesity-other"), ("", "x-orchesity-conversation")];
    for (field, header) in bad {
        let (path, mut body) = Shape::Chat.question("chat/ok", false);
        if !field.is_empty() {
            body[field] = json!("not an id");
        }
        let response = wire.post(&path, &body).header(header, "not an id").send().await.unwrap();
        assert_eq!(response.status().as_u16(), 400, "{field}{header}");
    }
    assert!(wire.server.log().is_empty(), "nobody was asked");
}

#[tokio::test]
async fn texts_are_embedded_by_who_can() {
    let wire = Wire::new().await;
    let body = json!({ "model": "chat/embed", "input": ["one", "two"], "routing_profile": "balanced" });
    let response = wire.post("/v1/embeddings", &body).send().await.unwrap();
    assert_eq!(response.headers()["x-orchesity-target"], "chat/embed");
    let embedded: Value = response.json().await.unwrap();
    assert_eq!(embedded["data"][1]["embedding"], json!([0.5, -0.25, 1]), "{embedded}");
    let sent = &wire.server.log()[0].body;
    assert_eq!((&sent["model"], sent.get("routing_profile")), (&json!("embed"), None));
    for (model, status) in [("anthropic/ok", 400), ("nobody/knows", 404)] {
        let body = json!({ "model": model, "input": "one" });
        let response = wire.post("/embeddings", &body).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{model}");
    }
    let bad =
        wire.post("/v1/embeddings", &json!({ "model": "chat/embed", "input": [] })).send().await.unwrap();
    assert_eq!(bad.status().as_u16(), 400);
}
