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
}

/// An event that is longer than this goes on in pieces.
const LONGEST: usize = 1 << 20;

impl WholeEvents {
    /// Passes on all but token counts that nobody asked for.
    #[must_use]
    pub const fn without_usage() -> Self {
        Self { begun: Vec::new(), without_usage: true }
    }

    /// What of these bytes, and of those that were kept back, is to be sent on.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.begun.extend_from_slice(bytes);
        let mut from = 0;
        while let Some(end) = end_of_event(&self.begun[from..]) {
            let event = &self.begun[from..from + end];
            if !(self.without_usage && is_usage(event)) {
                out.extend_from_slice(event);
            }
            from += end;
        }
        self.begun.drain(..from);
        if self.begun.len() > LONGEST {
            out.append(&mut self.begun);
        }
    }

    /// What was kept back at the end of a stream that is whole; what follows is an event of its own.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        if !self.begun.is_empty() {
            out.append(&mut self.begun);
            let line_ended = out.ends_with(b"\n");
            out.extend_from_slice(if line_ended { b"\n" } else { b"\n\n" });
        }
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
