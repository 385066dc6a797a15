//! Files and parameters on the command line.

use crate::world::world;

#[tokio::test(flavor = "multi_thread")]
async fn files_go_along_as_what_their_bytes_say_they_are() {
    let world = world().await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";
    let (notes, picture) = (world.file("notes.rs", b"fn main() {}"), world.file("picture.txt", png));
    let arguments = ["chat", "-m", "chat/ok", "--attach", &notes, "-a", &picture, "look at these"];
    let finished = world.run(&arguments).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let content = world.server.calls_of("ok")[0].body["messages"][0]["content"].clone();
    assert_eq!(content[1]["text"], "<file name=\"notes.rs\">\nfn main() {}\n</file>");
    assert!(
        content[2]["image_url"]["url"].as_str().unwrap().starts_with("data:image/png;base64,"),
        "{content}"
    );
    let finished = world.run(&["chat", "-m", "chat/ok", "--attach", "/nowhere/at/all", "hi"]).await;
    assert_eq!((finished.code, world.server.log().len()), (Some(2), 1), "{finished:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_could_take_is_refused_before_anybody_is_asked() {
    let world = world().await;
    for arguments in [
        &["compare", "-m", "chat/ok", "-m", "simulated/fast", "--web-search", "hi"][..],
        &["chat", "-m", "chat/ok", "--param", "temperature=2.5", "hi"],
        &["chat", "-m", "chat/ok", "--param", "max_tokens=0", "hi"],
    ] {
        let finished = world.run(arguments).await;
        assert_eq!(finished.code, Some(2), "{finished:?}");
    }
    assert!(world.server.log().is_empty());
    let finished = world.run(&["chat", "-m", "responses/ok", "--web-search", "hi"]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(world.server.calls_of("ok")[0].body["tools"][0]["type"], "web_search");
}
