//! Signed tokens (JWT) in place of virtual keys, for programs that get theirs from elsewhere.
//!
//! The algorithm is the settings' choice, never the token's. A token says who issued it, for whom and until
//! when; what is missing, twice there or of another type makes it worthless. Keys come from the settings only:
//! whatever a token says about where its key is, is a reason to refuse it.

mod claims;
mod key_set;
mod signature;

use claims::{Claims, Head};
use domain::{DeniedKind, KeyScopes, ScopeError, Timestamp};
use engine::{Engine, Grant, JwtAlgorithm, JwtConfig, JwtKeys};
use futures_util::{FutureExt, future::BoxFuture};
use key_set::{Fetch, KeySet, Looked};
use signature::Key;
use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use zeroize::Zeroizing;

/// Shortest secret that a signature may rest on: as long as what it makes.
const LEAST_SECRET: usize = 32;
/// Longest token that is looked at.
const MAX_BYTES: usize = 8192;
/// What scopes of ours begin with, among those for others.
const OURS: &str = "orchesity:";

/// Why tokens cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Nothing in the environment.
    #[error(
        "`[gateway.jwt] secret` names {0}, which is not set; set it, or take the table out of config.toml"
    )]
    NoSecret(String),
    /// Something too short.
    #[error(
        "the secret in {0} is shorter than {LEAST_SECRET} bytes; `openssl rand -hex 32` makes a good one"
    )]
    WeakSecret(String),
    /// Scopes that are none.
    #[error("`[gateway.jwt] scopes`: {0}")]
    Scope(#[from] ScopeError),
}

/// Signed tokens, and how they are checked. Cheap to clone.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    algorithm: JwtAlgorithm,
    keys: Keys,
    issuer: String,
    audience: String,
    leeway: u64,
    name_claim: String,
    scopes: KeyScopes,
    /// Whether anything is checked at all; only tests say no.
    guarded: bool,
}

enum Keys {
    Secret(Key),
    Set(KeySet),
}

impl Tokens {
    /// As `[gateway.jwt]` says; `None` where there is no such table.
    ///
    /// # Errors
    /// When its secret is missing or weak, or its scopes are none.
    pub fn of(engine: &Engine) -> Result<Option<Self>, TokenError> {
        let Some(config) = &engine.config().gateway.jwt else { return Ok(None) };
        let secret = |name: &str| std::env::var(name).ok().map(Zeroizing::new);
        let engine = engine.clone();
        let fetch = move |url: String| -> BoxFuture<'static, Result<Vec<u8>, String>> {
            let engine = engine.clone();
            async move { engine.fetch_key_set(&url).await.map_err(|error| error.to_string()) }.boxed()
        };
        Self::build(config, &secret, Arc::new(fetch)).map(Some)
    }

    fn build(
        config: &JwtConfig,
        secret: &dyn Fn(&str) -> Option<Zeroizing<String>>,
        fetch: Arc<Fetch>,
    ) -> Result<Self, TokenError> {
        let keys = match &config.keys {
            JwtKeys::Secret { variable } => {
                let secret = secret(variable).ok_or_else(|| TokenError::NoSecret(variable.clone()))?;
                if secret.len() < LEAST_SECRET {
                    return Err(TokenError::WeakSecret(variable.clone()));
                }
                Keys::Secret(Key::secret(secret.as_bytes()))
            }
            JwtKeys::Set { url } => Keys::Set(KeySet::new(url.clone(), fetch)),
        };
        Ok(Self(Arc::new(Inner {
            algorithm: config.algorithm,
            keys,
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            leeway: config.leeway_s.into(),
            name_claim: config.name_claim.clone(),
            scopes: KeyScopes::parse(config.scopes.iter().map(String::as_str))?,
            guarded: true,
        })))
    }

    /// Whether this could be one at all: then no virtual key is looked for.
    pub(crate) fn looks_like_one(text: &str) -> bool {
        text.bytes().filter(|byte| *byte == b'.').count() == 2
    }

    /// What a token lets its bearer do.
    pub(crate) fn check(&self, token: &str) -> BoxFuture<'static, Result<Grant, DeniedKind>> {
        let Some(read) = Read::of(token) else { return refuse() };
        let inner = &self.0;
        match &inner.keys {
            _ if !inner.guarded => {
                std::future::ready(inner.grant(&read.claims, Timestamp::from_millis(i64::MAX))).boxed()
            }
            Keys::Secret(key) => std::future::ready(inner.judge(token, &read, key)).boxed(),
            Keys::Set(set) => match set.known(&read.head) {
                Looked::Found(key) => std::future::ready(inner.judge(token, &read, &key)).boxed(),
                Looked::Nothing => refuse(),
                Looked::Stale => {
                    // Held only while the keys are fetched.
                    let (tokens, token) = (self.clone(), Zeroizing::new(token.to_owned()));
                    async move {
                        let inner = &tokens.0;
                        let Keys::Set(set) = &inner.keys else { return Err(DeniedKind::Auth) };
                        let key = set.refreshed(&read.head).await?;
                        inner.judge(&token, &read, &key)
                    }
                    .boxed()
                }
            },
        }
    }

    #[cfg(test)]
    fn without_checks(&self) -> Self {
        let inner = &self.0;
        Self(Arc::new(Inner {
            algorithm: inner.algorithm,
            keys: Keys::Secret(Key::secret(b"")),
            issuer: inner.issuer.clone(),
            audience: inner.audience.clone(),
            leeway: inner.leeway,
            name_claim: inner.name_claim.clone(),
            scopes: inner.scopes.clone(),
            guarded: false,
        }))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("issuer", &self.0.issuer).finish_non_exhaustive()
    }
}

