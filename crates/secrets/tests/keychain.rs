//! The real Secret Service in each of its states: every test starts this file again inside a
//! throwaway session bus. Skipped where its programs are missing, but not under `cargo xtask test`,
//! which has installed them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "everything here is a test")]

use domain::{KeyPlace, KeySource, KeyState, KeychainState, ProviderId};
use secrets::{SecretError, Secrets};
use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const HOME: &str = "https://api.example:443";
const KEY: &str = "sk-canary-0123456789abcdef";
const INSIDE: &str = "ORCHESITY_KEYCHAIN_TEST";

/// A bus on which nothing is started by itself.
const BARE_BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"#;

fn id() -> ProviderId {
    "acme".parse().unwrap()
}

fn has(program: &str) -> bool {
    Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs the inner test `name` behind `script`, which has `exec "$@"` where it is to start.
fn behind(name: &str, script: &str, bus: &[&str], programs: &[&str]) {
    if let Some(missing) = programs.iter().find(|program| !has(program)) {
        assert!(std::env::var_os("ORCHESITY_E2E").is_none(), "`{missing}` is not installed");
        println!("skipped: `{missing}` is not installed");
        return;
    }
    let work = tempfile::tempdir().unwrap();
    let run = work.path().join("run");
    std::fs::create_dir_all(work.path().join("home/.local/share")).unwrap();
    std::fs::create_dir(&run).unwrap();
    std::fs::set_permissions(&run, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    std::fs::write(work.path().join("bare.conf"), BARE_BUS).unwrap();
    let bare = format!("--config-file={}", work.path().join("bare.conf").display());
    let me = std::env::current_exe().unwrap();
    let mut command = match bus {
        [] => {
            let mut command = Command::new("bash");
            command.args(["-euo", "pipefail", "-c", script, "_"]);
            command
        }
        kinds => {
            let mut command = Command::new("dbus-run-session");
            if kinds.contains(&"bare") {
                command.arg(bare);
            }
            command.args(["--", "bash", "-euo", "pipefail", "-c", script, "_"]);
            command
        }
    };
    command
        .arg(me)
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, name)
        .env("HOME", work.path().join("home"))
        .env("XDG_DATA_HOME", work.path().join("home/.local/share"))
        .env("XDG_RUNTIME_DIR", &run)
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let ran = output.status.success() && said.contains("1 passed");
    assert!(ran, "{said}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn inside(name: &str) -> bool {
    std::env::var(INSIDE).is_ok_and(|wanted| wanted == name)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    // One thread, as some hosts have it: the keychain must not block it.
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn lend(secrets: &Secrets) -> Result<Option<String>, SecretError> {
    let key = secrets.lend(&id(), &KeySource::Keychain, None, HOME).await?;
    Ok(key.map(|key| key.expose().to_owned()))
}

fn state(secrets: &Secrets) -> KeyState {
    secrets.known(&id(), &KeySource::Keychain, None, HOME).state
}

/// What the keychain says of itself, and whether people are told what to do about it.
async fn keychain(secrets: &Secrets) -> KeychainState {
    let began = Instant::now();
    let places = secrets.ask_places().await;
    // The bound of one call, and the time to be scheduled on a machine that is also compiling.
    assert!(began.elapsed() < Duration::from_secs(10), "it was waited for without a bound");
    assert_eq!(places.keychain_advice.is_none(), places.keychain == KeychainState::Open);
    assert_eq!(secrets.places(), places, "what was found out is known");
    places.keychain
}

/// Asks until the keychain is in this state: who owns the name on the bus changes a moment later.
async fn becomes(secrets: &Secrets, wanted: KeychainState) {
    let mut now = keychain(secrets).await;
    for _ in 0..100 {
        if now == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        now = keychain(secrets).await;
    }
    assert_eq!(now, wanted);
}

fn sh(script: &str) {
    assert!(Command::new("bash").args(["-euc", script]).status().unwrap().success(), "{script}");
}

const UNLOCKED: &str = r#"
printf %s test-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
gdbus wait --session --timeout 10 org.freedesktop.secrets
exec "$@""#;
const KEYRING: &[&str] = &["dbus-run-session", "gnome-keyring-daemon", "gdbus"];

#[test]
fn an_unlocked_keychain_keeps_lends_and_forgets() {
    let name = "an_unlocked_keychain_keeps_lends_and_forgets";
    if !inside(name) {
        return behind(name, UNLOCKED, &["bus"], KEYRING);
    }
    run(async {
        let secrets = Secrets::new();
        assert_eq!(secrets.places().keychain, KeychainState::Unknown, "it was asked before it was needed");
        assert_eq!(keychain(&secrets).await, KeychainState::Open);
        assert_eq!(lend(&secrets).await, Ok(None));
        assert_eq!(state(&secrets), KeyState::Missing);
        secrets.store(&id(), HOME, KEY).await.unwrap();
        secrets.store(&id(), HOME, KEY).await.unwrap();
        assert_eq!(lend(&secrets).await.unwrap().as_deref(), Some(KEY));
        // Another process finds it too, and for another address nobody does.
        let other = Secrets::new();
        assert_eq!(lend(&other).await.unwrap().as_deref(), Some(KEY));
        let elsewhere = other.lend(&id(), &KeySource::Keychain, None, "https://evil.example:443").await;
        assert!(matches!(elsewhere, Err(SecretError::OtherOrigin { .. })));
        // Eight columns at once.
        let all = futures_util::future::join_all((0..8).map(|_| lend(&secrets))).await;
        assert!(all.into_iter().all(|key| key.unwrap().as_deref() == Some(KEY)));
        assert!(secrets.remove(&id()).await.unwrap());
        assert!(!secrets.remove(&id()).await.unwrap());
        assert_eq!(lend(&secrets).await, Ok(None));
    });
}

#[test]
fn without_a_bus_there_is_no_keychain_and_the_session_works() {
    let name = "without_a_bus_there_is_no_keychain_and_the_session_works";
    if !inside(name) {
        return behind(name, r#"exec "$@""#, &[], &["bash"]);
    }
    run(async {
        let secrets = Secrets::new();
        assert_eq!(lend(&secrets).await, Err(SecretError::NoKeychain));
        assert_eq!(state(&secrets), KeyState::NoKeychain);
        assert_eq!(keychain(&secrets).await, KeychainState::Absent);
        secrets.set_session(&id(), HOME, KEY).unwrap();
        assert_eq!(lend(&secrets).await.unwrap().as_deref(), Some(KEY));
    });
}

#[test]
fn a_bus_without_the_service_has_no_keychain() {
    let name = "a_bus_without_the_service_has_no_keychain";
    if !inside(name) {
        return behind(name, r#"exec "$@""#, &["bare"], &["dbus-run-session"]);
    }
    run(async {
        let secrets = Secrets::new();
        assert_eq!(lend(&secrets).await, Err(SecretError::NoKeychain));
        assert_eq!(secrets.store(&id(), HOME, KEY).await, Err(SecretError::NoKeychain));
        assert_eq!(keychain(&secrets).await, KeychainState::Absent);
        // Started later, it works without a restart.
        if has("gnome-keyring-daemon") && has("gdbus") {
            sh("printf %s test-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
                gdbus wait --session --timeout 10 org.freedesktop.secrets");
            becomes(&secrets, KeychainState::Open).await;
            secrets.store(&id(), HOME, KEY).await.unwrap();
            assert_eq!(lend(&secrets).await.unwrap().as_deref(), Some(KEY));
        }
    });
}

#[test]
fn a_service_without_a_collection_says_so() {
    let name = "a_service_without_a_collection_says_so";
    let script = r#"
gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1
gdbus wait --session --timeout 10 org.freedesktop.secrets
exec "$@""#;
    if !inside(name) {
        return behind(name, script, &["bus"], KEYRING);
    }
    run(async {
        let secrets = Secrets::new();
        assert_eq!(keychain(&secrets).await, KeychainState::NoCollection);
        assert_eq!(lend(&secrets).await, Ok(None));
        assert_eq!(secrets.places().keychain, KeychainState::NoCollection, "no entry is no sign of health");
        assert_eq!(secrets.store(&id(), HOME, KEY).await, Err(SecretError::NoCollection));
        assert_eq!(keychain(&secrets).await, KeychainState::NoCollection);
        assert!(!secrets.remove(&id()).await.unwrap(), "nothing can be left where nothing can be put");
    });
}

#[test]
fn a_locked_keychain_is_locked_and_works_once_it_is_unlocked() {
    let name = "a_locked_keychain_is_locked_and_works_once_it_is_unlocked";
    // Filled while unlocked, then started again on another bus without its password.
    let script = r#"
me="$1"
dbus-run-session -- bash -euo pipefail -c '
  printf %s test-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
  gdbus wait --session --timeout 10 org.freedesktop.secrets
  printf %s "{\"origin\":\"https://api.example:443\",\"key\":\"sk-canary-0123456789abcdef\"}" |
    secret-tool store --label=x service orchesity username acme'
gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1
gdbus wait --session --timeout 10 org.freedesktop.secrets
exec "$@""#;
    if !inside(name) {
        let programs = [KEYRING, &["secret-tool"]].concat();
        return behind(name, script, &["bus"], &programs);
    }
    run(async {
        let secrets = Secrets::new();
        assert_eq!(keychain(&secrets).await, KeychainState::Locked);
        assert_eq!(lend(&secrets).await, Err(SecretError::Locked));
        assert_eq!(state(&secrets), KeyState::Locked);
        // A wrong password leaves it locked.
        sh("printf %s wrong-password | gnome-keyring-daemon --replace --unlock --components=secrets >/dev/null 2>&1
            gdbus wait --session --timeout 10 org.freedesktop.secrets");
        becomes(&secrets, KeychainState::Locked).await;
        let unlocked = Command::new("bash")
            .args([
                "-c",
                "printf %s test-password | gnome-keyring-daemon --replace --unlock --components=secrets >/dev/null 2>&1
                 gdbus wait --session --timeout 10 org.freedesktop.secrets",
            ])
            .status();
        assert!(unlocked.unwrap().success());
        // The new daemon takes the name over a moment later.
        let mut found = lend(&secrets).await;
        for _ in 0..50 {
            if found.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            found = lend(&secrets).await;
        }
        assert_eq!(found.unwrap().as_deref(), Some(KEY));
        becomes(&secrets, KeychainState::Open).await;
        let known = secrets.known(&id(), &KeySource::Keychain, None, HOME);
        assert_eq!((known.state, known.place), (KeyState::Present, Some(KeyPlace::Keychain)));
    });
}

#[test]
fn a_mute_service_is_still_waiting_and_holds_up_neither_the_session_nor_the_exit() {
    let name = "a_mute_service_is_still_waiting_and_holds_up_neither_the_session_nor_the_exit";
    let script = r#"
dbus-test-tool black-hole --name=org.freedesktop.secrets >/dev/null 2>&1 &
gdbus wait --session --timeout 10 org.freedesktop.secrets
exec "$@""#;
    if !inside(name) {
        behind(name, script, &["bare"], &["dbus-run-session", "dbus-test-tool", "gdbus"]);
        // The service is mute for ever: had the process waited for it, it would not have come back.
        return;
    }
    run(async {
        let secrets = Secrets::new();
        assert_eq!(keychain(&secrets).await, KeychainState::Waiting);
        assert_eq!(lend(&secrets).await, Err(SecretError::Waiting));
        assert_eq!(state(&secrets), KeyState::Locked);
        secrets.set_session(&id(), HOME, KEY).unwrap();
        assert_eq!(lend(&secrets).await.unwrap().as_deref(), Some(KEY));
    });
}

/// A prompter that never answers takes 25 seconds to be given up on by the service; nobody waits for it.
#[test]
fn a_mute_prompter_leaves_everything_else_usable() {
    let name = "a_mute_prompter_leaves_everything_else_usable";
    let script = r#"
dbus-run-session -- bash -euo pipefail -c '
  printf %s test-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
  gdbus wait --session --timeout 10 org.freedesktop.secrets
  printf %s "{\"origin\":\"https://api.example:443\",\"key\":\"sk-canary-0123456789abcdef\"}" |
    secret-tool store --label=x service orchesity username acme'
dbus-test-tool black-hole --name=org.gnome.keyring.SystemPrompter >/dev/null 2>&1 &
gdbus wait --session --timeout 10 org.gnome.keyring.SystemPrompter
gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1
gdbus wait --session --timeout 10 org.freedesktop.secrets
exec "$@""#;
    if !inside(name) {
        let programs = [KEYRING, &["secret-tool", "dbus-test-tool"]].concat();
        return behind(name, script, &["bus"], &programs);
    }
    run(async {
        let secrets = Secrets::new();
        assert_eq!(keychain(&secrets).await, KeychainState::Locked);
        assert_eq!(lend(&secrets).await, Err(SecretError::Waiting), "its question was not answered");
        assert_eq!(secrets.places().keychain, KeychainState::Waiting);
        assert_eq!(state(&secrets), KeyState::Locked, "it is not absent");
        secrets.set_session(&id(), HOME, KEY).unwrap();
        assert_eq!(lend(&secrets).await.unwrap().as_deref(), Some(KEY));
    });
}

#[test]
fn a_service_that_dies_is_found_again_once_it_is_unlocked() {
    let name = "a_service_that_dies_is_found_again_once_it_is_unlocked";
    if !inside(name) {
        return behind(name, UNLOCKED, &["bus"], KEYRING);
    }
    run(async {
        let secrets = Secrets::new();
        secrets.store(&id(), HOME, KEY).await.unwrap();
        assert_eq!(lend(&secrets).await.unwrap().as_deref(), Some(KEY));
        sh("pid=$(gdbus call --session --dest org.freedesktop.DBus --object-path /org/freedesktop/DBus \
              --method org.freedesktop.DBus.GetConnectionUnixProcessID org.freedesktop.secrets | grep -o '[0-9]*' | tail -1)
            kill -9 $pid");
        // The bus starts another one, which is locked.
        becomes(&secrets, KeychainState::Locked).await;
        assert_eq!(lend(&secrets).await, Err(SecretError::Locked));
        sh("printf %s test-password | gnome-keyring-daemon --replace --unlock --components=secrets >/dev/null 2>&1
            gdbus wait --session --timeout 10 org.freedesktop.secrets");
        becomes(&secrets, KeychainState::Open).await;
        assert_eq!(lend(&secrets).await.unwrap().as_deref(), Some(KEY));
    });
}
