//! Routes: what they would choose and why, and what they have learned.

use super::{
    asked::{Asked, bad, good, missing, refused},
    conversations::List,
    operation::{Answered, Operation},
    query::{Kind, Param},
};
use crate::Gateway;
use domain::{Decision, RunId, Target, Timestamp};
use engine::{COURSE_HOURS, LearnedTarget, RouteAnalytics, RouteTrial};
use http::Method;
use serde::{Deserialize, Serialize};

/// A prompt to be tried.
const PROMPT: usize = 2 << 20;
const SMALL: usize = 4 << 10;
/// How far back is looked without a word about it, in milliseconds.
const WEEK: i64 = 7 * 86_400_000;

const SPAN: &[Param] = &[
    Param::new("from", Kind::Time, "Not before; by default a week before the end."),
    Param::new("until", Kind::Time, "Before; by default now."),
];
const LEARNED: &[Param] = &[
    Param::new("target", Kind::Text(300), "Only of this target."),
    Param::new(
        "hours",
        Kind::Count { least: 0, most: COURSE_HOURS, usual: 24 },
        "How far back it is told how each measure moved, hour by hour; by default 24, 0 is not at all.",
    ),
];

/// What is to be forgotten.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct Forget {
    /// Only what was learned of this target.
    #[serde(default)]
    target: Option<Target>,
}

/// What was forgotten.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct Forgotten {
    /// Of how many targets.
    targets: u32,
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::POST,
            "/routing/decide",
            "tryRoute",
            "What a route would choose for a prompt, and why: nothing is sent.",
            decide,
        )
        .takes::<RouteTrial>(PROMPT)
        .answers::<Decision>(200),
        Operation::new(
            Method::GET,
            "/routing/decisions/{id}",
            "getDecision",
            "Why a call was answered by whom: by the id in its `x-orchesity-decision`.",
            decision,
        )
        .answers::<Decision>(200),
        Operation::new(
            Method::GET,
            "/routing/dwa",
            "listLearned",
            "What was observed of targets, by class of prompts, and how it moved; what is old counts less.",
            learned,
        )
        .query(LEARNED)
        .answers_list::<LearnedTarget>(),
        Operation::new(
            Method::POST,
            "/routing/dwa/reset",
            "forgetLearned",
            "Forgets what was observed, of one target or of all.",
            forget,
        )
        .may_take::<Forget>(SMALL)
        .answers::<Forgotten>(200),
        Operation::new(
            Method::GET,
            "/routing/analytics",
            "getRouteAnalytics",
            "What routes chose in a span of time, and what came of it.",
            analytics,
        )
        .query(SPAN)
        .answers::<RouteAnalytics>(200),
    ]
}

async fn decide(gateway: Gateway, asked: Asked) -> Answered {
    let trial: RouteTrial = asked.body()?;
    let mut decision = gateway.engine().try_route(&trial).map_err(refused)?;
    // What a key is not for it does not hear of.
    if !asked.grant().allows_target(&decision.requested) {
        let allowed = |target: &Target| asked.grant().allows_target(target);
        decision.order.retain(allowed);
        decision.candidates.retain(|candidate| allowed(&candidate.target));
    }
    good(&decision)
}

async fn decision(gateway: Gateway, asked: Asked) -> Answered {
    let run: RunId = asked.named("id")?;
    let detail = gateway.engine().traffic().of_run(run).await.map_err(refused)?;
    good(&detail.decision.ok_or_else(|| missing("decision", &run))?)
}

async fn learned(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(LEARNED)?;
    let only = query.text("target");
    let fits = |one: &LearnedTarget| {
        asked.grant().allows_target(&one.target) && only.is_none_or(|only| one.target.as_str() == only)
    };
    let all = gateway.engine().learned_course(query.count(&LEARNED[1])).await.map_err(refused)?;
    good(&List::all(all.into_iter().filter(fits).collect()))
}

async fn forget(gateway: Gateway, asked: Asked) -> Answered {
    let Forget { target } = asked.body_or_default()?;
    let targets = gateway.engine().forget_learned(target.as_ref()).await.map_err(refused)?;
    good(&Forgotten { targets })
}

async fn analytics(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(SPAN)?;
    let until = query.time("until").unwrap_or_else(engine::clock);
    let from = query.time("from").unwrap_or_else(|| Timestamp::from_millis(until.millis() - WEEK));
    if from > until {
        return Err(bad("`from` is after `until`"));
    }
    good(&gateway.engine().route_analytics(from, until).await.map_err(refused)?)
}
