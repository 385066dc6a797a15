//! Virtual keys: what callers of the gateway show, and what they may do with it.

use crate::{
    Budget, BudgetCap, ConversationSource, ErrorKind, Hash, ProviderId, Target, Timestamp, VirtualKeyId,
    error::words,
};
use serde::{Deserialize, Serialize};

words! {
    /// What is kept of a key's calls.
    CaptureLevel {
        /// All of it, as conversations.
        Full = "full",
        /// Who, whom, when, how long and how much, and no text.
        Metadata = "metadata",
        /// Only the line in the ledger.
        Off = "off",
    }
}

words! {
    /// Whether a key is in force.
    VirtualKeyState {
        /// It is.
        Active = "active",
        /// Its time is over.
        Expired = "expired",
        /// Somebody took it back.
        Revoked = "revoked",
    }
}

words! {
    /// Why a caller is not let in.
    DeniedKind {
        /// No key, or none of ours.
        Auth = "auth",
        /// A key whose time is over.
        Expired = "expired",
        /// A key that was taken back.
        Revoked = "revoked",
        /// A key that is not for this.
        Permission = "permission",
        /// Too many requests or tokens within a minute, or calls at a time.
        RateLimited = "rate_limited",
        /// A budget has no room for this call, or it is not known what the call would cost.
        Budget = "budget",
        /// It cannot be found out now: the disk is full, or the store is busy.
        Unavailable = "unavailable",
    }
}

impl DeniedKind {
    /// The kind of failure that a caller is told.
    #[must_use]
    pub const fn error_kind(self) -> ErrorKind {
        match self {
            Self::Auth | Self::Expired | Self::Revoked => ErrorKind::Auth,
            Self::Permission => ErrorKind::Permission,
            Self::RateLimited => ErrorKind::RateLimited,
            Self::Budget => ErrorKind::Budget,
            Self::Unavailable => ErrorKind::Overloaded,
        }
    }

    /// The HTTP status that says so.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Auth | Self::Expired | Self::Revoked => 401,
            Self::Permission => 403,
            Self::RateLimited => 429,
            Self::Budget => 402,
            Self::Unavailable => 503,
        }
    }
}

/// What a key may be used for. In patterns `*` is any text, also none. Empty lists allow everything, but for
/// the native API: who may ask that sees all conversations and issues keys, so a scope has to say it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KeyScopes {
    /// Paths of the gateway, as `/v1/*`; empty: all but `/api/*`.
    pub routes: Vec<String>,
    /// Targets that may answer, as `openai/*`.
    pub targets: Vec<String>,
}

/// A text that can be no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scope; write a path of the gateway as `/v1/*`, or a target as `openai/*`")]
pub struct ScopeError(String);

impl KeyScopes {
    /// What all paths of the native API begin with.
    pub const NATIVE: &'static str = "/api";

    /// Sorts patterns: those with a slash at the beginning are paths, others are targets.
    ///
    /// # Errors
    /// When one is empty, too long, or has blanks or control characters in it.
    pub fn parse<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, ScopeError> {
        let mut scopes = Self::default();
        for pattern in patterns {
            let bad = |c: char| c.is_whitespace() || c.is_control();
            if pattern.is_empty() || pattern.len() > Target::MAX || pattern.contains(bad) {
                return Err(ScopeError(pattern.chars().take(60).collect()));
            }
            let list = if pattern.starts_with('/') { &mut scopes.routes } else { &mut scopes.targets };
            list.push(pattern.to_owned());
        }
        Ok(scopes)
    }

    /// Whether a path may be asked.
    #[must_use]
    pub fn allow_route(&self, path: &str) -> bool {
        allows(&self.routes, path) && !(self.routes.is_empty() && path.starts_with(Self::NATIVE))
    }

    /// Whether any target of a provider may answer.
    #[must_use]
    pub fn allow_some_of(&self, provider: &ProviderId) -> bool {
        let all = format!("{provider}/");
        self.targets.is_empty()
            || self.targets.iter().any(|pattern| {
                let (fixed, open) =
                    pattern.split_once('*').map_or((&pattern[..], false), |(fixed, _)| (fixed, true));
                fixed.starts_with(&all) || (open && all.starts_with(fixed))
            })
    }

