//! Errors.
use domain::{Dialect, ErrorKind, Failure};
pub(crate) fn answer(_dialect: Dialect, status: u16, _headers: &[(String, String)], _body: &[u8]) -> Failure {
    Failure::new(ErrorKind::Upstream, format!("the provider answered with status {status}"))
}
