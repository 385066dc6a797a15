//! Policies of one's own, as the window changes them: `config.toml` is where they are.

use crate::{Engine, EngineError};
use domain::Policy;
use providers::edit;

impl Engine {
    /// Writes a policy to `config.toml`, comments kept. Where `new` is set, its name must be free there.
    ///
    /// # Errors
    /// When its name is taken, something in it cannot be, or the file cannot be written.
    pub async fn save_policy(&self, policy: Policy, new: bool) -> Result<(), EngineError> {
        self.edit_config(move |home| edit::set_policy(home, &policy, new)).await?;
        self.0.changes.tell(["routing"]);
        Ok(())
    }

    /// Takes a policy out of `config.toml`; one with a profile's name is then what was shipped.
    ///
    /// # Errors
    /// When the file has no such policy, or `auto` means it.
    pub async fn remove_policy(&self, name: &str) -> Result<(), EngineError> {
        let name = name.to_owned();
        self.edit_config(move |home| edit::remove_policy(home, &name)).await?;
        self.0.changes.tell(["routing"]);
        Ok(())
    }

    /// Says in `config.toml` which policy `auto` means.
    ///
    /// # Errors
    /// When there is no such policy.
    pub async fn set_default_policy(&self, name: &str) -> Result<(), EngineError> {
        let name = name.to_owned();
        self.edit_config(move |home| edit::set_default_policy(home, &name)).await?;
        self.0.changes.tell(["routing"]);
        Ok(())
    }
}