    /// Whether every target of a provider may answer, whatever it is called.
    #[must_use]
    pub fn allow_all_of(&self, provider: &ProviderId) -> bool {
        // Whatever fits a star fits what a star stands for.
        allows(&self.targets, &format!("{provider}/*"))
    }

    /// Whether a target may answer.
    #[must_use]
    pub fn allow_target(&self, target: &Target) -> bool {
        allows(&self.targets, target.as_str())
    }
}

fn allows(patterns: &[String], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| fits(pattern.as_bytes(), text.as_bytes()))
}

/// Whether a pattern of targets, in which `*` is any text, fits.
#[must_use]
pub fn pattern_fits(pattern: &str, text: &str) -> bool {
    fits(pattern.as_bytes(), text.as_bytes())
}

/// Whether a pattern fits all of a text. Goes back to the last `*` only, so that no pattern takes more
/// than the product of both lengths.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if pattern.get(p) == Some(&b'*') {
            star = Some((p, t));
            p += 1;
        } else if pattern.get(p) == Some(&text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((at, from)) = star {
            star = Some((at, from + 1));
            (p, t) = (at + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|rest| *rest == b'*')
}

/// How much at a time. `None` is without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct KeyLimits {
    /// Requests within any minute.
    pub rpm: Option<u32>,
    /// Tokens within any minute.
    pub tpm: Option<u32>,
    /// Calls under way.
    pub parallel: Option<u32>,
}

/// A key to issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewKey {
    /// Its name for people.
    pub name: String,
    /// What it may be used for.
    #[serde(default)]
    pub scopes: KeyScopes,
    /// How much at a time.
    #[serde(default)]
    pub limits: KeyLimits,
    /// How much in all; one for each kind of period.
    #[serde(default)]
    pub budgets: Vec<BudgetCap>,
    /// What is kept of its calls.
    #[serde(default = "full")]
    pub capture: CaptureLevel,
    /// When its time is over.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

const fn full() -> CaptureLevel {
    CaptureLevel::Full
}

impl NewKey {
    /// One that may do everything but ask the native API.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            scopes: KeyScopes::default(),
            limits: KeyLimits::default(),
            budgets: Vec::new(),
            capture: CaptureLevel::Full,
            expires_at: None,
        }
    }
}

/// A key that was issued. The key itself is shown once and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VirtualKey {
    /// Its id.
    pub id: VirtualKeyId,
    /// The part of it that may be shown.
    pub public_id: String,
    /// Its name for people.
    pub name: String,
    /// Whether it is in force.
    pub state: VirtualKeyState,
    /// What it may be used for.
    pub scopes: KeyScopes,
    /// How much at a time.
    pub limits: KeyLimits,
    /// How much in all, and what is spent of it.
    pub budgets: Vec<Budget>,
    /// What is kept of its calls.
    pub capture: CaptureLevel,
    /// Who issued it.
    pub created_by: ConversationSource,
    /// When it was issued.
    pub created_at: Timestamp,
    /// When its time is over.
    pub expires_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl VirtualKey {
    /// What all keys begin with.
    pub const PREFIX: &'static str = "ork_";
    /// Characters of the public part.
    pub const PUBLIC: usize = 12;
    /// Characters of 256 random bits.
    pub const SECRET: usize = 52;
    /// Characters of a key.
    pub const LENGTH: usize = Self::PREFIX.len() + Self::PUBLIC + Self::SECRET;
    /// Longest name, in characters.
    pub const NAME_MAX: usize = 100;

    /// The public part of a key; `None` for what can be none of ours.
    #[must_use]
    pub fn public_part(key: &str) -> Option<&[u8; Self::PUBLIC]> {
        let rest = key.strip_prefix(Self::PREFIX)?;
        if rest.len() != Self::PUBLIC + Self::SECRET {
            return None;
        }
        rest.as_bytes().first_chunk()
    }

    /// Writes a key: what people see of it, then the secret.
    #[must_use]
    pub fn write(public: &[u8; 8], secret: &[u8; 32]) -> String {
        let mut key = String::with_capacity(Self::LENGTH);
        key.push_str(Self::PREFIX);
        base32(public, Self::PUBLIC, &mut key);
        base32(secret, Self::SECRET, &mut key);
        key
    }

    /// What is stored of a key. It has 256 random bits, so one round of hashing is enough.
    #[must_use]
    pub fn hash_of(key: &str) -> Hash {
        Hash::of(key.as_bytes())
    }

    /// Whether it is in force.
    #[must_use]
    pub fn state_at(
        revoked: Option<Timestamp>,
        expires: Option<Timestamp>,
        now: Timestamp,
    ) -> VirtualKeyState {
        if revoked.is_some() {
            VirtualKeyState::Revoked
        } else if expires.is_some_and(|at| at <= now) {
            VirtualKeyState::Expired
        } else {
            VirtualKeyState::Active
        }
    }
}

