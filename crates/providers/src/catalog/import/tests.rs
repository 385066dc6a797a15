use super::*;
use std::path::Path;

const ROUTED: &str = r#"{"data":[
 {"id":"acme/zebra-9","canonical_slug":"acme/zebra-9-20300101","hugging_face_id":"Acme/Zebra-9","name":"Acme: Zebra 9",
  "context_length":131072,"architecture":{"input_modalities":["text","image"],"output_modalities":["text"]},
  "pricing":{"prompt":"0.0000025","completion":"0.00001","internal_reasoning":"0"},
  "top_provider":{"max_completion_tokens":8192},"supported_parameters":["tools"]}]}"#;

fn usd(text: &str) -> Option<NanoUsd> {
    text.parse().ok()
}

#[test]
fn each_public_form_is_recognised_by_what_is_in_it() {
    let routed = read(ROUTED.as_bytes(), "").unwrap();
    let fact = &routed.facts[0];
    assert_eq!(
        (routed.kind, fact.prices.input, fact.prices.output),
        (Kind::Openrouter, usd("2.5"), usd("10"))
    );
    assert_eq!(fact.aliases, ["acme/zebra-9-20300101", "Acme/Zebra-9"]);
    assert_eq!(
        (fact.context_window, fact.capabilities.vision, fact.prices.reasoning),
        (Some(131_072), Some(true), None)
    );

    let lite = r#"{"sample_spec":{"litellm_provider":"x","mode":"chat"},
        "gemini/zebra":{"litellm_provider":"gemini","mode":"chat","input_cost_per_token":1.5e-07,
        "output_cost_per_token":6e-07,"max_input_tokens":"1000","supports_vision":true}}"#;
    let lite = read(lite.as_bytes(), "").unwrap();
    let fact = &lite.facts[0];
    assert_eq!((lite.kind, fact.provider.as_str(), fact.id.as_str()), (Kind::Litellm, "gemini", "zebra"));
    assert_eq!((fact.prices.input, fact.context_window), (usd("0.15"), Some(1_000)));

    let dev = r#"{"google":{"models":{"zebra":{"name":"Zebra","cost":{"input":1.25,"output":10,
        "context_over_200k":{"input":2.5,"output":15}},"limit":{"context":1048576},"modalities":{"input":["text"],"output":["text"]}}}}}"#;
    let dev = read(dev.as_bytes(), "").unwrap();
    assert_eq!((dev.kind, dev.facts[0].provider.as_str()), (Kind::ModelsDev, "gemini"));
    assert_eq!(dev.facts[0].above[0].1.output, usd("15"));

    let board = "rank,model,arena_score,votes\n1,\"Zebra, 9\",1470,26019\n";
    let board = read(board.as_bytes(), "").unwrap();
    assert_eq!((board.kind, board.facts[0].id.as_str()), (Kind::Lmarena, "Zebra, 9"));
    assert_eq!(board.facts[0].score, Some(("lmarena-text".to_owned(), 1470.0, 26_019)));

    let own = r#"{"object":"list","data":[{"id":"zebra-9-2512","object":"model","aliases":["zebra-latest","zebra-9"],"max_context_length":4096}]}"#;
    let own = read(own.as_bytes(), "mistral").unwrap();
    assert_eq!((own.kind, own.facts[0].provider.as_str()), (Kind::Provider, "mistral"));
    assert_eq!(own.facts[0].aliases, ["zebra-9"]);

    let hub = r#"{"id":"Acme/Zebra-9","inferenceProviderMapping":{"groq":{"providerId":"acme/zebra9"}}}"#;
    let hub = read(hub.as_bytes(), "").unwrap();
    assert_eq!((hub.kind, &hub.facts[0].aliases[..]), (Kind::HuggingFace, &["acme/zebra9".to_owned()][..]));
}

/// Prices of a step, as `[input, output, cached read, cached write]`; empty is unknown.
fn step_of([input, output, cached_read, cached_write]: [&str; 4]) -> Prices {
    Prices {
        input: usd(input),
        output: usd(output),
        cached_read: Some(cached_read).filter(|text| !text.is_empty()).and_then(usd),
        cached_write: Some(cached_write).filter(|text| !text.is_empty()).and_then(usd),
        reasoning: None,
    }
}

/// The steps of the row in question; `None` when it is left out.
fn zebra(text: &str) -> Option<Vec<(u32, Prices)>> {
    let facts = read(text.as_bytes(), "").unwrap().facts;
    facts.into_iter().find(|fact| fact.id == "zebra").map(|fact| fact.above)
}

