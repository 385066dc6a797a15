//! What a model is sent: system text, the path, and what an answer begins with.

mod turns;

use super::{begin::Plan, decide::Said};
use crate::{
    Engine, EngineError, media,
    weigh::{Weight, is_sent},
};
use dialects::{ChatMessage, ChatRequest};
use domain::{MessageId, Params, Part, ProviderId, Role, Target};
use providers::Provider;
use std::collections::HashMap;

/// Sent after the copied text where a dialect cannot complete a begun answer.
const GO_ON: &str = "Your last answer was cut off. Go on exactly where it ends: begin with the next \
                     character, repeat nothing, and say nothing about the interruption.";

/// A completion's prompt, read once and encoded anew for each call.
pub(crate) struct Prompt {
    system: Option<String>,
    messages: Vec<Sent>,
    begins_with: Vec<Part>,
    begun_by: Option<ProviderId>,
    /// The most tokens of output, where these are fewer than were asked for.
    most: Option<u32>,
    /// What it weighs, for estimates.
    pub(crate) weight: Weight,
}

/// A message of the path, and who wrote it where that was a provider.
struct Sent {
    message: ChatMessage,
    by: Option<ProviderId>,
}

/// What was said up to a message and in it, as anybody can be sent it: with stored files in line, and without
/// reasoning that only its writer can read.
pub(crate) async fn history(engine: &Engine, tip: MessageId) -> Result<Vec<ChatMessage>, EngineError> {
    let mut messages = Vec::new();
    for message in engine.0.store.messages().path_to(tip).await?.into_iter().filter(is_sent) {
        let mut parts = message.parts;
        media::inline(&engine.0.store, &mut parts).await?;
        messages.push(Sent { message: ChatMessage { role: message.role, parts }, by: None });
    }
    let said = turns::settled(messages).into_iter().map(|Sent { mut message, .. }| {
        message.forget_reasoning();
        message
    });
    Ok(said.filter(|message| !message.parts.is_empty()).collect())
}

impl Prompt {
    /// Reads the path, with stored images and files put back in line.
    pub(crate) async fn read(engine: &Engine, plan: &Plan) -> Result<Self, EngineError> {
        let path = engine.0.store.messages().path_to(plan.parent).await?;
        let served = engine.0.store.messages().served_on_path(plan.parent).await?;
        let by: HashMap<MessageId, ProviderId> =
            served.iter().filter_map(|(id, target)| Some((*id, target.split()?.0.parse().ok()?))).collect();
        let mut messages = Vec::with_capacity(path.len());
        let mut weight = plan.system.as_deref().map_or_else(Weight::default, Weight::of_text);
        for message in path.into_iter().filter(is_sent) {
            let mut parts = message.parts;
            weight.add(&engine.weigh(&parts).await?);
            media::inline(&engine.0.store, &mut parts).await?;
            let by = by.get(&message.id).cloned();
            messages.push(Sent { message: ChatMessage { role: message.role, parts }, by });
        }
        let mut messages = turns::settled(messages);
        if let Some(merge) = &plan.merge {
            let task = engine.synthesis_prompt(merge).await?;
            weight.add(&Weight::of_text(&task));
            // Below what was asked, in the same message: some providers refuse two of one role in a row.
            match messages.last_mut() {
                Some(Sent { message, .. }) if message.role == Role::User => {
                    message.parts.push(Part::text(task));
                }
                _ => messages.push(Sent {
                    message: ChatMessage { role: Role::User, parts: vec![Part::text(task)] },
                    by: None,
                }),
            }
        }
        let begun_by = plan.begun_by.as_ref().and_then(|by| by.split()?.0.parse().ok());
        let mut begins_with = plan.begins_with.clone();
        media::inline(&engine.0.store, &mut begins_with).await?;
        Ok(Self { system: plan.system.clone(), messages, begins_with, begun_by, most: None, weight })
    }

    /// Has the next call go on with what another has said so far.
    /// `most` is how long the rest may be, where that is limited.
    pub(super) fn begin_with(&mut self, parts: Vec<Part>, by: &Target, most: Option<u32>) {
        self.most = most;
        self.begun_by = by.split().and_then(|(provider, _)| provider.parse().ok());
        self.begins_with = parts;
    }

    /// What a model is known not to take of what was said before, with a way out. Asked before the
    /// call: a provider would say it less clearly, or leave it out.
    pub(crate) fn refused_by(
        &self,
        engine: &Engine,
        provider: &Provider,
        model: &str,
        plan: &Plan,
    ) -> Option<String> {
        let refuse = |sent: &Sent| {
            engine.lack_of_eyes(provider, model, &plan.params, &sent.message.parts, Said::Before)
        };
        self.messages.iter().find_map(refuse)
    }

    /// The request for one dialect.
    pub(crate) fn request(&self, model: &str, plan: &Plan, provider: &Provider) -> ChatRequest {
        let for_provider = |sent: &Sent| {
            let mut message = sent.message.clone();
            // Reasoning is sealed by whoever wrote it; anybody else refuses it.
            if sent.by.as_ref().is_some_and(|by| *by != provider.id) {
                message.forget_reasoning();
            }
            message
        };
        let mut messages: Vec<ChatMessage> = self.messages.iter().map(for_provider).collect();
        messages.retain(|m| !m.parts.is_empty());
        let mut prefill = false;
        if !self.begins_with.is_empty() {
            let mut begun = ChatMessage { role: Role::Assistant, parts: self.begins_with.clone() };
            let dialect = dialects::spoken(provider.dialect, &provider.quirks, &plan.params);
            let own = self.begun_by.as_ref().is_none_or(|by| *by == provider.id);
            if !own {
                begun.forget_reasoning();
            }
            // What a provider paused goes on when it is sent back, also where texts cannot be completed.
            let paused = own && self.begins_with.iter().any(|p| matches!(p, Part::Raw { .. }));
            messages.push(begun);
            prefill = paused || dialects::supports_prefill(dialect, &provider.quirks);
            if !prefill {
                messages.push(ChatMessage { role: Role::User, parts: vec![Part::text(GO_ON)] });
            }
        }
        ChatRequest {
            model: model.to_owned(),
            system: self.system.clone(),
            messages,
            params: Params { max_tokens: self.most.or(plan.params.max_tokens), ..plan.params.clone() },
            stream: !plan.params.one_shot,
            prefill,
        }
    }
}
