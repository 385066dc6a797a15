//! Which target answers, and why. What is known of the candidates and a request go in, a
//! [`Decision`] with its reasons comes out; a failure and what was tried so far go in, the next
//! step comes out. Nothing here reads a clock, a file or a random device: callers pass the time
//! and a seed, so any decision can be replayed. Executing the choice is the engine's part. Votes on
//! answers go in, how good the models are comes out ([`rate`]).
//!
//! [`Decision`]: domain::Decision

mod breaker;
mod classify;
mod decide;
mod explain;
mod learn;
mod limits;
mod named;
mod policy;
mod rating;
mod retry;
mod score;
mod snapshot;
mod told;
mod worth;

pub use breaker::{Breaker, BreakerState, Leave};
pub use classify::{Calibration, Classified, FEATURES, Outcome, TooFew, classify, classify_by, features};
pub use decide::{Choice, Verdict, decide};
pub use explain::Telling;
pub use learn::{CallEnd, Learned, Liking, Measure, Stats, Sum};
pub use limits::{Limit, Meter, Ticket, Wait};
pub use named::{Known, named};
pub use policy::ReadyPolicy;
pub use rating::{Comparison, Strength, rate};
pub use retry::{Next, RETRY_AFTER_MAX_MS, Tried, next_step, unit};
pub use snapshot::{Ask, Bar, Facts, Snapshot};
pub use told::room_again;
pub use worth::{Worth, turned_out, worth};
