//! The engine itself: what it is made of, how it starts and ends.

use crate::{
    EngineError,
    admission::{Admission, Clock},
    breakers::Breakers,
    cache::AnswerCache,
    catalog::Catalog,
    changes::{Changed, Changes},
    faults::Faults,
    finding::Undos,
    journal::{Journal, Order},
    media::PdfReader,
    meters::Meters,
    models::Discovered,
    moving::Imports,
    quotas::Quotas,
    recovery,
    routing::Routes,
    runs::Running,
    storage::Saved,
    ways::Ways,
    weigh::Weights,
    wire::{
        Known, Spool, Told,
        weave::{self, Weaver},
    },
};
use domain::{InstanceId, Timestamp};
use providers::{Config, ConfigWatch, Transport};
use secrets::Secrets;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};
use store::{InstanceGuard, OpenOptions, OpenReport, Store};
use tokio::sync::broadcast;

/// How long leaving waits for what is streaming: longer than another process may keep the store busy.
const LEAVE_WITHIN: Duration = Duration::from_secs(20);
/// How often it is looked whether another process died and left answers behind.
const MEND_EVERY: Duration = Duration::from_secs(5);
/// How often what budgets do not need is given back.
const TIDY_EVERY: Duration = Duration::from_secs(1);
/// How often it is looked whether contents wait for the search index.
const INDEX_EVERY: Duration = Duration::from_secs(3);
/// Housekeeping waits until the window is up and the first questions are asked.
const SETTLED_AFTER: Duration = Duration::from_secs(20);

/// How an engine is opened.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// What this process is, for those who look at who has the store open: `app`, `cli`, `serve`.
    pub kind: &'static str,
    /// Whether settings are reloaded when they change on disk, other processes' changes are
    /// announced, and backups are made daily: wanted by what stays open.
    pub background: bool,
    /// Where the data file is kept when not in the data directory: for runs that leave nothing.
    pub store_in: Option<PathBuf>,
    /// How long a full or read-only disk is waited for at the end of an answer; `None` is for ever.
    /// A command ends with what it has shown and says that it was not stored; the next start marks
    /// that answer as interrupted.
    pub store_within: Option<Duration>,
    /// The program that reads PDFs when it is started for that: one whose `main` asks
    /// [`crate::pdf_reader`] first. Without it PDFs are taken without their text.
    pub pdf_reader: Option<PathBuf>,
    /// Whether a batch is committed before it is shown.
    pub order: Order,
}

impl EngineOptions {
    /// For a program that stays open.
    #[must_use]
    pub const fn app() -> Self {
        Self {
            kind: "app",
            background: true,
            store_in: None,
            store_within: None,
            pdf_reader: None,
            order: Order::CommitFirst,
        }
    }

    /// For a gateway without a window.
    #[must_use]
    pub fn serve() -> Self {
        Self { kind: "serve", ..Self::app() }
    }

    /// For a command that ends.
    #[must_use]
    pub const fn command() -> Self {
        Self {
            kind: "cli",
            background: false,
            store_in: None,
            store_within: Some(Duration::from_secs(10)),
            pdf_reader: None,
            order: Order::CommitFirst,
        }
    }
}

/// All of the product but its doors. Cloning is cheap; every clone is the same engine.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Inner>);

/// What outlives an engine when its data file is exchanged: keys that were entered for this session,
/// and those who listen.
pub(crate) struct Keep {
    pub(crate) secrets: Secrets,
    pub(crate) changes: Changes,
}

pub(crate) struct Inner {
    pub(crate) home: PathBuf,
    pub(crate) store: Store,
    pub(crate) config: ConfigWatch,
    pub(crate) transport: Transport,
    pub(crate) secrets: Secrets,
    pub(crate) journal: Journal,
    pub(crate) changes: Changes,
    pub(crate) saved: Arc<Saved>,
    /// Answers whose end was given up: other writes that succeed do not make that good.
    pub(crate) given_up: Saved,
    pub(crate) running: Running,
    pub(crate) discovered: Discovered,
    pub(crate) catalog: Catalog,
    pub(crate) instance: InstanceId,
    pub(crate) start_problem: Option<String>,
    pub(crate) store_within: Option<Duration>,
    pub(crate) imports: Imports,
    pub(crate) weights: Weights,
    pub(crate) undos: Undos,
    pub(crate) pdf: PdfReader,
    pub(crate) admission: Arc<Admission>,
    pub(crate) breakers: Arc<Breakers>,
    pub(crate) ways: Ways,
    pub(crate) names: Known,
    pub(crate) routes: Routes,
    pub(crate) cache: Arc<AnswerCache>,
    pub(crate) faults: Faults,
    pub(crate) quotas: Quotas,
    pub(crate) spool: Arc<Spool>,
    pub(crate) told: Told,
    pub(crate) weaver: Weaver,
    pub(crate) meters: Arc<Meters>,
    pub(crate) options: EngineOptions,
    /// Held while this process lives; its release tells others that we are gone.
    _guard: InstanceGuard,
}

