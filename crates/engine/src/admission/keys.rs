//! Virtual keys in force.

use super::{Denied, Pot};
use crate::{Engine, EngineError, engine::now};
use domain::{
    Budget, BudgetCap, CaptureLevel, ConversationSource, DeniedKind, FolderId, Hash, KeyLimits, KeyScopes,
    NanoUsd, NewKey, Target, Timestamp, VirtualKey, VirtualKeyId, VirtualKeyState,
};
use routing::Meter;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use store::StoredKey;
use zeroize::Zeroizing;

/// Keys and budgets as they were last read.
#[derive(Default)]
pub(super) struct Snapshot {
    by_public: HashMap<[u8; VirtualKey::PUBLIC], Arc<KeyInForce>>,
    pub(super) everybody: Vec<Arc<Pot>>,
    pub(super) folders: HashMap<FolderId, Vec<Arc<Pot>>>,
}

impl Snapshot {
    pub(super) fn add(&mut self, key: KeyInForce) {
        if let Ok(public) = key.key.public_id.as_bytes().try_into() {
            self.by_public.insert(public, Arc::new(key));
        }
    }

    fn find(&self, presented: &str) -> Option<&Arc<KeyInForce>> {
        let key = VirtualKey::public_part(presented).and_then(|public| self.by_public.get(public));
        // Hashed and compared whether there is such a key or not.
        let hash = VirtualKey::hash_of(presented);
        let stored = key.map_or(Hash::ZERO, |key| key.hash);
        let same = hash.is_secretly(&stored);
        key.filter(|_| same)
    }
}

/// A key, what it has used of its limits, and its budgets.
pub(super) struct KeyInForce {
    key: VirtualKey,
    hash: Hash,
    meter: Arc<Mutex<Meter>>,
    pots: Vec<Arc<Pot>>,
}

impl KeyInForce {
    pub(super) fn new(stored: StoredKey, pots: Vec<Arc<Pot>>, before: &Snapshot) -> Self {
        let public = stored.key.public_id.as_bytes();
        let known = public.try_into().ok().and_then(|public: [u8; VirtualKey::PUBLIC]| {
            before.by_public.get(&public).map(|key| Arc::clone(&key.meter))
        });
        Self { key: stored.key, hash: stored.hash, meter: known.unwrap_or_default(), pots }
    }

    pub(super) const fn id(&self) -> VirtualKeyId {
        self.key.id
    }

    pub(super) fn name(&self) -> &str {
        &self.key.name
    }

    pub(super) const fn scopes(&self) -> &KeyScopes {
        &self.key.scopes
    }

    pub(super) const fn limits(&self) -> KeyLimits {
        self.key.limits
    }

    pub(super) fn meter(&self) -> &Mutex<Meter> {
        &self.meter
    }

    pub(super) fn pots(&self) -> &[Arc<Pot>] {
        &self.pots
    }
}

/// Leave to ask. Cheap to clone; good for one request, since keys are revoked at any time.
#[derive(Clone)]
pub struct Grant {
    bearer: Bearer,
    /// The folders that its conversation is in, where any folder has a budget.
    folders: Option<Arc<[FolderId]>>,
}

#[derive(Clone)]
enum Bearer {
    Anyone,
    Key(Arc<KeyInForce>),
    Token(Arc<Token>),
}

/// What a signed token says of its bearer.
struct Token {
    name: String,
    scopes: KeyScopes,
    expires_at: Timestamp,
}

impl Grant {
    /// That of a caller who has to show no key. Only what is capped for all calls together limits it.
    pub const WITHOUT_KEY: Self = Self { bearer: Bearer::Anyone, folders: None };

    /// That of a caller who shows a signed token, good until `expires_at`: no virtual key, so no budget of its own.
    #[must_use]
    pub fn of_token(name: &str, scopes: &KeyScopes, expires_at: Timestamp) -> Self {
        let token = Arc::new(Token { name: name.to_owned(), scopes: scopes.clone(), expires_at });
        Self { bearer: Bearer::Token(token), folders: None }
    }

    /// The same for a conversation in these folders: their budgets count what it asks.
    pub(super) fn within(&self, folders: Vec<FolderId>) -> Self {
        let folders = (!folders.is_empty()).then(|| folders.into());
        Self { bearer: self.bearer.clone(), folders }
    }

    pub(super) fn folders(&self) -> &[FolderId] {
        self.folders.as_deref().unwrap_or_default()
    }

    pub(super) const fn key(&self) -> Option<&Arc<KeyInForce>> {
        match &self.bearer {
            Bearer::Key(key) => Some(key),
            Bearer::Anyone | Bearer::Token(_) => None,
        }
    }

