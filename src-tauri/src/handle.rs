//! The engine while it is being opened: the window does not wait for it.

use crate::error::IpcError;
use engine::{Engine, EngineOptions};
use std::{path::PathBuf, sync::Arc};
use tokio::sync::watch;

type Opened = Option<Result<Engine, IpcError>>;

/// The engine, or why there is none.
#[derive(Clone)]
pub struct Handle(Arc<watch::Receiver<Opened>>);

impl Handle {
    /// Begins to open the engine in the background.
    pub fn open(home: PathBuf) -> Self {
        let (sender, receiver) = watch::channel(None);
        tauri::async_runtime::spawn(async move {
            let opened = Engine::open(&home, EngineOptions::app()).await;
            if let Err(error) = &opened {
                tracing::error!(%error, "the engine cannot be opened");
            }
            sender.send_replace(Some(opened.map_err(IpcError::from)));
        });
        Self(Arc::new(receiver))
    }

    /// The engine, once it is open.
    pub async fn ready(&self) -> Result<Engine, IpcError> {
        let mut receiver = self.0.as_ref().clone();
        let opened = receiver.wait_for(Option::is_some).await.map(|o| o.clone());
        match opened {
            Ok(Some(result)) => result,
            _ => Err(IpcError::closed()),
        }
    }

    /// The engine if it is open already.
    pub fn now(&self) -> Option<Engine> {
        self.0.borrow().as_ref().and_then(|r| r.as_ref().ok()).cloned()
    }
}
