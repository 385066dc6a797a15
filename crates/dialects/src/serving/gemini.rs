//! Placeholder.

use super::{Address, Asked, Encoder, Head, Refusal, Refused, Whole};

pub(super) fn read(_body: &[u8], _address: &Address<'_>) -> Result<Asked, Refusal> {
    Err(Refusal::bad("body", "not spoken yet"))
}

pub(super) fn whole(_whole: &Whole<'_>) -> Vec<u8> {
    Vec::new()
}

pub(super) fn encoder(_head: &Head, _asked: &Asked, _events: bool) -> Box<dyn Encoder> {
    Box::new(Silent)
}

pub(super) fn refused(refusal: &Refusal) -> Refused {
    Refused { status: refusal.status, headers: Vec::new(), body: Vec::new() }
}

/// Says nothing.
struct Silent;

impl Encoder for Silent {
    fn begin(&mut self, _out: &mut Vec<u8>) {}
    fn delta(&mut self, _delta: &crate::Delta, _out: &mut Vec<u8>) {}
    fn end(&mut self, _out: &mut Vec<u8>) {}
    fn fail(&mut self, _failure: &domain::Failure, _out: &mut Vec<u8>) {}
}
