use super::*;
use std::path::Path;

/// Precision and recall over all pairs of labelled names: a pair is right when both have one label.
fn measure(labelled: &[(String, String, String)], names: &Names) -> (f64, f64, Vec<String>) {
    let found: Vec<Option<String>> =
        labelled.iter().map(|(_, name, source)| names.resolve(name, source).map(|m| m.model)).collect();
    let (mut both, mut said, mut meant) = (0_u32, 0_u32, 0_u32);
    let mut wrong = Vec::new();
    for one in 0..labelled.len() {
        for two in one + 1..labelled.len() {
            let same = labelled[one].0 == labelled[two].0;
            let joined = found[one].is_some() && found[one] == found[two];
            meant += u32::from(same);
            said += u32::from(joined);
            both += u32::from(same && joined);
            if same != joined {
                let what = if joined { "joined" } else { "missed" };
                wrong.push(format!(
                    "{what}: {} [{:?}] / {} [{:?}]",
                    labelled[one].1, found[one], labelled[two].1, found[two]
                ));
            }
        }
    }
    (f64::from(both) / f64::from(said.max(1)), f64::from(both) / f64::from(meant.max(1)), wrong)
}

fn shared(name: &str) -> Option<serde_json::Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/catalog").join(name);
    if let Ok(bytes) = std::fs::read(path) {
        return Some(serde_json::from_slice(&bytes).unwrap());
    }
    eprintln!("skipped: ../shared/catalog/{name} is not here");
    None
}

#[test]
fn openrouters_links_are_found_without_having_been_told_of() {
    let Some(list) = shared("openrouter_models.json") else { return };
    let mut labelled = Vec::new();
    for row in list["data"].as_array().unwrap() {
        let stem = row["id"].as_str().unwrap().split(':').next().unwrap().to_owned();
        for name in [&row["id"], &row["canonical_slug"], &row["hugging_face_id"], &row["name"]] {
            let Some(name) = name.as_str().filter(|name| !name.is_empty()) else { continue };
            labelled.push((stem.clone(), name.to_owned(), "openrouter".to_owned()));
        }
    }
    labelled.sort();
    labelled.dedup();
    // Only the ids are known, not what they are linked with.
    let ids: Vec<&str> = labelled.iter().map(|(stem, ..)| stem.as_str()).collect();
    let names = Names::new(ids.iter().map(|id| (*id, Vec::new())), []);
    let (precision, recall, wrong) = measure(&labelled, &names);
    println!("{} names: precision {precision:.4}, recall {recall:.4}; {wrong:#?}", labelled.len());
    assert!(precision >= 0.99 && recall >= 0.94, "{precision} {recall}: {wrong:#?}");
}

/// What models.dev calls its models was not looked at while the rules were made (OpenRouter's names are, so they are
/// left out). A row's id and its display name are one model; that of another row of the provider is another.
#[test]
fn display_names_that_nobody_looked_at_meet_the_ids_beside_them() {
    let Some(list) = shared("models_dev.json") else { return };
    let names = &crate::catalog::names::bundled().names;
    let (mut rows, mut met, mut other, mut wrong) = (0_u32, 0_u32, 0_u32, Vec::new());
    for (provider, about) in list.as_object().unwrap() {
        if provider == "openrouter" {
            continue;
        }
        let models = about["models"].as_object().unwrap();
        let found = |text: &str| names.resolve(text, provider).map(|found| found.model);
        let of_ids: Vec<Option<String>> = models.keys().map(|id| found(id)).collect();
        for (at, (id, row)) in models.iter().enumerate() {
            let name = row["name"].as_str().unwrap_or(id);
            let said = found(name);
            rows += 1;
            met += u32::from(said.is_some() && said == of_ids[at]);
            // Of a row that it does not belong to, and whose id means another model than its own.
            let astray = said.is_some() && said != of_ids[at] && of_ids.contains(&said);
            other += u32::from(astray);
            if said != of_ids[at] {
                wrong.push(format!("{provider}: {id} {:?} / {name} {said:?}", of_ids[at]));
            }
        }
    }
    let (precision, recall) =
        (f64::from(met) / f64::from((met + other).max(1)), f64::from(met) / f64::from(rows));
    println!("{rows} rows: precision {precision:.4}, recall {recall:.4}");
    assert!(precision >= 0.99 && recall >= 0.95, "{precision} {recall}: {wrong:#?}");
}

