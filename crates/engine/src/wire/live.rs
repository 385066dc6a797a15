//! An answer on its way to its caller.

use super::{
    flow::{Flow, Piece},
    order::WRITTEN_AS,
    race::Gathered,
    resume::OnCut,
    under::Under,
};
use bytes::Bytes;
use dialects::{
    Delta,
    serving::{self, Caller, Encoder, Head, WholeEvents},
};
use domain::{CompletionState, Failure, NanoUsd, Target};
use futures_util::stream::{BoxStream, StreamExt as _, unfold};

/// A stream that is read by whoever it is for: the provider is read as fast as that, and no faster.
pub(super) struct Live {
    under: Box<Under>,
    flow: Flow,
    /// Says it anew; `None` where the bytes go on as they come.
    encoder: Option<Box<dyn Encoder>>,
    events: Option<WholeEvents>,
    deltas: Vec<Delta>,
    out: Vec<u8>,
    /// Who goes on where it breaks off.
    on_cut: Option<OnCut>,
    /// Why it broke off, until somebody goes on with it.
    broke: Option<Failure>,
    over: bool,
}

impl Live {
    /// Goes on from what came before the caller was told anything.
    pub(super) fn new(under: Box<Under>, gathered: Gathered, passed_on: bool, on_cut: Option<OnCut>) -> Self {
        let Gathered { flow, bytes, deltas, whole, .. } = gathered;
        let call = &under.call;
        let target = under.asked_or_served();
        let list = call.caller == Caller::Gemini && !call.events;
        let events = passed_on.then(|| match (list, flow.asked_usage) {
            (true, _) => WholeEvents::as_list(),
            (false, true) => WholeEvents::without_usage(),
            (false, false) => WholeEvents::default(),
        });
        let encoder = (!passed_on)
            .then(|| serving::encoder(call.caller, &under.serving_head(&target), &call.asked, call.events));
        let mut live =
            Self { under, flow, encoder, events, deltas, out: Vec::new(), on_cut, broke: None, over: false };
        if let Some(encoder) = &mut live.encoder {
            encoder.begin(&mut live.out);
            live.say();
        } else {
            if let Some(events) = &mut live.events {
                events.begin(&mut live.out);
            }
            live.pass(&bytes);
        }
        if whole {
            live.whole();
        } else {
            live.noted();
        }
        live
    }

