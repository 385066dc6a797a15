//! One set of kinds for everything that can go wrong with a call, whatever the provider calls it.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant),* }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word used in JSON, in the database and on the command line.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$variant => $word),* } }
        }

        #[cfg(feature = "openapi")]
        impl ::utoipa::PartialSchema for $name {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::schema::Schema> {
                let words = ::utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(::utoipa::openapi::schema::Type::String)
                    .enum_values(Some([$($word),*]));
                words.into()
            }
        }

        #[cfg(feature = "openapi")]
        impl ::utoipa::ToSchema for $name {}

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { f.write_str(self.as_str()) }
        }

        impl ::std::str::FromStr for $name {
            type Err = String;
            fn from_str(word: &str) -> Result<Self, String> {
                match word { $($word => Ok(Self::$variant),)* _ => Err(format!("`{word}` is none of {}", [$($word),*].join(", "))) }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What kind of failure a call ended in. Hosts branch on this, never on text.
    ErrorKind {
        /// The key is missing, wrong or revoked (401).
        Auth = "auth",
        /// The key may not do this (403).
        Permission = "permission",
        /// No such model or endpoint (404).
        NotFound = "not_found",
        /// The provider refused the request as malformed (400, 422); asking again changes nothing.
        BadRequest = "bad_request",
        /// The prompt does not fit the model's window.
        ContextLength = "context_length",
        /// The provider's filter refused prompt or answer.
        ContentFilter = "content_filter",
        /// Too many requests or tokens in a span of time (429).
        RateLimited = "rate_limited",
        /// The provider has no capacity now (503, 529).
        Overloaded = "overloaded",
        /// One of our time limits ran out.
        Timeout = "timeout",
        /// The connection could not be made, or broke.
        Network = "network",
        /// Somebody stopped it.
        Cancelled = "cancelled",
        /// Our own spending cap.
        Budget = "budget",
        /// The account at the provider has no credit left (402, insufficient_quota): fall back, do not retry.
        Quota = "quota",
        /// The provider failed in some other way (5xx, a cut stream, an answer we cannot read).
        Upstream = "upstream",
    }
}

impl ErrorKind {
    /// Whether the same call may be made again when nothing was delivered yet.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(self, Self::RateLimited | Self::Overloaded | Self::Timeout | Self::Network | Self::Upstream)
    }
}

/// A failure as people and programs see it: a kind to branch on and a bounded text to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// What to branch on.
    pub kind: ErrorKind,
    /// What happened, for people; at most [`Failure::MAX_TEXT`] characters, never a key.
    pub message: String,
    /// How long the provider asked us to wait, in milliseconds.
    pub retry_after_ms: Option<u32>,
}

impl Failure {
    /// Longest message, in characters.
    pub const MAX_TEXT: usize = 2_000;

    /// A failure with a message cut to [`Self::MAX_TEXT`].
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((end, _)) = message.char_indices().nth(Self::MAX_TEXT) {
            message.truncate(end);
            message.push('…');
        }
        Self { kind, message, retry_after_ms: None }
    }

    /// The same with the provider's wish to wait.
    #[must_use]
    pub fn retry_after(mut self, ms: Option<u32>) -> Self {
        self.retry_after_ms = ms;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

const _: fn(&str) -> Result<ErrorKind, String> = ErrorKind::from_str;
