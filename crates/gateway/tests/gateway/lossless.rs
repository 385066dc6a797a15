//! Where caller and provider speak the same dialect, what neither of us knows arrives all the same: bytes go on
//! as they came, but for the model's name and the fields that are ours.

use crate::canned::Canned;
use crate::wire::{Heard, Shape};
use serde_json::{Value, json};

const EVENTS: &str = "text/event-stream";
const JSON: &str = "application/json";
const SHAPES: [(Shape, &str); 4] = [
    (Shape::Chat, "chat"),
    (Shape::Responses, "responses"),
    (Shape::Messages, "anthropic"),
    (Shape::Gemini, "gemini"),
];

/// A request in odd spellings, with fields of tomorrow at every depth and ours among them. What stands between
/// `«»` is ours: the model's name is another there, and a field is gone.
fn question(shape: Shape, provider: &str, stream: bool) -> (String, String) {
    let tomorrow =
        "\"x_tomorrow\" : { \"deep\":[1.50e+1, null,\"\\u00e9\\/\"], \"n\":12345678901234567890.5 }";
    let model = format!("\"model\" : «{provider}/m»");
    let ours = "«,\"routing_profile\":\"balanced\"»";
    let flag = format!("\"stream\":{stream}");
    match shape {
        Shape::Chat => {
            let usage = if stream { ",\"stream_options\":{\"include_usage\":true,\"x\":0}" } else { "" };
            let text = format!(
                "{{ {model},\n\t\"messages\":[{{\"role\":\"user\",\"content\":[{{\"type\":\"text\",\"text\":\"hi\",\"x_part\":1}}],\"x_message\":[true]}}],{flag}{usage},{tomorrow}{ours},\"temperature\":1.0 }}"
            );
            ("/v1/chat/completions".to_owned(), text)
        }
        Shape::Responses => {
            let text = format!(
                "{{ {model}, \"store\":false,\"input\":[{{\"role\":\"user\",\"content\":[{{\"type\":\"input_text\",\"text\":\"hi\",\"x_part\":1}}],\"x_item\":{{}}}}],{flag},{tomorrow}{ours},\"top_p\":1.00 }}"
            );
            ("/v1/responses".to_owned(), text)
        }
        Shape::Messages => {
            let text = format!(
                "{{ {model}, \"max_tokens\": 9,\"messages\":[{{\"role\":\"user\",\"content\":[{{\"type\":\"text\",\"text\":\"hi\",\"x_part\":1}}]}}],{flag},{tomorrow}{ours} }}"
            );
            ("/v1/messages".to_owned(), text)
        }
        Shape::Gemini | Shape::Completions => {
            let action = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
            let text = format!(
                "{{ \"contents\":[{{\"role\":\"user\",\"parts\":[{{\"text\":\"hi\",\"xPart\":1}}]}}],{tomorrow}{ours},\"generationConfig\":{{\"temperature\":1.0,\"xConfig\":[]}} }}"
            );
            (format!("/v1beta/models/{provider}%2Fm:{action}"), text)
        }
    }
}

/// The request as it is sent, and as it is to arrive.
fn typed_and_arriving(text: &str, provider: &str) -> (String, String) {
    let name = format!("«{provider}/m»");
    let typed = text.replace(&name, &format!("\"{provider}/m\""));
    let typed = typed.replace(['«', '»'], "");
    let arriving = text.replace(&name, "\"m\"");
    (typed, arriving.replace("«,\"routing_profile\":\"balanced\"»", ""))
}

/// A whole answer with fields of tomorrow at every depth.
fn whole(shape: Shape) -> &'static str {
    match shape {
        Shape::Chat => {
            "{ \"id\":\"theirs\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m-2\",\"x_top\":1.50,\n\"choices\":[{\"index\":0,\"x_choice\":{},\"message\":{\"role\":\"assistant\",\"content\":\"hello\",\"x_message\":[null]},\"finish_reason\":\"stop\",\"logprobs\":null}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5,\"x_usage\":7},\"service_tier\":\"tomorrow\" }\n"
        }
        Shape::Responses => {
            "{\"id\":\"resp_theirs\",\"object\":\"response\",\"created_at\":1,\"status\":\"completed\",\"model\":\"m-2\",\"x_top\":[1.50],\"output\":[{\"type\":\"item_of_tomorrow\",\"id\":\"t\",\"x\":{}},{\"type\":\"message\",\"id\":\"a\",\"role\":\"assistant\",\"status\":\"completed\",\"x_item\":1,\"content\":[{\"type\":\"output_text\",\"text\":\"hello\",\"annotations\":[],\"x_part\":2}]}],\"usage\":{\"input_tokens\":3,\"output_tokens\":2,\"total_tokens\":5,\"x_usage\":1}}"
        }
        Shape::Messages => {
            "{\"id\":\"msg_theirs\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m-2\",\"x_top\":1.50,\"content\":[{\"type\":\"block_of_tomorrow\",\"x\":[]},{\"type\":\"text\",\"text\":\"hello\",\"x_block\":1}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":2,\"x_usage\":{}}}"
        }
        Shape::Gemini | Shape::Completions => {
            "{ \"candidates\":[{\"xCandidate\":1,\"content\":{\"role\":\"model\",\"parts\":[{\"partOfTomorrow\":{}},{\"text\":\"hello\",\"xPart\":1}]},\"finishReason\":\"STOP\",\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":2,\"totalTokenCount\":5,\"xUsage\":1},\"modelVersion\":\"m-2\",\"xTop\":1.50 }"
        }
    }
}

