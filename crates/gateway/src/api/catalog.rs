//! The catalog: models of all known providers, asked here or not, searched, compared and ranked.

use super::{
    asked::{Asked, bad, good, refused},
    conversations::List,
    operation::{Answered, Operation},
    query::{CURSOR, Kind, LIMIT, Param, Query, words},
};
use crate::Gateway;
use dialects::serving::Refusal;
use domain::{Ability, NanoUsd, PromptClass};
use engine::{
    CatalogCard, CatalogEntry, CatalogQuery, CatalogSort, EngineError, Grant, PriceLoad, PricedModel, RankBy,
    RankedModel, Reachable,
};
use http::Method;

const SEARCH: &[Param] = &[
    Param::new(
        "text",
        Kind::Text(300),
        "Those with all of these words in their names, in large or small letters; of what commas part, one is enough.",
    ),
    Param::many("provider", Kind::Text(60), "Offered by one of these."),
    Param::many("maker", Kind::Text(60), "Made by one of these: the first part of a canonical id."),
    Param::many("can", Kind::Word(abilities), "Those that can do all of these."),
    Param::new("embeddings", Kind::Flag, "Only those that make embeddings, or only others."),
    Param::new("available", Kind::Flag, "Only those that can be asked now, or only others."),
    Param::new("local", Kind::Flag, "Only those on this machine, when true."),
    Param::new(
        "minContext",
        Kind::Count { least: 1, most: 100_000_000, usual: 1 },
        "With a context window of at least so many tokens.",
    ),
    Param::new(
        "maxOutput",
        Kind::Text(20),
        "With a price of output of at most so many dollars a million tokens.",
    ),
    Param::new("sort", Kind::Word(sorts), "What they are sorted by; by default `name`."),
    Param::new("descending", Kind::Flag, "The most first; what is unknown comes last either way."),
    LIMIT,
    CURSOR,
];
const COMPARE: &[Param] =
    &[Param::many("model", Kind::Text(300), "A model, by any of its names; at most 20 times. Needed.")];
const PRICE: &[Param] = &[
    Param::many(
        "model",
        Kind::Text(300),
        "A model, by any of its names or as `provider/model`; at most 20 times. Without one, all that can be asked now.",
    ),
    Param::new("input", TOKENS, "Tokens that go in with each request; by default 0."),
    Param::new("cached", TOKENS, "Of them read from the provider's cache; by default 0."),
    Param::new("output", TOKENS, "Tokens that come out of each request; by default 0."),
    Param::new(
        "requests",
        Kind::Count { least: 0, most: 1_000_000_000, usual: 1 },
        "How many requests; by default 1.",
    ),
    Param::new("batch", Kind::Flag, "At the prices of a batch, where they are known."),
];
const TOKENS: Kind = Kind::Count { least: 0, most: 1_000_000_000, usual: 0 };
const RANKINGS: &[Param] = &[
    Param::new("by", Kind::Word(ranks), "What they are ranked by; by default `balanced`."),
    Param::new("available", Kind::Flag, "Only those that can be asked now, or only others."),
    Param::new("class", Kind::Word(classes), "For prompts of this class; by default `other`."),
    LIMIT,
    CURSOR,
];
/// Most models side by side.
const MOST: usize = 20;

fn ranks() -> Vec<&'static str> {
    words(&RankBy::ALL, RankBy::as_str)
}

fn abilities() -> Vec<&'static str> {
    words(Ability::ALL, Ability::as_str)
}

fn sorts() -> Vec<&'static str> {
    words(&CatalogSort::ALL, CatalogSort::as_str)
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
            "/models/price",
            "priceModels",
            "What so many requests of a size would cost with each model, the cheapest first; without taxes.",
            price,
        )
        .query(PRICE)
        .answers_list::<PricedModel>(),
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
    let sort = query.text("sort");
    let sort = CatalogSort::ALL.into_iter().find(|by| Some(by.as_str()) == sort).unwrap_or_default();
    let max_output: Option<NanoUsd> = query.parsed("maxOutput")?;
    let available =
        query.flag("available").map(|now| if now { Reachable::Ready } else { Reachable::NeedsProvider });
    let wanted = CatalogQuery {
        text: query.text("text").map(str::to_owned),
        providers: query.all("provider")?,
        makers: query.all("maker")?,
        can: query.all("can")?,
        embeddings: query.flag("embeddings"),
        reachable: available.into_iter().collect(),
        min_context: query.parsed("minContext")?,
        max_output,
        sort,
        descending: query.flag("descending").unwrap_or(false),
    };
    let mut models = gateway.engine().find_catalog(&wanted).models;
    if query.flag("local") == Some(true) {
        models.retain(|entry| entry.local);
    }
    page(&query, models.into_iter().filter_map(|entry| seen_by(asked.grant(), entry)).collect())
}