fn refuse() -> BoxFuture<'static, Result<Grant, DeniedKind>> {
    std::future::ready(Err(DeniedKind::Auth)).boxed()
}

/// A token, taken apart; nothing of it is believed yet.
struct Read {
    head: Head,
    claims: Claims,
}

impl Read {
    fn of(token: &str) -> Option<Self> {
        if token.len() > MAX_BYTES {
            return None;
        }
        let mut pieces = token.split('.');
        let (head, claims, signature) = (pieces.next()?, pieces.next()?, pieces.next()?);
        if pieces.next().is_some() || signature.is_empty() {
            return None;
        }
        // Another spelling of the same signature is another token; there is to be one.
        claims::bytes(signature)?;
        Some(Self { head: Head::read(head)?, claims: Claims::read(claims)? })
    }
}

impl Inner {
    fn judge(&self, token: &str, read: &Read, key: &Key) -> Result<Grant, DeniedKind> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::MAX).as_secs();
        let claims = &read.claims;
        let (message, signature) = token.rsplit_once('.').ok_or(DeniedKind::Auth)?;
        let signed = read.head.is_plain(self.algorithm)
            && claims::bytes(signature)
                .is_some_and(|signature| key.verifies(self.algorithm, message.as_bytes(), &signature));
        let meant =
            claims.text("iss") == Some(&self.issuer[..]) && claims.text("aud") == Some(&self.audience[..]);
        if !signed || !meant {
            return Err(DeniedKind::Auth);
        }
        let begun = |name: &str| {
            !claims.has(name) || claims.time(name).is_some_and(|from| from <= now.saturating_add(self.leeway))
        };
        let until = claims.time("exp").ok_or(DeniedKind::Auth)?;
        if until.saturating_add(self.leeway) <= now {
            return Err(DeniedKind::Expired);
        }
        if !begun("nbf") || !begun("iat") {
            return Err(DeniedKind::Auth);
        }
        let expires_at =
            Timestamp::from_millis(i64::try_from(until.saturating_mul(1_000)).unwrap_or(i64::MAX));
        self.grant(claims, expires_at)
    }

    /// What the claims say of their bearer: its name, and which of the scopes are for us.
    fn grant(&self, claims: &Claims, expires_at: Timestamp) -> Result<Grant, DeniedKind> {
        let name = claims.text(&self.name_claim).unwrap_or("token");
        let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
        let scopes = match claims.text("scope") {
            None if claims.has("scope") => return Err(DeniedKind::Auth),
            None => None,
            Some(text) => {
                let ours: Vec<&str> = text.split(' ').filter_map(|scope| scope.strip_prefix(OURS)).collect();
                let parsed = KeyScopes::parse(ours.iter().copied()).map_err(|_| DeniedKind::Auth)?;
                Some(parsed).filter(|_| !ours.is_empty())
            }
        };
        Ok(Grant::of_token(&name, &scopes.unwrap_or_else(|| self.scopes.clone()), expires_at))
    }
}

#[cfg(test)]
mod tests;
