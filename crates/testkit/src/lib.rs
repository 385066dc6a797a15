//! What tests share: a scripted model provider that can misbehave in every way a real one does, a
//! throwaway home folder, and fixed ids and times.
//!
//! Only for tests: no crate that ships depends on this one. It speaks its own small HTTP/1.1,
//! because a decent server library refuses to send half a chunk, reset a connection or say nothing.

mod home;
mod ids;
mod provider;
mod text;

pub use home::{Home, HomeProvider};
pub use ids::{fixed, fixed_time};
pub use provider::{Call, INPUT_TOKENS, ScriptedProvider};
pub use text::{answer, pieces};
