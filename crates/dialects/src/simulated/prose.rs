//! Text that fills a screen as an answer would: plain advice on trying models, in paragraphs,
//! lists and code, with the words of the prompt in it.

/// A row of numbers that depends on texts alone (SplitMix64 over a BLAKE3 seed).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn of(texts: &[&str]) -> Self {
        let mut hasher = blake3::Hasher::new();
        for text in texts {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        let mut seed = [0; 8];
        hasher.finalize_xof().fill(&mut seed);
        Self(u64::from_le_bytes(seed))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to, without, `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % (end.max(1) as u64)) as usize
    }

    /// From 0 up to, without, 1.
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// The first words of a prompt, for use inside sentences.
pub(super) fn topic(prompt: &str) -> String {
    let line = prompt.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("your question");
    let words: Vec<&str> = line.split_whitespace().take(9).collect();
    let text: String = words.join(" ").chars().filter(|c| !matches!(c, '`' | '*' | '#')).take(80).collect();
    text.trim_end_matches(['.', '?', '!', ',', ':', ';']).to_owned()
}

pub(super) fn label(target: &str) -> String {
    format!("*Simulated answer of `{target}`: no model was asked.*\n\n")
}

const OPENINGS: &[&str] = &[
    "You asked about “{}”. Here is what an answer of this length looks like in a column.",
    "On “{}”: a real model would weigh your words here; this one only fills the space that it would.",
    "Taking “{}” as the question, the usual way is to start small and look at the result before going on.",
    "There are several ways to go about “{}”, and they differ more in cost than in outcome.",
];

const SENTENCES: &[&str] = &[
    "Put the most important instruction first, and the material that it applies to after it.",
    "When two answers differ, read the first sentence of each before anything else.",
    "A lower temperature makes answers repeat themselves from one call to the next.",
    "The time to the first token tells you more about how a model feels than its speed does.",
    "Long answers are not better answers; ask for the length that you need.",
    "Give one good example rather than three rules.",
    "If a model keeps missing a point, say it once more at the very end of the prompt.",
    "Costs add up on the input side first, because every turn sends the whole path again.",
    "A branch keeps both versions, so there is no need to choose before you have read them.",
    "Ask for the format that you want to work with, for instance a table or a short list.",
    "Check names, numbers and dates yourself; fluency is no sign that they are right.",
    "Smaller models do well at rewriting and sorting, larger ones at questions with many conditions.",
    "Stopping an answer early keeps the text that has arrived.",
    "It helps to say who will read the result and what they already know.",
    "Two short questions often get further than one that holds both.",
    "What was cached by the provider is charged at a lower price, so keep the beginning of a prompt stable.",
];

const HEADINGS: &[&str] = &[
    "A place to start",
    "What to compare",
    "Step by step",
    "Things to watch",
    "A small example",
    "In short",
];

const POINTS: &[&str] = &[
    "**Wording**: does the answer use the terms that you used?",
    "**Order**: is the main point in the first paragraph?",
    "**Numbers**: can each of them be traced to something in the prompt?",
    "**Length**: would a third of it have been enough?",
    "**Speed**: was it quick enough for the way you want to use it?",
    "**Cost**: what would a hundred such answers come to?",
    "**Gaps**: does it say what it does not know?",
];

const CODE: &[&str] = &[
    "```python\nanswers = {\"first\": 212, \"second\": 187}\nshortest = min(answers, key=answers.get)\nprint(shortest)\n```",
    "```rust\nfn shortest<'a>(answers: &[&'a str]) -> Option<&'a str> {\n    answers.iter().copied().min_by_key(|text| text.len())\n}\n```",
    "```sh\norch compare -m simulated/steady -m simulated/fast \"Which of you is quicker?\"\n```",
];

const THOUGHTS: &[&str] = &[
    "The question is about “{}”.",
    "First I should see what is being asked, and what only seems to be.",
    "There is more than one reading; the plain one fits best.",
    "A short answer would do, but an example makes it easier to follow.",
    "I will begin with the main point and add the conditions after it.",
    "Nothing here needs a calculation.",
    "It is worth naming the limits of the answer.",
];

/// An answer of `len` tokens, its label included.
pub(super) fn answer(target: &str, topic: &str, len: usize, dice: &mut Dice) -> String {
    let mut text = label(target);
    text.push_str(&dice.pick(OPENINGS).replace("{}", topic));
    let mut count = tokens(&text).len();
    let mut add = |text: &mut String, piece: &str| {
        text.push_str(piece);
        count += tokens(piece).len();
        count
    };
    let mut written = add(&mut text, "");
    let mut deck: Vec<&str> = Vec::new();
    // A paragraph, a list under a heading, a paragraph, code: begun somewhere in that round.
    let mut turn = dice.below(4);
    while written < len {
        turn += 1;
        // Near the end only sentences: a list or a piece of code would be cut through.
        let block = match if len - written < 90 { 0 } else { turn % 4 } {
            1 => {
                let from = dice.below(POINTS.len());
                (0..3).fold(format!("\n\n## {}\n", dice.pick(HEADINGS)), |list, n| {
                    list + "\n- " + POINTS[(from + n) % POINTS.len()]
                })
            }
            3 => format!("\n\n{}", dice.pick(CODE)),
            _ => {
                let mut paragraph = Vec::new();
                for _ in 0..=2 + dice.below(2) {
                    if deck.is_empty() {
                        deck = SENTENCES.to_vec();
                    }
                    let place = dice.below(deck.len());
                    paragraph.push(deck.swap_remove(place));
                }
                format!("\n\n{}", paragraph.join(" "))
            }
        };
        written = add(&mut text, &block);
    }
    cut(&text, len)
}

pub(super) fn thoughts(topic: &str, len: usize, dice: &mut Dice) -> String {
    let mut text = THOUGHTS[0].replace("{}", topic);
    while tokens(&text).len() < len {
        text.push(' ');
        let from = 1 + dice.below(THOUGHTS.len() - 1);
        for n in 0..THOUGHTS.len() - 1 {
            if n > 0 {
                text.push(' ');
            }
            text.push_str(THOUGHTS[1 + (from + n) % (THOUGHTS.len() - 1)]);
        }
    }
    cut(&text, len)
}

/// At most the first `len` tokens, ended with a full stop where a sentence is cut through.
fn cut(text: &str, len: usize) -> String {
    let mut pieces = tokens(text);
    if pieces.len() <= len {
        return text.to_owned();
    }
    pieces.truncate(len);
    let mut out = pieces.concat();
    if len > 1 && out.trim_end().ends_with(|c: char| c.is_alphanumeric() || ",;:".contains(c)) {
        pieces.pop();
        out = pieces.concat();
        out.truncate(out.trim_end_matches(|c: char| c.is_whitespace() || ",;:".contains(c)).len());
        if out.ends_with(char::is_alphanumeric) {
            out.push('.');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Pieces as a model would send them: a word with the white space before it, or a run of signs.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    let mut length = 0;
    for c in text.chars() {
        let word = c.is_alphanumeric();
        let goes_on = open && length < 12 && (word || out.last().is_some_and(|t| t.trim().is_empty()));
        if goes_on {
            if let Some(last) = out.last_mut() {
                last.push(c);
            }
            length += 1;
        } else {
            out.push(c.to_string());
            length = 1;
        }
        open = word || c.is_whitespace();
        if c.is_whitespace() && !goes_on {
            open = true;
        }
    }
    out
}
