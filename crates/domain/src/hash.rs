//! Integrity: BLAKE3 over what was stored.

use crate::Role;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// 32 bytes of BLAKE3; in JSON 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
pub struct Hash(#[cfg_attr(feature = "specta", specta(type = String))] [u8; 32]);

impl Hash {
    /// No hash: nothing that is known has it.
    pub const ZERO: Self = Self([0; 32]);

    /// The hash of some bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// From stored bytes; `None` unless there are 32.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Whether it is the same, found out in a time that tells nothing of where they differ.
    #[must_use]
    pub fn is_secretly(&self, other: &Self) -> bool {
        // The comparison of `blake3::Hash` is made for that.
        blake3::Hash::from_bytes(self.0) == blake3::Hash::from_bytes(other.0)
    }

    /// The bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        blake3::Hash::from_hex(text.as_bytes()).map(|h| Self(*h.as_bytes())).map_err(D::Error::custom)
    }
}

/// Hash of a content: of its stored bytes, so that verifying is re-hashing.
#[must_use]
pub fn content_hash(stored: &[u8]) -> Hash {
    Hash::of(stored)
}

/// Hash of a node: `tag | role | content hash | parent's hash | source hashes`, written with the
/// terminal state. It binds a node to its whole path. A root's parent is 32 zero bytes.
#[must_use]
pub fn node_hash(role: Role, content: Hash, parent: Option<Hash>, sources: &[Hash]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"orchesity.node.1\0");
    hasher.update(role.as_str().as_bytes());
    hasher.update(b"\0");
    hasher.update(&content.0);
    hasher.update(&parent.map_or([0; 32], |h| h.0));
    for source in sources {
        hasher.update(&source.0);
    }
    Hash(*hasher.finalize().as_bytes())
}