#[test]
fn names_that_it_has_not_seen_meet_their_models() {
    let text = include_str!("../../../catalog/labelled.tsv");
    let mut labelled = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut names = line.split('\t');
        let label = names.next().unwrap();
        labelled.extend(
            std::iter::once(label)
                .chain(names)
                .filter(|name| !label.contains("base") || *name != label)
                .map(|name| (label.to_owned(), name.to_owned(), String::new())),
        );
    }
    let (precision, recall, wrong) = measure(&labelled, &crate::catalog::names::bundled().names);
    println!("{} names: precision {precision:.4}, recall {recall:.4}", labelled.len());
    assert!(precision >= 0.98 && recall >= 0.95, "{precision} {recall}: {wrong:#?}");
}

fn resolved(name: &str) -> Match {
    crate::catalog::resolve_name(name, "").unwrap()
}

#[test]
fn what_tells_models_apart_is_kept() {
    for (one, two) in [
        ("gpt-4o", "gpt-4o-mini"),
        ("gpt-4o-2024-05-13", "gpt-4o-2024-11-20"),
        ("claude-3-5-sonnet-20240620", "claude-3-5-sonnet-20241022"),
        ("claude-opus-4-1", "claude-opus-4"),
        ("deepseek-r1", "deepseek-r1-0528"),
        ("deepseek-r1", "deepseek-r1:8b"),
        ("gemma-2-9b-it", "gemma-3-9b-it"),
        ("Qwen/Qwen2.5-7B", "Qwen/Qwen2.5-7B-Instruct"),
        ("Qwen/Qwen3-Next-80B-A3B-Instruct", "Qwen/Qwen3-Next-80B-A3B-Thinking"),
        ("gemini-2.5-flash", "gemini-2.5-flash-lite"),
        ("o3", "o3-mini"),
        ("ft:gpt-4o-mini:acme::x", "gpt-4o-mini"),
        ("zebra-9-large", "zebra-9-small"),
        ("zebra-9-large", "zebra-8-large"),
        ("mistral-7b-instruct-v0.2", "mistral-7b-instruct-v0.3"),
        ("mistral-7b-instruct-v0.9", "mistral-7b-instruct-v0.3"),
    ] {
        assert_ne!(resolved(one).model, resolved(two).model, "{one} {two}");
    }
}

#[test]
fn unknown_models_meet_under_an_id_of_their_own_with_a_lower_score() {
    let zebra = resolved("acme/Zebra-9-Large-Instruct");
    assert_eq!(zebra, resolved("zebra-9-large:free"));
    assert!(!zebra.known && zebra.score < SURE && zebra.score > 0.0);
    assert!(resolved("openai/gpt-4o").known && resolved("openai/gpt-4o").score >= SURE);
    // One letter off is found, and is doubtful.
    let off = resolved("claud-sonnet-4.5");
    assert!(off.model == resolved("claude-sonnet-4.5").model && off.score < SURE, "{off:?}");
}

#[test]
fn nothing_is_said_of_names_that_say_nothing_and_no_text_makes_it_stumble() {
    for name in ["", "  ", "---", "/", "default", "unknown", "\u{1f600}", &"x".repeat(5_000)] {
        assert_eq!(crate::catalog::resolve_name(name, ""), None, "{name:?}");
    }
    for name in ["größe-2024-08-06", "a:b:c/d@e#f", "::", "q4", "v1", "gpt-", "-v:0", "1:0", "模型-7b", "İ-1"]
    {
        let _ = crate::catalog::resolve_name(name, "litellm");
    }
}
