//! Words that tell what a prompt asks for, in the languages that are written most (`lexicon.txt`).

use super::scan::{SEED, is_wide, lower, pair, step};
use std::sync::LazyLock;

/// What a word may tell: how much it speaks for each class, and marks of other sorts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Code,
    Writing,
    Analysis,
    Maths,
    Extraction,
    Translation,
    Chat,
    /// The name of a language that people speak.
    Language,
    /// What stands before such a name: `into`, `auf`.
    Into,
    /// Words that ask: who, when, how.
    Ask,
    /// The answer has to be thought through.
    Reason,
    /// Not, never, except: small models read past them.
    Negation,
    /// One thing after another.
    Step,
    /// Demands on the answer.
    Demand,
    /// A short or simple answer will do.
    Easy,
    /// The text that something is to be done with is near: `following`, `below`.
    Given,
    /// How many of something: all, some, only.
    Quantity,
    /// More or less than something else.
    Compare,
    /// If, suppose.
    Condition,
    /// Premises, conclusions, statements that are true or false.
    Logic,
    /// Courts, contracts.
    Law,
    /// Right and wrong.
    Moral,
    /// Prices, markets.
    Economy,
    /// Forces, charges, reactions.
    Physics,
    /// Bodies, diseases.
    Medicine,
    /// He, she, they: a story is told.
    Person,
}

const NAMES: [(&str, Kind); KINDS] = [
    ("code", Kind::Code),
    ("writing", Kind::Writing),
    ("analysis", Kind::Analysis),
    ("maths", Kind::Maths),
    ("extraction", Kind::Extraction),
    ("translation", Kind::Translation),
    ("chat", Kind::Chat),
    ("language", Kind::Language),
    ("into", Kind::Into),
    ("ask", Kind::Ask),
    ("reason", Kind::Reason),
    ("negation", Kind::Negation),
    ("step", Kind::Step),
    ("demand", Kind::Demand),
    ("easy", Kind::Easy),
    ("given", Kind::Given),
    ("quantity", Kind::Quantity),
    ("compare", Kind::Compare),
    ("condition", Kind::Condition),
    ("logic", Kind::Logic),
    ("law", Kind::Law),
    ("moral", Kind::Moral),
    ("economy", Kind::Economy),
    ("physics", Kind::Physics),
    ("medicine", Kind::Medicine),
    ("person", Kind::Person),
];

/// How many kinds there are.
pub(super) const KINDS: usize = 26;
/// How much a word tells of each kind.
pub(super) type Marks = [i8; KINDS];
/// A word's place in the lexicon.
pub(super) type Entry = u16;

/// All words, found by their hash.
pub(super) struct Lexicon {
    marks: Vec<Marks>,
    /// Open addressing over whole words, pairs of words and beginnings of words.
    slots: Vec<(u32, Entry)>,
    /// One bit for each hash: nearly every word of a text is in no list, and that should cost one look.
    known: Box<[u64; BLOOM]>,
}

const SLOTS: usize = 1 << 13;
const BLOOM: usize = 1 << 10;
/// What sets the beginning of a word apart from a whole one.
const BEGINNING: u32 = 0x6a09_e667;
const FREE: Entry = Entry::MAX;

/// The lexicon that ships.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::read(include_str!("lexicon.txt")));

impl Lexicon {
    /// Reads lines of `kind weight word word…`: `*` ends the beginning of a word, `_` joins two words.
    fn read(text: &str) -> Self {
        let mut lexicon =
            Self { marks: Vec::new(), slots: vec![(0, FREE); SLOTS], known: Box::new([0; BLOOM]) };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut fields = line.split_whitespace();
            let (Some(kind), Some(weight)) = (fields.next(), fields.next()) else { continue };
            let kind = NAMES.iter().find(|(name, _)| *name == kind).map(|(_, kind)| *kind);
            let (Some(kind), Ok(weight)) = (kind, weight.parse::<i8>()) else { continue };
            for word in fields {
                lexicon.add(word, kind, weight);
            }
        }
        lexicon
    }

    fn add(&mut self, word: &str, kind: Kind, weight: i8) {
        let hash = match (word.strip_suffix('*'), word.split_once('_')) {
            (Some(beginning), _) => hash_of(beginning) ^ BEGINNING,
            (None, Some((first, second))) => pair(hash_of(first), hash_of(second)),
            (None, None) => hash_of(word),
        };
        let bit = spread(hash) as usize % (BLOOM * 64);
        self.known[bit / 64] |= 1 << (bit % 64);
        let mut at = spread(hash) as usize % SLOTS;
        while let Some((taken, entry)) = self.slots.get(at).copied() {
            if entry == FREE {
                self.slots[at] = (hash, self.marks.len() as Entry);
                let mut marks = [0; KINDS];
                marks[kind as usize] = weight;
                self.marks.push(marks);
                return;
            }
            if taken == hash {
                self.marks[entry as usize][kind as usize] = weight;
                return;
            }
            at = (at + 1) % SLOTS;
        }
    }

    /// A whole word, or two joined.
    pub fn word(&self, hash: u32) -> Option<Entry> {
        let spread = spread(hash) as usize;
        let bit = spread % (BLOOM * 64);
        if self.known[bit / 64] & (1 << (bit % 64)) == 0 {
            return None;
        }
        let mut at = spread % SLOTS;
        loop {
            match self.slots[at] {
                (_, FREE) => return None,
                (taken, entry) if taken == hash => return Some(entry),
                _ => at = (at + 1) % SLOTS,
            }
        }
    }

    /// The beginning of a word.
    pub fn prefix(&self, hash: u32) -> Option<Entry> {
        self.word(hash ^ BEGINNING)
    }

    /// What an entry tells.
    pub fn marks(&self, entry: Entry) -> &Marks {
        &self.marks[entry as usize]
    }
}

const fn spread(hash: u32) -> u32 {
    let hash = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    hash ^ (hash >> 13)
}

/// A word's hash as the scan makes it. Of scripts without spaces, the first two characters.
fn hash_of(word: &str) -> u32 {
    let wide = word.chars().next().is_some_and(is_wide);
    word.chars()
        .filter(|c| *c != '\'')
        .take(if wide { 2 } else { usize::MAX })
        .fold(SEED, |h, c| step(h, lower(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_lexicon_is_read_and_there_is_room_to_find_words_quickly() {
        for line in
            include_str!("lexicon.txt").lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty())
        {
            let mut fields = line.split_whitespace();
            let kind = fields.next().unwrap();
            assert!(NAMES.iter().any(|(name, _)| *name == kind), "{kind}");
            assert!(fields.next().unwrap().parse::<i8>().is_ok(), "{line}");
            assert!(fields.all(|word| word.len() >= 2 && word.matches('_').count() <= 1), "{line}");
        }
        for (at, (_, kind)) in NAMES.iter().enumerate() {
            assert_eq!(*kind as usize, at);
        }
        assert!(LEXICON.marks.len() * 2 < SLOTS, "{} words", LEXICON.marks.len());
    }
}
