//! Keys that are kept and removed with `orch`: what it says is so.

use std::{
    fs,
    io::Write as _,
    process::{Output, Stdio},
};
use system_tests::orch::Orch;
use testkit::Home;

const PASSPHRASE: (&str, &str) = ("ORCHESITY_VAULT_PASSPHRASE", "correct horse");
const KEY: &str = "sk-kept-0123456789abcdef";
/// Nobody listens there, and nobody is asked.
const ROW: &str = "[[providers]]\nid = \"a\"\ndialect = \"openai-chat\"\nbase_url = \"http://127.0.0.1:9/v1\"\nkey = \"keychain\"\n";

/// What `orch` says, and whether it went well.
fn orch(home: &Home, environment: &[(&str, &str)], arguments: &[&str]) -> (bool, String) {
    let mut command = Orch::new(home.path()).unwrap().command(arguments);
    command.envs(environment.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // It may have ended without having read it.
    let _ = child.stdin.take().unwrap().write_all(KEY.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    (status.success(), String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned())
}

#[test]
fn a_key_in_a_locked_vault_can_be_replaced_and_removed_also_of_a_provider_that_is_off() {
    let home = Home::with_config(ROW).unwrap();
    let (good, said) = orch(&home, &[PASSPHRASE], &["providers", "key", "set", "a", "--vault"]);
    assert!(good, "{said}");
    // Here is no keychain to put it into; the vault, whose passphrase is there, is not what is wrong.
    let (good, said) = orch(&home, &[PASSPHRASE], &["providers", "key", "set", "a"]);
    assert!(!good && !said.contains("locked; unlock it with its passphrase"), "{said}");
    home.write_config(&format!("{ROW}enabled = false\n")).unwrap();
    let (good, said) = orch(&home, &[], &["providers", "key", "remove", "a"]);
    assert!(!good && said.contains(PASSPHRASE.0), "{said}");
    let (good, said) = orch(&home, &[PASSPHRASE], &["providers", "key", "remove", "a"]);
    assert!(good && said.contains("is removed"), "{said}");
    assert!(!fs::read_to_string(home.path().join("keys.vault")).unwrap().contains("\"a\""));
}

#[test]
fn a_key_in_a_damaged_vault_is_not_called_removed() {
    let home = Home::with_config(ROW).unwrap();
    let (good, said) = orch(&home, &[PASSPHRASE], &["providers", "key", "set", "a", "--vault"]);
    assert!(good, "{said}");
    let path = home.path().join("keys.vault");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let (good, said) = orch(&home, &[PASSPHRASE], &["providers", "key", "remove", "a"]);
    assert!(!good && said.contains("`keys.vault` is damaged"), "{said}");
    assert!(!said.contains("had no key"), "{said}");
}

#[test]
fn whoever_keeps_a_key_that_a_variable_outdoes_is_told() {
    let home = Home::with_config("").unwrap();
    let set = ["providers", "key", "set", "openai", "--vault"];
    let (good, said) = orch(&home, &[PASSPHRASE, ("OPENAI_API_KEY", "sk-other-0123456789")], &set);
    assert!(good && said.contains("OPENAI_API_KEY is set too, and wins"), "{said}");
    let (good, said) = orch(&home, &[PASSPHRASE], &set);
    assert!(good && !said.contains("wins"), "{said}");
}
