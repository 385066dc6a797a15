//! The scripted provider as a process of its own: prints `READY http://127.0.0.1:PORT` and serves
//! until its standard input closes or it is killed. The port is the first argument, 0 by default.

use std::{
    error::Error,
    io::{Read as _, Write as _},
};
use testkit::ScriptedProvider;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let port = match std::env::args().nth(1) {
        Some(port) => port.parse()?,
        None => 0,
    };
    let server = ScriptedProvider::bind(port).await?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "READY {}", server.url())?;
    stdout.flush()?;
    // A parent that dies closes the pipe: the server never outlives its test. With no standard
    // input at all (`</dev/null`) it would end at once, so `--stay` ignores it.
    if std::env::args().any(|argument| argument == "--stay") {
        std::future::pending::<()>().await;
    }
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}