/// A model as a key may see it: with no target that it may not ask. What only a provider of this machine's owner
/// offers is left out with it.
pub(crate) fn seen_by(grant: &Grant, mut entry: CatalogEntry) -> Option<CatalogEntry> {
    let hidden = entry.target.as_ref().is_some_and(|target| !grant.allows_target(target));
    if hidden {
        // What a public list has stands under a day, and is no secret.
        if entry.date.is_empty() {
            return None;
        }
        (entry.target, entry.ready) = (None, false);
    }
    Some(entry)
}

async fn compare(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(COMPARE)?;
    let names: Vec<String> = query.all("model")?;
    if names.is_empty() {
        query.needed::<String>("model")?;
    }
    if names.len() > MOST {
        let said = format!("{} models are too many to stand side by side; name at most {MOST}", names.len());
        return Err(Refusal { param: Some("model".to_owned()), ..bad(said) });
    }
    let cards = names.iter().map(|name| {
        let mut card = gateway.engine().catalog_card(name)?;
        card.offers = card.offers.into_iter().filter_map(|entry| seen_by(asked.grant(), entry)).collect();
        card.seen.retain(|seen| asked.grant().allows_target(&seen.target));
        Ok(card)
    });
    let items = cards.collect::<Result<Vec<CatalogCard>, EngineError>>().map_err(refused)?;
    let total = Some(items.len() as u32);
    good(&List { items, next: None, total })
}

async fn price(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(PRICE)?;
    let names: Vec<String> = query.all("model")?;
    if names.len() > MOST {
        let said = format!("{} models are too many at once; name at most {MOST}", names.len());
        return Err(Refusal { param: Some("model".to_owned()), ..bad(said) });
    }
    let load = PriceLoad {
        input: query.count(&PRICE[1]),
        cached: query.count(&PRICE[2]),
        output: query.count(&PRICE[3]),
        requests: query.count(&PRICE[4]),
        batch: query.flag("batch").unwrap_or(false),
    };
    let grant = asked.grant();
    // What a key may not ask is priced where it is named: public lists are no secret.
    let priced = gateway.engine().price_models(&names, load, |entry| seen_by(grant, entry));
    good(&List::all(priced.map_err(refused)?))
}

async fn rankings(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(RANKINGS)?;
    let by = query.parsed("by")?.unwrap_or(RankBy::Balanced);
    let class = query.parsed("class")?.unwrap_or(PromptClass::Other);
    page(&query, ranked(&gateway, asked.grant(), by, class, query.flag("available")))
}

/// Models by rank as a key may see them.
pub(crate) fn ranked(
    gateway: &Gateway,
    grant: &Grant,
    by: RankBy,
    class: PromptClass,
    available: Option<bool>,
) -> Vec<RankedModel> {
    let ranked = gateway.engine().rank_models(by, class).into_iter();
    let seen =
        ranked.filter_map(|one| Some(RankedModel { entry: seen_by(grant, one.entry.clone())?, ..one }));
    let mut all: Vec<RankedModel> =
        seen.filter(|one| available.is_none_or(|wanted| one.entry.ready == wanted)).collect();
    for (at, one) in all.iter_mut().enumerate() {
        one.rank = at as u32 + 1;
    }
    all
}

fn page<T: serde::Serialize>(query: &Query, all: Vec<T>) -> Answered {
    let (offset, limit) = (query.offset()?, query.count(&LIMIT));
    let total = all.len() as u32;
    let items: Vec<T> = all.into_iter().skip(offset as usize).take(limit as usize).collect();
    let seen = offset.saturating_add(items.len() as u32);
    let next = (seen < total && !items.is_empty()).then(|| query.next(seen));
    good(&List { items, next, total: Some(total) })
}
