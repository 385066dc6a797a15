//! One pass over the ends of a prompt: words as hashes, and counts of what stands between them.
//!
//! Nothing is allocated. What is kept has a fixed size, so that a megabyte costs what four kilobytes cost.

use super::lexicon::{Entry, Lexicon};

/// How much of either end is looked at, in bytes.
const END: usize = 2_048;
/// Words of the lexicon that are kept with their place.
const HITS: usize = 192;

/// How many words of 64 bits tell which words were seen.
const SEEN: usize = 64;

/// A word of the lexicon and where it stood.
#[derive(Clone, Copy)]
pub(super) struct Hit {
    /// The how manyeth word.
    pub at: u16,
    pub entry: Entry,
}

/// Counts of what was seen, as numbers that can be divided.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    /// Bytes of the whole prompt, also of what was not looked at.
    pub bytes: f32,
    /// Characters that were looked at.
    pub chars: f32,
    pub words: f32,
    pub letters: f32,
    pub upper: f32,
    /// Words that begin with a capital and do not begin a sentence.
    pub names: f32,
    pub long_words: f32,
    pub very_long_words: f32,
    pub short_words: f32,
    /// Single letters as they stand for unknowns.
    pub letters_alone: f32,
    /// Words written in capitals throughout.
    pub shouted: f32,
    /// Words not seen before in this text.
    pub distinct: f32,
    /// Numbers of four digits and more.
    pub large_numbers: f32,
    /// A number over a number.
    pub ratios: f32,
    pub digits: f32,
    pub numbers: f32,
    pub decimals: f32,
    pub percents: f32,
    pub currency: f32,
    pub lines: f32,
    pub blank_lines: f32,
    pub indented: f32,
    /// Lines that end as statements of a program do.
    pub statements: f32,
    pub sentences: f32,
    pub questions: f32,
    pub commas: f32,
    pub quotes: f32,
    pub brackets: f32,
    pub braces: f32,
    pub backticks: f32,
    pub fences: f32,
    pub code_signs: f32,
    pub maths_signs: f32,
    pub latex: f32,
    pub options: f32,
    /// Characters, words, distinct words and digits of the lines that are answers to choose from.
    pub option_chars: f32,
    pub option_words: f32,
    pub option_distinct: f32,
    pub option_digits: f32,
    pub items: f32,
    pub blanks: f32,
    pub links: f32,
    pub foreign: f32,
    pub wide: f32,
    pub junk: f32,
}

/// What one pass found.
pub(super) struct Scan {
    pub counts: Counts,
    hits: [Hit; HITS],
    hit: usize,
    /// One bit for each word that was seen.
    seen: [u64; SEEN],
}

impl Scan {
    /// Looks at both ends of a text.
    pub fn of(text: &str, lexicon: &Lexicon) -> Self {
        let mut scan = Self {
            counts: Counts { bytes: text.len() as f32, ..Counts::default() },
            hits: [Hit { at: 0, entry: 0 }; HITS],
            hit: 0,
            seen: [0; SEEN],
        };
        let (head, tail) = ends(text);
        scan.pass(head, lexicon);
        if !tail.is_empty() {
            scan.pass(tail, lexicon);
        }
        scan
    }

    /// Words of the lexicon in the order in which they stood.
    pub fn hits(&self) -> &[Hit] {
        &self.hits[..self.hit]
    }

    fn word(&mut self, entry: Option<Entry>) {
        if let (Some(entry), Some(slot)) = (entry, self.hits.get_mut(self.hit)) {
            *slot = Hit { at: self.counts.words as u16, entry };
            self.hit += 1;
        }
        self.counts.words += 1.0;
    }

