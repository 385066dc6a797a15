//! What a fresh machine lacks: system packages, npm packages, the driver of the window.

use crate::step::{Done, Failed, has, root, say, step, target};
use std::fs;

/// The oldest Node that the tools of the window run on.
const NODE: (u32, u32) = (20, 19);

/// To build the window.
const DESKTOP: &[(&str, &str)] = &[
    ("build-essential", "compiles SQLite and other C code"),
    ("pkg-config", "finds system libraries"),
    ("libwebkit2gtk-4.1-dev", "the web view that the window is"),
    ("libayatana-appindicator3-dev", "the tray"),
    ("librsvg2-dev", "icons"),
    ("libxdo-dev", "keys and clipboard of the window"),
];

/// To test everything.
const TESTS: &[(&str, &str)] = &[
    ("xvfb", "a screen for the window under test"),
    ("webkit2gtk-driver", "drives the window under test"),
    ("dbus", "a session bus for the window under test"),
    ("dbus-tests", "a keychain that never answers, to test with"),
    ("gnome-keyring", "a keychain to test with"),
    ("libsecret-tools", "looks into that keychain"),
    ("libglib2.0-bin", "waits for that keychain"),
    ("chromium", "runs the tests of the user interface"),
    ("procps", "sends signals to whole groups of processes"),
    ("sqlite3", "makes the schema that queries are checked against"),
    ("imagemagick", "screenshots"),
    ("fonts-dejavu-core", "letters in screenshots"),
    ("fonts-noto-color-emoji", "emoji in screenshots"),
];

/// System packages to build the window.
pub fn desktop() -> Done {
    packages(DESKTOP)
}

/// System packages to build the window and to test everything.
pub fn everything() -> Done {
    packages(&[DESKTOP, TESTS].concat())
}

/// Installs those that are missing, having said which and what for.
fn packages(wanted: &[(&str, &str)]) -> Done {
    if !has("dpkg-query") || !has("apt-get") {
        say("this is no Debian or Ubuntu: make sure that the following are installed");
        for (package, reason) in wanted {
            say(&format!("  {package}: {reason}"));
        }
        return Ok(());
    }
    // On Ubuntu the browser's package has another name.
    let ubuntu =
        fs::read_to_string("/etc/os-release").is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"));
    let name =
        |package: &str| if ubuntu && package == "chromium" { "chromium-browser" } else { package }.to_owned();
    let missing: Vec<(String, &str)> = (wanted.iter())
        .map(|(package, reason)| (name(package), *reason))
        .filter(|(package, _)| !installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    say("these system packages are missing and will be installed with apt-get:");
    for (package, reason) in &missing {
        say(&format!("  {package}: {reason}"));
    }
    let root = step(["id", "-u"]).ask().is_some_and(|id| id.trim() == "0");
    let apt = || {
        let quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"];
        if root { step(quiet) } else { step(["sudo"]).with(quiet) }
    };
    apt().with(["update"]).run()?;
    let names = missing.into_iter().map(|(package, _)| package);
    apt().with(["install", "--yes", "--no-install-recommends"]).with(names).run()
}

fn installed(package: &str) -> bool {
    let status = step(["dpkg-query", "--show", "--showformat=${db:Status-Status}"]).with([package]).ask();
    status.is_some_and(|status| status == "installed")
}

/// Node, and the npm packages of `ui/`, anew when the lock file has changed.
pub fn node() -> Done {
    let found = step(["node", "--version"]).ask().unwrap_or_default();
    let mut numbers = found.trim().trim_start_matches('v').split('.').map_while(|number| number.parse().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version < NODE || !has("npm") {
        let found = if found.is_empty() { "none".to_owned() } else { found.trim().to_owned() };
        return Err(Failed(format!("Node {}.{} or later with npm is needed, found {found}", NODE.0, NODE.1)));
    }
    let lock = fs::read(root().join("ui/package-lock.json"))
        .map_err(|error| Failed(format!("ui/package-lock.json cannot be read: {error}")))?;
    // A copy of the lock file that `node_modules` was made from.
    let stamp = root().join("ui/node_modules/.made-from");
    if fs::read(&stamp).is_ok_and(|made_from| made_from == lock) {
        return Ok(());
    }
    step(["npm", "ci", "--no-audit", "--no-fund"]).within("ui").run()?;
    fs::write(&stamp, lock).map_err(|error| Failed(format!("{} cannot be written: {error}", stamp.display())))
}

/// `tauri-driver`, which starts the app for WebDriver, in `target/tools`.
pub fn driver() -> Done {
    let tools = target().join("tools");
    if tools.join("bin/tauri-driver").is_file() {
        return Ok(());
    }
    let tools = tools.to_string_lossy().into_owned();
    step(["cargo", "install", "tauri-driver", "--version", "^2", "--locked", "--root"]).with([tools]).run()
}
