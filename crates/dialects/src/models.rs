//! Lists of models.
use crate::{DialectError, Quirks, WireRequest};
use domain::{Capabilities, Dialect, Prices};

/// One entry of a provider's model list: what the list says, `None` where it does not.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedModel {
    /// What to ask for.
    pub id: String,
    /// Its name for people.
    pub name: Option<String>,
    /// Most tokens of prompt and answer together.
    pub context_window: Option<u32>,
    /// Most tokens of an answer.
    pub output_limit: Option<u32>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// What it costs.
    pub prices: Prices,
}

pub(crate) fn request(_dialect: Dialect, _quirks: &Quirks) -> WireRequest {
    WireRequest::get("/models".to_owned())
}

pub(crate) fn decode(_dialect: Dialect, _body: &[u8]) -> Result<Vec<ListedModel>, DialectError> {
    Ok(Vec::new())
}
