//! What a route makes of a prompt, what the catalog knows and what calls came to, as scripts are told of it: the
//! fields of each line and their order, exit codes, and what is said of a line that cannot be read.

use crate::world::{World, world};
use domain::{PromptClass, ScoreName, UsageBasis};
use engine::RankBy;
use serde_json::{Value, json};
use std::{io::Write as _, process::Stdio};
use system_tests::orch::Finished;

/// A policy that leaves one of the scripted models over, and one that leaves nobody.
const POLICIES: &str = r#"
[routing.policies.one]
allow = ["chat/ok"]

[routing.policies.nobody]
allow = ["nowhere/*"]
"#;

const ENTRY: [&str; 19] = [
    "model",
    "provider",
    "id",
    "name",
    "contextWindow",
    "outputLimit",
    "prices",
    "above",
    "batch",
    "dates",
    "capabilities",
    "quality",
    "qualityOf",
    "source",
    "date",
    "target",
    "ready",
    "local",
    "own",
];
const CARD: [&str; 7] = ["model", "matchScore", "known", "offers", "scores", "seen", "names"];
const SUM: [&str; 11] = [
    "calls",
    "failed",
    "input",
    "cachedRead",
    "cachedWrite",
    "output",
    "reasoning",
    "cost",
    "estimated",
    "estimatedCost",
    "unpriced",
];

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A figure that is a share.
fn share(value: &Value) -> f64 {
    let figure = value.as_f64().unwrap();
    assert!((0.0..=1.0).contains(&figure), "{figure}");
    figure
}

/// A file of these lines.
fn file(world: &World, lines: &[String]) -> String {
    world.file("lines.jsonl", (lines.join("\n") + "\n").as_bytes())
}

fn good(finished: &Finished) -> Vec<Value> {
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished.lines().unwrap()
}

fn refused(finished: &Finished, said: &str) {
    assert_eq!(finished.code, Some(2), "{finished:?}");
    assert!(finished.stderr.contains(said), "`{said}` is not in {finished:?}");
}

