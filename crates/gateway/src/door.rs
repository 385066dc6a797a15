//! The way of one request: guards, route, answer.

use crate::{
    Gateway,
    guard::{self, Guard, Sender, without_keys},
    listen::Answer,
    refuse::{Detail, Voice, refusal, say, voice},
    route::{Access, By, Call, Found, RequestId, Routes, Takes},
    v1::client,
};
use axum::{Router, body::Body};
use bytes::Bytes;
use dialects::serving::Refusal;
use domain::ErrorKind;
use engine::{Grant, Unasked};
use http::{
    HeaderName, HeaderValue, Method, Request, Response, Uri,
    header::{ALLOW, USER_AGENT, X_CONTENT_TYPE_OPTIONS},
    request::Parts,
};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use std::{
    borrow::Cow,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    task::{Context, Poll},
    time::Instant,
};
use tower_service::Service;
use tracing::{Instrument, Span};

/// The header that names a request.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-orchesity-request-id");

/// Where requests come in.
pub(crate) struct Door {
    gateway: Gateway,
    routes: Routes,
    native: Router,
    /// Differs from process to process.
    prefix: u64,
    count: AtomicU32,
}

impl Door {
    pub(crate) fn new(gateway: Gateway, routes: Routes) -> Self {
        let native = routes.native(gateway.clone());
        let prefix = getrandom::u64().unwrap_or_else(|_| u64::from(std::process::id()));
        Self { gateway, routes, native, prefix, count: AtomicU32::new(0) }
    }

    fn next_id(&self) -> RequestId {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let text = format!("{:012x}{count:08x}", self.prefix >> 16);
        RequestId(
            HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).unwrap_or(HeaderValue::from_static("-")),
        )
    }

    /// Lets a request in and has it answered, or says why not.
    async fn pass(
        &self,
        mut parts: Parts,
        mut body: Incoming,
        id: &RequestId,
        from: SocketAddr,
        sender: &Sender,
    ) -> Result<Response<Body>, Refusal> {
        let gateway = &self.gateway;
        if let Some(response) = sender.preflight(&parts.method, &parts.headers) {
            return Ok(response);
        }
        let found = self.routes.find(&parts.method, parts.uri.path());
        let access = if let Found::Route(route) = &found { route.access } else { Access::Key };
        // Whoever has no key does not learn which routes there are either.
        let grant = self.grant(&parts, access).await?;
        let route = match found {
            Found::Route(route) => route,
            Found::OtherMethods(others) => return Ok(other_methods(&parts, others, id)),
            Found::Nothing => {
                let message = format!(
                    "there is no `{}` here; `/openapi.json` tells what there is",
                    shown(parts.uri.path())
                );
                return Err(refusal(404, ErrorKind::NotFound, message).code("unknown_url"));
            }
        };
        let bytes =
            guard::read(route.takes, &parts.headers, &mut body, gateway.guards(), gateway.limits().body_idle)
                .await?;
        let voice = voice(parts.uri.path(), &parts.headers);
        if gateway.guards().stands(Guard::Onward) {
            without_keys(&mut parts.headers);
        }
        Ok(match route.by {
            By::Handle(handle) => {
                let Parts { method, uri, headers, .. } = parts;
                handle(
                    gateway.clone(),
                    Call { method, uri, headers, body: bytes, grant, id: id.clone(), from, voice },
                )
                .await
            }
            By::Native => {
                if let Some(grant) = grant {
                    parts.extensions.insert(grant);
                }
                parts.extensions.insert(id.clone());
                let body = if route.takes == Takes::Nothing { Body::empty() } else { Body::from(bytes) };
                let answered = self.native.clone().call(Request::from_parts(parts, body)).await;
                answered.unwrap_or_else(|never| match never {})
            }
        })
    }

    async fn grant(&self, parts: &Parts, access: Access) -> Result<Option<Grant>, Refusal> {
        let gateway = &self.gateway;
        let Some(keys) = gateway.keys().filter(|_| gateway.guards().stands(Guard::Key)) else {
            return Ok(Some(Grant::WITHOUT_KEY));
        };
        if access == Access::Open {
            return Ok(None);
        }
        let path = scope_path(&parts.uri, &parts.headers);
        let grant = keys.check(&parts.headers, &path).await;
        if access == Access::OpenOnLoopback && !gateway.is_exposed() {
            return Ok(grant.ok());
        }
        grant.map(Some)
    }
}

/// The path as scopes of keys name it: callers may leave out `/v1`.
fn scope_path<'a>(uri: &'a http::Uri, headers: &http::HeaderMap) -> Cow<'a, str> {
    let path = uri.path();
    if path.starts_with("/v1") || voice(path, headers) == Voice::Ours {
        Cow::Borrowed(path)
    } else {
        Cow::Owned(format!("/v1{path}"))
    }
}

