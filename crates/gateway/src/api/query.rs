//! What stands after `?`: named and checked by one table, which is also its description.

use super::asked::bad;
use axum::extract::Query as Pairs;
use cursor::Cursor;
use dialects::serving::Refusal;
use domain::Timestamp;
use http::Uri;
use std::str::FromStr;

mod cursor;

/// One thing that may stand there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Param {
    pub(crate) name: &'static str,
    #[cfg_attr(not(test), expect(dead_code, reason = "the description is made from it"))]
    pub(crate) about: &'static str,
    pub(crate) kind: Kind,
    /// Whether it may stand there several times.
    pub(crate) many: bool,
}

/// What its text is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// Any text of so many characters.
    Text(usize),
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Count { least: u32, most: u32, usual: u32 },
    /// A UUID.
    Id,
    /// RFC 3339.
    Time,
    /// One of these.
    Word(fn() -> Vec<&'static str>),
    /// Where another page ended.
    Cursor,
}

impl Param {
    pub(crate) const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, about, kind, many: false }
    }

    /// Several of them.
    pub(crate) const fn many(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self { name, about, kind, many: true }
    }
}

/// Entries of a page.
pub(crate) const LIMIT: Param =
    Param::new("limit", Kind::Count { least: 1, most: 200, usual: 50 }, "How many at most.");
/// Where it begins.
pub(crate) const CURSOR: Param = Param::new("cursor", Kind::Cursor, "`next` of the page before this one.");

/// The words of an enumeration: `words(X::ALL, X::as_str)`.
pub(crate) fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|one| word(*one)).collect()
}

/// All of it, known to fit the table.
#[derive(Debug)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(crate) fn read(uri: &Uri, params: &'static [Param]) -> Result<Self, Refusal> {
        let Pairs(pairs) = Pairs::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|error| bad(format!("what stands after `?` cannot be read: {error}")))?;
        for (at, (name, text)) in pairs.iter().enumerate() {
            let Some(param) = params.iter().find(|param| param.name == name) else {
                let shown: String = name.chars().take(60).collect();
                let known: Vec<_> = params.iter().map(|param| param.name).collect();
                let said = if known.is_empty() {
                    format!("`{shown}` is not known here; nothing stands after `?`")
                } else {
                    format!("`{shown}` is not known here; there are {}", known.join(", "))
                };
                return Err(wrong(shown, said));
            };
            if !param.many && pairs[..at].iter().any(|(other, _)| other == name) {
                return Err(wrong(param.name, format!("`{}` was given twice", param.name)));
            }
            if let Some(said) = param.kind.problem(text) {
                return Err(wrong(param.name, format!("`{}` {said}", param.name)));
            }
        }
        Ok(Self { pairs })
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(other, _)| other == name).map(|(_, text)| text.as_str())
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|text| text == "true")
    }

    /// A number that has a usual value.
    pub(crate) fn count(&self, param: &Param) -> u32 {
        let usual = if let Kind::Count { usual, .. } = param.kind { usual } else { 0 };
        self.text(param.name).and_then(|text| text.parse().ok()).unwrap_or(usual)
    }

    /// What reads itself.
    pub(crate) fn parsed<T: FromStr>(&self, name: &'static str) -> Result<Option<T>, Refusal> {
        self.text(name).map(|text| parse(name, text)).transpose()
    }

    /// What has to be there.
    pub(crate) fn needed<T: FromStr>(&self, name: &'static str) -> Result<T, Refusal> {
        self.parsed(name)?.ok_or_else(|| wrong(name, format!("`{name}` is needed here")))
    }

    /// All of this name.
    pub(crate) fn all<T: FromStr>(&self, name: &'static str) -> Result<Vec<T>, Refusal> {
        self.pairs.iter().filter(|(other, _)| other == name).map(|(_, text)| parse(name, text)).collect()
    }

    pub(crate) fn time(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(time)
    }

    /// Where the page begins: so many are before it.
    pub(crate) fn offset(&self) -> Result<u32, Refusal> {
        let Some(text) = self.text("cursor") else { return Ok(0) };
        Cursor::read(text)
            .filter(|cursor| cursor.of == self.fingerprint())
            .map(|cursor| cursor.offset)
            .ok_or_else(|| wrong("cursor", "`cursor` is no `next` of a page with these filters; begin anew"))
    }

    /// What names the next page: so many are before it.
    pub(crate) fn next(&self, offset: u32) -> String {
        Cursor { offset, of: self.fingerprint() }.write()
    }

    /// Whether two pages are of one list.
    fn fingerprint(&self) -> u64 {
        let filters = self.pairs.iter().filter(|(name, _)| name != "cursor" && name != "limit");
        let text: Vec<&str> = filters.flat_map(|(name, text)| [name.as_str(), text.as_str()]).collect();
        let text = text.join("\u{0}");
        let hash = domain::Hash::of(text.as_bytes());
        u64::from_le_bytes(hash.bytes()[..8].try_into().unwrap_or_default())
    }
}

