//! A model's name taken apart: what of it tells models apart, and what only says where it is hosted.

use super::words;

/// A name in its parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Name {
    /// What tells models apart but for the date: words, versions and sizes, sorted, none twice.
    pub(super) key: Vec<String>,
    /// Of which snapshot it is, as digits: a day, a month, or what the maker counts.
    pub(super) date: Option<String>,
    /// Letters and digits in their order, for names that were written without separators.
    pub(super) squashed: String,
}

impl Name {
    /// Takes a name apart, which says whose it is itself, or else `source` does; `None` for one that
    /// says nothing.
    pub(super) fn of(text: &str, source: &str) -> Option<Self> {
        let lower = text.trim().to_lowercase();
        if lower.len() > 400 {
            return None;
        }
        let (prefix, rest, bases) = place(&lower);
        let prefix = if prefix.is_empty() { source } else { prefix };
        if words::says_nothing(rest) {
            return None;
        }
        let mut tokens = tokens(rest, prefix);
        let date = take_date(&mut tokens);
        join_versions(&mut tokens);
        let mut name = Self { squashed: tokens.concat(), date, key: Vec::new() };
        name.key = told_apart(&tokens, prefix, bases, &mut name.date);
        if name.key.is_empty() {
            name.key = tokens;
        }
        name.key.sort_unstable();
        name.key.dedup();
        (!name.key.is_empty()).then_some(name)
    }

    pub(super) fn joined(&self) -> String {
        self.key.join(" ")
    }

    /// A canonical id for a model that nobody told of: the same for every spelling.
    pub(super) fn derived(&self, date: Option<&str>) -> String {
        let maker = self.key.iter().find_map(|word| words::maker(word));
        let rank = |word: &str| match word {
            _ if words::maker(word).is_some() => 0,
            _ if is_number(word) => 1,
            _ if is_size(word) => 3,
            _ => 2,
        };
        let mut parts: Vec<&str> = self.key.iter().map(String::as_str).collect();
        parts.sort_by_key(|word| rank(word));
        parts.extend(date.map(|date| date.trim_start_matches('-')));
        let id = parts.join("-");
        maker.map_or_else(|| id.clone(), |maker| format!("{maker}/{id}"))
    }

    pub(super) fn family_known(&self) -> bool {
        self.key.iter().any(|word| words::maker(word).is_some())
    }

    /// The key without sizes: they are often left out where a name has only one.
    pub(super) fn without_sizes(&self) -> Option<String> {
        let rest: Vec<&str> = self.key.iter().map(String::as_str).filter(|word| !is_size(word)).collect();
        (rest.len() >= 2).then(|| rest.join(" "))
    }

    pub(super) fn has_size(&self) -> bool {
        self.key.iter().any(|word| is_size(word))
    }
}

/// Splits a name from where it is hosted: the maker or host before it, the name, and whether an
/// unmarked name of this place is an untuned base model.
fn place(lower: &str) -> (&str, &str, bool) {
    let lower = lower.strip_prefix("hf:").or_else(|| lower.strip_prefix("z.ai ")).unwrap_or(lower);
    let lower = lower.split(['#', '?']).next().unwrap_or(lower);
    if let Some(rest) = lower.strip_prefix("ft:") {
        return ("ft", rest, false);
    }
    if let Some((maker, rest)) = lower.split_once(": ") {
        let maker = maker.split(' ').next().unwrap_or(maker);
        return (maker, nicknamed(rest.trim()), false);
    }
    let lower = nicknamed(lower);
    let mut parts = lower.trim_end_matches('/').rsplit('/');
    let mut last = parts.next().unwrap_or(lower);
    let mut before = parts.next().unwrap_or_default().trim_start_matches(['~', '@']);
    // Fireworks' and official places of weights name base models plainly.
    let mut bases =
        matches!(before, "meta-llama" | "qwen" | "mistralai" | "codellama" | "bigcode" | "tiiuae")
            || lower.contains("accounts/fireworks/models/");
    if let Some((region, rest)) = last.split_once('.')
        && words::is_region(region)
    {
        last = rest;
    }
    if let Some((maker, rest)) = last.split_once('.')
        && words::is_dotted(maker)
    {
        (before, last, bases) = (maker, rest, false);
    }
    for end in [".gguf", ".safetensors", ".bin"] {
        last = last.strip_suffix(end).unwrap_or(last);
    }
    if let Some((name, tag)) = last.split_once(':')
        && words::is_term(tag)
    {
        last = name;
    }
    (before, last, bases)
}

