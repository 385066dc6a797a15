use super::*;

/// A reader that runs this script in the place of the program.
fn script(script: &str, within: Duration) -> Reader {
    Reader { arguments: vec!["-c".into(), script.into()], within, ..Reader::by(Some("/bin/sh".into())) }
}

const PATIENCE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn what_the_reader_says_is_taken() {
    let says = script(r#"cat >/dev/null; printf '{"text":"said","pages":2,"warning":null}'"#, PATIENCE);
    let read = says.read(&vec![0; 1 << 20]).await;
    assert_eq!(read, Read { text: Some("said".to_owned()), pages: Some(2), warning: None });
}

#[tokio::test]
async fn a_reader_that_breaks_costs_only_that_text() {
    for breaks in ["kill -SEGV $$", "exit 3", "cat >/dev/null; echo no json", "exec 0<&-; exit 0", "yes"] {
        let read = script(breaks, PATIENCE).read(&vec![0; 4 << 20]).await;
        assert!(read.warning.unwrap().contains("can still be sent") && read.text.is_none(), "{breaks}");
    }
    assert!(Reader::by(None).read(b"").await.warning.unwrap().contains("can still be sent"));
    assert!(Reader::by(Some("/nowhere/at/all".into())).read(b"").await.text.is_none());
}

#[tokio::test]
async fn one_that_never_ends_is_ended_and_the_next_is_read() {
    let folder = testkit::Home::empty().unwrap();
    let note = folder.path().join("pid");
    let endless = format!("echo $$ > {}; cat > /dev/null; exec sleep 6000", note.display());
    let mut reader = script(&endless, Duration::from_secs(2));
    for _ in 0..=AT_ONCE {
        assert!(reader.read(b"x").await.warning.unwrap().contains("too long"));
    }
    let pid = std::fs::read_to_string(&note).unwrap();
    let status = || std::fs::read_to_string(format!("/proc/{}/status", pid.trim())).unwrap_or_default();
    for _ in 0..600 {
        if !status().contains("sleep") || status().contains("zombie") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!status().contains("sleeping"), "it is gone: {}", status());
    reader.arguments[1] = r#"cat >/dev/null; printf '{"text":"next"}'"#.into();
    reader.within = PATIENCE;
    assert_eq!(reader.read(b"x").await.text.as_deref(), Some("next"));
}

#[tokio::test]
async fn the_reader_knows_nothing_of_the_environment() {
    let tells = r#"cat >/dev/null; printf '{"text":"%s"}' "$(/usr/bin/env | cut -d= -f1 | tr '\n' ' ')""#;
    let names = script(tells, PATIENCE).read(b"x").await.text.unwrap();
    // What the shell itself sets.
    let own = ["PWD", "OLDPWD", "SHLVL", "_"];
    let odd: Vec<&str> = names.split_whitespace().filter(|n| !KEPT.contains(n) && !own.contains(n)).collect();
    assert!(odd.is_empty() && std::env::vars().count() > own.len(), "{odd:?}");
}
