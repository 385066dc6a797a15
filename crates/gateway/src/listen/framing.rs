//! Where one request ends and the next begins, read as strictly as can be.
//!
//! The HTTP library is lenient where the standard lets it be: it drops a `Content-Length` beside a
//! `Transfer-Encoding` and takes lines that end in a bare line feed. Two programs that read such bytes
//! differently can be made to disagree about what was asked. So every byte passes here first, and what
//! could be read in two ways is a fault. No IO: bytes in, a verdict out, the same for any split.

use memchr::memchr;

/// Longest head of a request.
pub(super) const MAX_HEAD: usize = 32 << 10;

/// What the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A head; what came of it in earlier pieces is kept.
    Head,
    /// A head that is longer than any may be: the library refuses it.
    LongHead,
    /// A body of a known length; so much is to come.
    Sized(u64),
    /// The line with the size of a chunk.
    Size { digits: u8, size: u64 },
    /// Its line feed.
    SizeEnd(u64),
    /// A chunk; so much of it is to come.
    Chunk(u64),
    /// What follows a chunk.
    ChunkEnd { fed: bool },
    /// What follows the last chunk; no trailers.
    LastEnd { fed: bool },
    /// Nothing: the caller asked to speak something else and waits for an answer.
    Switching,
    /// Something that is no longer HTTP.
    Switched,
}

/// Bytes that are not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault {
    /// So many bytes of this piece were well.
    pub good: usize,
    /// Whether it lies in a head: then nobody has seen the request yet.
    pub in_head: bool,
}

/// Follows the requests of one connection.
#[derive(Debug)]
pub(super) struct Framing {
    place: Place,
    head: Vec<u8>,
}

impl Framing {
    pub(super) const fn new() -> Self {
        Self { place: Place::Head, head: Vec::new() }
    }

    /// Whether a head has begun and not ended.
    pub(super) fn in_head(&self) -> bool {
        self.place == Place::LongHead || (self.place == Place::Head && !self.head.is_empty())
    }

    /// Whether the bytes seen so far end with a whole request.
    pub(super) fn between(&self) -> bool {
        matches!(self.place, Place::Head | Place::Switching | Place::Switched) && self.head.is_empty()
    }

    /// What is answered. Only an answer can end the wait of somebody who asked to switch.
    pub(super) fn answered(&mut self, bytes: &[u8]) {
        if self.place == Place::Switching && !bytes.is_empty() {
            self.place = if bytes.starts_with(b"HTTP/1.1 101") { Place::Switched } else { Place::Head };
        }
    }

    /// Takes a piece of what arrives.
    pub(super) fn take(&mut self, piece: &[u8]) -> Result<(), Fault> {
        let mut at = 0;
        while at < piece.len() {
            let rest = &piece[at..];
            let fault = |in_head| Fault { good: at, in_head };
            at += match self.place {
                Place::Switched | Place::LongHead => rest.len(),
                Place::Switching => return Err(fault(true)),
                Place::Head => self.take_head(rest).ok_or(fault(true))?,
                Place::Sized(left) => {
                    let taken = within(left, rest);
                    let left = left - taken as u64;
                    self.place = if left == 0 { Place::Head } else { Place::Sized(left) };
                    taken
                }
                Place::Chunk(left) => {
                    let taken = within(left, rest);
                    let left = left - taken as u64;
                    self.place = if left == 0 { Place::ChunkEnd { fed: false } } else { Place::Chunk(left) };
                    taken
                }
                place => {
                    self.place = after(place, rest[0]).ok_or(fault(false))?;
                    1
                }
            };
        }
        Ok(())
    }

    /// So many bytes belong to a head; `None` where it is not to be taken.
    fn take_head(&mut self, rest: &[u8]) -> Option<usize> {
        // Empty lines before a request are passed over.
        if self.head.is_empty() && rest.starts_with(b"\r\n") {
            return Some(2);
        }
        if self.head == b"\r" && rest[0] == b'\n' {
            self.head.clear();
            return Some(1);
        }
        let known = self.head.len();
        // The usual head comes in one piece and is not copied.
        if known == 0
            && let Some(end) = end_of_head(rest, 0)?
        {
            self.place = what_follows(&rest[..end])?;
            return Some(end);
        }
        self.head.extend_from_slice(rest);
        let Some(end) = end_of_head(&self.head, known)? else {
            self.watch_length();
            return Some(rest.len());
        };
        self.head.truncate(end);
        self.place = what_follows(&self.head)?;
        self.head.clear();
        Some(end - known)
    }

