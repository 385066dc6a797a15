use super::*;
use dialects::serving::Address;
use domain::KeyScopes;
use serde_json::{Value, json};

fn call(caller: Caller, body: &Value, address: &Address<'_>) -> WireCall {
    let body = Bytes::from(body.to_string());
    let asked = serving::read(caller, &body, address).unwrap();
    WireCall {
        caller,
        route: "/v1/chat/completions",
        body,
        asked,
        events: address.events,
        grant: Grant::WITHOUT_KEY,
        request: "r".to_owned(),
        client: None,
        idempotency: None,
        headers: Vec::new(),
        conversation: None,
        parent: None,
        profile: None,
        important: false,
    }
}

fn chat(body: &Value) -> WireCall {
    call(Caller::OpenaiChat, body, &Address::default())
}

fn full() -> Value {
    json!({
        "model": "a/b", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u", "name": "n"}],
        "temperature": 0.5, "top_p": 0.5, "max_tokens": 5, "stop": ["x"], "seed": 1, "frequency_penalty": 0.5,
        "presence_penalty": 0.5, "logit_bias": {"1": 1}, "user": "me", "response_format": {"type": "json_object"},
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "tool_choice": "auto", "parallel_tool_calls": true, "reasoning_effort": "low", "store": false,
        "service_tier": "auto", "metadata": {"a": "b"}, "top_k": 4, "something_new": [1, {"deep": "er"}],
    })
}

/// A value that is none of those it may be, and can stand where it stands.
fn other(name: &str, value: &Value) -> Value {
    match (name, value) {
        ("tool_choice", _) => json!("none"),
        ("reasoning_effort", _) => json!("high"),
        ("response_format", _) => json!({"type": "text"}),
        (_, Value::String(text)) => json!(format!("{text}2")),
        (_, Value::Number(number)) if number.is_i64() => json!(number.as_i64().unwrap() + 1),
        (_, Value::Number(_)) => json!(0.25),
        (_, Value::Bool(flag)) => json!(!flag),
        _ => json!(null),
    }
}

#[test]
fn each_field_of_a_request_changes_its_key() {
    let base = full();
    let key = key_of(&chat(&base));
    for (name, value) in base.as_object().unwrap() {
        let mut changed = base.clone();
        if name == "messages" {
            changed["messages"][1]["content"] = json!("u2");
        } else {
            changed[name] = other(name, value);
        }
        assert_ne!(key_of(&chat(&changed)), key, "`{name}` says something else");
        if !["model", "messages"].contains(&name.as_str()) {
            let mut without = base.clone();
            without.as_object_mut().unwrap().remove(name);
            assert_ne!(key_of(&chat(&without)), key, "`{name}` is left out");
        }
    }
    let mut role = base.clone();
    role["messages"][0]["role"] = json!("user");
    let mut models = base.clone();
    models["models"] = json!(["a/c"]);
    for changed in [role, models] {
        assert_ne!(key_of(&chat(&changed)), key);
    }
    let mut profiled = chat(&base);
    profiled.profile = Some("speed".to_owned());
    let mut headed = chat(&base);
    headed.headers = vec![("openai-beta".to_owned(), "x".to_owned())];
    assert!(key_of(&profiled) != key && key_of(&headed) != key);
    // How the answer is to come, and where it is kept, is no part of what is asked.
    let mut delivered = base.clone();
    delivered["stream"] = json!(true);
    delivered["stream_options"] = json!({"include_usage": true});
    delivered["conversation_id"] = json!(uuid::Uuid::now_v7().to_string());
    assert_eq!(key_of(&chat(&delivered)), key);
    // But where the forms of an answer differ in what they hold, each is one of its own.
    let mut logprobs = base.clone();
    logprobs["logprobs"] = json!(true);
    let whole = key_of(&chat(&logprobs));
    logprobs["stream"] = json!(true);
    assert_ne!(key_of(&chat(&logprobs)), whole);
}

#[test]
fn bearers_never_share_a_key_and_without_their_piece_they_would() {
    let scopes = KeyScopes::default();
    let token = |name| Grant::of_token(name, &scopes, domain::Timestamp::from_millis(i64::MAX));
    let grants = [Grant::WITHOUT_KEY, token("ann"), token("bob")];
    let calls: Vec<WireCall> = grants.into_iter().map(|grant| WireCall { grant, ..chat(&full()) }).collect();
    let distinct = |key: &dyn Fn(&WireCall) -> Hash| {
        calls.iter().map(key).collect::<std::collections::HashSet<_>>().len()
    };
    assert_eq!(distinct(&key_of), 3);
    // The twin: a key without whose call it is gives one's answers to another.
    let unguarded = |call: &WireCall| {
        let mut pieces = pieces(call);
        pieces.retain(|(name, _)| *name != "bearer");
        hash_of(&pieces)
    };
    assert_eq!(distinct(&unguarded), 1);
}

#[test]
fn a_model_in_the_address_is_part_of_the_key_and_callers_are_kept_apart() {
    let body = json!({"contents": [{"role": "user", "parts": [{"text": "u"}]}]});
    let of = |model: &str, stream: bool| {
        let address = Address { model: Some(model), stream, events: stream };
        key_of(&call(Caller::Gemini, &body, &address))
    };
    assert_ne!(of("a/b", false), of("a/c", false));
    assert_eq!(of("a/b", false), of("a/b", true));
    let body = json!({"model": "a/b", "max_tokens": 5, "messages": [{"role": "user", "content": "u"}]});
    let anthropic = call(Caller::Anthropic, &body, &Address::default());
    assert_ne!(key_of(&anthropic), key_of(&chat(&body)));
}

#[test]
fn what_is_cut_or_asks_for_something_to_be_done_is_no_answer_to_give_again() {
    let text = [Part::text("x")];
    let tool = Part::ToolCall { id: "1".into(), name: "f".into(), arguments: "{}".into(), signature: None };
    assert!(is_good(Stop::Stop, &text));
    for stop in [Stop::Length, Stop::ToolCalls, Stop::ContentFilter, Stop::Refusal, Stop::Pause, Stop::Other]
    {
        assert!(!is_good(stop, &text), "{stop}");
    }
    assert!(!is_good(Stop::Stop, &[]) && !is_good(Stop::Stop, &[Part::text("x"), tool]));
}
