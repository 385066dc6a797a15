//! Calls and results as every provider takes them: each call is answered once, right behind the message
//! that it is in. Imports have results within answers, several for one call or none, and anybody may go on
//! from the middle of a line; what does not fit is told as text, for one such call refuses the whole prompt.

use super::Sent;
use dialects::ChatMessage;
use domain::{Part, Role};
use std::collections::HashMap;

pub(super) fn settled(messages: Vec<Sent>) -> Vec<Sent> {
    let is_tool = |part: &Part| matches!(part, Part::ToolCall { .. } | Part::ToolResult { .. });
    if !messages.iter().any(|sent| sent.message.parts.iter().any(is_tool)) {
        return messages;
    }
    let mut settled: Vec<Sent> = Vec::with_capacity(messages.len());
    // Where the calls are that may still be answered: a message, and a part of it; and the result once there.
    let mut open: HashMap<String, (usize, usize)> = HashMap::new();
    let mut answered: HashMap<String, (usize, usize)> = HashMap::new();
    for sent in messages.into_iter().flat_map(cut) {
        let answers = sent.message.parts.iter().any(|part| matches!(part, Part::ToolResult { .. }));
        if !answers {
            give_up(&mut settled, &mut open);
            answered.clear();
            for (at, part) in sent.message.parts.iter().enumerate() {
                if let Part::ToolCall { id, .. } = part {
                    open.insert(id.clone(), (settled.len(), at));
                }
            }
            settled.push(sent);
            continue;
        }
        let Sent { message: ChatMessage { role, parts }, by } = sent;
        let mut rest = Vec::new();
        for part in parts {
            let Part::ToolResult { call_id, text, .. } = &part else {
                rest.push(part);
                continue;
            };
            if open.remove(call_id).is_some() {
                // All results of one message's calls stand together.
                let behind = matches!(settled.last(), Some(last) if last.message.role == Role::Tool);
                if !behind || answered.is_empty() {
                    settled.push(Sent {
                        message: ChatMessage { role: Role::Tool, parts: Vec::new() },
                        by: by.clone(),
                    });
                }
                let at = settled.len() - 1;
                answered.insert(call_id.clone(), (at, settled[at].message.parts.len()));
                settled[at].message.parts.push(part);
            } else if let Some(first) = answered.get(call_id)
                && let Part::ToolResult { text: said, .. } = &mut settled[first.0].message.parts[first.1]
            {
                said.extend(["\n\n", text.as_str()]);
            } else {
                rest.push(Part::text(text.clone()));
            }
        }
        if !rest.is_empty() {
            give_up(&mut settled, &mut open);
            answered.clear();
            let role = if role == Role::Assistant { Role::Assistant } else { Role::User };
            settled.push(Sent { message: ChatMessage { role, parts: rest }, by });
        }
    }
    give_up(&mut settled, &mut open);
    settled
}

/// An answer with results in it, as the messages that it would have been.
fn cut(sent: Sent) -> Vec<Sent> {
    let is_result = |part: &Part| matches!(part, Part::ToolResult { .. });
    if sent.message.role != Role::Assistant || !sent.message.parts.iter().any(is_result) {
        return vec![sent];
    }
    let mut pieces: Vec<Sent> = Vec::new();
    for part in sent.message.parts {
        let role = if is_result(&part) { Role::Tool } else { Role::Assistant };
        match pieces.last_mut() {
            Some(last) if last.message.role == role => last.message.parts.push(part),
            _ => pieces.push(Sent { message: ChatMessage { role, parts: vec![part] }, by: sent.by.clone() }),
        }
    }
    pieces
}

/// Calls that nobody answered become text.
fn give_up(settled: &mut [Sent], open: &mut HashMap<String, (usize, usize)>) {
    for (_, (message, part)) in open.drain() {
        let part = &mut settled[message].message.parts[part];
        if let Part::ToolCall { name, arguments, .. } = part {
            *part = Part::text(format!("[a call of {name} that was not answered: {arguments}]"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(id: &str) -> Part {
        let (name, arguments) = ("look".to_owned(), "{}".to_owned());
        Part::ToolCall { id: id.to_owned(), name, arguments, signature: None }
    }

    fn result(id: &str, text: &str) -> Part {
        Part::ToolResult { call_id: id.to_owned(), name: None, text: text.to_owned(), is_error: false }
    }

    /// Roles and parts in short: `a(x c:1)` is an answer that says `x` and calls 1.
    fn told(messages: Vec<(Role, Vec<Part>)>) -> String {
        let messages =
            messages.into_iter().map(|(role, parts)| Sent { message: ChatMessage { role, parts }, by: None });
        let told = settled(messages.collect()).into_iter().map(|sent| {
            let parts: Vec<String> = (sent.message.parts.iter())
                .map(|part| match part {
                    Part::Text { text } => text.clone(),
                    Part::ToolCall { id, .. } => format!("c:{id}"),
                    Part::ToolResult { call_id, text, .. } => format!("r:{call_id}={text}"),
                    other => format!("{other:?}"),
                })
                .collect();
            format!("{}({})", &sent.message.role.as_str()[..1], parts.join(" "))
        });
        told.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let (user, assistant) = (|| (Role::User, vec![Part::text("q")]), Role::Assistant);
        assert_eq!(told(vec![user(), (assistant, vec![Part::text("x")])]), "u(q) a(x)");
        let calls = vec![Part::text("x"), call("1"), call("2")];
        let results = vec![result("1", "one"), result("2", "two")];
        assert_eq!(
            told(vec![user(), (assistant, calls.clone()), (Role::Tool, results), user()]),
            "u(q) a(x c:1 c:2) t(r:1=one r:2=two) u(q)"
        );
        let apart = vec![(Role::Tool, vec![result("2", "two")]), (Role::Tool, vec![result("1", "one")])];
        assert_eq!(
            told([vec![user(), (assistant, calls)], apart].concat()),
            "u(q) a(x c:1 c:2) t(r:2=two r:1=one)"
        );
    }

    #[test]
    fn results_within_an_answer_stand_behind_their_calls() {
        let parts = vec![call("1"), result("1", "one"), Part::text("so"), call("2"), result("2", "two")];
        assert_eq!(
            told(vec![(Role::Assistant, parts), (Role::User, vec![Part::text("q")])]),
            "a(c:1) t(r:1=one) a(so c:2) t(r:2=two) u(q)"
        );
    }

    #[test]
    fn what_does_not_fit_is_told_as_text() {
        let lost = "[a call of look that was not answered: {}]";
        let one = |role, part| (role, vec![part]);
        assert_eq!(
            told(vec![one(Role::Assistant, call("1")), one(Role::User, Part::text("q"))]),
            format!("a({lost}) u(q)")
        );
        assert_eq!(
            told(vec![(Role::Assistant, vec![call("1"), call("2")]), one(Role::Tool, result("2", "two"))]),
            format!("a({lost} c:2) t(r:2=two)")
        );
        // Several for one call are one, and one for none is what somebody said.
        let twice = vec![
            one(Role::Assistant, call("1")),
            one(Role::Tool, result("1", "one")),
            one(Role::Tool, result("1", "more")),
            one(Role::Tool, result("9", "whose")),
            one(Role::Tool, result("1", "late")),
        ];
        assert_eq!(told(twice), "a(c:1) t(r:1=one\n\nmore) u(whose) u(late)");
        assert_eq!(told(vec![one(Role::Assistant, call("1"))]), format!("a({lost})"));
    }
}
