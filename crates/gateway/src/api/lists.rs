//! Where the catalog is from: lists and their sync, and the user's word on prices and names.

use super::{
    asked::{Asked, bad, done, good, refused},
    conversations::List,
    operation::{Answered, Operation},
    query::{Kind, Param},
};
use crate::{
    Gateway,
    refuse::{Detail, refusal},
};
use dialects::serving::Refusal;
use domain::{ErrorKind, Target};
use engine::{CatalogState, CatalogSync, DoubtfulName, NamedModel, OwnFigures, PriceChange};
use http::Method;
use serde::{Deserialize, Serialize};

const SMALL: usize = 64 << 10;
const HISTORY: &[Param] = &[
    Param::new("model", Kind::Text(300), "Only of this model, by any of its names."),
    Param::new("limit", Kind::Count { least: 1, most: 10_000, usual: 50 }, "How many at most."),
];
const OWN: &[Param] = &[Param::new("model", Kind::Text(300), "As `provider/model`; needed.")];

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::GET,
            "/models/sources",
            "catalogState",
            "Where the catalog is from: lists, how they are, when they are looked at next.",
            state,
        )
        .answers::<CatalogState>(200),
        Operation::new(
            Method::PUT,
            "/models/sources",
            "scheduleCatalog",
            "Looks at the known lists on a schedule, or no longer.",
            schedule,
        )
        .takes::<Schedule>(SMALL)
        .answers_nothing(),
        Operation::new(
            Method::POST,
            "/models/sync",
            "syncCatalog",
            "Takes a list from a public https address; without one, all known lists.",
            sync,
        )
        .may_take::<ListPlace>(SMALL)
        .answers_list::<Synced>(),
        Operation::new(
            Method::GET,
            "/models/held",
            "listHeldPrices",
            "Prices that jumped more than tenfold and wait for a yes.",
            held,
        )
        .answers_list::<PriceChange>(),
        Operation::new(
            Method::POST,
            "/models/held",
            "answerHeldPrices",
            "The yes or no to a price that waits, or to all of them.",
            answer_held,
        )
        .takes::<HeldAnswer>(SMALL)
        .answers::<Count>(200),
        Operation::new(
            Method::GET,
            "/models/history",
            "listPriceChanges",
            "Prices as they changed, the newest first.",
            history,
        )
        .query(HISTORY)
        .answers_list::<PriceChange>(),
        Operation::new(
            Method::GET,
            "/models/doubtful",
            "listDoubtfulNames",
            "Names of lists whose model is not sure.",
            doubtful,
        )
        .answers_list::<DoubtfulName>(),
        Operation::new(
            Method::POST,
            "/models/doubtful",
            "answerDoubtfulName",
            "Whether a doubtful name means the model that it most likely does.",
            answer_doubt,
        )
        .takes::<DoubtAnswer>(SMALL)
        .answers_nothing(),
        Operation::new(
            Method::GET,
            "/models/names",
            "listModelNames",
            "Names that were settled by hand, each with its model.",
            names,
        )
        .answers_list::<NamedModel>(),
        Operation::new(
            Method::PUT,
            "/models/names",
            "setModelName",
            "Says which model a name means; without a model that is taken back.",
            set_name,
        )
        .takes::<Naming>(SMALL)
        .answers_nothing(),
        Operation::new(
            Method::GET,
            "/models/own",
            "listOwnFigures",
            "Models and prices of one's own, which count before every list.",
            own,
        )
        .answers_list::<OwnFigures>(),
        Operation::new(
            Method::PUT,
            "/models/own",
            "setOwnFigures",
            "Says what a model is and costs; one that nobody lists can be asked from then on.",
            set_own,
        )
        .takes::<OwnFigures>(SMALL)
        .answers_nothing(),
        Operation::new(
            Method::DELETE,
            "/models/own",
            "removeOwnFigures",
            "Takes back what was said of a model.",
            remove_own,
        )
        .query(OWN)
        .answers_nothing(),
    ]
}

/// Whether it is looked.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct Schedule {
    /// From now on, or no longer.
    scheduled: bool,
}

/// Where a list is.
#[derive(Deserialize, Default)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(default)]
struct ListPlace {
    /// A public https address.
    url: Option<String>,
    /// Whose list it is, or of which leaderboard, where that cannot be seen in it.
    provider: Option<String>,
}

/// What came of a list.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct Synced {
    /// Which.
    source: String,
    /// What it changed.
    done: Option<CatalogSync>,
    /// Why nothing came of it.
    problem: Option<String>,
}

/// A yes or no.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct HeldAnswer {
    /// Of this one, as `provider/model`; absent is all.
    #[serde(default)]
    model: Option<String>,
    /// Whether the price is taken over.
    accept: bool,
}

