//! The catalog: models of all known providers, asked here or not, searched, compared and ranked.

use super::{
    asked::{Asked, good, refused},
    conversations::List,
    operation::{Answered, Operation},
    query::{CURSOR, Kind, LIMIT, Param, Query, words},
};
use crate::Gateway;
use domain::PromptClass;
use engine::{CatalogCard, CatalogEntry, RankBy, RankedModel};
use http::Method;

const SEARCH: &[Param] = &[
    Param::new("text", Kind::Text(300), "Those with this text in their names, in large or small letters."),
    LIMIT,
    CURSOR,
];
const COMPARE: &[Param] =
    &[Param::many("model", Kind::Text(300), "A model, by any of its names; several times. Needed.")];
const RANKINGS: &[Param] = &[
    Param::new("by", Kind::Word(ranks), "What they are ranked by; by default `balanced`."),
    Param::new("class", Kind::Word(classes), "For prompts of this class; by default `other`."),
    LIMIT,
    CURSOR,
];
/// Most models side by side.
const MOST: usize = 20;

fn ranks() -> Vec<&'static str> {
    words(&RankBy::ALL, RankBy::as_str)
}

fn classes() -> Vec<&'static str> {
    words(PromptClass::ALL, PromptClass::as_str)
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::GET,
            "/models/search",
            "searchCatalog",
            "Models of the catalog, as each provider offers them, whether it can be asked here or not.",
            search,
        )
        .query(SEARCH)
        .answers_list::<CatalogEntry>(),
        Operation::new(
            Method::GET,
            "/models/compare",
            "compareModels",
            "Models side by side: who offers them, limits, prices, scores.",
            compare,
        )
        .query(COMPARE)
        .answers_list::<CatalogCard>(),
        Operation::new(
            Method::GET,
            "/models/rankings",
            "rankModels",
            "Models of the catalog by rank, each as its cheapest provider offers it.",
            rankings,
        )
        .query(RANKINGS)
        .answers_list::<RankedModel>(),
    ]
}

async fn search(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(SEARCH)?;
    page(&query, gateway.engine().search_catalog(query.text("text").unwrap_or_default()))
}

async fn compare(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(COMPARE)?;
    let names: Vec<String> = query.all("model")?;
    if names.is_empty() {
        query.needed::<String>("model")?;
    }
    let cards = names.iter().take(MOST).map(|name| gateway.engine().catalog_card(name));
    let items = cards.collect::<Result<Vec<CatalogCard>, _>>().map_err(refused)?;
    let total = Some(items.len() as u32);
    good(&List { items, next: None, total })
}

async fn rankings(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(RANKINGS)?;
    let by = query.parsed("by")?.unwrap_or(RankBy::Balanced);
    let class = query.parsed("class")?.unwrap_or(PromptClass::Other);
    page(&query, gateway.engine().rank_models(by, class))
}

fn page<T: serde::Serialize>(query: &Query, all: Vec<T>) -> Answered {
    let (offset, limit) = (query.offset()?, query.count(&LIMIT));
    let total = all.len() as u32;
    let items: Vec<T> = all.into_iter().skip(offset as usize).take(limit as usize).collect();
    let seen = offset.saturating_add(items.len() as u32);
    let next = (seen < total && !items.is_empty()).then(|| query.next(seen));
    good(&List { items, next, total: Some(total) })
}
