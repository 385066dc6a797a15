//! Keys are looked for in everything that `orch` and the engine leave behind: what they print and log,
//! every file of the data directory, arguments and children. Each provider has a key of its own.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};
use system_tests::{canary::Canary, orch::Orch, places, process::Process};
use testkit::{Home, ScriptedProvider};

const PATIENCE: Duration = Duration::from_mins(1);
const PASSPHRASE: &str = "pA55/phrase+canary=0f1e2d";

fn canaries() -> [Canary; 5] {
    [
        "k1-canary/Zz+0123456789=abcdef",
        "k2-canary/Yy+9876543210=fedcba",
        "k3-canary/Xx+1357924680=facade",
        "k4-canary/Ww+2468013579=decade",
        PASSPHRASE,
    ]
    .map(Canary::new)
}

/// Which of them is in there, and in which form.
fn leak(canaries: &[Canary], bytes: &[u8]) -> Option<String> {
    let found = |canary: &Canary| Some(format!("{}: {}", &canary.key()[..2], canary.found_in(bytes)?));
    canaries.iter().find_map(found)
}

fn leak_in_files(canaries: &[Canary], folder: &Path) -> Option<String> {
    places::files_below(folder).unwrap().iter().find_map(|file| {
        Some(format!("{} in {}", leak(canaries, &fs::read(file).unwrap_or_default())?, file.display()))
    })
}

