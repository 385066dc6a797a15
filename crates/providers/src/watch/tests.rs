use super::*;
use std::fs;

const GOOD: &str = "[engine]\nmax_attempts = 7\n";

async fn until(watch: &ConfigWatch, done: impl Fn(&ConfigWatch) -> bool) {
    let mut changed = watch.changed();
    let waiting = async {
        while !done(watch) {
            changed.changed().await.unwrap();
        }
    };
    // A limit for a test that would hang, not a promise.
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("no change was seen");
}

fn attempts(watch: &ConfigWatch) -> u32 {
    watch.current().engine.max_attempts
}

#[tokio::test]
async fn a_file_that_appears_is_taken_up_and_a_bad_edit_leaves_the_last_good_one() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join(config::FILE);
    let watch = ConfigWatch::start(&home.path().join("")).unwrap();
    assert_eq!((attempts(&watch), watch.problem()), (3, None));

    fs::write(&file, GOOD).unwrap();
    until(&watch, |watch| attempts(watch) == 7).await;

    fs::write(&file, "[engine]\nmax_attempts = \"many\"\n").unwrap();
    until(&watch, |watch| watch.problem().is_some()).await;
    assert_eq!(attempts(&watch), 7);
    assert_eq!(watch.problem().unwrap().line(), Some(2));

    // As editors save: another file put in its place.
    let beside = home.path().join("config.toml.new");
    fs::write(&beside, "[engine]\nmax_attempts = 9\n").unwrap();
    fs::rename(&beside, &file).unwrap();
    until(&watch, |watch| attempts(watch) == 9).await;
    assert_eq!(watch.problem(), None);

    // Again, and in its place too: whatever stands there is followed.
    fs::write(&beside, "[engine]\nmax_attempts = 4\n").unwrap();
    fs::rename(&beside, &file).unwrap();
    until(&watch, |watch| attempts(watch) == 4).await;
    fs::write(&file, "[engine]\nmax_attempts = 5\n").unwrap();
    until(&watch, |watch| attempts(watch) == 5).await;

    fs::remove_file(&file).unwrap();
    until(&watch, |watch| attempts(watch) == 3).await;
    fs::write(&file, GOOD).unwrap();
    until(&watch, |watch| attempts(watch) == 7).await;
}

/// Settings that are kept elsewhere: the file behind a link may change, and the link be put elsewhere.
#[cfg(unix)]
#[tokio::test]
async fn a_link_is_followed_to_its_file_and_to_another() {
    let (home, kept) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, two) = (kept.path().join("one"), kept.path().join("two"));
    fs::write(&one, GOOD).unwrap();
    fs::write(&two, "[engine]\nmax_attempts = 9\n").unwrap();
    let link = |to: &Path| {
        let beside = home.path().join("beside");
        std::os::unix::fs::symlink(to, &beside).unwrap();
        fs::rename(&beside, home.path().join(config::FILE)).unwrap();
    };
    link(&one);
    let watch = ConfigWatch::start(home.path()).unwrap();
    assert_eq!(attempts(&watch), 7);
    link(&two);
    until(&watch, |watch| attempts(watch) == 9).await;
    fs::write(&two, "[engine]\nmax_attempts = 5\n").unwrap();
    until(&watch, |watch| attempts(watch) == 5).await;
    // Away for longer than a save takes, as with tools that bring files from elsewhere.
    fs::remove_file(&two).unwrap();
    until(&watch, |watch| attempts(watch) == 3).await;
    fs::write(&two, GOOD).unwrap();
    until(&watch, |watch| attempts(watch) == 7).await;
}

/// A home is full of files that change all the time; each change that is heard wakes a thread.
#[test]
fn a_file_that_is_there_is_watched_and_not_its_folder() {
    let home = tempfile::tempdir().unwrap();
    let watch = ConfigWatch::start(home.path()).unwrap();
    let at = || watch.0.watching().as_ref().map(|watching| watching.at.clone()).unwrap_or_default();
    assert_eq!(at(), [home.path()]);
    let file = home.path().join(config::FILE);
    fs::write(&file, GOOD).unwrap();
    watch.0.follow_again();
    assert_eq!(at(), [file]);
}

#[tokio::test]
async fn a_bad_file_at_the_start_leaves_the_presets_and_is_told() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(config::FILE), "[engine\n").unwrap();
    let watch = ConfigWatch::start(home.path()).unwrap();
    assert!(watch.problem().is_some());
    assert!(watch.current().provider("simulated").is_some());
    assert!(ConfigWatch::once(home.path()).is_err());
    fs::write(home.path().join(config::FILE), GOOD).unwrap();
    until(&watch, |watch| attempts(watch) == 7 && watch.problem().is_none()).await;
    assert_eq!(attempts(&ConfigWatch::once(home.path()).unwrap()), 7);
}

#[test]
fn a_reading_without_a_change_tells_nobody() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join(config::FILE), GOOD).unwrap();
    let watch = ConfigWatch::once(home.path()).unwrap();
    assert!(!watch.reload());
    fs::write(home.path().join(config::FILE), "").unwrap();
    assert!(watch.reload());
    assert_eq!(attempts(&watch), 3);
}
