//! What keys may here: nothing without a scope that says so, and never more than elsewhere.

use crate::{tree::QUICK, world::World};
use domain::CaptureLevel;
use gateway::Access;
use serde_json::{Value, json};

#[tokio::test]
async fn a_key_without_a_path_in_its_scope_is_for_everything_but_this_api() {
    let world = World::new().await;
    let paths: Vec<_> = world
        .running
        .routes()
        .iter()
        .filter(|(_, path, _)| path.starts_with("/api/"))
        .map(|(method, path, access)| {
            assert_eq!(*access, Access::Key, "{path}");
            (method.to_string(), path.clone())
        })
        .collect();
    assert!(paths.len() > 40);
    let callers = [
        world.issue(&[], |_| ()).await,
        world.issue(&["simulated/*"], |_| ()).await,
        world.issue(&["/v1/*"], |_| ()).await,
    ];
    for (method, path) in &paths {
        let path = path.replace("{*target}", "a/b");
        assert_eq!(
            world.ask_as("ork_none", method, &path, None).await.refused(401).0,
            "invalid_api_key",
            "{path}"
        );
        for key in &callers {
            assert_eq!(
                world.ask_as(key, method, &path, None).await.refused(403).0,
                "insufficient_scope",
                "{path}"
            );
        }
    }
    assert_eq!(world.ask_as(&callers[0], "GET", "/info", None).await.status, 200);
    // One path is one path.
    let search = world.issue(&["/api/v1/search"], |_| ()).await;
    assert_eq!(world.ask_as(&search, "GET", "/api/v1/search?text=x", None).await.status, 200);
    assert_eq!(world.ask_as(&search, "GET", "/api/v1/conversations", None).await.status, 403);
}

#[tokio::test]
async fn keys_are_issued_once_seen_listed_without_and_taken_back() {
    let world = World::new().await;
    let new = json!({ "name": "tool", "scopes": { "routes": [], "targets": ["simulated/*"] }, "limits": { "rpm": 60 } });
    let issued = world.post("/api/v1/keys", new).await.expect(201);
    let key = issued["key"].as_str().unwrap();
    assert!(key.starts_with("ork_"));
    let list = world.get("/api/v1/keys").await;
    assert!(!list.body.contains(key) && list.expect(200)["items"].as_array().unwrap().len() == 2);
    assert_eq!(world.ask_as(key, "GET", "/info", None).await.status, 200);
    let one = format!("/api/v1/keys/{}", issued["id"].as_str().unwrap());
    assert_eq!(world.ask("DELETE", &one, None).await.expect(200)["revoked"], true);
    assert_eq!(world.ask("DELETE", &one, None).await.expect(200)["revoked"], false);
    assert_eq!(world.ask_as(key, "GET", "/info", None).await.status, 401);
    for bad in [
        json!({ "name": "" }),
        json!({ "name": "x", "limits": { "rpm": 0 } }),
        json!({ "name": "x", "expiresAt": "2001-01-01T00:00:00Z" }),
    ] {
        world.post("/api/v1/keys", bad).await.refused(400);
    }
}

#[tokio::test]
async fn a_key_issues_none_that_may_do_more() {
    let world = World::new().await;
    let with = |routes: &[&str]| json!({ "name": "x", "scopes": { "routes": routes, "targets": [] } });
    let narrow = world.issue(&["/api/v1/keys"], |_| ()).await;
    for routes in [&["/api/*"][..], &["/*"], &["/v1/*", "/api/v1/search"], &["/a*"]] {
        let answer = world.ask_as(&narrow, "POST", "/api/v1/keys", with(routes)).await;
        assert_eq!(answer.refused(403).0, "insufficient_scope", "{routes:?}");
    }
    world.ask_as(&narrow, "POST", "/api/v1/keys", with(&["/v1/*"])).await.expect(201);
    world.post("/api/v1/keys", with(&["/api/v1/*"])).await.expect(201);
    for key in [
        world.issue(&["/api/*", "simulated/*"], |_| ()).await,
        world.issue(&["/api/*"], |key| key.limits.rpm = Some(100)).await,
    ] {
        world.ask_as(&key, "POST", "/api/v1/keys", with(&[])).await.refused(403);
    }

    let soon = domain::Timestamp::from_millis(4_000_000_000_000);
    let until = |at: Option<i64>| json!({ "name": "x", "expiresAt": at.map(domain::Timestamp::from_millis) });
    let ending = world.issue(&["/api/*"], |key| key.expires_at = Some(soon)).await;
    for at in [None, Some(soon.millis() + 1)] {
        let answer = world.ask_as(&ending, "POST", "/api/v1/keys", until(at)).await;
        assert_eq!(answer.refused(403).0, "insufficient_scope", "{at:?}");
    }
    world.ask_as(&ending, "POST", "/api/v1/keys", until(Some(soon.millis()))).await.expect(201);

    let kept = |capture: &str| json!({ "name": "x", "capture": capture });
    let silent = world.issue(&["/api/*"], |key| key.capture = CaptureLevel::Metadata).await;
    world.ask_as(&silent, "POST", "/api/v1/keys", kept("full")).await.refused(403);
    world.ask_as(&silent, "POST", "/api/v1/keys", kept("off")).await.expect(201);
}

