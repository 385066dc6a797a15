//! Being written.
use crate::{ChatRequest, Delta, DialectError, Quirks, WireRequest, framing::Protocol};
use serde_json::Value;
pub(crate) fn encode(_request: &ChatRequest, _quirks: &Quirks) -> Result<WireRequest, DialectError> {
    Err(DialectError::unsupported("being written"))
}
#[derive(Default)]
pub(crate) struct Messages;
impl Protocol for Messages {
    fn event(&mut self, _name: &str, _data: Value, _out: &mut Vec<Delta>) -> Result<(), DialectError> {
        Ok(())
    }
    fn whole(&mut self, _body: Value, _out: &mut Vec<Delta>) -> Result<(), DialectError> {
        Ok(())
    }
    fn finished(&self) -> bool {
        false
    }
}
