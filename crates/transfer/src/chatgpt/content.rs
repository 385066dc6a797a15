//! What a message of ChatGPT says, by its `content_type`.

use crate::{json::text, read::Beside, tree::shown};
use domain::{Hash, MediaSource, Part, Role};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Turns contents into parts, with the files beside them.
pub(crate) struct Content<'b, 'f> {
    beside: &'b mut Beside<'f>,
    /// Files that were found, by their id.
    found: HashMap<String, Part>,
    /// Ids that the message at hand names in its content.
    pointed: HashSet<String>,
    missing: usize,
    unknown: BTreeSet<String>,
    broken: Option<String>,
    unreadable: usize,
}

impl<'b, 'f> Content<'b, 'f> {
    pub(crate) fn new(beside: &'b mut Beside<'f>) -> Self {
        let (found, pointed, unknown) = (HashMap::new(), HashSet::new(), BTreeSet::new());
        Self { beside, found, pointed, missing: 0, unknown, broken: None, unreadable: 0 }
    }

    pub(crate) fn unknown_role(&mut self, role: &str) {
        self.unknown.insert(format!("role `{}`", shown(role)));
    }

    pub(crate) const fn unreadable(&mut self) {
        self.unreadable += 1;
    }

    pub(crate) fn warnings(self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.missing > 0 {
            warnings
                .push(format!("{} of its attachments are not in the file; their names stay", self.missing));
        }
        if self.unreadable > 0 {
            warnings.push(format!("{} of its messages cannot be read, and were left out", self.unreadable));
        }
        if !self.unknown.is_empty() {
            let names: Vec<String> = self.unknown.into_iter().take(8).collect();
            warnings.push(format!(
                "it has things that are new here ({}); their text was taken",
                names.join(", ")
            ));
        }
        warnings.extend(self.broken.map(|why| format!("an attachment cannot be read: {why}")));
        warnings
    }

    /// The parts of a message.
    pub(crate) fn parts(&mut self, message: &Value, role: Role, node: &str) -> Vec<Part> {
        self.pointed.clear();
        let nothing = Value::Null;
        let content = message.get("content").unwrap_or(&nothing);
        let mut parts = self.said(content, message, role, node);
        let attachments = message.pointer("/metadata/attachments").and_then(Value::as_array);
        let mut attached = Vec::new();
        for attachment in attachments.into_iter().flatten() {
            let name = text(attachment, "name");
            let id = text(attachment, "id").or(name);
            let Some(id) = id else { continue };
            // Pictures are named in the content as well.
            if !self.pointed.contains(id) {
                let media_type = text(attachment, "mime_type").or_else(|| text(attachment, "mimeType"));
                attached.push(self.file(id, name, media_type, false));
            }
        }
        parts.extend(attached);
        parts
    }

