//! How providers are asked: where, and with which key. What became of calls is known of one way of asking, and
//! says nothing of another.

use crate::Engine;
use domain::{KeySource, ProviderId, Target};
use providers::Config;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError, RwLock},
};

/// The keys that providers are asked with now, by their last characters.
#[derive(Default)]
pub(crate) struct KeysInUse(RwLock<HashMap<ProviderId, String>>);

impl KeysInUse {
    /// A provider is asked with this key from now on; an empty one is none.
    pub(crate) fn note(&self, provider: &ProviderId, last4: &str) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.get(provider).is_some_and(|known| known == last4) {
            return;
        }
        drop(known);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(provider.clone(), last4.to_owned());
    }

    /// Whether a target would be asked with this key; with any, as long as it was asked with none.
    pub(crate) fn is(&self, target: &Target, last4: &str) -> bool {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of_target = target.split().and_then(|(id, _)| known.iter().find(|(one, _)| one.as_str() == id));
        of_target.is_none_or(|(_, key)| key == last4)
    }
}

/// Where providers are, and where their keys come from, as the settings said last.
#[derive(Default)]
pub(crate) struct Ways(Mutex<HashMap<ProviderId, (String, KeySource)>>);

impl Ways {
    /// Takes up the settings in force; gives those that were asked in another way before.
    fn take_up(&self, config: &Config) -> Vec<ProviderId> {
        let of = |provider: &providers::Provider| {
            (provider.id.clone(), (provider.base_url.to_string(), provider.key.clone()))
        };
        let new: HashMap<_, _> = config.providers.iter().map(of).collect();
        let mut ways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = ways.iter().filter(|(id, way)| new.get(*id) != Some(*way)).map(|(id, _)| id.clone());
        let changed = changed.collect();
        *ways = new;
        changed
    }
}

impl Engine {
    /// Takes up how providers are asked now, and forgets what became of calls to those that were asked elsewhere,
    /// or with a key from elsewhere.
    pub(crate) fn take_up_ways(&self) {
        for provider in self.0.ways.take_up(&self.config()) {
            self.forget_breakers(&provider);
        }
    }

    /// A provider's key was just lent: what is known of its other keys does not count while this one is used.
    pub(crate) fn uses_key(&self, provider: &ProviderId, last4: &str) {
        self.0.breakers.in_use.note(provider, last4);
        self.0.quotas.in_use.note(provider, last4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(rows: &str) -> Config {
        Config::parse(rows, &|_| None).unwrap()
    }

    fn row(id: &str, port: u16, key: &str) -> String {
        format!(
            "[[providers]]\nid = {id:?}\ndialect = \"openai-chat\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\nkey = {key:?}\n"
        )
    }

    #[test]
    fn a_provider_is_asked_in_another_way_at_another_address_or_with_a_key_from_elsewhere() {
        let ways = Ways::default();
        let changed = |rows: &[String]| {
            let mut changed = ways.take_up(&settings(&rows.concat()));
            changed.sort();
            changed.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let (a, b) = (row("a", 1, "none"), row("b", 1, "env:B"));
        assert_eq!(changed(&[a.clone(), b.clone()]), [""; 0], "these are the first settings");
        let named = a.replace("id =", "name = \"A\"\nid =");
        assert_eq!(changed(&[named, b.clone()]), [""; 0]);
        assert_eq!(changed(&[row("a", 2, "none"), b.clone()]), ["a"]);
        assert_eq!(changed(&[row("a", 2, "none"), row("b", 1, "keychain")]), ["b"]);
        assert_eq!(changed(&[row("b", 1, "keychain")]), ["a"], "it is not asked any more");
    }

    #[test]
    fn a_key_is_in_use_until_another_is_and_any_may_be_before_one_is() {
        let (keys, target) = (KeysInUse::default(), "a/b".parse::<Target>().unwrap());
        assert!(keys.is(&target, "1234"));
        keys.note(&"a".parse().unwrap(), "1234");
        assert!(
            keys.is(&target, "1234") && !keys.is(&target, "5678") && keys.is(&"c/b".parse().unwrap(), "5678")
        );
        keys.note(&"a".parse().unwrap(), "5678");
        assert!(!keys.is(&target, "1234") && keys.is(&target, "5678"));
    }
}
