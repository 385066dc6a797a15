//! Models that are made up here, for trying the product without a key: seeded and deterministic,
//! at a set speed, failing as often as told. Every answer says in its first line that it is simulated.
//!
//! A target is `simulated/NAME` or `simulated/NAME?field=value&…`, where NAME is one of [`models`]
//! and sets the fields that are not written:
//!
//! | field | meaning | values |
//! |---|---|---|
//! | `tps` | tokens written in a second | 0.1 to 100000 |
//! | `ttft` | time to the first token, in ms | 0 to 600000 |
//! | `len` | tokens of the answer | 1 to 100000 |
//! | `reasoning` | tokens of reasoning before it | 0 to 100000 |
//! | `tools` | `1` calls a tool before it answers | 0 or 1 |
//! | `echo` | `1` answers with the prompt itself | 0 or 1 |
//! | `fail` | how often a call fails, and how: `0.1:429`, `1:overloaded`, `0.5:cut` | 0 to 1, then a status, an error kind, or `cut` (the answer breaks off half way) |
//! | `retry` | wait that a failure asks for, in ms | 0 to 600000 |
//! | `seed` | another answer to the same prompt | any whole number |
//!
//! The answer depends on seed, prompt and target alone; whether a call fails also on the attempt,
//! so that trying again can help. The output limit of the request is kept, JSON is written where
//! JSON was asked for, and a partial answer of the same target is gone on with.

mod grammar;
mod json_instance;
mod prose;

use crate::{ChatRequest, Delta, DialectError};
use domain::{Failure, Part, ResponseFormat, Role, Stop, Usage};
use grammar::{Failing, Settings};
use prose::Dice;

/// What a simulated model does, step by step.
#[derive(Debug, Clone)]
pub struct Script {
    steps: std::vec::IntoIter<Step>,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Let this time pass.
    Wait {
        /// Milliseconds.
        ms: u32,
    },
    /// Say this.
    Delta(Delta),
    /// Fail like this; nothing follows.
    Fail(Failure),
    /// The stream breaks off without its terminal event; nothing follows.
    Cut,
}

impl Iterator for Script {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        self.steps.next()
    }
}

/// Ready-made models: id and description.
#[must_use]
pub fn models() -> &'static [(&'static str, &'static str)] {
    grammar::NAMES
}

/// What `model` (with or without `simulated/` before it) answers to `request`. `attempt` counts the
/// calls of one completion from 0.
pub fn script(model: &str, request: &ChatRequest, attempt: u32) -> Result<Script, DialectError> {
    let model = model.strip_prefix("simulated/").unwrap_or(model);
    let settings = grammar::parse(model)?;
    let target = format!("simulated/{model}");
    let prompt = Prompt::of(request);
    let mut dice = Dice::of(&[&settings.seed.to_string(), &prompt.hashed, &target]);
    let failing = settings.fail.as_ref().filter(|fail| {
        Dice::of(&["fail", &settings.seed.to_string(), &prompt.hashed, &target, &attempt.to_string()]).share()
            < fail.share
    });
    let mut writer = Writer::new(&settings);
    writer.wait(f64::from(settings.ttft));
    if let Some(Failing { failure: Some(failure), .. }) = failing {
        writer.steps.push(Step::Fail(failure.clone().retry_after(settings.retry)));
        return Ok(Script { steps: writer.steps.into_iter() });
    }
    writer.say(Delta::Served(target.clone()));

    let mut usage = Usage { input: Some(prompt.tokens), output: Some(0), ..Usage::default() };
    if settings.reasoning > 0 && prompt.partial.is_empty() {
        let thoughts = prose::tokens(&prose::thoughts(&prompt.topic, settings.reasoning as usize, &mut dice));
        usage.reasoning = Some(thoughts.len() as u32);
        for token in thoughts {
            writer.token(Delta::Reasoning(token));
        }
    }
    let calls = settings.tools && !prompt.has_results && prompt.partial.is_empty();
    let text = if settings.echo {
        prompt.last.clone()
    } else if calls {
        prose::label(&target) + "A tool has to be asked first."
    } else if let Some(format) = &request.params.response_format {
        json_answer(format, &prompt.topic, &mut dice)?
    } else {
        prose::answer(&target, &prompt.topic, settings.len as usize, &mut dice)
    };
    let rest = text.strip_prefix(prompt.partial.as_str()).unwrap_or(&text);
    let mut tokens = prose::tokens(rest);
    let mut stop = if calls { Stop::ToolCalls } else { Stop::Stop };
    if let Some(most) = request.params.max_tokens
        && tokens.len() > most as usize
    {
        tokens.truncate(most as usize);
        stop = Stop::Length;
    }
    let cut = failing.map(|_| tokens.len().div_ceil(2));
    for (place, token) in tokens.iter().enumerate() {
        if cut == Some(place) {
            break;
        }
        writer.token(Delta::Text(token.clone()));
    }
    if cut.is_some() {
        writer.steps.push(Step::Cut);
        return Ok(Script { steps: writer.steps.into_iter() });
    }
    let mut written = tokens.len();
    if stop == Stop::ToolCalls {
        written += call(&mut writer, request, &prompt.topic, &mut dice)?;
    }
    usage.output = Some(written as u32);
    writer.say(Delta::Usage(usage));
    writer.say(Delta::Stop(stop));
    Ok(Script { steps: writer.steps.into_iter() })
}

