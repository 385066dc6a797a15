//! Cutting a JSON file into its conversations without reading it whole: an array's elements, objects one
//! after the other, or the elements of the one array that a wrapper holds. Only quotes and brackets are
//! looked at here; whether an element is good JSON, its own parser says, and its neighbours do not suffer.

use crate::{MAX_CONVERSATION, ReadError};
use std::io::BufRead;

/// Members of a wrapper that hold what is wanted, one after the other.
const HOLDERS: [&[u8]; 2] = [b"\"items\"", b"\"conversations\""];
/// How much of an element that is too large is kept, to name it by.
const HEAD: usize = 4 * 1024;

/// What comes next in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// An element; it is in [`Elements::bytes`].
    Element,
    /// One that is too large; its beginning is there.
    TooLarge,
    /// What a wrapper says before its elements: an object, cut off behind its last whole member.
    Wrapper,
    /// There are no more.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    /// In an array: of the file itself, or of a wrapper.
    Array {
        first: bool,
        wrapped: bool,
    },
    /// Between objects that stand one after the other.
    Between,
    End,
}

/// The elements of a file.
pub(crate) struct Elements<R> {
    input: R,
    at: At,
    bytes: Vec<u8>,
    limit: usize,
}

impl<R: BufRead> Elements<R> {
    pub(crate) const fn new(input: R) -> Self {
        Self { input, at: At::Start, bytes: Vec::new(), limit: MAX_CONVERSATION }
    }

    /// What follows may be larger.
    pub(crate) const fn allow(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// The element that [`Elements::next`] found.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn next(&mut self) -> Result<Next, ReadError> {
        self.bytes.clear();
        // A large one is rare; its room is not kept for the small ones.
        self.bytes.shrink_to(1 << 20);
        match self.at {
            At::End => Ok(Next::End),
            At::Start => match self.peek()? {
                Some(b'[') => {
                    self.skip();
                    self.at = At::Array { first: true, wrapped: false };
                    self.element(true, false)
                }
                Some(b'{') => self.object(),
                _ => Err(ReadError::Unknown),
            },
            At::Array { first, wrapped } => self.element(first, wrapped),
            At::Between => match self.peek()? {
                Some(b'{') => self.object(),
                None => {
                    self.at = At::End;
                    Ok(Next::End)
                }
                Some(_) => Err(damaged("between two conversations")),
            },
        }
    }

    fn element(&mut self, first: bool, wrapped: bool) -> Result<Next, ReadError> {
        let mut byte = self.peek()?;
        if !first && byte == Some(b',') {
            self.skip();
            byte = self.peek()?;
        } else if !first && byte != Some(b']') {
            return Err(damaged(if byte.is_none() {
                "at its end: it breaks off"
            } else {
                "between two conversations"
            }));
        }
        match byte {
            None => Err(damaged("at its end: it breaks off")),
            Some(b']') => {
                self.skip();
                // What a wrapper says behind its elements is of no use here.
                self.at = At::End;
                if wrapped {
                    return self.rest_of_wrapper();
                }
                Ok(Next::End)
            }
            Some(_) => {
                self.at = At::Array { first: false, wrapped };
                Ok(if self.value()? { Next::Element } else { Next::TooLarge })
            }
        }
    }

    fn rest_of_wrapper(&mut self) -> Result<Next, ReadError> {
        loop {
            match self.peek()? {
                Some(b'}') => return Ok(Next::End),
                Some(b',' | b':') => self.skip(),
                Some(b']') => return Err(damaged("behind its conversations")),
                Some(_) => {
                    self.bytes.clear();
                    self.value()?;
                }
                None => return Err(damaged("at its end: it breaks off")),
            }
        }
    }

    /// An object at the top: a conversation by itself, or a wrapper.
    fn object(&mut self) -> Result<Next, ReadError> {
        self.at = At::Between;
        self.bytes.push(b'{');
        self.skip();
        let mut whole = true;
        loop {
            match self.peek()? {
                Some(b'}') => {
                    self.skip();
                    self.bytes.push(b'}');
                    return Ok(if whole { Next::Element } else { Next::TooLarge });
                }
                Some(b',') => {
                    self.skip();
                    self.push(b',', whole);
                }
                Some(b'"') => {
                    let from = self.bytes.len();
                    whole &= self.value()?;
                    let holder = whole && HOLDERS.contains(&&self.bytes[from..]);
                    if self.peek()? != Some(b':') {
                        return Err(damaged("in the names of its members"));
                    }
                    self.skip();
                    let begins = self.peek()?;
                    if holder && begins == Some(b'[') {
                        self.skip();
                        self.bytes.truncate(from);
                        if self.bytes.last() == Some(&b',') {
                            self.bytes.pop();
                        }
                        self.bytes.push(b'}');
                        self.at = At::Array { first: true, wrapped: true };
                        return Ok(Next::Wrapper);
                    }
                    self.push(b':', whole);
                    whole &= self.value()?;
                    if !whole {
                        self.bytes.truncate(HEAD);
                    }
                }
                Some(_) => return Err(damaged("in the names of its members")),
                None => return Err(damaged("at its end: it breaks off")),
            }
        }
    }

