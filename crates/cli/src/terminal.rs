//! What others wrote, as a terminal may show it. A model's answer, an error's text or a model's name
//! can hold control sequences, which would move the cursor, retitle the window or fill the clipboard.
//! Files and pipes get every byte as it came.

use std::{
    borrow::Cow,
    io::{self, IsTerminal as _},
};

/// Text for standard output.
pub fn out(text: &str) -> Cow<'_, str> {
    shown(text, io::stdout().is_terminal())
}

/// Text for standard error.
pub fn err(text: &str) -> Cow<'_, str> {
    shown(text, io::stderr().is_terminal())
}

fn shown(text: &str, terminal: bool) -> Cow<'_, str> {
    let tame = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    if !terminal || text.chars().all(tame) {
        return Cow::Borrowed(text);
    }
    let picture = |c: char| match c {
        c if tame(c) => Some(c),
        // It would let the rest of a line be written over.
        '\r' => None,
        '\u{7f}' => Some('␡'),
        // Pictures of C0 stand in their order.
        c if c < ' ' => char::from_u32(0x2400 + u32::from(c)),
        _ => Some(char::REPLACEMENT_CHARACTER),
    };
    Cow::Owned(text.chars().filter_map(picture).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_steered_by_what_a_model_says() {
        assert_eq!(shown("a\x1b[31mb\x07\u{9b}2J\r\n\tc\x7f", true), "a␛[31mb␇\u{fffd}2J\n\tc␡");
    }

    #[test]
    fn a_file_gets_what_came() {
        assert_eq!(shown("a\x1b[31m\r\n", false), "a\x1b[31m\r\n");
    }
}
