//! Routes in the window's lane: who is chosen, why, and what is learned of it.

use crate::ground::{Ground, asking, column};
use domain::{Ballot, CastVote, Policy, Profile, PromptClass, RunOrigin, Verdict};
use engine::{Engine, EngineErrorKind, EngineOptions, RouteTrial};

/// Two providers of which routes know the models, and these policies.
async fn routed(policies: &str) -> Ground {
    let ground = Ground::new().await;
    let url = ground.provider.url();
    let provider = |id: &str, models: &str| {
        format!(
            "[[providers]]\nid = {id:?}\ndialect = \"openai-chat\"\nbase_url = \"{url}/v1\"\nkey = \"none\"\n\
             models = {models}\n"
        )
    };
    let first = provider("one", "[\"ok?seed=1\", \"reset-before-headers\"]");
    let second = provider("two", "[\"ok?seed=2\"]");
    ground.home.write_config(&format!("{first}{second}{policies}")).unwrap();
    ground.engine.close().await;
    let engine = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    Ground { engine, ..ground }
}

fn trial(prompt: &str, policy: Option<&str>) -> RouteTrial {
    let policy = policy.map(str::to_owned);
    RouteTrial { prompt: prompt.to_owned(), policy, needs: vec![], max_tokens: None, important: false }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_falls_back_in_the_order_of_its_decision_which_is_stored_with_its_reasons() {
    let policy = "[routing]\ndefault = \"mine\"\n[routing.policies.mine]\nstrategy = \"priority\"\n\
                  order = [\"*/reset*\", \"two/*\"]\ndeny = [\"one/ok*\"]\n";
    let ground = routed(policy).await;
    let answer = ground.answer("auto").await;
    assert_eq!(answer.outcome(), "complete");
    assert_eq!(answer.served().unwrap().as_str(), "two/ok?seed=2");
    let details = ground.engine.completion_details(answer.completion.id).await.unwrap();
    let decision = details.decision.unwrap();
    let order: Vec<_> = decision.order.iter().map(domain::Target::as_str).collect();
    assert_eq!(order, ["one/reset-before-headers", "two/ok?seed=2"]);
    let routed = decision.routed.unwrap();
    assert_eq!((routed.policy.as_str(), routed.explored), ("mine", false));
    let denied = decision.candidates.iter().find(|one| one.target.as_str() == "one/ok?seed=1").unwrap();
    assert!(denied.excluded.as_ref().unwrap().contains("denies"), "{denied:?}");
    let simulated = decision.candidates.iter().find(|one| one.target.as_str().starts_with("simulated/"));
    assert!(simulated.unwrap().excluded.is_some());

    // What came of it is known to the next engine that opens this home, and can be forgotten.
    ground.engine.close().await;
    let engine = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    let learned = engine.learned();
    let of = |target: &str, measure: &str| {
        let all = learned.iter().find(|one| one.target.as_str() == target && one.class.is_none()).unwrap();
        all.measures.iter().find(|one| one.measure == measure).map(|one| one.mean)
    };
    assert_eq!(of("one/reset-before-headers", "available"), Some(0.0));
    assert_eq!(of("two/ok?seed=2", "available"), Some(1.0));
    assert!(of("two/ok?seed=2", "firstMs").is_some());
    let day = 86_400_000;
    let now = engine::clock().millis();
    let at = domain::Timestamp::from_millis;
    let analytics = engine.route_analytics(at(now - day), at(now + day)).await.unwrap();
    assert_eq!((analytics.decisions, analytics.counts[0].fell_back), (1, 1));
    assert_eq!(engine.forget_learned(None).await.unwrap(), 2);
    assert!(engine.learned().is_empty());
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn votes_move_a_route_and_only_for_their_class_of_prompts() {
    let ground = routed("[routing.policies.ok]\nallow = [\"*/ok*\"]\n").await;
    let prompt = "Write a Rust function that sorts a vector of integers.";
    let first = |engine: &Engine, prompt: &str| {
        engine.try_route(&trial(prompt, Some("ok"))).unwrap().order[0].to_string()
    };
    assert_eq!(first(&ground.engine, prompt), "one/ok?seed=1");
    let run = ground.ask(prompt, &["one/ok?seed=1", "two/ok?seed=2"]).await;
    ground.end_of(&run).await;
    let (a, b) = (run.columns[0].message, run.columns[1].message);
    let vote = CastVote { ballot: Ballot::Pair { a, b, verdict: Verdict::B }, blind: false };
    ground.engine.vote(&vote).await.unwrap();
    let decision = ground.engine.try_route(&trial(prompt, Some("ok"))).unwrap();
    assert_eq!(decision.order[0].as_str(), "two/ok?seed=2", "{decision:?}");
    let routed = decision.routed.unwrap();
    assert_eq!(routed.class, PromptClass::Code);
    assert!(decision.candidates[0].parts.iter().any(|part| part.name == domain::ScoreName::Preference));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_stays_with_whom_it_has_while_that_is_warm() {
    let ground = routed("[routing.policies.turns]\nstrategy = \"round_robin\"\nallow = [\"*/ok*\"]\n").await;
    let run = ground.ask("Hello.", &["auto:turns"]).await;
    let first = ground.end_of(&run).await.remove(0);
    for _ in 0..3 {
        let mut next = asking(Some(run.conversation), "And on.", &[]);
        next.columns = vec![column(Some(run.columns[0].branch), "auto:turns")];
        let next = ground.engine.start_run(next, RunOrigin::Cli).await.unwrap();
        let answer = ground.end_of(&next).await.remove(0);
        assert_eq!(answer.served(), first.served());
    }
    // Others go on in turn.
    let others = [ground.answer("auto:turns").await, ground.answer("auto:turns").await];
    assert_ne!(others[0].served(), others[1].served());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_policy_and_a_route_without_anybody_are_told_with_a_way_out() {
    let ground = routed("[routing.policies.nobody]\nallow = [\"none/*\"]\n").await;
    let error =
        ground.engine.start_run(asking(None, "Hi", &["auto:balancd"]), RunOrigin::Cli).await.unwrap_err();
    assert_eq!(error.kind(), EngineErrorKind::UnknownTarget);
    assert!(error.to_string().contains("`auto:balanced`"), "{error}");
    let error =
        ground.engine.start_run(asking(None, "Hi", &["auto:nobody"]), RunOrigin::Cli).await.unwrap_err();
    assert!(error.to_string().contains("allows others only"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_tried_as_it_would_be_saved_and_a_trial_takes_nobodys_turn() {
    let ground = routed("[routing.policies.turns]\nstrategy = \"round_robin\"\nallow = [\"*/ok*\"]\n").await;
    let engine = &ground.engine;
    let first = |decision: domain::Decision| decision.order[0].to_string();
    let turn = || first(engine.try_route(&trial("hello", Some("turns"))).unwrap());
    assert_eq!(turn(), turn());

    let profile = Policy::of(Profile::Balanced);
    let mut draft = Policy { name: "mine".to_owned(), allow: vec!["two/*".to_owned()], ..profile };
    let tried = engine.try_policy(&trial("hello", None), &draft).unwrap();
    assert_eq!((tried.requested.as_str(), tried.order.len()), ("auto:mine", 1));
    assert!(engine.policies().1.iter().all(|policy| policy.name != "mine"), "to try is not to save");

    engine.save_policy(draft.clone(), true).await.unwrap();
    assert_eq!(first(engine.try_route(&trial("hello", Some("mine"))).unwrap()), first(tried));
    let taken = engine.save_policy(draft.clone(), true).await.unwrap_err();
    assert_eq!(taken.kind(), EngineErrorKind::BadInput, "{taken}");
    engine.set_default_policy("mine").await.unwrap();
    assert_eq!(ground.answer("auto").await.served().unwrap().as_str(), "two/ok?seed=2");
    assert_eq!(engine.remove_policy("mine").await.unwrap_err().kind(), EngineErrorKind::BadInput);

    draft.score = Some("qualty + 1".to_owned());
    let told = engine.try_policy(&trial("hello", None), &draft).unwrap_err();
    assert_eq!(told.kind(), EngineErrorKind::BadInput);
    assert!(told.to_string().contains("`qualty`") && !told.to_string().contains("line"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn how_much_of_a_providers_limits_is_used_can_be_seen() {
    // The line belongs to the provider before it.
    let ground = routed("limits = { rpm = 5, concurrent = 2 }\n").await;
    let views = ground.engine.limit_views();
    assert_eq!((views.len(), views[0].provider.as_str()), (1, "two"));
    assert_eq!(ground.answer("two/ok?seed=2").await.outcome(), "complete");
    let view = ground.engine.limit_views().remove(0);
    assert_eq!(view.requests, Some(domain::UsedLimit { used: 1, most: 5 }));
    // The call's place may be given back a moment after its answer is there.
    assert_eq!((view.tokens, view.calls.map(|calls| calls.most)), (None, Some(2)));
    assert!(view.used_up.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_was_just_added_is_a_candidate_once_it_is_asked_what_it_offers() {
    let ground = Ground::new().await;
    let url = ground.provider.url();
    ground.engine.close().await;
    let file = ground.home.path().join("config.toml");
    let config = std::fs::read_to_string(&file).unwrap();
    // The second takes connections and never says a word.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let provider = |id: &str, base_url: String| {
        format!(
            "[[providers]]\nid = {id:?}\ndialect = \"openai-chat\"\nbase_url = {base_url:?}\nkey = \"none\"\n\n"
        )
    };
    let mute_url = format!("http://{}/v1", mute.local_addr().unwrap());
    let added = config + &provider("added", format!("{url}/v1")) + &provider("mute", mute_url);
    ground.home.write_config(&added).unwrap();
    let engine = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    let candidates = || {
        let decision = engine.try_route(&trial("hello", None)).unwrap();
        let of = |one: &domain::Candidate| one.target.as_str().starts_with("added/");
        decision.candidates.iter().filter(|one| of(one)).count()
    };
    assert_eq!(candidates(), 0);
    let silent = engine.find_added_models(std::time::Duration::from_secs(2)).await;
    assert!(silent.iter().any(|one| one.as_str() == "mute"), "{silent:?}");
    assert!(silent.iter().all(|one| one.as_str() != "added"), "{silent:?}");
    assert!(candidates() > 0);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_calibrated_decides_from_then_on_and_no_longer_once_it_is_removed() {
    let ground = routed("").await;
    let prompt = "Tell me about the town, its river and its people, and what is made there";
    let strength = |engine: &Engine| engine.try_route(&trial(prompt, None)).unwrap().routed.unwrap().strength;
    let shipped = f64::from(routing::classify(prompt).strength);
    assert!((strength(&ground.engine) - shipped).abs() < 1e-3);
    let outcome = |at: usize| routing::Outcome {
        prompt: if at.is_multiple_of(2) {
            format!("{prompt} {at}")
        } else {
            format!("def f{at}(x): return x[{at}]")
        },
        weak: if at.is_multiple_of(2) { 1.0 } else { 0.0 },
        strong: 1.0,
    };
    let learned = routing::Calibration::fit(&(0..200).map(outcome).collect::<Vec<_>>()).unwrap();
    let file = ground.home.path().join(Engine::CALIBRATION);
    std::fs::write(&file, serde_json::to_vec(&learned).unwrap()).unwrap();
    let own = f64::from(routing::classify_by(prompt, Some(&learned)).strength);
    assert!((own - shipped).abs() > 0.01, "{own} {shipped}");
    for (expected, remove) in [(own, true), (shipped, false)] {
        while (strength(&ground.engine) - expected).abs() > 1e-3 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        if remove {
            std::fs::remove_file(&file).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whose_limits_are_used_up_is_left_out_with_that_reason() {
    let ground = routed("[routing.policies.ok]\nallow = [\"one/*\", \"two/*\"]\nstrategy = \"priority\"\norder = [\"one/*\"]\n").await;
    let config = std::fs::read_to_string(ground.home.path().join("config.toml")).unwrap();
    ground
        .home
        .write_config(&config.replace("ok?seed=1\", \"reset-before-headers", "429-always?retry_after=90"))
        .unwrap();
    ground.engine.close().await;
    let engine = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    let ground = Ground { engine, ..ground };
    let answer = ground.answer("auto:ok").await;
    assert_eq!(answer.served().unwrap().as_str(), "two/ok?seed=2");
    let decision = ground.engine.try_route(&trial("Hello.", Some("ok"))).unwrap();
    let out = decision.candidates.iter().find(|one| one.target.as_str().starts_with("one/")).unwrap();
    assert!(out.excluded.as_ref().unwrap().contains("nothing is left of its limits"), "{out:?}");
    assert_eq!(decision.order.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_learned_is_told_by_the_hour_also_after_a_restart_until_it_is_forgotten() {
    let ground = routed("").await;
    assert_eq!(ground.answer("two/ok?seed=2").await.outcome(), "complete");
    ground.engine.close().await;
    let engine = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    let all = engine.learned_course(24).await.unwrap();
    let one = all.iter().find(|one| one.target.as_str() == "two/ok?seed=2" && one.class.is_none()).unwrap();
    let of = |name: &str| one.measures.iter().find(|measure| measure.measure == name).unwrap();
    for name in ["firstMs", "available", "reliable", "score"] {
        let course = &of(name).course;
        // The test may run over the end of an hour.
        assert!((1..=2).contains(&course.len()), "{name}: {course:?}");
        let last = course.last().unwrap();
        assert!(last.hour.millis() % 3_600_000 == 0 && last.weight > 0.0, "{name}: {last:?}");
        assert!((last.mean - of(name).mean).abs() < 1e-3 * last.mean.abs().max(1.0), "{name}: {one:?}");
    }
    assert!((of("available").mean - 1.0).abs() < 1e-6 && (0.0..=1.3).contains(&of("score").mean));
    let without = engine.learned_course(0).await.unwrap();
    assert!(without.iter().flat_map(|one| &one.measures).all(|measure| measure.course.is_empty()));
    engine.forget_learned(None).await.unwrap();
    assert!(engine.learned_course(720).await.unwrap().is_empty());
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_counts_what_was_said_before() {
    let ground = routed("").await;
    let input = async |run: &domain::StartedRun| {
        ground.end_of(run).await;
        let details = ground.engine.completion_details(run.columns[0].completion).await.unwrap();
        details.decision.unwrap().routed.unwrap().input_tokens
    };
    let long = "A sentence that is said at some length. ".repeat(500);
    let first = ground.ask(&long, &["auto"]).await;
    let whole = input(&first).await;
    assert!(whole > 3_000, "{whole}");
    let next = asking(Some(first.conversation), "And now?", &["auto"]);
    let next = ground.engine.start_run(next, RunOrigin::Cli).await.unwrap();
    let more = input(&next).await;
    assert!(more > whole, "{more} with the history, {whole} before");
    // In a conversation of its own the same turn is short.
    let alone = ground.ask("And now?", &["auto"]).await;
    assert!(input(&alone).await < 50);
    // Asked again it is as long as it was.
    let again = ground.engine.retry(next.columns[0].completion, RunOrigin::Cli).await.unwrap();
    assert_eq!(input(&again).await, more);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_marked_as_important_is_decided_as_that() {
    let ground = routed("").await;
    for important in [false, true] {
        let ask = domain::StartRun { important, ..asking(None, "Which of these?", &["auto"]) };
        let run = ground.engine.start_run(ask, RunOrigin::Cli).await.unwrap();
        ground.end_of(&run).await;
        let details = ground.engine.completion_details(run.columns[0].completion).await.unwrap();
        let routed = details.decision.unwrap().routed.unwrap();
        assert_eq!(routed.important, important);
        assert!(!(important && routed.explored));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edited_prompt_is_as_important_as_it_was_unless_something_else_is_said() {
    let ground = routed("").await;
    let important = async |run: &domain::StartedRun| {
        ground.end_of(run).await;
        let details = ground.engine.completion_details(run.columns[0].completion).await.unwrap();
        details.decision.unwrap().routed.unwrap().important
    };
    for (first, said, then) in
        [(true, None, true), (false, None, false), (true, Some(false), false), (false, Some(true), true)]
    {
        let ask = domain::StartRun { important: first, ..asking(None, "Which of these?", &["auto"]) };
        let run = ground.engine.start_run(ask, RunOrigin::Cli).await.unwrap();
        assert_eq!(important(&run).await, first);
        let answer = ground.engine.messages(&[run.columns[0].message]).await.unwrap().remove(0);
        let edit = domain::EditAndAsk {
            message: answer.message.parent_id.unwrap(),
            parts: vec![domain::Part::text("Which of those?")],
            columns: vec![domain::EditColumn {
                branch: Some(run.columns[0].branch),
                target: None,
                params: None,
                system: None,
            }],
            important: said,
        };
        let edited = ground.engine.edit_and_ask(edit, RunOrigin::Cli).await.unwrap();
        assert_eq!(important(&edited).await, then, "{first} {said:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_counts_the_system_text() {
    let ground = routed("").await;
    let input = async |ask: domain::StartRun| {
        let run = ground.engine.start_run(ask, RunOrigin::Cli).await.unwrap();
        ground.end_of(&run).await;
        let details = ground.engine.completion_details(run.columns[0].completion).await.unwrap();
        (details.decision.unwrap().routed.unwrap().input_tokens, run)
    };
    let long = Some("Rules that are to be kept at all times. ".repeat(500));
    let (bare, _) = input(asking(None, "Go on.", &["auto"])).await;
    assert!(bare < 50, "{bare}");
    let of_talk = domain::StartRun { system: long.clone(), ..asking(None, "Go on.", &["auto"]) };
    let (whole, run) = input(of_talk).await;
    assert!(whole > 3_000, "{whole}");
    // It holds for the next turn too, and for an edited one, unless the column has a text of its own.
    let (next, _) = input(asking(Some(run.conversation), "And now?", &["auto"])).await;
    assert!(next > whole, "{next}");
    let mut own = asking(None, "Go on.", &["auto"]);
    own.columns[0].system = long;
    assert!(input(own).await.0 > 3_000);
    let mut none = asking(Some(run.conversation), "And now?", &["auto"]);
    none.columns[0].system = Some(String::new());
    let (without, _) = input(none).await;
    assert!(without < whole / 2, "{without}, and {whole} with it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_for_some_targets_has_all_places_of_a_route_for_those() {
    let ground = Ground::new().await;
    let url = ground.provider.url();
    // More than an order has places, all of them as good as each other.
    let models: Vec<String> = (0..40).map(|seed| format!("\"ok?seed={seed}\"")).collect();
    let rows = format!(
        "[[providers]]\nid = \"one\"\ndialect = \"openai-chat\"\nbase_url = \"{url}/v1\"\nkey = \"none\"\nmodels = [{}]\n\
         [routing.policies.first]\nstrategy = \"priority\"\norder = [\"one/*\"]\n",
        models.join(", ")
    );
    ground.home.write_config(&rows).unwrap();
    ground.engine.close().await;
    let engine = Engine::open(ground.home.path(), EngineOptions::command()).await.unwrap();
    let ground = Ground { engine, ..ground };
    let order = |of: &domain::Decision| of.order.iter().map(ToString::to_string).collect::<Vec<_>>();
    let anybody = ground.ask("Go on.", &["auto:first"]).await;
    ground.end_of(&anybody).await;
    let of = async |run: &domain::StartedRun| {
        ground.engine.completion_details(run.columns[0].completion).await.unwrap().decision.unwrap()
    };
    let all = order(&of(&anybody).await);
    let left_out: Vec<String> =
        (0..40).map(|seed| format!("one/ok?seed={seed}")).filter(|one| !all.contains(one)).collect();
    assert!(left_out.len() > 8, "{all:?}");
    let scopes = domain::KeyScopes { targets: left_out[..2].to_vec(), ..domain::KeyScopes::default() };
    let until = domain::Timestamp::from_millis(engine::clock().millis() + 60_000);
    let grant = engine::Grant::of_token("some", &scopes, until);
    let by = engine::AskedBy { origin: RunOrigin::Gateway, grant };
    let run = ground.engine.start_run(asking(None, "Go on.", &["auto:first"]), by).await.unwrap();
    let answer = ground.end_of(&run).await.remove(0);
    assert_eq!(answer.outcome(), "complete");
    let mut chosen = order(&of(&run).await);
    chosen.sort();
    let mut wanted = left_out[..2].to_vec();
    wanted.sort();
    assert_eq!(chosen, wanted);
}