/// `Nano Banana (Gemini 2.5 Flash Image)`: what is in the brackets is the name.
fn nicknamed(name: &str) -> &str {
    let family = |text: &str| text.split([' ', '-']).any(|word| words::maker(word).is_some());
    match name.strip_suffix(')').and_then(|name| name.split_once(" (")) {
        Some((outside, inside)) if family(inside) && !family(outside) => inside,
        _ => name,
    }
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit()) && word.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// `70b`, `0.5b`, `8x7b`, `a22b`, `1t`, `16e`.
pub(super) fn is_size(word: &str) -> bool {
    let inner = word.strip_prefix(['a', 'e']).unwrap_or(word);
    let Some(digits) = inner.strip_suffix(['b', 't', 'e']) else { return false };
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'x'))
}

/// Words and numbers in their order.
fn tokens(name: &str, prefix: &str) -> Vec<String> {
    let name = bedrock_version(name, prefix);
    let mut spaced = String::with_capacity(name.len() + 8);
    let chars: Vec<char> = name.chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        let digit = |i: Option<usize>| i.and_then(|i| chars.get(i)).is_some_and(char::is_ascii_digit);
        match c {
            '.' | 'p' | '_' if digit(at.checked_sub(1)) && digit(Some(at + 1)) => spaced.push('.'),
            '+' => spaced.push_str(" plus "),
            c if c.is_alphanumeric() => spaced.push(c),
            _ => spaced.push(' '),
        }
    }
    let mut found: Vec<String> = Vec::new();
    for word in spaced.split(' ').filter(|word| !word.is_empty()) {
        split_word(word, &mut found);
    }
    found
}

/// Bedrock counts versions of its own after a name: `-v1:0` says nothing, and of `-v2:0` the date
/// says it. Where neither is there, it belongs to the name.
fn bedrock_version(name: &str, prefix: &str) -> String {
    let name = name.strip_suffix("-1:0").unwrap_or(name);
    let head = |at: usize| name.get(..at).unwrap_or(name);
    if let Some(at) = name.rfind("-v")
        && let Some(version) = name.get(at + 2..)
    {
        let mut parts = version.split(':');
        let major = parts.next().unwrap_or_default();
        let minor = parts.next();
        let counted = major.bytes().all(|b| b.is_ascii_digit()) && !major.is_empty();
        let rest = head(at);
        let digits = rest.bytes().filter(u8::is_ascii_digit).count();
        match (counted, major, minor) {
            (true, "1", Some("0")) => return rest.to_owned(),
            (true, _, Some("0")) if digits >= 8 => return rest.to_owned(),
            (true, _, Some("0")) => return format!("{rest}-{major}"),
            (true, _, Some(minor)) if !minor.is_empty() => return format!("{rest}-{major}.{minor}"),
            (true, "1", None) if words::is_dotted(prefix) && digits >= 1 => return rest.to_owned(),
            _ => {}
        }
    }
    name.to_owned()
}

