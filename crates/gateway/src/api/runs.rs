//! Runs: asking, and how it stands.

use super::{
    asked::{Asked, done, good, json, missing, refused},
    operation::{Answered, Operation},
    watching,
};
use crate::Gateway;
use dialects::serving::Refusal;
use domain::{AddTargets, Completion, CompletionId, Part, Replay, RunId, StartRun, StartedRun, Synthesize};
use http::{Method, StatusCode};
use serde::Serialize;

const SMALL: usize = 4 << 20;
/// A prompt with its pictures and files.
const PROMPT: usize = 64 << 20;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::POST,
            "/runs",
            "startRun",
            "Asks every column's target the same thing; the answers come as events.",
            start,
        )
        .takes::<StartRun>(PROMPT)
        .answers::<StartedRun>(202),
        Operation::new(
            Method::POST,
            "/runs/targets",
            "addTargets",
            "Asks further targets what a prompt asked; each answer is a new column.",
            add,
        )
        .takes::<AddTargets>(SMALL)
        .answers::<StartedRun>(202),
        Operation::new(
            Method::POST,
            "/runs/replay",
            "replayBranch",
            "Asks a branch's user turns again, one after the other, of another target.",
            replay,
        )
        .takes::<Replay>(SMALL)
        .answers::<StartedRun>(202),
        Operation::new(
            Method::POST,
            "/runs/synthesis",
            "synthesize",
            "Has a model make one answer of several: a merge.",
            synthesize,
        )
        .takes::<Synthesize>(SMALL)
        .answers::<StartedRun>(202),
        Operation::new(Method::GET, "/runs/{run}", "getRun", "A run's completions as they stand now.", get)
            .answers::<RunStatus>(200),
        Operation::new(
            Method::POST,
            "/runs/{run}/cancel",
            "cancelRun",
            "Stops every answer of a run; their texts stay.",
            cancel,
        )
        .answers_nothing(),
        Operation::new(
            Method::GET,
            "/completions/{completion}",
            "getCompletion",
            "One answer with its parts, as far as it has come.",
            completion,
        )
        .answers::<CompletionAnswer>(200),
        Operation::new(
            Method::POST,
            "/completions/{completion}/cancel",
            "cancelCompletion",
            "Stops one answer; its text stays.",
            cancel_one,
        )
        .answers_nothing(),
    ]
    .into_iter()
    .chain(watching::operations())
    .collect()
}

/// How a run stands.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct RunStatus {
    /// The run.
    run: RunId,
    /// Whether an answer of it is still being written.
    live: bool,
    /// Its completions, in order.
    completions: Vec<Completion>,
}

/// One answer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct CompletionAnswer {
    /// The completion.
    completion: Completion,
    /// What its message says so far.
    parts: Vec<Part>,
    /// Upstream calls made.
    attempts: u32,
}

async fn start(gateway: Gateway, asked: Asked) -> Answered {
    let request: StartRun = asked.body()?;
    asked.expect_asking(request.columns.iter().map(|column| &column.target))?;
    let started = gateway.engine().start_run(request, asked.by()).await.map_err(refused)?;
    json(StatusCode::ACCEPTED, &started)
}

async fn add(gateway: Gateway, asked: Asked) -> Answered {
    let request: AddTargets = asked.body()?;
    asked.expect_asking(request.columns.iter().map(|column| &column.target))?;
    let started = gateway.engine().add_targets(request, asked.by()).await.map_err(refused)?;
    json(StatusCode::ACCEPTED, &started)
}

async fn replay(gateway: Gateway, asked: Asked) -> Answered {
    let request: Replay = asked.body()?;
    asked.expect_asking([&request.target])?;
    let started = gateway.engine().replay(request, asked.by()).await.map_err(refused)?;
    json(StatusCode::ACCEPTED, &started)
}

async fn synthesize(gateway: Gateway, asked: Asked) -> Answered {
    let request: Synthesize = asked.body()?;
    asked.expect_asking([&request.target])?;
    let started = gateway.engine().synthesize(request, asked.by()).await.map_err(refused)?;
    json(StatusCode::ACCEPTED, &started)
}

/// Its completions. A run without one would be none.
async fn completions(gateway: &Gateway, run: RunId) -> Result<Vec<Completion>, Refusal> {
    let found = gateway.engine().completions(run).await.map_err(refused)?;
    if found.is_empty() { Err(missing("run", &run)) } else { Ok(found) }
}

async fn get(gateway: Gateway, asked: Asked) -> Answered {
    let run = asked.named("run")?;
    let completions = completions(&gateway, run).await?;
    let live = completions.iter().any(|one| !one.state.is_terminal());
    good(&RunStatus { run, live, completions })
}

async fn cancel(gateway: Gateway, asked: Asked) -> Answered {
    let run = asked.named("run")?;
    completions(&gateway, run).await?;
    gateway.engine().stop_run(run).await.map_err(refused)?;
    done()
}

async fn completion(gateway: Gateway, asked: Asked) -> Answered {
    let id = asked.named("completion")?;
    let (completion, parts, attempts) = gateway.engine().answer(id).await.map_err(refused)?;
    good(&CompletionAnswer { completion, parts, attempts })
}

async fn cancel_one(gateway: Gateway, asked: Asked) -> Answered {
    let id: CompletionId = asked.named("completion")?;
    gateway.engine().answer(id).await.map_err(refused)?;
    gateway.engine().stop(id).await.map_err(refused)?;
    done()
}
