//! Passing a stream on, event by event.

/// Passes events on byte for byte, each when it is whole: of one that is cut nobody could make anything, and
/// what is said in its place must not be taken for its end.
#[derive(Debug, Default)]
pub struct WholeEvents {
    /// The beginning of an event whose end is still to come.
    begun: Vec<u8>,
    /// Whether token counts at the end of a stream of OpenAI chat's dialect are taken out: we asked for them,
    /// the caller did not.
    without_usage: bool,
    /// What they hold is told as one JSON list; whether anything stands in it yet.
    list: Option<bool>,
}

/// An event that is longer than this goes on in pieces.
const LONGEST: usize = 1 << 20;

impl WholeEvents {
    /// Passes on all but token counts that nobody asked for.
    #[must_use]
    pub const fn without_usage() -> Self {
        Self { begun: Vec::new(), without_usage: true, list: None }
    }

    /// Tells what the events hold as the elements of one list, as Gemini's callers want it who do not ask for
    /// events (`alt=sse`).
    #[must_use]
    pub const fn as_list() -> Self {
        Self { begun: Vec::new(), without_usage: false, list: Some(false) }
    }

    /// What stands before all events.
    pub fn begin(&mut self, out: &mut Vec<u8>) {
        if self.list.is_some() {
            out.push(b'[');
        }
    }

    /// What stands before an error that ends them.
    pub fn before_error(&mut self, out: &mut Vec<u8>) {
        if self.list == Some(true) {
            out.push(b',');
        }
    }

    /// What of these bytes, and of those that were kept back, is to be sent on.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.begun.extend_from_slice(bytes);
        let mut from = 0;
        while let Some(end) = end_of_event(&self.begun[from..]) {
            let event = &self.begun[from..from + end];
            match &mut self.list {
                Some(any) => element(event, any, out),
                None if self.without_usage && is_usage(event) => {}
                None => out.extend_from_slice(event),
            }
            from += end;
        }
        self.begun.drain(..from);
        // An element of a list cannot be told in pieces.
        if self.begun.len() > LONGEST && self.list.is_none() {
            out.append(&mut self.begun);
        }
    }

    /// What was kept back at the end of a stream that is whole; what follows is an event of its own.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        if let Some(any) = &mut self.list {
            element(&self.begun, any, out);
            self.begun.clear();
            out.push(b']');
        } else if !self.begun.is_empty() {
            out.append(&mut self.begun);
            let line_ended = out.ends_with(b"\n");
            out.extend_from_slice(if line_ended { b"\n" } else { b"\n\n" });
        }
    }
}

/// What an event holds, as the next element of a list; nothing where it is a comment.
fn element(event: &[u8], any: &mut bool, out: &mut Vec<u8>) {
    let lines = event.split(|byte| *byte == b'\n').filter_map(|line| line.strip_prefix(b"data:"));
    let data: Vec<&[u8]> = lines.map(<[u8]>::trim_ascii).filter(|line| !line.is_empty()).collect();
    if data.is_empty() {
        return;
    }
    if std::mem::replace(any, true) {
        out.push(b',');
    }
    for line in data {
        out.extend_from_slice(line);
    }
}

/// Where the first event ends, its blank line included.
fn end_of_event(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'\n', &bytes[from..]) {
        let next = from + at + 1;
        match &bytes[next..] {
            [b'\n', ..] => return Some(next + 1),
            [b'\r', b'\n', ..] => return Some(next + 2),
            _ => from = next,
        }
    }
    None
}

/// Whether an event holds nothing but token counts.
fn is_usage(event: &[u8]) -> bool {
    // Where counts are asked for, each event says that it has none (`"usage":null`).
    let names = memchr::memmem::find_iter(event, b"\"usage\"").map(|at| event[at + 7..].trim_ascii_start());
    if !names
        .filter_map(|rest| rest.strip_prefix(b":"))
        .any(|value| value.trim_ascii_start().starts_with(b"{"))
    {
        return false;
    }
    let Some(at) = memchr::memmem::find(event, b"data:") else { return false };
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(event[at + 5..].trim_ascii()) else {
        return false;
    };
    value.get("usage").is_some_and(serde_json::Value::is_object)
        && value.get("choices").and_then(serde_json::Value::as_array).is_some_and(Vec::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = concat!(
        "data: {\"choices\":[{\"delta\":{\"content\":\"the \\\"usage\\\" of\"}}],\"usage\":null}\n\n",
        ": a comment\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":{\"total_tokens\":1}}\r\n\r\n",
        "data: {\"choices\":[],\"usage\" : {\"total_tokens\":3}}\n\n",
        "data: [DONE]\n\n",
    );

    #[test]
    fn only_the_event_that_was_not_asked_for_is_taken_out_however_the_bytes_are_cut() {
        let expected = STREAM.replace("data: {\"choices\":[],\"usage\" : {\"total_tokens\":3}}\n\n", "");
        for size in [1, 2, 3, 7, 64, 4_096] {
            let (mut filter, mut out) = (WholeEvents::without_usage(), Vec::new());
            for piece in STREAM.as_bytes().chunks(size) {
                filter.feed(piece, &mut out);
            }
            filter.end(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{size}");
        }
    }

    #[test]
    fn what_events_hold_is_the_same_in_a_list_however_the_bytes_are_cut() {
        let stream = concat!(
            "data: {\"a\":1.50}\r\n\r\n",
            ": a comment\n\n",
            "event: x\ndata:{\"b\":\ndata: [2]}\n\n",
            "data: {\"c\":null}",
        );
        for size in [1, 2, 3, 7, 4_096] {
            let (mut list, mut out) = (WholeEvents::as_list(), Vec::new());
            list.begin(&mut out);
            for piece in stream.as_bytes().chunks(size) {
                list.feed(piece, &mut out);
            }
            list.end(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), "[{\"a\":1.50},{\"b\":[2]},{\"c\":null}]", "{size}");
        }
        let (mut nothing, mut out) = (WholeEvents::as_list(), Vec::new());
        nothing.begin(&mut out);
        nothing.before_error(&mut out);
        nothing.end(&mut out);
        assert_eq!(out, b"[]");
    }

    #[test]
    fn an_event_without_its_end_is_not_lost() {
        let (mut filter, mut out) = (WholeEvents::without_usage(), Vec::new());
        filter.feed(b"data: {\"choices\":[", &mut out);
        assert!(out.is_empty());
        filter.end(&mut out);
        assert_eq!(out, b"data: {\"choices\":[\n\n");
        let (mut all, mut out) = (WholeEvents::default(), Vec::new());
        all.feed(STREAM.as_bytes(), &mut out);
        assert_eq!(out, STREAM.as_bytes());
    }
}