fn parse<T: FromStr>(name: &'static str, text: &str) -> Result<T, Refusal> {
    text.parse().map_err(|_| wrong(name, format!("`{name}` cannot be read")))
}

fn wrong(name: impl Into<String>, said: impl Into<String>) -> Refusal {
    Refusal { param: Some(name.into()), ..bad(said) }
}

fn time(text: &str) -> Option<Timestamp> {
    serde_json::from_value(serde_json::Value::from(text)).ok()
}

impl Kind {
    /// What is wrong with this text.
    fn problem(self, text: &str) -> Option<String> {
        match self {
            Self::Text(most) => {
                (text.chars().count() > most).then(|| format!("has at most {most} characters"))
            }
            Self::Flag => (!["true", "false"].contains(&text)).then(|| "is `true` or `false`".to_owned()),
            Self::Count { least, most, .. } => {
                let plain = text.bytes().all(|b| b.is_ascii_digit());
                let fits = plain && text.parse().is_ok_and(|n: u32| (least..=most).contains(&n));
                (!fits).then(|| format!("is a whole number from {least} to {most}"))
            }
            Self::Id => domain::MessageId::from_str(text)
                .is_err()
                .then(|| "is an id such as 0198c0de-0000-7000-8000-000000000000".to_owned()),
            Self::Time => time(text).is_none().then(|| "is a time such as 2026-01-31T00:00:00Z".to_owned()),
            Self::Word(words) => {
                let words = words();
                (!words.contains(&text)).then(|| format!("is one of {}", words.join(", ")))
            }
            Self::Cursor => (text.len() > 400).then(|| "is no `next` of a page".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMS: &[Param] = &[
        LIMIT,
        CURSOR,
        Param::new("pinned", Kind::Flag, ""),
        Param::many("tag", Kind::Text(5), ""),
        Param::new("id", Kind::Id, ""),
        Param::new("from", Kind::Time, ""),
    ];

    fn read(text: &str) -> Result<Query, Refusal> {
        Query::read(&format!("/x?{text}").parse().unwrap(), PARAMS)
    }

    #[test]
    fn whatever_does_not_fit_is_named() {
        for (text, named) in [
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=+5", "limit"),
            ("limit=5&limit=5", "limit"),
            ("pinned=1", "pinned"),
            ("tag=123456", "tag"),
            ("id=7", "id"),
            ("from=yesterday", "from"),
            ("other=1", "other"),
        ] {
            assert_eq!(read(text).unwrap_err().param.as_deref(), Some(named), "{text}");
        }
        let query = read("tag=a%20b&tag=c&pinned=false&from=2026-01-31T00:00:00Z").unwrap();
        assert_eq!(query.all::<String>("tag").unwrap(), ["a b", "c"]);
        assert_eq!((query.flag("pinned"), query.count(&LIMIT)), (Some(false), 50));
        assert!(query.time("from").is_some());
    }

    #[test]
    fn a_cursor_is_good_for_the_list_it_came_from() {
        let next = read("tag=a&limit=3").unwrap().next(3);
        assert_eq!(read(&format!("tag=a&limit=9&cursor={next}")).unwrap().offset().unwrap(), 3);
        assert_eq!(read("tag=a").unwrap().offset().unwrap(), 0);
        for text in [format!("tag=b&cursor={next}"), "cursor=abc".to_owned(), "cursor=".to_owned()] {
            assert_eq!(read(&text).unwrap().offset().unwrap_err().param.as_deref(), Some("cursor"), "{text}");
        }
    }
}