/// Of models.dev's row with this `cost`, among good ones.
fn dev_steps(cost: &str) -> Option<Vec<(u32, Prices)>> {
    let good = r#"{"cost":{"input":1,"output":2},"limit":{"context":1000}}"#;
    let good: Vec<String> = (0..9).map(|n| format!("\"m{n}\":{good}")).collect();
    let text = format!("{{\"acme\":{{\"models\":{{\"zebra\":{{\"cost\":{cost}}},{}}}}}}}", good.join(","));
    zebra(&text)
}

/// Of LiteLLM's row with these fields, among good ones.
fn lite_steps(fields: &str) -> Option<Vec<(u32, Prices)>> {
    let row = |id: &str, fields: &str| {
        format!("\"{id}\":{{\"litellm_provider\":\"acme\",\"mode\":\"chat\",{fields}}}")
    };
    let good = (0..9).map(|n| row(&format!("m{n}"), r#""input_cost_per_token":1e-06"#));
    let rows: Vec<String> = good.chain([row("zebra", fields)]).collect();
    let text = format!("{{{}}}", rows.join(","));
    zebra(&text)
}

#[test]
fn steps_of_models_dev_are_read_as_tiers_and_as_they_were_before() {
    let tiers = r#"{"input":2,"output":12,"cache_read":0.2,"cache_write":2.5,"tiers":[
        {"tier":{"size":400000},"input":8,"output":30},
        {"tier":{"type":"context","size":200000},"input":4,"output":18,"cache_read":0.4,"cache_write":5}],
        "context_over_200k":{"input":7,"output":7}}"#;
    let first = (200_000, step_of(["4", "18", "0.4", "5"]));
    assert_eq!(dev_steps(tiers).unwrap(), [first, (400_000, step_of(["8", "30", "", ""]))]);

    let before = r#"{"input":2,"output":12,"tiers":[],"context_over_200k":{"input":4}}"#;
    assert_eq!(dev_steps(before).unwrap(), [(200_000, step_of(["4", "12", "", ""]))]);
}

#[test]
fn steps_of_litellm_are_read_for_each_length_and_other_terms_are_not() {
    let fields = r#""input_cost_per_token":3e-06,"output_cost_per_token":1.5e-05,
        "cache_read_input_token_cost":3e-07,"cache_creation_input_token_cost":3.75e-06,
        "input_cost_per_token_above_272k_tokens":9e-06,
        "input_cost_per_token_above_128k_tokens":6e-06,"output_cost_per_token_above_128k_tokens":2.25e-05,
        "cache_read_input_token_cost_above_128k_tokens":6e-07,
        "cache_creation_input_token_cost_above_128k_tokens":7.5e-06,
        "cache_creation_input_token_cost_above_1hr":6e-06,
        "cache_creation_input_token_cost_above_1hr_above_128k_tokens":1.2e-05,
        "input_cost_per_token_above_300k_tokens_priority":1e-05,
        "output_cost_per_token_above_400k_tokens_batches":1e-05"#;
    let first = (128_000, step_of(["6", "22.5", "0.6", "7.5"]));
    assert_eq!(lite_steps(fields).unwrap(), [first, (272_000, step_of(["9", "15", "", ""]))]);
}

