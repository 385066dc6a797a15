//! A home that knows the scripted server, in its three dialects.

use system_tests::orch::{Finished, Orch};
use testkit::{Home, ScriptedProvider};

pub struct World {
    pub server: ScriptedProvider,
    pub home: Home,
    pub orch: Orch,
}

pub async fn world() -> World {
    let server = ScriptedProvider::start().await;
    let home = Home::scripted(&server.url()).unwrap();
    let orch = Orch::new(home.path()).unwrap();
    World { server, home, orch }
}

impl World {
    /// Runs `orch` off the async threads, which the scripted server needs.
    pub async fn run(&self, arguments: &[&str]) -> Finished {
        let orch = self.orch.clone();
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let run = move || orch.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        tokio::task::spawn_blocking(run).await.unwrap().unwrap()
    }

    /// A file in the home.
    pub fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_string_lossy().into_owned()
    }
}
