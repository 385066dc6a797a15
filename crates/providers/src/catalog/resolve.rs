//! Which model a name means: providers, resellers, clouds, files of weights and leaderboards all
//! write the names of models their own way.
//!
//! A name is taken apart (`name`), compared with the names that are known to be one model's, and
//! scored by how much had to be left out for the match. A name of no known model gets an id derived
//! from its parts, so that its spellings still meet. Precision goes before recall: what tells models
//! apart (version, size, variant, snapshot) is never guessed away where several are known.

mod name;
mod words;

use name::Name;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a name was found to mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// The model's canonical id.
    pub model: String,
    /// How sure that is, 0 to 1: from 0.8 on nothing but spelling was left out.
    pub score: f32,
    /// Whether somebody told of this model; else the id is derived from the name.
    pub known: bool,
}

/// At or above this a match is used without asking.
pub const SURE: f32 = 0.8;

/// Names of known models, to be asked which model another name means.
#[derive(Debug, Default)]
pub struct Names {
    ids: Vec<String>,
    exact: HashMap<String, usize>,
    by_key: HashMap<String, Bucket>,
    /// Keys by what is left of them without sizes.
    bare: HashMap<String, BTreeSet<String>>,
    squashed: HashMap<String, BTreeSet<usize>>,
}

/// One key's snapshots.
#[derive(Debug, Default)]
struct Bucket {
    undated: Option<usize>,
    dated: Vec<(String, usize)>,
}

impl Bucket {
    /// The only release of this key, as far as anybody knows; a short date tells snapshots apart.
    fn only(&self) -> Option<usize> {
        if self.undated.is_none() && self.dated.iter().any(|(date, _)| date.len() == 4) {
            return None;
        }
        let mut ids = self.dated.iter().map(|(_, id)| *id).chain(self.undated);
        let first = ids.next()?;
        ids.all(|id| id == first).then_some(first)
    }

    fn of_day(&self, date: &str) -> Option<usize> {
        self.dated.iter().find(|(known, _)| same_day(known, date)).map(|(_, id)| *id)
    }
}

/// Whether two ways of writing a date can mean one day: `20250709`, `0709`, `2507` and `07-25`.
fn same_day(one: &str, two: &str) -> bool {
    let (one, two) = (one.trim_start_matches('-'), two.trim_start_matches('-'));
    let (long, short) = if one.len() >= two.len() { (one, two) } else { (two, one) };
    let turned = |text: &str| Some([text.get(2..4)?, text.get(..2)?].concat());
    long == short
        || long.len() == 8 && short.len() == 4 && [long.get(4..), long.get(2..6)].contains(&Some(short))
        // A month and a year, either way round: no month is larger than 12, so it is one reading only.
        || long.len() == 4 && short.len() == 4 && turned(long).as_deref() == Some(short) && (is_year(long) ^ is_year(short))
}

/// Two digits of a year in which there were models.
fn is_year(date: &str) -> bool {
    date.get(..2).is_some_and(|year| ("23".."32").contains(&year))
}

/// A name without a version that ends it: `…-12B-v4.1`.
fn without_last_version(text: &str) -> Option<&str> {
    let (rest, version) = text.trim().rsplit_once(['-', '_', ' '])?;
    let number = version.strip_prefix(['v', 'V'])?;
    let digits = number.bytes().all(|b| b.is_ascii_digit() || b == b'.') && number.len() <= 4;
    (digits && number.starts_with(|c: char| c.is_ascii_digit())).then_some(rest)
}

