//! One operation of the native API: how it is asked, what it answers, and who answers it.

use super::{
    asked::Asked,
    describe::{Shape, Told},
    query::Param,
};
use crate::{
    Gateway,
    refuse::{Voice, say},
    route::Takes,
};
use axum::{
    body::Body,
    extract::State,
    routing::{MethodFilter, MethodRouter, on},
};
use dialects::serving::Refusal;
use http::{Method, Response};

/// What an operation answers.
pub(crate) type Answered = Result<Response<Body>, Refusal>;

/// One method of one path.
pub(crate) struct Operation {
    pub(crate) method: Method,
    /// Without what all of them begin with.
    pub(crate) path: &'static str,
    pub(crate) takes: Takes,
    pub(crate) by: MethodRouter<Gateway>,
    pub(crate) told: Told,
}

impl Operation {
    /// The operation `name` of this path, with what it does in a line.
    pub(crate) fn new<F, R>(
        method: Method,
        path: &'static str,
        name: &'static str,
        does: &'static str,
        by: F,
    ) -> Self
    where
        F: Fn(Gateway, Asked) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Answered> + Send + 'static,
    {
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
        let by = on(filter, async move |State(gateway): State<Gateway>, asked: Asked| {
            let id = asked.id.clone();
            by(gateway, asked).await.unwrap_or_else(|refusal| {
                tracing::info!(status = refusal.status, reason = refusal.message, "refused");
                say(Voice::Ours, &refusal, &id)
            })
        });
        Self { method, path, takes: Takes::Nothing, by, told: Told::new(name, does) }
    }

    /// What may stand after `?`.
    pub(crate) fn query(mut self, params: &'static [Param]) -> Self {
        self.told.query(params);
        self
    }

    /// JSON of this shape and of so many bytes.
    pub(crate) fn takes<T: Shape>(mut self, limit: usize) -> Self {
        self.takes = Takes::Json(limit);
        self.told.takes::<T>(true);
        self
    }

    /// The same, or nothing.
    pub(crate) fn may_take<T: Shape>(mut self, limit: usize) -> Self {
        self.takes = Takes::Json(limit);
        self.told.takes::<T>(false);
        self
    }

    /// JSON of any shape.
    pub(crate) fn takes_json(mut self, limit: usize) -> Self {
        self.takes = Takes::Json(limit);
        self.told.takes_json();
        self
    }

    /// JSON of this shape, with this status.
    pub(crate) fn answers<T: Shape>(mut self, status: u16) -> Self {
        self.told.answers::<T>(status);
        self
    }

    /// A list of these, with where its next page begins.
    pub(crate) fn answers_list<T: Shape>(mut self) -> Self {
        self.told.answers_list::<T>();
        self
    }

    /// Nothing.
    pub(crate) fn answers_nothing(mut self) -> Self {
        self.told.answers_nothing();
        self
    }

    /// Something else than JSON, with this status.
    pub(crate) fn answers_as(mut self, status: u16, kinds: &'static [&'static str]) -> Self {
        self.told.answers_as(status, kinds);
        self
    }
}