/// `llama3.1` and `qwen2.5vl` are several words; `k2`, `a22b`, `8x7b` and `4o` are one.
fn split_word(word: &str, found: &mut Vec<String>) {
    let letters = word.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (head, tail) = word.split_at(letters);
    match (head, tail) {
        _ if words::is_hosting(word) => found.push(word.to_owned()),
        (_, "") => found.push(word.to_owned()),
        ("v", tail) if is_number(tail) => found.push(plain_number(tail)),
        // `L3.1-70B-…` was made from Llama 3.1.
        ("l", tail) if is_number(tail) && tail.len() <= 3 => {
            found.extend(["llama".to_owned(), plain_number(tail)]);
        }
        (head, tail) if head.len() >= 3 && tail.starts_with(|c: char| c.is_ascii_digit()) => {
            found.push(head.to_owned());
            split_word(tail, found);
        }
        ("", tail) => {
            let number = tail.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
            let (number, rest) = tail.split_at(number);
            if rest.is_empty() {
                found.push(plain_number(number));
            } else if rest.len() >= 2 && rest != "bit" && rest.bytes().all(|b| b.is_ascii_alphabetic()) {
                found.extend([plain_number(number), rest.to_owned()]);
            } else {
                found.push(word.to_owned());
            }
        }
        _ => found.push(word.trim_end_matches(".0").to_owned()),
    }
}

fn plain_number(number: &str) -> String {
    number.strip_suffix(".0").unwrap_or(number).trim_end_matches('.').to_owned()
}

fn digits(word: &str, len: usize) -> bool {
    word.len() == len && word.bytes().all(|b| b.is_ascii_digit())
}

fn is_year(word: &str) -> bool {
    digits(word, 4) && matches!(word.get(..3), Some("202" | "203"))
}

fn is_month(word: &str) -> bool {
    digits(word, 2) && ("01"..="12").contains(&word)
}

fn is_day(word: &str) -> bool {
    digits(word, 2) && ("01"..="31").contains(&word)
}

/// Takes the date out of the words, however it was written.
fn take_date(tokens: &mut Vec<String>) -> Option<String> {
    let at = |i: usize| tokens.get(i).map_or("", String::as_str);
    let mut found: Option<(usize, usize, String)> = None;
    for i in 0..tokens.len() {
        let (one, two, three) = (at(i), at(i + 1), at(i + 2));
        let after_preview = i > 0 && matches!(at(i - 1), "preview" | "exp" | "experimental");
        found = if digits(one, 8) && one.starts_with("20") {
            Some((i, 1, one.to_owned()))
        } else if is_year(one) && is_month(two) && is_day(three) {
            Some((i, 3, format!("{one}{two}{three}")))
        } else if is_month(one) && is_day(two) && is_year(three) {
            Some((i, 3, format!("{three}{one}{two}")))
        } else if is_month(one) && is_year(two) {
            Some((i, 2, format!("{}{one}", two.get(2..).unwrap_or_default())))
        } else if i > 0 && is_month(one) && is_day(two) && (one.starts_with('0') || after_preview) {
            Some((i, 2, format!("--{one}{two}")))
        } else if digits(one, 6) && one.starts_with('2') && one.get(2..4).is_some_and(is_month) {
            Some((i, 1, format!("20{one}")))
        } else if i > 0 && (digits(one, 4) || digits(one, 3) && one.starts_with("00")) {
            Some((i, 1, one.to_owned()))
        } else if i > 0 && i + 1 == tokens.len() && one.len() == 5 && one.get(2..3) == Some(".") {
            // Mistral's `24.11`.
            one.replace('.', "").parse::<u16>().ok().filter(|n| *n >= 2300).map(|n| (i, 1, n.to_string()))
        } else {
            None
        };
        if found.is_some() {
            break;
        }
    }
    let (at, len, date) = found?;
    tokens.drain(at..at + len);
    Some(date)
}

