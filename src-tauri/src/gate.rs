//! The gateway of this window: on while the settings say so, over the engine that is open now.

use crate::handle::Handle;
use engine::{Engine, JwtConfig};
use gateway::{Gateway, GatewayOptions, KeyCheck, ListenError, Running, Tokens};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, broadcast::error::RecvError};

/// How long calls may go on that are under way when it is switched off, or started anew.
const DRAIN_WITHIN: Duration = Duration::from_secs(2);
/// The same when the app ends.
const LEAVE_WITHIN: Duration = Duration::from_millis(500);

/// The one gateway there is, or why it does not listen.
#[derive(Clone, Default)]
pub struct Gate(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    running: Option<Open>,
    problem: Option<Problem>,
}

struct Open {
    gateway: Running,
    /// Where it was told to listen.
    as_set: Place,
}

/// What it is started anew for.
#[derive(PartialEq, Eq)]
struct Place {
    host: String,
    port: u16,
    expose: bool,
    hosts: Vec<String>,
    origins: Vec<String>,
    /// What tokens are checked with.
    jwt: Option<JwtConfig>,
}

impl Place {
    fn of(engine: &Engine) -> Self {
        let gateway = engine.config().gateway.clone();
        Self {
            host: gateway.host,
            port: gateway.port,
            expose: gateway.expose,
            hosts: gateway.hosts,
            origins: gateway.origins,
            jwt: gateway.jwt,
        }
    }
}

/// Why it does not listen.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What happened, and what to do.
    pub message: String,
    /// Whether somebody else has the port.
    pub port_busy: bool,
}

/// Where it listens, or why it does not.
#[derive(Debug, Clone, Default)]
pub struct Listening {
    /// As `http://127.0.0.1:4141`.
    pub url: Option<String>,
    /// Why it does not, though it is switched on.
    pub problem: Option<Problem>,
}

