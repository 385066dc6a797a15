//! The house keeps its shape: which crate may know which, what `orch` must not link, which
//! SQLite is inside. Each test names the offender.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as promised")]

use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use system_tests::places;

/// The diagram of docs/architecture.md: each crate, and those of ours that it may know. Nothing
/// here knows a crate further right, and neighbours do not know each other.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("dialects", &["domain"]),
    ("providers", &["dialects", "domain"]),
    ("routing", &["domain"]),
    ("store", &["domain"]),
    ("transfer", &["domain"]),
    ("secrets", &["domain"]),
    ("engine", &["domain", "dialects", "providers", "routing", "store", "secrets", "transfer"]),
    ("gateway", &["domain", "dialects", "providers", "routing", "store", "secrets", "engine"]),
    ("cli", &["domain", "dialects", "providers", "routing", "store", "secrets", "engine", "gateway"]),
    ("orchesity", &["domain", "dialects", "providers", "routing", "store", "secrets", "engine", "gateway"]),
    ("testkit", &["domain"]),
    ("xtask", &[]),
    (
        "system-tests",
        &["domain", "dialects", "providers", "routing", "store", "engine", "gateway", "testkit"],
    ),
];

/// What the vocabulary is written in. None of these does IO, reads a clock or draws a number.
const DOMAIN_IS_MADE_OF: &[&str] =
    &["blake3", "jiff", "serde", "serde_json", "specta", "thiserror", "utoipa", "uuid"];

/// What a desktop needs and a terminal must not: names of packages, by their beginnings.
const DESKTOP: &[&str] = &[
    "tauri",
    "wry",
    "tao",
    "webkit2gtk",
    "javascriptcore",
    "soup",
    "gtk",
    "gdk",
    "glib",
    "gio",
    "cairo",
    "pango",
    "atk",
    "muda",
    "tray-icon",
    "x11",
    "xcb",
    "libappindicator",
    "rfd",
    "winit",
];

fn cargo(arguments: &[&str]) -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(arguments).current_dir(places::root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn members() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    metadata["packages"].as_array().unwrap().clone()
}

