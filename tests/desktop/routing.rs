//! A route in the real app: a prompt shows who was chosen and why, an outage of that one is simulated and survived
//! where everybody sees it, and a budget stops spending exactly where it should.

use crate::{
    stage::{ENTER, PATIENCE, choose_targets, ended, fill, photograph, play, send},
    steps::whole,
};
use serde_json::{Value, json};
use system_tests::{desktop::Desktop, keyring::Keyring, orch::Orch, webdriver::Session};
use testkit::{Home, ScriptedProvider};

/// The same model at two providers; the first is the cheaper one.
const MODEL: &str = "ok?tokens=20";
const ONE: &str = "one/ok?tokens=20";
const TWO: &str = "two/ok?tokens=20";
/// Eleven tokens in and twenty out, by the prices of the second.
const CALL_NANO: i64 = 11 * 200_000 + 20 * 2_000_000;
/// Room for two such calls and not for three.
const BUDGET: &str = "0.1";

fn home(server: &ScriptedProvider) -> Home {
    let provider = |id: &str| {
        let url = server.v1();
        format!(
            "[[providers]]\nid = {id:?}\ndialect = \"openai-chat\"\nbase_url = {url:?}\nkey = \"none\"\n\
             models = [{MODEL:?}]\n\n"
        )
    };
    let price = |target: &str, input: u32| {
        format!("[[prices]]\nmodel = {target:?}\ninput = {input}\noutput = {}\n\n", input * 10)
    };
    // Any free port: others test on this machine too.
    let config = [
        provider("one"),
        provider("two"),
        price(ONE, 100),
        price(TWO, 200),
        "[gateway]\nport = 0\n".to_owned(),
    ];
    Home::with_config(&config.concat()).unwrap()
}

/// Waits until the line of the newest answer says that it was routed so.
async fn routed(window: &Session, whom: &str) -> Result<(), String> {
    window.beginning("button", &format!("Routed to {whom}"), PATIENCE).await.map(drop)
}

/// Asks `auto` once more, and waits until that is answered.
async fn asked(window: &Session, server: &ScriptedProvider, prompt: &str) -> Result<(), String> {
    let before = server.log().len();
    send(window, prompt).await?;
    window
        .until(PATIENCE, "call at a provider", async || Ok((server.log().len() > before).then_some(())))
        .await?;
    ended(window, 1).await.map(drop)
}

/// The first provider is down from now on, by the page for that.
async fn outage(window: &Session) -> Result<(), String> {
    window.click_named("button", "Routing", PATIENCE).await?;
    window.click_beginning("button", "Simulated faults", PATIENCE).await?;
    window.click_named("button", "Choose a provider or model", PATIENCE).await?;
    let search = window.named("combobox", "Whom the fault befalls", PATIENCE).await?;
    window.type_text(&search, &format!("one{ENTER}")).await?;
    window.named("button", "Befalls one", PATIENCE).await?;
    window.click_named("button", "Simulate", PATIENCE).await?;
    window.shows("1 simulated fault", PATIENCE).await
}

async fn survived(desktop: &Desktop, window: &Session, server: &ScriptedProvider) -> Result<(), String> {
    choose_targets(window, &["auto".to_owned()]).await?;
    asked(window, server, "Where do storks go?").await?;
    routed(window, ONE).await?;
    photograph(desktop, "routed.png");
    window.click_beginning("button", "Routed to one/", PATIENCE).await?;
    window.named("dialog", "Decision of auto", PATIENCE).await?;
    window.shows(TWO, PATIENCE).await?;
    window.shows("scores best", PATIENCE).await?;
    photograph(desktop, "routed-decision.png");
    window.press("Escape").await?;

    outage(window).await?;
    photograph(desktop, "routed-fault.png");
    window.click_named("button", "Workbench", PATIENCE).await?;
    let before = server.log().len();
    asked(window, server, "And cranes, in autumn?").await?;
    routed(window, TWO).await?;
    window.shows("fell back from", PATIENCE).await?;
    window.shows("attempts", PATIENCE).await?;
    photograph(desktop, "routed-fallen-back.png");
    assert_eq!(server.log().len(), before + 1, "who is simulated to be down is not asked");

    // Opened by hand, its breaker is where everybody sees it.
    window.click_named("button", "Routing", PATIENCE).await?;
    window.click_beginning("button", "Breakers and limits", PATIENCE).await?;
    window.click_named("button", "Leave a model alone…", PATIENCE).await?;
    let search = window.named("combobox", "Leave a model alone for a minute", PATIENCE).await?;
    window.type_text(&search, &format!("{ONE}{ENTER}")).await?;
    window.shows("1 open", PATIENCE).await?;
    photograph(desktop, "routed-breaker.png");
    window.click_named("button", &format!("Reset the breaker of {ONE}"), PATIENCE).await?;
    window.click_beginning("button", "Simulated faults", PATIENCE).await?;
    window.click_named("button", "End the fault on one", PATIENCE).await?;
    window.shows("No fault is simulated", PATIENCE).await?;
    window.click_named("button", "Workbench", PATIENCE).await
}