/// A stream with events, comments and fields of tomorrow.
fn stream(shape: Shape) -> &'static str {
    match shape {
        Shape::Chat => concat!(
            ": a comment\n\n",
            "data: {\"id\":\"theirs\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m-2\",\"x_top\":1.50,\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"x_delta\":[]},\"finish_reason\":null}]}\n\n",
            "data:{\"id\":\"theirs\",\"object\":\"chunk.of.tomorrow\",\"choices\":[],\"x_progress\":0.50}\n\n",
            "event: of_tomorrow\nid: 7\ndata: {\"id\":\"theirs\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"},\"finish_reason\":null,\"x_choice\":1}]}\n\n",
            "data: {\"id\":\"theirs\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            "data: {\"id\":\"theirs\",\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5,\"x_usage\":1}}\n\n",
            "data: [DONE]\n\n",
        ),
        Shape::Responses => concat!(
            "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_theirs\",\"status\":\"in_progress\",\"output\":[],\"x_top\":1.50}}\n\n",
            "event: response.of_tomorrow\ndata: {\"type\":\"response.of_tomorrow\",\"x\":{\"deep\":[1.0]}}\n\n",
            "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"output_index\":0,\"item\":{\"id\":\"a\",\"type\":\"message\",\"role\":\"assistant\",\"status\":\"in_progress\",\"content\":[],\"x_item\":1}}\n\n",
            "event: response.content_part.added\ndata: {\"type\":\"response.content_part.added\",\"item_id\":\"a\",\"output_index\":0,\"content_index\":0,\"part\":{\"type\":\"output_text\",\"text\":\"\",\"annotations\":[]}}\n\n",
            ": a comment\n\n",
            "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"item_id\":\"a\",\"output_index\":0,\"content_index\":0,\"delta\":\"hello\",\"obfuscation\":\"zz\",\"x_delta\":null}\n\n",
            "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_theirs\",\"object\":\"response\",\"status\":\"completed\",\"model\":\"m-2\",\"output\":[{\"id\":\"a\",\"type\":\"message\",\"role\":\"assistant\",\"status\":\"completed\",\"content\":[{\"type\":\"output_text\",\"text\":\"hello\",\"annotations\":[]}]}],\"usage\":{\"input_tokens\":3,\"output_tokens\":2,\"total_tokens\":5},\"x_top\":1.50}}\n\n",
        ),
        Shape::Messages => concat!(
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_theirs\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m-2\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":3,\"output_tokens\":1,\"x_usage\":1.50}}}\n\n",
            "event: ping\ndata: {\"type\": \"ping\"}\n\n",
            "event: event_of_tomorrow\ndata: {\"type\":\"event_of_tomorrow\",\"x\":[{\"deep\":1.0}]}\n\n",
            "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\",\"x_block\":1}}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"delta_of_tomorrow\",\"x\":1}}\n\n",
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"hello\",\"x_delta\":null}}\n\n",
            ": a comment\n\n",
            "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
            "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"x_stop\":1},\"usage\":{\"output_tokens\":2}}\n\n",
            "event: message_stop\ndata: {\"type\":\"message_stop\",\"x_end\":1}\n\n",
        ),
        Shape::Gemini | Shape::Completions => concat!(
            "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"hel\",\"xPart\":1.50}]},\"xCandidate\":1}],\"modelVersion\":\"m-2\"}\r\n\r\n",
            "data: {\"xEventOfTomorrow\":{\"deep\":[1.0]}}\r\n\r\n",
            "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"partOfTomorrow\":{}}]}}]}\r\n\r\n",
            "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"lo\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":3,\"candidatesTokenCount\":2,\"totalTokenCount\":5,\"xUsage\":1}}\r\n\r\n",
        ),
    }
}

/// A stream without the comment that tells what it cost.
fn without_cost(raw: &str) -> String {
    let Some(at) = raw.find(": x-orchesity-cost-usd") else { return raw.to_owned() };
    let end = raw[at..].find("\n\n").map_or(raw.len(), |length| at + length + 2);
    format!("{}{}", &raw[..at], &raw[end..])
}