    /// What it may be used for; `None` is everything.
    #[must_use]
    pub fn scopes(&self) -> Option<&KeyScopes> {
        match &self.bearer {
            Bearer::Anyone => None,
            Bearer::Key(key) => Some(key.scopes()),
            Bearer::Token(token) => Some(&token.scopes),
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn id(&self) -> Option<VirtualKeyId> {
        self.key().map(|key| key.id())
    }

    /// The key's or the token's name for people.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.bearer {
            Bearer::Anyone => None,
            Bearer::Key(key) => Some(key.name()),
            Bearer::Token(token) => Some(&token.name),
        }
    }

    /// When its time is over; `None` is never.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        match &self.bearer {
            Bearer::Anyone => None,
            Bearer::Key(key) => key.key.expires_at,
            Bearer::Token(token) => Some(token.expires_at),
        }
    }

    /// Whether it is for some targets only.
    #[must_use]
    pub fn is_for_some_targets(&self) -> bool {
        self.scopes().is_some_and(|scopes| !scopes.targets.is_empty())
    }

    /// What is kept of its calls.
    #[must_use]
    pub fn capture(&self) -> CaptureLevel {
        self.key().map_or(CaptureLevel::Full, |key| key.key.capture)
    }

    /// Whether its calls are limited: by the minute, at a time, or by a budget of its own.
    #[must_use]
    pub fn is_capped(&self) -> bool {
        self.key().is_some_and(|key| key.limits() != KeyLimits::default() || !key.pots().is_empty())
    }

    /// Whether it may ask a path, named with its version as `/v1/models`.
    ///
    /// # Errors
    /// When it may not.
    pub fn expect_route(&self, path: &str) -> Result<(), Denied> {
        match self.scopes() {
            Some(scopes) if !scopes.allow_route(path) => {
                let text = format!("this key is not for `{path}`; issue one with that in its scope");
                Err(Denied::new(DeniedKind::Permission, text))
            }
            _ => Ok(()),
        }
    }

    /// Whether a target may answer it.
    ///
    /// # Errors
    /// When it may not.
    pub fn expect_target(&self, target: &Target) -> Result<(), Denied> {
        if self.allows_target(target) { Ok(()) } else { Err(not_for_target(target)) }
    }

    /// The same, to pass over targets in lists.
    #[must_use]
    pub fn allows_target(&self, target: &Target) -> bool {
        self.scopes().is_none_or(|scopes| scopes.allow_target(target))
    }
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Grant").field(&self.name()).finish()
    }
}

pub(super) fn not_for_target(target: &Target) -> Denied {
    let text = format!("this key is not for `{target}`; issue one with that in its scope");
    Denied::new(DeniedKind::Permission, text)
}

/// A key that was just issued.
#[derive(Debug)]
pub struct Issued {
    /// Its id.
    pub id: VirtualKeyId,
    /// The key itself: shown now and never again.
    pub key: Zeroizing<String>,
}

/// Keys for callers of the gateway.
#[derive(Clone, Copy)]
pub struct VirtualKeys<'a> {
    pub(super) engine: &'a Engine,
}

