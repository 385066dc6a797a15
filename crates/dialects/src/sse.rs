//! Server-sent events, read in pieces of any size.
//!
//! After the WHATWG rules (BOM, CR, LF, CRLF, comments, several `data` lines, `event`, `id`), with
//! three liberties that real providers need: bytes that are no UTF-8 are replaced, an event whose
//! blank line is missing at the end of the body still counts, and a bare JSON line (a proxy's error
//! written into the stream) is handed on marked as such.

use crate::DialectError;
use memchr::memchr2;
use std::borrow::Cow;

/// Longest event, in bytes of its lines.
pub const MAX_EVENT: usize = 1024 * 1024;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its type; empty when none was named.
    pub event: &'a str,
    /// Its `data` lines, joined by line feeds.
    pub data: &'a str,
    /// The last id seen in the stream; empty when there was none.
    pub id: &'a str,
    /// Not an event at all, but a JSON line without `data:`.
    pub stray: bool,
}

/// Turns bytes into frames. It holds at most [`MAX_EVENT`] bytes.
#[derive(Debug, Default)]
pub struct Parser {
    /// A line whose end has not come yet.
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    event: String,
    id: String,
    /// The last line ended in CR: an LF that follows belongs to it.
    after_cr: bool,
    /// The first line is past, so a BOM can no longer come.
    begun: bool,
}

impl Parser {
    /// Nothing read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes and hands every event that they complete to `on`.
    pub fn feed(
        &mut self,
        mut bytes: &[u8],
        on: &mut dyn FnMut(&Frame<'_>) -> Result<(), DialectError>,
    ) -> Result<(), DialectError> {
        if self.after_cr && !bytes.is_empty() {
            self.after_cr = false;
            bytes = bytes.strip_prefix(b"\n").unwrap_or(bytes);
        }
        while let Some(end) = memchr2(b'\n', b'\r', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            let ended_in_cr = bytes[end] == b'\r';
            if self.line.is_empty() {
                self.check_room(line.len())?;
                self.line(line, on)?;
            } else {
                self.check_room(line.len())?;
                self.line.extend_from_slice(line);
                let whole = std::mem::take(&mut self.line);
                self.line(&whole, on)?;
                self.line = whole;
                self.line.clear();
            }
            bytes = rest;
            if ended_in_cr {
                if rest.is_empty() {
                    self.after_cr = true;
                } else {
                    bytes = rest.strip_prefix(b"\n").unwrap_or(rest);
                }
            }
        }
        self.check_room(bytes.len())?;
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    /// The body has ended: what is pending counts as an event.
    pub fn end(
        &mut self,
        on: &mut dyn FnMut(&Frame<'_>) -> Result<(), DialectError>,
    ) -> Result<(), DialectError> {
        let rest = std::mem::take(&mut self.line);
        if !rest.is_empty() {
            self.line(&rest, on)?;
        }
        self.line(b"", on)
    }

    fn check_room(&self, more: usize) -> Result<(), DialectError> {
        if self.line.len() + self.data.len() + more > MAX_EVENT {
            return Err(DialectError::TooLong { limit: MAX_EVENT });
        }
        Ok(())
    }

    fn line(
        &mut self,
        mut line: &[u8],
        on: &mut dyn FnMut(&Frame<'_>) -> Result<(), DialectError>,
    ) -> Result<(), DialectError> {
        if !self.begun {
            self.begun = true;
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            return self.dispatch(on);
        }
        if line[0] == b'{' {
            let text = String::from_utf8_lossy(line);
            return on(&Frame { event: "", data: &text, id: &self.id, stray: true });
        }
        let (field, value) = match memchr::memchr(b':', line) {
            Some(0) => return Ok(()), // a comment
            Some(colon) => {
                let value = &line[colon + 1..];
                (&line[..colon], value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &line[line.len()..]),
        };
        match field {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"event" => self.event = String::from_utf8_lossy(value).into_owned(),
            b"id" if !value.contains(&0) => self.id = String::from_utf8_lossy(value).into_owned(),
            _ => {}
        }
        Ok(())
    }

    fn dispatch(
        &mut self,
        on: &mut dyn FnMut(&Frame<'_>) -> Result<(), DialectError>,
    ) -> Result<(), DialectError> {
        if !self.has_data {
            self.event.clear();
            return Ok(());
        }
        self.has_data = false;
        let data: Cow<'_, str> = String::from_utf8_lossy(&self.data);
        let result = on(&Frame { event: &self.event, data: &data, id: &self.id, stray: false });
        self.data.clear();
        self.event.clear();
        result
    }
}
