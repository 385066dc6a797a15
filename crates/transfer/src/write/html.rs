//! One page that needs nothing else and can do nothing: no script, nothing fetched, every word escaped.

use super::{Shown, file_name, lines};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{Hash, MediaSource, MessageId, MessageStatus, Part, Portable};
use std::io::{self, Write};

/// How the page looks; nothing in it comes from a conversation.
const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--soft:#8881}\
body{font:15px/1.6 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem;line-height:1.3}\
nav a{display:block}\
article{border-top:1px solid var(--line);padding:.75rem 0}\
article[data-role=user]{background:var(--soft);padding:.75rem}\
header{font-size:.85rem;opacity:.75;margin-bottom:.35rem}\
.text,pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0}\
pre{font:13px/1.5 ui-monospace,monospace;background:var(--soft);padding:.6rem;border-radius:.3rem}\
details{opacity:.8;margin:.4rem 0}\
img{max-width:100%;height:auto}\
footer{margin-top:3rem;font-size:.8rem;opacity:.6}";

/// Pictures of these kinds are shown; they are made of pixels only.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// Where the bytes of a picture come from.
pub type Bytes<'a> = dyn FnMut(Hash) -> Option<Vec<u8>> + 'a;

/// A page that is being written.
pub struct Html<W: Write> {
    out: W,
    number: usize,
}

/// A page of one conversation. How many messages are in it.
///
/// # Errors
/// When it cannot be written.
pub fn html(
    out: impl Write,
    whole: &Portable,
    tip: Option<MessageId>,
    bytes: &mut Bytes<'_>,
) -> io::Result<u32> {
    let mut page = Html::begin(out, &whole.title)?;
    let count = page.conversation(whole, tip, bytes)?;
    page.finish()?;
    Ok(count)
}

impl<W: Write> Html<W> {
    /// Begins a page.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(mut out: W, title: &str) -> io::Result<Self> {
        // The hash of the style would do too; nothing else in the page can be a style, since all is escaped.
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             img-src data:; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{STYLE}</style>\n\
             </head>\n<body>\n",
            escaped(title)
        )?;
        Ok(Self { out, number: 0 })
    }

    /// Adds a conversation: the path to `tip`, or the whole tree. How many messages that was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn conversation(
        &mut self,
        whole: &Portable,
        tip: Option<MessageId>,
        bytes: &mut Bytes<'_>,
    ) -> io::Result<u32> {
        self.number += 1;
        let out = &mut self.out;
        writeln!(out, "<section id=\"c{}\">\n<h1>{}</h1>", self.number, escaped(&whole.title))?;
        writeln!(out, "<p><time>{}</time></p>", whole.created_at)?;
        if let Some(system) = &whole.system {
            writeln!(
                out,
                "<details><summary>System</summary><div class=\"text\">{}</div></details>",
                escaped(system)
            )?;
        }
        let mut count = 0;
        for shown in lines(whole, tip) {
            if shown.parts.is_empty() {
                continue;
            }
            count += 1;
            message(out, &shown, bytes)?;
        }
        writeln!(out, "</section>")?;
        Ok(count)
    }

    /// Ends the page.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(b"<footer>Written by Orchesity</footer>\n</body>\n</html>\n")?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn message(out: &mut dyn Write, shown: &Shown<'_>, bytes: &mut Bytes<'_>) -> io::Result<()> {
    // Set in by its forks, but never off the page.
    let left = shown.forks.min(12);
    writeln!(out, "<article data-role=\"{}\" style=\"margin-left:{left}rem\">", shown.message.role)?;
    write!(out, "<header>{}", shown.who())?;
    if let Some(model) = shown.model {
        write!(out, " · {}", escaped(model.as_str()))?;
    }
    if let Some((place, of)) = shown.sibling {
        write!(out, " · {place}/{of}")?;
    }
    if shown.message.status != MessageStatus::Complete {
        write!(out, " · {}", shown.message.status)?;
    }
    writeln!(out, " · <time>{}</time></header>", shown.message.created_at)?;
    for part in &shown.parts {
        match part {
            Part::Text { text } => writeln!(out, "<div class=\"text\">{}</div>", escaped(text))?,
            Part::Reasoning { text, .. } if text.is_empty() => {}
            Part::Reasoning { text, .. } => writeln!(
                out,
                "<details><summary>Reasoning</summary><div class=\"text\">{}</div></details>",
                escaped(text)
            )?,
            Part::ToolCall { name, arguments, .. } => {
                writeln!(out, "<p>{}</p><pre>{}</pre>", escaped(name), escaped(arguments))?;
            }
            Part::ToolResult { name, text, .. } => writeln!(
                out,
                "<p>{}</p><pre>{}</pre>",
                escaped(name.as_deref().unwrap_or("Result")),
                escaped(text)
            )?,
            Part::Image { media_type, source: MediaSource::Blob { hash, .. } }
                if PICTURES.contains(&media_type.as_str()) =>
            {
                match bytes(*hash) {
                    Some(bytes) => writeln!(
                        out,
                        "<img alt=\"\" src=\"data:{media_type};base64,{}\">",
                        BASE64_STANDARD.encode(bytes)
                    )?,
                    None => writeln!(out, "<p>[{}]</p>", escaped(media_type))?,
                }
            }
            Part::Image { .. } | Part::File { .. } => {
                writeln!(out, "<p>[{}]</p>", escaped(&file_name(part)))?;
            }
            Part::Raw { json, .. } => writeln!(out, "<pre>{}</pre>", escaped(json))?,
        }
    }
    writeln!(out, "</article>")
}

/// Text that stays text wherever it stands.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // What no page may hold.
            '\0' => safe.push(char::REPLACEMENT_CHARACTER),
            c => safe.push(c),
        }
    }
    safe
}
