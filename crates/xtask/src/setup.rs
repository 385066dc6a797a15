//! What a fresh machine lacks: system packages, npm packages, the driver of the window.

use crate::step::{Done, Failed, has, root, say, step, target};
use std::fs;

/// The releases of Node that the tools of the window run on, each from this minor version on; any
/// later release will do as well.
const NODE: [(u32, u32); 3] = [(20, 19), (22, 13), (24, 0)];

/// The driver's version: the newest one of another day might drive another protocol.
const TAURI_DRIVER: &str = "2.1.0";

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
    ("python3", "replays recorded answers, where they lie beside the checkout"),
    ("sqlite3", "makes the schema that queries are checked against"),
    ("imagemagick", "screenshots"),
    ("xdotool", "answers the system's own dialogs in tests"),
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
    let names: Vec<String> = missing.into_iter().map(|(package, _)| package).collect();
    let root = step(["id", "-u"]).ask().is_some_and(|id| id.trim() == "0");
    if !root && !has("sudo") {
        return Err(Failed(format!(
            "installing needs root, and there is no sudo here; as root: apt-get install {}",
            names.join(" ")
        )));
    }
    let apt = || {
        let quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"];
        let apt = if root { step(quiet) } else { step(["sudo"]).with(quiet) };
        // A machine that has just started often updates itself and holds the lock for a while.
        apt.with(["-o", "DPkg::Lock::Timeout=300"])
    };
    apt().with(["update"]).run()?;
    apt().with(["install", "--yes", "--no-install-recommends"]).with(names).run()
}

fn installed(package: &str) -> bool {
    let status = step(["dpkg-query", "--show", "--showformat=${db:Status-Status}"]).with([package]).ask();
    status.is_some_and(|status| status == "installed")
}

/// Whether the window's tools run on what `node --version` says.
fn runs_on(version: &str) -> bool {
    let mut numbers =
        version.trim().trim_start_matches('v').split('.').map_while(|number| number.parse().ok());
    let (major, minor) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    major > NODE[2].0 || NODE.iter().any(|least| major == least.0 && minor >= least.1)
}

/// Node, and the npm packages of `ui/`, anew when the lock file has changed.
pub fn node() -> Done {
    let found = step(["node", "--version"]).ask().unwrap_or_default();
    if !runs_on(&found) || !has("npm") {
        let found = if found.is_empty() { "none".to_owned() } else { found.trim().to_owned() };
        let known = NODE.map(|(major, minor)| format!("{major}.{minor}")).join(", ");
        return Err(Failed(format!(
            "Node {known} or a later one of these lines is needed, with npm; found {found}. \
             Install a current one and see that `node --version` says so"
        )));
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
    step(["cargo", "install", "tauri-driver", "--version", TAURI_DRIVER, "--locked", "--root"])
        .with([tools])
        .run()
}

/// The built page that the desktop package embeds: cargo cannot compile that package without one.
pub fn page() -> Done {
    if root().join("ui/dist/index.html").is_file() {
        return Ok(());
    }
    node()?;
    step(["npm", "run", "build"]).within("ui").run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_releases_of_node_that_the_tools_run_on_are_taken() {
        for good in ["v20.19.0", "v20.20.2", "v22.13.1", "v24.0.0", "v26.1.0"] {
            assert!(runs_on(good), "{good}");
        }
        for bad in ["", "v18.20.4", "v20.18.3", "v21.7.3", "v22.11.0", "v23.3.0"] {
            assert!(!runs_on(bad), "{bad}");
        }
    }
}