/// Runs `orch` at trace level with this on standard input; everything that it printed.
async fn said(orch: &Orch, environment: &[(&str, &str)], arguments: &[&str], input: &str) -> Vec<u8> {
    let mut command = orch.command(arguments);
    command.env("ORCHESITY_LOG", "trace").env("RUST_BACKTRACE", "full").envs(environment.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let input = input.to_owned();
    let ran = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        // It may have ended without having read it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        [output.stdout, output.stderr].concat()
    });
    tokio::time::timeout(PATIENCE, ran).await.expect("`orch` did not end").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_and_no_passphrase_is_left_by_anything_that_orch_does() {
    let server = ScriptedProvider::start().await;
    let canaries = canaries();
    let [k1, k2, k3, k4, _] = [0, 1, 2, 3, 4].map(|at| canaries[at].key());
    let row = |id: &str, dialect: &str, url: String, key: &str| {
        format!("[[providers]]\nid = {id:?}\ndialect = {dialect:?}\nbase_url = {url:?}\nkey = {key:?}\n\n")
    };
    let config = [
        row("chat", "openai-chat", server.v1(), "env:K1"),
        row("responses", "openai-responses", server.v1(), "env:K2"),
        row("anthropic", "anthropic-messages", server.url(), "keychain"),
        row("dead", "openai-chat", "http://127.0.0.1:9/v1".to_owned(), "keychain"),
    ]
    .concat();
    let home = Home::with_config(&config).unwrap();
    let orch = Orch::new(home.path()).unwrap();
    let environment = [("K1", k1), ("K2", k2), ("ORCHESITY_VAULT_PASSPHRASE", PASSPHRASE)];
    let clean = async |arguments: &[&str], input: &str| {
        let printed = said(&orch, &environment, arguments, input).await;
        let found = leak(&canaries, &printed);
        assert_eq!(found, None, "`orch {}`:\n{}", arguments.join(" "), String::from_utf8_lossy(&printed));
        String::from_utf8_lossy(&printed).into_owned()
    };

    // Kept, over an older one; in a keychain that is not there; what can be no key.
    clean(&["providers", "key", "set", "anthropic"], k3).await;
    clean(&["providers", "key", "set", "anthropic", "--vault"], k4).await;
    clean(&["providers", "key", "set", "anthropic", "--vault"], k3).await;
    clean(&["providers", "key", "set", "dead", "--vault"], k4).await;
    clean(&["providers", "key", "set", "chat", "--vault"], &format!("{k4} with spaces")).await;
    clean(&["providers", "key", "set", "nobody", "--vault"], k4).await;
    assert!(home.path().join("keys.vault").exists());

    for provider in ["chat", "responses", "anthropic", "dead"] {
        // 401 repeats the key, as real providers do.
        for model in [
            "ok?tokens=5",
            "401",
            "429-once",
            "cut?after=3",
            "malformed?after=2",
            "error-event?after=2",
            "content-filter?status=400",
            "reset-before-headers",
            "redirect?to=http://127.0.0.1:9/",
        ] {
            let target = format!("{provider}/{model}");
            clean(&["chat", "--json", "-m", &target, "hi"], "").await;
        }
        clean(&["providers", "test", provider], "").await;
        clean(&["providers", "test", provider, "--json"], "").await;
    }
    clean(&["compare", "-m", "chat/echo", "-m", "anthropic/401", "-m", "simulated/fast", "hi"], "").await;
    // The same through the gateway, in whose spool, log and answers down no key is found either.
    let issued = clean(&["keys", "issue", "--name", "tool", "--json"], "").await;
    let issued =
        issued.lines().find_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()).unwrap();
    let mut command = orch.command(&["serve", "--port", "0"]);
    command.env("ORCHESITY_LOG", "trace").env("RUST_BACKTRACE", "full").envs(environment);
    let mut serve = Process::start(&mut command).unwrap();
    let ready = serve.stdout.wait_for(PATIENCE, |text| {
        serde_json::from_str::<serde_json::Value>(text.lines().next().filter(|_| text.contains('\n'))?).ok()
    });
    let url = ready.unwrap_or_else(|| panic!("not ready"))["url"].as_str().unwrap().to_owned();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for provider in ["chat", "responses", "anthropic", "dead"] {
        for model in
            ["ok?tokens=5", "401", "429-once", "cut?after=3", "malformed?after=2", "error-event?after=2"]
        {
            for stream in [false, true] {
                let body = serde_json::json!({ "model": format!("{provider}/{model}"), "stream": stream,
                    "messages": [{ "role": "user", "content": "hi" }] });
                let asked = client.post(format!("{url}/v1/chat/completions")).json(&body);
                let answer = asked.bearer_auth(issued["key"].as_str().unwrap()).send().await.unwrap();
                let heads = format!("{:?}", answer.headers());
                let mut told = heads.into_bytes();
                told.extend_from_slice(&answer.bytes().await.unwrap_or_default());
                let found = leak(&canaries, &told);
                assert_eq!(found, None, "{provider}/{model}: {}", String::from_utf8_lossy(&told));
                assert_eq!(leak_in_files(&canaries, &home.path().join("spool")), None, "{provider}/{model}");
            }
        }
    }
    serve.signal("TERM").unwrap();
    serve.wait(PATIENCE).unwrap();
    let printed = serve.stdout.to_the_end(PATIENCE) + &serve.stderr.to_the_end(PATIENCE);
    assert!(printed.contains("TRACE"), "at trace level it says something");
    assert_eq!(leak(&canaries, printed.as_bytes()), None, "`orch serve`");

    // A prompt is the user's own: whoever pastes a key into one has put it there. A name is not.
    clean(&["chat", "-m", "nobody/x", "hi"], "").await;
    for arguments in [
        &["providers", "list", "--json"][..],
        &["providers", "list"],
        &["models", "--refresh"],
        &["conversations", "list", "--json"],
        &["check", "--json"],
        &["providers", "key", "remove", "dead"],
    ] {
        clean(arguments, "").await;
    }
    let wrong = [("ORCHESITY_VAULT_PASSPHRASE", "wR0ng/passphrase+canary")];
    let printed = said(&orch, &wrong, &["providers", "test", "anthropic"], "").await;
    assert!(String::from_utf8_lossy(&printed).contains("not the vault's passphrase"));
    assert_eq!(Canary::new(wrong[0].1).found_in(&printed), None);

    let found = leak_in_files(&canaries, home.path());
    assert_eq!(found, None);

    // Keys where none belong are refused, and not repeated.
    for bad in [
        format!(
            "[[providers]]\nid = \"x\"\ndialect = \"openai-chat\"\nbase_url = \"http://127.0.0.1:9/v1\"\nkey = \"{k1}\"\n"
        ),
        format!("[[providers]]\nid = \"x\"\napi_key = \"{k1}\"\n"),
        format!("[[providers]]\nid = \"openai\"\nheaders = {{ authorization = \"Bearer {k1}\" }}\n"),
        format!("[[providers]]\nid = \"x\"\ndialect = \"{k1}\"\n"),
        format!(
            "[[providers]]\nid = \"x\"\ndialect = \"openai-chat\"\nbase_url = \"https://{}@h/v1\"\n",
            k1.replace('/', "%2F")
        ),
        format!(
            "[[providers]]\nid = \"x\"\ndialect = \"openai-chat\"\nbase_url = \"https://h/v1?key={k1}\"\n"
        ),
    ] {
        let home = Home::with_config(&bad).unwrap();
        let orch = Orch::new(home.path()).unwrap();
        let printed = said(&orch, &[], &["providers", "list"], "").await;
        assert_eq!(leak(&canaries, &printed), None, "{bad}{}", String::from_utf8_lossy(&printed));
        assert!(!printed.is_empty());
    }

    // Whoever is meant to get them does, and this test would see them.
    let log = server.log();
    let came = |key: &str| {
        log.iter().any(|call| leak(&[Canary::new(key)], format!("{:?}", call.headers).as_bytes()).is_some())
    };
    assert!(came(k1) && came(k2) && came(k3), "a provider was asked without its key");
    assert!(!came(k4), "a key that was replaced, or another provider's, was used");
}

