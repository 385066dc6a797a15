//! `[[catalog]]`: lists of models that are looked at on the schedule, beside those that are known.

use super::{ConfigError, file::Places};
use crate::{catalog::Source, provider::is_loopback};
use serde::Deserialize;
use std::{borrow::Cow, time::Duration};
use url::Url;

/// How often one is looked at where nothing is said, and most seldom.
const USUAL_HOURS: u32 = 24;
const MOST_HOURS: u32 = 24 * 365;
/// Longest name of a provider or a leaderboard.
const MAX_OF: usize = 60;

#[derive(Deserialize)]
pub(super) struct ListRow {
    url: String,
    of: Option<String>,
    every_hours: Option<u32>,
}

/// What a row may have.
pub(super) const WORDS: [&str; 3] = ["url", "of", "every_hours"];

pub(super) fn read(rows: Vec<ListRow>, places: &Places<'_>) -> Result<Vec<Source>, ConfigError> {
    let mut all: Vec<Source> = Vec::with_capacity(rows.len());
    for (index, row) in rows.into_iter().enumerate() {
        let place = places.of_row("catalog", index);
        let url = Url::parse(&row.url).ok().filter(|url| url.scheme() == "https" || is_loopback(url));
        let Some(url) = url else {
            let message = "a list is fetched from an https address, or from this machine";
            return Err(place.error("url", message));
        };
        if !url.username().is_empty() || url.password().is_some() {
            // It would be told wherever the list's name is, and is not sent anyway.
            let message = "a list's address has no user name or password: lists are public";
            return Err(place.error("url", message));
        }
        if all.iter().any(|known| known.url == row.url) {
            return Err(place.error("url", "there is a list with this address above; each is named once"));
        }
        let hours = row.every_hours.unwrap_or(USUAL_HOURS);
        if !(1..=MOST_HOURS).contains(&hours) {
            let message = format!("a list is looked at every 1 to {MOST_HOURS} hours");
            return Err(place.error("every_hours", message));
        }
        let of = row.of.unwrap_or_default().trim().to_owned();
        if of.len() > MAX_OF || of.chars().any(char::is_control) {
            return Err(place.error("of", format!("a list's name has at most {MAX_OF} characters")));
        }
        all.push(Source {
            name: Cow::Owned(row.url.clone()),
            url: Cow::Owned(row.url),
            of: Cow::Owned(of),
            every: Duration::from_hours(hours.into()),
            configured: true,
        });
    }
    Ok(all)
}
