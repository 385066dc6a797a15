//! `cargo xtask shots`: pictures of every screen, in both themes and three sizes, to be looked at.

use crate::{
    setup,
    step::{Done, say, step, target},
};

/// Takes all, or those screens that are named, on the engine that is made up.
pub fn shots(names: &[&str]) -> Done {
    setup::everything()?;
    setup::node()?;
    step(["npm", "run", "build"]).within("ui").run()?;
    let folder = target().join("shots");
    let take = step(["npx", "playwright", "test", "--config", "shots.config.ts"])
        .within("ui")
        .env("SHOTS_INTO", folder.to_string_lossy());
    let taken = if names.is_empty() { take } else { take.env("SHOTS", names.join(",")) }.run();
    say(&format!("the pictures: {}", folder.join("index.html").display()));
    taken
}
