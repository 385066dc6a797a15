//! Figures over time: sums that were worked out by hand.

use crate::testing::*;
use domain::{
    ErrorKind, InsightBasis, NanoUsd, Percentiles, RequestSum, SlotStep, Slots, SumOfTokens, Timestamp,
    UsageBasis, UsageQuery, Zone,
};

const HOUR: i64 = 3_600_000;

fn at(text: &str) -> Timestamp {
    serde_json::from_value(serde_json::Value::from(text)).unwrap()
}

/// Two days in Berlin, from midnight there.
fn days() -> Slots {
    let zone: Zone = "Europe/Berlin".parse().unwrap();
    Slots::new(at("2026-11-20T23:00:00Z"), at("2026-11-22T23:00:00Z"), &zone, SlotStep::Day)
}

/// A request and its calls: when, who asked it and was asked, how it ended, times, and what each call cost.
struct Call<'a> {
    at: Timestamp,
    folder: bool,
    client: &'a str,
    requested: &'a str,
    state: &'a str,
    error: Option<&'a str>,
    times: Option<(i64, i64)>,
    calls: &'a [(&'a str, &'a str, Option<i64>)],
}

async fn put(store: &crate::Store, talk: &Talk, number: i64, call: &Call<'_>) {
    let mut writer = store.inner.writer.lock().await;
    let connection = writer.connection();
    let (millis, served) = (call.at.millis(), call.calls.last().map(|(p, m, _)| format!("{p}/{m}")));
    let uid = |kind: u8, ord: i64| {
        let mut uid = vec![kind; 16];
        uid[8..].copy_from_slice(&(number * 10 + ord).to_be_bytes());
        uid
    };
    sqlx::query(
        "INSERT INTO run (id, uid, conversation_id, kind, origin, instance_id, created_at, client)
        SELECT ?1, ?2, iif(?3, (SELECT id FROM conversation), NULL), 'ask', 'gateway', instance.id, ?4, ?5
        FROM instance WHERE uid = ?6",
    )
    .bind(1_000 + number)
    .bind(uid(1, 0))
    .bind(call.folder)
    .bind(millis)
    .bind(call.client)
    .bind(talk.instance.bytes())
    .execute(&mut *connection)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO completion (id, uid, run_id, ord, requested, served, state, stop, error_kind, ttft_ms,
            duration_ms, cached_read, created_at)
        VALUES (?1, ?2, ?1, 0, ?3, ?4, ?5, iif(?5 = 'complete', 'stop', NULL), ?6, ?7, ?8, 5, ?9)",
    )
    .bind(1_000 + number)
    .bind(uid(2, 0))
    .bind(call.requested)
    .bind(served)
    .bind(call.state)
    .bind(call.error)
    .bind(call.times.map(|times| times.0))
    .bind(call.times.map(|times| times.1))
    .bind(millis)
    .execute(&mut *connection)
    .await
    .unwrap();
    for (ord, (provider, model, cost)) in (0_i64..).zip(call.calls) {
        sqlx::query(
            "INSERT INTO attempt (uid, completion_id, ord, provider, model, outcome, started_at)
            VALUES (?, ?, ?, ?, ?, 'complete', ?)",
        )
        .bind(uid(3, ord))
        .bind(1_000 + number)
        .bind(ord)
        .bind(provider)
        .bind(model)
        .bind(millis + ord)
        .execute(&mut *connection)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO ledger (attempt_uid, at, provider, model, outcome, input, output, cached_read, usage_by,
                cost_nano)
            VALUES (?, ?, ?, ?, 'complete', 100, 10, 5, iif(? = 'cheap', 'estimated', 'reported'), ?)",
        )
        .bind(uid(3, ord))
        .bind(millis + ord)
        .bind(provider)
        .bind(model)
        .bind(model)
        .bind(*cost)
        .execute(&mut *connection)
        .await
        .unwrap();
    }
}

