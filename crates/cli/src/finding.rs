//! `orch conversations list` and `orch conversations search`.

use crate::{exit::Trouble, table, terminal};
use clap::Args as ClapArgs;
use domain::{
    Archived, ConversationId, ConversationSource, Folder, FolderId, ListQuery, Role, SearchOrder,
    SearchQuery, SortBy, Target, Timestamp,
};
use engine::{Engine, EngineError};
use std::io::{self, Write as _};

/// Which conversations, shared by both.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, ClapArgs)]
pub struct Where {
    /// Only in this folder or below it: its name, or `outer/inner`, or its id
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<String>,
    /// Only with this tag; given several times, with all of them
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Only those in no folder
    #[arg(long, conflicts_with = "folder")]
    pub unfiled: bool,
    /// Only the archived ones
    #[arg(long, conflicts_with = "all")]
    pub archived: bool,
    /// Only pinned ones
    #[arg(long)]
    pub pinned: bool,
    /// Only those from here: window, cli, gateway or import
    #[arg(long, value_name = "SOURCE")]
    pub source: Vec<ConversationSource>,
    /// From this day or moment on: `2026-11-21` (UTC), or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub from: Option<Timestamp>,
    /// Before this day or moment
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub until: Option<Timestamp>,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct ListArgs {
    /// Only those with this text in their title or in what was said
    pub filter: Option<String>,
    /// The archived ones too
    #[arg(long)]
    pub all: bool,
    /// Only those with an answer of this model
    #[arg(long, short = 'm', value_name = "PROVIDER/MODEL")]
    pub model: Option<Target>,
    /// Sorted by updated, created, title or messages
    #[arg(long, value_name = "BY", default_value_t = SortBy::Updated)]
    pub sort: SortBy,
    /// The other way round
    #[arg(long)]
    pub reverse: bool,
    /// At most so many; 0 is all
    #[arg(long, default_value_t = 0)]
    pub limit: u32,
    #[command(flatten)]
    pub r#where: Where,
}

#[derive(Debug, ClapArgs)]
pub struct SearchArgs {
    /// Words that a message has, each anywhere in it; `"words in quotes"` stand together
    pub text: String,
    /// Not in archived conversations
    #[arg(long = "live", id = "all")]
    pub live: bool,
    /// Only in this conversation
    #[arg(long, short = 'c', value_name = "ID")]
    pub conversation: Option<ConversationId>,
    /// Only what system, user, assistant or tool said
    #[arg(long, value_name = "ROLE")]
    pub role: Vec<Role>,
    /// Only answers of this model
    #[arg(long = "model", short = 'm', value_name = "PROVIDER/MODEL")]
    pub models: Vec<Target>,
    /// Only answers of this provider
    #[arg(long = "provider", value_name = "ID")]
    pub providers: Vec<String>,
    /// What fits best first, instead of the newest
    #[arg(long)]
    pub ranked: bool,
    /// At most so many; 0 is all
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    #[command(flatten)]
    pub r#where: Where,
}

/// Conversations; with `--json` one object a line.
pub async fn list(engine: &Engine, args: &ListArgs) -> Result<(), Trouble> {
    let at = &args.r#where;
    let query = ListQuery {
        text: args.filter.clone(),
        archived: match (args.all, at.archived) {
            (true, _) => Archived::With,
            (false, true) => Archived::Only,
            (false, false) => Archived::Without,
        },
        pinned: at.pinned.then_some(true),
        folder: folder(engine, at.folder.as_deref()).await?,
        unfiled: at.unfiled,
        tags: at.tags.clone(),
        model: args.model.clone(),
        sources: at.source.clone(),
        from: at.from,
        until: at.until,
        sort: args.sort,
        reverse: args.reverse,
        limit: args.limit,
        offset: 0,
    };
    let all = engine.conversations(&query).await?;
    let mut out = io::stdout().lock();
    if at.json {
        for summary in &all {
            writeln!(out, "{}", serde_json::to_string(summary).map_err(io::Error::other)?)?;
        }
    } else {
        let rows: Vec<Vec<String>> = all
            .iter()
            .map(|c| {
                vec![c.id.to_string(), c.updated_at.to_string(), c.messages.to_string(), c.title.clone()]
            })
            .collect();
        table::write(&mut out, &["ID", "UPDATED", "MESSAGES", "TITLE"], &rows)?;
    }
    Ok(out.flush()?)
}

/// Messages that were found; with `--json` one object a line. How many there are goes to standard error.
pub async fn search(engine: &Engine, args: &SearchArgs) -> Result<(), Trouble> {
    let at = &args.r#where;
    let mut query = SearchQuery {
        text: args.text.clone(),
        conversation: args.conversation,
        roles: args.role.clone(),
        models: args.models.clone(),
        providers: args.providers.clone(),
        from: at.from,
        until: at.until,
        folder: folder(engine, at.folder.as_deref()).await?,
        tags: at.tags.clone(),
        archived: match (args.live, at.archived) {
            (true, _) => Archived::Without,
            (false, true) => Archived::Only,
            (false, false) => Archived::With,
        },
        pinned: at.pinned.then_some(true),
        unfiled: at.unfiled,
        sources: at.source.clone(),
        order: if args.ranked { SearchOrder::Ranked } else { SearchOrder::Newest },
        cursor: None,
        limit: 200,
    };
    let most = if args.limit == 0 { usize::MAX } else { args.limit as usize };
    let (mut shown, mut told) = (0, String::new());
    let mut out = io::stdout().lock();
    loop {
        query.limit = u32::try_from(most - shown).unwrap_or(u32::MAX).min(200);
        let page = engine.search(&query).await?;
        if query.cursor.is_none() {
            let more = if page.more_than_total { "more than " } else { "" };
            told = format!("{more}{} found", page.total);
            if page.waiting > 0 {
                let _ = std::fmt::Write::write_fmt(
                    &mut told,
                    format_args!("; {} messages are not indexed yet", page.waiting),
                );
            }
        }
        for hit in &page.hits {
            if at.json {
                writeln!(out, "{}", serde_json::to_string(hit).map_err(io::Error::other)?)?;
            } else {
                let who = hit.model.as_ref().map_or_else(|| hit.role.to_string(), ToString::to_string);
                writeln!(
                    out,
                    "{}  {}  {who}  {}",
                    hit.conversation,
                    hit.created_at,
                    terminal::out(&hit.title)
                )?;
                writeln!(out, "    {}", terminal::out(&hit.snippet))?;
            }
        }
        shown += page.hits.len();
        query.cursor = page.next;
        if query.cursor.is_none() || shown >= most {
            break;
        }
    }
    out.flush()?;
    eprintln!("{told}");
    Ok(())
}

/// A folder by its id, its name, or its path.
pub async fn folder(engine: &Engine, wanted: Option<&str>) -> Result<Option<FolderId>, Trouble> {
    let Some(wanted) = wanted else { return Ok(None) };
    if let Ok(id) = wanted.parse() {
        return Ok(Some(id));
    }
    let all = engine.folders().await?;
    let wanted = wanted.trim_matches('/').to_lowercase();
    let path = |folder: &Folder| {
        let mut names = vec![folder.name.to_lowercase()];
        let mut parent = folder.parent;
        while let Some(above) = all.iter().find(|other| Some(other.id) == parent) {
            names.push(above.name.to_lowercase());
            parent = above.parent;
        }
        names.reverse();
        names.join("/")
    };
    let found: Vec<&Folder> =
        all.iter().filter(|f| path(f) == wanted || f.name.to_lowercase() == wanted).collect();
    match found[..] {
        [one] => Ok(Some(one.id)),
        [] => Err(EngineError::NotFound { what: "folder", id: wanted }.into()),
        _ => Err(EngineError::BadInput(format!(
            "there are several folders `{wanted}`; name the ones above it too, as `outer/{wanted}`"
        ))
        .into()),
    }
}

/// A day, or an instant of one.
pub fn moment(text: &str) -> Result<Timestamp, String> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    serde_json::from_value(serde_json::Value::String(whole))
        .map_err(|_| "write it as 2026-11-21 or 2026-11-21T20:15:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_utc() {
        assert_eq!(moment("2026-11-21").unwrap(), moment("2026-11-21T00:00:00Z").unwrap());
        assert!(moment("yesterday").is_err());
    }
}