    fn said(&mut self, content: &Value, message: &Value, role: Role, node: &str) -> Vec<Part> {
        let kind = text(content, "content_type").unwrap_or("text");
        let mut parts = match kind {
            "text" | "multimodal_text" => self.listed(content),
            "code" => {
                let code = text(content, "text").unwrap_or_default();
                let to = text(message, "recipient").filter(|to| *to != "all");
                match (role, to) {
                    (Role::Assistant, Some(to)) => {
                        let (id, name) = (node.to_owned(), to.to_owned());
                        return vec![Part::ToolCall {
                            id,
                            name,
                            arguments: code.to_owned(),
                            signature: None,
                        }];
                    }
                    (Role::Tool, _) => plain(code),
                    _ if code.is_empty() => Vec::new(),
                    _ => {
                        let language =
                            text(content, "language").filter(|name| *name != "unknown").unwrap_or("");
                        vec![Part::text(fenced(language, code))]
                    }
                }
            }
            "execution_output" | "system_error" => plain(text(content, "text").unwrap_or_default()),
            "tether_browsing_display" => {
                plain(text(content, "result").or_else(|| text(content, "summary")).unwrap_or_default())
            }
            "tether_quote" => {
                let lines = ["title", "url", "text"].map(|name| text(content, name).unwrap_or_default());
                plain(&lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n\n"))
            }
            "thoughts" => thoughts(content),
            "reasoning_recap" => reasoning(text(content, "content").unwrap_or_default()),
            "user_editable_context" | "model_editable_context" => {
                let names = ["user_profile", "user_instructions", "model_set_context"];
                let texts: Vec<&str> = names.iter().filter_map(|name| text(content, name)).collect();
                plain(&texts.join("\n\n"))
            }
            other => {
                self.unknown.insert(format!("content `{}`", shown(other)));
                let mut parts = self.listed(content);
                for name in ["text", "result", "content"] {
                    parts.extend(plain(text(content, name).unwrap_or_default()));
                }
                parts
            }
        };
        // A call that is written as a text, as the newest tools have it.
        if role == Role::Assistant
            && let Some(to) = text(message, "recipient").filter(|to| *to != "all")
            && parts.iter().all(|part| matches!(part, Part::Text { .. }))
            && !parts.is_empty()
        {
            let arguments = parts.drain(..).filter_map(into_text).collect::<Vec<_>>().join("\n");
            return vec![Part::ToolCall {
                id: node.to_owned(),
                name: to.to_owned(),
                arguments,
                signature: None,
            }];
        }
        if role == Role::Tool {
            let name = message.pointer("/author/name").and_then(Value::as_str);
            let is_error = kind == "system_error";
            for part in &mut parts {
                if let Part::Text { text } = part {
                    let (text, name) = (std::mem::take(text), name.map(ToOwned::to_owned));
                    *part = Part::ToolResult { call_id: node.to_owned(), name, text, is_error };
                }
            }
        }
        parts
    }

    fn listed(&mut self, content: &Value) -> Vec<Part> {
        let mut parts = Vec::new();
        for part in content.get("parts").and_then(Value::as_array).into_iter().flatten() {
            match part {
                Value::String(text) => parts.extend(plain(text)),
                Value::Object(_) => self.object(part, &mut parts),
                _ => {}
            }
        }
        parts
    }

    fn object(&mut self, part: &Value, parts: &mut Vec<Part>) {
        match text(part, "content_type").unwrap_or_default() {
            "image_asset_pointer" => parts.push(self.pointed(part, true)),
            "audio_transcription" => parts.extend(plain(text(part, "text").unwrap_or_default())),
            "audio_asset_pointer" | "video_container_asset_pointer" => parts.push(self.pointed(part, false)),
            "real_time_user_audio_video_asset_pointer" => {
                if let Some(audio) = part.get("audio_asset_pointer").filter(|audio| audio.is_object()) {
                    parts.push(self.pointed(audio, false));
                }
            }
            other => {
                // Early exports have no kind here, only what it is.
                if part.get("asset_pointer").is_some() {
                    parts.push(self.pointed(part, true));
                } else if let Some(said) = text(part, "text") {
                    parts.extend(plain(said));
                } else {
                    self.unknown.insert(format!("part `{}`", shown(other)));
                }
            }
        }
    }

    fn pointed(&mut self, part: &Value, image: bool) -> Part {
        let pointer = text(part, "asset_pointer").unwrap_or_default();
        // `file-service://file-…`, `sediment://file_…`; newer ones have more behind a `#`.
        let id = pointer.rsplit_once("://").map_or(pointer, |(_, id)| id);
        let id = id.split(['#', '?']).next().unwrap_or(id);
        self.pointed.insert(id.to_owned());
        self.file(id, None, None, image)
    }

    /// The file of an id; where it is not there, a part that says which it was.
    fn file(&mut self, id: &str, name: Option<&str>, said: Option<&str>, image: bool) -> Part {
        if let Some(part) = self.found.get(id) {
            return part.clone();
        }
        let found = match self.beside.files.as_deref_mut().map(|files| files.find(id)) {
            Some(Ok(found)) => found,
            Some(Err(error)) => {
                self.broken.get_or_insert_with(|| error.to_string());
                None
            }
            None => None,
        };
        let Some((file, bytes)) = found.filter(|(_, bytes)| !bytes.is_empty()) else {
            self.missing += 1;
            let url = format!("missing:{}", shown(id));
            let source = MediaSource::Url { url };
            let media_type = media_type(said, name.unwrap_or_default(), &[], image);
            return if image || media_type.starts_with("image/") {
                Part::Image { media_type, source }
            } else {
                Part::File { media_type, name: name.map(shown), source }
            };
        };
        let media_type = media_type(said, name.unwrap_or(&file), &bytes, image);
        let hash = Hash::of(&bytes);
        let source = MediaSource::Blob { hash, size: u32::try_from(bytes.len()).unwrap_or(u32::MAX) };
        let part = if media_type.starts_with("image/") {
            Part::Image { media_type: media_type.clone(), source }
        } else {
            let name = name.map_or_else(|| shown(&file), shown);
            Part::File { media_type: media_type.clone(), name: Some(name), source }
        };
        self.beside.keep(hash, &media_type, bytes);
        self.found.insert(id.to_owned(), part.clone());
        part
    }
}

fn into_text(part: Part) -> Option<String> {
    if let Part::Text { text } = part { Some(text) } else { None }
}

pub(crate) fn plain(text: &str) -> Vec<Part> {
    if text.is_empty() { Vec::new() } else { vec![Part::text(text)] }
}

pub(crate) fn reasoning(text: &str) -> Vec<Part> {
    if text.is_empty() {
        return Vec::new();
    }
    vec![Part::Reasoning { text: text.to_owned(), signature: None, sealed: None, id: None }]
}

fn thoughts(content: &Value) -> Vec<Part> {
    let thoughts = content.get("thoughts").and_then(Value::as_array);
    let all: Vec<String> = thoughts
        .into_iter()
        .flatten()
        .map(|thought| {
            let lines = ["summary", "content"].map(|name| text(thought, name).unwrap_or_default());
            lines.into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n\n")
        })
        .filter(|thought| !thought.is_empty())
        .collect();
    reasoning(&all.join("\n\n"))
}

/// A block of code, with a fence that is longer than any in it.
pub(crate) fn fenced(language: &str, code: &str) -> String {
    let longest = code.lines().map(|line| line.trim_start().bytes().take_while(|b| *b == b'`').count()).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    let language: String =
        language.chars().filter(|c| c.is_ascii_alphanumeric() || "+-#_.".contains(*c)).collect();
    format!("{fence}{language}\n{code}\n{fence}")
}

/// What bytes are: pictures and PDFs by how they begin, else as it was said, else by the name.
pub(crate) fn media_type(said: Option<&str>, name: &str, bytes: &[u8], image: bool) -> String {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let seen = if begins(b"\x89PNG") {
        Some("image/png")
    } else if begins(b"\xFF\xD8\xFF") {
        Some("image/jpeg")
    } else if begins(b"GIF8") {
        Some("image/gif")
    } else if begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else if begins(b"%PDF-") {
        Some("application/pdf")
    } else {
        None
    };
    if let Some(seen) = seen {
        return seen.to_owned();
    }
    let sane = |said: &&str| {
        said.len() < 100
            && said.contains('/')
            && said.bytes().all(|b| b.is_ascii_alphanumeric() || b"/+-.".contains(&b))
    };
    // Only what begins like a picture is one.
    let is_picture = |kind: &str| kind.starts_with("image/");
    if let Some(said) = said.filter(sane).filter(|said| bytes.is_empty() || !is_picture(said)) {
        return said.to_owned();
    }
    if bytes.is_empty() && image {
        return "image/png".to_owned();
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match ending.as_str() {
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "json" => "application/json",
        "csv" => "text/csv",
        "md" => "text/markdown",
        "txt" | "py" | "js" | "ts" | "rs" | "c" | "h" | "cpp" | "java" | "go" | "sh" | "toml" | "yaml"
        | "yml" | "log" | "sql" | "css" => "text/plain",
        _ => "application/octet-stream",
    }
    .to_owned()
}