impl Engine {
    /// Opens the data directory, mends what a crash left behind and starts the background work.
    ///
    /// # Errors
    /// When the directory cannot be used, or its data file is newer than this program.
    pub async fn open(home: &Path, options: EngineOptions) -> Result<Self, EngineError> {
        let keep = Keep { secrets: Secrets::in_home(home), changes: Changes::new() };
        Ok(Self::open_with(home, options, keep).await?.0)
    }

    /// The same, with what outlives an engine; whether a backup was put in the data file's place.
    pub(crate) async fn open_with(
        home: &Path,
        options: EngineOptions,
        Keep { secrets, changes }: Keep,
    ) -> Result<(Self, bool), EngineError> {
        #[cfg(unix)]
        outlive_size_limits();
        let (store, report) =
            Store::open(options.store_in.as_deref().unwrap_or(home), OpenOptions::default()).await?;
        let instance = InstanceId::from_uuid(uuid::Uuid::now_v7());
        let guard = store.instances().register(instance, options.kind, std::process::id(), now()).await?;
        let config = if options.background { ConfigWatch::start(home) } else { ConfigWatch::once(home) }?;
        let transport = Transport::new().map_err(|e| EngineError::Transport(e.to_string()))?;
        let saved = Arc::new(Saved::default());
        let journal = Journal::start(store.clone(), options.order, saved.clone(), changes.clone());
        let admission = Admission::new(store.clone(), instance, Clock::of_this_machine());
        // Beside the data that it is woven into.
        let spool = Spool::new(store.home(), instance);
        let routes = Routes::new(changes.generation(), instance.uuid().as_u64_pair().1 as u32);
        let engine = Self(Arc::new(Inner {
            home: home.to_owned(),
            store,
            config,
            transport,
            secrets,
            journal,
            changes,
            saved,
            given_up: Saved::default(),
            running: Running::default(),
            discovered: Discovered::default(),
            catalog: Catalog::default(),
            instance,
            start_problem: start_problem(&report),
            store_within: options.store_within,
            imports: Imports::default(),
            weights: Weights::default(),
            undos: Undos::default(),
            pdf: PdfReader::by(options.pdf_reader.clone()),
            admission,
            breakers: Arc::default(),
            ways: Ways::default(),
            names: Known::default(),
            routes,
            cache: Arc::default(),
            faults: Faults::default(),
            quotas: Quotas::default(),
            spool,
            told: Told::default(),
            weaver: Weaver::default(),
            meters: Arc::default(),
            options: options.clone(),
            _guard: guard,
        }));
        engine.take_up_ways();
        recovery::mend(&engine).await;
        engine.recall_models().await?;
        engine.recall_learned().await?;
        engine.recall_catalog().await?;
        engine.refresh_admission().await;
        if options.background {
            engine.spawn_background();
        }
        Ok((engine, report.restored.is_some()))
    }

    /// What the next engine of this process goes on with.
    pub(crate) fn keep(&self) -> Keep {
        Keep { secrets: self.0.secrets.clone(), changes: self.0.changes.clone() }
    }