impl VirtualKeys<'_> {
    /// Issues a key.
    ///
    /// # Errors
    /// When what is wanted makes no sense, or it cannot be stored.
    pub async fn issue(&self, new: NewKey) -> Result<Issued, EngineError> {
        let now = now();
        let new = checked(new, now)?;
        let (mut public, mut secret) = ([0; 8], Zeroizing::new([0; 32]));
        let random = |bytes: &mut [u8]| {
            getrandom::fill(bytes).map_err(|e| EngineError::Broken(format!("no random numbers: {e}")))
        };
        random(&mut public)?;
        random(secret.as_mut())?;
        let text = Zeroizing::new(VirtualKey::write(&public, &secret));
        let public_id = text[VirtualKey::PREFIX.len()..][..VirtualKey::PUBLIC].to_owned();
        let id = VirtualKeyId::from_uuid(uuid::Uuid::now_v7());
        let budgets = new.budgets.iter().map(|cap| Budget {
            period: cap.period,
            usd: cap.usd,
            tokens: cap.tokens,
            spent_usd: NanoUsd(0),
            spent_tokens: 0,
            reserved_usd: NanoUsd(0),
            reserved_tokens: 0,
            until: None,
        });
        let key = VirtualKey {
            id,
            public_id,
            name: new.name,
            state: VirtualKeyState::Active,
            scopes: new.scopes,
            limits: new.limits,
            budgets: budgets.collect(),
            capture: new.capture,
            created_by: match self.engine.0.options.kind {
                "app" => ConversationSource::Window,
                "serve" => ConversationSource::Gateway,
                _ => ConversationSource::Cli,
            },
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
        };
        let zone = &self.engine.config().budget.time_zone;
        self.engine.0.store.virtual_keys().insert(&key, &VirtualKey::hash_of(&text), zone).await?;
        self.engine.refresh_admission().await;
        self.engine.0.changes.tell(["keys"]);
        Ok(Issued { id, key: text })
    }

    /// All keys, revoked ones too, the oldest first, with what is spent of their budgets.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn list(&self) -> Result<Vec<VirtualKey>, EngineError> {
        Ok(self.engine.0.store.virtual_keys().list(now()).await?)
    }

    /// Takes a key back for good; whether it was in force until now.
    ///
    /// # Errors
    /// When there is no such key, or it cannot be written.
    pub async fn revoke(&self, id: VirtualKeyId) -> Result<bool, EngineError> {
        let revoked = self.engine.0.store.virtual_keys().revoke(id, now()).await?;
        self.engine.refresh_admission().await;
        self.engine.0.changes.tell(["keys"]);
        Ok(revoked)
    }

    /// Whether there is a key in force, as far as this process knows.
    #[must_use]
    pub fn any(&self) -> bool {
        let now = now();
        let snapshot = self.engine.0.admission.snapshot.load();
        snapshot.by_public.values().any(|key| state(key, now) == VirtualKeyState::Active)
    }

    /// Looks at what a caller shows. Asks nobody, and takes about a microsecond.
    ///
    /// # Errors
    /// When it is no key of ours, or one that is not in force any more.
    pub fn check(&self, presented: &str) -> Result<Grant, Denied> {
        check(&self.engine.0.admission.snapshot.load(), presented, now())
    }
}

fn state(key: &KeyInForce, now: Timestamp) -> VirtualKeyState {
    VirtualKey::state_at(key.key.revoked_at, key.key.expires_at, now)
}

pub(super) fn check(snapshot: &Snapshot, presented: &str, now: Timestamp) -> Result<Grant, Denied> {
    let Some(key) = snapshot.find(presented) else {
        let text = if presented.is_empty() {
            "this needs a virtual key; `orch keys issue --name NAME` makes one"
        } else {
            "this is no virtual key of this gateway; `orch keys issue --name NAME` makes one"
        };
        return Err(Denied::new(DeniedKind::Auth, text));
    };
    let name = key.name();
    match state(key, now) {
        VirtualKeyState::Active => Ok(Grant { bearer: Bearer::Key(Arc::clone(key)), folders: None }),
        VirtualKeyState::Expired => {
            let text = format!("the key `{name}` has expired; `orch keys issue --name NAME` makes another");
            Err(Denied::new(DeniedKind::Expired, text))
        }
        VirtualKeyState::Revoked => {
            let text = format!("the key `{name}` was revoked; `orch keys issue --name NAME` makes another");
            Err(Denied::new(DeniedKind::Revoked, text))
        }
    }
}

fn checked(mut new: NewKey, now: Timestamp) -> Result<NewKey, EngineError> {
    let bad = |text: &str| Err(EngineError::BadInput(text.to_owned()));
    new.name = new.name.trim().to_owned();
    let length = new.name.chars().count();
    if length == 0 || length > VirtualKey::NAME_MAX || new.name.chars().any(char::is_control) {
        return bad("a key has a name of 1 to 100 characters on one line");
    }
    // As they would be written.
    let patterns = new.scopes.routes.iter().chain(&new.scopes.targets).map(String::as_str);
    new.scopes = KeyScopes::parse(patterns).map_err(|error| EngineError::BadInput(error.to_string()))?;
    let KeyLimits { rpm, tpm, parallel } = new.limits;
    if [rpm, tpm, parallel].contains(&Some(0)) {
        return bad("a limit is at least 1; revoke a key that is to do nothing");
    }
    check_caps(&new.budgets)?;
    if new.expires_at.is_some_and(|at| at <= now) {
        return bad("a key expires in the future");
    }
    Ok(new)
}

/// Whether budgets of one owner make sense.
pub(super) fn check_caps(caps: &[BudgetCap]) -> Result<(), EngineError> {
    let bad = |text: &str| Err(EngineError::BadInput(text.to_owned()));
    for (at, budget) in caps.iter().enumerate() {
        if budget.usd.is_none() && budget.tokens.is_none() {
            return bad("a budget caps money, tokens or both");
        }
        if budget.usd.is_some_and(|usd| usd.0 < 0) {
            return bad("a budget is not below 0");
        }
        if caps[..at].iter().any(|other| other.period == budget.period) {
            return bad("there is one budget a day, one a month and one in total");
        }
    }
    Ok(())
}