#[test]
fn steps_that_make_no_sense_are_left_out_and_bad_prices_take_their_row_along() {
    for tiers in [
        r#""many""#,
        r#"[1,null,{"input":4},{"tier":"long","input":4}]"#,
        r#"[{"tier":{"size":0},"input":4},{"tier":{"size":-5},"input":4},{"tier":{"size":"x"},"input":4}]"#,
        r#"[{"tier":{"size":200000000},"input":4}]"#,
        r#"[{"tier":{"type":"output","size":200000},"input":4}]"#,
        r#"[{"tier":{"size":200000}},{"tier":{"size":200000},"input":null}]"#,
    ] {
        let cost = format!(r#"{{"input":2,"output":12,"tiers":{tiers}}}"#);
        assert_eq!(dev_steps(&cost), Some(Vec::new()), "{tiers}");
    }
    assert_eq!(dev_steps(r#"{"tiers":[{"tier":{"size":200000},"input":4}]}"#), Some(Vec::new()));
    for price in ["-4", r#""dear""#, "1e300", "20000"] {
        let cost = format!(r#"{{"input":2,"tiers":[{{"tier":{{"size":200000}},"input":{price}}}]}}"#);
        assert_eq!(dev_steps(&cost), None, "{price}");
    }

    for above in ["_above_0k_tokens", "_above_k_tokens", "_above_99999999999k_tokens", "_above_+9k_tokens"] {
        let fields = format!(r#""input_cost_per_token":3e-06,"input_cost_per_token{above}":6e-06"#);
        assert_eq!(lite_steps(&fields), Some(Vec::new()), "{above}");
    }
    let fields = r#""input_cost_per_token":3e-06,"input_cost_per_token_above_200k_tokens""#;
    assert_eq!(lite_steps(&format!("{fields}:null")), Some(Vec::new()));
    assert_eq!(lite_steps(&format!("{fields}:-6e-06")), None);
    let many: Vec<String> =
        (1..200).map(|n| format!(r#""input_cost_per_token_above_{n}k_tokens":6e-06"#)).collect();
    assert_eq!(lite_steps(&format!(r#""input_cost_per_token":3e-06,{}"#, many.join(","))), None);
}

#[test]
fn the_public_lists_have_price_steps() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/catalog");
    for (name, least) in [("litellm_models.json", 200), ("models_dev.json", 35)] {
        let Ok(bytes) = std::fs::read(folder.join(name)) else {
            eprintln!("skipped: ../shared/catalog/{name} is not here");
            continue;
        };
        let list = read(&bytes, "").unwrap_or_else(|e| panic!("{name}: {e}"));
        let stepped: Vec<&Fact> = list.facts.iter().filter(|fact| !fact.above.is_empty()).collect();
        println!("{name}: {} with steps", stepped.len());
        assert!(stepped.len() >= least, "{name}: {}", stepped.len());
        for fact in stepped {
            for (tokens, prices) in &fact.above {
                assert!(*tokens >= 100_000 && prices.input >= fact.prices.input, "{name}: {}", fact.id);
            }
        }
    }
}

#[test]
fn broken_lists_are_refused_whole() {
    for (bytes, what) in [
        (&b""[..], "nothing"),
        (b"{", "cut"),
        (b"[1,2]", "an array"),
        (b"\xff\xfe{}", "not text"),
        (b"{\"data\":[]}", "no models"),
        (b"{\"data\":[{\"id\":\"a\",\"pricing\":{\"prompt\":NaN}}]}", "NaN"),
        (b"{\"data\":[{\"id\":\"a\",\"pricing\":{\"prompt\":\"NaN\"}}]}", "NaN as text"),
        (b"{\"data\":[{\"id\":\"a\",\"pricing\":{\"prompt\":\"-0.5\"}}]}", "negative"),
        (b"{\"data\":[{\"id\":\"<img src=x onerror=alert(1)>\",\"pricing\":{\"prompt\":\"0\"}}]}", "markup"),
        (b"<html><body>504 Gateway Timeout</body></html>", "a page"),
        (b"{\"hello\":{\"world\":1}}", "something else"),
        (b"rank,model,arena_score\n1,x,NaN\n", "no score"),
    ] {
        assert!(read(bytes, "").is_err(), "{what}");
    }
    let long = vec![b' '; MAX_BYTES + 1];
    assert_eq!(read(&long, ""), Err(ImportError::TooLong));
    // As deep as a parser may be led.
    let deep = format!("{{\"data\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(read(deep.as_bytes(), "").is_err());
}

#[test]
fn a_bad_row_is_left_out_and_named_and_a_duplicate_does_not_win() {
    let row = |id: &str, prompt: &str| {
        format!("{{\"id\":\"{id}\",\"pricing\":{{\"prompt\":\"{prompt}\",\"completion\":\"0.00001\"}}}}")
    };
    let good: Vec<String> = (0..20).map(|n| row(&format!("m{n}"), "0.000001")).collect();
    let bad = [row("m3", "0.000002"), row("minus", "-0.1"), row("<b>x</b>", "0"), row("dear", "1")];
    let text = format!("{{\"data\":[{},{}]}}", good.join(","), bad.join(","));
    let read = read(text.as_bytes(), "").unwrap();
    assert_eq!((read.facts.len(), read.skipped_count, read.skipped.len()), (20, 4, 4));
    assert_eq!(read.facts[3].prices.input, usd("1"));
}

#[test]
fn the_public_lists_are_read_whole() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/catalog");
    for (name, provider, least) in [
        ("litellm_models.json", "", 1_800),
        ("models_dev.json", "", 700),
        ("openrouter_models.json", "", 340),
        ("lmarena_text.csv", "", 260),
        ("lmarena_vision.csv", "lmarena-vision", 80),
        ("native/openai_models.json", "openai", 50),
        ("native/google_models.json", "gemini", 20),
        ("native/groq_models.json", "groq", 10),
        ("native/mistral_models.json", "mistral", 30),
        ("native/anthropic_models.json", "anthropic", 5),
        ("native/huggingface_router_models.json", "huggingface", 50),
        ("native/huggingface_hub_model.json", "", 1),
    ] {
        let Ok(bytes) = std::fs::read(folder.join(name)) else {
            eprintln!("skipped: ../shared/catalog/{name} is not here");
            continue;
        };
        let list = read(&bytes, provider).unwrap_or_else(|e| panic!("{name}: {e}"));
        println!(
            "{name}: {:?}, {} facts, {} skipped {:?}",
            list.kind,
            list.facts.len(),
            list.skipped_count,
            list.skipped
        );
        assert!(list.facts.len() >= least, "{name}: {}", list.facts.len());
    }
}

#[test]
fn batch_prices_and_days_are_read_where_lists_have_them_and_what_is_no_day_is_left_out() {
    let lite = r#"{"acme/zebra":{"litellm_provider":"acme","mode":"chat","input_cost_per_token":2e-06,
        "output_cost_per_token":4e-06,"input_cost_per_token_batches":1e-06,"output_cost_per_token_batches":2e-06,
        "deprecation_date":"2031-02-03"}}"#;
    let fact = read(lite.as_bytes(), "").unwrap().facts.remove(0);
    assert_eq!((fact.batch.input, fact.batch.output, fact.batch.cached_read), (usd("1"), usd("2"), None));
    assert_eq!(fact.dates.deprecated.as_deref(), Some("2031-02-03"));
    let negative = lite.replace("1e-06,", "-1e-06,");
    assert!(matches!(read(negative.as_bytes(), ""), Err(ImportError::Broken(..))));

    let dev = |released: &str| {
        let dev = format!(
            r#"{{"acme":{{"models":{{"zebra":{{"knowledge":"2029-04","release_date":{released},"limit":{{"context":9}}}}}}}}}}"#
        );
        read(dev.as_bytes(), "").unwrap().facts.remove(0).dates
    };
    assert_eq!(dev(r#""2030-01-02""#).knowledge.as_deref(), Some("2029-04"));
    assert_eq!(dev(r#""2030-01-02""#).released.as_deref(), Some("2030-01-02"));
    for none in [r#""2030""#, r#""2030-13""#, r#""2030-01-00""#, r#""soon""#, r#""<b>""#, "7", "null"] {
        assert_eq!(dev(none).released, None, "{none}");
    }

    let dated = r#""created":1893456000,"knowledge_cutoff":"2029-09-01","expiration_date":null,"pricing""#;
    let routed = read(ROUTED.replace("\"pricing\"", dated).as_bytes(), "").unwrap().facts.remove(0);
    assert_eq!(routed.dates.released.as_deref(), Some("2030-01-01"));
    assert_eq!((routed.dates.knowledge.as_deref(), routed.dates.deprecated), (Some("2029-09-01"), None));

    let own = r#"{"data":[{"id":"zebra","created_at":"2030-01-02T00:00:00Z","created":7,"deprecation":"2032-01-01T12:00:00Z"}]}"#;
    let own = read(own.as_bytes(), "acme").unwrap().facts.remove(0).dates;
    assert_eq!(
        (own.released.as_deref(), own.deprecated.as_deref()),
        (Some("2030-01-02"), Some("2032-01-01"))
    );
}

#[test]
fn of_a_router_each_host_has_its_price_and_the_bare_name_has_none() {
    let list = r#"{"object":"list","data":[{"id":"acme/Zebra-9","created":1893456000,
        "architecture":{"input_modalities":["text","image"],"output_modalities":["text"]},"providers":[
        {"provider":"fast","status":"live","context_length":204800,"pricing":{"input":0.3,"output":1.2},"supports_tools":true},
        {"provider":"plain","status":"live","context_length":4096},
        {"provider":"gone","status":"staging","context_length":1,"pricing":{"input":9,"output":9}}]}]}"#;
    let import = read(list.as_bytes(), "huggingface").unwrap();
    assert_eq!(import.kind, Kind::Provider);
    let told: Vec<_> = import
        .facts
        .iter()
        .map(|fact| (fact.id.as_str(), fact.context_window, fact.prices.input, fact.prices.output))
        .collect();
    assert_eq!(
        told,
        [
            ("acme/Zebra-9", Some(4_096), None, None),
            ("acme/Zebra-9:fast", Some(204_800), usd("0.3"), usd("1.2")),
            ("acme/Zebra-9:plain", Some(4_096), None, None)
        ]
    );
    let fast = &import.facts[1];
    assert_eq!(
        (fast.provider.as_str(), fast.capabilities.tools, fast.capabilities.vision),
        ("huggingface", Some(true), Some(true))
    );
    assert_eq!(fast.dates.released.as_deref(), Some("2030-01-01"));
}