/// What the engine leaves of a key when it uses it, backs up, removes it, and panics: in its data
/// directory, in what it prints and logs, in its arguments, and in children.
async fn left_by_the_engine(arguments: &[&str]) -> Option<String> {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    let folder = home.path().to_owned();
    let canary = [Canary::new("k9-canary/Vv+1029384756=abacus")];
    let mut command = Command::new(places::program("key-victim").unwrap());
    command.args(arguments).env_clear().env("ORCHESITY_HOME", &folder).env("HOME", &folder);
    command.env("RUST_BACKTRACE", "full");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let key = canary[0].key().to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        let pid = child.id();
        let mut log = child.stderr.take().unwrap();
        let logged = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = log.read_to_end(&mut bytes);
            bytes
        });
        let mut input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        writeln!(input, "{key}").unwrap();
        assert_eq!(output.next().unwrap().unwrap(), "used");
        let read = |name: &str| fs::read(format!("/proc/{pid}/{name}")).unwrap();
        let children = read(&format!("task/{pid}/children"));
        assert!(children.is_empty(), "who was started?");
        let mut seen = [read("cmdline"), read("environ")].concat();
        input.write_all(b"!!").unwrap();
        assert_eq!(output.next().unwrap().unwrap(), "removed");
        assert_eq!(child.wait().unwrap().code(), Some(101), "it did not panic");
        seen.extend(logged.join().unwrap());
        seen
    });
    let seen = tokio::time::timeout(PATIENCE, looked).await.expect("it did not end").unwrap();
    let text = String::from_utf8_lossy(&seen);
    assert!(text.contains("TRACE") && text.contains("panicked"), "it logged too little");
    assert!(fs::read_dir(home.path().join("backups")).unwrap().count() > 0, "nothing was backed up");
    leak(&canary, &seen).or_else(|| leak_in_files(&canary, home.path()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_engine_leaves_no_key_in_logs_files_backups_arguments_or_a_panic() {
    assert_eq!(left_by_the_engine(&[]).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redaction_a_key_is_found() {
    assert!(left_by_the_engine(&["--unredacted"]).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_environment_reaches_no_child_and_no_argument() {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    let orch = Orch::new(home.path()).unwrap();
    let mut command = orch.command(&["chat", "-m", "chat/slow", "hi"]);
    command.env("K1", canaries()[0].key());
    let looked = tokio::task::spawn_blocking(move || {
        let process = Process::start(&mut command).unwrap();
        let pid = process.id();
        assert!(process.stderr.wait_for(PATIENCE, |text| text.contains("run ").then_some(())).is_some());
        let read = |name: &str| fs::read(format!("/proc/{pid}/{name}")).unwrap();
        assert!(read(&format!("task/{pid}/children")).is_empty());
        assert_eq!(leak(&canaries(), &read("cmdline")), None);
    });
    looked.await.unwrap();
}