/// Bits as letters and digits, without those that look like others: a double click selects all of it.
fn base32(bytes: &[u8], most: usize, out: &mut String) {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let (mut held, mut bits, mut written) = (0_u32, 0, 0);
    for byte in bytes.iter().chain([&0]) {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 && written < most {
            bits -= 5;
            out.push(char::from(DIGITS[(held >> bits & 31) as usize]));
            written += 1;
        }
        held &= (1 << bits) - 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_whole_texts() {
        let fits = |pattern: &str, text: &str| super::fits(pattern.as_bytes(), text.as_bytes());
        assert!(fits("*", "") && fits("*", "a/b") && fits("openai/*", "openai/gpt-5/mini"));
        assert!(fits("*/gpt-*", "openai/gpt-5") && fits("a*b*c", "a-b-b-c") && fits("/v1/chat", "/v1/chat"));
        assert!(!fits("openai/*", "openai") && !fits("", "a") && !fits("a*b", "a-b-c") && !fits("ab", "a"));
        // Would take for ever if every star were tried anew.
        assert!(!fits(&"a*".repeat(40), &"a".repeat(39)));
        assert!(!fits(&format!("{}b", "a*".repeat(40)), &"a".repeat(300)));
    }

    #[test]
    fn scopes_are_paths_or_targets() {
        let scopes = KeyScopes::parse(["/v1/*", "openai/*", "fast"]).unwrap();
        assert_eq!((scopes.routes.len(), scopes.targets.len()), (1, 2));
        assert!(scopes.allow_route("/v1/models") && !scopes.allow_route("/api/v1/keys"));
        assert!(scopes.allow_target(&"openai/x".parse().unwrap()));
        assert!(!scopes.allow_target(&"local/x".parse().unwrap()));
        assert!(KeyScopes::default().allow_route("/v1/any") && KeyScopes::default().allow_route("/metrics"));
        let targets_only = KeyScopes::parse(["openai/*"]).unwrap();
        for unsaid in [KeyScopes::default(), targets_only] {
            assert!(!unsaid.allow_route("/api/v1/keys") && !unsaid.allow_route("/api"));
        }
        for said in ["/api/*", "/*", "/api/v1/search"] {
            assert!(KeyScopes::parse([said]).unwrap().allow_route("/api/v1/search"), "{said}");
        }
        for bad in ["", "a b", "a\n"] {
            assert!(KeyScopes::parse([bad]).is_err());
        }
    }

    #[test]
    fn a_key_has_a_public_part_and_all_bits_of_its_secret() {
        let key = VirtualKey::write(&[1; 8], &[255; 32]);
        assert_eq!(key.len(), VirtualKey::LENGTH);
        assert_eq!(VirtualKey::public_part(&key).unwrap().as_slice(), &key.as_bytes()[4..16]);
        let mut secret = [0; 32];
        let first = VirtualKey::write(&[1; 8], &secret);
        secret[31] = 1;
        assert_ne!(first, VirtualKey::write(&[1; 8], &secret));
        for none in ["", "ork_", "sk-123", &key[1..], &format!("{key}x"), "ork_'; DROP TABLE virtual_key; --"]
        {
            assert_eq!(VirtualKey::public_part(none), None, "{none}");
        }
    }
}
