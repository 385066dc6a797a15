//! The usual chunk of a stream: a piece of text, and nothing else that counts. It is most of what comes, and is read
//! without making a tree of it; a chunk with anything more is read in full.

use crate::json::{Fields, Scalar};
use serde::Deserialize;
use std::borrow::Cow;

/// What such a chunk says.
pub(super) struct Usual<'d> {
    /// Empty where nobody is named.
    pub(super) model: Cow<'d, str>,
    pub(super) reasoning: Cow<'d, str>,
    pub(super) text: Cow<'d, str>,
}

/// Reads one; `None` where it is of another kind, or its JSON has faults.
pub(super) fn read(data: &str) -> Option<Usual<'_>> {
    let Fields(Chunk { object, model, choices: [Fields(choice)], .. }) = serde_json::from_str(data).ok()?;
    let is_chunk = object.is_none_or(|object| object.0 == "chat.completion.chunk");
    let is_first = choice.index.is_none_or(|index| index == 0);
    (is_chunk && is_first).then(|| {
        let Fields(Delta { content, reasoning_content, reasoning, .. }) = choice.delta;
        let thought = reasoning_content.filter(|text| !text.0.is_empty()).or(reasoning);
        Usual { model: said(model), reasoning: said(thought), text: said(content) }
    })
}

fn said(text: Option<Text<'_>>) -> Cow<'_, str> {
    text.map(|text| text.0).unwrap_or_default()
}

/// Borrowed wherever nothing in it is escaped, also within an `Option`.
#[derive(Deserialize)]
struct Text<'d>(#[serde(borrow)] Cow<'d, str>);

// `()` is a field that says nothing: null, or not there. One that is not listed makes a chunk another kind.

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that a field may be there is all that is said of it")]
struct Chunk<'d> {
    #[serde(default)]
    id: Scalar,
    #[serde(default, borrow)]
    object: Option<Text<'d>>,
    #[serde(default)]
    created: Scalar,
    #[serde(default, borrow)]
    model: Option<Text<'d>>,
    #[serde(borrow)]
    choices: [Fields<Choice<'d>>; 1],
    #[serde(default)]
    system_fingerprint: Scalar,
    #[serde(default)]
    service_tier: Scalar,
    #[serde(default)]
    provider: Scalar,
    #[serde(default)]
    obfuscation: Scalar,
    #[serde(default)]
    usage: (),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that a field may be there is all that is said of it")]
struct Choice<'d> {
    #[serde(default)]
    index: Option<u32>,
    #[serde(borrow)]
    delta: Fields<Delta<'d>>,
    #[serde(default)]
    finish_reason: (),
    #[serde(default)]
    native_finish_reason: (),
    #[serde(default)]
    stop_reason: (),
    #[serde(default)]
    logprobs: (),
    #[serde(default)]
    token_ids: (),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "that a field may be there is all that is said of it")]
struct Delta<'d> {
    #[serde(default)]
    role: Scalar,
    #[serde(default, borrow)]
    content: Option<Text<'d>>,
    #[serde(default, borrow)]
    reasoning_content: Option<Text<'d>>,
    #[serde(default, borrow)]
    reasoning: Option<Text<'d>>,
    #[serde(default)]
    refusal: (),
    #[serde(default)]
    tool_calls: (),
    #[serde(default)]
    function_call: (),
    #[serde(default)]
    audio: (),
}

#[cfg(test)]
mod tests {
    use crate::{Delta, framing::Protocol, json, openai_chat::Chat};

    /// What a chunk means: read as the usual kind where it is one, and in full.
    fn both(data: &str) -> (Option<Vec<Delta>>, Vec<Delta>) {
        let (mut quick, mut full) = (Vec::new(), Vec::new());
        let usual = Chat::default().usual(data, &mut quick);
        if let Ok(tree) = json::parse(data) {
            let _ = Chat::default().event("", tree, &mut full);
        }
        (usual.then_some(quick), full)
    }

    #[test]
    fn a_usual_chunk_means_the_same_as_when_it_is_read_in_full() {
        for data in [
            r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"hi "},"finish_reason":null}]}"#,
            r#"{"id":"c","object":"chat.completion.chunk","created":1.5,"model":"m","service_tier":null,"system_fingerprint":"f","choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null,"obfuscation":"x"}"#,
            r#"{"model":"","choices":[{"delta":{"content":"a\n\"b\" \ud83e\udd80"}}]}"#,
            r#"{"model":"m","choices":[{"index":0,"delta":{"content":null,"reasoning_content":"hm"}}]}"#,
            r#"{"model":"m","choices":[{"index":0,"delta":{"content":"so","reasoning_content":"","reasoning":"hm","tool_calls":null}}]}"#,
            r#"{"model":"m","choices":[{"index":0,"delta":{}}]}"#,
        ] {
            let (quick, full) = both(data);
            assert_eq!(quick, Some(full), "{data}");
        }
    }

    #[test]
    fn a_chunk_with_anything_more_is_read_in_full() {
        for data in [
            r#"{"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"x"}}],"usage":{"prompt_tokens":1}}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"x"}}],"error":{"message":"no"}}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"x"}}],"x_groq":{"error":"no"}}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"x"}}],"citations":["https://example.com"]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"x"}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"refusal":"no"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"reasoning_details":[]}}]}"#,
            r#"{"choices":[{"index":1,"delta":{"content":"x"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"x"}},{"index":1,"delta":{"content":"y"}}]}"#,
            r#"{"choices":[{"index":0,"message":{"content":"x"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"x","content":"y"}}]}"#,
            r#"{"object":"error","choices":[{"index":0,"delta":{"content":"x"}}]}"#,
            r#"{"choices":[]}"#,
            // Lists in the place of objects, and what is no JSON of ours.
            r#"{"choices":[{"index":0,"delta":["assistant","x"]}]}"#,
            r#"{"choices":[[0,{"content":"x"}]]}"#,
            r#"{"created":1e999,"choices":[{"index":0,"delta":{"content":"x"}}]}"#,
            r#"{"id":[[["x"]]],"choices":[{"index":0,"delta":{"content":"x"}}]}"#,
        ] {
            assert_eq!(both(data).0, None, "{data}");
        }
    }
}
