use super::*;

#[expect(clippy::unnecessary_wraps, reason = "prices are options")]
fn usd(text: &str) -> Option<NanoUsd> {
    Some(text.parse().unwrap())
}

#[test]
fn the_bundled_file_is_read_whole_and_is_small() {
    let text = include_str!("../../catalog/snapshot.json");
    assert!(text.len() < 400 << 10);
    let models = read(text).unwrap();
    assert_eq!(models, all());
    assert!(models.len() > 500);
    for model in &models {
        assert!(model.prices.input.is_none_or(|price| price.0 >= 0));
        assert!(model.prices.input.is_some() || model.prices == Prices::default(), "{}", model.id);
        assert!(model.context_window != Some(0) && !model.source.is_empty() && model.date.len() == 10);
    }
}

#[test]
fn every_shelf_belongs_to_a_preset() {
    let shelves: std::collections::BTreeSet<_> = all().iter().map(|model| model.provider.as_str()).collect();
    for shelf in shelves {
        assert!(crate::presets::rows().iter().any(|row| row.catalog.as_deref() == Some(shelf)), "{shelf}");
    }
}

#[test]
fn known_models_have_their_published_prices() {
    let mini = lookup("openai", "gpt-4o-mini").unwrap();
    assert_eq!((mini.prices.input, mini.prices.output), (usd("0.15"), usd("0.6")));
    assert_eq!(mini.prices.cached_read, usd("0.075"));
    assert_eq!(mini.context_window, Some(128_000));
    assert_eq!(mini.capabilities.vision, Some(true));
    let sonnet = lookup("anthropic", "claude-sonnet-4-5-20250929").unwrap();
    assert_eq!((sonnet.prices.input, sonnet.prices.output), (usd("3"), usd("15")));
    assert_eq!(sonnet.prices.cached_write, usd("3.75"));
    assert!(lookup("gemini", "models/gemini-2.5-flash").unwrap().prices.input.is_some());
    assert!(lookup("openrouter", "anthropic/claude-sonnet-4.5").unwrap().prices.output.is_some());
    assert!(lookup("together", "qwen/qwen2.5-7b-instruct-turbo").is_some());
    assert_eq!(lookup("openai-responses", "gpt-4o-mini"), lookup("openai", "gpt-4o-mini"));
    assert_eq!(
        lookup("openrouter", "google/gemma-3-27b-it:free").map(|m| m.prices.input),
        lookup("openrouter", "google/gemma-3-27b-it:free").map(|_| usd("0"))
    );
}

#[test]
fn a_dated_name_finds_the_model_and_another_version_does_not() {
    assert_eq!(lookup("openai", "gpt-4o-mini-2031-01-02").unwrap().id, "gpt-4o-mini");
    assert_eq!(lookup("anthropic", "claude-opus-4-6-20310101").unwrap().id, "claude-opus-4-6");
    assert_eq!(lookup("gemini", "gemini-2.0-flash-001").unwrap().id, "gemini-2.0-flash");
    // A dated model with a price of its own is not its undated sister.
    assert_eq!(lookup("openai", "gpt-4o-2024-05-13").unwrap().prices.input, usd("5"));
    for (preset, model) in [
        ("mistral", "mistral-large-2402"),
        ("azure", "our-own-deployment"),
        ("openrouter", "openai/gpt-4o-mini:nitro"),
        ("huggingface", "meta-llama/Llama-3.3-70B-Instruct:groq"),
        ("openai", "ft:gpt-4o-mini:acme::x"),
        ("openai", "no-such-model"),
        ("nobody", "gpt-4o-mini"),
        ("", "gpt-4o-mini"),
        ("openai", ""),
    ] {
        assert_eq!(lookup(preset, model), None, "{preset}/{model}");
    }
}

#[test]
fn dates_come_off_and_nothing_else_does() {
    for (id, plain) in [
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("claude-x-20250514", "claude-x"),
        ("gemini-2.0-flash-001", "gemini-2.0-flash"),
        ("mistral-large-2411", "mistral-large-2411"),
        ("llama-3.1-8b", "llama-3.1-8b"),
        ("größe-2024-08-06", "größe"),
        ("ünïcödé-ünïcödé", "ünïcödé-ünïcödé"),
        ("2024-08-06", "2024-08-06"),
        ("", ""),
    ] {
        assert_eq!(without_date(id), plain);
    }
}

#[test]
fn long_prompts_are_charged_at_their_own_prices_for_the_whole_call() {
    let pro = lookup("gemini", "gemini-2.5-pro").unwrap();
    let usage = |input, cached_read| Usage {
        input: Some(input),
        cached_read: Some(cached_read),
        output: Some(1_000),
        ..Usage::default()
    };
    let cost = |input, cached_read| {
        let usage = usage(input, cached_read);
        pro.prices_for(&usage).cost_of(&usage)
    };
    // 200,000 at 1.25 and 1,000 at 10 dollars a million.
    assert_eq!(cost(200_000, 0), usd("0.26"));
    // One more, 100,000 of them cached: 100,001 at 2.5, 100,000 at 0.25, 1,000 at 15.
    assert_eq!(cost(100_001, 100_000), usd("0.2900025"));
    assert!(all().iter().filter(|model| !model.above.is_empty()).count() > 15);
    for model in all() {
        for (_, prices) in &model.above {
            assert!(prices.input >= model.prices.input && prices.output.is_some(), "{}", model.id);
        }
    }
}
