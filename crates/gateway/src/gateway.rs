//! Switching the gateway on and off.

use crate::{
    api,
    door::Door,
    guard::{Guard, Guards, KeyCheck, Names, Origins},
    listen::{self, Connected, Host, Limits, ListenError, Phase, Seat, Serving},
    ops,
    route::{Access, Routes, Takes, handle},
    v1::{self, Errands},
};
use engine::{Engine, GatewayConfig};
use http::Method;
use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, timeout_at},
};

/// The port when nobody says another.
pub const DEFAULT_PORT: u16 = 4141;
/// How long the cutting of what did not end in time may itself take.
const CUT_WITHIN: Duration = Duration::from_secs(2);

/// How the gateway is switched on.
#[derive(Debug, Clone)]
pub struct GatewayOptions {
    /// Where it listens.
    pub host: Host,
    /// The port; 0 is any free one.
    pub port: u16,
    /// Whether other machines may reach it: chosen, never a consequence of `host` alone.
    pub expose: bool,
    /// More names that it answers to.
    pub hosts: Vec<String>,
    /// Pages that may ask.
    pub origins: Vec<String>,
    /// Who looks keys up; `None` lets anybody of this machine in.
    pub keys: Option<KeyCheck>,
    /// How much one caller may take.
    pub limits: Limits,
    /// The guards that stand.
    pub guards: Guards,
}

impl GatewayOptions {
    /// On loopback, with our usual port, for those whose keys are found by `keys`.
    #[must_use]
    pub fn new(keys: Option<KeyCheck>) -> Self {
        Self {
            host: Host::Loopback,
            port: DEFAULT_PORT,
            expose: false,
            hosts: Vec::new(),
            origins: Vec::new(),
            keys,
            limits: Limits::default(),
            guards: Guards::default(),
        }
    }

    /// As `[gateway]` of config.toml says.
    ///
    /// # Errors
    /// When its `host` is no address.
    pub fn of(config: &GatewayConfig, keys: Option<KeyCheck>) -> Result<Self, ListenError> {
        Ok(Self {
            host: config.host.parse()?,
            port: config.port,
            expose: config.expose,
            hosts: config.hosts.clone(),
            origins: config.origins.clone(),
            ..Self::new(keys)
        })
    }
}

/// HTTP over the engine. Cloning is cheap; every clone is the same gateway.
#[derive(Clone)]
pub struct Gateway(Arc<Inner>);

struct Inner {
    engine: Engine,
    names: Names,
    origins: Origins,
    keys: Option<KeyCheck>,
    guards: Guards,
    limits: Limits,
    exposed: bool,
    addrs: Vec<SocketAddr>,
    connected: Arc<Connected>,
    phase: watch::Receiver<Phase>,
    since: Instant,
    answers: Answers,
    errands: Arc<Errands>,
}

/// How many answers there were of each status from 100 to 599.
struct Answers([AtomicU64; 500]);

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("addrs", &self.0.addrs).finish_non_exhaustive()
    }
}

impl Gateway {
    /// Listens and takes calls, until the returned value is told to stop or dropped.
    ///
    /// # Errors
    /// When the port is in use, or others could reach us and nobody said that they may.
    pub async fn start(engine: Engine, options: GatewayOptions) -> Result<Running, ListenError> {
        let exposed = !options.host.is_loopback();
        if let Host::One(address) = options.host
            && exposed
            && options.guards.stands(Guard::Exposure)
        {
            if !options.expose {
                return Err(ListenError::Exposed { address });
            }
            if options.keys.is_none() {
                return Err(ListenError::ExposedWithoutKeys);
            }
        }
        let origins = Origins::new(&options.origins)?;
        let listeners = listen::bind(options.host, options.port).await?;
        let addrs: Vec<SocketAddr> =
            listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect();
        let port = addrs.first().map_or(options.port, SocketAddr::port);
        let (told, phase) = watch::channel(Phase::Open);
        let connected = Arc::new(Connected::default());
        let names = Names::new(port, &options.hosts)?;
        // From here on nothing fails; `Running` takes it back.
        engine.set_own_port(Some(port));
        let gateway = Self(Arc::new(Inner {
            engine,
            names,
            origins,
            keys: options.keys,
            guards: options.guards,
            limits: options.limits,
            exposed,
            addrs,
            connected: connected.clone(),
            phase: phase.clone(),
            since: Instant::now(),
            answers: Answers([const { AtomicU64::new(0) }; 500]),
            errands: Arc::default(),
        }));
        let routes = routes();
        let listed =
            routes.all().map(|route| (route.method.clone(), route.path.clone(), route.access)).collect();
        let door = Arc::new(Door::new(gateway.clone(), routes));
        let serving = Serving::new(options.limits, options.guards, connected);
        let mut listening = JoinSet::new();
        for listener in listeners {
            listening.spawn(listen::accept(listener, serving.clone(), door.clone(), phase.clone()));
        }
        Ok(Running { gateway, routes: listed, told, listening })
    }