/// How many it was.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[cfg_attr(test, schema(as = AnsweredPrices))]
struct Count {
    /// How many.
    count: u32,
}

/// A yes or no.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct DoubtAnswer {
    /// The name.
    name: String,
    /// Whether it means that model; else it is a model of its own.
    same: bool,
}

/// What a name means.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct Naming {
    /// The name.
    name: String,
    /// The model's canonical id; `null` takes it back.
    model: Option<String>,
}

/// What changes the catalog changes it for everybody: a key for some targets only may not.
fn expect_all(asked: &Asked) -> Result<(), Refusal> {
    if asked.grant().scopes().is_some_and(|scopes| !scopes.targets.is_empty()) {
        let said = "a key that is for some targets only changes no catalog: it is everybody's";
        return Err(refusal(403, ErrorKind::Permission, said).code("insufficient_scope"));
    }
    Ok(())
}

async fn state(gateway: Gateway, _: Asked) -> Answered {
    good(&gateway.engine().catalog_state().await.map_err(refused)?)
}

async fn schedule(gateway: Gateway, asked: Asked) -> Answered {
    expect_all(&asked)?;
    let Schedule { scheduled } = asked.body()?;
    gateway.engine().set_catalog_schedule(scheduled).await.map_err(refused)?;
    done()
}

async fn sync(gateway: Gateway, asked: Asked) -> Answered {
    expect_all(&asked)?;
    let ListPlace { url, provider } = asked.body_or_default()?;
    let items = match url {
        // A file of this machine is nothing that a caller names.
        Some(url) if !url.starts_with("https://") => {
            return Err(Refusal {
                param: Some("url".to_owned()),
                ..bad("write a public address that begins with `https://`")
            });
        }
        Some(url) => {
            let provider = provider.unwrap_or_default();
            let done = gateway.engine().sync_catalog(&url, &provider).await.map_err(refused)?;
            vec![Synced { source: done.source.clone(), done: Some(done), problem: None }]
        }
        None => {
            let all = gateway.engine().sync_catalog_sources().await.into_iter();
            all.map(|(source, result)| match result {
                Ok(done) => Synced { source, done: Some(done), problem: None },
                Err(error) => Synced { source, done: None, problem: Some(error.to_string()) },
            })
            .collect()
        }
    };
    good(&List::all(items))
}

async fn held(gateway: Gateway, _: Asked) -> Answered {
    good(&List::all(gateway.engine().held_prices().await.map_err(refused)?))
}

async fn answer_held(gateway: Gateway, asked: Asked) -> Answered {
    expect_all(&asked)?;
    let HeldAnswer { model, accept } = asked.body()?;
    let (engine, model) = (gateway.engine(), model.as_deref());
    let count = if accept { engine.accept_prices(model).await } else { engine.refuse_prices(model).await };
    good(&Count { count: count.map_err(refused)? })
}

async fn history(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(HISTORY)?;
    let most = query.count(&HISTORY[1]);
    let mut items = match query.text("model") {
        None => gateway.engine().price_changes(most).await.map_err(refused)?,
        Some(name) => gateway.engine().model_history(name).await.map_err(refused)?,
    };
    items.truncate(most as usize);
    good(&List::all(items))
}

async fn doubtful(gateway: Gateway, _: Asked) -> Answered {
    good(&List::all(gateway.engine().doubtful_names()))
}

async fn answer_doubt(gateway: Gateway, asked: Asked) -> Answered {
    expect_all(&asked)?;
    let DoubtAnswer { name, same } = asked.body()?;
    gateway.engine().answer_doubt(&name, same).await.map_err(refused)?;
    done()
}

async fn names(gateway: Gateway, _: Asked) -> Answered {
    good(&List::all(gateway.engine().model_names()))
}

async fn set_name(gateway: Gateway, asked: Asked) -> Answered {
    expect_all(&asked)?;
    let Naming { name, model } = asked.body()?;
    gateway.engine().set_model_name(&name, model.as_deref()).await.map_err(refused)?;
    done()
}

async fn own(gateway: Gateway, asked: Asked) -> Answered {
    let mut own = gateway.engine().own_figures();
    own.retain(|own| asked.grant().allows_target(&own.model));
    good(&List::all(own))
}

async fn set_own(gateway: Gateway, asked: Asked) -> Answered {
    expect_all(&asked)?;
    gateway.engine().set_own_figures(asked.body()?).await.map_err(refused)?;
    done()
}

async fn remove_own(gateway: Gateway, asked: Asked) -> Answered {
    expect_all(&asked)?;
    let model: Target = asked.query(OWN)?.needed("model")?;
    gateway.engine().remove_own_figures(&model).await.map_err(refused)?;
    done()
}