fn other_methods(parts: &Parts, others: &[crate::route::Route], id: &RequestId) -> Response<Body> {
    let names: Vec<&str> = others.iter().map(|route| route.method.as_str()).collect();
    let allowed = names.join(", ");
    let message = format!("`{}` cannot be asked here; use {allowed}", shown(parts.method.as_str()));
    let refusal = refusal(405, ErrorKind::BadRequest, message).code("method_not_allowed");
    let mut response = say(voice(parts.uri.path(), &parts.headers), &refusal, id);
    if let Ok(allowed) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(ALLOW, allowed);
    }
    response
}

/// What others wrote, short enough to be repeated.
fn shown(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(100) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}

impl Answer for Door {
    async fn answer(self: Arc<Self>, request: Request<Incoming>, from: SocketAddr) -> Response<Body> {
        let id = self.next_id();
        let (parts, body) = request.into_parts();
        // Not the whole address: what stands after `?` is nobody's business.
        // Of the highest level, so that whatever is written at all names its request.
        let span = tracing::error_span!(
            "call",
            request = id.as_str(),
            method = %parts.method,
            path = parts.uri.path(),
            traceparent = tracing::field::Empty
        );
        // The longest that can be one.
        let traceparent = parts.headers.get("traceparent").filter(|text| text.len() <= 55);
        if let Some(text) = traceparent.and_then(|text| text.to_str().ok()) {
            span.record("traceparent", text);
        }
        let told = tracing::enabled!(tracing::Level::INFO).then(Instant::now);
        let mut response = self.judged(parts, body, &id, from).instrument(span.clone()).await;
        if let Some(since) = told {
            let _in = span.enter();
            let ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
            tracing::info!(status = response.status().as_u16(), ms, %from, "answered");
        }
        self.gateway.answered(response.status());
        response.headers_mut().insert(REQUEST_ID, id.0);
        // What a stream has to say comes later.
        let streams = response.body().size_hint().exact().is_none() && !span.is_disabled();
        if streams { response.map(|body| Body::new(Told { body, span })) } else { response }
    }
}

/// A body whose pieces are fetched under the name of their request.
struct Told {
    body: Body,
    span: Span,
}

impl hyper::body::Body for Told {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let _in = this.span.enter();
        Pin::new(&mut this.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        // Leaving is told under that name too.
        let _in = self.span.enter();
        self.body = Body::empty();
    }
}

impl Door {
    /// Tells Traffic of a call that would have asked a model and is turned away.
    fn tell(
        &self,
        voice: Voice,
        method: &Method,
        uri: &Uri,
        agent: Option<&HeaderValue>,
        id: &RequestId,
        refusal: &Refusal,
    ) {
        let Voice::Dialect(caller) = voice else { return };
        if method != Method::POST || !matches!(self.routes.find(method, uri.path()), Found::Route(_)) {
            return;
        }
        let call = Unasked {
            request: id.as_str().to_owned(),
            route: shown(uri.path()).into_owned(),
            caller,
            model: None,
            grant: None,
            client: agent.and_then(client),
        };
        self.gateway.engine().tell_refused(&call, refusal);
    }

    async fn judged(&self, parts: Parts, body: Incoming, id: &RequestId, from: SocketAddr) -> Response<Body> {
        let gateway = &self.gateway;
        let voice = voice(parts.uri.path(), &parts.headers);
        let refuse = |refusal: &Refusal| {
            tracing::info!(status = refusal.status, reason = refusal.message, "refused");
            let mut response = say(voice, refusal, id);
            response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            response
        };
        if gateway.guards().stands(Guard::Host)
            && let Err(refusal) = gateway.names().check(&parts.uri, &parts.headers)
        {
            return refuse(&refusal);
        }
        let sender = match gateway.origins().check(gateway.names(), &parts.headers) {
            Ok(sender) => sender,
            // What a gateway without this guard does: lets every page ask, and read.
            Err(_) if !gateway.guards().stands(Guard::Origin) => {
                parts.headers.get(http::header::ORIGIN).cloned().map_or(Sender::Plain, Sender::Listed)
            }
            Err(refusal) => return refuse(&refusal),
        };
        let (method, uri) = (parts.method.clone(), parts.uri.clone());
        let agent = parts.headers.get(USER_AGENT).cloned();
        let mut response = match self.pass(parts, body, id, from, &sender).await {
            Ok(response) => response,
            Err(refusal) => {
                self.tell(voice, &method, &uri, agent.as_ref(), id, &refusal);
                refuse(&refusal)
            }
        };
        sender.mark(response.headers_mut());
        response
    }
}
