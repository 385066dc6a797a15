//! Identities. A uid is a UUIDv7 and never reused; two equal answers are two nodes.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// A text that is no id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no id; ids look like 0198c0de-0000-7000-8000-000000000000")]
pub struct IdError(String);

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = "uuid"))]
        pub struct $name(
            #[cfg_attr(feature = "specta", specta(type = String))]
            Uuid,
        );

        impl $name {
            /// Wraps a UUID that was made elsewhere: this crate has no clock to make one.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }

            /// The bare UUID.
            #[must_use]
            pub const fn uuid(self) -> Uuid { self.0 }

            /// The sixteen bytes, as stored.
            #[must_use]
            pub fn bytes(&self) -> &[u8] { self.0.as_bytes() }

            /// Reads the sixteen bytes of a stored id.
            ///
            /// # Errors
            /// When there are not sixteen.
            pub fn from_bytes(bytes: &[u8]) -> Result<Self, IdError> {
                Uuid::from_slice(bytes).map(Self).map_err(|_| IdError(format!("{bytes:02x?}")))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text.trim()).map(Self).map_err(|_| IdError(text.chars().take(60).collect()))
            }
        }
    )*};
}

ids! {
    /// A tree of messages.
    ConversationId,
    /// A node of the tree.
    MessageId,
    /// A pointer to a node.
    BranchId,
    /// One act of asking.
    RunId,
    /// One target's answer within a run.
    CompletionId,
    /// One upstream call of a completion.
    AttemptId,
    /// One act of deleting.
    DeletionId,
    /// One running process that has the store open.
    InstanceId,
    /// A place for conversations.
    FolderId,
    /// An opinion on answers.
    VoteId,
    /// A model's opinion on answers.
    JudgementId,
    /// Something that can be taken back.
    UndoId,
    /// A key that callers of the gateway show.
    VirtualKeyId,
}
