//! PDFs that were made to end, fill or stop the program that reads them: only their own text is lost.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{MediaSource, Part};
use engine::{Attachment, Engine, EngineOptions};
use system_tests::{orch::Orch, places};
use testkit::Home;

/// A PDF of these objects, numbered from 1; the first is its root.
fn pdf(objects: &[Vec<u8>]) -> Vec<u8> {
    let (mut bytes, mut places) = (b"%PDF-1.5\n".to_vec(), Vec::new());
    for (at, object) in objects.iter().enumerate() {
        places.push(bytes.len());
        bytes.extend_from_slice(format!("{} 0 obj\n", at + 1).as_bytes());
        bytes.extend_from_slice(object);
        bytes.extend_from_slice(b"\nendobj\n");
    }
    let (table, size) = (bytes.len(), objects.len() + 1);
    let rows: Vec<String> = places.iter().map(|place| format!("{place:010} 00000 n \n")).collect();
    let rows = rows.concat();
    let end = format!(
        "xref\n0 {size}\n0000000000 65535 f \n{rows}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"
    );
    bytes.extend_from_slice(end.as_bytes());
    bytes
}

fn stream(more: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = format!("<< {more} /Length {} >>\nstream\n", content.len()).into_bytes();
    bytes.extend_from_slice(content);
    bytes.extend_from_slice(b"\nendstream");
    bytes
}

const ROOT: &[u8] = b"<< /Type /Catalog /Pages 2 0 R >>";

fn pages(more: &str) -> Vec<u8> {
    let size = "/Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 612 792]";
    format!("<< {size} {more} >>").into_bytes()
}

fn page(contents: &str) -> Vec<u8> {
    format!("<< /Type /Page /Parent 2 0 R /Contents {contents} >>").into_bytes()
}

/// One that says this.
fn good(text: &str) -> Vec<u8> {
    let font = "/Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding";
    let fonts = format!("/Resources << /Font << /F1 << {font} >> >> >>");
    let says = format!("BT /F1 12 Tf 72 700 Td ({text}) Tj ET");
    pdf(&[ROOT.to_vec(), pages(&fonts), page("4 0 R"), stream("", says.as_bytes())])
}

/// A form that draws itself.
fn form_in_itself() -> Vec<u8> {
    let form = stream("/Type /XObject /Subtype /Form /BBox [0 0 1 1]", b"/X Do");
    let itself = pages("/Resources << /XObject << /X 5 0 R >> >>");
    pdf(&[ROOT.to_vec(), itself, page("4 0 R"), stream("", b"/X Do"), form])
}

/// A page whose parent is its child.
fn parent_of_its_parent() -> Vec<u8> {
    let tree = b"<< /Type /Pages /Kids [3 0 R] /Count 1 /Parent 3 0 R >>".to_vec();
    pdf(&[ROOT.to_vec(), tree, page("4 0 R"), stream("", b"BT ET")])
}

/// A page of gigabytes of blanks in a few kilobytes.
fn bomb() -> Vec<u8> {
    let contents = format!("[{}]", "4 0 R ".repeat(1_000));
    pdf(&[ROOT.to_vec(), pages(""), page(&contents), stream("/Filter /FlateDecode", &blanks(32_000))])
}

/// Deflated blanks, 258 for each of so many repeats: one blank, then "the last 258 bytes again, from one
/// byte back" in the fixed codes of RFC 1951.
fn blanks(repeats: usize) -> Vec<u8> {
    let (mut bytes, mut held, mut bits) = (vec![0x78, 0x01], 0_u32, 0);
    let mut put = |code: u32, length: u32| {
        for bit in (0..length).rev() {
            held |= (code >> bit & 1) << bits;
            bits += 1;
            if bits == 8 {
                bytes.push(held as u8);
                (held, bits) = (0, 0);
            }
        }
    };
    // The last block, with fixed codes (low bits first); then a blank.
    put(0b110, 3);
    put(0x30 + 0x20, 8);
    for _ in 0..repeats {
        put(0b1100_0101, 8);
        put(0, 5);
    }
    put(0, 7 + 7);
    // Its checksum: Adler-32 of what comes out.
    let length = repeats as u64 * 258 + 1;
    let low = (1 + 32 * length) % 65_521;
    let high = (length + 32 * (length * (length + 1) / 2 % 65_521)) % 65_521;
    bytes.extend_from_slice(&((high << 16 | low) as u32).to_be_bytes());
    bytes
}