/// `3 5` is `3.5`, and `k2 5` is `k2.5`; `gpt 35` is `gpt 3.5`.
fn join_versions(tokens: &mut Vec<String>) {
    let small = |word: &str| {
        (1..=2).contains(&word.len())
            && word.bytes().all(|b| b.is_ascii_digit())
            && (word == "0" || !word.starts_with('0'))
    };
    let mut at = 0;
    while at + 1 < tokens.len() {
        let one = tokens.get(at).map_or("", String::as_str);
        let two = tokens.get(at + 1).map_or("", String::as_str);
        let lettered =
            one.len() == 2 && one.starts_with(['k', 'm']) && one.ends_with(|c: char| c.is_ascii_digit());
        let dotted = one.split_once('.').is_some_and(|(a, b)| small(a) && small(b));
        if two.len() <= 2 && small(two) && (small(one) && one != "0" || lettered || dotted && two.len() == 1)
        {
            let joined = if two == "0" { one.to_owned() } else { format!("{one}.{two}") };
            if let Some(place) = tokens.get_mut(at) {
                *place = joined;
            }
            tokens.remove(at + 1);
        } else {
            at += 1;
        }
    }
    if tokens.iter().any(|word| word == "gpt")
        && let Some(version) = tokens.iter_mut().find(|word| *word == "35")
    {
        "3.5".clone_into(version);
    }
}

/// Leaves what tells models apart.
fn told_apart(tokens: &[String], prefix: &str, bases: bool, date: &mut Option<String>) -> Vec<String> {
    let has = |word: &str| tokens.iter().any(|token| token == word);
    let numbered = tokens.iter().any(|t| t.bytes().any(|b| b.is_ascii_digit()));
    let own_gpt = (has("gpt") || has("chatgpt")) && !has("oss");
    let tuned = has("instruct") || has("chat") || has("it") || has("inst");
    let total = tokens.iter().any(|t| is_size(t) && !t.starts_with('a'));
    let llama4 = has("maverick") || has("scout");
    let mut kept: Vec<String> = Vec::with_capacity(tokens.len());
    let mut quantised = false;
    let mut previous = String::new();
    for token in tokens {
        let word = token.as_str();
        let after = std::mem::replace(&mut previous, word.to_owned());
        // Of open weights one asks the tuned ones, however they are called.
        let role = matches!(word, "instruct" | "chat" | "it" | "inst");
        if role && !own_gpt && (numbered || !has("deepseek")) {
            continue;
        }
        // `q4_k_m`, `iq3_xs`, `i1`.
        let bits = word.trim_start_matches('i');
        if bits.len() == 2 && bits.starts_with('q') && bits.ends_with(|c: char| c.is_ascii_digit())
            || word == "i1"
        {
            quantised = true;
            continue;
        }
        // Of what a Hermes was made, its own version says.
        let made_from = has("hermes") && (word == "llama" || after == "llama" && is_number(word));
        if made_from || quantised && (word.len() <= 2 || word.starts_with(['k', '.'])) {
            continue;
        }
        let drop = words::is_vendor(word)
            && tokens.len() > 1
            && !(word == "nvidia" && tokens.len() == 2 && !numbered)
            || words::is_hosting(word)
            || word.starts_with('q') && word.contains('.') && word.len() == 4 && !has("qwen3")
            || word == "latest" && numbered
            || matches!(word, "turbo" | "basic" | "lite" | "fast")
                && (matches!(after.as_str(), "instruct" | "fp8" | "it")
                    || is_size(&after) && word == "turbo")
            || word == "basic" && has("deepseek")
            || matches!(word, "versatile" | "instant") && has("llama")
            || matches!(word, "older" | "default")
            || word == "preview" && has("kimi")
            || word == "lm" && has("lfm")
            || matches!(word, "open") && (has("mistral") || has("mixtral"))
            || word == "meta"
            || llama4 && is_size(word)
            || total && word.len() > 2 && word.starts_with('a') && is_size(word)
            || word == "vision" && has("llama") && has("3.2")
            || word == "pt" && has("ernie")
            || word == "1" && has("nova")
            || word == "0.1" && has("mixtral")
            || word == "mistral"
                && (has("ministral") || has("mixtral") || has("codestral") || has("devstral"))
            || thinking_budget(word, &after);
        if !drop {
            kept.push(match word {
                "think" | "thinking" => "thinking".to_owned(),
                "exp" => "experimental".to_owned(),
                "pt" => "base".to_owned(),
                "e2b" | "e4b" if has("3n") => word.replacen('e', "", 1),
                _ => word.to_owned(),
            });
        }
    }
    // A budget of thinking is a setting of one model.
    if tokens.windows(2).any(|two| matches!(two, [a, b] if a == "thinking" && thinking_budget(b, a))) {
        kept.retain(|word| word != "thinking");
    }
    if let Some(at) = kept.iter().position(|word| word == "non")
        && kept.iter().any(|word| word == "reasoning" || word == "thinking")
    {
        kept.retain(|word| word != "reasoning" && word != "thinking");
        if let Some(word) = kept.get_mut(at) {
            "nonreasoning".clone_into(word);
        }
    }
    if let Some(family) = words::left_out(prefix)
        && (!kept.iter().any(|word| words::maker(word).is_some()) || family == "deepseek" && has("distill"))
    {
        kept.push(family.to_owned());
    }
    if prefix == "ft" {
        kept.push("ft".to_owned());
    }
    if bases && !tuned && plain_is_base(&kept) {
        kept.push("base".to_owned());
    }
    mistral(&mut kept, date);
    if one_release(&kept) {
        *date = None;
    }
    kept
}

