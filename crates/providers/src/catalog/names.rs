//! The bundled names of models, and what leaderboards say of them.

use super::{
    quality::{Score, Scores},
    resolve::{Match, Names},
};
use serde::Deserialize;
use std::{borrow::Cow, collections::BTreeMap, sync::OnceLock};

/// The file as `catalog/names.py` writes it.
#[derive(Deserialize)]
struct File<'a> {
    date: String,
    sources: BTreeMap<String, String>,
    #[serde(borrow)]
    models: Vec<Vec<Cow<'a, str>>>,
    #[serde(borrow)]
    seen: Vec<Cow<'a, str>>,
    scores: BTreeMap<String, Vec<(String, f32, u32)>>,
}

/// What is bundled.
pub(super) struct Bundled {
    pub(super) names: Names,
    pub(super) scores: Scores,
}

pub(super) fn bundled() -> &'static Bundled {
    static BUNDLED: OnceLock<Bundled> = OnceLock::new();
    BUNDLED.get_or_init(|| {
        // A test reads the file, so the empty one is never met.
        read(TEXT).unwrap_or_else(|_| Bundled { names: Names::default(), scores: Scores::default() })
    })
}

const TEXT: &str = include_str!("../../catalog/names.json");

/// The bundled names, and others that lists have since told of.
pub(super) fn with<'a>(
    groups: impl IntoIterator<Item = (&'a str, Vec<&'a str>)>,
    seen: impl IntoIterator<Item = &'a str>,
) -> Names {
    let (groups, seen) = (groups.into_iter().collect(), seen.into_iter().collect());
    serde_json::from_str(TEXT).map_or_else(|_| Names::default(), |file| all(&file, groups, seen))
}

fn all<'a>(file: &'a File<'a>, groups: Vec<(&'a str, Vec<&'a str>)>, seen: Vec<&'a str>) -> Names {
    let known = file.models.iter().filter_map(|group| {
        let (id, names) = group.split_first()?;
        Some((id.as_ref(), names.iter().map(AsRef::as_ref).collect()))
    });
    let known_seen = file.seen.iter().map(AsRef::as_ref);
    let listed = super::all().iter().filter(|model| model.provider != "openrouter").map(|m| m.id.as_str());
    Names::new(known.chain(groups), known_seen.chain(listed).chain(seen))
}

fn read(text: &str) -> serde_json::Result<Bundled> {
    let file: File<'_> = serde_json::from_str(text)?;
    let names = all(&file, Vec::new(), Vec::new());
    let mut scores = Vec::new();
    for (board, rows) in &file.scores {
        for (name, value, votes) in rows {
            let Some(found) = names.resolve(name, board) else { continue };
            let source = file.sources.get(board).cloned().unwrap_or_else(|| board.clone());
            let date = file.date.clone();
            scores.push((
                found.model,
                Score { board: board.clone(), value: *value, votes: *votes, source, date },
            ));
        }
    }
    let scores = Scores::new(scores);
    Ok(Bundled { names, scores })
}

/// Which model `name` means, as `source` writes it: its canonical id and how sure that is.
pub fn resolve(name: &str, source: &str) -> Option<Match> {
    bundled().names.resolve(name, source)
}

/// What leaderboards say of a model, by its canonical id.
pub fn scores(model: &str) -> &'static [Score] {
    bundled().scores.of(model)
}
