//! Policies over HTTP: what is saved is what stands in `config.toml`, and nothing else there is touched.

use crate::world::World;
use serde_json::{Value, json};
use std::fs;

const PATH: &str = "/api/v1/routing/policies";
const BEFORE: &str = "# mine\n[routing]\nhedge_ms = 4000 # patience\n\n# as we agreed\n[routing.policies.team]\n\
    profile = \"quality\" # not less\nweights = { cost = 0.2 }\nallow = [\n  \"simulated/*\", # free\n]\n";

impl World {
    fn config(&self) -> String {
        fs::read_to_string(self.home.path().join("config.toml")).unwrap_or_default()
    }
}

#[tokio::test]
async fn a_policy_is_saved_replaced_and_removed_and_the_comments_of_the_file_stay() {
    let world = World::with(BEFORE).await;
    let one = format!("{PATH}/team");
    let team = world.get(&one).await.expect(200);
    assert_eq!((&team["profile"], &team["builtIn"]), (&json!("quality"), &json!(false)));
    // What a list shows can be sent back, and changes nothing.
    assert_eq!(world.ask("PUT", &one, team.clone()).await.expect(200), team);
    assert_eq!(world.config(), BEFORE);

    let mut changed = team;
    changed["weights"]["cost"] = json!(0.4);
    changed["maxCost"] = json!("0.02");
    let saved = world.ask("PUT", &one, changed).await.expect(200);
    assert_eq!((&saved["maxCost"], &saved["allow"]), (&json!("0.02"), &json!(["simulated/*"])));
    let text = world.config();
    for kept in [
        "# mine",
        "# patience",
        "# as we agreed",
        "# not less",
        "# free",
        "cost = 0.4",
        "max_cost_usd = 0.02",
    ] {
        assert!(text.contains(kept), "`{kept}` is not in\n{text}");
    }

    // A new one says only what its profile does not.
    let new = json!({ "profile": "budget", "strategy": "bandit", "weights": { "quality": 0.5 } });
    let saved = world.ask("PUT", &format!("{PATH}/cheap"), new).await.expect(200);
    let profile = world.get(&format!("{PATH}/budget")).await.expect(200);
    assert_eq!(saved["weights"]["quality"], 0.5);
    assert_eq!(saved["weights"]["cost"], profile["weights"]["cost"], "the rest is the profile's: {saved}");
    assert!(
        world.config().contains("[routing.policies.cheap]\nprofile = \"budget\"\nstrategy = \"bandit\"\n")
    );
    let trial = json!({ "prompt": "Hello", "policy": "cheap" });
    assert_eq!(world.post("/api/v1/routing/decide", trial).await.status, 200);

    assert_eq!(world.ask("DELETE", &format!("{PATH}/cheap"), None).await.status, 204);
    assert!(!world.config().contains("cheap") && world.config().contains("# as we agreed"));
    world.ask("DELETE", &format!("{PATH}/cheap"), None).await.refused(404);
    world.get(&format!("{PATH}/cheap")).await.refused(404);
}

#[tokio::test]
async fn what_cannot_be_a_policy_is_refused_before_anything_is_written() {
    let world = World::with(BEFORE).await;
    let wrong: [(&str, Value, &str); 8] = [
        ("team", json!({ "score": "qualty * 2" }), "qualty"),
        ("team", json!({ "weights": { "cost": -1 } }), "cost"),
        ("team", json!({ "explore": 0.9 }), "explore"),
        ("team", json!({ "name": "other" }), "team"),
        ("team", json!({ "weight": {} }), "weight"),
        ("Team%20one", json!({}), "small letters"),
        ("balanced", json!({ "localOnly": true }), "shipped"),
        ("long-context", json!({}), "shipped"),
    ];
    for (name, body, said) in wrong {
        let answer = world.ask("PUT", &format!("{PATH}/{name}"), body).await;
        assert!(answer.body.contains(said), "{name}: {}", answer.body);
        answer.refused(400);
    }
    let answer = world.ask("DELETE", &format!("{PATH}/quality"), None).await;
    assert!(answer.body.contains("shipped"), "{}", answer.body);
    answer.refused(400);
    assert_eq!(world.config(), BEFORE);
    // The one that `auto` means stays.
    world.engine.set_default_policy("team").await.unwrap();
    world.ask("DELETE", &format!("{PATH}/team"), None).await.refused(400);

    // Policies are everybody's.
    let some = world.issue(&["/api/*", "simulated/*"], |_| ()).await;
    assert_eq!(world.ask_as(&some, "GET", PATH, None).await.status, 200);
    let path = format!("{PATH}/mine");
    assert_eq!(world.ask_as(&some, "PUT", &path, json!({})).await.refused(403).0, "insufficient_scope");
    assert_eq!(world.ask_as(&some, "DELETE", &path, None).await.refused(403).0, "insufficient_scope");
    world.get(&path).await.refused(404);
}