    fn pass(&mut self, text: &str, lexicon: &Lexicon) {
        let mut chars = text.chars().peekable();
        // The character before, the word before, and whether a sentence and a line begin here.
        let (mut before, mut last, mut sentence) = ('\n', 0_u32, true);
        let mut line = Line { began: (self.counts.chars, self.counts.digits), ..Line::default() };
        self.counts.lines += 1.0;
        while let Some(c) = chars.next() {
            self.counts.chars += 1.0;
            if is_wide(c) {
                self.counts.wide += 1.0;
                self.counts.letters += 1.0;
                // There are no spaces to tell words apart: two neighbours are one.
                if let Some(next) = chars.peek().copied().filter(|next| is_wide(*next)) {
                    let hash = step(step(SEED, c), next);
                    self.word(lexicon.word(hash));
                    last = hash;
                }
                line.filled(c);
                (before, sentence) = (c, false);
                continue;
            }
            if c.is_ascii_digit() {
                self.number(&mut chars);
                self.word(None);
                last = NUMBER;
                self.counts.ratios += f32::from(u8::from(before == '/' && last == NUMBER));
                line.filled('0');
                (before, sentence) = ('0', false);
                continue;
            }
            if is_letter(c) {
                let (mut hash, mut length, mut found) = (SEED, 0_u32, None);
                let upper_before = self.counts.upper;
                let mut letter = c;
                loop {
                    let lower = lower(letter);
                    hash = step(hash, lower);
                    length += 1;
                    self.counts.letters += 1.0;
                    self.counts.upper += f32::from(u8::from(letter.is_uppercase()));
                    self.counts.foreign += f32::from(u8::from(!letter.is_ascii()));
                    if length >= 3 {
                        found = lexicon.prefix(hash).or(found);
                    }
                    match chars.peek().copied() {
                        Some(next) if is_letter(next) && !is_wide(next) => letter = next,
                        // An apostrophe within a word belongs to it, and is not written.
                        Some('\'' | '’') => {
                            chars.next();
                            self.counts.chars += 1.0;
                            match chars.peek().copied() {
                                Some(next) if is_letter(next) => letter = next,
                                _ => break,
                            }
                        }
                        _ => break,
                    }
                    chars.next();
                    self.counts.chars += 1.0;
                }
                self.counts.names += f32::from(u8::from(c.is_uppercase() && !sentence && length > 1));
                let upper = self.counts.upper - upper_before;
                let is = |yes: bool| f32::from(u8::from(yes));
                self.counts.long_words += is(length >= 9);
                self.counts.very_long_words += is(length >= 12);
                self.counts.short_words += is(length <= 3);
                self.counts.letters_alone +=
                    is(length == 1 && !matches!(c, 'a' | 'A' | 'I' | 'i') && line.first != '\0');
                self.counts.shouted += is(length > 1 && upper >= length as f32);
                let fresh = self.fresh(hash);
                self.counts.distinct += is(fresh);
                if line.option {
                    self.counts.option_words += 1.0;
                    self.counts.option_distinct += is(fresh);
                }
                self.word(lexicon.word(hash).or(found));
                if let Some(entry) = lexicon.word(pair(last, hash)) {
                    self.pair(entry);
                }
                line.word(c, length);
                (before, last, sentence) = ('a', hash, false);
                continue;
            }
            self.sign(c, before, &mut line, chars.peek().copied());
            match c {
                '.' | '?' | '!' | '\n' | ':' | '。' | '？' | '！' => sentence = true,
                _ => {}
            }
            before = c;
        }
        self.line_ends(&line, before);
    }

    /// Whether a word was not seen before; a few are taken for others.
    fn fresh(&mut self, hash: u32) -> bool {
        let bit = (hash ^ (hash >> 16)) as usize % (SEEN * 64);
        let old = self.seen[bit / 64];
        self.seen[bit / 64] |= 1 << (bit % 64);
        old & (1 << (bit % 64)) == 0
    }

    fn pair(&mut self, entry: Entry) {
        if let Some(slot) = self.hits.get_mut(self.hit) {
            *slot = Hit { at: (self.counts.words as u16).saturating_sub(1), entry };
            self.hit += 1;
        }
    }

    fn number(&mut self, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
        let counts = &mut self.counts;
        let begun = counts.digits;
        counts.digits += 1.0;
        counts.numbers += 1.0;
        while let Some(next) = chars.peek().copied() {
            match next {
                '0'..='9' => counts.digits += 1.0,
                '.' | ',' => {
                    // Part of the number only before a digit.
                    let mut ahead = chars.clone();
                    ahead.next();
                    if !ahead.peek().is_some_and(char::is_ascii_digit) {
                        break;
                    }
                    counts.decimals += 1.0;
                }
                _ => break,
            }
            chars.next();
            counts.chars += 1.0;
        }
        counts.large_numbers += f32::from(u8::from(counts.digits - begun >= 4.0));
    }