    /// Announcements of what changed, here or in another process that shares the directory.
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.0.changes.listen()
    }

    /// The settings in force.
    pub fn config(&self) -> Arc<Config> {
        self.0.config.current()
    }

    /// What is counted of the gateway's calls.
    pub fn meters(&self) -> &Arc<Meters> {
        &self.0.meters
    }

    /// The data directory.
    pub fn home(&self) -> &Path {
        &self.0.home
    }

    /// Stops what is streaming, waits until it is stored, and leaves the store. Waiting is bounded:
    /// a full disk must not keep a process from ending.
    pub async fn close(&self) {
        self.0.running.stop_all();
        self.0.imports.stop_all();
        if tokio::time::timeout(LEAVE_WITHIN, self.0.running.all_ended()).await.is_ok() {
            self.0.journal.flush().await;
            self.0.cache.flush(&self.0.store, &self.config().cache).await;
            // What it spent is taken from its leases before these return.
            let woven = weave::drain(self).await;
            if let Err(error) = self.keep_learned().await {
                tracing::warn!(%error, "what was learned last is lost");
            }
            if let Err(error) = self.0.admission.tidy().await {
                tracing::warn!(%error, "what was set aside is given back by the next start");
            }
            let left = match woven {
                Ok(()) => self.0.store.instances().remove(self.0.instance).await.map_err(EngineError::from),
                Err(error) => Err(error),
            };
            if let Err(error) = left {
                tracing::warn!(%error, "the instance could not be signed off; the next start takes care of it");
            }
        } else {
            // Still signed on, so that the next start finds what is left and mends it.
            tracing::error!("what was streaming cannot be stored; the next start takes care of it");
        }
        self.0.store.close().await;
    }

    fn spawn_background(&self) {
        tokio::spawn(Arc::clone(&self.0.spool).keep_writing());
        weave::start(self);
        self.keep_catalog();
        self.keep_answers();
        self.keep_checking();
        let weak = Arc::downgrade(&self.0);
        let mut config = self.0.config.changed();
        tokio::spawn(async move {
            while config.changed().await.is_ok() {
                let Some(inner) = weak.upgrade() else { return };
                inner.changes.tell(["providers", "models", "status"]);
                let engine = Self(inner);
                engine.take_up_ways();
                engine.refresh_admission().await;
            }
        });
        let weak = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let Some(inner) = weak.upgrade() else { return };
            if let Err(error) = Self(inner).learn_votes().await {
                tracing::warn!(%error, "votes of before are learned from later");
            }
        });
        let weak = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut seen = None;
            loop {
                tokio::time::sleep(Duration::from_millis(500)).await;
                let Some(inner) = weak.upgrade() else { return };
                match inner.store.data_version().await {
                    // It changes only when another process wrote.
                    Ok(version) if seen != Some(version) => {
                        // The first time nobody has to hear of it; a key may have come while we started.
                        if seen.replace(version).is_some() {
                            inner.changes.tell(["conversations", "conversation:*", "keys"]);
                        }
                        inner.cache.doubt();
                        // A key that was issued or revoked elsewhere counts within a second.
                        Self(inner).refresh_admission().await;
                    }
                    Ok(_) => {}
                    Err(error) => tracing::warn!(%error, "the store cannot be watched"),
                }
            }
        });
        let weak = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(TIDY_EVERY).await;
                let Some(inner) = weak.upgrade() else { return };
                if let Err(error) = inner.admission.tidy().await {
                    tracing::warn!(%error, "what budgets set aside is given back later");
                }
            }
        });
        let weak = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(MEND_EVERY).await;
                let Some(inner) = weak.upgrade() else { return };
                let engine = Self(inner);
                recovery::mend(&engine).await;
                if let Err(error) = engine.keep_learned().await {
                    tracing::warn!(%error, "what was learned is stored later");
                }
            }
        });
        let weak = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            // What an import or a long answer left to be indexed, in this process or another.
            loop {
                tokio::time::sleep(INDEX_EVERY).await;
                let Some(inner) = weak.upgrade() else { return };
                Self(inner).index_rest().await;
            }
        });
        let weak = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep(SETTLED_AFTER).await;
            loop {
                let Some(inner) = weak.upgrade() else { return };
                let config = inner.config.current();
                let (days, mb) = (config.gateway.keep_days, config.gateway.keep_mb);
                if let Err(error) = inner.store.wire().prune(now(), days, mb).await {
                    tracing::warn!(%error, "old raw exchanges could not be dropped");
                }
                if let Err(error) = inner.store.weaving().expire(now(), days, mb).await {
                    tracing::warn!(%error, "old captured conversations could not be dropped");
                }
                if let Err(error) = inner.store.backups().daily(now()).await {
                    tracing::error!(%error, "the daily backup failed");
                }
                if let Err(error) = Self(inner).tidy().await {
                    tracing::warn!(%error, "what is due could not be erased");
                }
                tokio::time::sleep(Duration::from_hours(1)).await;
            }
        });
    }
}

/// Where a limit on file sizes is set, going over it is to be an error of that write, like a full
/// disk, and not the end of the process: any handler in place of the default one does that.
#[cfg(unix)]
fn outlive_size_limits() {
    /// On Linux and macOS alike.
    const SIGXFSZ: i32 = 25;
    if let Err(error) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(SIGXFSZ)) {
        tracing::warn!(%error, "a limit on file sizes would end this process");
    }
}

/// The time, in the one place that reads the clock.
#[must_use]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn start_problem(report: &OpenReport) -> Option<String> {
    let kept = report.damaged.as_ref()?;
    let what = match (&report.restored, report.salvaged) {
        (Some(backup), _) => format!("the backup {} was put in its place", backup.display()),
        (None, true) => "what could be read was taken over".to_owned(),
        (None, false) => "an empty one was begun".to_owned(),
    };
    Some(format!("the data file was damaged; it is kept in {}, and {what}", kept.display()))
}
