//! Requests whose bodies are there already: what a caller of the same dialect sent.

use crate::{
    Decoder, Delta, DialectError, Quirks, WireRequest, anthropic_messages, gemini, openai_chat,
    openai_responses, wire,
};
use domain::{Dialect, Stop, Usage};

/// The request that asks a model with a body of its own dialect; `None` where no caller's body is of it.
///
/// The body says the model and whether a stream is wanted where the dialect has that in bodies; elsewhere
/// (Gemini) the path does. What a provider wants otherwise than its dialect is not put right.
#[must_use]
pub fn request_with(
    dialect: Dialect,
    quirks: &Quirks,
    model: &str,
    stream: bool,
    body: Vec<u8>,
) -> Option<WireRequest> {
    let path = match dialect {
        Dialect::OpenaiChat => openai_chat::path(quirks, model),
        Dialect::OpenaiResponses => openai_responses::path(quirks, model),
        Dialect::AnthropicMessages => anthropic_messages::path(quirks, model),
        Dialect::Gemini => gemini::path(quirks, model, stream),
        Dialect::Ollama | Dialect::Simulated => return None,
    };
    let mut request = WireRequest::with_body(path, body, stream);
    if dialect == Dialect::AnthropicMessages {
        request.headers.push(anthropic_messages::version());
    }
    Some(request)
}

/// The request that embeds texts, in OpenAI's shape; `None` where a provider has none of that.
#[must_use]
pub fn embedding_request_with(
    dialect: Dialect,
    quirks: &Quirks,
    model: &str,
    body: Vec<u8>,
) -> Option<WireRequest> {
    let path = match (dialect, &quirks.chat_path) {
        // Deployments have a path of their own for each thing they do.
        (Dialect::OpenaiChat, Some(path)) => {
            let path = path.strip_suffix("chat/completions")?;
            wire::path(Some(&format!("{path}embeddings")), "", model, quirks)
        }
        (Dialect::OpenaiChat | Dialect::OpenaiResponses, _) => wire::path(None, "/embeddings", model, quirks),
        // Their addresses are without the version.
        (Dialect::Ollama, _) => wire::path(None, "/v1/embeddings", model, quirks),
        (Dialect::AnthropicMessages | Dialect::Gemini | Dialect::Simulated, _) => return None,
    };
    Some(WireRequest::with_body(path, body, false))
}

/// The request that has the tokens of a prompt counted; `None` where providers of a dialect do not.
#[must_use]
pub fn count_request_with(dialect: Dialect, quirks: &Quirks, body: Vec<u8>) -> Option<WireRequest> {
    if dialect != Dialect::AnthropicMessages || quirks.chat_path.is_some() {
        return None;
    }
    let mut request = WireRequest::with_body("/v1/messages/count_tokens".to_owned(), body, false);
    request.headers.push(anthropic_messages::version());
    Some(request)
}

/// Reads the answer to that: its token counts, and that it is one.
#[must_use]
pub fn embedding_decoder() -> Box<dyn Decoder> {
    Box::new(Embedded { body: Vec::new(), finished: false })
}

/// Longest answer with embeddings, in bytes: two thousand of them with three thousand numbers each.
const MAX_EMBEDDED: usize = 128 << 20;

struct Embedded {
    body: Vec<u8>,
    finished: bool,
}

#[derive(serde::Deserialize)]
struct EmbeddedBody {
    #[serde(rename = "data")]
    _data: Vec<serde::de::IgnoredAny>,
    usage: Option<EmbeddedUsage>,
}

#[derive(serde::Deserialize)]
struct EmbeddedUsage {
    prompt_tokens: Option<u32>,
    total_tokens: Option<u32>,
}

impl Decoder for Embedded {
    fn feed(&mut self, bytes: &[u8], _: &mut Vec<Delta>) -> Result<(), DialectError> {
        if self.body.len() + bytes.len() > MAX_EMBEDDED {
            return Err(DialectError::TooLong { limit: MAX_EMBEDDED });
        }
        self.body.extend_from_slice(bytes);
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        let body: EmbeddedBody = match serde_json::from_slice(&self.body) {
            Ok(body) => body,
            Err(error) if error.is_eof() => return Err(DialectError::Truncated),
            Err(error) => return Err(DialectError::unsupported(format!("these are no embeddings: {error}"))),
        };
        self.finished = true;
        if let Some(input) = body.usage.and_then(|usage| usage.prompt_tokens.or(usage.total_tokens)) {
            out.push(Delta::Usage(Usage { input: Some(input), output: Some(0), ..Usage::default() }));
        }
        out.push(Delta::Stop(Stop::Stop));
        Ok(())
    }

    fn finished(&self) -> bool {
        self.finished
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_goes_where_its_dialect_asks() {
        let path = |dialect, quirks: &Quirks, stream| {
            request_with(dialect, quirks, "a/b", stream, b"{}".to_vec()).unwrap().path
        };
        let plain = Quirks::default();
        assert_eq!(path(Dialect::OpenaiChat, &plain, true), "/chat/completions");
        assert_eq!(path(Dialect::OpenaiResponses, &plain, true), "/responses");
        assert_eq!(path(Dialect::AnthropicMessages, &plain, true), "/v1/messages");
        assert_eq!(path(Dialect::Gemini, &plain, true), "/v1beta/models/a/b:streamGenerateContent?alt=sse");
        assert_eq!(path(Dialect::Gemini, &plain, false), "/v1beta/models/a/b:generateContent");
        assert!(request_with(Dialect::Ollama, &plain, "a", true, Vec::new()).is_none());
        let azure = Quirks {
            chat_path: Some("/deployments/{model}/chat/completions".to_owned()),
            api_version: Some("2024-10-21".to_owned()),
            ..Quirks::default()
        };
        let asked = request_with(Dialect::OpenaiChat, &azure, "m", false, Vec::new()).unwrap();
        assert_eq!(asked.path, "/deployments/m/chat/completions?api-version=2024-10-21");
        let embedded = embedding_request_with(Dialect::OpenaiChat, &azure, "m", Vec::new()).unwrap();
        assert_eq!(embedded.path, "/deployments/m/embeddings?api-version=2024-10-21");
        let version = ("anthropic-version".to_owned(), "2023-06-01".to_owned());
        let counted = count_request_with(Dialect::AnthropicMessages, &plain, Vec::new()).unwrap();
        assert!(counted.headers.contains(&version));
    }

    #[test]
    fn embeddings_are_whole_or_an_error_and_their_tokens_are_counted() {
        let body = br#"{"data":[{"embedding":[0.1,0.2]}],"usage":{"prompt_tokens":5,"total_tokens":5}}"#;
        let (mut decoder, mut out) = (embedding_decoder(), Vec::new());
        for piece in body.chunks(7) {
            decoder.feed(piece, &mut out).unwrap();
        }
        decoder.end(&mut out).unwrap();
        assert!(matches!(&out[..], [Delta::Usage(usage), Delta::Stop(_)] if usage.input == Some(5)));
        let mut cut = embedding_decoder();
        cut.feed(&body[..40], &mut out).unwrap();
        assert!(matches!(cut.end(&mut out), Err(DialectError::Truncated)));
        let mut other = embedding_decoder();
        other.feed(b"{}", &mut out).unwrap();
        assert!(other.end(&mut out).is_err());
    }
}