#[tokio::test]
async fn a_key_for_some_targets_sees_and_touches_no_others() {
    let world = World::new().await;
    let whole = world.issue(&["/api/*", "simulated/*"], |_| ()).await;
    let some = world.issue(&["/api/*", "simulated/steady*"], |_| ()).await;
    let other = world.issue(&["/api/*", "elsewhere/*"], |_| ()).await;
    let target = |name: &str| json!({ "target": name });
    let allowed: [(&str, &str, &str, Option<Value>, u16); 6] = [
        (&whole, "POST", "/api/v1/providers/simulated/test", None, 200),
        (&whole, "GET", "/api/v1/providers/simulated", None, 200),
        (&some, "GET", "/api/v1/providers/simulated", None, 200),
        (&some, "POST", "/api/v1/routing/breakers/trip", Some(target("simulated/steady")), 204),
        (&some, "POST", "/api/v1/routing/breakers/reset", Some(target("simulated/steady")), 200),
        (&other, "GET", "/api/v1/providers", None, 200),
    ];
    for (key, method, path, body, status) in allowed {
        assert_eq!(world.ask_as(key, method, path, body).await.status, status, "{method} {path}");
    }
    for (key, method, path, body) in [
        (&some, "POST", "/api/v1/providers/simulated/test", None),
        (&other, "POST", "/api/v1/providers/simulated/test", None),
        (&some, "POST", "/api/v1/models/refresh", None),
        (&some, "POST", "/api/v1/routing/breakers/trip", Some(target("simulated/other"))),
        (&some, "POST", "/api/v1/routing/breakers/reset", Some(target("simulated/other"))),
        (&some, "DELETE", "/api/v1/routing/simulate", None),
        (&some, "DELETE", "/api/v1/routing/simulate/1", None),
    ] {
        let answer = world.ask_as(key, method, path, body).await;
        assert_eq!(answer.refused(403).0, "insufficient_scope", "{method} {path}");
    }
    world.ask_as(&other, "GET", "/api/v1/providers/simulated", None).await.refused(404);
    let listed = world.ask_as(&other, "GET", "/api/v1/providers", None).await.expect(200);
    assert_eq!(listed["items"], json!([]));
    world.post("/api/v1/routing/breakers/trip", target("simulated/other")).await;
    let breakers = world.ask_as(&some, "GET", "/api/v1/routing/breakers", None).await.expect(200);
    assert_eq!(breakers["items"], json!([]), "{breakers}");
}

#[tokio::test]
async fn targets_limits_and_capture_of_a_key_hold_here_too() {
    let world = World::new().await;
    let ask = |target: &str| json!({ "parts": [{ "type": "text", "text": "hi" }], "columns": [{ "target": target }] });
    let steady = world.issue(&["/api/*", "simulated/steady*"], |_| ()).await;
    let run = world.ask_as(&steady, "POST", "/api/v1/runs", ask(QUICK)).await.expect(202);
    world.over(run["run"].as_str().unwrap()).await;
    world.ask_as(&steady, "POST", "/api/v1/runs", ask("simulated/other")).await.refused(403);
    let answer = format!("/api/v1/messages/{}", run["columns"][0]["message"].as_str().unwrap());
    let elsewhere = json!({ "target": "simulated/other" });
    world.ask_as(&steady, "POST", &format!("{answer}/regenerate"), elsewhere).await.refused(403);
    let models = world.ask_as(&steady, "GET", "/api/v1/models", None).await.expect(200);
    assert!(
        models["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|model| model["target"].as_str().unwrap().starts_with("simulated/steady"))
    );

    let key = world.issue(&["/api/*"], |key| key.capture = CaptureLevel::Off).await;
    world.ask_as(&key, "POST", "/api/v1/runs", ask(QUICK)).await.refused(403);
    world.ask_as(&key, "POST", &format!("{answer}/regenerate"), None).await.refused(403);
    world.ask_as(&key, "POST", &format!("{answer}/continue"), None).await.refused(403);
    assert_eq!(world.ask_as(&key, "GET", &answer, None).await.status, 200);
}

#[tokio::test]
async fn what_is_asked_here_is_charged_to_the_key_that_asked() {
    let world = World::new().await;
    let ask = json!({ "parts": [{ "type": "text", "text": "hi" }], "columns": [{ "target": QUICK }] });
    let capped = |tokens: u32| {
        move |key: &mut domain::NewKey| {
            let budget = json!({ "period": "day", "tokens": tokens });
            key.budgets = vec![serde_json::from_value(budget).unwrap()];
        }
    };
    let rich = world.issue(&["/api/*"], capped(100_000)).await;
    let poor = world.issue(&["/api/*"], capped(10)).await;
    let outcome = async |key: &str| {
        let run = world.ask_as(key, "POST", "/api/v1/runs", ask.clone()).await.expect(202);
        let run = run["run"].as_str().unwrap().to_owned();
        world.over(&run).await;
        world.get(&format!("/api/v1/runs/{run}")).await.expect(200)["completions"][0].clone()
    };
    let answered = outcome(&rich).await;
    assert_eq!(answered["state"]["state"], "complete", "{answered}");
    let denied = outcome(&poor).await;
    assert_eq!(
        (&denied["state"]["state"], &denied["state"]["error"]["kind"]),
        (&json!("failed"), &json!("budget"))
    );
    // Nobody was asked, so nothing was spent.
    let budgets = world.get("/api/v1/budgets").await.expect(200);
    let spent: Vec<_> =
        budgets["items"].as_array().unwrap().iter().map(|one| &one["budget"]["spentTokens"]).collect();
    let took = answered["metrics"]["usage"]["input"].as_u64().unwrap()
        + answered["metrics"]["usage"]["output"].as_u64().unwrap();
    assert!(took > 0 && spent.contains(&&json!(took)) && spent.contains(&&json!(0)), "{took}: {budgets}");
    let lines = world.get("/api/v1/usage?by=key").await.expect(200);
    assert_eq!((&lines["total"]["calls"], &lines["simulated"]), (&json!(0), &json!(1)), "{lines}");
}
