//! What a model is sent: system text, the path, and what an answer begins with.

use super::begin::Plan;
use crate::{Engine, EngineError, cost, media};
use dialects::{ChatMessage, ChatRequest};
use domain::{Message, MessageId, MessageStatus, Part, ProviderId, Role};
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
    /// Bytes of text in it, for estimates.
    pub(crate) bytes: usize,
}

/// A message of the path, and who wrote it where that was a provider.
struct Sent {
    message: ChatMessage,
    by: Option<ProviderId>,
}

impl Prompt {
    /// Reads the path, with stored images and files put back in line.
    pub(crate) async fn read(engine: &Engine, plan: &Plan) -> Result<Self, EngineError> {
        let path = engine.0.store.messages().path_to(plan.parent).await?;
        let served = engine.0.store.messages().served_on_path(plan.parent).await?;
        let by: HashMap<MessageId, ProviderId> =
            served.iter().filter_map(|(id, target)| Some((*id, target.split()?.0.parse().ok()?))).collect();
        let mut messages = Vec::with_capacity(path.len());
        for message in path.into_iter().filter(is_sent) {
            let mut parts = message.parts;
            media::inline(&engine.0.store, &mut parts).await?;
            let by = by.get(&message.id).cloned();
            messages.push(Sent { message: ChatMessage { role: message.role, parts }, by });
        }
        let system = plan.system.clone();
        let text = messages.iter().flat_map(|m| &m.message.parts).map(cost::text_bytes).sum::<usize>();
        let bytes = text + system.as_ref().map_or(0, String::len);
        Ok(Self { system, messages, begins_with: plan.begins_with.clone(), bytes })
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
            messages.push(ChatMessage { role: Role::Assistant, parts: self.begins_with.clone() });
            prefill = dialects::supports_prefill(provider.dialect, &provider.quirks);
            if !prefill {
                messages.push(ChatMessage { role: Role::User, parts: vec![Part::text(GO_ON)] });
            }
        }
        ChatRequest {
            model: model.to_owned(),
            system: self.system.clone(),
            messages,
            params: plan.params.clone(),
            stream: !plan.params.one_shot,
            prefill,
        }
    }
}

/// Partial texts are sent as they are; an answer that failed before it said anything is not.
fn is_sent(message: &Message) -> bool {
    let says_something = message.parts.iter().any(|p| match p {
        Part::Text { text } => !text.is_empty(),
        Part::Reasoning { .. } => false,
        _ => true,
    });
    message.status == MessageStatus::Complete || says_something
}