impl Names {
    /// Knows `groups` (an id, and names that are this model's) and `seen` (names that somebody uses,
    /// of which nothing more is known).
    pub fn new<'a>(
        groups: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>,
        seen: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        let mut names = Self::default();
        for (id, all) in groups {
            names.add(id, &all);
        }
        names.add_seen(seen);
        names
    }

    fn id(&mut self, id: &str) -> usize {
        // Ids are few; a map from them would only be needed here.
        if let Some(at) = self.exact.get(&id.to_lowercase()) {
            return *at;
        }
        self.ids.push(id.to_owned());
        let at = self.ids.len() - 1;
        self.exact.insert(id.to_lowercase(), at);
        at
    }

    /// Takes `all` for names of one model. What was said first of a name stays.
    pub fn add(&mut self, id: &str, all: &[&str]) {
        let at = self.id(id);
        for text in std::iter::once(&id).chain(all) {
            self.exact.entry(text.trim().to_lowercase()).or_insert(at);
            if let Some(name) = Name::of(text, "") {
                self.insert(&name, at);
            }
        }
    }

    fn insert(&mut self, name: &Name, at: usize) {
        let key = name.joined();
        self.squashed.entry(name.squashed.clone()).or_default().insert(at);
        if let Some(bare) = name.without_sizes().filter(|_| name.has_size()) {
            self.bare.entry(bare).or_default().insert(key.clone());
        }
        let bucket = self.by_key.entry(key).or_default();
        match &name.date {
            None => _ = bucket.undated.get_or_insert(at),
            Some(date) if bucket.of_day(date).is_none() => bucket.dated.push((date.clone(), at)),
            Some(_) => {}
        }
    }

    /// One full date is the model's release; where several are known, each is a model of its own.
    fn add_seen<'a>(&mut self, seen: impl IntoIterator<Item = &'a str>) {
        let mut by_key: BTreeMap<String, Vec<Name>> = BTreeMap::new();
        for name in seen.into_iter().filter_map(|text| Name::of(text, "")) {
            by_key.entry(name.joined()).or_default().push(name);
        }
        // Sizes come last: where there is one only, it is the model without it.
        let mut by_key: Vec<_> = by_key.into_iter().collect();
        by_key.sort_by_key(|(_, all)| all.first().is_some_and(Name::has_size));
        let mut sized: HashMap<String, usize> = HashMap::new();
        for bare in by_key.iter().filter_map(|(_, all)| all.first().filter(|n| n.has_size())?.without_sizes())
        {
            *sized.entry(bare).or_default() += 1;
        }
        for (key, all) in by_key {
            let only =
                all.first().and_then(Name::without_sizes).is_some_and(|bare| sized.get(&bare) == Some(&1));
            if only && !self.by_key.contains_key(&key) {
                let found: Vec<_> = all.iter().map(|name| (name, self.other_size(name))).collect();
                for (name, at) in found.iter().filter_map(|(name, at)| Some((name, (*at)?))) {
                    self.insert(name, at);
                }
                if found.iter().all(|(_, at)| at.is_some()) {
                    continue;
                }
            }
            let bucket = self.by_key.get(&key);
            let known = bucket.map(|b| b.dated.iter().map(|(d, _)| d.as_str()).collect()).unwrap_or_default();
            let mut full: BTreeSet<&str> = known;
            full.extend(all.iter().filter_map(|name| name.date.as_deref()));
            full.retain(|date| date.len() != 4);
            let several = full.len() > 1;
            let undated = bucket.and_then(|b| b.undated);
            let mut dates: BTreeMap<Option<String>, &Name> = BTreeMap::new();
            for name in &all {
                dates.entry(name.date.clone()).or_insert(name);
            }
            for (date, name) in &dates {
                let own = date.as_deref().filter(|date| date.len() == 4 || several);
                let known = date.as_deref().and_then(|date| self.by_key.get(&key)?.of_day(date));
                let at = match known.or(undated.filter(|_| own.is_none())) {
                    Some(at) => at,
                    None => self.id(&name.derived(own)),
                };
                self.insert(name, at);
            }
        }
    }

    /// The canonical ids of all known models.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.ids.iter().map(String::as_str)
    }

    /// Which model `text` means, as `source` (a provider or a list) writes it. `None` where nothing
    /// sensible can be said.
    pub fn resolve(&self, text: &str, source: &str) -> Option<Match> {
        let known =
            |at: usize, score: f32| Some(Match { model: self.ids.get(at)?.clone(), score, known: true });
        let name = Name::of(text, source)?;
        if let Some(at) = self.exact.get(&text.trim().to_lowercase()) {
            return known(*at, 1.0);
        }
        if let Some(found) = self.same_key(&name) {
            return found.or_else(known);
        }
        if let Some(at) = self.other_size(&name) {
            return known(at, 0.82);
        }
        let squashed = self.squashed.get(&name.squashed).filter(|ids| ids.len() == 1 && name.date.is_none());
        if let Some(at) = squashed {
            return known(*at.first()?, 0.85);
        }
        if let Some(at) = self.other_version(text, source) {
            return known(at, 0.8);
        }
        if let Some(at) = self.misspelt(&name) {
            return known(at, 0.7);
        }
        // A day is the release of the only snapshot, as far as anybody knows.
        let date = name.date.as_deref().filter(|date| date.len() != 8);
        Some(derived(&name, date))
    }

    fn same_key(&self, name: &Name) -> Option<Found> {
        let bucket = self.by_key.get(&name.joined())?;
        Some(match &name.date {
            None => match bucket.undated.map(|at| (at, 0.97)).or(bucket.only().map(|at| (at, 0.93))) {
                Some((at, score)) => Found::Known(at, score),
                None => Found::Derived(derived(name, None)),
            },
            Some(date) => match (bucket.of_day(date), bucket.undated) {
                (Some(at), _) => Found::Known(at, 0.97),
                // A release's day that nobody told of yet. A short date is more often a snapshot of its own, but where
                // not one is known apart from the model, it is the model's first.
                (None, Some(at)) if bucket.only() == Some(at) => {
                    Found::Known(at, if date.len() == 4 { 0.8 } else { 0.85 })
                }
                _ => Found::Derived(derived(name, Some(date))),
            },
        })
    }

    /// A size is often left out where a model comes in one only.
    fn other_size(&self, name: &Name) -> Option<usize> {
        let fits = |bucket: &Bucket| match &name.date {
            None => bucket.undated.or(bucket.only()),
            Some(date) => bucket.of_day(date).or(bucket.undated.filter(|at| bucket.only() == Some(*at))),
        };
        if !name.family_known() {
            return None;
        }
        if !name.has_size() {
            let keys = self.bare.get(&name.joined()).filter(|keys| keys.len() == 1)?;
            return fits(self.by_key.get(keys.first()?)?);
        }
        let bare = name.without_sizes()?;
        // `deepseek-r1:8b` is another model with its answers.
        if self.bare.contains_key(&bare) || bare == "deepseek r1" {
            return None;
        }
        fits(self.by_key.get(&bare)?)
    }

    /// Whoever tunes open weights counts versions, which lists leave out where there is one only.
    fn other_version(&self, text: &str, source: &str) -> Option<usize> {
        let name = Name::of(without_last_version(text)?, source).filter(Name::has_size)?;
        let Some(Found::Known(at, _)) = self.same_key(&name) else { return None };
        let counted = |key: &String| {
            let mut more = key.split(' ').filter(|word| !name.key.iter().any(|own| own == word));
            let version = |word: &str| word.starts_with(|c: char| c.is_ascii_digit()) && !name::is_size(word);
            more.next().is_some_and(version)
                && more.next().is_none()
                && name.key.iter().all(|own| key.split(' ').any(|word| word == own))
        };
        // Where one is known by its version, the others have theirs.
        (!self.by_key.keys().any(counted)).then_some(at)
    }

    /// One letter off in one long word, and all digits the same.
    fn misspelt(&self, name: &Name) -> Option<usize> {
        let mut found: BTreeSet<usize> = BTreeSet::new();
        for (key, bucket) in &self.by_key {
            let words: Vec<&str> = key.split(' ').collect();
            if words.len() != name.key.len() {
                continue;
            }
            let missing: Vec<&str> =
                name.key.iter().map(String::as_str).filter(|word| !words.contains(word)).collect();
            let instead: Vec<&str> =
                words.iter().copied().filter(|word| !name.key.iter().any(|k| k == word)).collect();
            if let ([one], [two]) = (&missing[..], &instead[..])
                && one.len() >= 5
                && one.chars().chain(two.chars()).all(char::is_alphabetic)
                && words::maker(two).is_some()
                && words::maker(one).is_none()
                && strsim::damerau_levenshtein(one, two) == 1
            {
                let at = match &name.date {
                    None => bucket.undated.or(bucket.only()),
                    Some(date) => bucket.of_day(date),
                };
                found.extend(at);
            }
        }
        (found.len() == 1).then(|| found.first().copied()).flatten()
    }
}

