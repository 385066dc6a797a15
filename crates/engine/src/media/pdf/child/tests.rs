use super::*;
use pdf_extract::{Object, Stream, dictionary};

/// A PDF with a page for each text.
fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut document = Document::with_version("1.5");
    let tree = document.new_object_id();
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
    });
    let resources = document.add_object(dictionary! { "Font" => dictionary! { "F1" => font } });
    let kids: Vec<Object> = pages
        .iter()
        .map(|text| {
            let content = format!("BT /F1 12 Tf 72 700 Td ({text}) Tj ET");
            let content = document.add_object(Stream::new(dictionary! {}, content.into_bytes()));
            let page = dictionary! { "Type" => "Page", "Parent" => tree, "Contents" => content };
            document.add_object(page).into()
        })
        .collect();
    let count = kids.len() as i64;
    document.objects.insert(
        tree,
        Object::Dictionary(dictionary! {
            "Type" => "Pages", "Kids" => kids, "Count" => count, "Resources" => resources,
            "MediaBox" => vec![0.into(), 0.into(), 612.into(), 792.into()],
        }),
    );
    let root = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", root);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn soon() -> Instant {
    Instant::now() + Duration::from_mins(1)
}

#[test]
fn the_text_of_all_pages_comes_in_order() {
    let read = read(&pdf(&["First page", "Second page"]), soon(), MOST_TEXT);
    assert_eq!((read.pages, read.warning), (Some(2), None));
    let text = read.text.unwrap();
    assert!(text.find("First page").unwrap() < text.find("Second page").unwrap(), "{text:?}");
}

#[test]
fn a_page_without_text_is_said_to_be_scanned() {
    let read = read(&pdf(&[""]), soon(), MOST_TEXT);
    assert_eq!((read.text, read.pages), (None, Some(1)));
    assert!(read.warning.unwrap().contains("scanned"));
}

#[test]
fn damaged_files_give_a_reason_and_never_end_the_program() {
    let whole = pdf(&["Some words that stand on a page", "and more"]);
    for cut in (0..whole.len()).step_by(7) {
        let told = std::panic::catch_unwind(|| read(&whole[..cut], soon(), MOST_TEXT));
        if let Ok(read) = told {
            assert!(read.warning.is_some() || read.text.is_some());
        }
    }
    let mut state = 7_u32;
    for _ in 0..200 {
        let mut bytes = whole.clone();
        for _ in 0..8 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (state >> 8) as usize % bytes.len();
            bytes[at] = state as u8;
        }
        let _ = std::panic::catch_unwind(|| read(&bytes, soon(), MOST_TEXT));
    }
}

#[test]
fn a_flood_of_text_is_cut() {
    let line = "word ".repeat(1_000);
    let pages: Vec<&str> = std::iter::repeat_n(line.as_str(), 20).collect();
    let read = read(&pdf(&pages), soon(), 20_000);
    assert!(read.text.unwrap().len() <= 20_000);
    assert!(read.warning.unwrap().contains("cut"));
}