/// A key that is shown, as one copies it.
const KEY: &str = "[...document.querySelectorAll('[role=dialog] *')].map((e) => e.textContent.trim())\
                   .find((text) => text.length === 68 && text.startsWith('ork_')) ?? null";
/// Where the gateway listens, as its page says.
const URL: &str = "[...document.querySelectorAll('main span')].map((e) => e.textContent.trim())\
                   .find((text) => text.startsWith('http://127.0.0.1:')) ?? null";

/// Switches the gateway on; its address.
async fn switched_on(window: &Session) -> Result<String, String> {
    window.click_named("button", "gateway off", PATIENCE).await?;
    window.click_named("switch", "Gateway", PATIENCE).await?;
    window
        .until(PATIENCE, "the gateway's address", async || {
            Ok(window.value(URL).await?.as_str().map(str::to_owned))
        })
        .await
}

/// What the key has spent by `orch`'s account, in nano-dollars.
fn spent(home: &Home) -> Result<Option<i64>, String> {
    let orch = Orch::new(home.path())?;
    let told: Vec<Value> =
        orch.run(&["keys", "list", "--json"]).map_err(|error| error.to_string())?.lines()?;
    let mut keys =
        told.iter().flat_map(|line| line.as_array().cloned().unwrap_or_else(|| vec![line.clone()]));
    let key = keys.find(|key| key["name"] == "spender");
    let usd = key.and_then(|key| key["budgets"][0]["spentUsd"].as_str()?.parse::<f64>().ok());
    Ok(usd.map(|usd| (usd * 1e9).round() as i64))
}

/// A key with a budget, made in the window; a tool spends it to its end.
async fn stopped(
    desktop: &Desktop,
    window: &Session,
    home: &Home,
    server: &ScriptedProvider,
) -> Result<(), String> {
    let url = switched_on(window).await?;
    window.click_named("button", "Issue a key", PATIENCE).await?;
    window.named("dialog", "Issue a key", PATIENCE).await?;
    fill(window, "Name", "spender").await?;
    fill(window, "Dollars in all", BUDGET).await?;
    window.click_named("button", "Issue", PATIENCE).await?;
    window.named("dialog", "Key of spender", PATIENCE).await?;
    let key = window
        .until(PATIENCE, "the key", async || Ok(window.value(KEY).await?.as_str().map(str::to_owned)))
        .await?;
    window.click_named("button", "Done", PATIENCE).await?;

    let http = reqwest::Client::builder().no_proxy().build().map_err(|error| error.to_string())?;
    let before = server.log().len();
    let mut answers = Vec::new();
    for _ in 0..4 {
        let body =
            json!({ "model": TWO, "max_tokens": 20, "messages": [{ "role": "user", "content": "?" }] });
        let request = http.post(format!("{url}/v1/chat/completions")).bearer_auth(&key).json(&body);
        let response = request.send().await.map_err(|error| error.to_string())?;
        answers.push(response.status().as_u16());
    }
    assert_eq!(answers, [200, 200, 402, 402], "room for two calls, and for no third");
    assert_eq!(server.log().len() - before, 2, "what is refused is not asked");
    // Calls are stored a moment after they are answered; until then they are set aside.
    let spent = window
        .until(PATIENCE, "both calls in the ledger", async || {
            Ok(spent(home)?.filter(|nano| *nano > CALL_NANO))
        })
        .await?;
    assert_eq!(spent, 2 * CALL_NANO);
    window.click_named("button", "Insights", PATIENCE).await?;
    window.click_named("button", "Budgets", PATIENCE).await?;
    window.shows("spender", PATIENCE).await?;
    photograph(desktop, "budget-spent.png");
    Ok(())
}

async fn story(desktop: &mut Desktop, home: &Home, server: &ScriptedProvider) -> Result<(), String> {
    let window = desktop.open().await?;
    survived(desktop, &window, server).await?;
    stopped(desktop, &window, home, server).await?;
    whole(home.path())?;
    window.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_routed_prompt_says_why_an_outage_is_survived_and_a_budget_stops_spending_where_it_should() {
    let server = ScriptedProvider::start().await;
    let home = home(&server);
    play("routing", &home, Keyring::NoService, async |desktop| story(desktop, &home, &server).await).await;
}
