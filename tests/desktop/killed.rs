//! Three targets are asked, the columns stream, the app is killed, and everything is found again.
//!
//! `ORCHESITY_REAL_MODELS=URL,URL` (set by `cargo xtask e2e --real-model`) asks two running
//! OpenAI-compatible servers instead of the scripted one. Screenshots go to `target/e2e/`.

use crate::stage::{PATIENCE, choose_targets, photograph, play, send};
use std::{collections::BTreeMap, time::Duration};
use system_tests::{
    desktop::Desktop,
    keyring::Keyring,
    webdriver::{Answer, Session},
};
use testkit::{Home, HomeProvider, ScriptedProvider, answer};

/// A whole answer of a real model on a busy CPU.
const WHOLE_ANSWER: Duration = Duration::from_mins(5);

struct Cast {
    home: Home,
    targets: [String; 3],
    /// The whole texts of those answers that are known beforehand.
    known: BTreeMap<String, String>,
    /// Kept running.
    _server: Option<ScriptedProvider>,
}

async fn cast() -> Cast {
    if let Ok(urls) = std::env::var("ORCHESITY_REAL_MODELS") {
        let providers: Vec<HomeProvider> = (["smollm2", "gemma3"].iter().zip(urls.split(',')))
            .map(|(id, url)| HomeProvider {
                id: (*id).to_owned(),
                dialect: "openai-chat".to_owned(),
                base_url: format!("{url}/v1"),
                key: "none".to_owned(),
            })
            .collect();
        println!("asking real models at {urls}");
        return Cast {
            home: Home::with_providers(&providers).unwrap(),
            targets: ["smollm2/smollm2", "gemma3/gemma3", "simulated/steady?tps=30&len=120"]
                .map(str::to_owned),
            known: BTreeMap::new(),
            _server: None,
        };
    }
    println!("no real models were named: the scripted server stands in for them");
    let server = ScriptedProvider::start().await;
    let slow = ["chat/slow?tokens=240&gap_ms=50&seed=1", "anthropic/slow?tokens=200&gap_ms=60&seed=2"];
    Cast {
        home: Home::scripted(&server.url()).unwrap(),
        known: BTreeMap::from([(slow[0].to_owned(), answer(240, 1)), (slow[1].to_owned(), answer(200, 2))]),
        targets: [slow[0].to_owned(), slow[1].to_owned(), "simulated/fast?len=40".to_owned()],
        _server: Some(server),
    }
}

/// The three columns, as soon as `test` holds for them.
async fn columns(
    window: &Session,
    targets: &[String],
    limit: Duration,
    what: &str,
    test: impl Fn(&[Answer]) -> bool,
) -> Result<Vec<Answer>, String> {
    window
        .until(limit, what, async || {
            let answers = window.answers().await?;
            let ours: Vec<Answer> = targets
                .iter()
                .filter_map(|target| answers.iter().find(|one| one.target == *target))
                .cloned()
                .collect();
            Ok((ours.len() == targets.len() && test(&ours)).then_some(ours))
        })
        .await
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

async fn story(cast: &Cast, desktop: &mut Desktop) -> Result<(), String> {
    let window = desktop.open().await?;
    choose_targets(&window, &cast.targets).await?;
    send(&window, "Tell me three things about crabs.").await?;

    // All three stream side by side.
    let all_speak = |all: &[Answer]| all.iter().all(|one| !one.text.is_empty());
    columns(&window, &cast.targets, PATIENCE, "three columns with text", all_speak).await?;
    window.named("status", "Saved", PATIENCE).await?;
    photograph(desktop, "streaming.png");
    let well_under_way = |all: &[Answer]| {
        all.iter().any(|one| !one.busy) && all.iter().all(|one| !one.busy || one.text.chars().count() > 200)
    };
    columns(&window, &cast.targets, WHOLE_ANSWER, "a finished column beside long ones", well_under_way)
        .await?;
    photograph(desktop, "comparing.png");
    let before = window.answers().await?;
    assert!(before.iter().any(|one| one.busy), "nothing was streaming at the kill: {before:#?}");
    desktop.kill_app().await?;

    // What the page had shown is there, and says how it ended.
    let window = desktop.open().await?;
    open_again(&window).await?;
    // The words stand there at once, as they were written; the script that reads Markdown comes after them.
    let shows_again = |is: &Answer| {
        let was = before.iter().find(|was| was.target == is.target);
        !is.text.is_empty() && was.is_none_or(|was| is.text.starts_with(&was.text))
    };
    let settled = |all: &[Answer]| all.iter().all(|one| !one.busy && shows_again(one));
    let after = columns(&window, &cast.targets, PATIENCE, "the three answers again", settled).await?;
    photograph(desktop, "after-the-kill.png");
    for (was, is) in before.iter().map(|was| (was, after.iter().find(|is| is.target == was.target))) {
        let is = is.ok_or_else(|| format!("{} is gone", was.target))?;
        assert!(is.text.starts_with(&was.text), "{} had\n{}\nand has\n{}", was.target, was.text, is.text);
        let interrupted = is.all.to_lowercase().contains("interrupted");
        assert_eq!(interrupted, was.busy, "{} shows\n{}", is.target, is.all);
        if !was.busy {
            assert_eq!(is.text, was.text, "a finished answer changed");
        }
    }
    if cast.known.is_empty() {
        return window.end().await;
    }

    // The next turn goes to all columns, and goes on when the page is loaded anew.
    send(&window, "And now once more.").await?;
    columns(&window, &cast.targets, PATIENCE, "the second turn", |all| all.iter().any(|one| one.busy))
        .await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    window.reload().await?;
    let whole = |all: &[Answer]| {
        all.iter().all(|one| {
            !one.busy && cast.known.get(&one.target).is_none_or(|known| one.text == squeezed(known))
        })
    };
    columns(&window, &cast.targets, WHOLE_ANSWER, "three whole answers after a reload", whole).await?;
    photograph(desktop, "second-turn.png");
    window.end().await
}

/// The conversation that was open, or else the one that its prompt named.
async fn open_again(window: &Session) -> Result<(), String> {
    window.named("textbox", "Prompt", PATIENCE).await?;
    window
        .until(PATIENCE, "conversation in the list", async || {
            Ok((!window.answers().await?.is_empty() || window.click_first("Tell me").await?).then_some(()))
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn three_answers_stream_side_by_side_and_survive_a_kill() {
    let cast = cast().await;
    play("kill", &cast.home, Keyring::NoService, async |desktop| story(&cast, desktop).await).await;
}
