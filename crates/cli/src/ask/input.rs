//! Prompt, attachments and parameters from the command line.

use crate::{args::Ask, exit::Trouble, terminal};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Params, Part, ResponseFormat};
use engine::{Engine, MAX_ATTACHED};
use serde_json::{Map, Value};
use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// The prompt. Standard input is read only for `-`, or when no prompt is given at all.
pub fn prompt(ask: &Ask) -> Result<String, Trouble> {
    let mut text = match (ask.prompt.as_deref(), &ask.file) {
        (Some("-"), _) | (None, None) => {
            let mut text = String::new();
            io::stdin()
                .read_to_string(&mut text)
                .map_err(|e| usage(format!("standard input is no text: {e}")))?;
            text
        }
        (Some(prompt), _) => prompt.to_owned(),
        (None, Some(_)) => String::new(),
    };
    if let Some(file) = &ask.file {
        let more = std::fs::read_to_string(file)
            .map_err(|e| usage(format!("`{}` cannot be read: {e}", file.display())))?;
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(&more);
    }
    if text.trim().is_empty() {
        return Err(usage(
            "there is nothing to ask: give a prompt, `--file FILE`, or text on standard input".into(),
        ));
    }
    Ok(text)
}

/// A file to send along: its name, and base64 of its bytes.
pub struct File {
    name: String,
    data: String,
}

/// The files to send along, read before anything else happens.
pub fn files(ask: &Ask) -> Result<Vec<File>, Trouble> {
    let read = |path: &PathBuf| {
        let bytes = bytes_of(path).map_err(|e| usage(format!("`{}` {e}", path.display())))?;
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(File { name, data: BASE64_STANDARD.encode(bytes) })
    };
    ask.attach.iter().map(read).collect()
}

/// No more than can be attached, however large the file is, or grows meanwhile.
fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    let most = MAX_ATTACHED as u64;
    let too_large = || format!("is larger than {} MB, which is the most that can be attached", most >> 20);
    let unread = |e: io::Error| format!("cannot be read: {e}");
    // Looked at before it is opened: opening a pipe waits for somebody who writes.
    let about = std::fs::metadata(path).map_err(unread)?;
    if !about.is_file() {
        return Err("is no file; name one that has the text, PDF or picture in it".to_owned());
    }
    if about.len() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).and_then(|f| f.take(most + 1).read_to_end(&mut bytes)).map_err(unread)?;
    if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes) }
}

/// What is said: the prompt, and each file as what its bytes say it is.
pub async fn parts(engine: &Engine, ask: &Ask, text: String, files: Vec<File>) -> Result<Vec<Part>, Trouble> {
    let mut parts = vec![Part::text(text)];
    for file in files {
        let attached = engine.attach(&file.name, "", file.data).await?;
        if let Some(warning) = &attached.warning {
            eprintln!("{}: {}", terminal::err(&file.name), terminal::err(warning));
        }
        parts.push(match attached.text {
            Some(text) if ask.pdf_text => text,
            _ => attached.part,
        });
    }
    Ok(parts)
}

/// `--param KEY=VALUE`: ours by name, any other goes into the request as it is.
pub fn params(ask: &Ask) -> Result<Params, Trouble> {
    let mut params = Params { one_shot: ask.no_stream, web_search: ask.web_search, ..Params::default() };
    let mut extra = Map::new();
    for param in &ask.params {
        let Some((key, value)) = param.split_once('=') else {
            return Err(usage(format!("`{param}` is no parameter; write `--param temperature=0.2`")));
        };
        let bad = |what: &str| usage(format!("`{key}` takes {what}, not `{value}`"));
        match key {
            "temperature" => params.temperature = Some(value.parse().map_err(|_| bad("a number"))?),
            "top_p" => params.top_p = Some(value.parse().map_err(|_| bad("a number"))?),
            "max_tokens" => params.max_tokens = Some(value.parse().map_err(|_| bad("a whole number"))?),
            "seed" => params.seed = Some(value.parse().map_err(|_| bad("a whole number"))?),
            "stop" => params.stop.push(value.to_owned()),
            "reasoning_effort" => {
                params.reasoning_effort = Some(value.parse().map_err(usage)?);
            }
            "json_schema" => params.response_format = Some(schema(value)?),
            other => {
                let json = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
                extra.insert(other.to_owned(), json);
            }
        }
    }
    if !extra.is_empty() {
        params.extra = Some(Value::Object(extra).to_string());
    }
    Ok(params)
}

fn schema(path: &str) -> Result<ResponseFormat, Trouble> {
    let text = std::fs::read_to_string(path).map_err(|e| usage(format!("`{path}` cannot be read: {e}")))?;
    let value: Value = serde_json::from_str(&text).map_err(|e| usage(format!("`{path}` is no JSON: {e}")))?;
    let name = value.get("title").and_then(Value::as_str).unwrap_or("answer");
    let name = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    Ok(ResponseFormat::JsonSchema { name, schema: value.to_string(), strict: true })
}

fn usage(text: String) -> Trouble {
    Trouble::Usage(text)
}
