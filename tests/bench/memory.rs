//! Memory over half an hour of sixteen-fold use: in turns of six, sixteen answers each, two conversations
//! after the other, one of which is looked at and closed when the next ones begin. What is looked at is kept
//! for a while and web views collect garbage when they like, so two things are told: the least that was held in
//! each stretch of three minutes while nobody paused, and what is held when somebody pauses for a minute, as
//! people do. What rises in the first and not in the second is garbage; what rises in both is never given back.

use crate::{
    Done, figure,
    processes::Family,
    window::{COLUMNS, PATIENCE, open, start, the_one},
};
use std::time::{Duration, Instant};
use system_tests::{
    desktop::{self, Desktop},
    places,
    webdriver::Session,
};

const USED: Duration = Duration::from_mins(30);
const STRETCH: Duration = Duration::from_mins(3);
/// After so many stretches there is a pause.
const BEFORE_PAUSE: u32 = 2;
const PAUSE: Duration = Duration::from_mins(1);
/// Turns of a conversation.
const TURNS: usize = 6;

pub async fn run() -> Done {
    if let Some(missing) = desktop::missing() {
        return Err(missing.into());
    }
    let home = tempfile::tempdir()?;
    let desktop = Desktop::start(home.path()).await?;
    let program = places::program("orchesity")?;
    let window = desktop.open().await?;
    window.named("textbox", "Prompt", PATIENCE).await?;
    let root = the_one(&desktop, &program)?;
    let targets: Vec<String> =
        (0..COLUMNS).map(|seed| format!("simulated/fast?tps=4000&ttft=1&len=120&seed={seed}")).collect();
    let mut begun = Instant::now();
    let (mut turns, mut stretch, mut pair) = (0, 1, 0);
    let mut least = f64::INFINITY;
    while begun.elapsed() < USED {
        pair += 1;
        let name = format!("Seen {pair}");
        let seen = start(&window, None, &name, &targets).await?;
        let other = start(&window, None, "Other", &targets).await?;
        open(&window, &name).await?;
        for turn in 1..=TURNS {
            if turn > 1 {
                again(&window, &other, &targets).await?;
                again(&window, &seen, &targets).await?;
            }
            window
                .until(PATIENCE, "ended turn", async || {
                    let all = window.answers().await?;
                    Ok((all.len() == COLUMNS && all.iter().all(|one| !one.busy)).then_some(()))
                })
                .await?;
            turns += 1;
            least = least.min(Family::of(root)?.megabytes()?);
        }
        window.press("Control+w").await?;
        tokio::time::sleep(Duration::from_secs(1)).await;
        if begun.elapsed() >= STRETCH * stretch {
            let minutes = (STRETCH * stretch).as_secs() / 60;
            figure("memory", &format!("least in the three minutes to {minutes}, {turns} turns"), least, "MB");
            if stretch.is_multiple_of(BEFORE_PAUSE) {
                tokio::time::sleep(PAUSE).await;
                let held = Family::of(root)?.megabytes()?;
                figure(
                    "memory",
                    &format!("after a pause of a minute at {minutes}, {turns} turns"),
                    held,
                    "MB",
                );
                // The pause is no use.
                begun += PAUSE;
            }
            (least, stretch) = (f64::INFINITY, stretch + 1);
        }
    }
    window.end().await?;
    Ok(())
}

/// Asks once more, as soon as what was asked before is answered: on a slow machine that takes a while.
async fn again(window: &Session, conversation: &str, targets: &[String]) -> Result<(), String> {
    window
        .until(PATIENCE, "conversation that can be asked again", async || {
            match start(window, Some(conversation), "Again", targets).await {
                Ok(_) => Ok(Some(())),
                Err(told) if told.contains(r#""kind":"busy""#) => Ok(None),
                Err(told) => Err(told),
            }
        })
        .await
}
