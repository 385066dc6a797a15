//! The settings in force, kept current while `config.toml` changes on disk.

use crate::{Config, ConfigError, config};
use arc_swap::{ArcSwap, ArcSwapOption};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};
use tokio::sync::watch;

/// An editor's save is several changes; they count as one.
const SETTLE: Duration = Duration::from_millis(200);
/// Where the system cannot tell of changes, the file is looked at this often.
const POLL: Duration = Duration::from_secs(1);

/// The settings in force. A bad file is reported and leaves the last good settings as they are.
#[derive(Clone)]
pub struct ConfigWatch(Arc<Shared>);

struct Shared {
    home: PathBuf,
    current: ArcSwap<Config>,
    state: Mutex<State>,
    /// Counts what was seen; receivers look at `current` and `problem` themselves.
    changed: watch::Sender<u64>,
    /// Ends the watching with its last clone.
    watching: Mutex<Option<Watching>>,
}

#[derive(Default)]
struct State {
    /// The text last read, good or bad.
    text: Option<String>,
    problem: Option<ConfigError>,
}

impl ConfigWatch {
    /// Reads the settings and follows them. A bad file at the start leaves the presets in force, with
    /// the problem told: a window must open all the same.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn start(home: &Path) -> Result<Self, ConfigError> {
        std::fs::create_dir_all(home).map_err(|error| ConfigError::Unwritable {
            path: home.display().to_string(),
            reason: error.to_string(),
        })?;
        let me = Self::new(home, Config::parse("", &environment)?);
        me.reload();
        me.follow();
        Ok(me)
    }

    /// Reads the settings once.
    ///
    /// # Errors
    /// When the file is bad.
    pub fn once(home: &Path) -> Result<Self, ConfigError> {
        let text = config::read(home)?;
        let me = Self::new(home, Config::parse(&text, &environment)?);
        me.state().text = Some(text);
        Ok(me)
    }

    fn new(home: &Path, config: Config) -> Self {
        Self(Arc::new(Shared {
            home: home.to_owned(),
            current: ArcSwap::from_pointee(config),
            state: Mutex::default(),
            changed: watch::channel(0).0,
            watching: Mutex::default(),
        }))
    }

    /// The settings in force.
    pub fn current(&self) -> Arc<Config> {
        self.0.current.load_full()
    }

    /// What is wrong with the file as it is now; `None` when it is in force.
    pub fn problem(&self) -> Option<ConfigError> {
        self.state().problem.clone()
    }

    /// Tells of every change of [`Self::current`] or [`Self::problem`].
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }

    /// Reads the file now, for instance after an edit of our own; whether anything changed.
    pub fn reload(&self) -> bool {
        self.0.reload()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn follow(&self) {
        let (tell, told) = mpsc::channel();
        let ears = Ears { tell, behind: Arc::default() };
        let watching = watching(&self.0.home, &ears).or_else(|error| {
            tracing::warn!(%error, "changes of config.toml are polled for");
            polling(&self.0.home, &ears)
        });
        drop(ears);
        match watching {
            Ok(watching) => *self.0.watching() = Some(watching),
            Err(error) => {
                tracing::warn!(%error, "changes of config.toml are not followed; restart to use them");
                return;
            }
        }
        let shared = Arc::downgrade(&self.0);
        let spawned = thread::Builder::new().name("config".to_owned()).spawn(move || {
            while told.recv().is_ok() {
                while told.recv_timeout(SETTLE).is_ok() {}
                let Some(shared) = shared.upgrade() else { return };
                shared.follow_again();
                shared.reload();
            }
        });
        if let Err(error) = spawned {
            tracing::warn!(%error, "changes of config.toml are not followed; restart to use them");
        }
        // What changed between the first reading and the watching.
        self.reload();
    }
}

impl Shared {
    fn watching(&self) -> MutexGuard<'_, Option<Watching>> {
        self.watching.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another file may be in its place now.
    fn follow_again(&self) {
        let mut slot = self.watching();
        let Some(watching) = &mut *slot else { return };
        let Err(error) = watching.follow(&self.home) else { return };
        tracing::warn!(%error, "changes of config.toml are polled for");
        match polling(&self.home, &watching.ears) {
            Ok(polling) => *slot = Some(polling),
            Err(error) => {
                tracing::warn!(%error, "changes of config.toml are not followed; restart to use them");
            }
        }
    }

