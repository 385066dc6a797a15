//! Ids and times that are the same in every run of a test.

use domain::Timestamp;
use uuid::Uuid;

/// The `n`th fixed UUIDv7; wrap it with `from_uuid` of the id's type. Later numbers sort later.
#[must_use]
pub const fn fixed(n: u64) -> Uuid {
    // 0199c0de-0000-7000-8000-…: version 7, variant 1, the number at the end.
    Uuid::from_u128(0x0199_c0de_0000_7000_8000_0000_0000_0000 | n as u128)
}

/// A fixed instant, and `ms` milliseconds later.
#[must_use]
pub const fn fixed_time(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_760_000_000_000 + ms)
}
