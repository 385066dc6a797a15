use super::*;
use providers::Config;

fn provider(limits: &str) -> Provider {
    let text = format!(
        "[[providers]]\nid = \"p\"\ndialect = \"openai-chat\"\nbase_url = \"http://127.0.0.1:1/v1\"\n{limits}"
    );
    Config::parse(&text, &|_| None).unwrap().provider("p").unwrap().clone()
}

fn target() -> Target {
    "p/m".parse().unwrap()
}

#[tokio::test]
async fn slots_go_round_in_the_order_of_those_who_wait_and_come_back_however_a_call_ends() {
    let quotas = Arc::new(Quotas::default());
    let provider = Arc::new(provider("limits = { concurrent = 2 }"));
    let first = quotas.enter(&provider, &target(), "", 1).await.unwrap();
    let second = quotas.enter(&provider, &target(), "", 1).await.unwrap();
    assert!(quotas.wait_for(&provider, &target(), 1).is_some());
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut waiting = Vec::new();
    for number in 0..20 {
        let (quotas, provider, order) = (quotas.clone(), provider.clone(), order.clone());
        waiting.push(tokio::spawn(async move {
            let slot = quotas.enter(&provider, &target(), "", 1).await.unwrap();
            locked(&order).push(number);
            tokio::task::yield_now().await;
            drop(slot);
        }));
        tokio::task::yield_now().await;
    }
    // One who leaves the queue does not keep its place.
    waiting[3].abort();
    drop((first, second));
    for (number, one) in waiting.into_iter().enumerate() {
        assert_eq!(one.await.is_err(), number == 3);
    }
    let expected: Vec<usize> = (0..20).filter(|number| *number != 3).collect();
    assert_eq!(*locked(&order), expected);
    assert_eq!(quotas.wait_for(&provider, &target(), 1), None);
}

#[tokio::test]
async fn a_minute_that_is_full_refuses_with_the_time_and_what_was_not_made_gives_its_place_back() {
    let quotas = Quotas::default();
    let provider = provider("limits = { rpm = 2, tpm = 100 }");
    for _ in 0..50 {
        drop(quotas.enter(&provider, &target(), "", 90).await.unwrap());
    }
    let mut made = quotas.enter(&provider, &target(), "", 90).await.unwrap().unwrap();
    assert!(quotas.wait_for(&provider, &target(), 20).is_some());
    made.settle(10);
    drop(made);
    drop(quotas.enter(&provider, &target(), "", 20).await.unwrap().unwrap().made());
    let Err(failure) = quotas.enter(&provider, &target(), "", 1).await else {
        panic!("a third within a minute")
    };
    assert_eq!(failure.kind, ErrorKind::RateLimited);
    assert!(failure.retry_after_ms.unwrap() > 30_000, "{failure:?}");
}

#[tokio::test]
async fn what_a_provider_says_of_itself_is_obeyed_for_that_target_and_key() {
    let quotas = Quotas::default();
    let provider = provider("");
    assert!(quotas.enter(&provider, &target(), "1234", 1).await.unwrap().is_none());
    let headers = |reset: &str| {
        vec![
            ("x-ratelimit-remaining-requests".to_owned(), "0".to_owned()),
            ("x-ratelimit-reset-requests".to_owned(), reset.to_owned()),
        ]
    };
    quotas.heard(&target(), "1234", &headers("5m"), None);
    assert!(quotas.wait_for(&provider, &target(), 1).unwrap() > 290_000);
    let refused = quotas.enter(&provider, &target(), "1234", 1).await;
    assert!(refused.is_err_and(|failure| failure.retry_after_ms.unwrap() > 290_000));
    assert!(quotas.enter(&provider, &target(), "5678", 1).await.is_ok());
    assert_eq!(quotas.wait_for(&provider, &"p/other".parse().unwrap(), 1), None);
    // A short time is waited for.
    let other: Target = "p/short".parse().unwrap();
    quotas.heard(&other, "1234", &headers("30ms"), None);
    let before = Instant::now();
    assert!(quotas.enter(&provider, &other, "1234", 1).await.is_ok());
    assert!(before.elapsed() >= Duration::from_millis(25));
    let failure = Failure::new(ErrorKind::RateLimited, "x").retry_after(Some(60_000));
    quotas.heard(&other, "1234", &[], Some(&failure));
    assert!(quotas.wait_for(&provider, &other, 1).unwrap() > 50_000);
}

#[test]
fn what_a_key_has_used_up_keeps_nobody_from_asking_with_the_one_that_is_in_use() {
    let (quotas, provider) = (Quotas::default(), provider(""));
    let told = Failure::new(ErrorKind::RateLimited, "no").retry_after(Some(60_000));
    quotas.heard(&target(), "1234", &[], Some(&told));
    let waits = || (quotas.wait_for(&provider, &target(), 1).is_some(), quotas.away().len());
    assert_eq!(waits(), (true, 1), "no key was lent yet");
    quotas.in_use.note(&"p".parse().unwrap(), "5678");
    assert_eq!(waits(), (false, 0));
    assert_eq!(quotas.used_up().len(), 1, "it is shown all the same");
    quotas.in_use.note(&"p".parse().unwrap(), "1234");
    assert_eq!(waits(), (true, 1));
}