    fn push(&mut self, byte: u8, whole: bool) {
        // What is no JSON anyway is not kept without end.
        if whole && self.bytes.len() < self.limit {
            self.bytes.push(byte);
        }
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Ok(None);
            }
            // A byte order mark is taken for white space.
            let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0xEF | 0xBB | 0xBF);
            let skipped = buffer.iter().position(|b| !blank(b));
            let (found, read) = match skipped {
                Some(at) => (Some(buffer[at]), at),
                None => (None, buffer.len()),
            };
            self.input.consume(read);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    fn skip(&mut self) {
        self.input.consume(1);
    }

    /// Takes one value to `bytes`, from its first byte on; `false` when it is too large to be kept.
    fn value(&mut self) -> Result<bool, ReadError> {
        let mut state = Value::default();
        let mut whole = true;
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return if state.is_over() { Ok(whole) } else { Err(damaged("at its end: it breaks off")) };
            }
            let (used, over) = state.take(buffer);
            if whole {
                if self.bytes.len() + used > self.limit {
                    whole = false;
                    self.bytes.extend_from_slice(&buffer[..used.min(HEAD)]);
                    self.bytes.truncate(HEAD);
                } else {
                    self.bytes.extend_from_slice(&buffer[..used]);
                }
            }
            self.input.consume(used);
            if over {
                return Ok(whole);
            }
        }
    }
}

/// How far into a value one is.
#[derive(Default)]
pub(crate) struct Value {
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// A number or a word: it has no end of its own.
    bare: bool,
}

impl Value {
    const fn is_over(&self) -> bool {
        self.bare && self.depth == 0
    }

    /// How many of these bytes are of the value, and whether it ends with them.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while at < bytes.len() {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                    at += 1;
                    continue;
                }
                let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at..]) else {
                    return (bytes.len(), false);
                };
                at += found + 1;
                if bytes[at - 1] == b'\\' {
                    self.escaped = true;
                } else {
                    self.in_string = false;
                    if self.depth == 0 {
                        return (at, true);
                    }
                }
                continue;
            }
            match bytes[at] {
                b'"' if self.bare && self.depth == 0 => return (at, true),
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if self.depth == 0 => {
                    return (at, true);
                }
                b'}' | b']' => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return (at + 1, true);
                    }
                }
                _ if self.depth == 0 => self.bare = true,
                _ => {}
            }
            at += 1;
        }
        (at, false)
    }
}

fn damaged(place: &str) -> ReadError {
    ReadError::Damaged(place.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    fn cut(text: &str, room: usize) -> (Vec<(Next, String)>, Option<String>) {
        let mut elements = Elements::new(BufReader::with_capacity(room, text.as_bytes()));
        elements.limit = 40;
        let mut found = Vec::new();
        loop {
            match elements.next() {
                Ok(Next::End) => return (found, None),
                Ok(next) => found.push((next, String::from_utf8_lossy(elements.bytes()).into_owned())),
                Err(error) => return (found, Some(error.to_string())),
            }
        }
    }

    #[test]
    fn however_a_file_arrives_its_elements_are_the_same() {
        let text = "\u{feff} [ {\"a\": \"]}\\\"\\\\\"} ,\n[1, {\"b\":[]}], 12 , \"x,y\", null ]";
        let expected = ["{\"a\": \"]}\\\"\\\\\"}", "[1, {\"b\":[]}]", "12", "\"x,y\"", "null"];
        for room in 1..text.len() {
            let (found, error) = cut(text, room);
            assert_eq!(error, None);
            assert_eq!(found.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), expected, "{room}");
        }
    }

    #[test]
    fn objects_stand_alone_in_lines_or_in_a_wrapper() {
        assert_eq!(cut("{\"a\":1}", 3).0, [(Next::Element, "{\"a\":1}".to_owned())]);
        let lines = cut("{\"a\":1}\n{\"b\" : [2]}\n", 3).0;
        assert_eq!(lines[1], (Next::Element, "{\"b\":[2]}".to_owned()));
        let (wrapped, error) = cut("{\"format\":\"x\", \"items\": [{\"a\":1},{}], \"more\": {\"c\":[1]}}", 5);
        assert_eq!(error, None);
        assert_eq!(wrapped[0], (Next::Wrapper, "{\"format\":\"x\"}".to_owned()));
        assert_eq!(wrapped[2], (Next::Element, "{}".to_owned()));
        assert_eq!(wrapped.len(), 3);
    }

    #[test]
    fn one_that_is_too_large_costs_only_itself() {
        let text = format!("[{{\"a\":1}},{{\"title\":\"{}\"}},{{\"b\":2}}]", "x".repeat(100));
        let (found, error) = cut(&text, 7);
        assert_eq!(error, None);
        let kinds: Vec<Next> = found.iter().map(|(next, _)| *next).collect();
        assert_eq!(kinds, [Next::Element, Next::TooLarge, Next::Element]);
        assert!(found[1].1.starts_with("{\"title\":\"xx"));
    }

    #[test]
    fn a_file_that_breaks_off_gives_what_was_whole() {
        let text = "[{\"a\":1},{\"b\":\"c\"},{\"d\":2}]";
        for end in 1..text.len() {
            let (found, error) = cut(&text[..end], 4);
            assert!(error.is_some(), "{end}");
            assert!(found.iter().all(|(_, text)| serde_json::from_str::<serde_json::Value>(text).is_ok()));
        }
        assert!(cut("[{\"a\":1} {\"b\":2}]", 4).1.is_some());
        assert!(cut("PNG", 4).1.is_some());
        assert!(cut("", 4).1.is_some());
    }

    #[test]
    fn commas_without_end_are_not_kept() {
        let text = format!("{{{}", ",".repeat(1000));
        let mut elements = Elements::new(text.as_bytes());
        elements.limit = 40;
        assert!(elements.next().is_err());
        assert!(elements.bytes().len() <= 40);
    }
}
