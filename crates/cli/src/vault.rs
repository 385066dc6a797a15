//! The passphrase of the vault file: from the environment, or asked for at the terminal.

use crate::exit::Trouble;
use domain::VaultState;
use engine::Engine;
use std::io::{self, IsTerminal as _};
use zeroize::Zeroizing;

/// Where scripts put the passphrase.
const VARIABLE: &str = "ORCHESITY_VAULT_PASSPHRASE";

/// Opens the vault if that can be done here. If not, the calls that need it fail and say why.
pub async fn unlock(engine: &Engine) -> Result<(), Trouble> {
    if engine.key_places().vault != VaultState::Locked {
        return Ok(());
    }
    if let Some(passphrase) = passphrase("passphrase of the vault: ")? {
        engine.unlock_vault(passphrase).await?;
    } else {
        eprintln!("the vault is locked; set {VARIABLE}, or run this in a terminal to be asked for it");
    }
    Ok(())
}

/// Opens the vault, or makes it where there is none.
pub async fn unlock_or_create(engine: &Engine) -> Result<(), Trouble> {
    let wanted =
        || Trouble::Usage(format!("the vault wants its passphrase: set {VARIABLE}, or use a terminal"));
    match engine.key_places().vault {
        VaultState::Open => {}
        VaultState::Damaged => {
            let file = engine.home().join("keys.vault");
            let file = file.display();
            return Err(Trouble::Usage(format!(
                "the vault file {file} is damaged and opens with no passphrase: put a copy in its place, or move it \
                 away and enter the keys again"
            )));
        }
        VaultState::Locked => {
            let passphrase = passphrase("passphrase of the vault: ")?.ok_or_else(wanted)?;
            engine.unlock_vault(passphrase).await?;
        }
        VaultState::Absent => {
            let asked = std::env::var_os(VARIABLE).is_none();
            let first = passphrase("a passphrase for the new vault file, 8 characters or more: ")?;
            let first = first.ok_or_else(wanted)?;
            if asked && passphrase("the same again: ")?.as_ref() != Some(&first) {
                return Err(Trouble::Usage("the two passphrases differ; nothing was made".to_owned()));
            }
            engine.create_vault(first).await?;
            eprintln!("keys are kept in {}", engine.home().join("keys.vault").display());
        }
    }
    Ok(())
}

/// `None` where nobody can be asked.
fn passphrase(question: &str) -> io::Result<Option<Zeroizing<String>>> {
    if let Ok(passphrase) = std::env::var(VARIABLE) {
        return Ok(Some(Zeroizing::new(passphrase)));
    }
    if !io::stderr().is_terminal() {
        return Ok(None);
    }
    rpassword::prompt_password(question).map(Zeroizing::new).map(Some)
}
