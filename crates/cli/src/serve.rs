//! `orch serve`: the gateway without a window.

use crate::{
    exit::{Exit, Trouble},
    logging::LogFormat,
    terminal,
};
use clap::Args as ClapArgs;
use engine::{Engine, EngineOptions};
use gateway::{Gateway, GatewayOptions, KeyCheck, Running, Tokens};
use serde_json::json;
use std::{io::Write as _, path::Path, time::Duration};

/// How long what is being answered may go on once we are told to leave.
const DRAIN_WITHIN: Duration = Duration::from_secs(30);

#[derive(Debug, ClapArgs)]
pub struct ServeArgs {
    /// Port to listen on; 0 picks a free one [default: `[gateway] port` of config.toml, or 4141]
    #[arg(long)]
    pub port: Option<u16>,
    /// Address to listen on [default: `[gateway] host` of config.toml, or this machine only]
    #[arg(long, value_name = "ADDRESS")]
    pub host: Option<String>,
    /// Let other machines ask, where `--host` is an address that they can reach
    #[arg(long)]
    pub expose: bool,
    /// Ask nobody for a key; for tests, and only for callers on this machine
    #[arg(long)]
    pub no_auth: bool,
    /// How standard error is written: text, or json with a line for each request
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub log: LogFormat,
}

/// Serves until it is told to leave.
pub async fn run(home: &Path, named: bool, args: ServeArgs) -> Result<Exit, Trouble> {
    let engine = Engine::open(home, EngineOptions::serve()).await?;
    let served = serve(&engine, home, named, args).await;
    engine.close().await;
    served
}

async fn serve(engine: &Engine, home: &Path, named: bool, args: ServeArgs) -> Result<Exit, Trouble> {
    // Before anybody can know that we are there: a signal must not find us without an ear.
    let mut signals = Signals::new()?;
    let tokens = Tokens::of(engine)?;
    let takes_tokens = tokens.is_some();
    let keys = (!args.no_auth).then(|| KeyCheck::of(engine.clone()).or_tokens(tokens));
    let mut options = GatewayOptions::of(&engine.config().gateway, keys)?;
    if let Some(host) = &args.host {
        options.host = host.parse()?;
    }
    options.port = args.port.unwrap_or(options.port);
    options.expose |= args.expose;
    let running = Gateway::start(engine.clone(), options).await?;
    tell_ready(&running)?;
    if !args.no_auth && !takes_tokens && !engine.virtual_keys().any() {
        let home = if named { format!(" --home {}", quoted(home)) } else { String::new() };
        let make = format!("orch{home} keys issue --name my-tool");
        match args.log {
            LogFormat::Json => tracing::warn!(make, "nobody can ask yet: no virtual key is issued"),
            LogFormat::Text => eprintln!(
                "{}",
                terminal::err(&format!(
                    "nobody can ask yet: no virtual key is issued. This makes one:\n  {make}"
                ))
            ),
        }
    }
    signals.next().await;
    tracing::info!("told to leave; what is being answered may end");
    tokio::select! {
        () = running.stop(DRAIN_WITHIN) => {}
        // Whoever asks twice does not want to wait.
        () = signals.next() => {}
    }
    Ok(Exit::Good)
}

/// One line for whoever started us.
fn tell_ready(running: &Running) -> Result<(), std::io::Error> {
    let line = json!({ "event": "ready", "url": running.url(), "pid": std::process::id() });
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// As a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// What tells us to leave: Ctrl-C, and what service managers send.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Result<Self, std::io::Error> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Result<Self, std::io::Error> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "Ctrl-C cannot be heard");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;
    use std::path::Path;

    #[test]
    fn a_path_is_printed_so_that_it_can_be_typed() {
        assert_eq!(quoted(Path::new("/a/b-c.d")), "/a/b-c.d");
        assert_eq!(quoted(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
