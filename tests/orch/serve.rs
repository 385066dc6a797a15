//! `orch serve` as a program: how it starts, what it says, whom it lets in, and how it leaves.

use crate::world::{World, world};
use aws_lc_rs::hmac;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use std::time::Duration;
use system_tests::process::Process;
use testkit::answer;
use tokio::time::sleep;

const PATIENCE: Duration = Duration::from_mins(1);

/// Starts it on a free port; the line it says when it is ready.
fn serve(world: &World, more: &[&str]) -> (Process, Value) {
    let arguments = [&["serve", "--port", "0"], more].concat();
    let process = world.orch.start(&arguments).unwrap();
    let ready = process.stdout.wait_for(PATIENCE, |text| {
        let line = text.lines().next().filter(|_| text.contains('\n'))?;
        serde_json::from_str::<Value>(line).ok()
    });
    let ready = ready.unwrap_or_else(|| panic!("not ready: {}", process.stderr.text()));
    assert_eq!((&ready["event"], &ready["pid"]), (&json!("ready"), &json!(process.id())), "{ready}");
    (process, ready)
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

fn question(model: &str, stream: bool) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": "hello" }], "stream": stream })
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_when_it_is_ready_whom_it_lets_in_and_what_to_run_where_nobody_can() {
    let world = world().await;
    let (mut process, ready) = serve(&world, &[]);
    let url = ready["url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    let told = process.stderr.wait_for(PATIENCE, |text| text.contains("keys issue --name").then_some(()));
    assert!(told.is_some(), "{}", process.stderr.text());

    let ask = async |key: &str| {
        let request = client().post(format!("{url}/v1/chat/completions")).bearer_auth(key);
        request.json(&question("chat/ok?tokens=5", false)).send().await.unwrap()
    };
    assert_eq!(ask("ork_none").await.status().as_u16(), 401);
    let issued = world.run(&["keys", "issue", "--name", "tool", "--json"]).await.json().unwrap();
    let key = issued["key"].as_str().unwrap();
    // Another process issued it; it counts within a second, and here within what a busy machine takes.
    let mut tries = 0;
    let answered = loop {
        let response = ask(key).await;
        if response.status().as_u16() == 200 {
            break response.json::<Value>().await.unwrap();
        }
        tries += 1;
        assert!(tries < 100, "the new key is never known");
        sleep(Duration::from_millis(100)).await;
    };
    assert_eq!(answered["choices"][0]["message"]["content"], answer(5, 0), "{answered}");
    let id = issued["id"].as_str().unwrap();
    assert_eq!(world.run(&["keys", "revoke", id]).await.code, Some(0));
    let mut tries = 0;
    while ask(key).await.status().as_u16() != 401 {
        tries += 1;
        assert!(tries < 100, "the revoked key is still good");
        sleep(Duration::from_millis(100)).await;
    }
    process.signal("INT").unwrap();
    assert_eq!(process.wait(PATIENCE).unwrap().and_then(|status| status.code()), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_leave_it_lets_answers_end_and_takes_no_more() {
    let world = world().await;
    let (mut process, ready) = serve(&world, &["--no-auth"]);
    let url = ready["url"].as_str().unwrap().to_owned();
    let request = client().post(format!("{url}/v1/chat/completions"));
    let mut response = request.json(&question("chat/ok?tokens=40&gap_ms=50", true)).send().await.unwrap();
    let mut text = String::from_utf8(response.chunk().await.unwrap().unwrap().to_vec()).unwrap();
    process.signal("TERM").unwrap();
    while let Some(piece) = response.chunk().await.unwrap() {
        text.push_str(std::str::from_utf8(&piece).unwrap());
    }
    assert!(text.contains("data: [DONE]") && text.contains("·39 "), "{text}");
    assert_eq!(process.wait(PATIENCE).unwrap().and_then(|status| status.code()), Some(0));
    assert!(client().get(format!("{url}/live")).send().await.is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_and_a_door_without_a_lock_are_refused_with_a_way_out() {
    let world = world().await;
    let (_process, ready) = serve(&world, &["--no-auth"]);
    let port = ready["url"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    let busy = world.run(&["serve", "--port", &port]).await;
    assert_eq!(busy.code, Some(1), "{busy:?}");
    assert!(busy.stderr.contains("in use") && busy.stderr.contains("--port 0"), "{busy:?}");
    assert_eq!(busy.stdout, "", "not ready");
    for arguments in [
        &["serve", "--port", "0", "--host", "0.0.0.0", "--no-auth"][..],
        &["serve", "--port", "0", "--host", "0.0.0.0", "--no-auth", "--expose"],
        &["serve", "--port", "0", "--host", "0.0.0.0"],
        &["serve", "--port", "0", "--host", "nowhere.test"],
    ] {
        let refused = world.run(arguments).await;
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), ""), "{refused:?}");
        assert!(refused.stderr.contains('`'), "a way out: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_file_says_where_it_listens_unless_the_command_does() {
    let world = world().await;
    let config = std::fs::read_to_string(world.home.path().join("config.toml")).unwrap();
    let (process, ready) = serve(&world, &["--no-auth"]);
    let port = ready["url"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    drop(process);
    world
        .home
        .write_config(&format!("{config}\n[gateway]\nport = {port}\nhosts = [\"tools.test\"]\n"))
        .unwrap();
    let process = world.orch.start(&["serve", "--no-auth"]).unwrap();
    let ready = process.stdout.wait_for(PATIENCE, |text| text.contains(&format!(":{port}\"")).then_some(()));
    assert!(ready.is_some(), "{} {}", process.stdout.text(), process.stderr.text());
    let live =
        client().get(format!("http://127.0.0.1:{port}/live")).header("host", format!("tools.test:{port}"));
    assert_eq!(live.send().await.unwrap().status().as_u16(), 200);
}

/// A token of an issuer who shares `secret` with us.
fn token(secret: &str, claims: &Value) -> String {
    let b64 = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let message =
        format!("{}.{}", b64(br#"{"alg":"HS256","typ":"JWT"}"#), b64(claims.to_string().as_bytes()));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message.as_bytes());
    format!("{message}.{}", b64(signature.as_ref()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_token_asks_what_its_scope_names_and_a_secret_that_is_none_does_not_start() {
    const SECRET: &str = "a secret of at least thirty-two bytes";
    let mut world = world().await;
    let config = std::fs::read_to_string(world.home.path().join("config.toml")).unwrap();
    let jwt =
        "[gateway.jwt]\nalgorithm = \"HS256\"\nsecret = \"env:SHARED\"\nissuer = \"i\"\naudience = \"a\"\n";
    world.home.write_config(&format!("{config}\n{jwt}")).unwrap();
    let missing = world.run(&["serve", "--port", "0"]).await;
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(2), ""), "{missing:?}");
    assert!(missing.stderr.contains("SHARED"), "{missing:?}");
    world.orch = world.orch.clone().with_env("SHARED", "puny");
    let weak = world.run(&["serve", "--port", "0"]).await;
    assert_eq!((weak.code, weak.stdout.as_str()), (Some(2), ""), "{weak:?}");
    assert!(weak.stderr.contains("SHARED") && !weak.stderr.contains("puny"), "{weak:?}");

    world.orch = world.orch.clone().with_env("SHARED", SECRET);
    let (_process, ready) = serve(&world, &[]);
    let url = ready["url"].as_str().unwrap().to_owned();
    let ask = async |path: &str, token: String| {
        let request = client().post(format!("{url}{path}")).bearer_auth(token);
        request.json(&question("chat/ok?tokens=5", false)).send().await.unwrap()
    };
    let later = 4_000_000_000_u64;
    let claims = |scope: &str| json!({ "iss": "i", "aud": "a", "exp": later, "sub": "ann", "scope": scope });
    let chat = "/v1/chat/completions";
    let answered = ask(chat, token(SECRET, &claims("orchesity:/v1/chat/* orchesity:chat/*"))).await;
    assert_eq!(answered.status().as_u16(), 200);
    let answered: Value = answered.json().await.unwrap();
    assert_eq!(answered["choices"][0]["message"]["content"], answer(5, 0), "{answered}");
    for (path, token, status) in [
        ("/v1/embeddings", token(SECRET, &claims("orchesity:/v1/chat/*")), 403),
        (chat, token(SECRET, &claims("orchesity:/v1/chat/* orchesity:anthropic/*")), 403),
        (chat, token("another secret of thirty-two bytes!!", &claims("")), 401),
        (chat, token(SECRET, &json!({ "iss": "i", "aud": "a", "exp": 1, "sub": "ann" })), 401),
    ] {
        assert_eq!(ask(path, token).await.status().as_u16(), status, "{path}");
    }
    // Whose time ends issues no key whose does not.
    let api = token(SECRET, &claims("orchesity:/api/*"));
    let issue = async |body: Value| {
        let request = client().post(format!("{url}/api/v1/keys")).bearer_auth(&api);
        request.json(&body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(issue(json!({ "name": "for ever" })).await, 403);
    assert_eq!(issue(json!({ "name": "as long", "expiresAt": "2096-10-02T07:06:40Z" })).await, 201);
}
