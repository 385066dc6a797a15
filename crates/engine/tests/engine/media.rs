//! Taking files in and giving them out.

use crate::ground::Ground;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{MediaSource, Part};
use engine::{Attachment, EngineError, EngineErrorKind};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x03\xe8\0\0\x01\xf4\x08\x06\0\0\0\0\0\0\0\0\0\0\0";

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = PNG.to_vec();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    bytes
}

async fn attach(ground: &Ground, name: &str, bytes: &[u8]) -> Result<Attachment, EngineError> {
    ground.engine.attach(name, "application/octet-stream", &BASE64_STANDARD.encode(bytes)).await
}

fn hash(part: &Part) -> domain::Hash {
    match part {
        Part::File { source: MediaSource::Blob { hash, .. }, .. }
        | Part::Image { source: MediaSource::Blob { hash, .. }, .. } => *hash,
        other => panic!("{other:?} is not stored"),
    }
}

async fn text_of(ground: &Ground, part: &Part) -> String {
    let media = ground.engine.media(hash(part)).await.unwrap();
    assert_eq!(media.media_type, "text/plain");
    String::from_utf8(BASE64_STANDARD.decode(media.data).unwrap()).unwrap()
}

#[tokio::test]
async fn a_file_is_what_its_bytes_say_and_not_its_name() {
    let ground = Ground::new().await;
    let image = attach(&ground, "notes.txt", &png(1000, 750)).await.unwrap();
    assert!(matches!(&image.part, Part::Image { media_type, .. } if media_type == "image/png"));
    assert_eq!((image.tokens, image.warning), (1_000, None));
    let wide = attach(&ground, "wide.png", &png(9_000, 10)).await.unwrap();
    assert!(wide.warning.unwrap().contains("9000"));
    let text = attach(&ground, "picture.png", b"no picture at all").await.unwrap();
    assert!(matches!(&text.part, Part::File { media_type, .. } if media_type == "text/plain"));
    assert_eq!(text_of(&ground, &text.part).await, "no picture at all");
    for (name, bytes) in [
        ("a.txt", &b"PK\x03\x04\x14\0\0\0\x08\0some archive"[..]),
        ("b.txt", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0>\0"),
        ("c.txt", b"\0\x01\x02\x03\x04\x05 not text \0\0\0"),
        ("d.png", b"II*\0\x08\0\0\0\0\0\0\0"),
        ("e.png", b"\x89PNG\r\n\x1a\n\0"),
        ("f", b""),
    ] {
        let error = attach(&ground, name, bytes).await.unwrap_err();
        assert_eq!(error.kind(), EngineErrorKind::BadInput, "{name}: {error}");
    }
}

#[tokio::test]
async fn pictures_that_would_fill_the_memory_are_refused() {
    let ground = Ground::new().await;
    assert!(
        attach(&ground, "bomb.png", &png(60_000, 60_000)).await.unwrap_err().to_string().contains("pixels")
    );
}

#[tokio::test]
async fn nothing_larger_than_32_megabytes_comes_in() {
    let ground = Ground::new().await;
    let error = attach(&ground, "large.txt", &vec![b'a'; (32 << 20) + 1]).await.unwrap_err();
    assert!(error.to_string().contains("33 MB"), "{error}");
    assert!(ground.engine.attach("x", "", "no base64!").await.is_err());
}

#[tokio::test]
async fn text_of_other_charsets_is_read_and_said_to_be() {
    let ground = Ground::new().await;
    let said = "Größe, façade – naïve: die Straße ist für alle da, und älter als wir.";
    let latin: Vec<u8> = encoding_rs::WINDOWS_1252.encode(said).0.into_owned();
    let read = attach(&ground, "latin.txt", &latin).await.unwrap();
    assert_eq!(text_of(&ground, &read.part).await, said);
    assert!(read.warning.unwrap().contains("windows-1252"));
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(said.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for bytes in [&wide[..], &wide[2..]] {
        let read = attach(&ground, "wide.txt", bytes).await.unwrap();
        assert_eq!(text_of(&ground, &read.part).await, said);
        assert!(read.warning.unwrap().contains("UTF-16LE"));
    }
    let marked = attach(&ground, "bom.txt", b"\xef\xbb\xbfmarked").await.unwrap();
    assert_eq!((text_of(&ground, &marked.part).await.as_str(), marked.warning), ("marked", None));
    let japanese = "これは日本語の文章です。ファイルの文字コードはシフトJISです。";
    let bytes = encoding_rs::SHIFT_JIS.encode(japanese).0.into_owned();
    assert_eq!(text_of(&ground, &attach(&ground, "j.txt", &bytes).await.unwrap().part).await, japanese);
}

#[tokio::test]
async fn drawings_that_could_run_something_are_text() {
    let ground = Ground::new().await;
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"><script>alert(1)</script></svg>";
    let data = BASE64_STANDARD.encode(svg);
    let attached = ground.engine.attach("logo.svg", "image/svg+xml", &data).await.unwrap();
    assert!(matches!(&attached.part, Part::File { media_type, .. } if media_type == "text/plain"));
    assert_eq!(text_of(&ground, &attached.part).await, svg);
    let page = ground
        .engine
        .attach("x.html", "text/html", &BASE64_STANDARD.encode("<!doctype html><p>x"))
        .await
        .unwrap();
    assert!(matches!(&page.part, Part::File { media_type, .. } if media_type == "text/plain"));
}

#[tokio::test]
async fn names_are_names_and_no_paths() {
    let ground = Ground::new().await;
    for (given, kept) in [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\x.txt", "x.txt"),
        ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
        ("a\nb\0c.txt", "abc.txt"),
        ("..", "file"),
        ("", "file"),
    ] {
        let attached = attach(&ground, given, b"text").await.unwrap();
        assert!(matches!(&attached.part, Part::File { name: Some(name), .. } if name == kept), "{given:?}");
    }
}

#[tokio::test]
async fn a_broken_pdf_is_sent_without_text_and_says_so() {
    let ground = Ground::new().await;
    let attached = attach(&ground, "broken.pdf", b"%PDF-1.7\nnothing that follows is a PDF").await.unwrap();
    assert!(matches!(&attached.part, Part::File { media_type, .. } if media_type == "application/pdf"));
    assert!(attached.text.is_none() && attached.warning.is_some());
    // And is not shown by the window itself.
    assert!(ground.engine.media(hash(&attached.part)).await.is_err());
}

#[tokio::test]
async fn pictures_are_fetched_from_public_places_only() {
    let ground = Ground::new().await;
    for url in [
        "http://example.com/x.png",
        "https://127.0.0.1/x.png",
        "file:///etc/passwd",
        "https://10.0.0.1/x",
        "x",
    ] {
        let error = ground.engine.fetch_image(url).await.unwrap_err();
        assert_eq!(error.kind(), EngineErrorKind::BadInput, "{url}");
    }
}
