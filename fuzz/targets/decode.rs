//! Each dialect's decoder, the folding of what it says, its lists of models and its errors: no bytes make
//! them panic, where they are split changes nothing, and an answer is whole only when its end was seen.
#![no_main]

use dialects::{Assembly, Delta, DialectError, classify_error, decode_models, decoder};
use domain::Dialect;
use libfuzzer_sys::fuzz_target;

const DIALECTS: [Dialect; 5] = [
    Dialect::OpenaiChat,
    Dialect::OpenaiResponses,
    Dialect::AnthropicMessages,
    Dialect::Gemini,
    Dialect::Ollama,
];

fn decode<'a>(
    dialect: Dialect,
    stream: bool,
    pieces: impl Iterator<Item = &'a [u8]>,
) -> (Vec<Delta>, Result<(), DialectError>) {
    let mut decoder = decoder(dialect, stream);
    let mut deltas = Vec::new();
    let mut read = || {
        for piece in pieces {
            decoder.feed(piece, &mut deltas)?;
        }
        decoder.end(&mut deltas)
    };
    let end = read();
    if end.is_ok() {
        assert!(decoder.finished(), "it ended well without its end");
    }
    (deltas, end)
}

/// Text that was told in two pieces is the same text.
fn joined(deltas: &[Delta]) -> Assembly {
    let (mut assembly, mut changes) = (Assembly::new(), Vec::new());
    for delta in deltas {
        assembly.push(delta.clone(), &mut changes);
    }
    assembly
}

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (choice, size, bytes) = input;
    let dialect = DIALECTS[usize::from(choice >> 1) % DIALECTS.len()];
    let stream = choice & 1 == 0;
    let (whole, end) = decode(dialect, stream, std::iter::once(bytes));
    let (split, split_end) = decode(dialect, stream, bytes.chunks(usize::from(size) + 1));
    assert_eq!(split_end, end);
    let (whole, split) = (joined(&whole), joined(&split));
    assert_eq!(split.parts(), whole.parts());
    assert_eq!(split.usage(), whole.usage());
    assert_eq!(split.stop(), whole.stop());
    let _ = decode_models(dialect, bytes);
    assert!(!classify_error(dialect, 400 + u16::from(size), &[], bytes).message.is_empty());
});