/// Six requests of two days, one of a simulated model, one before them.
async fn scenario() -> (Home, crate::Store) {
    let (home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let folder = folder_id();
    store.folders().create(folder, "work", None).await.unwrap();
    tamper(&store, "UPDATE conversation SET folder_id = (SELECT id FROM folder)").await;
    let (first, second) = (at("2026-11-20T23:00:00Z"), at("2026-11-22T22:59:59Z"));
    let call = |at, calls| Call {
        at,
        folder: true,
        client: "cli",
        requested: "auto",
        state: "complete",
        error: None,
        times: Some((100, 1_000)),
        calls,
    };
    let calls = [
        Call { ..call(first, &[("a", "big", Some(7))]) },
        Call { times: Some((300, 3_000)), ..call(first, &[("a", "big", Some(5)), ("b", "cheap", Some(2))]) },
        // The same target again is no fallback.
        Call { times: Some((200, 2_000)), ..call(second, &[("b", "cheap", Some(1)), ("b", "cheap", None)]) },
        Call {
            folder: false,
            client: "zed",
            requested: "a/big",
            state: "failed",
            error: Some("overloaded"),
            times: None,
            ..call(second, &[("a", "big", None)])
        },
        call(second, &[("simulated", "steady", Some(0))]),
        call(Timestamp::from_millis(first.millis() - 1), &[("a", "big", Some(1_000))]),
    ];
    for (number, call) in (0_i64..).zip(&calls) {
        put(&store, &talk, number, call).await;
    }
    (home, store)
}

#[tokio::test]
async fn what_was_spent_is_summed_by_day_and_line_and_what_is_unknown_stays_so() {
    let (_home, store) = scenario().await;
    let series = store.insights().spend(InsightBasis::Model, None, &days()).await.unwrap();
    assert_eq!((series.span.starts.len(), series.simulated, series.other_count), (2, 1, 0));
    assert_eq!((series.total.calls, series.total.cost, series.total.unpriced), (6, NanoUsd(15), 2));
    assert_eq!(series.total.estimated_cost, NanoUsd(3));
    assert_eq!(series.total.tokens(), 6 * 115);
    let [big, cheap] = series.lines.as_slice() else { panic!("{series:?}") };
    assert_eq!((big.id.as_str(), big.name.as_str()), ("a/big", "a/big"));
    assert_eq!(
        (&big.cost[..], &big.calls[..], &big.unpriced[..]),
        (&[NanoUsd(12), NanoUsd(0)][..], &[2, 1][..], &[0, 1][..])
    );
    assert_eq!(
        (&cheap.cost[..], &cheap.tokens[..]),
        (&[NanoUsd(2), NanoUsd(1)][..], &[SumOfTokens(115), SumOfTokens(230)][..])
    );

    let only = store.insights().spend(InsightBasis::Model, Some("b/cheap"), &days()).await.unwrap();
    assert_eq!((only.total.calls, only.total.cost, only.lines.len()), (3, NanoUsd(3), 1));
    let folders = store.insights().spend(InsightBasis::Folder, None, &days()).await.unwrap();
    let named: Vec<(&str, i64, u32)> =
        folders.lines.iter().map(|line| (line.name.as_str(), line.sum.cost.0, line.sum.calls)).collect();
    assert_eq!(named, [("work", 15, 5), ("", 0, 1)]);
    let id = folders.lines[0].id.clone();
    let work = store.insights().spend(InsightBasis::Folder, Some(&id), &days()).await.unwrap();
    assert_eq!(work.total.calls, 5);
    let nowhere = store.insights().spend(InsightBasis::Folder, Some("elsewhere"), &days()).await.unwrap();
    assert_eq!(nowhere.total.calls, 0);
    for (by, lines) in [
        (InsightBasis::Provider, 2),
        (InsightBasis::Key, 1),
        (InsightBasis::Client, 2),
        (InsightBasis::Policy, 2),
    ] {
        let series = store.insights().spend(by, None, &days()).await.unwrap();
        assert_eq!((series.lines.len(), series.total.cost), (lines, NanoUsd(15)), "{by}");
    }
}

#[tokio::test]
async fn how_requests_ended_and_how_long_they_took_is_told_by_slot_and_line() {
    let (_home, store) = scenario().await;
    let series = store.insights().requests(InsightBasis::Model, None, &days()).await.unwrap();
    let sum = |asked, answered, failed, tried_again, fell_back| RequestSum {
        asked,
        answered,
        failed,
        tried_again,
        fell_back,
        prompt_cached: asked,
        ..RequestSum::default()
    };
    assert_eq!(series.slots, [sum(2, 2, 0, 1, 1), sum(2, 1, 1, 1, 0)]);
    assert_eq!(series.total, sum(4, 3, 1, 2, 1));
    let errors: Vec<(ErrorKind, u32)> = series.errors.iter().map(|e| (e.kind, e.requests)).collect();
    assert_eq!(errors, [(ErrorKind::Overloaded, 1)]);
    let times = |calls, p50, most| Some(Percentiles { calls, p50, p95: most, p99: most });
    assert_eq!(series.ttft, [times(2, 100, 300), times(1, 200, 200)]);
    assert_eq!(series.total_duration, times(3, 2_000, 3_000));
    let cheap = series.lines.iter().find(|line| line.id == "b/cheap").unwrap();
    assert_eq!((cheap.sum, cheap.ttft), (sum(2, 2, 0, 2, 1), times(2, 200, 300)));

    // Nothing is lost in slots of other lengths.
    for step in [SlotStep::Quarter, SlotStep::SixHours, SlotStep::Month] {
        let slots = Slots::new(at("2026-11-20T23:00:00Z"), at("2026-11-22T23:00:00Z"), &Zone::UTC, step);
        let asked =
            store.insights().requests(InsightBasis::Provider, None, &slots).await.unwrap().total.asked;
        // Six hours and a month of UTC begin before midnight in Berlin, and hold the one before it.
        assert_eq!(asked, if step == SlotStep::Quarter { 4 } else { 5 }, "{step}");
    }
    let zed = store.insights().requests(InsightBasis::Client, Some("zed"), &days()).await.unwrap();
    assert_eq!((zed.total.asked, zed.total_ttft), (1, None));
}

#[tokio::test]
async fn prompts_from_caches_are_counted_by_model() {
    let (_home, store) = scenario().await;
    let prompts = store.insights().cached_prompts(InsightBasis::Model, None, &days()).await.unwrap();
    let mut found: Vec<_> = prompts.iter().map(|p| (p.model.as_str(), p.calls, p.read, p.written)).collect();
    found.sort_unstable();
    assert_eq!(found, [("big", 3, 15, 0), ("cheap", 3, 15, 0)]);
    let first = store.insights().first().await.unwrap().unwrap();
    assert!(first.millis() < at("2026-11-20T23:00:00Z").millis() + HOUR);
}

#[tokio::test]
async fn routes_and_our_own_cache_are_told_by_class_with_what_they_took_the_place_of() {
    let (_home, store) = scenario().await;
    let mut writer = store.inner.writer.lock().await;
    let ids: Vec<i64> =
        sqlx::query_scalar("SELECT id FROM completion WHERE state = 'complete' ORDER BY id LIMIT 2")
            .fetch_all(&mut *writer.connection())
            .await
            .unwrap();
    let [routed, cached] = ids[..] else { panic!("{ids:?}") };
    for statement in [
        format!(
            "INSERT INTO decision (completion_id, requested, targets, reason, candidates, policy, class, fixed)
            VALUES ({routed}, 'auto', '[]', '', '[]', 'balanced', 'code', 'a/best')"
        ),
        format!("UPDATE completion SET input = 10, cached_read = 5, output = 7, reasoning = 1, cost_nano = 3 WHERE id = {routed}"),
        format!("UPDATE run SET cached = 'hit', saved_nano = 40 WHERE id = (SELECT run_id FROM completion WHERE id = {cached})"),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut *writer.connection()).await.unwrap();
    }
    drop(writer);
    let (slots, insights) = (days(), store.insights());
    let (from, until) = (Some(slots.from()), Some(slots.until));
    let usage = store.ledger().usage(&UsageQuery { by: UsageBasis::Class, from, until }).await.unwrap();
    let lines: Vec<(&str, u32, NanoUsd)> =
        usage.lines.iter().map(|line| (line.name.as_str(), line.sum.calls, line.sum.cost)).collect();
    assert_eq!(lines, [("", 5, NanoUsd(8)), ("code", 1, NanoUsd(7))]);
    let found = insights.routed(InsightBasis::Class, Some("code"), &slots).await.unwrap();
    let [one] = &found[..] else { panic!("{found:?}") };
    assert_eq!((one.fixed.as_str(), one.calls, one.unknown, one.usd), ("a/best", 1, 0, NanoUsd(3)));
    assert_eq!((one.input, one.cached, one.output), (10, 5, 8));
    assert!(insights.routed(InsightBasis::Class, Some("maths"), &slots).await.unwrap().is_empty());
    assert_eq!(insights.from_cache(InsightBasis::Model, None, &slots).await.unwrap(), (1, NanoUsd(40), 0));
    let series = insights.requests(InsightBasis::Class, None, &slots).await.unwrap();
    let code = series.lines.iter().find(|line| line.id == "code").unwrap();
    assert_eq!((code.sum.asked, series.total.from_cache), (1, 1));
}

