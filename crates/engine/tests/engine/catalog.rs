//! The catalog: lists are taken whole or not at all, jumps wait, and calls are charged by it.

use crate::ground::Ground;
use domain::{Ability, Capabilities, Prices, PromptClass, ScoreName};
use engine::{
    CatalogQuery, CatalogSort, ChangeKind, Engine, EngineErrorKind, EngineOptions, OwnFigures, PriceLoad,
    RankBy, RankedModel, Reachable,
};
use std::path::{Path, PathBuf};

const FIRST: &str = r#"{"openai/zebra":{"litellm_provider":"openai","mode":"chat","input_cost_per_token":2e-06,"output_cost_per_token":8e-06},
 "gpt-4o-mini":{"litellm_provider":"openai","mode":"chat","input_cost_per_token":3e-07,"output_cost_per_token":1.2e-06}}"#;

fn list(folder: &Path, text: &[u8]) -> PathBuf {
    let path = folder.join("list.json");
    std::fs::write(&path, text).unwrap();
    path
}

async fn reopened(ground: &Ground) -> Engine {
    Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap()
}

fn price(engine: &Engine, id: &str) -> Option<String> {
    engine.catalog().lookup("openai", id)?.prices.input.map(|usd| usd.to_string())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_is_taken_counts_at_once_and_after_a_restart_and_a_bad_one_changes_nothing() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(price(engine, "gpt-4o-mini").as_deref(), Some("0.15"));
    let path = list(folder.path(), FIRST.as_bytes());
    let done = engine.sync_catalog(path.to_str().unwrap(), "").await.unwrap();
    assert_eq!((done.source.as_str(), done.models, done.held), ("litellm", 2, 0));
    assert_eq!(price(engine, "gpt-4o-mini").as_deref(), Some("0.3"));
    let good = std::fs::read(&path).unwrap();
    for (what, bytes) in [
        ("cut", good[..good.len() / 2].to_vec()),
        ("empty", Vec::new()),
        ("a page", b"<html>down for maintenance</html>".to_vec()),
        ("long", vec![b' '; 33 << 20]),
        ("negative", String::from_utf8(good.clone()).unwrap().replace("2e-06", "-2e-06").into_bytes()),
        ("no number", String::from_utf8(good.clone()).unwrap().replace("2e-06", "NaN").into_bytes()),
    ] {
        let path = list(folder.path(), &bytes);
        let error = engine.sync_catalog(path.to_str().unwrap(), "").await.unwrap_err();
        assert_eq!(error.kind(), EngineErrorKind::BadInput, "{what}");
        assert_eq!(price(engine, "gpt-4o-mini").as_deref(), Some("0.3"), "{what}");
    }
    // Neither this machine nor plain http is a source, whoever names it.
    for url in ["http://127.0.0.1:9/list", "https://127.0.0.1:9/list", "https://169.254.169.254/latest"] {
        assert!(engine.sync_catalog(url, "").await.is_err(), "{url}");
    }
    let again = reopened(&ground).await;
    assert_eq!(price(&again, "gpt-4o-mini").as_deref(), Some("0.3"));
    assert_eq!(price(&again, "zebra").as_deref(), None);
    assert_eq!(price(&again, "openai/zebra").as_deref(), Some("2"));
    again.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jump_waits_for_a_yes_and_what_was_known_is_charged_until_then() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let folder = tempfile::tempdir().unwrap();
    let path = list(folder.path(), FIRST.as_bytes());
    engine.sync_catalog(path.to_str().unwrap(), "").await.unwrap();
    let dear = FIRST.replace("3e-07", "3e-05").replace("2e-06", "3e-06");
    let path = list(folder.path(), dear.as_bytes());
    let done = engine.sync_catalog(path.to_str().unwrap(), "").await.unwrap();
    assert_eq!((done.changed, done.held), (1, 1));
    assert_eq!(price(engine, "gpt-4o-mini").as_deref(), Some("0.3"));
    assert_eq!(price(engine, "openai/zebra").as_deref(), Some("3"));
    let held = engine.held_prices().await.unwrap();
    assert_eq!((held.len(), held[0].new.input.unwrap().to_string().as_str()), (1, "30"));
    let nobody = engine.accept_prices(Some("openai/nothing")).await.unwrap_err();
    assert_eq!(nobody.kind(), EngineErrorKind::NotFound);
    assert_eq!(engine.accept_prices(Some("openai/gpt-4o-mini")).await.unwrap(), 1);
    assert_eq!(price(engine, "gpt-4o-mini").as_deref(), Some("30"));
    assert!(engine.held_prices().await.unwrap().is_empty());
    assert_eq!(engine.price_changes(10).await.unwrap().len(), 2);
    // What was said yes to does not jump again.
    assert_eq!(engine.sync_catalog(path.to_str().unwrap(), "").await.unwrap().held, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_are_found_under_any_name_shown_and_ranked_and_the_users_word_counts() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let card = engine.catalog_card("us.anthropic.claude-sonnet-4-5-20250929-v1:0").unwrap();
    assert!(card.known && card.offers.iter().any(|offer| offer.provider == "anthropic"));
    assert!(card.offers.iter().any(|offer| offer.provider == "openrouter"));
    assert!(engine.catalog_card("---").is_err());
    assert!(engine.search_catalog("CLAUDE").iter().all(|entry| entry.model.contains("claude")));
    for by in RankBy::ALL {
        let ranked = engine.rank_models(by, PromptClass::Code);
        // Nobody was asked here yet, so nothing is known of speed.
        assert_eq!(ranked.len() > 20, by != RankBy::Speed, "{by}");
        let whole = |one: &RankedModel| {
            let parts = one.parts.iter().map(|part| part.value * part.weight).sum::<f32>();
            // What counts how much is what counts for a route of that name.
            let of = |name| one.parts.iter().find(|part| part.name == name).map_or(0.0, |part| part.weight);
            let (quality, cost) = (of(ScoreName::Quality), of(ScoreName::Cost));
            let weights = by.profile().weights();
            (parts - one.score).abs() < 1e-4
                && (quality / cost - weights.quality / weights.cost).abs() < 1e-3
                && of(ScoreName::Preference).abs() < f32::EPSILON
        };
        assert!(ranked.iter().all(whole), "{by}");
        assert!(ranked.is_sorted_by(|a, b| a.score >= b.score && a.rank < b.rank), "{by}");
    }
    engine.set_model_name("my-deployment", Some(&card.model)).await.unwrap();
    assert_eq!(engine.catalog_card("My-Deployment").unwrap().model, card.model);
    engine.set_model_name("my-deployment", None).await.unwrap();
    assert!(!engine.catalog_card("my-deployment").unwrap().known);
    assert!(!engine.catalog_schedule().await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jump_that_was_refused_waits_again_only_once_the_list_says_something_else() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let folder = tempfile::tempdir().unwrap();
    let sync = async |text: &str| {
        let path = list(folder.path(), text.as_bytes());
        engine.sync_catalog(path.to_str().unwrap(), "").await.unwrap()
    };
    sync(FIRST).await;
    let dear = FIRST.replace("3e-07", "3e-05");
    assert_eq!(sync(&dear).await.held, 1);
    assert_eq!(
        engine.refuse_prices(Some("openai/nothing")).await.unwrap_err().kind(),
        EngineErrorKind::NotFound
    );
    assert_eq!(engine.refuse_prices(Some("openai/gpt-4o-mini")).await.unwrap(), 1);
    assert!(engine.held_prices().await.unwrap().is_empty());
    assert_eq!(price(engine, "gpt-4o-mini").as_deref(), Some("0.3"));
    assert_eq!(sync(&dear).await.held, 0);
    assert_eq!(price(engine, "gpt-4o-mini").as_deref(), Some("0.3"));
    assert_eq!(sync(&FIRST.replace("3e-07", "4e-05")).await.held, 1);
    let state = engine.catalog_state().await.unwrap();
    assert_eq!((state.held, state.scheduled, state.bundled > 500), (1, false, true));
    let litellm = state.sources.iter().find(|source| source.source == "litellm").unwrap();
    assert_eq!((litellm.models, litellm.next_at), (2, None));
    engine.set_catalog_schedule(true).await.unwrap();
    let sources = engine.catalog_sources().await.unwrap();
    assert!(sources.iter().all(|source| source.next_at.is_some()), "{sources:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_are_filtered_and_sorted_with_what_is_unknown_last_and_counted_for_every_filter() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let find = |query: CatalogQuery| engine.find_catalog(&query);
    let all = find(CatalogQuery::default());
    assert_eq!(all.models.len(), all.all as usize);
    let here = find(CatalogQuery { reachable: vec![Reachable::Local], ..CatalogQuery::default() });
    assert!(
        here.models
            .iter()
            .any(|entry| entry.target.as_ref().is_some_and(|t| t.as_str() == "simulated/steady"))
    );
    for descending in [false, true] {
        let query = CatalogQuery { sort: CatalogSort::Output, descending, ..CatalogQuery::default() };
        let prices: Vec<_> = find(query).models.iter().map(|entry| entry.prices.output).collect();
        let known = prices.iter().take_while(|price| price.is_some()).count();
        assert!(known > 100 && prices[known..].iter().all(Option::is_none));
        assert!(prices[..known].is_sorted_by(|a, b| if descending { a >= b } else { a <= b }));
    }
    let query = CatalogQuery {
        text: Some("sonnet, gpt mini".to_owned()),
        can: vec![Ability::Tools],
        providers: vec!["anthropic".to_owned(), "openai".to_owned()],
        min_context: Some(100_000),
        max_output: "16".parse().ok(),
        ..CatalogQuery::default()
    };
    let found = find(query.clone());
    assert!(found.models.len() > 2, "{found:?}");
    for entry in &found.models {
        let name = format!("{} {} {}", entry.id, entry.name, entry.model).to_lowercase();
        assert!(name.contains("sonnet") || name.contains("gpt") && name.contains("mini"), "{name}");
        assert!(
            entry.context_window.unwrap() >= 100_000
                && entry.prices.output.unwrap() <= query.max_output.unwrap()
        );
    }
    // A count says what one more choice of its kind would find.
    let count = found.providers.iter().find(|one| one.name == "openai").unwrap().count as usize;
    let only = find(CatalogQuery { providers: vec!["openai".to_owned()], ..query });
    assert_eq!(only.models.len(), count);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_figures_make_models_that_can_be_asked_and_prices_that_count_until_they_are_taken_back() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let provider = engine.config().providers.iter().find(|one| one.configured).unwrap().id.to_string();
    let model: domain::Target = format!("{provider}/our-tune-7").parse().unwrap();
    let own = OwnFigures {
        model: model.clone(),
        name: Some("Our tune".to_owned()),
        context_window: Some(9_000),
        output_limit: None,
        capabilities: Capabilities { tools: Some(true), ..Capabilities::default() },
        prices: Prices { input: "1.5".parse().ok(), output: "3".parse().ok(), ..Prices::default() },
    };
    engine.set_own_figures(own.clone()).await.unwrap();
    assert_eq!(engine.own_figures(), std::slice::from_ref(&own));
    let listed = engine.models().await.into_iter().find(|one| one.target == model).unwrap();
    assert_eq!(
        (listed.name.as_str(), listed.context_window, listed.prices),
        ("Our tune", Some(9_000), own.prices)
    );
    let found = engine.search_catalog("our-tune-7");
    assert!(found.len() == 1 && found[0].own && found[0].capabilities.tools == Some(true), "{found:?}");
    assert_eq!(engine.catalog_card(&found[0].model).unwrap().offers, found);
    // An agreed price of a model that lists have.
    let cheap = OwnFigures {
        model: "gpt-4o-mini".parse().unwrap(),
        name: None,
        context_window: None,
        capabilities: Capabilities::default(),
        ..own.clone()
    };
    engine.set_own_figures(cheap.clone()).await.unwrap();
    let mini = |entry: &engine::CatalogEntry| entry.provider == "openai" && entry.id == "gpt-4o-mini";
    let now = || engine.search_catalog("gpt-4o-mini").into_iter().find(mini).unwrap();
    assert!(now().own && now().prices == own.prices);
    engine.remove_own_figures(&cheap.model).await.unwrap();
    assert!(!now().own && now().prices.input == "0.15".parse().ok());
    for (model, context_window) in [("nobody/x", Some(1)), ("gpt-4o-mini", Some(1)), ("gpt-4o-mini", None)] {
        let bad = OwnFigures {
            model: model.parse().unwrap(),
            name: None,
            context_window,
            prices: Prices::default(),
            ..cheap.clone()
        };
        assert_eq!(
            engine.set_own_figures(bad).await.unwrap_err().kind(),
            EngineErrorKind::BadInput,
            "{model}"
        );
    }
    engine.remove_own_figures(&model).await.unwrap();
    assert!(engine.own_figures().is_empty() && engine.search_catalog("our-tune-7").is_empty());
    assert!(engine.remove_own_figures(&model).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn models_that_a_list_has_now_or_has_no_more_are_in_the_history_and_a_first_list_is_not() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let folder = tempfile::tempdir().unwrap();
    let sync = async |text: &str| {
        let path = list(folder.path(), text.as_bytes());
        engine.sync_catalog(path.to_str().unwrap(), "").await.unwrap()
    };
    let told = async || {
        let all = engine.price_changes(9).await.unwrap();
        let usd = |price: Option<domain::NanoUsd>| price.map(|usd| usd.to_string());
        all.into_iter()
            .map(|one| (one.kind, one.model, usd(one.old.input), usd(one.new.input)))
            .collect::<Vec<_>>()
    };
    sync(FIRST).await;
    assert_eq!(told().await, []);
    let dear = Some("5".to_owned());
    sync(&FIRST.replace("openai/zebra", "openai/yak").replace(":2e-06", ":5e-06")).await;
    assert_eq!(
        told().await,
        [
            (ChangeKind::Gone, "openai/zebra".to_owned(), Some("2".to_owned()), None),
            (ChangeKind::New, "openai/yak".to_owned(), None, dear)
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_requests_would_cost_is_told_by_step_batch_and_name() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let folder = tempfile::tempdir().unwrap();
    let text = FIRST.replace(
        "\"output_cost_per_token\":8e-06",
        "\"output_cost_per_token\":8e-06,\"input_cost_per_token_above_200k_tokens\":4e-06,\
         \"input_cost_per_token_batches\":1e-06,\"output_cost_per_token_batches\":4e-06,\"deprecation_date\":\"2031-02-03\"",
    );
    engine.sync_catalog(list(folder.path(), text.as_bytes()).to_str().unwrap(), "").await.unwrap();
    let zebra = engine.search_catalog("zebra").into_iter().find(|one| one.id == "openai/zebra").unwrap();
    assert_eq!(zebra.dates.deprecated.as_deref(), Some("2031-02-03"));
    assert_eq!(zebra.batch.output, "4".parse().ok());
    let load = |input, batch| PriceLoad { input, cached: 0, output: 1_000, requests: 10, batch };
    let cost = |input, batch| {
        let priced =
            engine.price_models(std::slice::from_ref(&zebra.model), load(input, batch), Some).unwrap();
        priced[0].cost.map(|cost| (cost.one.to_string(), cost.all.to_string()))
    };
    let told = |one: &str, all: &str| Some((one.to_owned(), all.to_owned()));
    assert_eq!(cost(100_000, false), told("0.208", "2.08"));
    assert_eq!(cost(300_000, false), told("1.208", "12.08"));
    assert_eq!(cost(100_000, true), told("0.104", "1.04"));
    assert_eq!(cost(300_000, true), None, "what a batch of long prompts costs is in no list");
    let names = ["gpt-4o-mini".to_owned(), zebra.model.clone()];
    let both = engine.price_models(&names, load(1_000, false), Some).unwrap();
    assert_eq!(both[0].offer.id, "gpt-4o-mini", "the cheapest first");
    assert_eq!(
        engine.price_models(&["---".to_owned()], load(1, false), Some).unwrap_err().kind(),
        EngineErrorKind::BadInput
    );
}
