//! `cargo xtask run`.

use crate::{
    setup,
    step::{Done, say, step},
};

const PROMPT: &str = "Explain in two sentences why comparing answers is useful.";

/// Opens the window; without a display, does the same comparison in the terminal.
pub fn run(arguments: &[&str]) -> Done {
    let display = ["DISPLAY", "WAYLAND_DISPLAY"]
        .iter()
        .any(|name| std::env::var_os(name).is_some_and(|v| !v.is_empty()));
    if !display {
        say("there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open");
        say("to get one: sign in on a desktop, use `ssh -X`, or, to try it unseen,");
        say("  sudo apt-get install xvfb xauth && xvfb-run -a cargo xtask run");
        say("the same comparison in the terminal, with two simulated models:");
        return step(["cargo", "run", "--package", "cli", "--bin", "orch", "--", "compare"])
            .with(["-m", "simulated/steady", "-m", "simulated/fast", PROMPT])
            .run();
    }
    setup::desktop()?;
    setup::node()?;
    step(["npm", "run", "build"]).within("ui").run()?;
    step(["cargo", "run", "--package", "orchesity", "--bin", "orchesity", "--"])
        .with(arguments.iter().copied())
        .run()
}