    fn watch_length(&mut self) {
        if self.head.len() > MAX_HEAD {
            self.head = Vec::new();
            self.place = Place::LongHead;
        }
    }
}

fn within(left: u64, rest: &[u8]) -> usize {
    usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()))
}

/// The place after one byte of a chunk's frame.
fn after(place: Place, byte: u8) -> Option<Place> {
    Some(match (place, byte) {
        (Place::Size { digits, size }, byte) if byte.is_ascii_hexdigit() && digits < 15 => {
            let digit = char::from(byte).to_digit(16)?;
            Place::Size { digits: digits + 1, size: size * 16 + u64::from(digit) }
        }
        (Place::Size { digits: 1.., size }, b'\r') => Place::SizeEnd(size),
        (Place::SizeEnd(0), b'\n') => Place::LastEnd { fed: false },
        (Place::SizeEnd(size), b'\n') => Place::Chunk(size),
        (Place::ChunkEnd { fed: false }, b'\r') => Place::ChunkEnd { fed: true },
        (Place::ChunkEnd { fed: true }, b'\n') => Place::Size { digits: 0, size: 0 },
        (Place::LastEnd { fed: false }, b'\r') => Place::LastEnd { fed: true },
        (Place::LastEnd { fed: true }, b'\n') => Place::Head,
        _ => return None,
    })
}

/// The length of a head, looked for from `from` on; the outer `None` is a line that ends in a bare line feed.
#[expect(clippy::option_option, reason = "refused, not whole yet, whole")]
fn end_of_head(bytes: &[u8], from: usize) -> Option<Option<usize>> {
    let mut at = from;
    while let Some(offset) = memchr(b'\n', &bytes[at..]) {
        let feed = at + offset;
        if feed == 0 || bytes[feed - 1] != b'\r' {
            return None;
        }
        if feed >= 3 && bytes[feed - 2] == b'\n' {
            return Some(Some(feed + 1));
        }
        at = feed + 1;
    }
    Some(None)
}

/// What follows this head; `None` where that can be read in two ways.
fn what_follows(head: &[u8]) -> Option<Place> {
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let request = lines.next()?;
    let mut length = None;
    let mut chunked = false;
    let mut switching = false;
    for line in lines {
        match line.first() {
            None => break,
            // A line that goes on with the one before.
            Some(b' ' | b'\t') => return None,
            Some(b'c' | b'C' | b't' | b'T' | b'u' | b'U') => {}
            Some(_) => continue,
        }
        let Some(colon) = memchr(b':', line) else { continue };
        let (name, value) = (line[..colon].trim_ascii(), line[colon + 1..].trim_ascii());
        if name.eq_ignore_ascii_case(b"content-length") {
            if length.replace(digits(value)?).is_some() {
                return None;
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return None;
            }
            chunked = true;
        } else if name.eq_ignore_ascii_case(b"upgrade") {
            switching |= value.eq_ignore_ascii_case(b"websocket");
        }
    }
    let body = chunked || length.is_some_and(|length| length > 0);
    match length {
        _ if switching && body => None,
        _ if switching => Some(Place::Switching),
        Some(_) if chunked => None,
        None if chunked => (!request.ends_with(b"HTTP/1.0")).then_some(Place::Size { digits: 0, size: 0 }),
        None | Some(0) => Some(Place::Head),
        Some(length) => Some(Place::Sized(length)),
    }
}

