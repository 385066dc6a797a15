//! One finished answer, for scripts and for people.

use crate::{exit::Trouble, terminal};
use domain::{Completion, CompletionId, CompletionState, Cost, Failure, Part, Stop, Target, Usage};
use engine::Engine;
use serde::Serialize;
use serde_json::Value;
use std::io::{self, Write as _};

/// What `--json` prints: a contract.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    target: Target,
    state: &'static str,
    text: String,
    reasoning: String,
    tool_calls: Vec<ToolCall>,
    stop: Option<Stop>,
    usage: Usage,
    cost: Option<Cost>,
    ttft_ms: Option<u32>,
    duration_ms: Option<u32>,
    attempts: u32,
    error: Option<Failure>,
}

#[derive(Debug, Serialize)]
struct ToolCall {
    name: String,
    /// An object, or the raw text where it is no JSON.
    arguments: Value,
}

impl Report {
    /// Reads a finished completion back from the store: what is printed is what was kept.
    pub async fn of(engine: &Engine, id: CompletionId, target: &Target) -> Result<Self, Trouble> {
        let (completion, parts, attempts) = engine.answer(id).await?;
        Ok(Self::from_parts(&completion, &parts, attempts, target.clone()))
    }

    fn from_parts(completion: &Completion, parts: &[Part], attempts: u32, target: Target) -> Self {
        let (mut text, mut reasoning, mut tool_calls) = (String::new(), String::new(), Vec::new());
        for part in parts {
            match part {
                Part::Text { text: more } => text.push_str(more),
                Part::Reasoning { text: more, .. } => reasoning.push_str(more),
                Part::ToolCall { name, arguments, .. } => {
                    let object = serde_json::from_str::<Value>(arguments).ok().filter(Value::is_object);
                    let arguments = object.unwrap_or_else(|| Value::String(arguments.clone()));
                    tool_calls.push(ToolCall { name: name.clone(), arguments });
                }
                _ => {}
            }
        }
        let (stop, error) = match &completion.state {
            CompletionState::Complete { stop } => (Some(*stop), None),
            CompletionState::Failed { error } => (None, Some(error.clone())),
            _ => (None, None),
        };
        let metrics = completion.metrics;
        Self {
            target,
            state: completion.state.as_str(),
            text,
            reasoning,
            tool_calls,
            stop,
            usage: metrics.usage,
            cost: metrics.cost,
            ttft_ms: metrics.ttft_ms,
            duration_ms: metrics.duration_ms,
            attempts,
            error,
        }
    }

    pub fn print_json(&self) -> io::Result<()> {
        let line = serde_json::to_string(self).map_err(io::Error::other)?;
        let mut out = io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }

    /// The answer under a line that names it.
    pub fn print_block(&self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "── {} ──", self.target)?;
        if !self.text.is_empty() {
            writeln!(out, "{}", terminal::out(self.text.trim_end()))?;
        }
        for call in &self.tool_calls {
            let call = format!("[calls {} {}]", call.name, call.arguments);
            writeln!(out, "{}", terminal::out(&call))?;
        }
        writeln!(out, "{}\n", terminal::out(&self.line()))?;
        out.flush()
    }

    /// Its figures, or what went wrong, on one line.
    pub fn line(&self) -> String {
        let mut figures = Vec::new();
        if let Some(error) = &self.error {
            figures.push(format!("{} ({})", error.message, error.kind));
        } else if self.state != "complete" {
            figures.push(self.state.to_owned());
        }
        if let Some(ms) = self.ttft_ms {
            figures.push(format!("{:.2} s first", f64::from(ms) / 1_000.0));
        }
        if let (Some(ms), Some(ttft), Some(output)) = (self.duration_ms, self.ttft_ms, self.usage.output)
            && ms > ttft
        {
            figures.push(format!("{:.0} tok/s", f64::from(output) * 1_000.0 / f64::from(ms - ttft)));
        }
        let count = |n: Option<u32>, word: &str| n.map(|n| format!("{n} {word}"));
        figures.extend(count(self.usage.input, "in"));
        figures.extend(count(self.usage.output, "out"));
        figures.push(match &self.cost {
            None => "cost unknown".to_owned(),
            Some(cost) if cost.usd.0 == 0 => "free".to_owned(),
            Some(cost) => format!("{}${}", if cost.estimated { "≈ " } else { "" }, cost.usd),
        });
        if self.attempts > 1 {
            figures.push(format!("{} attempts", self.attempts));
        }
        figures.join(" · ")
    }
}
