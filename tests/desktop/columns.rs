//! Columns as people push them about by mouse, found as they were left after a restart; and prompts that wait
//! for answers, sent at their end and held back by whoever stops them.

use crate::stage::{PATIENCE, answers_when, choose_targets, ended, open_titled, photograph, play, send};
use system_tests::{
    desktop::Desktop,
    keyring::Keyring,
    webdriver::{Rect, Session},
};
use testkit::{Call, Home, ScriptedProvider};

const FIRST: &str = "chat/ok?tokens=900&gap_ms=0";
const SECOND: &str = "anthropic/ok?tokens=700&gap_ms=0&seed=2";
const THIRD: &str = "simulated/fast?len=40";

async fn order(window: &Session) -> Result<Vec<String>, String> {
    Ok(window.answers().await?.into_iter().map(|one| one.target).collect())
}

async fn stands(window: &Session, what: &str, wanted: &[&str]) -> Result<(), String> {
    window.until(PATIENCE, what, async || Ok((order(window).await? == wanted).then_some(()))).await
}

async fn place(window: &Session, target: &str) -> Result<Rect, String> {
    let column = window.named("region", &format!("Answer of {target}"), PATIENCE).await?;
    window.rect(&column).await
}

async fn menu(window: &Session, target: &str, item: &str) -> Result<(), String> {
    window.click_named("button", &format!("Menu of {target}"), PATIENCE).await?;
    window.click_named("menuitem", item, PATIENCE).await
}

/// How far down a column is scrolled, as a part of its way.
async fn part_of_way(window: &Session, target: &str) -> Result<f64, String> {
    let script = format!(
        "(() => {{ const e = document.querySelector('[aria-label={:?}]'); return e.scrollTop / (e.scrollHeight - e.clientHeight); }})()",
        format!("Column of {target}")
    );
    let part = window.value(&script);
    part.await?.as_f64().ok_or_else(|| format!("{target} does not scroll"))
}

async fn pushed_about(desktop: &mut Desktop) -> Result<(), String> {
    let window = desktop.open().await?;
    choose_targets(&window, &[FIRST, SECOND, THIRD].map(str::to_owned)).await?;
    send(&window, "Three columns to push about").await?;
    ended(&window, 3).await?;

    // Reordered: dragged by the head, and by the menu.
    let (from, to) = (place(&window, FIRST).await?, place(&window, SECOND).await?);
    window.drag(from.at.by(40.0, 14.0), to.middle().by(40.0, 0.0)).await?;
    stands(&window, "first column after the second", &[SECOND, FIRST, THIRD]).await?;
    menu(&window, THIRD, "Move left").await?;
    stands(&window, "third column before the first", &[SECOND, THIRD, FIRST]).await?;

    // Resized by the edge.
    let before = place(&window, SECOND).await?.width;
    let edge = window.named("separator", &format!("Width of {SECOND}"), PATIENCE).await?;
    let grip = window.rect(&edge).await?.middle();
    window.drag(grip, grip.by(-60.0, 0.0)).await?;
    window
        .until(PATIENCE, "narrower column", async || {
            Ok((place(&window, SECOND).await?.width < before - 50.0).then_some(()))
        })
        .await?;

    // Shown alone and all again, folded and unfolded.
    let head = place(&window, FIRST).await?.at.by(40.0, 14.0);
    window.double_click(head).await?;
    stands(&window, "one column alone", &[FIRST]).await?;
    window.click_named("button", "Show all columns", PATIENCE).await?;
    stands(&window, "all columns", &[SECOND, THIRD, FIRST]).await?;
    menu(&window, THIRD, "Fold").await?;
    let unfold = format!("Unfold column 2, {THIRD}");
    window.click_named("button", &unfold, PATIENCE).await?;
    window.named("button", &format!("Menu of {THIRD}"), PATIENCE).await?;
    menu(&window, THIRD, "Fold").await?;
    window.named("button", &unfold, PATIENCE).await?;

    // Scrolled together: each at the same part of its way.
    window.click_named("button", "Scroll columns together", PATIENCE).await?;
    window.wheel(place(&window, FIRST).await?.middle(), 600.0).await?;
    window
        .until(PATIENCE, "columns scrolled together", async || {
            let (one, other) = (part_of_way(&window, FIRST).await?, part_of_way(&window, SECOND).await?);
            Ok((one > 0.01 && (one - other).abs() < 0.01).then_some(()))
        })
        .await?;
    photograph(desktop, "pushed-about.png");
    let widths = (place(&window, SECOND).await?.width, place(&window, FIRST).await?.width);
    desktop.kill_app().await?;

    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    stands(&window, "columns as they were left", &[SECOND, THIRD, FIRST]).await?;
    window.named("button", &unfold, PATIENCE).await?;
    let again = (place(&window, SECOND).await?.width, place(&window, FIRST).await?.width);
    assert!(
        (again.0 - widths.0).abs() < 2.0 && (again.1 - widths.1).abs() < 2.0,
        "{widths:?}, now {again:?}"
    );
    let toggle = "document.querySelector('[aria-label=\"Scroll columns together\"]').ariaPressed";
    assert_eq!(window.value(toggle).await?, "true", "columns scroll alone again");
    window.end().await
}