    /// The engine under it.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    /// Where it listens.
    #[must_use]
    pub fn addrs(&self) -> &[SocketAddr] {
        &self.0.addrs
    }

    /// How many are connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.0.connected.count()
    }

    /// How long it has been on.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.0.since.elapsed()
    }

    /// Counts an answer.
    pub(crate) fn answered(&self, status: http::StatusCode) {
        if let Some(count) = self.0.answers.0.get(usize::from(status.as_u16()).wrapping_sub(100)) {
            count.fetch_add(1, Relaxed);
        }
    }

    /// Every status that was answered, and how often.
    pub(crate) fn answers(&self) -> Vec<(u16, u64)> {
        let all = (100..).zip(&self.0.answers.0).map(|(status, count)| (status, count.load(Relaxed)));
        all.filter(|(_, count)| *count > 0).collect()
    }

    /// Whether it is ending.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        *self.0.phase.borrow() != Phase::Open
    }

    /// A place among those who are connected, for what outlives its connection.
    pub(crate) fn seat(&self) -> Option<Seat> {
        let limit =
            if self.0.guards.stands(Guard::Connections) { self.0.limits.connections } else { usize::MAX };
        self.0.connected.enter(limit)
    }

    /// Ends when what is still being answered is cut.
    pub(crate) async fn cut_off(&self) {
        let mut phase = self.0.phase.clone();
        let ending = phase.wait_for(|phase| *phase != Phase::Open).await.map(|phase| *phase);
        let Ok(Phase::Draining(until)) = ending else { return };
        tokio::time::sleep_until(until).await;
    }

    pub(crate) fn names(&self) -> &Names {
        &self.0.names
    }

    pub(crate) fn origins(&self) -> &Origins {
        &self.0.origins
    }

    pub(crate) fn keys(&self) -> Option<&KeyCheck> {
        self.0.keys.as_ref()
    }

    pub(crate) fn guards(&self) -> Guards {
        self.0.guards
    }

    pub(crate) fn limits(&self) -> Limits {
        self.0.limits
    }

    pub(crate) fn errands(&self) -> &Arc<Errands> {
        &self.0.errands
    }

    pub(crate) fn is_exposed(&self) -> bool {
        self.0.exposed
    }
}

/// Every route there is.
pub(crate) fn routes() -> Routes {
    let ops = Routes::default()
        .add(Method::GET, "/live", Access::Open, Takes::Nothing, handle!(ops::live))
        .add(Method::GET, "/health", Access::OpenOnLoopback, Takes::Nothing, handle!(ops::health))
        .add(Method::GET, "/ready", Access::Key, Takes::Nothing, handle!(ops::ready))
        .add(Method::GET, "/info", Access::Key, Takes::Nothing, handle!(ops::info))
        .add(Method::GET, "/metrics", Access::Key, Takes::Nothing, handle!(ops::metrics));
    api::add(v1::add(ops))
}

/// A gateway that is switched on. Dropping it cuts everything.
pub struct Running {
    gateway: Gateway,
    routes: Vec<(Method, String, Access)>,
    told: watch::Sender<Phase>,
    listening: JoinSet<()>,
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("gateway", &self.gateway).finish_non_exhaustive()
    }
}

impl Running {
    /// The gateway itself.
    #[must_use]
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// Where it listens.
    #[must_use]
    pub fn addrs(&self) -> &[SocketAddr] {
        self.gateway.addrs()
    }

    /// The address to tell people.
    #[must_use]
    pub fn url(&self) -> String {
        self.addrs().first().map_or_else(String::new, |address| format!("http://{address}"))
    }

    /// Every route: method, path, and who may ask it.
    #[must_use]
    pub fn routes(&self) -> &[(Method, String, Access)] {
        &self.routes
    }

    /// Takes no more calls, lets those that are being answered end within this time, and cuts the rest.
    pub async fn stop(mut self, within: Duration) {
        let until = Instant::now() + within;
        self.told.send_replace(Phase::Draining(until));
        let all = async { while self.listening.join_next().await.is_some() {} };
        if timeout_at(until + CUT_WITHIN, all).await.is_err() {
            tracing::error!("calls could not be cut in time");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.gateway.engine().set_own_port(None);
    }
}
