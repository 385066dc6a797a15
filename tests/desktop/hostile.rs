//! Guarantees 43 to 45 in the real web view, with the real engine and its real streams: what a model
//! says runs nothing, fetches nothing, calls no command and leads nowhere.

use crate::stage::{PATIENCE, open_titled, play};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};
use system_tests::{
    desktop::Desktop,
    keyring::Keyring,
    places,
    tap::{self, call},
    webdriver::Session,
};
use testkit::{Home, ScriptedProvider};
use tokio::net::TcpListener;

fn hostile(file: &str) -> String {
    fs::read_to_string(places::root().join("tests/hostile").join(file)).unwrap()
}

/// A port of loopback that counts whoever comes.
async fn sink() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let hits = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&hits);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (url, hits)
}

/// The corpus in eight prompts' pieces: each payload an item of a list, so that what one leaves open
/// ends with it.
fn pieces(sink: &str) -> Vec<String> {
    let corpus: Vec<Value> = serde_json::from_str(&hostile("corpus.json")).unwrap();
    let texts: Vec<String> = (corpus.iter())
        .filter_map(|payload| payload["text"].as_str())
        .filter(|text| text.chars().count() < 600)
        .map(|text| format!("- {}", text.replace("%SINK%", sink).replace('\n', "\n  ")))
        .collect();
    assert!(texts.len() > 300, "only {} payloads", texts.len());
    (0..8).map(|part| texts.iter().skip(part).step_by(8).cloned().collect::<Vec<_>>().join("\n\n")).collect()
}

/// Asks these columns at once, opens their conversation and waits for the end. The commands that the
/// page called meanwhile are returned.
async fn ask(
    window: &Session,
    title: &str,
    prompt: &str,
    targets: &[String],
) -> Result<BTreeSet<String>, String> {
    let before = tap::read(window).await?.asked.len();
    let columns: Vec<Value> = targets.iter().map(|target| json!({ "target": target })).collect();
    let request = json!({"request": {"parts": [{"type": "text", "text": format!("{title}\n\n{prompt}")}], "columns": columns}});
    let started = call(window, "start_run", request).await?;
    started["good"]["conversation"].as_str().ok_or_else(|| format!("not started: {started}"))?;
    open_titled(window, title).await?;
    window
        .until(PATIENCE, "ended answers", async || {
            let answers = window.answers().await?;
            Ok((answers.len() == targets.len() && answers.iter().all(|one| !one.busy)).then_some(()))
        })
        .await?;
    let look = "for (const answer of document.querySelectorAll('main section')) {
          for (const fold of answer.querySelectorAll('[aria-expanded=false]:not([aria-haspopup]), summary')) fold.click();
          for (const e of answer.querySelectorAll('*'))
            for (const type of ['pointerover', 'mouseover', 'mouseenter', 'focus'])
              e.dispatchEvent(new Event(type, { bubbles: true }));
        }";
    window.run(look, json!([])).await?;
    let found = window.value(&format!("(() => {{ {} }})()", hostile("scan.js"))).await?;
    assert_eq!(found, json!([]), "something stands in the page that may not");
    Ok(tap::read(window).await?.asked.into_iter().skip(before).map(|(command, _)| command).collect())
}

const FORMS: [&str; 4] = ["text", "reasoning", "tool", "error"];

async fn story(desktop: &mut Desktop) -> Result<(), String> {
    let (sink, hits) = sink().await;
    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    tap::set(&window).await?;
    let targets = |form: &str, columns: usize| -> Vec<String> {
        let echo =
            |(piece, provider): (usize, &&str)| format!("{provider}/echo?piece={piece}&as={form}&gap_ms=1");
        ["chat", "responses"].iter().cycle().take(columns).enumerate().map(echo).collect()
    };

    // What harmless answers make the page ask of the engine is all that any answer may make it ask.
    let harmless = ["- a *word* and another one\n- another"; 8].join("\n%%\n");
    let mut usual = BTreeSet::new();
    for form in FORMS {
        // Slow enough to be seen while it is written.
        let slow: Vec<String> =
            targets(form, 8).iter().map(|target| target.replace("gap_ms=1", "gap_ms=150")).collect();
        usual.extend(ask(&window, &format!("Harmless {form}"), &harmless, &slow).await?);
    }
    let all = pieces(&sink);
    // Eight narrow columns for each form, and text in two wide ones too: what fits decides how it is drawn.
    for (form, columns) in FORMS.map(|form| (form, 8)).into_iter().chain([("text", 2)]) {
        let begun = Instant::now();
        for (part, some) in all.chunks(columns).enumerate() {
            let title = format!("Hostile {form} {columns} {part}");
            let called = ask(&window, &title, &some.join("\n%%\n"), &targets(form, columns)).await?;
            let beyond: Vec<_> = called.difference(&usual).collect();
            assert_eq!(beyond, Vec::<&String>::new(), "{title}: commands beyond those of a harmless answer");
            assert_eq!(tap::read(&window).await?.wrong, Vec::<String>::new(), "{title}");
            assert_eq!(hits.load(Ordering::SeqCst), 0, "{title}: the sink was asked");
        }
        let (took, usual) = (begun.elapsed(), usual.len());
        println!(
            "as {form} in {columns} columns: no script, no request, no command beyond {usual}; {took:?}"
        );
    }

    // Whatever a script of the page might try: the window stays where it is, and opens no other.
    let here = window.run("return location.href", json!([])).await?;
    let links: Vec<Value> = serde_json::from_str(&hostile("links.json")).unwrap();
    assert!(links.len() >= 40);
    for address in links.iter().filter_map(|link| link["address"].as_str()) {
        if address.to_lowercase().starts_with("javascript:") || address.starts_with("tauri:") {
            continue;
        }
        let script = "const a = document.createElement('a'); a.href = arguments[0]; document.body.append(a);
            a.click(); a.target = '_blank'; a.click(); a.remove();
            try { location.assign(arguments[0]); } catch { /* refused at once */ }
            return true;";
        // The driver may lose a script whose page is asked to go; what counts is where the page is then.
        if let Err(error) = window.run(script, json!([address])).await {
            println!("{address}: {error}");
        }
        assert_eq!(window.value("location.href").await?, here, "{address} led away");
    }
    for url in [format!("{sink}/assigned"), format!("{sink}/opened")] {
        if let Err(error) = window.run("location.assign(arguments[0]); return true", json!([url])).await {
            println!("{url}: {error}");
        }
    }
    window.named("textbox", "Prompt", PATIENCE).await?;
    assert_eq!(window.run("return location.href", json!([])).await?, here);
    assert_eq!(hits.load(Ordering::SeqCst), 0, "a link was followed");
    window.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_model_says_runs_fetches_commands_or_leads_away() {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    play("hostile", &home, Keyring::NoService, story).await;
}
