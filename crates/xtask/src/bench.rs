//! `cargo xtask bench`: figures, one line of JSON each. Never a pass or a failure on time.

use crate::{
    setup,
    step::{Done, Failed, step, target},
};

/// What is asked for by one word besides the figure of that name: all that a large tree has to stand.
const GROUPS: &[(&str, &[&str])] = &[("tree", &["open", "tree", "search", "import", "tree-view"])];

/// One figure or a few that belong together.
struct Bench {
    name: &'static str,
    /// Program of `tests/`, and its first argument.
    program: &'static [&'static str],
    build: Build,
    what: &'static str,
}

/// What has to be built for it. Speed is measured as it ships; a crash loop is about promises.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Build {
    Engine,
    /// `orch` too.
    Serving,
    /// The app too, and the empty window that it is measured against.
    Desktop,
    Debug,
}

const fn figure(name: &'static str, program: &'static [&'static str], what: &'static str) -> Bench {
    Bench { name, program, build: Build::Engine, what }
}

const BENCHES: &[Bench] = &[
    figure("decode", &["bench", "decode"], "decoding and folding a stream, each dialect, MB/s"),
    figure("journal", &["bench", "journal"], "committing a frame of eight answers"),
    figure(
        "fanout",
        &["bench", "fanout"],
        "8 x 200 tokens/s through the engine to a watcher: CPU, gaps between batches",
    ),
    Bench {
        name: "gateway",
        program: &["bench", "gateway"],
        build: Build::Serving,
        what: "what the gateway adds to a call, beside the call itself and a bare pass-through",
    },
    figure("open", &["bench", "open"], "opening a conversation of 10,000 messages beside one of 100"),
    figure(
        "import",
        &["bench", "import"],
        "reading a made-up export of 1 GB in: seconds and the most memory",
    ),
    figure(
        "routing",
        &["bench", "routing"],
        "a route's decision, classification included, by how many may be chosen",
    ),
    figure(
        "search",
        &["bench", "search"],
        "forty queries over 1,000,000 messages, about 3 GB of disk meanwhile",
    ),
    figure(
        "tree",
        &["bench", "tree"],
        "each operation on a tree of 50,000 messages with a path of 10,000, beside one of 100; asked for by \
         name, it brings `open`, `search`, `import` and `tree-view`",
    ),
    Bench {
        name: "tree-view",
        program: &["bench", "tree-view"],
        build: Build::Desktop,
        what: "layout, pan and zoom of a tree of 50,000 messages in the app's window",
    },
    Bench {
        name: "start",
        program: &["bench", "start"],
        build: Build::Desktop,
        what: "first paint and idle memory of the app beside an empty window",
    },
    Bench {
        name: "window",
        program: &["bench", "window"],
        build: Build::Desktop,
        what: "frames, typing and CPU while eight columns stream, beside an empty window",
    },
    Bench {
        name: "memory",
        program: &["bench", "memory"],
        build: Build::Desktop,
        what: "memory over half an hour of sixteen-fold use",
    },
    // Last, because its last line is the result.
    Bench {
        name: "crash",
        program: &["bench-crash"],
        build: Build::Debug,
        what: "200 kills during eight streams: characters lost, state of the store",
    },
];

/// Runs one, or all.
pub fn bench(words: &[&str]) -> Done {
    let (name, arguments) = words.split_first().map_or((None, words), |(name, rest)| (Some(*name), rest));
    let group = GROUPS.iter().find(|(group, _)| Some(*group) == name).map(|(_, members)| *members);
    let named = |bench: &Bench| match (group, name) {
        (Some(members), _) => members.contains(&bench.name),
        (None, Some(name)) => name == bench.name,
        (None, None) => true,
    };
    let chosen: Vec<_> = BENCHES.iter().filter(|bench| named(bench)).collect();
    if chosen.is_empty() {
        let known: Vec<String> =
            BENCHES.iter().map(|bench| format!("  {}: {}", bench.name, bench.what)).collect();
        return Err(Failed(format!("there is no such bench; there are\n{}", known.join("\n"))));
    }
    let needs = |build: Build| chosen.iter().any(|bench| bench.build == build);
    if needs(Build::Desktop) {
        setup::everything()?;
        setup::node()?;
        setup::driver()?;
        step(["npm", "run", "build"]).within("ui").run()?;
        // With the feature that the Tauri CLI switches on when it packs the app, and without those
        // that the tests ask of our crates.
        step(["cargo", "build", "--release", "--locked", "--package", "orchesity"])
            .with(["--features", "tauri/custom-protocol", "--bins", "--example", "empty_window"])
            .run()?;
    }
    if needs(Build::Serving) {
        step(["cargo", "build", "--release", "--locked", "--package", "cli"]).run()?;
    }
    if needs(Build::Engine) || needs(Build::Serving) || needs(Build::Desktop) {
        step(["cargo", "build", "--release", "--locked", "--package", "system-tests", "--bin", "bench"])
            .run()?;
    }
    if needs(Build::Debug) {
        setup::desktop()?;
        setup::page()?;
        step(["cargo", "build", "--workspace", "--bins", "--locked"]).run()?;
    }
    for bench in chosen {
        let Some((program, first)) = bench.program.split_first() else { continue };
        let profile = if bench.build == Build::Debug { "debug" } else { "release" };
        let program = target().join(profile).join(program).to_string_lossy().into_owned();
        step([program.as_str()]).with(first.iter().copied()).with(arguments.iter().copied()).run()?;
    }
    Ok(())
}
