//! What the three shapes of OpenAI share.

use super::{Refusal, Refused};

pub(super) fn refused(refusal: &Refusal) -> Refused {
    Refused { status: refusal.status, headers: Vec::new(), body: Vec::new() }
}
