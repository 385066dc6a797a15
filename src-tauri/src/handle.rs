//! The engine while it is being opened, or exchanged: the window does not wait for it, its commands do.

use crate::error::IpcError;
use engine::{Engine, EngineOptions};
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::{Mutex, watch};

type Opened = Option<Result<Engine, IpcError>>;

/// The engine, or why there is none.
#[derive(Clone)]
pub struct Handle(Arc<Inner>);

struct Inner {
    home: PathBuf,
    begun: AtomicBool,
    engine: watch::Sender<Opened>,
    /// One exchange at a time.
    exchanging: Mutex<()>,
}

impl Handle {
    /// For the engine of this data directory, which is not opened yet.
    pub fn new(home: PathBuf) -> Self {
        let (begun, engine) = (AtomicBool::new(false), watch::Sender::new(None));
        Self(Arc::new(Inner { home, begun, engine, exchanging: Mutex::default() }))
    }

    /// Begins to open the engine in the background, once. Not before the page has loaded: until then the web
    /// view's own processes need the machine, and the first paint would wait for the data file.
    pub fn open(&self) {
        if self.0.begun.swap(true, Ordering::SeqCst) {
            return;
        }
        let handle = self.clone();
        tauri::async_runtime::spawn(async move {
            let options = EngineOptions { pdf_reader: std::env::current_exe().ok(), ..EngineOptions::app() };
            let opened = Engine::open(&handle.0.home, options).await;
            if let Err(error) = &opened {
                tracing::error!(%error, "the engine cannot be opened");
            }
            handle.0.engine.send_replace(Some(opened.map_err(IpcError::from)));
        });
    }

    /// The engine, once it is open.
    pub async fn ready(&self) -> Result<Engine, IpcError> {
        self.open();
        self.opened().await
    }

    /// The engine, once somebody has begun to open it and it is there; this begins nothing.
    pub async fn opened(&self) -> Result<Engine, IpcError> {
        let mut receiver = self.0.engine.subscribe();
        let opened = receiver.wait_for(Option::is_some).await.map(|o| o.clone());
        match opened {
            Ok(Some(result)) => result,
            _ => Err(IpcError::closed()),
        }
    }

    /// The engine that is to be left: not one that nobody has begun to open.
    pub async fn to_leave(&self) -> Option<Engine> {
        if self.0.begun.load(Ordering::SeqCst) { self.ready().await.ok() } else { None }
    }

    /// The engine if it is open already.
    pub fn now(&self) -> Option<Engine> {
        self.0.engine.borrow().as_ref().and_then(|r| r.as_ref().ok()).cloned()
    }

    /// Puts a backup in the data file's place, and goes on with it. Commands wait from its beginning, so
    /// that nothing is asked of a data file that is about to be replaced.
    pub async fn restore(&self, name: &str) -> Result<(), IpcError> {
        let _one = self.0.exchanging.lock().await;
        let old = self.ready().await?;
        self.0.engine.send_replace(None);
        let exchanged = match old.prepare_restore(name).await {
            Ok(()) => old.reopen().await,
            Err(error) => Err(error),
        };
        let (opened, placed) = match exchanged {
            Ok((engine, placed)) => (Ok(engine), placed.map_err(IpcError::from)),
            // Nothing has changed: it goes on as before.
            Err(error) if !old.is_closed() => (Ok(old), Err(error.into())),
            Err(error) => {
                tracing::error!(%error, "the engine cannot be opened again");
                let error = IpcError::from(error);
                (Err(error.clone()), Err(error))
            }
        };
        self.0.engine.send_replace(Some(opened));
        placed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_backup_is_put_back_under_the_running_window() {
        let home = tempfile::tempdir().unwrap();
        let handle = Handle::new(home.path().to_owned());
        let engine = handle.ready().await.unwrap();
        let mut changes = engine.changes();
        let backup = engine.back_up().await.unwrap();
        drop(engine);
        handle.restore("../orchesity.db").await.unwrap_err();
        assert!(handle.now().is_some(), "it goes on with what it had");
        handle.restore(&backup.name).await.unwrap();
        while changes.recv().await.unwrap().tags != ["*"] {}
        let engine = handle.ready().await.unwrap();
        assert!(engine.check().await.unwrap().ok);
        assert_eq!(std::fs::read_dir(home.path().join("replaced")).unwrap().count(), 1);
        // Whoever listened before hears the engine that came after.
        engine.back_up().await.unwrap();
        while changes.recv().await.unwrap().tags != ["data"] {}
        engine.close().await;
    }
}
