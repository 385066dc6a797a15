//! Keys and providers as the window sets them up.

use crate::ground::Ground;
use domain::{KeyPlace, KeyState, ProviderId, ProviderStatus, VaultState};
use engine::{Engine, EngineError, EngineErrorKind, ProviderEdit};
use testkit::ScriptedProvider;
use zeroize::Zeroizing;

const KEY: &str = "sk-canary-0123456789abcdef";

fn id(text: &str) -> ProviderId {
    text.parse().unwrap()
}

fn secret(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_owned())
}

fn edit(text: &str) -> ProviderEdit {
    ProviderEdit {
        id: id(text),
        preset: None,
        name: None,
        dialect: None,
        base_url: None,
        key: None,
        headers: Vec::new(),
        models: Vec::new(),
        allow_lan: false,
    }
}

async fn status(engine: &Engine, provider: &str) -> ProviderStatus {
    engine.providers().await.into_iter().find(|status| status.id == id(provider)).unwrap()
}

fn keys_of(server: &ScriptedProvider) -> usize {
    server.log().iter().filter(|call| format!("{:?}", call.headers).contains(KEY)).count()
}

#[tokio::test]
async fn a_pasted_key_switches_a_waiting_preset_on_and_is_never_shown() {
    let ground = Ground::new().await;
    let mut changes = ground.engine.changes();
    // Of all presets the one whose key no machine has in its environment.
    let before = status(&ground.engine, "together").await;
    assert!(!before.enabled && !before.configured, "{before:?}");
    ground.engine.set_key(&id("together"), secret(KEY), KeyPlace::Session).await.unwrap();
    let after = status(&ground.engine, "together").await;
    assert!(after.enabled && after.configured);
    assert_eq!((after.key, after.key_place), (KeyState::Present, Some(KeyPlace::Session)));
    assert!(changes.recv().await.unwrap().tags.contains(&"keys".to_owned()));
    assert!(!serde_json::to_string(&ground.engine.providers().await).unwrap().contains("sk-canar"));
    assert!(ground.engine.remove_key(&id("together")).await.is_ok_and(|had| had));
    assert_ne!(status(&ground.engine, "together").await.key, KeyState::Present);
}

#[tokio::test]
async fn a_key_goes_only_to_the_origin_it_was_entered_for() {
    let ground = Ground::new().await;
    let evil = ScriptedProvider::start().await;
    let engine = &ground.engine;
    engine.create_vault(secret("correct horse")).await.unwrap();
    for place in [KeyPlace::Session, KeyPlace::Vault] {
        let change = ProviderEdit { base_url: Some(ground.provider.v1()), ..edit("chat") };
        engine.update_provider(&id("chat"), change).await.unwrap();
        engine.set_key(&id("chat"), secret(KEY), place).await.unwrap();
        assert_eq!(ground.answer("chat/ok?tokens=2").await.outcome(), "complete");
        assert!(keys_of(&ground.provider) > 0, "the key was not used at all");
        let change = ProviderEdit { base_url: Some(evil.v1()), ..edit("chat") };
        engine.update_provider(&id("chat"), change).await.unwrap();
        let status = status(engine, "chat").await;
        assert_eq!((status.key, status.key_place), (KeyState::Missing, None));
        assert_ne!(ground.answer("chat/ok?tokens=2").await.outcome(), "complete");
        let check = engine.test_provider(&id("chat")).await.unwrap();
        assert!(!check.ok && check.steps[0].detail.contains("enter it again"), "{check:?}");
    }
    assert!(evil.log().is_empty(), "the other origin was called");
    engine.set_key(&id("chat"), secret(KEY), KeyPlace::Session).await.unwrap();
    assert_eq!(ground.answer("chat/ok?tokens=2").await.outcome(), "complete");
}

#[tokio::test]
async fn a_target_that_failed_with_one_key_is_not_left_alone_with_the_next() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let failed = "chat/ok?tokens=2".parse().unwrap();
    let key = async |text| engine.set_key(&id("chat"), secret(text), KeyPlace::Session).await.unwrap();
    key(KEY).await;
    engine.trip_breaker(&failed).await.unwrap();
    assert_eq!(engine.breaker_views()[0].key, KEY[KEY.len() - 4..]);
    key("sk-another-key-of-the-same-account-0001").await;
    assert!(engine.breaker_views().is_empty());
    engine.trip_breaker(&failed).await.unwrap();
    assert!(engine.remove_key(&id("chat")).await.unwrap() && engine.breaker_views().is_empty());
}

