//! What calls came to, and how much may still be spent.

use super::{
    asked::{Asked, good, refused},
    conversations::List,
    operation::{Answered, Operation},
    query::{Kind, Param, words},
};
use crate::Gateway;
use axum::body::Body;
use domain::{
    InsightBasis, InsightsQuery, OwnedBudget, RequestSeries, SavingsReport, SlotStep, SpendSeries,
    UsageBasis, UsageQuery, UsageReport,
};
use http::{
    HeaderValue, Method, Response,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};

const USAGE: &[Param] = &[
    Param::new("by", Kind::Word(bases), "What its lines stand for; by default `day`, in UTC."),
    Param::new("from", Kind::Time, "Not before."),
    Param::new("until", Kind::Time, "Before."),
];

const EXPORT: &[Param] = &[
    Param::new("by", Kind::Word(bases), "What its lines stand for; by default `day`, in UTC."),
    Param::new("from", Kind::Time, "Not before."),
    Param::new("until", Kind::Time, "Before."),
    Param::new("format", Kind::Word(formats), "`csv`, as by default, or `json`."),
];

const SERIES: &[Param] = &[
    Param::new("by", Kind::Word(lines), "What its lines stand for; by default `model`."),
    Param::new("only", Kind::Text(200), "Only the line of this `id`, as an answer without it has it."),
    Param::new("from", Kind::Time, "Not before: the slot that holds it is the first. Without it, all."),
    Param::new("until", Kind::Time, "Before; without it, now."),
    Param::new("zone", Kind::Text(60), "Where days begin, as `Europe/Berlin`; without it UTC."),
    Param::new("step", Kind::Word(steps), "How long slots are; without it, as suits the span."),
];

fn formats() -> Vec<&'static str> {
    vec!["csv", "json"]
}

fn lines() -> Vec<&'static str> {
    words(InsightBasis::ALL, InsightBasis::as_str)
}

fn steps() -> Vec<&'static str> {
    words(SlotStep::ALL, SlotStep::as_str)
}

fn bases() -> Vec<&'static str> {
    words(UsageBasis::ALL, UsageBasis::as_str)
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::GET,
            "/usage",
            "getUsage",
            "What upstream calls came to: at most 1,000 lines, and the total of all.",
            usage,
        )
        .query(USAGE)
        .answers::<UsageReport>(200),
        Operation::new(Method::GET, "/usage/export", "exportUsage", "The same as a file.", export)
            .query(EXPORT)
            .answers_as(200, &["text/csv", "application/json"]),
        Operation::new(
            Method::GET,
            "/usage/series",
            "getUsageSeries",
            "What upstream calls came to over time, by one thing; without simulated models.",
            series,
        )
        .query(SERIES)
        .answers::<SpendSeries>(200),
        Operation::new(
            Method::GET,
            "/usage/requests",
            "getUsageRequests",
            "How requests ended and how long they took over time; without simulated models.",
            requests,
        )
        .query(SERIES)
        .answers::<RequestSeries>(200),
        Operation::new(
            Method::GET,
            "/usage/savings",
            "getUsageSavings",
            "What caches and routes saved, at today's prices; what is not known is said to be.",
            savings,
        )
        .query(SERIES)
        .answers::<SavingsReport>(200),
        Operation::new(
            Method::GET,
            "/budgets",
            "listBudgets",
            "Budgets of all calls together, of folders and of keys, and how they stand.",
            budgets,
        )
        .answers_list::<OwnedBudget>(),
    ]
}

async fn report(
    gateway: &Gateway,
    asked: &Asked,
    params: &'static [Param],
) -> Result<UsageReport, dialects::serving::Refusal> {
    let query = asked.query(params)?;
    let by = query.parsed("by")?.unwrap_or(UsageBasis::Day);
    let wanted = UsageQuery { by, from: query.time("from"), until: query.time("until") };
    gateway.engine().usage(&wanted).await.map_err(refused)
}

async fn usage(gateway: Gateway, asked: Asked) -> Answered {
    good(&report(&gateway, &asked, USAGE).await?)
}

async fn export(gateway: Gateway, asked: Asked) -> Answered {
    let report = report(&gateway, &asked, EXPORT).await?;
    let (mut response, name) = if asked.query(EXPORT)?.text("format") == Some("json") {
        (good(&report)?, "attachment; filename=\"orchesity-usage.json\"")
    } else {
        let mut response = Response::new(Body::from(report.csv()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
        (response, "attachment; filename=\"orchesity-usage.csv\"")
    };
    response.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_static(name));
    Ok(response)
}

fn wanted(asked: &Asked) -> Result<InsightsQuery, dialects::serving::Refusal> {
    let query = asked.query(SERIES)?;
    let text = |name| query.text(name).map(str::to_owned);
    Ok(InsightsQuery {
        by: query.parsed("by")?.unwrap_or(InsightBasis::Model),
        only: text("only"),
        from: query.time("from"),
        until: query.time("until"),
        zone: text("zone"),
        step: query.parsed("step")?,
    })
}

async fn series(gateway: Gateway, asked: Asked) -> Answered {
    good(&gateway.engine().spend_series(&wanted(&asked)?).await.map_err(refused)?)
}

async fn requests(gateway: Gateway, asked: Asked) -> Answered {
    good(&gateway.engine().request_series(&wanted(&asked)?).await.map_err(refused)?)
}

async fn savings(gateway: Gateway, asked: Asked) -> Answered {
    good(&gateway.engine().savings(&wanted(&asked)?).await.map_err(refused)?)
}

async fn budgets(gateway: Gateway, _: Asked) -> Answered {
    good(&List::all(gateway.engine().budgets().await.map_err(refused)?))
}
