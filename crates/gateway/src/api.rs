//! The native API: `/api/v1`, the same use cases as the window's, for programs.
//!
//! Each file has one aggregate: its routes, what they take and what they answer, in one place that the
//! router and the description (`openapi.json`) are both made from. A handler reads its input, asks the
//! engine and writes what it got; it decides nothing.

mod asked;
mod branches;
pub(crate) mod catalog;
mod conversations;
mod deletions;
mod keys;
mod lists;
mod messages;
mod models;
mod moving;
mod operation;
mod page;
mod policies;
mod protection;
mod providers;
mod query;
mod routing;
mod runs;
mod search;
mod spending;
mod watching;

#[cfg(test)]
mod describe;
// A program carries the description as a file, and nothing that makes it.
#[cfg(not(test))]
#[path = "api/undescribed.rs"]
mod describe;

use crate::route::{Access, Routes, Takes, handle};
use http::Method;
use operation::Operation;

/// Before every path of it.
const PREFIX: &str = "/api/v1";

/// Every operation there is.
fn operations() -> Vec<Operation> {
    [
        conversations::operations(),
        moving::operations(),
        branches::operations(),
        messages::operations(),
        runs::operations(),
        search::operations(),
        deletions::operations(),
        catalog::operations(),
        lists::operations(),
        models::operations(),
        providers::operations(),
        routing::operations(),
        policies::operations(),
        spending::operations(),
        protection::operations(),
        keys::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The native routes, and the description of all routes.
pub(crate) fn add(routes: Routes) -> Routes {
    let described = routes
        .add(Method::GET, "/openapi.json", Access::OpenOnLoopback, Takes::Nothing, handle!(page::description))
        .add(Method::GET, "/docs", Access::OpenOnLoopback, Takes::Nothing, handle!(page::docs));
    operations().into_iter().fold(described, |routes, operation| {
        let path = format!("{PREFIX}{}", operation.path);
        routes.add_native(operation.method, &path, operation.takes, operation.by)
    })
}
