//! What `orch route --calibrate` learned of the user's own models, as routes go by it.

use crate::Engine;
use routing::Calibration;
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

/// How often the file is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// The calibration as it was last read.
#[derive(Default)]
pub(crate) struct Calibrated(Mutex<Read>);

#[derive(Default)]
struct Read {
    at: Option<Instant>,
    /// When the file was written, and how long it is: another one has others.
    stamp: Option<(SystemTime, u64)>,
    found: Option<Arc<Calibration>>,
}

impl Engine {
    /// The name of the file in the data directory that a calibration is kept in. Removing it forgets it.
    pub const CALIBRATION: &'static str = "calibration.json";

    /// What was learned of the user's own models, if anything was.
    pub(super) fn calibration(&self) -> Option<Arc<Calibration>> {
        let mut read = self.0.routes.calibrated.0.lock().unwrap_or_else(PoisonError::into_inner);
        if read.at.is_none_or(|at| at.elapsed() >= EVERY) {
            read.at = Some(Instant::now());
            read.look(&self.home().join(Self::CALIBRATION));
        }
        read.found.clone()
    }
}

impl Read {
    fn look(&mut self, file: &Path) {
        let about = std::fs::metadata(file).ok();
        let stamp = about.and_then(|about| Some((about.modified().ok()?, about.len())));
        if stamp == self.stamp {
            return;
        }
        self.stamp = stamp;
        self.found = None;
        if stamp.is_none() {
            return;
        }
        let read = std::fs::read(file).map_err(|error| error.to_string());
        match read.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string())) {
            Ok(found) => self.found = Some(Arc::new(found)),
            Err(error) => tracing::warn!(
                file = %file.display(),
                error,
                "what was calibrated cannot be read, and routes do without; remove the file or calibrate again"
            ),
        }
    }
}
