//! What the gateway keeps: budgets that add up, answers to come back for, and nothing of what is deleted.

use crate::{Claim, Leased, Once, StoredAnswer, StoredBudget, StoredResponse, Want, testing::*};
use domain::{
    Attempt, AttemptId, AttemptOutcome, BudgetPeriod, Charge, CompletionId, Hash, NanoUsd, Timestamp, Usage,
    Zone,
};
use uuid::Uuid;

async fn everybodys(store: &crate::Store) -> StoredBudget {
    store.budgets().of_everybody(&[BudgetPeriod::Day], &Zone::UTC).await.unwrap().remove(0)
}

fn want(budget: i64, nano: i64, most: i64) -> Want {
    Want { budget, at: NOW, nano, tokens: 0, most_nano: Some(most), most_tokens: None }
}

fn call(usd: i64) -> Attempt {
    Attempt {
        id: AttemptId::from_uuid(Uuid::now_v7()),
        completion_id: CompletionId::from_uuid(Uuid::now_v7()),
        ord: 0,
        provider: "chat".to_owned(),
        model: "a".to_owned(),
        http_status: None,
        outcome: AttemptOutcome::Complete,
        error_kind: None,
        started_at: NOW,
        headers_ms: None,
        first_ms: None,
        ended_ms: None,
        usage: Usage { input: Some(1), output: Some(2), ..Usage::default() },
        usage_by: None,
        cost: Some(NanoUsd(usd)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn slices_of_two_processes_are_together_never_above_the_cap() {
    let home = Home::new();
    let ((one, _), (two, _)) = (home.open().await, home.open().await);
    let (a, b) = (Talk::new(&one).await, Talk::new(&two).await);
    let budget = everybodys(&one).await;
    let mut tasks = Vec::new();
    for number in 0..64_i64 {
        let (store, instance) =
            if number % 2 == 0 { (one.clone(), a.instance) } else { (two.clone(), b.instance) };
        tasks.push(tokio::spawn(async move {
            match store
                .budgets()
                .lease(instance, &want(budget.id, 1 + number * 37 % 100, 1_000))
                .await
                .unwrap()
            {
                Leased::Grown { nano, .. } => nano,
                Leased::Full(_) => 0,
            }
        }));
    }
    let mut leased = 0;
    for task in tasks {
        leased += task.await.unwrap();
    }
    let budget = everybodys(&one).await;
    assert!(leased <= 1_000 && leased > 900, "{leased}");
    assert_eq!(one.budgets().spent(&budget, NOW).await.unwrap().leased_usd, NanoUsd(leased));
    // Who leaves gives its slices back.
    one.instances().remove(a.instance).await.unwrap();
    two.instances().remove(b.instance).await.unwrap();
    assert_eq!(one.budgets().spent(&budget, NOW).await.unwrap().leased_usd, NanoUsd(0));
}

#[tokio::test]
async fn a_line_of_the_ledger_counts_once_however_often_it_is_entered() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    // From before anybody had a budget.
    let mut early = call(5);
    let charge = |attempt: &Attempt, leased| Charge {
        key: None,
        at: NOW,
        usd: attempt.cost.unwrap(),
        tokens: attempt.usage.total(),
        leased,
        folders: Vec::new(),
    };
    store.attempts().enter(&early, &charge(&early, vec![]), talk.instance).await.unwrap();
    let budget = everybodys(&store).await;
    let period = budget.period.around(&budget.zone, NOW).0.millis();
    let Leased::Grown { nano, .. } =
        store.budgets().lease(talk.instance, &want(budget.id, 50, 1_000)).await.unwrap()
    else {
        panic!("there is room");
    };
    let mut late = call(40);
    let leased = vec![(budget.id, period)];
    for _ in 0..3 {
        store.attempts().enter(&late, &charge(&late, leased.clone()), talk.instance).await.unwrap();
    }
    let standing = || async { store.budgets().spent(&budget, NOW).await.unwrap() };
    assert_eq!((standing().await.usd.0, standing().await.leased_usd.0), (45, nano - 40));
    // Corrected afterwards.
    late.cost = Some(NanoUsd(30));
    early.cost = Some(NanoUsd(6));
    store.attempts().enter(&late, &charge(&late, leased.clone()), talk.instance).await.unwrap();
    store.attempts().enter(&early, &charge(&early, vec![]), talk.instance).await.unwrap();
    assert!(!store.attempts().enter_lost(&late, &charge(&late, leased), talk.instance).await.unwrap());
    assert_eq!((standing().await.usd.0, standing().await.tokens), (36, 6));
    // Nothing was leased of tokens, which nobody capped.
    let spare = [(budget.id, period, nano - 40, -3)];
    store.budgets().give_back(talk.instance, &spare).await.unwrap();
    assert_eq!(store.budgets().audit().await.unwrap(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_thirty_two_duplicates_one_is_carried_out() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let once = Once { key: None, word: "abc", body: Hash::of(b"body") };
    let later = Timestamp::from_millis(NOW.millis() + 1_000);
    let mut tasks = Vec::new();
    for _ in 0..32 {
        let (store, instance) = (store.clone(), talk.instance);
        tasks.push(tokio::spawn(async move {
            store.answered().claim(&once, instance, NOW, later).await.unwrap()
        }));
    }
    let mut mine = 0;
    for task in tasks {
        match task.await.unwrap() {
            Claim::Mine => mine += 1,
            Claim::Running(by) => assert_eq!(by, talk.instance),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(mine, 1);
    let claim = |once| {
        let store = &store;
        let instance = talk.instance;
        async move { store.answered().claim(&once, instance, NOW, later).await.unwrap() }
    };
    store.answered().let_go(&once).await.unwrap();
    assert_eq!(claim(once).await, Claim::Mine);
    let answer =
        StoredAnswer { status: 200, headers: vec![("a".into(), "b".into())], body: b"hello".to_vec() };
    store.answered().answer(&once, None, &answer).await.unwrap();
    assert_eq!(claim(once).await, Claim::Answered(answer));
    assert_eq!(claim(Once { body: Hash::of(b"other"), ..once }).await, Claim::OtherBody);
    // A day later it is a new request.
    assert_eq!(store.answered().claim(&once, talk.instance, later, later).await.unwrap(), Claim::Mine);
}

#[tokio::test]
async fn an_erased_conversation_takes_its_answers_along() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let asked = talk.ask(None, "a question").await;
    talk.answer(&asked, "an answer").await;
    let response = StoredResponse {
        name: "resp_1".to_owned(),
        key: None,
        completion: asked.completion,
        message: asked.answer,
        created_at: NOW,
    };
    store.answered().put_response(&response).await.unwrap();
    assert_eq!(store.answered().response("resp_1", None).await.unwrap(), Some(response));
    let once = Once { key: None, word: "abc", body: Hash::of(b"body") };
    let later = Timestamp::from_millis(i64::MAX);
    store.answered().claim(&once, talk.instance, NOW, later).await.unwrap();
    let answer = StoredAnswer { status: 200, headers: vec![], body: b"an answer".to_vec() };
    store.answered().answer(&once, Some(asked.run), &answer).await.unwrap();
    store.erase().conversations(NOW).await.unwrap();
    assert_eq!((rows_in(&store, "response").await, rows_in(&store, "idempotency").await), (0, 0));
    assert_eq!(rows_in(&store, "run").await, 0);
}

#[tokio::test]
async fn two_keys_may_have_answers_of_one_name_and_each_finds_its_own() {
    let (_home, store) = opened().await;
    let talk = Talk::new(&store).await;
    let key = crate::tests::weaving::key(1, "one");
    let hash = domain::VirtualKey::hash_of("one");
    store.virtual_keys().insert(&key, &hash, &Zone::UTC).await.unwrap();
    let key = key.id;
    let mut told = Vec::new();
    for key in [None, Some(key)] {
        let asked = talk.ask(None, "a question").await;
        talk.answer(&asked, "an answer").await;
        let response = StoredResponse {
            name: "resp_same".to_owned(),
            key,
            completion: asked.completion,
            message: asked.answer,
            created_at: NOW,
        };
        store.answered().put_response(&response).await.unwrap();
        told.push(response);
    }
    for response in told {
        let found = store.answered().response("resp_same", response.key).await.unwrap();
        assert_eq!(found, Some(response));
    }
    assert!(store.answered().forget_response("resp_same", Some(key)).await.unwrap());
    assert!(store.answered().response("resp_same", None).await.unwrap().is_some());
}