    /// As a stream of what is to be sent, each piece at once.
    pub(super) fn stream(self) -> BoxStream<'static, Bytes> {
        unfold(Box::new(self), |mut live| async move { live.next().await.map(|bytes| (bytes, live)) }).boxed()
    }

    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if !self.out.is_empty() {
                if let (Some(keeping), false) = (&mut self.under.keeping, self.over) {
                    keeping.say(&self.out);
                }
                return Some(Bytes::from(std::mem::take(&mut self.out)));
            }
            if self.over {
                return None;
            }
            if let Some(failure) = self.broke.take() {
                if !self.gone_on_with(&failure).await {
                    self.broken(&failure);
                }
                continue;
            }
            self.deltas.clear();
            match self.flow.next(&mut self.deltas).await {
                Ok(Piece::Bytes(bytes)) => {
                    self.under.came(&bytes, &self.deltas);
                    self.noted();
                    if self.encoder.is_some() {
                        self.say();
                    } else {
                        self.pass(&bytes);
                    }
                }
                Ok(Piece::Said) => {
                    self.write_down(false);
                    self.say();
                }
                Ok(Piece::End) => {
                    self.write_down(true);
                    self.say();
                    self.whole();
                }
                Err(failure) => {
                    self.write_down(false);
                    self.say();
                    self.under.came(&self.flow.unread(), &[]);
                    if self.on_cut.is_some() {
                        self.flow.leave();
                        // What came goes out first: whoever is asked next may take a while.
                        self.broke = Some(failure);
                    } else {
                        self.broken(&failure);
                    }
                }
            }
        }
    }

    /// Callers leave when they have heard the last word, and some providers keep the connection open behind it:
    /// the answer is over when it is whole.
    fn noted(&mut self) {
        self.under.whole = self.flow.is_whole();
        if self.flow.is_over() {
            let stop = self.under.stop();
            self.under.returned(Ok(()), None);
            self.under.end(CompletionState::Complete { stop }, 200);
        }
    }

    /// Has somebody else go on with it, where the policy wishes that and somebody can.
    async fn gone_on_with(&mut self, failure: &Failure) -> bool {
        let Some(on_cut) = &mut self.on_cut else { return false };
        let Some((gathered, target)) = self.under.go_on(on_cut, failure).await else { return false };
        if self.under.call.caller != Caller::Gemini {
            self.out.extend_from_slice(format!(": x-orchesity-target {target}\n\n").as_bytes());
        }
        (self.flow, self.deltas) = (gathered.flow, gathered.deltas);
        self.say();
        if gathered.whole {
            self.whole();
        } else {
            self.noted();
        }
        true
    }

    fn write_down(&mut self, end: bool) {
        let written = match &mut self.flow.written_down {
            Some(written) if end => written.end(&self.deltas),
            Some(written) => written.write(&self.deltas),
            None => Vec::new(),
        };
        self.under.came(&written, &self.deltas);
    }

    fn say(&mut self) {
        if let Some(on_cut) = &mut self.on_cut {
            on_cut.hear(&mut self.deltas);
        }
        if let Some(encoder) = &mut self.encoder {
            for delta in &self.deltas {
                encoder.delta(delta, &mut self.out);
            }
        }
    }

    fn pass(&mut self, bytes: &[u8]) {
        match &mut self.events {
            Some(events) => events.feed(bytes, &mut self.out),
            None => self.out.extend_from_slice(bytes),
        }
    }

    fn whole(&mut self) {
        let stop = self.under.stop();
        if let Some(encoder) = &mut self.encoder {
            encoder.end(&mut self.out);
        }
        if let Some(events) = &mut self.events {
            events.end(&mut self.out);
        }
        self.under.returned(Ok(()), None);
        if let Some(keeping) = &mut self.under.keeping {
            keeping.say(&self.out);
            self.under.keep_answer(stop, None);
        }
        self.tell_cost();
        self.under.end(CompletionState::Complete { stop }, 200);
        self.over = true;
    }

    /// What the answer cost, as a comment at the end of its events: it was not known when the head was sent.
    /// Google's own client (google-genai 3.4) takes a comment for a broken answer, so Gemini's callers get none.
    fn tell_cost(&mut self) {
        let comments = self.under.call.caller != Caller::Gemini;
        if let Some(cost) = self.under.cost_nano.filter(|_| comments) {
            let cost = NanoUsd(cost);
            self.out.extend_from_slice(format!(": x-orchesity-cost-usd {cost}\n\n").as_bytes());
        }
    }

    fn broken(&mut self, failure: &Failure) {
        let under = &self.under;
        let target = under.asked_or_served();
        let encoder = self.encoder.get_or_insert_with(|| {
            let call = &under.call;
            serving::encoder(call.caller, &under.serving_head(&target), &call.asked, call.events)
        });
        if let Some(events) = &mut self.events {
            events.before_error(&mut self.out);
        }
        encoder.fail(failure, &mut self.out);
        self.under.returned(Err(failure), None);
        self.under.end(CompletionState::Failed { error: failure.clone() }, 200);
        self.over = true;
    }
}

impl Under {
    fn asked_or_served(&self) -> Target {
        self.target().unwrap_or_else(|| Target::of("", &self.call.asked.model))
    }
}

/// A made-up answer in the words of a dialect, so that it is kept and read like any other.
pub(super) struct WrittenDown(Option<Box<dyn Encoder>>);

impl WrittenDown {
    /// For this answer: nothing to do where bytes came over a wire.
    pub(super) fn new(under: &Under, flow: &Flow) -> Self {
        if flow.status.is_some() {
            return Self(None);
        }
        debug_assert_eq!(Caller::OpenaiChat.dialect(), Some(WRITTEN_AS));
        let head = Head { id: under.answer_id(), model: under.call.asked.model.clone(), created: 0 };
        let asked = serving::Asked { usage_wanted: true, choices: 1, ..serving::Asked::default() };
        Self(Some(serving::encoder(Caller::OpenaiChat, &head, &asked, true)))
    }

    /// More of it.
    pub(super) fn write(&mut self, deltas: &[Delta]) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(encoder) = &mut self.0 {
            for delta in deltas {
                encoder.delta(delta, &mut out);
            }
        }
        out
    }

    /// The last of it.
    pub(super) fn end(&mut self, deltas: &[Delta]) -> Vec<u8> {
        let mut out = self.write(deltas);
        if let Some(encoder) = &mut self.0 {
            encoder.end(&mut out);
        }
        out
    }
}
