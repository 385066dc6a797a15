//! A key goes to its provider and nowhere else: not into the home, a log, or anything printed.

use std::{fs, path::Path, time::Duration};
use system_tests::{
    orch::{Finished, Orch},
    places,
    process::Process,
};
use testkit::{Home, HomeProvider, ScriptedProvider};

const PATIENCE: Duration = Duration::from_mins(1);
const VARIABLE: &str = "CANARY_FOR_TESTS";
const KEY: &str = "sk-canary/Zz+0123456789=abcdef";

/// What would give the key away: its first eight characters, also escaped as URLs and JSON do it, and the
/// whole in base64 and in hexadecimal.
const FORMS: [&str; 7] = [
    "sk-canar",
    "sk%2Dcanar",
    "canary%2FZz",
    "canary\\/Zz",
    "c2stY2FuYXJ5L1p6KzAxMjM0NTY3ODk9YWJjZGVm",
    "736b2d63616e6172792f5a7a2b30",
    "736B2D63616E6172792F5A7A2B30",
];

/// The form that is in there, if any.
fn leak(bytes: &[u8]) -> Option<&'static str> {
    FORMS.into_iter().find(|form| bytes.windows(form.len()).any(|window| window == form.as_bytes()))
}

async fn run(orch: &Orch, arguments: &[&str]) -> Finished {
    let mut command = orch.command(arguments);
    command.env(VARIABLE, KEY).env("ORCHESITY_LOG", "trace");
    let ended = tokio::task::spawn_blocking(move || {
        let mut process = Process::start(&mut command).unwrap();
        let status = process.wait(PATIENCE).unwrap().expect("`orch` did not end");
        Finished {
            code: status.code(),
            stdout: process.stdout.to_the_end(PATIENCE),
            stderr: process.stderr.to_the_end(PATIENCE),
        }
    });
    ended.await.unwrap()
}

/// The raw requests and answers of the run that this output names.
async fn exchanges(home: &Path, finished: &Finished) -> Vec<String> {
    let Some(run) = finished.stderr.lines().find_map(|line| line.strip_prefix("run ")?.split(' ').next())
    else {
        return Vec::new();
    };
    let (store, _) = store::Store::open(home, store::OpenOptions::default()).await.unwrap();
    let mut found = Vec::new();
    for completion in store.runs().completions(run.parse().unwrap()).await.unwrap() {
        for exchange in store.wire().of(completion.id).await.unwrap() {
            found.push(serde_json::to_string(&exchange).unwrap());
        }
    }
    store.close().await;
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_found_nowhere_but_at_its_provider() {
    let server = ScriptedProvider::start().await;
    let provider = |id: &str, dialect: &str, base_url: String| HomeProvider {
        id: id.to_owned(),
        dialect: dialect.to_owned(),
        base_url,
        key: format!("env:{VARIABLE}"),
    };
    let home = Home::with_providers(&[
        provider("chat", "openai-chat", server.v1()),
        provider("responses", "openai-responses", server.v1()),
        provider("anthropic", "anthropic-messages", server.url()),
    ])
    .unwrap();
    let orch = Orch::new(home.path()).unwrap();

    let mut kept = 0;
    for provider in ["chat", "responses", "anthropic"] {
        // 401 repeats the key, as real providers do.
        for model in
            ["ok?tokens=5", "401", "cut?after=3", "malformed?after=2", "redirect?to=http://127.0.0.1:9/"]
        {
            let target = format!("{provider}/{model}");
            for arguments in [&["chat", "--json", "-m", &target, "hi"][..], &["chat", "-m", &target, "hi"]] {
                let finished = run(&orch, arguments).await;
                let printed = [finished.stdout.as_bytes(), finished.stderr.as_bytes()].concat();
                assert_eq!(leak(&printed), None, "{target} printed {finished:?}");
                for exchange in exchanges(home.path(), &finished).await {
                    kept += 1;
                    assert_eq!(leak(exchange.as_bytes()), None, "{target} keeps {exchange}");
                }
            }
        }
        for arguments in
            [&["providers", "test", provider][..], &["providers", "list"], &["models"], &["check"]]
        {
            let finished = run(&orch, arguments).await;
            let printed = [finished.stdout.as_bytes(), finished.stderr.as_bytes()].concat();
            assert_eq!(leak(&printed), None, "`orch {}` printed {finished:?}", arguments.join(" "));
        }
    }
    assert!(kept >= 15, "only {kept} exchanges were looked at");
    for file in places::files_below(home.path()).unwrap() {
        assert_eq!(leak(&fs::read(&file).unwrap()), None, "it is in {}", file.display());
    }
    // The twin: whoever is meant to get it does, and this test would see it.
    let log = server.log();
    assert!(log.len() >= 15);
    for call in log {
        assert!(
            leak(format!("{:?}", call.headers).as_bytes()).is_some(),
            "{} came without its key",
            call.path
        );
    }
}
