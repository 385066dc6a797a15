//! What calls came to, and how much may still be spent.

use super::{
    asked::{Asked, good, refused},
    conversations::List,
    operation::{Answered, Operation},
    query::{Kind, Param, words},
};
use crate::Gateway;
use axum::body::Body;
use domain::{OwnedBudget, UsageBasis, UsageQuery, UsageReport};
use http::{
    HeaderValue, Method, Response,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};
use std::fmt::Write;

const USAGE: &[Param] = &[
    Param::new("by", Kind::Word(bases), "What its lines stand for; by default `day`, in UTC."),
    Param::new("from", Kind::Time, "Not before."),
    Param::new("until", Kind::Time, "Before."),
];

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
        Operation::new(Method::GET, "/usage/export", "exportUsage", "The same as a table.", export)
            .query(USAGE)
            .answers_as(200, &["text/csv"]),
        Operation::new(
            Method::GET,
            "/budgets",
            "listBudgets",
            "Budgets of all calls together and of keys, and how they stand.",
            budgets,
        )
        .answers_list::<OwnedBudget>(),
    ]
}

async fn report(gateway: &Gateway, asked: &Asked) -> Result<UsageReport, dialects::serving::Refusal> {
    let query = asked.query(USAGE)?;
    let by = query.parsed("by")?.unwrap_or(UsageBasis::Day);
    let wanted = UsageQuery { by, from: query.time("from"), until: query.time("until") };
    gateway.engine().usage(&wanted).await.map_err(refused)
}

async fn usage(gateway: Gateway, asked: Asked) -> Answered {
    good(&report(&gateway, &asked).await?)
}

async fn export(gateway: Gateway, asked: Asked) -> Answered {
    let report = report(&gateway, &asked).await?;
    let mut response = Response::new(Body::from(csv(&report)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(
        CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"orchesity-usage.csv\""),
    );
    Ok(response)
}

fn csv(report: &UsageReport) -> String {
    let mut text = format!(
        "{},calls,failed,input,cached_read,cached_write,output,reasoning,cost_usd,estimated,unpriced\r\n",
        report.query.by
    );
    for line in &report.lines {
        let sum = &line.sum;
        let _ = write!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{}\r\n",
            cell(&line.name),
            sum.calls,
            sum.failed,
            sum.input.0,
            sum.cached_read.0,
            sum.cached_write.0,
            sum.output.0,
            sum.reasoning.0,
            sum.cost,
            sum.estimated,
            sum.unpriced
        );
    }
    text
}

/// A name as a cell that no spreadsheet takes for a formula.
fn cell(name: &str) -> String {
    let formula = name.starts_with(['=', '+', '-', '@', '\t', '\r']);
    format!("\"{}{}\"", if formula { "'" } else { "" }, name.replace('"', "\"\""))
}

async fn budgets(gateway: Gateway, _: Asked) -> Answered {
    good(&List::all(gateway.engine().budgets().await.map_err(refused)?))
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn names_of_keys_are_no_formulas() {
        assert_eq!(cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
    }
}
