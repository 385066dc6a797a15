//! Scheduled looks at providers.

use crate::ground::Ground;
use domain::ProviderStatus;
use engine::Engine;
use testkit::ScriptedProvider;

async fn status(engine: &Engine, id: &str) -> ProviderStatus {
    engine.providers().await.into_iter().find(|one| one.id.as_str() == id).unwrap()
}

fn available(engine: &Engine) -> f64 {
    let all = engine.learned();
    let one = all.iter().find(|one| one.target.as_str().starts_with("chat/") && one.class.is_none()).unwrap();
    one.measures.iter().find(|measure| measure.measure == "available").unwrap().mean
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_answer_is_shown_so_and_less_available_until_it_does_again() {
    let ground = Ground::new().await;
    assert_eq!(ground.answer("chat/ok?tokens=2").await.outcome(), "complete");
    let Ground { engine, home: _home, provider } = ground;
    let asked = provider.log().len();
    engine.check_providers().await;
    let lists: Vec<_> = provider.log().split_off(asked);
    assert!(
        lists.len() >= 3 && lists.iter().all(|call| call.method == "GET"),
        "only lists are asked for: {lists:?}"
    );
    assert!(available(&engine) > 0.99 && status(&engine, "chat").await.problem.is_none());
    let port = provider.address().port();
    drop(provider);
    engine.check_providers().await;
    let down = status(&engine, "chat").await;
    assert!(!down.last_test.unwrap().ok && down.problem.is_some());
    let low = available(&engine);
    assert!(low < 0.8, "{low}");
    let _provider = ScriptedProvider::bind(port).await.unwrap();
    engine.check_providers().await;
    let up = status(&engine, "chat").await;
    assert_eq!((up.last_test, up.problem), (None, None));
    assert!(available(&engine) > low);
}
