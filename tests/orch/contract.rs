//! What scripts may rely on: JSON lines, exit codes, and what is stored.

use crate::world::world;
use serde_json::{Value, json};
use std::{
    process::Command,
    time::{Duration, Instant},
};
use system_tests::{
    observer::Seen,
    orch::{answers, begun, text_of},
    places,
};
use testkit::{INPUT_TOKENS, answer};

const PATIENCE: Duration = Duration::from_mins(1);

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn compare_prints_one_json_line_for_each_answer_with_every_field() {
    let world = world().await;
    let targets =
        ["chat/ok?tokens=30&seed=1", "responses/ok?tokens=30&seed=2", "anthropic/reasoning?tokens=30&seed=3"];
    let mut arguments = vec!["compare", "--json"];
    arguments.extend(targets.iter().flat_map(|target| ["-m", target]));
    arguments.push("hello 🦀");
    let finished = world.run(&arguments).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let lines = finished.lines().unwrap();
    assert_eq!(lines.len(), 3, "{finished:?}");
    for (seed, target) in (1..).zip(targets) {
        let line = lines.iter().find(|line| line["target"] == target).unwrap();
        assert_eq!(
            keys(line),
            [
                "target",
                "state",
                "text",
                "reasoning",
                "toolCalls",
                "stop",
                "usage",
                "cost",
                "ttftMs",
                "durationMs",
                "attempts",
                "error"
            ]
        );
        assert_eq!(keys(&line["usage"]), ["input", "output", "cachedRead", "cachedWrite", "reasoning"]);
        assert_eq!((&line["state"], &line["stop"]), (&json!("complete"), &json!("stop")));
        assert_eq!(line["text"], answer(30, seed));
        assert_eq!(line["usage"]["input"], INPUT_TOKENS);
        assert_eq!((&line["attempts"], &line["error"]), (&json!(1), &Value::Null));
        assert!(line["ttftMs"].is_u64() && line["durationMs"].is_u64(), "{line}");
        assert_eq!(line["reasoning"] != "", target.contains("reasoning"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tool_calls_and_their_arguments_come_whole_in_every_dialect() {
    let world = world().await;
    for provider in ["chat", "responses", "anthropic"] {
        for one_shot in [false, true] {
            let target = format!("{provider}/tools?calls=2");
            let mut arguments = vec!["chat", "--json", "-m", &target, "look it up"];
            arguments.extend(one_shot.then_some("--no-stream"));
            let finished = world.run(&arguments).await;
            assert_eq!(finished.code, Some(0), "{finished:?}");
            let line = &finished.lines().unwrap()[0];
            assert_eq!(line["stop"], "toolCalls");
            let call = |n: u32| json!({"name": format!("lookup_{n}"), "arguments": {"city": "Kraków 🏰", "call": n}});
            assert_eq!(line["toolCalls"], json!([call(0), call(1)]), "{provider}, one shot: {one_shot}");
        }
    }
    let streamed: Vec<bool> = world.server.log().iter().map(|call| call.body["stream"] == true).collect();
    assert_eq!(streamed, [true, false, true, false, true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_say_whether_all_some_or_none_were_answered() {
    let world = world().await;
    let (good, bad) = ("simulated/fast", "chat/context-too-long");
    for (targets, code) in [([good, good], 0), ([good, bad], 3), ([bad, bad], 4)] {
        let finished = world.run(&["compare", "--json", "-m", targets[0], "-m", targets[1], "hi"]).await;
        assert_eq!(finished.code, Some(code), "{finished:?}");
        for line in finished.lines().unwrap().iter().filter(|line| line["target"] == bad) {
            assert_eq!(
                (&line["state"], &line["error"]["kind"]),
                (&json!("failed"), &json!("context_length")),
                "{line}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_ends_with_2_before_any_call() {
    let world = world().await;
    for arguments in [
        &["compare", "-m", "simulated/fast", "-m", "nowhere/model", "hi"][..],
        &["chat", "-m", "simulated/fast", "--no-such-option", "hi"],
        &["chat", "-m", "simulated/fast", ""],
        &["attach", "no-id"],
        &["no-such-command"],
    ] {
        let finished = world.run(arguments).await;
        assert_eq!(finished.code, Some(2), "{arguments:?}: {finished:?}");
        assert!(!finished.stderr.is_empty());
    }
    assert!(world.server.log().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_the_answer_keeps_its_text_and_hangs_up() {
    let world = world().await;
    let mut asking = world.orch.start(&["chat", "--json", "-m", "chat/slow?gap_ms=50&seed=4", "hi"]).unwrap();
    let begun = begun(&asking).unwrap();
    // With text on the way: what has reached another process is stored.
    let watching = world.orch.start(&["attach", &begun.run, "--json"]).unwrap();
    watching.stdout.wait_for(PATIENCE, |text| text.contains("\"append\"").then_some(())).unwrap();
    let asked = Instant::now();
    asking.signal("INT").unwrap();
    let closed = tokio::time::timeout(PATIENCE, world.server.closed(0)).await.unwrap();
    println!("upstream closed {} ms after Ctrl-C", closed.duration_since(asked.into()).as_millis());
    let status = asking.wait(PATIENCE).unwrap().unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(world.server.log()[0].abandoned());
    let line: Value = serde_json::from_str(&asking.stdout.to_the_end(PATIENCE)).unwrap();
    assert_eq!(line["state"], "stopped");
    let tree = world.orch.tree(&begun.conversation).unwrap();
    let stored = &answers(&tree)[0];
    assert_eq!(
        (&stored["status"], text_of(stored)),
        (&json!("stopped"), line["text"].as_str().unwrap().to_owned())
    );
    assert!(answer(200, 4).starts_with(&text_of(stored)) && !text_of(stored).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_can_watch_a_run_from_its_beginning() {
    let world = world().await;
    let mut asking = world
        .orch
        .start(&["chat", "--json", "-m", "anthropic/slow?tokens=80&gap_ms=20&seed=5", "hi"])
        .unwrap();
    let run = begun(&asking).unwrap().run;
    let mut watching = world.orch.start(&["attach", &run, "--json"]).unwrap();
    assert_eq!(asking.wait(PATIENCE).unwrap().unwrap().code(), Some(0));
    assert_eq!(watching.wait(PATIENCE).unwrap().unwrap().code(), Some(0));
    // And once more when all is over, from what is stored.
    let later = world.run(&["attach", &run, "--json"]).await;
    for printed in [watching.stdout.to_the_end(PATIENCE), later.stdout] {
        assert!(printed.lines().all(|line| line.len() < 8 * 1024));
        let seen = Seen::fold(&printed);
        assert_eq!(seen.faults, [""; 0]);
        assert_eq!(seen.texts().collect::<Vec<_>>(), [answer(80, 5)]);
        assert_eq!(seen.ended.values().collect::<Vec<_>>(), ["complete"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_store_leaves_no_conversation() {
    let world = world().await;
    let finished = world.run(&["chat", "--json", "--no-store", "-m", "chat/echo", "remember nothing"]).await;
    assert_eq!(finished.lines().unwrap()[0]["text"], "remember nothing", "{finished:?}");
    assert_eq!(world.orch.conversations().unwrap(), [Value::Null; 0]);
    world.run(&["chat", "--json", "-m", "chat/echo", "remember me"]).await;
    let conversations = world.orch.conversations().unwrap();
    assert_eq!(conversations.len(), 1);
    assert_eq!(conversations[0]["messages"], 2);
    assert_eq!(world.orch.check().unwrap()["ok"], true);
    drop(world.home);
}

#[test]
fn orch_links_no_desktop_library() {
    let orch = places::program("orch").unwrap();
    let Ok(listed) = Command::new("ldd").arg(orch).output() else {
        println!("skipped: there is no ldd here");
        return;
    };
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for library in ["webkit", "gtk", "gdk", "libsoup", "javascriptcore", "appindicator", "libX11", "libdbus"]
    {
        assert!(!listed.contains(library), "`orch` links {library}:\n{listed}");
    }
}