#[tokio::test]
async fn a_request_of_the_providers_own_dialect_arrives_byte_for_byte_but_for_what_is_ours() {
    let canned = Canned::new().await;
    for (shape, provider) in SHAPES {
        for streams in [false, true] {
            let (path, text) = question(shape, provider, streams);
            let (typed, arriving) = typed_and_arriving(&text, provider);
            canned
                .say(if streams { EVENTS } else { JSON }, if streams { stream(shape) } else { whole(shape) });
            let response = canned.post(&path, typed.clone()).send().await.unwrap();
            assert_eq!(response.status().as_u16(), 200, "{}", response.text().await.unwrap());
            let sent = canned.sent().remove(0);
            assert_eq!(sent.body, arriving, "{shape:?}, stream: {streams}");
            assert_ne!(typed, arriving, "something in it is ours");
        }
    }
}

#[tokio::test]
async fn an_answer_of_the_callers_own_dialect_arrives_byte_for_byte_whole_and_streamed() {
    let canned = Canned::new().await;
    for (shape, provider) in SHAPES {
        let ask = async |streams: bool| {
            let (path, text) = question(shape, provider, streams);
            let (typed, _) = typed_and_arriving(&text, provider);
            Heard::read(shape, canned.post(&path, typed).send().await.unwrap()).await
        };
        canned.say(JSON, whole(shape));
        let heard = ask(false).await;
        heard.expect_whole("hello", &format!("{shape:?}"));
        assert_eq!(heard.raw, whole(shape), "{shape:?}");
        assert_eq!((heard.usage, heard.headers.get("x-canned")), (Some((3, 2)), None), "{shape:?}");
        for split in [0, 7] {
            canned.say_in_pieces(EVENTS, stream(shape), split);
            let heard = ask(true).await;
            heard.expect_whole("hello", &format!("{shape:?}"));
            assert_eq!(without_cost(&heard.raw), stream(shape), "{shape:?} in pieces of {split}");
            assert_eq!(heard.usage, Some((3, 2)), "{shape:?}");
        }
    }
}

#[tokio::test]
async fn a_gemini_stream_that_is_wanted_as_a_list_has_each_piece_as_it_was_said() {
    let canned = Canned::new().await;
    canned.say(EVENTS, stream(Shape::Gemini));
    let body = json!({ "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }] }).to_string();
    let response = canned.post("/v1beta/models/gemini%2Fm:streamGenerateContent", body).send().await.unwrap();
    let listed: Vec<Value> = response.json().await.unwrap();
    let events = stream(Shape::Gemini).split("\r\n\r\n").filter_map(|event| event.strip_prefix("data: "));
    let events: Vec<Value> = events.map(|event| serde_json::from_str(event).unwrap()).collect();
    assert_eq!(listed, events);
}

#[tokio::test]
async fn a_gemini_list_that_breaks_off_ends_in_an_error_and_is_a_list_all_the_same() {
    let canned = Canned::new().await;
    let whole = stream(Shape::Gemini);
    let cut = &whole[..whole.find("data: {\"xEvent").unwrap() + 20];
    canned.say(EVENTS, cut);
    let body = json!({ "contents": [{ "role": "user", "parts": [{ "text": "hi" }] }] }).to_string();
    let response = canned.post("/v1beta/models/gemini%2Fm:streamGenerateContent", body).send().await.unwrap();
    let listed: Vec<Value> = response.json().await.unwrap();
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert_eq!(listed[0]["candidates"][0]["content"]["parts"][0]["xPart"], 1.5, "{listed:?}");
    assert!(listed[1]["error"]["message"].is_string(), "{listed:?}");
}

/// The twin: a provider of another dialect is not sent what only the caller's own would understand, so the
/// tests above see bytes that were passed on and not ones that were made anew.
#[tokio::test]
async fn to_a_provider_of_another_dialect_the_request_is_said_anew() {
    let canned = Canned::new().await;
    canned.say(JSON, whole(Shape::Messages));
    let (path, text) = question(Shape::Chat, "anthropic", false);
    let (typed, _) = typed_and_arriving(&text, "anthropic");
    let heard = Heard::read(Shape::Chat, canned.post(&path, typed).send().await.unwrap()).await;
    heard.expect_whole("hello", "said anew");
    assert!(!heard.raw.contains("x_top") && !heard.raw.contains("x_block"), "{}", heard.raw);
    let sent = canned.sent().remove(0);
    assert_eq!(sent.path(), "/v1/messages");
    assert!(!sent.body.contains("x_tomorrow") && !sent.body.contains("x_part"), "{}", sent.body);
}