/// Decimal digits and nothing else.
fn digits(value: &[u8]) -> Option<u64> {
    if value.is_empty() || value.len() > 18 {
        return None;
    }
    value
        .iter()
        .try_fold(0, |sum: u64, byte| byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::{Fault, Framing, Place};
    use proptest::prelude::{Strategy, any, prop, proptest};

    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

    fn taken(text: &str) -> Result<Place, Fault> {
        let mut framing = Framing::new();
        framing.take(text.as_bytes()).map(|()| framing.place)
    }

    fn post(headers: &str, body: &str) -> String {
        format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n{body}")
    }

    #[test]
    fn whole_requests_follow_one_another() {
        let sized = post("Content-Length: 5", "hello");
        let chunked = post("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n");
        let all = format!("\r\n{GET}{sized}{chunked}{GET}");
        assert_eq!(taken(&all), Ok(Place::Head));
        assert_eq!(taken(&post("content-length:0", "")), Ok(Place::Head));
        assert_eq!(taken(&post("Content-Length: 5", "he")), Ok(Place::Sized(3)));
        assert_eq!(taken(&post("transfer-encoding: Chunked", "A\r\n")), Ok(Place::Chunk(10)));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_a_fault() {
        for headers in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Content-Length: 5\r\nContent-Length: 5",
            "Content-Length: +5",
            "Content-Length: 5, 5",
            "Content-Length: 0x5",
            "Content-Length:",
            "Content-Length : 5\r\nContent-Length: 6",
            "Content-Length: 99999999999999999999",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: \"chunked\"",
            "X: y\r\n Transfer-Encoding: chunked",
            "X: y\nContent-Length: 5",
            "Upgrade: websocket\r\nContent-Length: 5",
        ] {
            let fault = taken(&post(headers, "")).unwrap_err();
            assert_eq!(fault, Fault { good: 0, in_head: true }, "{headers}");
        }
        assert!(taken("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn chunks_are_framed_exactly() {
        let head = post("Transfer-Encoding: chunked", "");
        for body in [
            "\r\n",
            "g\r\n",
            " 5\r\n",
            "5 \r\n",
            "5;a=b\r\n",
            "-1\r\n",
            "0x5\r\n",
            "5\n",
            "1\r\nab",
            "0\r\nX: y",
        ] {
            let fault = taken(&format!("{head}{body}")).unwrap_err();
            assert!(!fault.in_head && fault.good >= head.len(), "{body:?}: {fault:?}");
        }
        assert!(taken(&format!("{head}{}\r\n", "0".repeat(16))).is_err());
    }

    #[test]
    fn a_head_without_end_is_left_to_the_library() {
        let mut framing = Framing::new();
        framing.take(b"GET / HTTP/1.1\r\n").unwrap();
        for _ in 0..40 {
            framing.take(format!("X: {}\r\n", "y".repeat(1000)).as_bytes()).unwrap();
        }
        assert_eq!((framing.place, framing.head.len()), (Place::LongHead, 0));
    }

    #[test]
    fn after_asking_to_switch_only_an_answer_frees_the_line() {
        let ask = "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n";
        let mut framing = Framing::new();
        framing.take(ask.as_bytes()).unwrap();
        assert!(framing.take(b"x").is_err());
        framing.answered(b"HTTP/1.1 101 Switching Protocols\r\n");
        framing.take(b"\x81\x05\n\n").unwrap();
        let mut refused = Framing::new();
        refused.take(ask.as_bytes()).unwrap();
        refused.answered(b"HTTP/1.1 401 Unauthorized\r\n");
        assert!(refused.take(b"X: y\n\n").is_err());
    }

    fn streams() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            GET.to_owned(),
            "\r\n".to_owned(),
            post("Content-Length: 5", "hello"),
            post("Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"),
            post("Transfer-Encoding: chunked", "5\r\nhello\n0\r\n\r\n"),
            post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
            "GET / HTTP/1.1\nHost: a\r\n\r\n".to_owned(),
        ]);
        prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn splits_do_not_matter(text in streams(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
            let whole = taken(&text);
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            cuts.extend([0, text.len()]);
            cuts.sort_unstable();
            let mut framing = Framing::new();
            let mut result = Ok(());
            for pair in cuts.windows(2) {
                result = framing.take(&text.as_bytes()[pair[0]..pair[1]]);
                if result.is_err() {
                    break;
                }
            }
            match (whole, result) {
                (Ok(place), Ok(())) => proptest::prop_assert_eq!(place, framing.place),
                (Err(one), Err(other)) => proptest::prop_assert_eq!(one.in_head, other.in_head),
                (whole, split) => proptest::prop_assert!(false, "{:?} and {:?}", whole, split),
            }
        }
    }
}