    fn sign(&mut self, c: char, before: char, line: &mut Line, next: Option<char>) {
        let counts = &mut self.counts;
        let doubled = c == before;
        match c {
            '\n' => {
                self.line_ends(line, before);
                *line = Line { began: (self.counts.chars, self.counts.digits), ..Line::default() };
                self.counts.lines += 1.0;
                return;
            }
            ' ' | '\t' => {
                line.blank(c);
                return;
            }
            '\r' | '\u{feff}' => return,
            '.' | '!' | '。' | '！' if !doubled => counts.sentences += 1.0,
            '?' | '？' | '؟' => {
                counts.questions += 1.0;
                counts.sentences += f32::from(u8::from(!doubled));
            }
            ',' | '、' | '，' | ';' => counts.commas += 1.0,
            '"' | '“' | '«' | '「' => counts.quotes += 1.0,
            '(' | '[' => {
                counts.brackets += 1.0;
                // A call, an index: what opens stands right behind a name.
                counts.code_signs += f32::from(u8::from(before == 'a'));
            }
            '{' | '}' => counts.braces += 1.0,
            '`' => {
                counts.backticks += 1.0;
                line.ticks += 1;
                if line.ticks == 3 {
                    counts.fences += 1.0;
                }
            }
            '_' => {
                counts.blanks += f32::from(u8::from(doubled));
                counts.code_signs += f32::from(u8::from(before == 'a' && next.is_some_and(is_letter)));
            }
            '%' => counts.percents += 1.0,
            '$' | '€' | '£' | '¥' => {
                counts.currency += f32::from(u8::from(next.is_some_and(|n| n.is_ascii_digit())));
                counts.latex += f32::from(u8::from(!next.is_some_and(|n| n.is_ascii_digit() || n == '{')));
            }
            '\\' => counts.latex += f32::from(u8::from(next.is_some_and(|n| n.is_ascii_alphabetic()))),
            '>' if matches!(before, '-' | '=') => counts.code_signs += 1.0,
            '=' | '&' | '|' | ':' if doubled => counts.code_signs += 1.0,
            '/' if before == ':' => counts.links += 1.0,
            '+' | '=' | '^' | '<' | '>' | '*' | '×' | '÷' | '±' | '°' => counts.maths_signs += 1.0,
            '√' | '∑' | '∫' | '∏' | '∂' | '∇' | '∞' | '≤' | '≥' | '≠' | '≈' | '∈' | '∀' | '∃' | '⊂' | '∪'
            | '∩' | '→' | '⇒' | '¬' | '∧' | '∨' | '⊃' | '≡' => counts.maths_signs += 2.0,
            c if (c.is_control() || c == '\u{fffd}') => counts.junk += 1.0,
            _ => {}
        }
        line.filled(c);
    }

    fn line_ends(&mut self, line: &Line, before: char) {
        let counts = &mut self.counts;
        if line.first == '\0' {
            counts.blank_lines += 1.0;
            return;
        }
        counts.indented += f32::from(u8::from(line.indent >= 2));
        counts.statements += f32::from(u8::from(matches!(before, ';' | '{' | '}') || line.first == '}'));
        if line.option {
            counts.options += 1.0;
            counts.option_chars += counts.chars - line.began.0;
            counts.option_digits += counts.digits - line.began.1;
        }
        counts.items += f32::from(u8::from(line.item));
    }
}

/// What is known of the line that is being read.
#[derive(Default)]
struct Line {
    /// Its first character that is not a blank.
    first: char,
    indent: u8,
    ticks: u8,
    /// Characters that are not blanks, so far.
    seen: u8,
    lone: bool,
    /// It begins as an answer to choose does: `B.`, `(C)`.
    option: bool,
    /// It begins as a point of a list does.
    item: bool,
    /// How many characters and digits stood before it.
    began: (f32, f32),
}

impl Line {
    fn blank(&mut self, c: char) {
        if self.first == '\0' {
            self.indent = self.indent.saturating_add(if c == '\t' { 4 } else { 1 });
        }
        self.item |= self.seen == 1 && matches!(self.first, '-' | '*' | '•');
    }

    fn filled(&mut self, c: char) {
        if self.first == '\0' {
            self.first = c;
        }
        if self.lone && matches!(c, '.' | ')' | ':') {
            self.option = true;
        }
        self.item |= self.seen == 1 && self.first == '0' && matches!(c, '.' | ')');
        self.lone = false;
        self.seen = self.seen.saturating_add(1);
    }

    fn word(&mut self, first: char, length: u32) {
        let lone = length == 1
            && matches!(first, 'A'..='J' | 'a'..='j')
            && (self.seen == 0 || (self.seen == 1 && self.first == '('));
        self.filled(first);
        self.lone = lone;
    }
}

pub(super) const SEED: u32 = 0x811c_9dc5;
/// What stands for any number.
pub(super) const NUMBER: u32 = 0x0d16_1740;

/// One more character of a word (FNV-1a over scalar values).
pub(super) const fn step(hash: u32, c: char) -> u32 {
    (hash ^ c as u32).wrapping_mul(0x0100_0193)
}

/// Two words as one.
pub(super) const fn pair(first: u32, second: u32) -> u32 {
    (first.rotate_left(13) ^ second).wrapping_mul(0x9e37_79b1) ^ 0x5bd1_e995
}

pub(super) fn lower(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { c.is_alphabetic() }
}

/// Scripts that are written without spaces, or with endings grown onto words.
pub(super) const fn is_wide(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' | '\u{0e00}'..='\u{0e7f}')
}

/// The first and the last of a text; the last is empty where the first is all.
fn ends(text: &str) -> (&str, &str) {
    if text.len() <= 2 * END {
        return (text, "");
    }
    let head = text.get(..text.floor_char_boundary(END)).unwrap_or_default();
    let tail = text.get(text.ceil_char_boundary(text.len() - END)..).unwrap_or_default();
    (head, tail)
}
