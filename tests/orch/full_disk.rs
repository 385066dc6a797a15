//! A disk that takes no more: what comes is shown, and that it is not stored is said.

use std::process::Command;
use system_tests::{orch::Orch, places};
use testkit::Home;

/// Blocks of 1 KiB that a file may have: enough for an empty store, too little for the answer.
const LIMIT: &str = "700";

#[test]
fn a_full_disk_hides_nothing_loses_nothing_stored_and_is_an_error() {
    let home = Home::empty().unwrap();
    let orch = Orch::new(home.path()).unwrap();
    let before = orch.run(&["chat", "-m", "simulated/fast?len=20", "kept"]).unwrap();
    assert_eq!(before.code, Some(0), "{}", before.stderr);
    let output = Command::new("bash")
        .args(["-c", "ulimit -f \"$1\"; shift; exec \"$@\"", "bash", LIMIT])
        .arg(places::program("orch").unwrap())
        .args([
            "--home",
            &home.path().to_string_lossy(),
            "chat",
            "-m",
            "simulated/fast?len=6000&tps=3000",
            "long",
        ])
        .output()
        .unwrap();
    let (shown, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(shown.len() > 20_000, "the whole answer was shown: {} bytes", shown.len());
    assert!(said.contains("is not stored"), "{said}");
    // There is room again: the store is whole, what was there is there, and writing goes on.
    assert_eq!(orch.check().unwrap()["ok"], true);
    let after = orch.run(&["chat", "-m", "simulated/fast?len=20", "again"]).unwrap();
    assert_eq!(after.code, Some(0), "{}", after.stderr);
    assert_eq!(orch.conversations().unwrap().len(), 3);
}