impl Gate {
    /// Follows the settings from now on, whoever changes them, until the app ends.
    pub fn follow(&self, handle: Handle) {
        let gate = self.clone();
        tauri::async_runtime::spawn(async move {
            let Ok(engine) = handle.opened().await else { return };
            let mut changes = engine.changes();
            gate.settle(&engine).await;
            drop(engine);
            loop {
                match changes.recv().await {
                    Ok(changed) if !changed.tags.iter().any(|tag| tag == "status" || tag == "*") => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => {
                        if let Some(engine) = handle.now() {
                            gate.settle(&engine).await;
                        }
                    }
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }

    /// How it is.
    pub async fn listening(&self) -> Listening {
        let state = self.0.lock().await;
        let url = state.running.as_ref().map(|open| open.gateway.url());
        Listening { url, problem: state.problem.clone() }
    }

    /// Makes it as the engine's settings say: on, off, or somewhere else.
    pub async fn settle(&self, engine: &Engine) {
        let mut state = self.0.lock().await;
        let enabled = engine.config().gateway.enabled && !engine.is_closed();
        let place = Place::of(engine);
        if let Some(open) = &state.running {
            if enabled && open.as_set == place && !open.gateway.gateway().engine().is_closed() {
                return;
            }
            state.close(DRAIN_WITHIN).await;
        }
        state.problem = None;
        if !enabled {
            return;
        }
        match start(engine).await {
            Ok(gateway) => state.running = Some(Open { gateway, as_set: place }),
            Err(problem) => {
                tracing::warn!(why = problem.message, "the gateway does not listen");
                state.problem = Some(problem);
            }
        }
    }

    /// Takes no more calls: the engine under it is about to be exchanged.
    pub async fn pause(&self) {
        self.0.lock().await.close(DRAIN_WITHIN).await;
    }

    /// The app ends.
    pub async fn leave(&self) {
        self.0.lock().await.close(LEAVE_WITHIN).await;
    }
}

impl State {
    async fn close(&mut self, within: Duration) {
        if let Some(open) = self.running.take() {
            open.gateway.stop(within).await;
        }
    }
}

async fn start(engine: &Engine) -> Result<Running, Problem> {
    let tokens = Tokens::of(engine)
        .map_err(|error| Problem { message: format!("config.toml: {error}"), port_busy: false })?;
    let keys = KeyCheck::of(engine.clone()).or_tokens(tokens);
    let options =
        GatewayOptions::of(&engine.config().gateway, Some(keys)).map_err(|error| problem(&error))?;
    Gateway::start(engine.clone(), options).await.map_err(|error| problem(&error))
}

/// The same in words of the window: there is no command line here.
fn problem(error: &ListenError) -> Problem {
    match error {
        ListenError::Busy { address, port } => Problem {
            message: format!(
                "port {port} on {address} is in use by another program, perhaps by another Orchesity; choose \
                 another port, or end what listens there and try again"
            ),
            port_busy: true,
        },
        ListenError::Forbidden { port } => Problem {
            message: format!("port {port} needs rights that you do not have; choose one from 1024 on"),
            port_busy: true,
        },
        ListenError::Exposed { address } => Problem {
            message: format!(
                "{address} can be reached by other machines; choose that under `Reached from`, or listen on \
                 this machine only"
            ),
            port_busy: false,
        },
        other => Problem { message: other.to_string(), port_busy: false },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{EngineOptions, GatewayEdit};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    async fn open() -> (tempfile::TempDir, Engine) {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::open(home.path(), EngineOptions::app()).await.unwrap();
        (home, engine)
    }

    fn edit(enabled: bool, port: u16) -> GatewayEdit {
        GatewayEdit { enabled: Some(enabled), port: Some(port), ..GatewayEdit::default() }
    }

    /// The status line that `/live` is answered with.
    async fn live(url: &str) -> std::io::Result<String> {
        let address = url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await?;
        let head = format!("GET /live HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer.lines().next().unwrap_or_default().to_owned())
    }

    #[tokio::test]
    async fn it_is_off_until_it_is_switched_on_and_off_again_after() {
        let (_home, engine) = open().await;
        let gate = Gate::default();
        gate.settle(&engine).await;
        assert!(gate.listening().await.url.is_none());
        engine.edit_gateway(edit(true, 0)).await.unwrap();
        gate.settle(&engine).await;
        let url = gate.listening().await.url.unwrap();
        assert!(live(&url).await.unwrap().contains("200"));
        // What changes nothing of where it listens interrupts nobody.
        let keep = GatewayEdit { keep_days: Some(7), ..GatewayEdit::default() };
        engine.edit_gateway(keep).await.unwrap();
        gate.settle(&engine).await;
        assert_eq!(gate.listening().await.url.as_deref(), Some(url.as_str()));
        engine.edit_gateway(edit(false, 0)).await.unwrap();
        gate.settle(&engine).await;
        assert!(gate.listening().await.url.is_none());
        live(&url).await.unwrap_err();
        engine.close().await;
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_a_problem_that_says_what_to_do_and_another_port_mends_it() {
        let (_home, engine) = open().await;
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let gate = Gate::default();
        engine.edit_gateway(edit(true, port)).await.unwrap();
        gate.settle(&engine).await;
        let Listening { url, problem } = gate.listening().await;
        let problem = problem.unwrap();
        assert!(url.is_none() && problem.port_busy);
        assert!(
            problem.message.contains(&port.to_string()) && problem.message.contains("choose another port")
        );
        engine.edit_gateway(edit(true, 0)).await.unwrap();
        gate.settle(&engine).await;
        let Listening { url, problem } = gate.listening().await;
        assert!(url.is_some() && problem.is_none());
        gate.leave().await;
        engine.close().await;
    }

    #[tokio::test]
    async fn it_goes_on_over_the_engine_that_takes_the_others_place() {
        let home = tempfile::tempdir().unwrap();
        let handle = Handle::new(home.path().to_owned());
        let engine = handle.ready().await.unwrap();
        engine.edit_gateway(edit(true, 0)).await.unwrap();
        let gate = Gate::default();
        gate.settle(&engine).await;
        let backup = engine.back_up().await.unwrap();
        drop(engine);
        gate.pause().await;
        handle.restore(&backup.name).await.unwrap();
        let engine = handle.ready().await.unwrap();
        gate.settle(&engine).await;
        let url = gate.listening().await.url.unwrap();
        assert!(live(&url).await.unwrap().contains("200"));
        gate.leave().await;
        engine.close().await;
    }
}
