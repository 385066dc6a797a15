//! Conversations out of here and into here.

use super::{
    asked::{Asked, bad, done, good, json, missing, refused},
    conversations::List,
    operation::{Answered, Operation},
    query::{Kind, Param},
};
use crate::Gateway;
use axum::body::Body;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{ExportFormat, ExportRequest, ImportStatus};
use engine::MAX_PIECE;
use http::{
    HeaderValue, Method, Response, StatusCode,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};

/// A list of conversations to be exported.
const REQUEST: usize = 4 << 20;
/// A file to be read in; larger ones, and ZIP files, are for `orch import`.
const FILE: usize = 64 << 20;

const IMPORT: &[Param] = &[Param::new("name", Kind::Text(200), "The file's name, for showing.")];

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::POST,
            "/conversations/export",
            "exportConversations",
            "Conversations as one text of at most 16 MiB; `orch export` writes larger ones.",
            export,
        )
        .takes::<ExportRequest>(REQUEST)
        .answers_as(200, &["application/json", "text/markdown", "text/html"]),
        Operation::new(
            Method::POST,
            "/conversations/import",
            "importConversations",
            "Reads a JSON export in, ours or another product's; the answer comes before it is read.",
            import,
        )
        .query(IMPORT)
        .takes_json(FILE)
        .answers::<ImportStatus>(202),
        Operation::new(
            Method::GET,
            "/imports",
            "listImports",
            "Imports since this program was started, newest first.",
            list,
        )
        .answers_list::<ImportStatus>(),
        Operation::new(Method::GET, "/imports/{import}", "getImport", "How an import stands.", get)
            .answers::<ImportStatus>(200),
        Operation::new(
            Method::DELETE,
            "/imports/{import}",
            "cancelImport",
            "Stops an import; what it has stored stays.",
            cancel,
        )
        .answers_nothing(),
    ]
}

async fn export(gateway: Gateway, asked: Asked) -> Answered {
    let request: ExportRequest = asked.body()?;
    let engine = gateway.engine();
    let text = engine.export_text(&request).await.map_err(refused)?;
    let name = engine.export_name(&request).await.map_err(refused)?;
    let kind = match request.format {
        ExportFormat::Json => "application/json",
        ExportFormat::Markdown => "text/markdown; charset=utf-8",
        ExportFormat::Html => "text/html; charset=utf-8",
    };
    let mut response = Response::new(Body::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // A page that was made of what others said is to be kept, not to be shown in our name.
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_. ".contains(c) { c } else { '_' }).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

async fn import(gateway: Gateway, asked: Asked) -> Answered {
    let query = asked.query(IMPORT)?;
    let (engine, bytes) = (gateway.engine(), asked.bytes());
    if bytes.is_empty() {
        return Err(bad("the body is missing: send the file, with `content-type: application/json`"));
    }
    let kib = u32::try_from(bytes.len().div_ceil(1024)).unwrap_or(u32::MAX);
    let id = engine.begin_import(query.text("name").unwrap_or("import.json"), kib).map_err(refused)?;
    for piece in bytes.chunks(MAX_PIECE) {
        if let Err(error) = engine.add_to_import(id, STANDARD.encode(piece)).await {
            let _ = engine.cancel_import(id);
            return Err(refused(error));
        }
    }
    engine.start_import(id).map_err(refused)?;
    json(StatusCode::ACCEPTED, &status(&gateway, id)?)
}

fn status(gateway: &Gateway, id: u32) -> Result<ImportStatus, dialects::serving::Refusal> {
    gateway.engine().imports().into_iter().find(|one| one.id == id).ok_or_else(|| missing("import", &id))
}

async fn list(gateway: Gateway, _: Asked) -> Answered {
    good(&List::all(gateway.engine().imports()))
}

async fn get(gateway: Gateway, asked: Asked) -> Answered {
    good(&status(&gateway, asked.named("import")?)?)
}

async fn cancel(gateway: Gateway, asked: Asked) -> Answered {
    gateway.engine().cancel_import(asked.named("import")?).map_err(refused)?;
    done()
}
