//! Models that can be asked.

use super::{
    asked::{Asked, done, good, missing},
    conversations::List,
    operation::{Answered, Operation},
    query::{CURSOR, Kind, LIMIT, Param, Query},
};
use crate::Gateway;
use domain::Model;
use http::Method;

const LIST: &[Param] = &[
    LIMIT,
    CURSOR,
    Param::new(
        "text",
        Kind::Text(300),
        "Those with this text in their target or name, in large or small letters.",
    ),
    Param::new("provider", Kind::Text(60), "Of this provider."),
    Param::new("available", Kind::Flag, "Only those that can be asked now, or only others."),
];
const OFFERED: &[Param] =
    &[LIMIT, CURSOR, Param::new("model", Kind::Text(300), "The model as a provider names it; needed.")];

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::GET,
            "/models",
            "listModels",
            "Models that are known, by their targets.",
            list,
        )
        .query(LIST)
        .answers_list::<Model>(),
        Operation::new(
            Method::GET,
            "/models/providers",
            "listProvidersOfModel",
            "One model, as each provider that has it offers it.",
            offered,
        )
        .query(OFFERED)
        .answers_list::<Model>(),
        Operation::new(
            Method::POST,
            "/models/refresh",
            "refreshModels",
            "Asks all providers anew what they offer.",
            refresh,
        )
        .answers_nothing(),
        Operation::new(
            Method::GET,
            "/models/{*target}",
            "getModel",
            "One model, by its target: `provider/model`.",
            get,
        )
        .answers::<Model>(200),
    ]
}

async fn list(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(LIST)?;
    let text = query.text("text").map(str::to_lowercase);
    let (provider, available) = (query.text("provider"), query.flag("available"));
    let fits = |model: &Model| {
        let named = |text: &String| {
            model.target.as_str().to_lowercase().contains(text) || model.name.to_lowercase().contains(text)
        };
        asked.grant().allows_target(&model.target)
            && text.as_ref().is_none_or(named)
            && provider.is_none_or(|id| model.target.split().is_some_and(|(of, _)| of == id))
            && available.is_none_or(|wanted| model.available == wanted)
    };
    page(&query, gateway.engine().models().await.into_iter().filter(fits).collect())
}

async fn offered(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(OFFERED)?;
    let name: String = query.needed("model")?;
    let fits = |model: &Model| {
        asked.grant().allows_target(&model.target)
            && model.target.split().is_some_and(|(_, model)| model == name)
    };
    page(&query, gateway.engine().models().await.into_iter().filter(fits).collect())
}

fn page(query: &Query, all: Vec<Model>) -> Answered {
    let (offset, limit) = (query.offset()?, query.count(&LIMIT));
    let total = all.len() as u32;
    let items: Vec<Model> = all.into_iter().skip(offset as usize).take(limit as usize).collect();
    let seen = offset.saturating_add(items.len() as u32);
    let next = (seen < total && !items.is_empty()).then(|| query.next(seen));
    good(&List { items, next, total: Some(total) })
}

async fn get(gateway: Gateway, asked: Asked) -> Answered {
    let target: String = asked.named("target")?;
    let allowed = |model: &Model| asked.grant().allows_target(&model.target);
    let mut models = gateway.engine().models().await.into_iter().filter(allowed);
    let shown: String = target.chars().take(60).collect();
    good(&models.find(|model| model.target.as_str() == target).ok_or_else(|| missing("model", &shown))?)
}

async fn refresh(gateway: Gateway, asked: Asked) -> Answered {
    asked.expect_all_targets()?;
    gateway.engine().refresh_models().await;
    done()
}
