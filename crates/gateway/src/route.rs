//! Which paths there are, who may ask them, and what they take. One table, so that the guards, the errors,
//! the native router and whoever lists the routes cannot disagree.

use crate::{Gateway, refuse::Voice};
use axum::{Router, body::Body, routing::MethodRouter};
use bytes::Bytes;
use engine::Grant;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method, Response, Uri};
use std::{fmt, net::SocketAddr};

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Open,
    /// Anybody, while only this machine can; a key that is shown all the same is looked up.
    OpenOnLoopback,
    /// Whoever shows a key that may.
    Key,
}

/// What a request may carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Nothing that is read.
    Nothing,
    /// JSON of so many bytes, or nothing.
    Json(usize),
}

/// A request that was let in.
#[derive(Debug)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Its address.
    pub uri: Uri,
    /// Its headers, without keys.
    pub headers: HeaderMap,
    /// Its body: JSON or empty, and not too deep; whether it is well formed is not known.
    pub body: Bytes,
    /// Whose it is; `None` on open routes, where nobody showed a key.
    pub grant: Option<Grant>,
    /// The name it has in logs and in its answer.
    pub id: RequestId,
    /// Where it comes from.
    pub from: SocketAddr,
    /// The shape that its caller reads; keys, which tell that too, are no longer among the headers.
    pub(crate) voice: Voice,
}

/// The name of a request: in logs, and in `x-orchesity-request-id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub(crate) http::HeaderValue);

impl RequestId {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What answers a call.
pub(crate) type Handle = fn(Gateway, Call) -> BoxFuture<'static, Response<Body>>;

/// Makes a [`Handle`] of an `async fn(Gateway, Call) -> Response<Body>`.
macro_rules! handle {
    ($function:path) => {
        |gateway, call| Box::pin($function(gateway, call))
    };
}
pub(crate) use handle;

#[derive(Debug, Clone, Copy)]
pub(crate) enum By {
    /// A function of ours.
    Handle(Handle),
    /// The native router.
    Native,
}

/// One method of one path.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub method: Method,
    pub path: String,
    pub access: Access,
    pub takes: Takes,
    pub by: By,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    matcher: matchit::Router<usize>,
    /// The methods of each path.
    paths: Vec<Vec<Route>>,
    native: Router<Gateway>,
}

/// What was found for a request.
pub(crate) enum Found<'a> {
    /// This.
    Route(&'a Route),
    /// The path, with other methods.
    OtherMethods(&'a [Route]),
    /// Nothing.
    Nothing,
}

impl Routes {
    /// A route that is answered without detours. Paths as `matchit` has them: `/a/{id}`, `/b/{*rest}`.
    pub(crate) fn add(
        mut self,
        method: Method,
        path: &str,
        access: Access,
        takes: Takes,
        by: Handle,
    ) -> Self {
        self.insert(Route { method, path: path.to_owned(), access, takes, by: By::Handle(by) });
        self
    }

    /// The same with `/v1` before it and without.
    pub(crate) fn add_v1(self, method: Method, path: &str, takes: Takes, by: Handle) -> Self {
        self.add_key(method.clone(), &format!("/v1{path}"), takes, by).add_key(method, path, takes, by)
    }

    /// A route that asks for a key.
    pub(crate) fn add_key(self, method: Method, path: &str, takes: Takes, by: Handle) -> Self {
        self.add(method, path, Access::Key, takes, by)
    }

    /// A route that axum answers, with its extractors. [`Grant`] and [`RequestId`] are extensions.
    pub(crate) fn add_native(
        mut self,
        method: Method,
        path: &str,
        takes: Takes,
        by: MethodRouter<Gateway>,
    ) -> Self {
        let route = Route { method, path: path.to_owned(), access: Access::Key, takes, by: By::Native };
        self.insert(route);
        self.native = self.native.route(path, by);
        self
    }

    fn insert(&mut self, route: Route) {
        // Two spellings of one path would be a mistake of ours.
        let known = self.paths.iter_mut().find(|routes| routes[0].path == route.path);
        if let Some(routes) = known {
            routes.push(route);
        } else if let Err(error) = self.matcher.insert(route.path.clone(), self.paths.len()) {
            tracing::error!(path = route.path, %error, "a route is left out");
        } else {
            self.paths.push(vec![route]);
        }
    }

    pub(crate) fn find(&self, method: &Method, path: &str) -> Found<'_> {
        let Ok(found) = self.matcher.at(path) else { return Found::Nothing };
        let routes = &self.paths[*found.value];
        let of = |method: &Method| routes.iter().find(|route| route.method == method);
        let route = of(method).or_else(|| (*method == Method::HEAD).then(|| of(&Method::GET)).flatten());
        route.map_or(Found::OtherMethods(routes), Found::Route)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Route> {
        self.paths.iter().flatten()
    }

    /// The native router, which knows the gateway.
    pub(crate) fn native(&self, gateway: Gateway) -> Router {
        self.native.clone().with_state(gateway)
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Call, Found, Routes, Takes};
    use crate::Gateway;
    use axum::body::Body;
    use http::{Method, Response};

    async fn nothing(_: Gateway, _: Call) -> Response<Body> {
        Response::new(Body::empty())
    }

    #[test]
    fn methods_share_a_path_and_get_answers_head() {
        let routes = Routes::default()
            .add_v1(Method::POST, "/chat/completions", Takes::Json(1), handle!(nothing))
            .add(Method::GET, "/a/{id}", Access::Key, Takes::Nothing, handle!(nothing))
            .add(Method::PATCH, "/a/{id}", Access::Key, Takes::Json(1), handle!(nothing))
            .add_native(Method::GET, "/n/{*rest}", Takes::Nothing, axum::routing::get(|| async {}));
        assert_eq!(routes.all().count(), 5);
        let found = |method: Method, path: &str| match routes.find(&method, path) {
            Found::Route(route) => format!("{} {}", route.method, route.path),
            Found::OtherMethods(others) => format!("{} others", others.len()),
            Found::Nothing => "nothing".to_owned(),
        };
        assert_eq!(found(Method::POST, "/chat/completions"), "POST /chat/completions");
        assert_eq!(found(Method::POST, "/v1/chat/completions"), "POST /v1/chat/completions");
        assert_eq!(found(Method::HEAD, "/a/5"), "GET /a/{id}");
        assert_eq!(found(Method::PATCH, "/a/5"), "PATCH /a/{id}");
        assert_eq!(found(Method::DELETE, "/a/5"), "2 others");
        assert_eq!(found(Method::GET, "/n/a/b"), "GET /n/{*rest}");
        assert_eq!(found(Method::GET, "/v1/chat/completions/"), "nothing");
    }
}
