//! Conversations, branches, messages: what the window does, done by a program.

use crate::world::World;
use serde_json::{Value, json};

/// Answers at once, always the same.
pub const QUICK: &str = "simulated/steady?tps=20000&ttft=0&len=40";

fn id(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn a_conversation_is_made_asked_branched_merged_and_deleted_and_that_is_taken_back() {
    let world = World::new().await;
    let made =
        world.post("/api/v1/conversations", json!({ "title": "plans", "target": QUICK })).await.expect(201);
    let conversation = id(&made["conversation"]["id"]).to_owned();
    let main = id(&made["columns"][0]["branch"]["id"]).to_owned();
    let one = format!("/api/v1/conversations/{conversation}");

    // Said without asking anybody, then asked on the same branch.
    let said = json!({ "role": "user", "parts": [{ "type": "text", "text": "what I know already" }] });
    let first = world.post(&format!("/api/v1/branches/{main}/messages"), said).await.expect(201);
    assert_eq!(first["message"]["depth"], 0);
    let run = world
        .post(
            "/api/v1/runs",
            json!({
                "conversation": conversation,
                "parts": [{ "type": "text", "text": "and now?" }],
                "columns": [{ "branch": main, "target": QUICK }, { "target": "simulated/steady?tps=20000&ttft=0&len=30&seed=2" }],
            }),
        )
        .await
        .expect(202);
    world.over(id(&run["run"])).await;
    let status = world.get(&format!("/api/v1/runs/{}", id(&run["run"]))).await.expect(200);
    assert_eq!((status["live"].as_bool(), status["completions"].as_array().unwrap().len()), (Some(false), 2));
    let done =
        world.get(&format!("/api/v1/completions/{}", id(&status["completions"][0]["id"]))).await.expect(200);
    assert_eq!(done["completion"]["state"]["state"], "complete");
    assert!(!done["parts"][0]["text"].as_str().unwrap().is_empty());

    // Paged from the end upwards.
    let page = world.get(&format!("/api/v1/branches/{main}/messages?limit=2")).await.expect(200);
    assert_eq!(page["items"][0]["message"]["role"], "assistant");
    let next = id(&page["next"]);
    let rest =
        world.get(&format!("/api/v1/branches/{main}/messages?limit=2&before={next}")).await.expect(200);
    assert_eq!((rest["items"].as_array().unwrap().len(), rest["next"].is_null()), (1, true));
    assert_eq!(rest["items"][0]["message"]["id"], first["message"]["id"]);

    // Regenerated, edited, compared, merged.
    let answer = id(&page["items"][0]["message"]["id"]).to_owned();
    let again = world.ask("POST", &format!("/api/v1/messages/{answer}/regenerate"), None).await.expect(202);
    world.over(id(&again["run"])).await;
    let siblings = world.get(&format!("/api/v1/messages/{answer}/siblings")).await.expect(200);
    let siblings: Vec<_> =
        siblings["items"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(siblings.len(), 3);
    let lines = format!("/api/v1/branches/compare?left={}&right={}", id(&siblings[0]), id(&siblings[1]));
    assert_eq!(world.get(&lines).await.expect(200)["total"], 1);
    let merged = world
        .post(
            "/api/v1/branches/merge",
            json!({ "sources": [siblings[0], siblings[1]], "take": siblings[1], "branch": main }),
        )
        .await
        .expect(201);
    assert_eq!(merged["branch"], main.as_str());
    let edit = json!({ "branch": main, "parts": [{ "type": "text", "text": "what I know better" }] });
    let edited =
        world.post(&format!("/api/v1/messages/{}/edit", id(&first["message"]["id"])), edit).await.expect(200);
    assert_eq!(edited["carried"], 2);

    // Branches: a fork, a name, the active one.
    let fork = world
        .post("/api/v1/branches", json!({ "message": answer, "name": "aside", "place": "list" }))
        .await
        .expect(201);
    let fork = format!("/api/v1/branches/{}", id(&fork["id"]));
    world.ask("PATCH", &fork, json!({ "name": "beside", "pinned": true })).await.expect(204);
    world.ask("POST", &format!("{fork}/activate"), None).await.expect(204);
    let branches = world.get(&format!("{one}/branches")).await.expect(200);
    assert_eq!(
        (&branches["items"][0]["branch"]["name"], &branches["items"][0]["head"]),
        (&json!("beside"), &json!(true))
    );
    assert!(branches["items"][0]["messages"].as_u64().unwrap() >= 3);

    // The whole tree, with and without texts.
    let tree = world.get(&format!("{one}/tree")).await.expect(200);
    let overview = world.get(&format!("{one}/overview")).await.expect(200);
    assert_eq!(tree["nodes"].as_array().unwrap().len() as u64, overview["total"].as_u64().unwrap());

    // Pruned, and that taken back.
    let keep = json!({ "kind": "others", "keep": [main] });
    let count = world.post("/api/v1/deletions/count", keep.clone()).await.expect(200);
    let gone = world.post("/api/v1/deletions", keep).await.expect(201);
    assert_eq!(count["messages"], gone["nodes"]);
    world.ask("POST", &format!("/api/v1/deletions/{}/restore", id(&gone["id"])), None).await.expect(204);
    assert_eq!(world.get(&format!("{one}/tree")).await.expect(200)["nodes"], tree["nodes"]);

    // Changed, deleted, restored.
    let changed = world
        .ask("PATCH", &one, json!({ "title": "plans, really", "pinned": true, "system": "be brief" }))
        .await;
    assert_eq!(changed.expect(200)["conversation"]["system"], "be brief");
    let cleared = world.ask("PATCH", &one, json!({ "system": null })).await.expect(200);
    assert_eq!(
        (&cleared["conversation"]["title"], &cleared["conversation"]["system"]),
        (&json!("plans, really"), &Value::Null)
    );
    world.ask("DELETE", &one, None).await.expect(204);
    world.get(&one).await.refused(404);
    world.ask("POST", &format!("{one}/restore"), None).await.expect(200);
    assert!(world.engine.check().await.unwrap().ok);
}

#[tokio::test]
async fn lists_are_paged_filtered_and_bounded_and_batches_are_taken_back() {
    let world = World::new().await;
    for n in 0..7 {
        world.post("/api/v1/conversations", json!({ "title": format!("number {n}") })).await.expect(201);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("/api/v1/conversations?limit=3&sort=title{cursor}")).await.expect(200);
        assert_eq!(page["total"], 7);
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, (0..7).map(|n| format!("number {n}")).collect::<Vec<_>>());
    // A cursor of another list begins nothing.
    let (code, param) =
        world.get(&format!("/api/v1/conversations?limit=3&sort=created{cursor}")).await.refused(400);
    assert_eq!((code.as_str(), param.as_deref()), ("bad_input", Some("cursor")));
    for (query, named) in [
        ("limit=0", "limit"),
        ("limit=1000", "limit"),
        ("sort=size", "sort"),
        ("x=1", "x"),
        ("folder=1", "folder"),
    ] {
        let (_, param) = world.get(&format!("/api/v1/conversations?{query}")).await.refused(400);
        assert_eq!(param.as_deref(), Some(named));
    }

    let all = world.get("/api/v1/conversations").await.expect(200);
    let some: Vec<_> = all["items"].as_array().unwrap()[..4].iter().map(|one| one["id"].clone()).collect();
    let tag = json!({ "conversations": some, "action": { "kind": "tag", "add": ["work"], "remove": [] } });
    let done = world.post("/api/v1/conversations/batch", tag).await.expect(200);
    assert_eq!(done["changed"], 4);
    assert_eq!(world.get("/api/v1/conversations?tag=work&text=number").await.expect(200)["total"], 4);
    assert_eq!(world.get("/api/v1/tags").await.expect(200)["items"][0]["name"], "work");
    world.post("/api/v1/conversations/batch/undo", json!({ "undo": done["undo"] })).await.expect(204);
    assert_eq!(world.get("/api/v1/conversations?tag=work").await.expect(200)["total"], 0);
    let many = json!({ "conversations": vec![some[0].clone(); 1001], "action": { "kind": "delete" } });
    assert_eq!(world.post("/api/v1/conversations/batch", many).await.refused(400).0, "bad_input");
}

#[tokio::test]
async fn what_was_said_is_found_exported_and_read_in_again_without_doubles() {
    let world = World::new().await;
    let run = world.answered("tell me of the quokka", QUICK).await;
    let found = world.get("/api/v1/search?text=quokka&role=user").await.expect(200);
    assert_eq!((found["total"].as_u64(), &found["hits"][0]["conversation"]), (Some(1), &run["conversation"]));
    let place =
        world.get(&format!("/api/v1/messages/{}/place", id(&found["hits"][0]["message"]))).await.expect(200);
    assert_eq!(place["depth"], 0);
    assert_eq!(
        world.get("/api/v1/search?role=narrator&text=x").await.refused(400).1.as_deref(),
        Some("role")
    );

    for (format, kind, begins) in
        [("markdown", "text/markdown", "#"), ("html", "text/html", "<!"), ("json", "application/json", "{")]
    {
        let request =
            json!({ "conversations": [run["conversation"]], "format": format, "scope": { "kind": "tree" } });
        let text = world.post("/api/v1/conversations/export", request).await;
        text.expect(200);
        assert!(
            text.header("content-type").unwrap().starts_with(kind)
                && text.body.to_lowercase().starts_with(begins)
        );
        assert!(
            text.body.contains("quokka")
                && text.header("content-disposition").unwrap().starts_with("attachment")
        );
        if format == "json" {
            let other = World::new().await;
            for (changed, skipped) in [(1, 0), (0, 1)] {
                let begun =
                    other.post("/api/v1/conversations/import?name=x.json", text.json()).await.expect(202);
                let path = format!("/api/v1/imports/{}", begun["id"]);
                let report = loop {
                    let status = other.get(&path).await.expect(200);
                    match status["state"]["state"].as_str().unwrap() {
                        "done" => break status["report"].clone(),
                        "receiving" | "reading" => tokio::task::yield_now().await,
                        state => panic!("{state}: {status}"),
                    }
                };
                assert_eq!(
                    (&report["conversations"], &report["skipped"]),
                    (&json!(changed), &json!(skipped))
                );
            }
            assert_eq!(other.get("/api/v1/conversations?archived=with").await.expect(200)["total"], 1);
            other.get("/api/v1/imports/99").await.refused(404);
        }
    }
}

#[tokio::test]
async fn models_providers_usage_and_budgets_are_told() {
    let world = World::new().await;
    let models = world.get("/api/v1/models?provider=simulated&limit=1").await.expect(200);
    let target = id(&models["items"][0]["target"]).to_owned();
    assert!(models["total"].as_u64().unwrap() > 1 && models["next"].is_string());
    assert_eq!(world.get(&format!("/api/v1/models/{target}")).await.expect(200)["simulated"], true);
    let name = target.split_once('/').unwrap().1;
    let offered = world.get(&format!("/api/v1/models/providers?model={name}")).await.expect(200);
    assert_eq!(offered["items"][0]["target"], target.as_str());
    assert_eq!(world.get("/api/v1/models/providers").await.refused(400).1.as_deref(), Some("model"));
    world.get("/api/v1/models/nobody/nothing").await.refused(404);

    assert_eq!(world.get("/api/v1/providers/simulated").await.expect(200)["id"], "simulated");
    world.get("/api/v1/providers/nobody").await.refused(404);
    world.ask("POST", "/api/v1/providers/NO/test", None).await.refused(404);
    let tested = world.ask("POST", "/api/v1/providers/simulated/test", None).await.expect(200);
    assert_eq!(tested["provider"], "simulated");

    world.answered("one", QUICK).await;
    world.answered("two", QUICK).await;
    for by in ["day", "model", "provider", "key", "client", "folder", "policy", "class"] {
        let usage = world.get(&format!("/api/v1/usage?by={by}")).await.expect(200);
        // Simulated models are in no figure, and said to be left out.
        assert_eq!((&usage["simulated"], &usage["total"]["calls"]), (&json!(2), &json!(0)), "{usage}");
        assert_eq!(usage["lines"], json!([]));
    }
    let later = world.get("/api/v1/usage?from=2100-01-01T00:00:00Z").await.expect(200);
    assert_eq!(later["simulated"], 0);
    let table = world.get("/api/v1/usage/export?by=provider").await;
    assert_eq!((table.status, table.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    assert!(table.body.starts_with("provider,calls,") && table.body.lines().count() == 1, "{}", table.body);
    let series = world.get("/api/v1/usage/series?by=provider&zone=Europe/Berlin").await.expect(200);
    assert_eq!((&series["simulated"], &series["total"]["calls"]), (&json!(2), &json!(0)), "{series}");
    assert_eq!(world.get("/api/v1/usage/requests").await.expect(200)["total"]["asked"], 0);
    assert_eq!(world.get("/api/v1/usage/savings").await.expect(200)["paid"], "0");
    world.get("/api/v1/usage/series?zone=Nowhere").await.refused(400);
    let whole = world.get("/api/v1/usage/export?by=model&format=json").await.expect(200);
    assert_eq!((&whole["total"]["calls"], &whole["simulated"]), (&json!(0), &json!(2)));

    world
        .issue(&[], |key| {
            key.budgets = vec![serde_json::from_value(json!({ "period": "month", "usd": "5" })).unwrap()];
        })
        .await;
    let budgets = world.get("/api/v1/budgets").await.expect(200);
    assert_eq!(
        (&budgets["items"][0]["budget"]["usd"], &budgets["items"][0]["name"]),
        (&json!("5"), &json!("a test"))
    );
    assert_eq!(budgets["items"][0]["forecast"]["usd"], "0");
}

#[tokio::test]
async fn whatever_is_wrong_with_a_body_is_named() {
    let world = World::new().await;
    let ask = |body: &'static str| async {
        let mut client = world.client().await;
        client.send("POST", "/api/v1/runs", "content-type: application/json\r\n", body.as_bytes()).await
    };
    for (body, param) in [
        ("{", None),
        ("[]", None),
        ("{} {}", None),
        ("", None),
        (r#"{"parts":[],"columns":[{"target":5}]}"#, Some("columns[0].target")),
        (
            r#"{"parts":[],"columns":[{"target":"a/b","params":{"topP":"x"}}]}"#,
            Some("columns[0].params.topP"),
        ),
        (r#"{"parts":"x","columns":[]}"#, Some("parts")),
        (r#"{"parts":[],"columns":[],"colums":1}"#, Some("colums")),
        (r#"{"parts":[],"columns":[{"target":"a/b","x":1}]}"#, Some("columns[0].x")),
        (r#"{"parts":[],"columns":[],"conversation":"me"}"#, Some("conversation")),
    ] {
        let (code, named) = ask(body).await.refused(400);
        assert_eq!((code.as_str(), named.as_deref()), ("bad_input", param), "{body}");
    }
    let part = r#"{"parts":[{"type":"text","text":"hi"}],"columns":[{"target":"nobody/x"}]}"#;
    assert_eq!(ask(part).await.refused(404).0, "unknown_target");
    let mut client = world.client().await;
    client.send("POST", "/api/v1/runs", "content-type: text/plain\r\n", b"{}").await.refused(415);
    for path in [
        "/api/v1/conversations/nobody",
        "/api/v1/runs/0198c0de-0000-7000-8000-000000000000",
        "/api/v1/nothing",
    ] {
        world.get(path).await.refused(404);
    }
    assert_eq!(world.ask("PUT", "/api/v1/runs", None).await.status, 405);

    // What waits for an answer, and how the answer is stopped.
    let slow = json!({ "parts": [{ "type": "text", "text": "hi" }], "columns": [{ "target": "simulated/steady?tps=5&ttft=0&len=4000" }] });
    let run = world.post("/api/v1/runs", slow).await.expect(202);
    let (run_id, branch) = (id(&run["run"]), &run["columns"][0]["branch"]);
    let next = json!({ "conversation": run["conversation"], "parts": [{ "type": "text", "text": "more" }], "columns": [{ "branch": branch, "target": QUICK }] });
    assert_eq!(world.post("/api/v1/runs", next).await.refused(409).0, "busy");
    let conversation = format!("/api/v1/conversations/{}", id(&run["conversation"]));
    assert_eq!(world.ask("DELETE", &conversation, None).await.refused(409).0, "busy");
    world.ask("POST", &format!("/api/v1/runs/{run_id}/cancel"), None).await.expect(204);
    world.over(run_id).await;
    let status = world.get(&format!("/api/v1/runs/{run_id}")).await.expect(200);
    assert_eq!(status["completions"][0]["state"]["state"], "stopped");
}

#[tokio::test]
async fn the_catalog_is_searched_ranked_and_corrected_and_a_key_for_some_targets_changes_nothing() {
    let world = World::new().await;
    let found =
        world.get("/api/v1/models/search?text=claude&can=tools&sort=output&limit=3").await.expect(200);
    let prices: Vec<f64> = found["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["prices"]["output"].as_str().unwrap().parse().unwrap())
        .collect();
    assert!(prices.len() == 3 && prices.is_sorted() && found["next"].is_string(), "{found}");
    assert_eq!(world.get("/api/v1/models/search?sort=colour").await.refused(400).1.as_deref(), Some("sort"));
    let here = world.get("/api/v1/models/search?local=true").await.expect(200);
    assert!(here["items"].as_array().unwrap().iter().any(|one| one["target"] == "simulated/steady"));
    let ranked = world.get("/api/v1/models/rankings?by=balanced&limit=1").await.expect(200);
    assert_eq!(ranked["items"][0]["parts"][0]["name"], "quality");
    let beside = |count: usize| {
        let names = vec!["model=openai/gpt-4o"; count].join("&");
        format!("/api/v1/models/compare?{names}")
    };
    assert_eq!(world.get(&beside(20)).await.expect(200)["total"], 20);
    let (code, named) = world.get(&beside(21)).await.refused(400);
    assert_eq!(
        (code.as_str(), named.as_deref()),
        ("bad_input", Some("model")),
        "none is left out in silence"
    );

    let own = json!({ "model": "openai/gpt-4o-mini", "prices": { "input": "0.1", "output": "0.2" } });
    world.ask("PUT", "/api/v1/models/own", own).await.expect(204);
    let listed = world.get("/api/v1/models/own").await.expect(200);
    assert_eq!((&listed["items"][0]["prices"]["input"], &listed["total"]), (&json!("0.1"), &json!(1)));
    world.ask("DELETE", "/api/v1/models/own?model=openai/gpt-4o-mini", None).await.expect(204);
    world.ask("DELETE", "/api/v1/models/own?model=openai/gpt-4o-mini", None).await.refused(404);
    world
        .ask("PUT", "/api/v1/models/names", json!({ "name": "mine", "model": "openai/gpt-4o" }))
        .await
        .expect(204);
    assert_eq!(world.get("/api/v1/models/names").await.expect(200)["items"][0]["model"], "openai/gpt-4o");
    let state = world.get("/api/v1/models/sources").await.expect(200);
    assert!(state["bundled"].as_u64().unwrap() > 500 && state["scheduled"] == false, "{state}");
    assert_eq!(world.get("/api/v1/models/held").await.expect(200)["total"], 0);
    world.post("/api/v1/models/held", json!({ "model": "a/b", "accept": true })).await.refused(404);
    world.post("/api/v1/models/doubtful", json!({ "name": "x", "same": true })).await.refused(404);
    assert_eq!(world.get("/api/v1/models/history").await.expect(200)["total"], 0);
    // A file of this machine is nothing that a caller names.
    let (_, param) = world.post("/api/v1/models/sync", json!({ "url": "/etc/hostname" })).await.refused(400);
    assert_eq!(param.as_deref(), Some("url"));

    let some = world.issue(&["/api/*", "simulated/fast"], |_| ()).await;
    let here = world.ask_as(&some, "GET", "/api/v1/models/search?local=true", None).await.expect(200);
    let targets: Vec<&Value> = here["items"].as_array().unwrap().iter().map(|one| &one["target"]).collect();
    assert_eq!(targets, [&json!("simulated/fast")]);
    for (method, path, body) in [
        ("PUT", "/api/v1/models/names", json!({ "name": "mine", "model": null })),
        ("PUT", "/api/v1/models/sources", json!({ "scheduled": true })),
        ("POST", "/api/v1/models/held", json!({ "accept": true })),
        ("POST", "/api/v1/models/sync", json!({})),
    ] {
        world.ask_as(&some, method, path, body).await.refused(403);
    }
}