enum Found {
    Known(usize, f32),
    Derived(Match),
}

impl Found {
    fn or_else(self, known: impl FnOnce(usize, f32) -> Option<Match>) -> Option<Match> {
        match self {
            Self::Known(at, score) => known(at, score),
            Self::Derived(found) => Some(found),
        }
    }
}

fn derived(name: &Name, date: Option<&str>) -> Match {
    let score = if name.family_known() { 0.6 } else { 0.4 };
    Match { model: name.derived(date), score, known: false }
}

/// A model's line and its version in it: of `anthropic/claude-opus-4.7` that is `claude opus`, and 4
/// and 7. Versions of one line are made to replace each other.
pub(super) fn line(model: &str) -> Option<(String, Vec<u32>)> {
    let name = Name::of(model, "")?;
    let mut version: Vec<u32> = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for word in &name.key {
        // `4o`, `k2.5`, `o3` and the like count, too.
        let digits: &str = word.trim_matches(|c: char| c.is_ascii_alphabetic());
        let counts = version.is_empty() && !name::is_size(word) && !digits.is_empty();
        if counts && digits.split('.').all(|part| part.len() <= 2 && part.parse::<u32>().is_ok()) {
            version = digits.split('.').filter_map(|part| part.parse().ok()).collect();
            let letters = word.trim_matches(|c: char| c.is_ascii_digit() || c == '.');
            // The `o` of `4o` came and went; the `o` of `o3` is the family.
            if words::maker(word).is_some() {
                words.push(letters);
            }
        } else if !matches!(word.as_str(), "preview" | "experimental" | "beta") {
            words.push(word);
        }
    }
    (!version.is_empty() && name.family_known()).then(|| (words.join(" "), version))
}

#[cfg(test)]
mod tests;