/// Makers that count a new version for new weights: a day only says when that version came out, and
/// lists disagree about it.
fn one_release(kept: &[String]) -> bool {
    let has = |word: &str| kept.iter().any(|token| token == word);
    let from = |least: &str| kept.iter().any(|word| is_number(word) && word.as_str() >= least);
    has("claude") && !(has("3.5") && has("sonnet"))
        || has("gpt") && !has("oss") && !has("audio") && !has("realtime") && from("4.1")
        || has("grok") && from("4") && !has("beta") && !has("experimental")
}

fn thinking_budget(word: &str, after: &str) -> bool {
    after == "thinking" && word.strip_suffix('k').is_some_and(|n| n.parse::<u16>().is_ok())
}

/// Families whose weights without `instruct` in the name were never tuned.
fn plain_is_base(kept: &[String]) -> bool {
    let has = |word: &str| kept.iter().any(|token| token == word);
    let sized = kept.iter().any(|word| is_size(word));
    let plain = ["code", "codellama", "coder", "llama", "mistral", "mixtral", "qwen"];
    let made = |word: &String| is_number(word) || is_size(word) || plain.contains(&word.as_str());
    if !sized || !kept.iter().all(made) {
        return false;
    }
    let early = ["1.5", "2", "2.5"];
    has("llama")
        || has("codellama")
        || has("mixtral")
        || has("mistral") && has("7b")
        || has("qwen") && early.iter().any(|version| has(version)) && !has("vl")
}

/// Mistral names one model by a version and by a month, with and without its size.
fn mistral(kept: &mut Vec<String>, date: &mut Option<String>) {
    let has = |word: &str| kept.iter().any(|token| token == word);
    let tier = if has("ministral") {
        "ministral"
    } else if has("devstral") && has("small") {
        "devstral-small"
    } else if has("devstral") && !has("medium") {
        "devstral"
    } else if has("mistral") {
        match ["small", "medium", "large"].into_iter().find(|tier| has(tier)) {
            Some(tier) => tier,
            None => return,
        }
    } else {
        return;
    };
    let version = kept.iter().find(|word| is_number(word)).cloned();
    let month = version.as_deref().and_then(|version| words::month_of(tier, version));
    if date.is_none() {
        *date = month.map(str::to_owned);
    }
    if date.is_some() {
        kept.retain(|word| Some(word) != version.as_ref());
        if tier != "ministral" {
            kept.retain(|word| !is_size(word));
        }
    }
}
