//! `cargo xtask e2e`: the real app in a real window, alone.

use crate::{
    setup,
    step::{Done, Step, root, say, step},
};

/// Two real models, each on a port of its own.
const MODELS: [(&str, &str); 2] = [("smollm2", "8033"), ("gemma3", "8034")];

/// Builds the app and drives it; with `real_model`, against two small language models on this CPU.
pub fn e2e(real_model: bool) -> Done {
    setup::everything()?;
    setup::node()?;
    setup::driver()?;
    step(["npm", "run", "build"]).within("ui").run()?;
    step(["cargo", "build", "--workspace", "--all-targets"]).run()?;
    let test = step(["cargo", "test", "--workspace", "--test", "desktop", "--", "--nocapture"])
        .env("ORCHESITY_E2E", "1");
    if !real_model {
        return test.run();
    }
    if !root().join("../shared/local-model/start.sh").is_file() {
        say(
            "there is no ../shared/local-model beside this checkout: the scripted server stands in for the real models",
        );
        return test.run();
    }
    let mut ours = Vec::new();
    let done = with_models(&mut ours, test);
    // Only what was started here is stopped; what the test said counts for more than a bad stop.
    let stops: Vec<Done> = ours.into_iter().map(|(model, port)| local(model, "stop", port).run()).collect();
    done.and(stops.into_iter().collect())
}

fn with_models(ours: &mut Vec<(&'static str, &'static str)>, test: Step) -> Done {
    for (model, port) in MODELS {
        if local(model, "status", port).ask().is_none() {
            local(model, "start", port).run()?;
            ours.push((model, port));
        }
    }
    let urls = MODELS.map(|(_, port)| format!("http://127.0.0.1:{port}")).join(",");
    test.env("ORCHESITY_REAL_MODELS", urls).run()
}

fn local(model: &str, command: &str, port: &str) -> Step {
    step(["bash", "../shared/local-model/start.sh", command, port]).env("LOCAL_MODEL", model)
}
