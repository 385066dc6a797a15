//! Files as they come, and as they come from those who mean harm.

mod hostile;
mod products;
mod samples;
mod writing;

use crate::{Item, Progress, ReadError, Reader, Source, source::File};
use domain::{ImportFormat, Part, Portable, Timestamp};
use std::{
    io::{Cursor, Write as _},
    sync::Arc,
};
use uuid::Uuid;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_760_000_000_000);

/// What reading some bytes came to.
#[derive(Default)]
pub(crate) struct Got {
    pub(crate) format: Option<ImportFormat>,
    pub(crate) all: Vec<Portable>,
    pub(crate) blobs: Vec<Vec<u8>>,
    pub(crate) skipped: usize,
    pub(crate) warnings: Vec<String>,
    pub(crate) error: Option<ReadError>,
}

pub(crate) fn read(bytes: &[u8]) -> Got {
    let bytes = bytes.to_vec();
    let open = move || Ok(Box::new(Cursor::new(bytes.clone())) as Box<dyn File>);
    let mut got = Got::default();
    let progress = Arc::new(Progress::default());
    let mut next = 0_u128;
    let mut ids = || {
        next += 1;
        Uuid::from_u128(next)
    };
    let mut sink = |item| {
        match item {
            Item::Format(format) => got.format = Some(format),
            Item::Blob { bytes, .. } => got.blobs.push(bytes),
            Item::Conversation(whole) => got.all.push(*whole),
            Item::Skipped { .. } => got.skipped += 1,
            Item::Warning(warning) => got.warnings.push(warning),
            Item::Folder(_) => {}
        }
        Ok(())
    };
    let read = Source::open(&open, &progress)
        .and_then(|mut source| Reader { now: NOW, ids: &mut ids, sink: &mut sink }.read(&mut source));
    got.error = read.err();
    got
}

pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(crate) fn said(whole: &Portable) -> Vec<(Option<&str>, Option<&str>, String)> {
    let source = |id| whole.messages.iter().find(|m| Some(m.id) == id).and_then(|m| m.source_id.as_deref());
    whole.messages.iter().map(|m| (m.source_id.as_deref(), source(m.parent), text(m.parts.get()))).collect()
}

pub(crate) fn text(parts: &str) -> String {
    let parts: Vec<Part> = serde_json::from_str(parts).unwrap();
    let texts: Vec<String> = parts
        .into_iter()
        .map(|part| match part {
            Part::Text { text } => text,
            Part::Reasoning { text, .. } => format!("thinks {text}"),
            Part::ToolCall { name, arguments, .. } => format!("{name}({arguments})"),
            Part::ToolResult { text, .. } => format!("gets {text}"),
            Part::Image { media_type, .. } | Part::File { media_type, .. } => format!("[{media_type}]"),
            Part::Raw { json, .. } => json,
        })
        .collect();
    texts.join("|")
}