    fn reload(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let problem = match config::read(&self.home) {
            Ok(text) if state.text.as_ref() == Some(&text) => return false,
            Ok(text) => {
                let parsed = Config::parse(&text, &environment);
                state.text = Some(text);
                match parsed {
                    Ok(config) => {
                        self.current.store(Arc::new(config));
                        None
                    }
                    Err(problem) => Some(problem),
                }
            }
            Err(problem) if state.problem.as_ref() == Some(&problem) => return false,
            Err(problem) => {
                state.text = None;
                Some(problem)
            }
        };
        if let Some(problem) = &problem {
            tracing::warn!(%problem, "the last good config.toml stays in force");
        }
        state.problem = problem;
        drop(state);
        self.changed.send_modify(|count| *count += 1);
        true
    }
}

impl fmt::Debug for ConfigWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigWatch").field("home", &self.0.home).finish_non_exhaustive()
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// What is watched.
struct Watching {
    watcher: Box<dyn Watcher + Send>,
    at: Vec<PathBuf>,
    ears: Ears,
}

/// Who is told, and of what.
#[derive(Clone)]
struct Ears {
    tell: mpsc::Sender<()>,
    /// What the settings file is a link to, if it is one.
    behind: Arc<ArcSwapOption<PathBuf>>,
}

impl Watching {
    fn start(watcher: Box<dyn Watcher + Send>, ears: Ears, home: &Path) -> notify::Result<Self> {
        let mut watching = Self { watcher, at: Vec::new(), ears };
        watching.follow(home)?;
        Ok(watching)
    }

    /// Watches the file, and the folder only where that is the way to hear of it: it also has the database, and each
    /// write there would wake us.
    fn follow(&mut self, home: &Path) -> notify::Result<()> {
        for path in self.at.drain(..) {
            // One whose file is gone is no longer watched in any case.
            let _ = self.watcher.unwatch(&path);
        }
        let file = home.join(config::FILE);
        let there = std::fs::symlink_metadata(&file).ok();
        let linked = there.as_ref().is_some_and(std::fs::Metadata::is_symlink);
        let behind = if linked { behind(&file) } else { None };
        self.ears.behind.store(behind.clone().map(Arc::new));
        if there.is_some() && !linked && self.watch(file).is_ok() {
            return Ok(());
        }
        // A link may be put elsewhere, and the file behind it be replaced, or be away for a while.
        if let Some(folder) = behind.as_deref().and_then(Path::parent) {
            let _ = self.watch(folder.to_owned());
        }
        self.watch(home.to_owned())
    }

    fn watch(&mut self, path: PathBuf) -> notify::Result<()> {
        self.watcher.watch(&path, RecursiveMode::NonRecursive)?;
        self.at.push(path);
        Ok(())
    }
}

/// What a link leads to, as changes of it are told: by its real path, or by what it says where nothing is there.
fn behind(link: &Path) -> Option<PathBuf> {
    let told = || Some(link.parent()?.join(std::fs::read_link(link).ok()?));
    std::fs::canonicalize(link).ok().or_else(told)
}

/// Only the settings file counts: the folder also has the database, which changes all the time.
fn on_change(ears: &Ears) -> impl Fn(notify::Result<notify::Event>) + Send + 'static {
    let Ears { tell, behind } = ears.clone();
    let is_ours = move |path: &PathBuf| {
        path.ends_with(config::FILE) || behind.load().as_deref().is_some_and(|behind| behind == path)
    };
    move |event| {
        let ours = match event {
            Ok(event) => {
                !event.kind.is_access() && (event.paths.is_empty() || event.paths.iter().any(&is_ours))
            }
            Err(_) => true,
        };
        if ours {
            let _ = tell.send(());
        }
    }
}

fn watching(home: &Path, ears: &Ears) -> notify::Result<Watching> {
    let watcher = RecommendedWatcher::new(on_change(ears), notify::Config::default())?;
    Watching::start(Box::new(watcher), ears.clone(), home)
}

fn polling(home: &Path, ears: &Ears) -> notify::Result<Watching> {
    let settings = notify::Config::default().with_poll_interval(POLL);
    let watcher = notify::PollWatcher::new(on_change(ears), settings)?;
    Watching::start(Box::new(watcher), ears.clone(), home)
}

#[cfg(test)]
mod tests;