/// Runs `orch` with this on its standard input.
async fn fed(world: &World, arguments: &[&str], input: &[u8]) -> Finished {
    let mut command = world.orch.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let input = input.to_owned();
    let run = move || {
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(&input).unwrap();
        child.wait_with_output().unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Finished { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A scripted home with [`POLICIES`].
async fn routed() -> World {
    let world = world().await;
    let config = std::fs::read_to_string(world.home.path().join("config.toml")).unwrap();
    world.home.write_config(&format!("{config}\n{POLICIES}")).unwrap();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_prompts_is_answered_line_by_line_in_its_order() {
    let world = world().await;
    let long = "Prove it. ".repeat(20_000);
    let prompts = [
        (json!(1), "Write a Rust function that reverses a linked list in place."),
        (json!("zwei"), "Prove that there are infinitely many primes."),
        (json!(null), "Translate `good morning` into French."),
        (json!({ "of": [3] }), "hi"),
        (json!(1), ""),
        (json!(9_007_199_254_740_993_u64), "ignore \"id\"\n{\"id\":7}\u{2028}🦀"),
        (json!(-0.5), long.as_str()),
    ];
    let asked: Vec<String> =
        prompts.iter().map(|(id, prompt)| json!({ "prompt": prompt, "id": id }).to_string()).collect();
    let path = file(&world, &asked);
    let answered = world.run(&["route", "--batch", &path]).await;
    let lines = good(&answered);
    assert_eq!(lines.len(), prompts.len(), "{answered:?}");
    for (line, (id, _)) in lines.iter().zip(&prompts) {
        assert_eq!(keys(line), ["id", "class", "complexity", "strength"]);
        assert_eq!(&line["id"], id);
        let class = line["class"].as_str().unwrap();
        assert!(PromptClass::ALL.iter().any(|known| known.as_str() == class), "{line}");
        share(&line["complexity"]);
        share(&line["strength"]);
    }
    let classes: Vec<&str> = lines[..3].iter().map(|line| line["class"].as_str().unwrap()).collect();
    assert_eq!(classes, ["code", "maths", "translation"]);
    assert!(
        share(&lines[1]["strength"]) > share(&lines[3]["strength"]),
        "a proof needs more than a greeting"
    );

    // The same from standard input, with lines as Windows ends them and empty ones between.
    let windows = asked.join("\r\n\r\n");
    let same = fed(&world, &["route", "--batch", "-"], windows.as_bytes()).await;
    assert_eq!((same.code, same.stdout.as_str()), (Some(0), answered.stdout.as_str()), "{same:?}");
    assert!(world.server.log().is_empty(), "no prompt is sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_a_batch_that_cannot_be_read_is_named_and_nothing_gives_nothing() {
    let world = world().await;
    let prompt = |id: u32| format!("{{\"id\":{id},\"prompt\":\"hi\"}}");
    let name = |id: u32| format!("{{\"id\":{id},\"name\":\"openai/gpt-4o\",\"source\":\"litellm\"}}");
    let route: [&str; 7] = [
        "{\"id\":3,\"prompt\":",
        "{\"id\":3}",
        "{\"prompt\":\"hi\"}",
        "{\"id\":3,\"prompt\":5}",
        "\"hi\"",
        "prompt",
        "{\"id\":3,\"prompt\":\"hi\"} {\"id\":4,\"prompt\":\"hi\"}",
    ];
    let resolve = ["{\"id\":3,\"name\":", "{\"id\":3}", "{\"id\":3,\"name\":null}", "[]", "gpt-4o"];
    let batches = [
        (&["route", "--batch"][..], prompt(1), &route[..]),
        (&["models", "resolve", "--batch"], name(1), &resolve),
    ];
    for (command, line, broken) in batches {
        let run = async |path: &str| world.run(&[command, &[path]].concat()).await;
        for broken in broken {
            let finished = run(&file(&world, &[line.clone(), String::new(), (*broken).to_owned()])).await;
            refused(&finished, "line 3");
            let before = finished.lines().unwrap();
            assert!(before.len() == 1 && before[0]["id"] == 1, "what came before is answered: {finished:?}");
        }
        let latin = [line.as_bytes(), b"\n{\"id\":2,\"prompt\":\"caf\xe9\",\"name\":\"caf\xe9\"}\n"].concat();
        refused(&run(&world.file("latin", &latin)).await, "line 2");
        for empty in ["", "\n", " \r\n\n\t"] {
            let finished = run(&world.file("empty", empty.as_bytes())).await;
            let all = (finished.code, finished.stdout.as_str(), finished.stderr.as_str());
            assert_eq!(all, (Some(0), "", ""), "{command:?} {empty:?}");
        }
        refused(&run("/nowhere/at/all").await, "/nowhere/at/all");
        refused(&run(&world.home.path().to_string_lossy()).await, "directory");
        refused(&world.run(command).await, "--batch");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn own_outcomes_are_learned_whole_or_not_at_all() {
    let world = world().await;
    // Here the strong model is better at rhymes, and no better at sums: not what is shipped.
    let rhyme = |at: usize| format!("Write a short poem that rhymes with the number {at}");
    let sum = |at: usize| format!("What is the derivative of x^{at} + {at}x?");
    let outcome = |prompt: String, weak: f32, strong: f32| {
        json!({ "prompt": prompt, "weak": weak, "strong": strong }).to_string()
    };
    let mut outcomes: Vec<String> =
        (0..60).flat_map(|at| [outcome(rhyme(at), 0.0, 1.0), outcome(sum(at), 1.0, 1.0)]).collect();
    let prompts = [rhyme(99), sum(99)].map(|prompt| json!({ "id": 0, "prompt": prompt }).to_string());
    let strengths = async || {
        let lines = fed(&world, &["route", "--batch", "-"], prompts.join("\n").as_bytes()).await;
        let lines = good(&lines);
        [lines[0]["strength"].clone(), lines[1]["strength"].clone()]
    };
    let shipped = strengths().await;
    let kept = world.home.path().join(engine::Engine::CALIBRATION);

    refused(&world.run(&["route", "--calibrate", &file(&world, &outcomes[..49])]).await, "at least 50");
    refused(&world.run(&["route", "--calibrate", &world.file("empty", b"")]).await, "at least 50");
    outcomes.insert(60, "{\"prompt\":\"hi\",\"weak\":0}".to_owned());
    refused(&world.run(&["route", "--calibrate", &file(&world, &outcomes)]).await, "line 61");
    assert!(!kept.exists(), "half of a file teaches nothing");
    assert_eq!(strengths().await, shipped);

    outcomes.remove(60);
    let learned = world.run(&["route", "--calibrate", &file(&world, &outcomes)]).await;
    assert_eq!((learned.code, learned.stdout.as_str()), (Some(0), ""), "{learned:?}");
    assert!(learned.stderr.contains("120 outcomes"), "{learned:?}");
    let text = std::fs::read_to_string(&kept).unwrap();
    assert!(!text.contains("poem") && !text.contains("derivative"), "no prompt is kept: {text}");
    let own = strengths().await;
    assert!(share(&own[0]) > share(&own[1]) && own != shipped, "{shipped:?} became {own:?}");

    std::fs::remove_file(&kept).unwrap();
    assert_eq!(strengths().await, shipped, "and is forgotten with its file");
    std::fs::write(&kept, "{").unwrap();
    refused(&fed(&world, &["route", "--batch", "-"], b"").await, "calibrat");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_is_explained_with_every_part_and_sends_no_prompt() {
    let world = routed().await;
    let explain = ["route", "--explain", "Prove that there are infinitely many primes.", "--json"];
    let explained = world.run(&explain).await;
    let [decision] = &good(&explained)[..] else { panic!("one line: {explained:?}") };
    assert_eq!(keys(decision), ["requested", "order", "reason", "candidates", "routed"]);
    let of_route = [
        "policy",
        "strategy",
        "class",
        "complexity",
        "strength",
        "inputTokens",
        "fixed",
        "explored",
        "important",
        "kept",
        "seed",
        "at",
    ];
    let routed = &decision["routed"];
    assert_eq!(keys(routed), of_route);
    assert_eq!((&routed["policy"], &routed["class"]), (&json!("balanced"), &json!("maths")));
    share(&routed["complexity"]);
    share(&routed["strength"]);
    let order: Vec<&str> = decision["order"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let provider = |target: &str| target.split_once('/').unwrap().0.to_owned();
    assert!(order.len() > 1 && provider(order[0]) != provider(order[1]), "fall back to another: {order:?}");
    let candidates = decision["candidates"].as_array().unwrap();
    for one in candidates {
        assert_eq!(keys(one), ["target", "excluded", "score", "parts"]);
        assert_eq!(one["excluded"].is_string(), one["score"].is_null(), "left out with a reason: {one}");
        assert_eq!(order.contains(&one["target"].as_str().unwrap()), one["excluded"].is_null(), "{one}");
        for part in one["parts"].as_array().unwrap() {
            assert_eq!(keys(part), ["name", "value", "weight", "because"]);
            assert!(ScoreName::ALL.iter().any(|name| part["name"] == name.as_str()), "{part}");
        }
    }

    let plain = world.run(&explain[..3]).await;
    assert_eq!(plain.code, Some(0), "{plain:?}");
    assert!(
        plain.stdout.contains("class maths, complexity 0.") && plain.stdout.contains("LEFT OUT"),
        "{plain:?}"
    );

    let one = good(&world.run(&[&explain[..], &["--policy", "one", "--important"]].concat()).await).remove(0);
    assert_eq!((&one["order"], &one["requested"]), (&json!(["chat/ok"]), &json!("auto:one")));
    assert_eq!((&one["routed"]["important"], &one["routed"]["explored"]), (&json!(true), &json!(false)));

    assert!(
        world.server.log().iter().all(|call| call.model.is_empty()),
        "only lists of models are asked for"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_route_that_nobody_would_answer_ends_with_2_and_still_says_why() {
    let world = routed().await;
    let nobody = world.run(&["route", "--explain", "hi", "--policy", "nobody", "--json"]).await;
    assert_eq!(nobody.code, Some(2), "{nobody:?}");
    let decision = nobody.json().unwrap();
    assert_eq!(decision["order"], json!([]));
    let candidates = decision["candidates"].as_array().unwrap();
    assert!(!candidates.is_empty() && candidates.iter().all(|one| one["excluded"].is_string()), "{decision}");
    let plain = world.run(&["route", "--explain", "hi", "--policy", "nobody"]).await;
    assert!(plain.code == Some(2) && plain.stdout.contains("LEFT OUT"), "{plain:?}");
    let asked = world.run(&["chat", "-m", "auto:nobody", "hi"]).await;
    assert_ne!(asked.code, Some(0), "{asked:?}");

    let path = file(&world, &[]);
    for (arguments, said) in [
        (&["route"][..], "--explain"),
        (&["route", "--explain", "hi", "--policy", "none-such"], "none-such"),
        (&["route", "--explain", "hi", "--batch", &path], "--batch"),
        (&["route", "--calibrate", &path, "--batch", &path], "--calibrate"),
        (&["route", "--explain"], "--explain"),
    ] {
        let finished = world.run(arguments).await;
        refused(&finished, said);
        assert_eq!(finished.stdout, "", "{arguments:?}");
    }
    assert!(world.server.log().iter().all(|call| call.model.is_empty()));
}

/// Three calls: a route's for a proof, one by name, and one by name that fails.
async fn spent() -> World {
    let world = routed().await;
    let priced = world.run(&["models", "own", "set", "chat/ok", "--input", "1", "--output", "2"]).await;
    assert_eq!(priced.code, Some(0), "{priced:?}");
    for (target, prompt, code) in [
        ("auto:one", "Prove that there are infinitely many primes.", 0),
        ("anthropic/ok?tokens=5", "hello", 0),
        ("chat/context-too-long", "hello", 4),
    ] {
        let finished = world.run(&["chat", "-m", target, "--json", prompt]).await;
        assert_eq!(finished.code, Some(code), "{target}: {finished:?}");
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_told_by_each_thing_with_every_field() {
    let world = spent().await;
    let usage = async |more: &[&str]| world.run(&[&["usage"], more].concat()).await;
    for by in UsageBasis::ALL {
        let report = good(&usage(&["--json", "--by", by.as_str()]).await).remove(0);
        assert_eq!(keys(&report), ["query", "lines", "total", "simulated"]);
        assert_eq!(report["query"], json!({ "by": by.as_str(), "from": null, "until": null }));
        let lines = report["lines"].as_array().unwrap();
        for line in lines {
            assert_eq!(keys(line), ["name", "key", "sum"]);
            assert_eq!(keys(&line["sum"]), SUM);
        }
        let sums = |field: &str| lines.iter().filter_map(|line| line["sum"][field].as_u64()).sum::<u64>();
        assert_eq!(keys(&report["total"]), SUM);
        for field in ["calls", "failed", "input", "output", "unpriced"] {
            assert_eq!(report["total"][field], sums(field), "{by} {field}");
        }
        assert_eq!((sums("calls"), sums("failed")), (3, 1), "{by}: {report}");
        let mut names: Vec<&str> = lines.iter().map(|line| line["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        match by {
            UsageBasis::Class => assert_eq!(names, ["", "maths"]),
            UsageBasis::Policy => assert_eq!(names, ["", "auto:one"]),
            UsageBasis::Provider => assert_eq!(names, ["anthropic", "chat"]),
            UsageBasis::Model => {
                assert_eq!(names, ["anthropic/ok?tokens=5", "chat/context-too-long", "chat/ok"]);
            }
            UsageBasis::Key | UsageBasis::Folder => assert_eq!(names, [""]),
            UsageBasis::Day | UsageBasis::Client => assert_eq!(names.len(), 1, "{names:?}"),
        }
    }

    let report = usage(&["--json", "--by", "class"]).await.json().unwrap();
    // The dearest first: what a route asked is the only call with a price, of a dollar and two for a million.
    let (line, sum) = (&report["lines"][0], &report["lines"][0]["sum"]);
    assert_eq!((&line["name"], &sum["calls"], &sum["unpriced"]), (&json!("maths"), &json!(1), &json!(0)));
    let tokens = |kind: &str| sum[kind].as_f64().unwrap();
    let millionths = sum["cost"].as_str().unwrap().parse::<f64>().unwrap() * 1e6;
    assert!(tokens("output") > 0.0, "{line}");
    assert!((millionths - tokens("input") - 2.0 * tokens("output")).abs() < 1e-6, "{line}");

    let csv = usage(&["--csv", "--by", "class"]).await;
    let rows: Vec<&str> = csv.stdout.split_terminator("\r\n").collect();
    assert_eq!(
        rows[0],
        "class,calls,failed,input,cached_read,cached_write,output,reasoning,cost_usd,estimated,estimated_usd,unpriced"
    );
    assert!(
        rows.len() == 3 && rows[1].starts_with("\"maths\",1,0,") && rows[2].starts_with("\"\",2,1,"),
        "{csv:?}"
    );
    let plain = usage(&["--by", "class"]).await.stdout;
    let begins = |word: &str| plain.lines().any(|line| line.starts_with(word));
    assert!(begins("class") && begins("maths") && begins("(no class)") && begins("total"), "{plain}");
    assert_eq!(
        usage(&["--json"]).await.json().unwrap()["query"]["by"],
        "day",
        "unless something else is said"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_of_no_time_is_nothing_and_what_it_cannot_be_by_is_refused() {
    let world = world().await;
    for more in [&[][..], &["--from", "2100-01-01"], &["--until", "2000-01-01T00:00:00Z"]] {
        let report = good(&world.run(&[&["usage", "--json"], more].concat()).await).remove(0);
        assert_eq!((&report["lines"], &report["total"]["calls"]), (&json!([]), &json!(0)));
    }
    let csv = world.run(&["usage", "--csv"]).await;
    assert!(csv.stdout.starts_with("day,calls,") && csv.stdout.lines().count() == 1, "{csv:?}");
    refused(&world.run(&["usage", "--by", "colour"]).await, "class");
    refused(&world.run(&["usage", "--csv", "--json"]).await, "--csv");
    refused(&world.run(&["usage", "--from", "yesterday"]).await, "--from");
    let help = world.run(&["usage", "--help"]).await.stdout;
    for by in UsageBasis::ALL {
        assert!(help.contains(by.as_str()), "`{by}` is not in {help}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_catalog_is_searched_shown_compared_and_ranked_in_json_lines() {
    let world = world().await;
    let found = good(&world.run(&["models", "search", "gpt-4o", "--json"]).await);
    assert!(found.len() > 1);
    for entry in &found {
        assert_eq!(keys(entry), ENTRY);
        let names = format!("{} {} {}", entry["model"], entry["id"], entry["name"]).to_lowercase();
        assert!(names.contains("gpt-4o"), "{entry}");
        assert!(entry["quality"].is_null() || share(&entry["quality"]) >= 0.0);
    }
    assert!(good(&world.run(&["models", "search", "no-such-model-at-all", "--json"]).await).is_empty());

    let shown = good(&world.run(&["models", "show", "openrouter/openai/gpt-4o", "--json"]).await);
    let [card] = &shown[..] else { panic!("{shown:?}") };
    assert_eq!(
        (keys(card), &card["model"], &card["known"]),
        (CARD.to_vec(), &json!("openai/gpt-4o"), &json!(true))
    );
    share(&card["matchScore"]);
    let offers = card["offers"].as_array().unwrap();
    assert!(!offers.is_empty() && offers.iter().all(|offer| keys(offer) == ENTRY));
    refused(&world.run(&["models", "show", "---"]).await, "---");

    // In the order in which they were named.
    let names = ["gpt-4o-mini", "claude-sonnet-4-5", "openai/gpt-4o"];
    let compared = good(&world.run(&[&["models", "compare", "--json"], &names[..]].concat()).await);
    let models: Vec<&str> = compared.iter().map(|card| card["model"].as_str().unwrap()).collect();
    assert_eq!(models, ["openai/gpt-4o-mini", "anthropic/claude-sonnet-4.5", "openai/gpt-4o"]);
    assert!(compared.iter().all(|card| keys(card) == CARD));
    let plain = world.run(&[&["models", "compare"], &names[..]].concat()).await;
    assert!(models.iter().all(|model| plain.stdout.lines().next().unwrap().contains(model)), "{plain:?}");
    refused(&world.run(&["models", "compare", "gpt-4o"]).await, "2");
    refused(&world.run(&["models", "compare", "gpt-4o", "---"]).await, "---");

    let help = world.run(&["models", "rankings", "--help"]).await.stdout;
    for by in RankBy::ALL {
        assert!(help.contains(by.as_str()), "`{by}` is not in {help}");
        let ranked =
            good(&world.run(&["models", "rankings", "--by", by.as_str(), "-n", "7", "--json"]).await);
        // How fast they are is only known of those that were asked here.
        assert!(ranked.len() == 7 || by == RankBy::Speed, "{by}: {}", ranked.len());
        let scores: Vec<f64> = ranked.iter().map(|one| share(&one["score"])).collect();
        assert!(scores.is_sorted_by(|a, b| a >= b), "{by}: {scores:?}");
        for (place, one) in (1..).zip(&ranked) {
            assert_eq!(keys(one), [&["rank", "score", "parts"], &ENTRY[..]].concat());
            assert_eq!(one["rank"], place);
            for part in one["parts"].as_array().unwrap() {
                assert_eq!(keys(part), ["name", "value", "weight"]);
            }
        }
    }
    refused(&world.run(&["models", "rankings", "--by", "colour"]).await, "speed");
    refused(&world.run(&["models", "rankings", "--class", "colour"]).await, "maths");
    assert!(world.server.log().is_empty(), "the catalog is on this machine");
}

/// A list of prices in LiteLLM's format.
fn list(world: &World, usd: f64) -> String {
    let row = json!({ "litellm_provider": "openai", "mode": "chat", "input_cost_per_token": usd,
        "output_cost_per_token": usd });
    world.file("list.json", json!({ "openai/zebra-9": row, "openai/zebra-8": row }).to_string().as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_that_changed_and_names_that_are_not_sure_are_listed_until_they_are_settled() {
    let world = world().await;
    let history =
        async |more: &[&str]| good(&world.run(&[&["models", "history", "--json"], more].concat()).await);
    let doubtful = async || good(&world.run(&["models", "doubtful", "--json"]).await);
    let take = async |path: &str| good(&world.run(&["models", "sync", "--json", "--from", path]).await);
    assert!(history(&[]).await.is_empty() && doubtful().await.is_empty(), "nothing was taken yet");
    for millionths in [2.0, 3.0, 4.0] {
        take(&list(&world, millionths * 1e-6)).await;
    }
    let changes = history(&[]).await;
    assert!(
        changes.iter().all(|one| keys(one) == ["kind", "source", "provider", "model", "old", "new", "at"])
    );
    let told: Vec<(&str, &str, &str)> = changes
        .iter()
        .map(|one| (&one["model"], &one["old"]["input"], &one["new"]["input"]))
        .map(|(model, old, new)| (model.as_str().unwrap(), old.as_str().unwrap(), new.as_str().unwrap()))
        .collect();
    let [nine, eight] = ["openai/zebra-9", "openai/zebra-8"];
    let mut newest = told[..2].to_vec();
    newest.sort_unstable();
    assert_eq!(newest, [(eight, "3", "4"), (nine, "3", "4")], "the newest first: {told:?}");
    assert!(told.len() == 4 && told[2..].iter().all(|(_, old, new)| (*old, *new) == ("2", "3")), "{told:?}");
    assert_eq!(history(&["-n", "1"]).await, changes[..1]);

    let board = "rank,model,arena_score,votes\n1,claud-sonnet-4.5,1470,26019\n2,gpt-4o,1400,10\n";
    take(&world.file("board.csv", board.as_bytes())).await;
    let doubts = doubtful().await;
    let [doubt] = &doubts[..] else { panic!("{doubts:?}") };
    assert_eq!(keys(doubt), ["name", "source", "model", "score"]);
    assert_eq!(
        (&doubt["name"], &doubt["source"], &doubt["model"]),
        (&json!("claud-sonnet-4.5"), &json!("lmarena"), &json!("anthropic/claude-sonnet-4.5"))
    );
    assert!(share(&doubt["score"]) < 0.9, "{doubt}");
    assert_eq!(world.run(&["models", "name", "claud-sonnet-4.5", "acme/mine"]).await.code, Some(0));
    assert!(doubtful().await.is_empty(), "the user has said what it means");
    let resolved = world.run(&["models", "resolve", "claud-sonnet-4.5"]).await;
    assert!(resolved.stdout.starts_with("acme/mine  "), "{resolved:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_names_is_answered_line_by_line_in_its_order() {
    let world = world().await;
    let asked = [
        (json!(7), json!({ "name": "openai/gpt-4o", "source": "openrouter" }), Some("openai/gpt-4o")),
        (json!("x"), json!({ "name": "azure/gpt-4o", "source": "litellm" }), Some("openai/gpt-4o")),
        (json!(7), json!({ "name": "GPT-4o", "source": "" }), Some("openai/gpt-4o")),
        (json!([1]), json!({ "name": "openai/gpt-4o-mini" }), Some("openai/gpt-4o-mini")),
        (json!(null), json!({ "name": "---", "source": null }), None),
        (json!(0), json!({ "name": "", "source": "lmarena" }), None),
    ];
    let lines: Vec<String> = asked
        .iter()
        .map(|(id, line, _)| {
            let mut line = line.clone();
            line["id"] = id.clone();
            line.to_string()
        })
        .collect();
    let resolved = world.run(&["models", "resolve", "--batch", &file(&world, &lines)]).await;
    let answers = good(&resolved);
    assert_eq!(answers.len(), asked.len(), "{resolved:?}");
    for (answer, (id, _, model)) in answers.iter().zip(&asked) {
        assert_eq!(keys(answer), ["id", "model", "score"]);
        assert_eq!((&answer["id"], answer["model"].as_str()), (id, *model), "{answer}");
        assert_eq!(share(&answer["score"]) > 0.5, model.is_some(), "{answer}");
    }
    let same = fed(&world, &["models", "resolve", "--batch", "-"], lines.join("\n").as_bytes()).await;
    assert_eq!((same.code, &same.stdout), (Some(0), &resolved.stdout));
    refused(&world.run(&["models", "resolve", "---"]).await, "---");
    refused(&world.run(&["models", "resolve", "gpt-4o", "--batch", "-"]).await, "--batch");
    assert!(world.server.log().is_empty());
}
