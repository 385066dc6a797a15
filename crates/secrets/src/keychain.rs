//! The operating system's keychain, behind a thread of its own.
//!
//! A Secret Service can hang for ever, and the calls to it block. So one plain thread makes them, one
//! at a time, and askers wait no longer than a bound. The thread is detached: the process can end
//! while it hangs. A store that failed is never used again, since a later one may work (the service
//! was started, the keyring unlocked) where the old one remembers its failure.

use crate::SecretError;
use keyring_core::{CredentialStore, Entry, Error as KeyringError};
use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// Opens a fresh platform store.
pub type OpenStore = Arc<dyn Fn() -> keyring_core::Result<Arc<CredentialStore>> + Send + Sync>;

/// How long one asker waits.
const BOUND: Duration = Duration::from_secs(3);
/// When a thread that hangs is left to itself and a new one takes over.
const ABANDON: Duration = Duration::from_secs(30);
/// The name our entries are filed under.
const SERVICE: &str = "orchesity";

/// Says whether the keychain could be used, without touching an entry.
type Look = fn(&mut Desk) -> Result<(), SecretError>;
type Job = Box<dyn FnOnce(&mut Desk) + Send>;

/// The keychain of this machine.
#[derive(Clone)]
pub struct Keychain {
    open: OpenStore,
    look: Look,
    bound: Duration,
    worker: Arc<Mutex<Option<Worker>>>,
}

struct Worker {
    jobs: mpsc::Sender<Job>,
    busy_since: Arc<Mutex<Option<Instant>>>,
}

/// What the thread has before it.
struct Desk {
    open: OpenStore,
    store: Option<Arc<CredentialStore>>,
}

impl Keychain {
    /// The platform's keychain. Nothing is asked yet.
    pub fn system() -> Self {
        Self { look: look_at_system, ..Self::with_store(Arc::new(open_system)) }
    }

    /// The keychain's name for people.
    pub const NAME: &str = if cfg!(target_os = "macos") {
        "macOS Keychain"
    } else if cfg!(target_os = "windows") {
        "Windows Credential Manager"
    } else {
        "Secret Service"
    };

    /// A keychain whose stores `open` makes: for tests, and for platforms that this crate does not know.
    pub fn with_store(open: OpenStore) -> Self {
        Self { open, look: look_for_nothing, bound: BOUND, worker: Arc::default() }
    }

    /// The same with another bound on each call.
    #[must_use]
    pub fn bounded(mut self, bound: Duration) -> Self {
        self.bound = bound;
        self
    }

    /// The entry of `provider`; `None` when there is none.
    pub(crate) async fn get(&self, provider: &str) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError> {
        self.ask(provider, |entry| match entry.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(KeyringError::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    /// Writes the entry of `provider`, over an older one.
    pub(crate) async fn set(&self, provider: &str, line: Zeroizing<String>) -> Result<(), SecretError> {
        self.ask(provider, move |entry| entry.set_secret(line.as_bytes())).await
    }

    /// Removes the entry of `provider`; whether there was one.
    pub(crate) async fn remove(&self, provider: &str) -> Result<bool, SecretError> {
        self.ask(provider, |entry| match entry.delete_credential() {
            Ok(()) => Ok(true),
            Err(KeyringError::NoEntry) => Ok(false),
            Err(error) => Err(error),
        })
        .await
    }

    /// Whether it could be used now.
    pub(crate) async fn look(&self) -> Result<(), SecretError> {
        self.do_there(self.look).await
    }

    async fn ask<R: Send + 'static>(
        &self,
        provider: &str,
        act: impl Fn(&Entry) -> keyring_core::Result<R> + Send + 'static,
    ) -> Result<R, SecretError> {
        let provider = provider.to_owned();
        self.do_there(move |desk| desk.act(&provider, &act)).await
    }

    async fn do_there<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Desk) -> Result<R, SecretError> + Send + 'static,
    ) -> Result<R, SecretError> {
        let (reply, answer) = oneshot::channel();
        self.hand_in(Box::new(move |desk| {
            // Whoever asked may have stopped waiting while an earlier call hung.
            if !reply.is_closed() {
                let _ = reply.send(work(desk));
            }
        }))?;
        match tokio::time::timeout(self.bound, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(SecretError::Failed("it broke down".to_owned())),
            Err(_) => Err(SecretError::Waiting),
        }
    }

    fn hand_in(&self, job: Job) -> Result<(), SecretError> {
        let mut place = self.worker.lock().unwrap_or_else(PoisonError::into_inner);
        let hung_for = place.as_ref().and_then(Worker::busy_for).unwrap_or_default();
        if hung_for >= ABANDON {
            *place = None;
        } else if hung_for >= self.bound {
            return Err(SecretError::Waiting);
        }
        let job = match &*place {
            Some(worker) => match worker.jobs.send(job) {
                Ok(()) => return Ok(()),
                Err(mpsc::SendError(job)) => job,
            },
            None => job,
        };
        let worker = Worker::start(self.open.clone())?;
        let sent = worker.jobs.send(job);
        *place = Some(worker);
        sent.map_err(|_| SecretError::Failed("its thread ended".to_owned()))
    }
}

impl fmt::Debug for Keychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keychain").field("bound", &self.bound).finish_non_exhaustive()
    }
}

