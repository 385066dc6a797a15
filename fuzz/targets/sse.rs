//! Server-sent events: no bytes make the parser panic, no event is longer than its limit, and where the
//! bytes are split changes nothing.
#![no_main]

use dialects::{
    DialectError,
    sse::{MAX_EVENT, Parser},
};
use libfuzzer_sys::fuzz_target;

type Event = (String, String, String, bool);

fn events<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> (Vec<Event>, Result<(), DialectError>) {
    let mut seen = Vec::new();
    let mut parser = Parser::new();
    let mut read = || {
        let mut on = |frame: &dialects::sse::Frame<'_>| {
            // Bytes that are no UTF-8 take up to three each once they are replaced.
            assert!(frame.data.len() <= 3 * MAX_EVENT);
            seen.push((frame.event.to_owned(), frame.data.to_owned(), frame.id.to_owned(), frame.stray));
            Ok(())
        };
        for piece in pieces {
            parser.feed(piece, &mut on)?;
        }
        parser.end(&mut on)
    };
    let end = read();
    (seen, end)
}

fuzz_target!(|input: (usize, &[u8])| {
    let (size, bytes) = input;
    let whole = events(std::iter::once(bytes));
    assert_eq!(events(bytes.chunks(size % 61 + 1)), whole);
    assert_eq!(events(bytes.chunks(1)), whole);
});
