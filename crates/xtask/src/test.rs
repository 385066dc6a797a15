//! `cargo xtask test` and `cargo xtask fix`.

use crate::{
    generated,
    report::Report,
    setup,
    step::{Done, Failed, has, say, step, target},
};

/// Everything, in an order that tells cheap mistakes early and builds each thing once.
pub fn test() -> Done {
    setup::everything()?;
    setup::node()?;
    setup::driver()?;
    let mut report = Report::default();

    report.check("rustfmt", &step(["cargo", "fmt", "--all", "--check"]))?;
    report.check("ui: lint", &step(["npm", "run", "lint"]).within("ui"))?;
    report.check("ui: types", &step(["npm", "run", "typecheck"]).within("ui"))?;
    report.tests("ui: unit tests", &step(["npm", "test"]).within("ui"))?;
    // The desktop package embeds what this writes, so it comes before cargo.
    if !report.check("ui: build", &step(["npm", "run", "build"]).within("ui"))? {
        return report.end();
    }
    report.tests("ui: browser tests", &step(["npx", "playwright", "test"]).within("ui").env("CI", "true"))?;

    // Tests, programs and examples in one go and always the whole workspace: any other selection
    // of packages would choose other features and build the dependencies a second time.
    if !report.check("build", &step(["cargo", "build", "--workspace", "--all-targets", "--locked"]))? {
        return report.end();
    }
    let bindings = target().join("debug/examples/bindings").to_string_lossy().into_owned();
    let bindings = step([&bindings]).with(["ui/src/ipc/bindings.ts", "--check"]);
    report.check("bindings are current", &bindings)?;

    let tests = if has("cargo-nextest") {
        step(["cargo", "nextest", "run", "--workspace", "--locked", "--profile", "ci"])
    } else {
        report.note(
            "cargo-nextest is not installed: `cargo test` runs the same tests, one program after the other",
        );
        step(["cargo", "test", "--workspace", "--all-targets", "--locked", "--no-fail-fast"])
    };
    // Here, a window that cannot be driven is a failure and not a reason to skip.
    report.tests("tests", &tests.env("ORCHESITY_E2E", "1"))?;
    report.check("doc tests", &step(["cargo", "test", "--workspace", "--doc", "--locked"]))?;

    if let Err(Failed(why)) = generated::lint_and_check_queries(&mut report) {
        say(&why);
        report.count("clippy and queries", false);
    }
    if has("cargo-deny") {
        report.check("dependencies", &step(["cargo", "deny", "check", "bans", "licenses", "sources"]))?;
    } else {
        report.note("cargo-deny is not installed: licences and sources of dependencies were not checked");
    }
    report.end()
}

/// Formats everything and applies what the linters can mend.
pub fn fix() -> Done {
    setup::desktop()?;
    setup::node()?;
    setup::page()?;
    step(["cargo", "clippy", "--workspace", "--all-targets", "--fix", "--allow-dirty", "--allow-staged"])
        .run()?;
    step(["cargo", "fmt", "--all"]).run()?;
    step(["npx", "eslint", "--fix", "."]).within("ui").run()?;
    step(["npm", "run", "format"]).within("ui").run()
}