#[tokio::test]
async fn sums_and_series_of_the_same_time_agree_and_leave_simulated_calls_out_alike() {
    let (_home, store) = scenario().await;
    let slots = days();
    let (from, until) = (Some(slots.from()), Some(slots.until));
    for (by, basis) in [
        (UsageBasis::Model, InsightBasis::Model),
        (UsageBasis::Provider, InsightBasis::Provider),
        (UsageBasis::Key, InsightBasis::Key),
        (UsageBasis::Client, InsightBasis::Client),
        (UsageBasis::Folder, InsightBasis::Folder),
        (UsageBasis::Policy, InsightBasis::Policy),
        (UsageBasis::Class, InsightBasis::Class),
    ] {
        let report = store.ledger().usage(&UsageQuery { by, from, until }).await.unwrap();
        let series = store.insights().spend(basis, None, &slots).await.unwrap();
        assert_eq!((report.total, report.simulated), (series.total, series.simulated), "{by}");
        assert_eq!(report.simulated, 1, "there is something to leave out");
        let sorted = |mut lines: Vec<(String, u32)>| {
            lines.sort_unstable();
            lines
        };
        assert_eq!(
            sorted(report.lines.iter().map(|line| (line.name.clone(), line.sum.calls)).collect()),
            sorted(series.lines.iter().map(|line| (line.name.clone(), line.sum.calls)).collect()),
            "{by}"
        );
    }
    let days = store.ledger().usage(&UsageQuery { by: UsageBasis::Day, from, until }).await.unwrap();
    assert_eq!((days.total.calls, days.simulated), (6, 1));
}
