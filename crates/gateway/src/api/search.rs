//! Finding what was said.

use super::{
    asked::{Asked, good, refused},
    conversations::{archived, sources},
    operation::{Answered, Operation},
    query::{CURSOR, Kind, LIMIT, Param, words},
};
use crate::Gateway;
use domain::{Archived, Role, SearchOrder, SearchPage, SearchQuery};
use http::Method;

const SEARCH: &[Param] = &[
    Param::new(
        "text",
        Kind::Text(1_000),
        "Words, each anywhere in the text; \"quoted words\" stand as they are.",
    ),
    LIMIT,
    CURSOR,
    Param::new("conversation", Kind::Id, "Only this conversation."),
    Param::many("role", Kind::Word(roles), "Said by this one; several times: by one of them."),
    Param::many("model", Kind::Text(300), "Answers of this `provider/model`; several times: of one of them."),
    Param::many("provider", Kind::Text(60), "Answers of this provider; several times: of one of them."),
    Param::new("from", Kind::Time, "Not before."),
    Param::new("until", Kind::Time, "Before."),
    Param::new("folder", Kind::Id, "In this folder or one below it."),
    Param::many("tag", Kind::Text(100), "With this tag; several times: with all of them."),
    Param::new(
        "archived",
        Kind::Word(archived),
        "Without archived conversations, or only those; by default with them.",
    ),
    Param::new("pinned", Kind::Flag, "Only in pinned conversations, or only in others."),
    Param::new("unfiled", Kind::Flag, "In conversations that are in no folder."),
    Param::many("source", Kind::Word(sources), "In conversations that came in by this door."),
    Param::new("order", Kind::Word(orders), "What comes first; by default `newest`."),
];

fn roles() -> Vec<&'static str> {
    words(Role::ALL, Role::as_str)
}

fn orders() -> Vec<&'static str> {
    words(SearchOrder::ALL, SearchOrder::as_str)
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::GET,
            "/search",
            "searchMessages",
            "Messages with all words of a text, on all branches of all conversations.",
            search,
        )
        .query(SEARCH)
        .answers::<SearchPage>(200),
    ]
}

async fn search(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(SEARCH)?;
    let search = SearchQuery {
        text: query.text("text").unwrap_or_default().to_owned(),
        conversation: query.parsed("conversation")?,
        roles: query.all("role")?,
        models: query.all("model")?,
        providers: query.all("provider")?,
        from: query.time("from"),
        until: query.time("until"),
        folder: query.parsed("folder")?,
        tags: query.all("tag")?,
        archived: query.parsed("archived")?.unwrap_or(Archived::With),
        pinned: query.flag("pinned"),
        unfiled: query.flag("unfiled").unwrap_or(false),
        sources: query.all("source")?,
        order: query.parsed("order")?.unwrap_or(SearchOrder::Newest),
        cursor: query.text("cursor").map(str::to_owned),
        limit: query.count(&LIMIT),
    };
    good(&gateway.engine().search(&search).await.map_err(refused)?)
}
