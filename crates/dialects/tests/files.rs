//! Images and files in every dialect: as the provider takes them, else as text, else refused with a way
//! out. Never left out.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dialects::{ChatMessage, ChatRequest, PdfStyle, Quirks, encode, takes_pdf};
use domain::{Dialect, MediaSource, Part, Role};
use serde_json::{Value, json};

const DIALECTS: [Dialect; 5] = [
    Dialect::OpenaiChat,
    Dialect::OpenaiResponses,
    Dialect::AnthropicMessages,
    Dialect::Gemini,
    Dialect::Ollama,
];

fn file(media_type: &str, name: &str, data: &str) -> Part {
    let source = MediaSource::Inline { data: data.to_owned() };
    Part::File { media_type: media_type.to_owned(), name: Some(name.to_owned()), source }
}

fn sent(dialect: Dialect, quirks: &Quirks, part: Part) -> Result<Value, String> {
    let parts = vec![Part::text("Read this."), part];
    let request = ChatRequest {
        model: "m".to_owned(),
        messages: vec![ChatMessage { role: Role::User, parts }],
        ..ChatRequest::default()
    };
    let wire = encode(dialect, &request, quirks).map_err(|e| e.failure().message)?;
    Ok(serde_json::from_slice(&wire.body).unwrap())
}

#[test]
fn a_text_file_reaches_every_model_with_its_name() {
    // A type that says nothing is text when its bytes are; a mark of byte order is not sent.
    for (media_type, data) in [
        ("text/markdown", "Qm9ubiBvciBPc2xv"),
        ("application/json", "Qm9ubiBvciBPc2xv"),
        ("application/octet-stream", "77u/Qm9ubiBvciBPc2xv"),
        ("", "Qm9ubiBvciBPc2xv"),
    ] {
        for dialect in DIALECTS {
            let body =
                sent(dialect, &Quirks::default(), file(media_type, "a \"b\".md", data)).unwrap().to_string();
            assert!(body.contains(r#"<file name=\"a 'b'.md\">\nBonn or Oslo\n</file>"#), "{dialect}: {body}");
        }
    }
}

#[test]
fn a_pdf_goes_as_it_is_where_it_can_and_elsewhere_the_way_out_is_named() {
    let pdf = || file("application/pdf", "a.pdf", "JVBERi0x");
    let at = |dialect, pointer: &str| {
        sent(dialect, &Quirks::default(), pdf()).unwrap().pointer(pointer).cloned().unwrap()
    };
    let url = "data:application/pdf;base64,JVBERi0x";
    assert_eq!(
        at(Dialect::OpenaiChat, "/messages/0/content/1"),
        json!({ "type": "file", "file": { "filename": "a.pdf", "file_data": url } })
    );
    assert_eq!(
        at(Dialect::OpenaiResponses, "/input/0/content/1"),
        json!({ "type": "input_file", "filename": "a.pdf", "file_data": url })
    );
    assert_eq!(
        at(Dialect::AnthropicMessages, "/messages/0/content/1"),
        json!({ "type": "document", "title": "a.pdf",
            "source": { "type": "base64", "media_type": "application/pdf", "data": "JVBERi0x" } })
    );
    assert_eq!(
        at(Dialect::Gemini, "/contents/0/parts/1"),
        json!({ "inlineData": { "mimeType": "application/pdf", "data": "JVBERi0x" } })
    );
    let mistral = Quirks { pdf: Some(PdfStyle::DocumentUrl), ..Quirks::default() };
    let body = sent(Dialect::OpenaiChat, &mistral, pdf()).unwrap();
    assert_eq!(body["messages"][0]["content"][1], json!({ "type": "document_url", "document_url": url }));
    let none = Quirks { pdf: Some(PdfStyle::None), ..Quirks::default() };
    for (dialect, quirks) in [(Dialect::OpenaiChat, none), (Dialect::Ollama, Quirks::default())] {
        assert!(!takes_pdf(dialect, &quirks));
        let refused = sent(dialect, &quirks, pdf()).unwrap_err();
        assert!(refused.contains("send the PDF's text"), "{refused}");
    }
}

#[test]
fn what_a_dialect_cannot_carry_is_refused_and_never_left_out() {
    for dialect in [Dialect::OpenaiChat, Dialect::AnthropicMessages, Dialect::Ollama] {
        let refused =
            sent(dialect, &Quirks::default(), file("application/zip", "a.zip", "UEsDBA==")).unwrap_err();
        assert!(refused.contains("application/zip"), "{dialect}: {refused}");
    }
    let binary = file("application/octet-stream", "a.bin", "AAEC/w==");
    assert!(sent(Dialect::OpenaiChat, &Quirks::default(), binary).is_err());
}

#[test]
fn a_picture_goes_in_every_dialect() {
    for dialect in DIALECTS {
        let source = MediaSource::Inline { data: "aW1hZ2U=".to_owned() };
        let image = Part::Image { media_type: "image/png".to_owned(), source };
        let body = sent(dialect, &Quirks::default(), image).unwrap().to_string();
        assert!(body.contains("aW1hZ2U="), "{dialect}: {body}");
    }
}
