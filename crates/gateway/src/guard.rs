//! Who is let in, and with what: every request passes here before anything of it is acted on, in this
//! order: address, origin, key, kind of body, size of body, depth of JSON. Nothing of a body is read
//! before the key is known to be good.

mod body;
mod host;
mod key;
mod origin;
mod token;

pub(crate) use body::read;
pub(crate) use host::Names;
pub use key::KeyCheck;
pub(crate) use key::without_keys;
pub(crate) use origin::{Origins, Sender};
pub use token::{TokenError, Tokens};

/// One thing that stands between a caller and the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Guard {
    /// `Host` must be a name of ours.
    Host = 1,
    /// Pages of other origins may not ask.
    Origin = 1 << 1,
    /// A key is asked for.
    Key = 1 << 2,
    /// Bodies are JSON.
    Content = 1 << 3,
    /// Heads and bodies are only so large.
    Size = 1 << 4,
    /// JSON is only so deep.
    Depth = 1 << 5,
    /// Requests that can be read in two ways are refused.
    Framing = 1 << 6,
    /// Heads, bodies and idle connections are waited for only so long.
    Patience = 1 << 7,
    /// Only so many are connected.
    Connections = 1 << 8,
    /// Others than this machine reach us only when that was chosen, and only with keys.
    Exposure = 1 << 9,
    /// A caller's key goes no further than here, and of its other headers only those that are for providers.
    Onward = 1 << 10,
}

/// The guards that stand. All of them do: another value can only be made in tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guards(u16);

impl Guards {
    /// Whether this one stands.
    pub(crate) const fn stands(self, guard: Guard) -> bool {
        self.0 & guard as u16 != 0
    }

    /// All but this one, so that a test can show what it is for.
    #[cfg(any(test, feature = "guards"))]
    #[must_use]
    pub const fn without(self, guard: Guard) -> Self {
        Self(self.0 & !(guard as u16))
    }
}

impl Default for Guards {
    fn default() -> Self {
        Self(u16::MAX)
    }
}
