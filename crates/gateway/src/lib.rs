//! HTTP over the engine: a door for any tool, in the dialect that it speaks.
//!
//! A request comes through [our own listener](Limits), passes the guards, finds its route in one table and
//! is answered by a function that translates and decides nothing. Not here: the choice of a target, money,
//! what is stored (`engine`), and the shapes of the callers' dialects (`dialects::serving`).

mod api;
mod door;
mod gateway;
mod guard;
mod listen;
mod ops;
mod refuse;
mod route;
mod v1;

pub use engine::Grant;
pub use gateway::{DEFAULT_PORT, Gateway, GatewayOptions, Running};
#[cfg(feature = "guards")]
pub use guard::Guard;
pub use guard::{Guards, KeyCheck, TokenError, Tokens};
pub use listen::{Host, Limits, ListenError};
pub use route::{Access, Call, RequestId, Takes};
