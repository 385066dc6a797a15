//! Saying what the engine answers.

use crate::{
    RequestId,
    refuse::{Voice, say},
};
use axum::body::{Body, Bytes};
use dialects::serving::{Caller, Refusal};
use domain::{NanoUsd, RunId, Target};
use engine::{WireAnswer, WireBody, WireRefusal};
use futures_util::{StreamExt, stream::BoxStream};
use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use std::convert::Infallible;

const TARGET: HeaderName = HeaderName::from_static("x-orchesity-target");
const DECISION: HeaderName = HeaderName::from_static("x-orchesity-decision");
const COST: HeaderName = HeaderName::from_static("x-orchesity-cost-usd");
const CACHE: HeaderName = HeaderName::from_static("x-orchesity-cache");

/// What is said to a caller, before it is made bytes of.
pub(super) struct Said {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: SaidBody,
}

pub(super) enum SaidBody {
    Whole(Bytes),
    Stream(BoxStream<'static, Bytes>),
    /// Nobody answered.
    Refusal(Body),
}

impl Said {
    /// An answer, or the beginning of one.
    pub fn answer(caller: Caller, answered: WireAnswer, id: &RequestId) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(answered.content_type));
        tell(&mut headers, Some(&answered.head.target), Some(answered.head.run));
        if let Some(nano) = answered.head.cost_nano {
            put(&mut headers, COST, &NanoUsd(nano).to_string());
        }
        headers.insert(CACHE, HeaderValue::from_static(answered.head.cache.as_str()));
        name(&mut headers, caller, id);
        let body = match answered.body {
            WireBody::Whole(body) => SaidBody::Whole(body),
            WireBody::Stream(stream) => {
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
                // Proxies that gather what comes would take away what streams are for.
                headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
                SaidBody::Stream(stream)
            }
        };
        Self { status: answered.status, headers, body }
    }

    /// That nobody answers, and what is known of why.
    pub fn refused(caller: Caller, refused: &WireRefusal, id: &RequestId) -> Self {
        let mut said = Self::refusal(caller, &refused.refusal, id);
        if let Some((status, body)) = &refused.verbatim {
            said.status = *status;
            said.body = SaidBody::Refusal(Body::from(body.clone()));
        }
        tell(&mut said.headers, refused.target.as_ref(), refused.run);
        said
    }

    /// That it is not even asked.
    pub fn refusal(caller: Caller, refusal: &Refusal, id: &RequestId) -> Self {
        let (parts, body) = say(Voice::Dialect(caller), refusal, id).into_parts();
        Self { status: parts.status.as_u16(), headers: parts.headers, body: SaidBody::Refusal(body) }
    }

    /// As it is sent.
    pub fn response(self) -> Response<Body> {
        let body = match self.body {
            SaidBody::Whole(body) => Body::from(body),
            SaidBody::Stream(stream) => Body::from_stream(stream.map(Ok::<_, Infallible>)),
            SaidBody::Refusal(body) => body,
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_GATEWAY);
        *response.headers_mut() = self.headers;
        response
    }
}

/// Names the request where callers of this shape look for it.
pub(super) fn name(headers: &mut HeaderMap, caller: Caller, id: &RequestId) {
    match caller {
        Caller::Anthropic => headers.insert("request-id", id.0.clone()),
        Caller::Gemini => None,
        _ => headers.insert("x-request-id", id.0.clone()),
    };
}

fn tell(headers: &mut HeaderMap, target: Option<&Target>, run: Option<RunId>) {
    if let Some(target) = target {
        put(headers, TARGET, target.as_str());
    }
    if let Some(run) = run {
        put(headers, DECISION, &run.to_string());
    }
}

/// Models may have names that no header can hold.
fn put(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}
