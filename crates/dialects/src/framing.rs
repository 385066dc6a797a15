//! From bytes to events: a stream of SSE, lines of JSON, or one JSON body, whatever really came.

use crate::{Decoder, Delta, DialectError, classify, json, sse};
use serde_json::Value;

/// Longest one-shot body, in bytes: answers with pictures are large.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// What a dialect makes of events.
pub(crate) trait Protocol: Send {
    /// One event of a stream. `name` is empty where the framing has no names.
    fn event(&mut self, name: &str, data: Value, out: &mut Vec<Delta>) -> Result<(), DialectError>;

    /// Reads an event of the usual kind without making a tree of it; whether it was one. It means the same as
    /// [`Self::event`].
    fn usual(&mut self, _data: &str, _out: &mut Vec<Delta>) -> bool {
        false
    }

    /// An answer in one piece. It is whole by being JSON.
    fn whole(&mut self, body: Value, out: &mut Vec<Delta>) -> Result<(), DialectError>;

    /// `data: [DONE]`, where the dialect has it.
    fn done(&mut self) {}

    /// Hands out what was held back; the body is over, finished or not.
    fn flush(&mut self, _out: &mut Vec<Delta>) {}

    /// Whether the terminal event was seen.
    fn finished(&self) -> bool;

    /// Whether nothing more can come.
    fn closed(&self) -> bool {
        self.finished()
    }

    /// Whether streams are lines of JSON rather than SSE.
    const LINES: bool = false;
}

pub(crate) fn decoder<P: Protocol + 'static>(protocol: P, stream: bool) -> Box<dyn Decoder> {
    Box::new(Framed { protocol, stream, mode: Mode::Unknown(Vec::new()) })
}

enum Mode {
    /// Only white space so far.
    Unknown(Vec<u8>),
    Sse(sse::Parser),
    /// The line that is not complete, and whether one was read.
    Lines(Vec<u8>, bool),
    Whole(Vec<u8>),
}

struct Framed<P> {
    protocol: P,
    stream: bool,
    mode: Mode,
}