/// Calls the first tool on offer, or one made up where none is.
fn call(
    writer: &mut Writer,
    request: &ChatRequest,
    topic: &str,
    dice: &mut Dice,
) -> Result<usize, DialectError> {
    let (name, arguments) = match request.params.tools.first() {
        Some(tool) => {
            let schema = crate::wire::object(&tool.parameters, "a tool's parameters")?;
            (
                tool.name.clone(),
                json_instance::of(&serde_json::Value::Object(schema), topic, dice).to_string(),
            )
        }
        None => ("simulated_lookup".to_owned(), serde_json::json!({ "query": topic }).to_string()),
    };
    let id = format!("call_{:08x}", dice.next() as u32);
    writer.token(Delta::ToolCall { key: 0, id, name });
    let pieces = prose::tokens(&arguments);
    let count = pieces.len();
    for text in pieces {
        writer.token(Delta::ToolArguments { key: 0, text });
    }
    Ok(count + 1)
}

fn json_answer(format: &ResponseFormat, topic: &str, dice: &mut Dice) -> Result<String, DialectError> {
    let value = match format {
        ResponseFormat::JsonObject => serde_json::json!({ "simulated": true, "topic": topic }),
        ResponseFormat::JsonSchema { schema, .. } => json_instance::of(
            &serde_json::Value::Object(crate::wire::object(schema, "the schema")?),
            topic,
            dice,
        ),
    };
    Ok(value.to_string())
}

/// What of the request the answer depends on.
struct Prompt {
    hashed: String,
    /// The last thing the user said.
    last: String,
    topic: String,
    tokens: u32,
    partial: String,
    has_results: bool,
}

impl Prompt {
    fn of(request: &ChatRequest) -> Self {
        let (partial, messages) = match request.messages.split_last() {
            Some((last, before)) if request.prefill => (crate::wire::text_of(&last.parts), before),
            _ => (String::new(), request.messages.as_slice()),
        };
        let mut hashed = request.system.clone().unwrap_or_default();
        for message in messages {
            hashed.push('\n');
            hashed.push_str(message.role.as_str());
            hashed.push('\n');
            for part in &message.parts {
                match part {
                    Part::Text { text } | Part::ToolResult { text, .. } => hashed.push_str(text),
                    Part::ToolCall { name, arguments, .. } => {
                        hashed.push_str(name);
                        hashed.push_str(arguments);
                    }
                    _ => {}
                }
            }
        }
        let last = messages.iter().rfind(|m| m.role == Role::User).map(|m| crate::wire::text_of(&m.parts));
        let last = last.unwrap_or_default();
        let has_results = messages
            .iter()
            .rev()
            .take_while(|m| m.role != Role::Assistant)
            .flat_map(|m| &m.parts)
            .any(|part| matches!(part, Part::ToolResult { .. }));
        let tokens = u32::try_from(hashed.chars().count().div_ceil(4)).unwrap_or(u32::MAX);
        Self { topic: prose::topic(&last), hashed, last, tokens, partial, has_results }
    }
}

/// Puts steps in time: waits are whole milliseconds, their fractions are carried over.
struct Writer {
    steps: Vec<Step>,
    gap: f64,
    owed: f64,
    first: bool,
}

impl Writer {
    fn new(settings: &Settings) -> Self {
        Self { steps: Vec::new(), gap: 1_000.0 / settings.tps, owed: 0.0, first: true }
    }

    fn wait(&mut self, ms: f64) {
        self.owed += ms;
        let whole = self.owed.floor();
        if whole >= 1.0 {
            self.owed -= whole;
            self.steps.push(Step::Wait { ms: whole as u32 });
        }
    }

    fn say(&mut self, delta: Delta) {
        self.steps.push(Step::Delta(delta));
    }

    fn token(&mut self, delta: Delta) {
        if !std::mem::take(&mut self.first) {
            self.wait(self.gap);
        }
        self.say(delta);
    }
}

#[cfg(test)]
mod tests;
