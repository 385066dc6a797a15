//! Markdown: what was said, as it was said, between headings that say who.

use super::{file_name, lines};
use crate::chatgpt::fenced;
use domain::{MessageId, MessageStatus, Part, Portable};
use std::io::{self, Write};

/// Writes a conversation: the path to `tip`, or the whole tree. How many messages that was.
///
/// # Errors
/// When it cannot be written.
pub fn markdown(out: &mut dyn Write, whole: &Portable, tip: Option<MessageId>) -> io::Result<u32> {
    writeln!(out, "# {}\n", inline(&whole.title))?;
    writeln!(out, "{}\n", whole.created_at)?;
    if let Some(system) = &whole.system {
        writeln!(out, "## System\n\n{}\n", system.trim_end())?;
    }
    let mut count = 0;
    for shown in lines(whole, tip) {
        if shown.parts.is_empty() {
            continue;
        }
        count += 1;
        write!(out, "## {}", shown.who())?;
        if let Some(model) = shown.model {
            write!(out, " · {}", inline(model.as_str()))?;
        }
        if let Some((place, of)) = shown.sibling {
            write!(out, " · {place}/{of}")?;
        }
        if shown.message.status != MessageStatus::Complete {
            write!(out, " · {}", shown.message.status)?;
        }
        writeln!(out, "\n")?;
        for part in &shown.parts {
            write_part(out, part)?;
        }
    }
    Ok(count)
}

fn write_part(out: &mut dyn Write, part: &Part) -> io::Result<()> {
    match part {
        Part::Text { text } => writeln!(out, "{}\n", text.trim_end()),
        Part::Reasoning { text, .. } if text.is_empty() => Ok(()),
        Part::Reasoning { text, .. } => {
            let quoted: Vec<String> = text.trim_end().lines().map(|line| format!("> {line}")).collect();
            writeln!(out, "> *Reasoning*\n>\n{}\n", quoted.join("\n"))
        }
        Part::ToolCall { name, arguments, .. } => {
            writeln!(out, "**{}**\n\n{}\n", inline(name), fenced("json", arguments))
        }
        Part::ToolResult { name, text, .. } => {
            writeln!(out, "**{}**\n\n{}\n", inline(name.as_deref().unwrap_or("Result")), fenced("", text))
        }
        Part::Image { .. } | Part::File { .. } => writeln!(out, "*[{}]*\n", inline(&file_name(part))),
        Part::Raw { json, .. } => writeln!(out, "{}\n", fenced("json", json)),
    }
}

/// A stranger's words in a line of ours.
fn inline(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            c if c.is_control() => plain.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' => plain.extend(['\\', c]),
            c => plain.push(c),
        }
    }
    plain
}