/// Calls whose prompt ends so.
fn asked(server: &ScriptedProvider, prompt: &str) -> Vec<Call> {
    server.log().into_iter().filter(|call| call.body.to_string().contains(prompt)).collect()
}

async fn typed_and_queued(window: &Session, prompt: &str) -> Result<(), String> {
    let composer = window.named("textbox", "Prompt", PATIENCE).await?;
    window.type_text(&composer, prompt).await?;
    window.click_named("button", "Queue", PATIENCE).await?;
    window.named("button", "Edit queued prompt", PATIENCE).await.map(drop)
}

async fn queued(desktop: &mut Desktop, server: &ScriptedProvider) -> Result<(), String> {
    let window = desktop.open().await?;
    let slow = "slow?tokens=80&gap_ms=60";
    choose_targets(&window, &[format!("chat/{slow}"), "chat/echo".to_owned()]).await?;
    send(&window, "The first prompt").await?;
    answers_when(&window, "an answer under way", |all| all.iter().any(|one| one.busy)).await?;
    typed_and_queued(&window, "The second prompt").await?;
    assert_eq!(asked(server, "The second prompt").len(), 0, "it was sent while answers streamed");
    photograph(desktop, "queued.png");
    window
        .until(PATIENCE, "queued prompt at the provider", async || {
            Ok((asked(server, "The second prompt").len() == 2).then_some(()))
        })
        .await?;
    let first = &server.calls_of(slow)[0];
    let second = &asked(server, "The second prompt")[0];
    assert!(first.ended.is_some_and(|end| end <= second.at), "it did not wait for the last answer");

    // Who stops everything does not want the next one asked; it is there still, and goes when it is told to.
    answers_when(&window, "the second turn under way", |all| all.iter().any(|one| one.busy)).await?;
    typed_and_queued(&window, "The third prompt").await?;
    window.click_named("button", "More for this turn", PATIENCE).await?;
    window.click_named("menuitem", "Stop the answers of this turn", PATIENCE).await?;
    window.shows("this was not sent", PATIENCE).await?;
    ended(&window, 2).await?;
    assert_eq!(asked(server, "The third prompt").len(), 0, "it was sent though all was stopped");
    window.click_named("button", "Send now", PATIENCE).await?;
    window
        .until(PATIENCE, "third prompt at the provider", async || {
            Ok((asked(server, "The third prompt").len() == 2).then_some(()))
        })
        .await?;
    ended(&window, 2).await?;
    open_titled(&window, "The first prompt").await?;
    window.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_moved_resized_folded_shown_alone_and_scrolled_together_and_stay_so() {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    play("columns", &home, Keyring::NoService, pushed_about).await;
}

/// Four columns of code, lists and tables that come quickly: what is drawn is shorter for a moment at times.
async fn followed(desktop: &mut Desktop) -> Result<(), String> {
    let window = desktop.open().await?;
    let target = |seed: u32| format!("simulated/steady?tps=200&ttft=50&len=1600&seed={seed}");
    choose_targets(&window, &(0..4).map(target).collect::<Vec<_>>()).await?;
    send(&window, "Say a lot").await?;
    ended(&window, 4).await?;
    // What was stored is drawn anew after the end: they are there when that is done, and stay.
    let at_end = "(() => { const boxes = [...document.querySelectorAll('[data-answer-body]')];
        return boxes.length === 4 && boxes.every((box) => box.scrollHeight > box.clientHeight * 3
            && box.scrollHeight - box.scrollTop - box.clientHeight < 24); })()";
    let at_end = async || Ok((window.value(at_end).await? == true).then_some(()));
    window.until(PATIENCE, "the ends of four long answers that nobody scrolled", at_end).await?;
    window.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_nobody_scrolls_are_followed_to_their_ends() {
    play("followed", &Home::empty().unwrap(), Keyring::NoService, followed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_waits_goes_out_after_the_last_answer_and_not_when_all_is_stopped() {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    play("queued", &home, Keyring::NoService, async |desktop| queued(desktop, &server).await).await;
}
