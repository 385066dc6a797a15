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