async fn attach(engine: &Engine, bytes: &[u8]) -> Attachment {
    engine.attach("some.pdf", "application/pdf", BASE64_STANDARD.encode(bytes)).await.unwrap()
}

async fn text_of(engine: &Engine, attached: Attachment) -> String {
    let Some(Part::File { source: MediaSource::Blob { hash, .. }, .. }) = attached.text else {
        panic!("it has no text: {attached:?}");
    };
    String::from_utf8(BASE64_STANDARD.decode(engine.media(hash).await.unwrap().data).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_pdf_costs_its_own_text_and_nothing_else() {
    let home = Home::empty().unwrap();
    let pdf_reader = Some(places::program("orch").unwrap());
    let options = EngineOptions { pdf_reader, ..EngineOptions::command() };
    let engine = Engine::open(home.path(), options).await.unwrap();
    for (at, hostile) in [form_in_itself(), parent_of_its_parent(), bomb()].iter().enumerate() {
        let attached = attach(&engine, hostile).await;
        assert!(attached.text.is_none());
        let warning = attached.warning.unwrap();
        assert!(warning.contains("can still be sent"), "hostile file {at}: {warning}");
        let next = attach(&engine, &good(&format!("after hostile file {at}"))).await;
        assert_eq!((next.pages, &next.warning), (Some(1), &None));
        assert_eq!(text_of(&engine, next).await, format!("after hostile file {at}"));
    }
    assert!(engine.check().await.unwrap().ok);
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orch_asks_with_a_pdf_that_cannot_be_read() {
    let home = Home::empty().unwrap();
    let file = home.path().join("form.pdf");
    std::fs::write(&file, form_in_itself()).unwrap();
    let orch = Orch::new(home.path()).unwrap();
    let (fine, file) = (home.path().join("fine.pdf"), file.display().to_string());
    std::fs::write(&fine, good("Bonn or Oslo")).unwrap();
    let asked = orch.run(&["chat", "-m", "simulated/fast?len=3", "-a", &file, "Read this."]).unwrap();
    assert_eq!(asked.code, Some(0), "{asked:?}");
    assert!(asked.stderr.contains("can still be sent"), "{asked:?}");
    let fine = fine.display().to_string();
    let asked =
        orch.run(&["chat", "-m", "simulated/fast?len=3", "--pdf-text", "-a", &fine, "Read."]).unwrap();
    assert_eq!((asked.code, asked.stderr.contains("can still")), (Some(0), false), "{asked:?}");
    let tree = orch.newest_tree().unwrap();
    assert!(tree.to_string().contains("fine.pdf.txt"), "{tree}");
}

#[test]
fn orch_takes_no_file_that_has_no_end() {
    let home = Home::empty().unwrap();
    let orch = Orch::new(home.path()).unwrap();
    let large = home.path().join("large.txt");
    std::fs::File::create(&large).unwrap().set_len(64 << 30).unwrap();
    for (file, why) in [("/dev/zero", "is no file"), (large.to_str().unwrap(), "larger than 32 MB")] {
        let asked = orch.run(&["chat", "--no-store", "-m", "simulated/fast", "-a", file, "hi"]).unwrap();
        assert_eq!(asked.code, Some(2), "{asked:?}");
        assert!(asked.stderr.contains(why), "{asked:?}");
    }
}