#[tokio::test]
async fn a_locked_vault_is_named_and_unlocking_it_is_enough() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    engine.create_vault(secret("correct horse")).await.unwrap();
    engine.set_key(&id("chat"), secret(KEY), KeyPlace::Vault).await.unwrap();
    engine.lock_vault().unwrap();
    assert_eq!(engine.key_places().vault, VaultState::Locked);
    let known = status(engine, "chat").await;
    assert_eq!((known.key, known.key_place), (KeyState::Locked, Some(KeyPlace::Vault)));
    let answer = ground.answer("chat/ok?tokens=2").await;
    assert_eq!(answer.outcome(), "auth");
    assert!(ground.provider.log().is_empty(), "it was asked without its key");
    assert!(engine.wants_vault(&"chat/ok".parse().unwrap()));
    let wrong = engine.unlock_vault(secret("wrong horse")).await.unwrap_err();
    assert_eq!(wrong.kind(), EngineErrorKind::Secret);
    engine.unlock_vault(secret("correct horse")).await.unwrap();
    assert_eq!(ground.answer("chat/ok?tokens=2").await.outcome(), "complete");
    assert_eq!(keys_of(&ground.provider), 1);
}

#[tokio::test]
async fn a_damaged_vault_is_named_restored_from_a_copy_and_told() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    engine.create_vault(secret("correct horse")).await.unwrap();
    engine.set_key(&id("chat"), secret(KEY), KeyPlace::Vault).await.unwrap();
    let file = engine.home().join("keys.vault");
    let copy = std::fs::read(&file).unwrap();
    std::fs::write(&file, b"not what was written").unwrap();
    assert_eq!(engine.key_places().vault, VaultState::Damaged);
    let known = status(engine, "chat").await;
    assert_eq!((known.key, known.key_place), (KeyState::Unknown, Some(KeyPlace::Vault)));
    // A server on this machine is asked all the same, without a key.
    ground.answer("chat/ok?tokens=2").await;
    assert_eq!(keys_of(&ground.provider), 0);
    let mut changes = engine.changes();
    engine.restore_vault(copy).await.unwrap();
    assert!(changes.recv().await.unwrap().tags.contains(&"keys".to_owned()));
    assert_eq!(engine.key_places().vault, VaultState::Locked);
    engine.unlock_vault(secret("correct horse")).await.unwrap();
    assert_eq!(ground.answer("chat/ok?tokens=2").await.outcome(), "complete");
    assert_eq!(keys_of(&ground.provider), 1);
}

#[tokio::test]
async fn providers_are_added_changed_switched_and_removed_and_count_at_once() {
    let ground = Ground::new().await;
    let engine = &ground.engine;
    let new = ProviderEdit {
        dialect: Some(domain::Dialect::OpenaiChat),
        base_url: Some(ground.provider.v1()),
        key: Some("none".to_owned()),
        headers: vec![("x-team".to_owned(), "blue".to_owned())],
        ..edit("mine")
    };
    engine.add_provider(new.clone()).await.unwrap();
    let taken = engine.add_provider(new).await.unwrap_err();
    assert_eq!(taken.kind(), EngineErrorKind::BadInput);
    assert_eq!(ground.answer("mine/ok?tokens=2").await.outcome(), "complete");
    assert_eq!(ground.provider.log()[0].header("x-team"), Some("blue"));
    let check = engine.test_provider(&id("mine")).await.unwrap();
    assert!(check.ok && check.steps.iter().all(|step| step.ms.is_some()), "{check:?}");
    let tested = status(engine, "mine").await.last_test.unwrap();
    assert!(tested.ok);
    engine.set_provider_enabled(&id("mine"), false).await.unwrap();
    assert!(!status(engine, "mine").await.enabled);
    let renamed = engine.update_provider(&id("mine"), edit("other")).await.unwrap_err();
    assert!(matches!(renamed, EngineError::BadInput(_)));
    let pasted = ProviderEdit { key: Some(KEY.to_owned()), ..edit("mine") };
    let refused = engine.update_provider(&id("mine"), pasted).await.unwrap_err();
    assert!(!refused.to_string().contains("sk-canar"));
    engine.remove_provider(&id("mine")).await.unwrap();
    assert!(engine.providers().await.iter().all(|status| status.id != id("mine")));
    let presets = engine.presets();
    assert!(
        presets.iter().any(|preset| preset.local)
            && presets.iter().any(|preset| preset.key_variable.is_some())
    );
}