/// Everything that is linked on this kind of machine, with where its source is.
fn resolved() -> Value {
    let version = Command::new("rustc").arg("-vV").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    cargo(&["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host])
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap()
}

#[test]
fn dependencies_point_in_one_direction() {
    let rules: BTreeMap<&str, &[&str]> = MAY_KNOW.iter().copied().collect();
    let mut wrong = Vec::new();
    for package in members() {
        let Some(allowed) = rules.get(name(&package)) else {
            wrong.push(format!("`{}` is not in the diagram; give it a place in MAY_KNOW", name(&package)));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap() {
            let other = name(dependency);
            if !rules.contains_key(other) || dependency["path"].is_null() {
                continue;
            }
            // Tests of any crate may use the scripted provider, and their own crate with its guards off.
            let for_tests = dependency["kind"] == "dev" && (other == "testkit" || other == name(&package));
            if !allowed.contains(&other) && !for_tests {
                wrong.push(format!("`{}` must not know `{other}`", name(&package)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn domain_is_made_of_values_only() {
    let packages = members();
    let domain = packages.iter().find(|package| name(package) == "domain").unwrap();
    for dependency in domain["dependencies"].as_array().unwrap() {
        if dependency["kind"] == "dev" {
            continue;
        }
        assert!(
            DOMAIN_IS_MADE_OF.contains(&name(dependency)),
            "`domain` must not know `{}`",
            name(dependency)
        );
    }
    for file in sources(&places::root().join("crates/domain/src"), &["rs"]) {
        let code = fs::read_to_string(&file).unwrap();
        for forbidden in
            ["std::fs", "std::net", "std::env", "SystemTime", "Instant::now", "::now_v7", "::new_v4"]
        {
            assert!(!code.contains(forbidden), "{} uses `{forbidden}`", file.display());
        }
    }
}

#[test]
fn orch_is_built_without_a_desktop() {
    let metadata = resolved();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeMap<&str, &str> =
        packages.iter().map(|package| (package["id"].as_str().unwrap(), name(package))).collect();
    let edges: BTreeMap<&str, &Vec<Value>> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["id"].as_str().unwrap(), node["deps"].as_array().unwrap()))
        .collect();
    let cli = names.iter().find(|(_, name)| **name == "cli").unwrap().0;
    // Breadth first, remembering who asked, so that a failure shows the way.
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = vec![*cli];
    let mut seen = BTreeSet::from([*cli]);
    while let Some(id) = queue.pop() {
        for dependency in edges[id] {
            let kinds = dependency["dep_kinds"].as_array().unwrap();
            let other = dependency["pkg"].as_str().unwrap();
            if kinds.iter().all(|kind| kind["kind"] == "dev") || !seen.insert(other) {
                continue;
            }
            came_from.insert(other, id);
            queue.push(other);
        }
    }
    for id in &seen {
        let package = names[id];
        if DESKTOP.iter().any(|desktop| package == *desktop || package.starts_with(&format!("{desktop}-"))) {
            let way = std::iter::successors(Some(*id), |id| came_from.get(id).copied());
            let way: Vec<&str> = way.map(|id| names[id]).collect();
            panic!("`orch` is built with `{package}`: {}", way.join(" ← "));
        }
    }
}

#[test]
fn the_sqlite_inside_keeps_what_it_committed() {
    // Before 3.51.3, two connections that write and checkpoint at once can lose committed pages.
    let metadata = resolved();
    let packages = metadata["packages"].as_array().unwrap();
    let sqlite: Vec<&Value> = packages.iter().filter(|package| name(package) == "libsqlite3-sys").collect();
    assert_eq!(sqlite.len(), 1, "more than one SQLite would be linked");
    let folder = Path::new(sqlite[0]["manifest_path"].as_str().unwrap()).parent().unwrap();
    let header = fs::read_to_string(folder.join("sqlite3/sqlite3.h")).unwrap();
    let number = header.lines().find_map(|line| line.strip_prefix("#define SQLITE_VERSION_NUMBER ")).unwrap();
    let number: u32 = number.trim().parse().unwrap();
    assert!(number >= 3_051_003, "Cargo.lock brings SQLite {number}, which is older than 3.51.3");
    let node =
        metadata["resolve"]["nodes"].as_array().unwrap().iter().find(|node| node["id"] == sqlite[0]["id"]);
    let features = node.unwrap()["features"].to_string();
    assert!(features.contains("\"bundled\""), "SQLite would be the system's: {features}");
}

#[test]
fn guards_can_be_switched_off_in_tests_only() {
    for package in members() {
        let default = package["features"]["default"].as_array().cloned().unwrap_or_default();
        assert!(
            !default.iter().any(|one| one == "guards"),
            "`{}` switches guards off by default",
            name(&package)
        );
        for dependency in package["dependencies"].as_array().unwrap() {
            let asks = dependency["features"].as_array().unwrap().iter().any(|feature| feature == "guards");
            let for_tests = dependency["kind"] == "dev" || name(&package) == "system-tests";
            assert!(
                !asks || for_tests,
                "`{}` asks `{}` for its guards' off-values",
                name(&package),
                name(dependency)
            );
        }
    }
}

#[test]
fn every_write_begins_immediately() {
    // A deferred transaction that reads and then writes fails under contention, whatever the time-out.
    for folder in ["crates/store/src", "crates/engine/src"] {
        for file in sources(&places::root().join(folder), &["rs"]) {
            // The store's own tests show what a deferred transaction does.
            if file.components().any(|part| part.as_os_str() == "tests") || file.ends_with("tests.rs") {
                continue;
            }
            let code = fs::read_to_string(&file).unwrap();
            for (number, line) in code.lines().enumerate() {
                let plain = line.contains(".begin()") || line.to_uppercase().contains("\"BEGIN\"");
                assert!(!plain, "{}:{}: use BEGIN IMMEDIATE", file.display(), number + 1);
            }
        }
    }
}

#[test]
fn no_file_needs_a_table_of_contents() {
    let root = places::root();
    let mut long = Vec::new();
    for folder in ["crates", "src-tauri", "tests", "ui/src", "ui/e2e"] {
        for file in sources(&root.join(folder), &["rs", "ts", "tsx", "css"]) {
            // Written by a program, for a program.
            if file.ends_with("ipc/bindings.ts") {
                continue;
            }
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            if lines > 700 {
                long.push(format!("{}: {lines} lines", file.strip_prefix(&root).unwrap().display()));
            }
        }
    }
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}

/// The commands that the build script declares, those that exist, and those that the window's
/// capability allows are the same; and the window gets nothing beside them.
#[test]
fn the_window_may_do_exactly_what_there_is_a_command_for() {
    let read = |path: &str| fs::read_to_string(places::root().join(path)).unwrap();
    let declared: Vec<String> =
        read("src-tauri/commands.in").split('"').skip(1).step_by(2).map(str::to_owned).collect();
    let list = read("src-tauri/src/commands.rs");
    let exist: Vec<&str> = list
        .lines()
        .filter_map(|line| line.trim().strip_suffix(',')?.split_once("::").map(|(_, name)| name))
        .collect();
    assert_eq!(declared, exist);
    let capability: Value = serde_json::from_str(&read("src-tauri/capabilities/main.json")).unwrap();
    let allowed: Vec<&str> =
        capability["permissions"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let expected: Vec<String> =
        declared.iter().map(|name| format!("allow-{}", name.replace('_', "-"))).collect();
    assert_eq!(allowed, expected);
    assert_eq!(capability["windows"], serde_json::json!(["main"]));
    assert!(capability.get("remote").is_none(), "no page from elsewhere may ask for anything");
    assert_eq!(fs::read_dir(places::root().join("src-tauri/capabilities")).unwrap().count(), 1);

    let config: Value = serde_json::from_str(&read("tauri.conf.json")).unwrap();
    assert_eq!(config["app"]["withGlobalTauri"], false);
    // The reviewed policy: scripts and styles from the app's own files only (the shell adds a nonce for
    // the editor's style sheet), no frames, nothing fetched from anywhere.
    let csp: Vec<&str> = config["app"]["security"]["csp"].as_str().unwrap().split("; ").collect();
    assert_eq!(
        csp,
        [
            "default-src 'self'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src ipc: http://ipc.localhost",
            "object-src 'none'",
            "frame-src 'none'",
            "worker-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    );
    let security = config["app"]["security"].as_object().unwrap();
    assert_eq!(
        security.keys().collect::<Vec<_>>(),
        ["csp"],
        "no asset protocol, no capability beside the file"
    );
    assert!(
        read("Cargo.toml").contains("tauri = { version = \"2.12\", features = [] }"),
        "no devtools in a release"
    );
}

/// `text-wrap: pretty` and `balance` kill the web process of WebKitGTK 2.50 on some short answers in a narrow
/// column; the hostile corpus of the desktop test found it.
#[test]
fn no_style_sheet_asks_for_line_breaking_that_the_web_view_dies_of() {
    for path in sources(&places::root().join("ui/src"), &["css"]) {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| line.contains("text-wrap")) {
            assert!(!line.contains("pretty") && !line.contains("balance"), "{}: {line}", path.display());
        }
    }
}

fn sources(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("gen") {
                folders.push(path);
            } else if endings.contains(&ending) {
                found.push(path);
            }
        }
    }
    found
}