impl<P: Protocol> Decoder for Framed<P> {
    fn feed(&mut self, bytes: &[u8], out: &mut Vec<Delta>) -> Result<(), DialectError> {
        let Self { protocol, stream, mode } = self;
        match mode {
            Mode::Unknown(seen) => {
                if seen.len() + bytes.len() > MAX_BODY {
                    return Err(DialectError::TooLong { limit: MAX_BODY });
                }
                seen.extend_from_slice(bytes);
                let (lead, first) = lead(seen);
                let Some(first) = first else {
                    // White space or comments for ever are no answer: keep only the piece that is cut.
                    seen.drain(..lead);
                    if seen.first() == Some(&b':') {
                        seen.truncate(1);
                    }
                    return Ok(());
                };
                seen.drain(..lead);
                let seen = std::mem::take(seen);
                *mode = match first {
                    b'{' if P::LINES && *stream => Mode::Lines(Vec::new(), false),
                    b'{' | b'[' | b'<' | b'"' => Mode::Whole(Vec::new()),
                    _ => Mode::Sse(sse::Parser::new()),
                };
                self.feed(&seen, out)
            }
            Mode::Sse(parser) => parser.feed(bytes, &mut |frame| sse_frame(protocol, frame, out)),
            Mode::Lines(line, begun) => {
                let mut rest = bytes;
                while let Some(end) = memchr::memchr(b'\n', rest) {
                    check_line(line.len() + end)?;
                    line.extend_from_slice(&rest[..end]);
                    rest = &rest[end + 1..];
                    let text = String::from_utf8_lossy(line);
                    let text = text.trim_matches(blank);
                    if !text.is_empty() {
                        match json::parse(text) {
                            Ok(value) => {
                                *begun = true;
                                protocol.event("", value, out)?;
                            }
                            // One body, written over several lines.
                            Err(error) if error.is_eof() && !*begun => {
                                let mut whole = std::mem::take(line);
                                whole.push(b'\n');
                                whole.extend_from_slice(rest);
                                *mode = Mode::Whole(whole);
                                return Ok(());
                            }
                            Err(error) => return Err(unreadable(&error, text)),
                        }
                    }
                    line.clear();
                }
                check_line(line.len() + rest.len())?;
                line.extend_from_slice(rest);
                Ok(())
            }
            Mode::Whole(body) => {
                if body.len() + bytes.len() > MAX_BODY {
                    return Err(DialectError::TooLong { limit: MAX_BODY });
                }
                body.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn end(&mut self, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        let result = self.finish(out);
        self.protocol.flush(out);
        result?;
        if self.protocol.finished() { Ok(()) } else { Err(DialectError::Truncated) }
    }

    fn finished(&self) -> bool {
        self.protocol.finished()
    }

    fn closed(&self) -> bool {
        self.protocol.closed()
    }
}

impl<P: Protocol> Framed<P> {
    fn finish(&mut self, out: &mut Vec<Delta>) -> Result<(), DialectError> {
        let Self { protocol, mode, .. } = self;
        match std::mem::replace(mode, Mode::Unknown(Vec::new())) {
            Mode::Unknown(_) => Ok(()),
            // An event without its end is either whole or was cut: broken JSON here is no fault of
            // the provider's making.
            Mode::Sse(mut parser) => parser.end(&mut |frame| match sse_frame(protocol, frame, out) {
                Err(DialectError::Malformed { .. }) => Ok(()),
                other => other,
            }),
            Mode::Lines(line, _) => match json::parse(String::from_utf8_lossy(&line).trim_matches(blank)) {
                Ok(value) => protocol.event("", value, out),
                Err(_) => Ok(()),
            },
            Mode::Whole(body) => whole(protocol, &body, out),
        }
    }
}

fn blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// How many bytes of white space, BOM and comments stand before a body, and the body's first byte:
/// comments keep a connection alive before answers in one piece too.
fn lead(bytes: &[u8]) -> (usize, Option<u8>) {
    let mut rest = bytes;
    loop {
        rest = rest.trim_ascii_start();
        rest = rest.strip_prefix(b"\xef\xbb\xbf").unwrap_or(rest).trim_ascii_start();
        let first = match rest.first() {
            // A BOM may itself be cut.
            Some(_) if b"\xef\xbb".starts_with(rest) => None,
            Some(b':') => match memchr::memchr2(b'\n', b'\r', rest) {
                Some(end) => {
                    rest = &rest[end..];
                    continue;
                }
                None => None,
            },
            first => first.copied(),
        };
        return (bytes.len() - rest.len(), first);
    }
}

fn check_line(length: usize) -> Result<(), DialectError> {
    if length > sse::MAX_EVENT { Err(DialectError::TooLong { limit: sse::MAX_EVENT }) } else { Ok(()) }
}

fn unreadable(error: &serde_json::Error, text: &str) -> DialectError {
    let start: String = text.chars().take(120).collect();
    DialectError::malformed(format!("{error} in `{start}`"))
}

fn sse_frame(
    protocol: &mut impl Protocol,
    frame: &sse::Frame<'_>,
    out: &mut Vec<Delta>,
) -> Result<(), DialectError> {
    let data = frame.data.trim();
    if data.is_empty() {
        return Ok(());
    }
    if data == "[DONE]" {
        protocol.done();
        return Ok(());
    }
    if !frame.stray && frame.event != "error" && protocol.usual(data, out) {
        return Ok(());
    }
    match json::parse(data) {
        Ok(value) if frame.stray && value.get("error").is_none() => Ok(()),
        Ok(value) => protocol.event(frame.event, value, out),
        Err(_) if frame.stray => Ok(()),
        // Named keep-alives such as `event: ping` may carry anything.
        Err(_) if matches!(frame.event, "ping" | "heartbeat" | "keepalive" | "keep-alive") => Ok(()),
        // A proxy's words, bare.
        Err(_) if frame.event == "error" => protocol.event("error", Value::String(data.to_owned()), out),
        // Events without blank lines between them: each `data` line is one.
        Err(_) if data.contains('\n') && data.lines().all(is_event) => {
            data.lines().try_for_each(|line| sse_frame(protocol, &sse::Frame { data: line, ..*frame }, out))
        }
        Err(error) => Err(unreadable(&error, data)),
    }
}

/// Whether a line could be an event of its own.
fn is_event(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line == "[DONE]" || serde_json::from_str::<serde::de::IgnoredAny>(line).is_ok()
}

fn whole(protocol: &mut impl Protocol, body: &[u8], out: &mut Vec<Delta>) -> Result<(), DialectError> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_matches(blank);
    match json::parse(text) {
        // A stream written as one array: Gemini without `alt=sse`.
        Ok(Value::Array(items)) => items.into_iter().try_for_each(|item| protocol.event("", item, out)),
        Ok(value) => protocol.whole(value, out),
        Err(_) if text.starts_with('<') => Err(DialectError::malformed(format!(
            "it is a web page (`{}`); is the provider's `base_url` right?",
            classify::page_title(text)
        ))),
        Err(first) if first.is_eof() && text.starts_with('[') => cut_array(protocol, &text[1..], out),
        Err(first) => {
            // Several values after each other: a stream of lines that was not announced.
            let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
            let mut count = 0;
            let trouble = loop {
                match values.next() {
                    None => break None,
                    Some(Err(error)) => break Some(error),
                    Some(Ok(value)) => {
                        count += 1;
                        protocol.event("", value, out)?;
                    }
                }
            };
            match trouble {
                None => Ok(()),
                Some(error) if error.is_eof() && text.starts_with('{') => Ok(()), // cut: `end` says so
                Some(_) if count > 0 && protocol.finished() => Ok(()),
                Some(_) => Err(unreadable(&first, text)),
            }
        }
    }
}

/// The whole items of an array that was cut. It is, even when one of them ends the answer: there
/// may have been more of it.
fn cut_array(protocol: &mut impl Protocol, mut rest: &str, out: &mut Vec<Delta>) -> Result<(), DialectError> {
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let Some(Ok(item)) = values.next() else { return Err(DialectError::Truncated) };
        rest = &rest[values.byte_offset()..];
        protocol.event("", item, out)?;
    }
}
