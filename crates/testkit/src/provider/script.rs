//! What a model's name asks for: `cut?after=40&tokens=60&gap_ms=5`.

use std::time::Duration;

/// How a call goes, before its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Course {
    /// It answers.
    Answer,
    /// An HTTP error, for the first so many calls of this model.
    Refuse { status: u16, times: usize },
    /// An HTTP error that says that the prompt is too long.
    TooLong,
    /// A 400 in the filter's name.
    Filtered,
    /// 400 when the last message is an assistant's, else an answer.
    NoPrefill,
    /// Gone before the head, for the first so many calls.
    Reset { times: usize },
    /// The request is read and that is all.
    Silence,
    /// Another place.
    Redirect { to: String },
    /// 503 until so long after the first call.
    Down { for_: Duration },
}

/// What goes wrong inside a streamed answer, and after how many tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The connection ends: by reset, or as if the body were whole.
    Cut { after: usize, how: CutBy },
    /// Nothing for a time, then it goes on.
    Stall { after: usize, time: Duration },
    /// An event that is no JSON.
    Malformed { after: usize },
    /// An error event of the dialect.
    ErrorEvent { after: usize },
    /// The text ends but the terminal event does not come.
    NoDone,
    /// The filter's stop reason.
    Filter { after: usize },
    /// The output limit's stop reason.
    Length { after: usize },
    /// Comment lines, and never content.
    Comments { every: Duration },
    /// One byte at a time, this far apart, for ever behind the head.
    Dribble { every: Duration },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CutBy {
    /// The socket closes in mid-body.
    Close,
    /// A TCP reset.
    Reset,
    /// The body ends in good order, only too early.
    Clean,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EchoAs {
    Text,
    Reasoning,
    /// Name and arguments of a tool call.
    Tool,
    /// The message of an HTTP error.
    Error,
}

/// All that a model's name says.
#[derive(Debug, Clone)]
pub(super) struct Script {
    pub course: Course,
    pub fault: Option<Fault>,
    pub tokens: usize,
    pub reasoning: usize,
    pub seed: u64,
    pub gap: Duration,
    /// Before the head.
    pub head_delay: Duration,
    /// Between head and content.
    pub first_delay: Duration,
    pub split: usize,
    /// Says what the last user message said.
    pub echo: bool,
    /// Only this piece of it, from 0; pieces stand between lines `%%`.
    pub piece: Option<usize>,
    /// As what an echo comes back.
    pub echo_as: EchoAs,
    /// So many tool calls instead of text.
    pub tools: usize,
    /// `retry-after` in whole seconds.
    pub retry_after: Option<u64>,
    /// `retry-after-ms`.
    pub retry_after_ms: Option<u64>,
    /// An answer that was begun is gone on with.
    pub goes_on: bool,
    /// Close the connection after a good answer without saying so.
    pub close: bool,
}

/// A number as large as "always".
const ALWAYS: usize = usize::MAX;
/// A time as long as "for ever" to any test.
const FOR_EVER: u64 = 86_400_000;

impl Script {
    /// Reads a model's name; `None` when it names no script.
    pub fn read(model: &str) -> Option<Self> {
        let (name, query) = model.split_once('?').unwrap_or((model, ""));
        let value = |key: &str| {
            query.split('&').filter_map(|pair| pair.split_once('=')).find(|(k, _)| *k == key).map(|(_, v)| v)
        };
        let number = |key: &str, default: u64| value(key).and_then(|v| v.parse().ok()).unwrap_or(default);
        let count = |key: &str, default: usize| number(key, default as u64) as usize;
        let ms = |key: &str, default: u64| Duration::from_millis(number(key, default));
        let mut script = Self {
            course: Course::Answer,
            fault: None,
            tokens: count("tokens", 60),
            reasoning: count("reasoning", 0),
            seed: number("seed", 0),
            gap: ms("gap_ms", 0),
            head_delay: ms("head_ms", 0),
            first_delay: ms("first_ms", 0),
            split: count("split", 0),
            echo: false,
            piece: value("piece").and_then(|v| v.parse().ok()),
            echo_as: match value("as") {
                Some("reasoning") => EchoAs::Reasoning,
                Some("tool") => EchoAs::Tool,
                Some("error") => EchoAs::Error,
                _ => EchoAs::Text,
            },
            tools: 0,
            retry_after: value("retry_after").and_then(|v| v.parse().ok()),
            retry_after_ms: value("retry_after_ms").and_then(|v| v.parse().ok()),
            goes_on: value("goes_on").is_some_and(|v| v == "1"),
            close: value("close").is_some_and(|v| v == "1"),
        };
        match name {
            "ok" => {}
            "slow" => {
                script.tokens = count("tokens", 200);
                script.gap = ms("gap_ms", 25);
            }
            "echo" => script.echo = true,
            "tools" => script.tools = count("calls", 2),
            "reasoning" => script.reasoning = count("reasoning", 20),
            "reset-before-headers" => script.course = Course::Reset { times: count("times", ALWAYS) },
            "reset-once" => script.course = Course::Reset { times: 1 },
            "silence" => script.course = Course::Silence,
            "slow-first" => script.first_delay = ms("ms", 20_000),
            "slow-headers" => script.head_delay = ms("ms", 20_000),
            "cut" => {
                let how = match value("how") {
                    Some("reset") => CutBy::Reset,
                    Some("clean") => CutBy::Clean,
                    _ => CutBy::Close,
                };
                script.fault = Some(Fault::Cut { after: count("after", 40), how });
            }
            "stall" => {
                script.fault = Some(Fault::Stall { after: count("after", 20), time: ms("ms", FOR_EVER) });
            }
            "malformed" => script.fault = Some(Fault::Malformed { after: count("after", 5) }),
            "error-event" => script.fault = Some(Fault::ErrorEvent { after: count("after", 5) }),
            "no-done" => script.fault = Some(Fault::NoDone),
            "comments" => script.fault = Some(Fault::Comments { every: ms("ms", 20) }),
            "dribble" => script.fault = Some(Fault::Dribble { every: ms("ms", 20_000) }),
            "length" => script.fault = Some(Fault::Length { after: count("after", 10) }),
            "content-filter" if value("status").is_some() => script.course = Course::Filtered,
            "content-filter" => script.fault = Some(Fault::Filter { after: count("after", 10) }),
            "context-too-long" => script.course = Course::TooLong,
            "no-prefill" => script.course = Course::NoPrefill,
            "redirect" => {
                script.course = Course::Redirect { to: value("to").unwrap_or("/elsewhere").to_owned() }
            }
            "down" => script.course = Course::Down { for_: ms("ms", 60_000) },
            _ => {
                let (status, often) = name.split_once('-').unwrap_or((name, "always"));
                let status = status.parse().ok().filter(|status| (400..600).contains(status))?;
                let times = match often {
                    "once" => 1,
                    "always" => count("times", ALWAYS),
                    _ => return None,
                };
                script.course = Course::Refuse { status, times };
                if status == 429 && script.retry_after_ms.is_none() && script.retry_after.is_none() {
                    script.retry_after = Some(1);
                }
            }
        }
        Some(script)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_a_query_sets_the_script() {
        let script = Script::read("cut?after=40&how=reset&gap_ms=5&tokens=61").unwrap();
        assert_eq!(script.fault, Some(Fault::Cut { after: 40, how: CutBy::Reset }));
        assert_eq!((script.tokens, script.gap), (61, Duration::from_millis(5)));
    }

    #[test]
    fn any_http_error_can_be_asked_for_by_number() {
        assert_eq!(Script::read("529-once").unwrap().course, Course::Refuse { status: 529, times: 1 });
        assert_eq!(Script::read("401").unwrap().course, Course::Refuse { status: 401, times: ALWAYS });
        assert!(Script::read("gpt-unknown").is_none());
    }
}