impl Worker {
    fn start(open: OpenStore) -> Result<Self, SecretError> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let busy_since = Arc::new(Mutex::new(None));
        let busy = busy_since.clone();
        let mark = move |since| *busy.lock().unwrap_or_else(PoisonError::into_inner) = since;
        thread::Builder::new()
            .name("keychain".to_owned())
            .spawn(move || {
                let mut desk = Desk { open, store: None };
                while let Ok(job) = inbox.recv() {
                    mark(Some(Instant::now()));
                    // A platform's store that panics must not take the queue behind it along. The desk
                    // is whole: its store was taken out for the call.
                    if catch_unwind(AssertUnwindSafe(|| job(&mut desk))).is_err() {
                        tracing::warn!("the keychain's store broke down; a fresh one is opened next time");
                    }
                    mark(None);
                }
            })
            .map_err(|error| SecretError::Failed(error.to_string()))?;
        Ok(Self { jobs, busy_since })
    }

    fn busy_for(&self) -> Option<Duration> {
        self.busy_since.lock().unwrap_or_else(PoisonError::into_inner).map(|since| since.elapsed())
    }
}

impl Desk {
    fn act<R>(
        &mut self,
        provider: &str,
        act: &impl Fn(&Entry) -> keyring_core::Result<R>,
    ) -> Result<R, SecretError> {
        // A store that was open before may have lost its service since: then once more with a fresh one.
        if let Some(store) = self.store.take()
            && let Ok(done) = store.build(SERVICE, provider, None).and_then(|entry| act(&entry))
        {
            self.store = Some(store);
            return Ok(done);
        }
        let store = (self.open)().map_err(|error| {
            tracing::debug!(%error, "no keychain could be opened");
            match error {
                KeyringError::NoStorageAccess(_) => trouble(&error),
                _ => SecretError::NoKeychain,
            }
        })?;
        let done = store
            .build(SERVICE, provider, None)
            .and_then(|entry| act(&entry))
            .map_err(|error| trouble(&error))?;
        self.store = Some(store);
        Ok(done)
    }
}

/// What can be done about a keychain's failure. Its texts are looked at only for the names that the
/// Secret Service gives its errors: `Debug` prints the variant, and no secret.
fn trouble(error: &KeyringError) -> SecretError {
    match error {
        KeyringError::NoStorageAccess(cause) if format!("{cause:?}") == "NoResult" => {
            SecretError::NoCollection
        }
        KeyringError::NoStorageAccess(_) => SecretError::Locked,
        KeyringError::PlatformFailure(cause) => {
            let name = format!("{cause:?}");
            if name.contains("IsLocked") || name.starts_with("Locked") || name.starts_with("Prompt") {
                SecretError::Locked
            } else if name.starts_with("Unavailable") || name.contains("ServiceUnknown") {
                SecretError::NoKeychain
            } else if name.starts_with("NoResult") || name.contains("NoSuchObject") {
                SecretError::NoCollection
            } else {
                SecretError::Failed(cause.to_string().chars().take(200).collect())
            }
        }
        KeyringError::NoDefaultStore | KeyringError::NotSupportedByStore(_) => SecretError::NoKeychain,
        KeyringError::TooLong(..) => SecretError::Unfit("it is longer than the keychain allows"),
        KeyringError::Ambiguous(_) => {
            SecretError::Failed("several entries match; remove all but one".to_owned())
        }
        // Their texts could carry what was stored.
        _ => SecretError::Failed("it gave an answer that cannot be read".to_owned()),
    }
}

/// Looks for an entry that nobody has: whoever says so can be asked.
fn look_for_nothing(desk: &mut Desk) -> Result<(), SecretError> {
    desk.act("_", &|entry: &Entry| match entry.get_secret() {
        Ok(_) | Err(KeyringError::NoEntry) => Ok(()),
        Err(error) => Err(error),
    })
}

/// A Secret Service says that there is no such entry also where it has no collection, or a locked
/// one: so it is asked for that.
#[cfg(target_os = "linux")]
fn look_at_system(_: &mut Desk) -> Result<(), SecretError> {
    use secret_service::{EncryptionType, Error, blocking::SecretService};
    let told = |error: Error| match error {
        Error::Locked | Error::NoResult | Error::Prompt => {
            trouble(&KeyringError::NoStorageAccess(Box::new(error)))
        }
        Error::Unavailable => SecretError::NoKeychain,
        _ => trouble(&KeyringError::PlatformFailure(Box::new(error))),
    };
    // Whatever keeps it from being reached: then there is none.
    let service = SecretService::connect(EncryptionType::Plain).map_err(|_| SecretError::NoKeychain)?;
    let collection = service.get_default_collection().map_err(told)?;
    if collection.is_locked().map_err(told)? { Err(SecretError::Locked) } else { Ok(()) }
}

#[cfg(not(target_os = "linux"))]
fn look_at_system(desk: &mut Desk) -> Result<(), SecretError> {
    look_for_nothing(desk)
}

#[cfg(target_os = "linux")]
fn open_system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn open_system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(target_os = "windows")]
fn open_system() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
fn open_system() -> keyring_core::Result<Arc<CredentialStore>> {
    Err(KeyringError::NoDefaultStore)
}
