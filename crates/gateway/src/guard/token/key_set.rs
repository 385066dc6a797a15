//! Public keys of an issuer, fetched from the address that the settings name and kept for a while.

use super::{
    claims::{self, Head},
    signature::Key,
};
use arc_swap::ArcSwapOption;
use domain::DeniedKind;
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Keys are fetched anew when they are older than this, so that one that was taken back does not count long.
const FRESH: Duration = Duration::from_mins(5);
/// When the issuer cannot be reached they count so long, and not longer.
const KEEP: Duration = Duration::from_hours(1);
/// Issuers are asked no more often, whatever keys tokens name.
const REST: Duration = Duration::from_secs(10);
/// So many keys of a set are read.
const MAX_KEYS: usize = 64;

/// Fetches what is at an address.
pub(super) type Fetch = dyn Fn(String) -> BoxFuture<'static, Result<Vec<u8>, String>> + Send + Sync;

pub(super) struct KeySet {
    url: String,
    fetch: Arc<Fetch>,
    keys: ArcSwapOption<Held>,
    /// When it was last tried.
    tried: Mutex<Option<Instant>>,
    /// One fetch at a time; others wait for its result.
    fetching: tokio::sync::Mutex<()>,
    pub(super) ages: Mutex<Ages>,
}

/// How old what may be.
#[derive(Clone, Copy)]
pub(super) struct Ages {
    pub(super) fresh: Duration,
    pub(super) keep: Duration,
    pub(super) rest: Duration,
}

struct Held {
    keys: Vec<Entry>,
    at: Instant,
}

struct Entry {
    kid: Option<String>,
    /// The algorithm that it is for, where its issuer says so.
    alg: Option<String>,
    key: Arc<Key>,
}

/// What is known of a key without asking anybody.
pub(super) enum Looked {
    /// This is it.
    Found(Arc<Key>),
    /// There is none, and it was just looked.
    Nothing,
    /// It has to be looked.
    Stale,
}

impl KeySet {
    pub(super) fn new(url: String, fetch: Arc<Fetch>) -> Self {
        let ages = Mutex::new(Ages { fresh: FRESH, keep: KEEP, rest: REST });
        let (keys, tried, fetching) =
            (ArcSwapOption::empty(), Mutex::default(), tokio::sync::Mutex::default());
        Self { url, fetch, keys, tried, fetching, ages }
    }

    pub(super) fn known(&self, head: &Head) -> Looked {
        let (held, ages) = (self.keys.load(), self.ages());
        let young = held.as_ref().filter(|held| held.at.elapsed() < ages.fresh);
        match young.and_then(|held| held.find(head)) {
            Some(key) => Looked::Found(key),
            None if self.may_ask() => Looked::Stale,
            None => {
                let kept = held.as_ref().filter(|held| held.at.elapsed() < self.ages().keep);
                kept.and_then(|held| held.find(head)).map_or(Looked::Nothing, Looked::Found)
            }
        }
    }

    /// The key, after the issuer was asked.
    pub(super) async fn refreshed(&self, head: &Head) -> Result<Arc<Key>, DeniedKind> {
        let _one = self.fetching.lock().await;
        // Whoever waited finds what the one before has fetched.
        match self.known(head) {
            Looked::Found(key) => return Ok(key),
            Looked::Nothing => return Err(DeniedKind::Auth),
            Looked::Stale => {}
        }
        *self.tried.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        let fetched = (self.fetch)(self.url.clone()).await;
        match fetched.and_then(|bytes| read(&bytes)) {
            Ok(keys) => self.keys.store(Some(Arc::new(Held { keys, at: Instant::now() }))),
            Err(problem) => tracing::warn!(problem, "the keys of the tokens' issuer cannot be had"),
        }
        let held = self.keys.load();
        let kept = held.as_ref().filter(|held| held.at.elapsed() < self.ages().keep);
        kept.map_or(Err(DeniedKind::Unavailable), |held| held.find(head).ok_or(DeniedKind::Auth))
    }

    fn ages(&self) -> Ages {
        *self.ages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn may_ask(&self) -> bool {
        let tried = *self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        tried.is_none_or(|at| at.elapsed() >= self.ages().rest)
    }
}

impl Held {
    fn find(&self, head: &Head) -> Option<Arc<Key>> {
        let found = match (head.kid(), &self.keys[..]) {
            (Some(kid), keys) => keys.iter().find(|entry| entry.kid.as_deref() == Some(kid)),
            // Which key is meant must be clear.
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let fits = |entry: &&Entry| entry.alg.is_none() || entry.alg.as_deref() == head.alg();
        found.filter(fits).map(|entry| entry.key.clone())
    }
}

/// A key as issuers publish it (RFC 7517); what else they say of it does not matter here.
#[derive(Deserialize)]
struct Published {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Published {
    /// The key, if it is one for signatures of a kind that is known here. A shared secret is none: it has no
    /// place in a published set.
    fn key(&self) -> Option<Key> {
        if self.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let part = |text: &Option<String>| claims::bytes(text.as_deref()?);
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => Some(Key::Rsa { n: part(&self.n)?, e: part(&self.e)? }),
            ("EC", Some("P-256")) => Some(Key::P256(Key::point(&part(&self.x)?, &part(&self.y)?)?)),
            ("OKP", Some("Ed25519")) => Some(Key::Ed25519(part(&self.x)?)),
            _ => None,
        }
    }
}

/// Those keys of a set that signatures are checked with; others do not spoil the set.
fn read(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    #[derive(Deserialize)]
    struct Set<'a> {
        #[serde(borrow)]
        keys: Vec<&'a RawValue>,
    }
    let set: Set<'_> =
        serde_json::from_slice(bytes).map_err(|error| format!("this is no set of keys: {error}"))?;
    let keys = set.keys.into_iter().take(MAX_KEYS);
    let keys = keys.filter_map(|key| serde_json::from_str::<Published>(key.get()).ok());
    let keys = keys.filter_map(|key| Some(Entry { key: Arc::new(key.key()?), kid: key.kid, alg: key.alg }));
    let keys: Vec<_> = keys.collect();
    if keys.is_empty() { Err("there is no usable key in the set".to_owned()) } else { Ok(keys) }
}
