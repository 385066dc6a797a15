//! Session buses whose keychain is in one of the states that a desktop's can be in.

use std::{io, path::Path, process::Command};

/// How the Secret Service is on the bus that a program gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// There is no bus.
    NoBus,
    /// A bus on which nothing is started by itself.
    NoService,
    /// The service, with nothing to put keys in.
    NoCollection,
    /// As a desktop has it.
    Open,
    /// Locked, and nobody there to ask for the password.
    Locked,
    /// Locked, and whoever should ask for the password says nothing.
    MutePrompter,
    /// Something that has the service's name and never answers.
    Mute,
}

/// A bus on which nothing is started by itself.
const BARE: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"#;

/// Makes the default collection, with an entry in it, on a bus that is gone afterwards.
const FILL: &str = "printf %s test-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
gdbus wait --session --timeout 10 org.freedesktop.secrets
printf x | secret-tool store --label=x a b
kill $(gdbus call --session --dest org.freedesktop.DBus --object-path /org/freedesktop/DBus \
  --method org.freedesktop.DBus.GetConnectionUnixProcessID org.freedesktop.secrets | tr -dc '0-9 ' | awk '{print $NF}')";

const WAIT: &str = "gdbus wait --session --timeout 10 org.freedesktop.secrets";

impl Keyring {
    /// What it takes beside what the window takes.
    pub const PROGRAMS: [&str; 4] = ["gnome-keyring-daemon", "secret-tool", "gdbus", "dbus-test-tool"];

    /// A command that runs its further arguments there. `runtime` is its home and its runtime folder; the
    /// address of the bus is written to the file `bus` in it.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn command(self, runtime: &Path) -> io::Result<Command> {
        let config = runtime.join("bare.conf");
        std::fs::write(&config, BARE)?;
        std::fs::create_dir_all(runtime.join(".local/share"))?;
        std::fs::set_permissions(runtime, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let start = "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1";
        let open =
            "printf %s test-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1";
        let prelude = match self {
            Self::NoBus | Self::NoService => String::new(),
            Self::NoCollection | Self::Locked => format!("{start}\n{WAIT}"),
            Self::Open => format!("{open}\n{WAIT}"),
            Self::MutePrompter => format!(
                "dbus-test-tool black-hole --name=org.gnome.keyring.SystemPrompter &\n\
                 gdbus wait --session --timeout 10 org.gnome.keyring.SystemPrompter\n{start}\n{WAIT}"
            ),
            Self::Mute => format!("dbus-test-tool black-hole --name=org.freedesktop.secrets &\n{WAIT}"),
        };
        if matches!(self, Self::Locked | Self::MutePrompter) {
            Self::fill(runtime, &config)?;
        }
        if self == Self::NoBus {
            let mut command = Command::new("env");
            command.arg("DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent");
            return Ok(command);
        }
        let mut command = Command::new("dbus-run-session");
        command
            .arg(format!("--config-file={}", config.display()))
            .args(["--", "bash", "-euo", "pipefail", "-c"]);
        // Nothing of the service may find a screen to ask on.
        let script = format!(
            "printf %s \"$DBUS_SESSION_BUS_ADDRESS\" > \"$HOME/bus\"\n\
             screen=$DISPLAY; unset DISPLAY\n{prelude}\nexport DISPLAY=$screen\nexec \"$@\""
        );
        command.args([&script, "_"]);
        Ok(command)
    }

    fn fill(runtime: &Path, config: &Path) -> io::Result<()> {
        if runtime.join(".local/share/keyrings/login.keyring").exists() {
            return Ok(());
        }
        let output = Command::new("dbus-run-session")
            .arg(format!("--config-file={}", config.display()))
            .args(["--", "bash", "-euo", "pipefail", "-c", FILL])
            .env("HOME", runtime)
            .env("XDG_RUNTIME_DIR", runtime)
            .env_remove("DISPLAY")
            .env_remove("XDG_DATA_HOME")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .output()?;
        if output.status.success() {
            Ok(())
        } else {
            Err(io::Error::other(format!(
                "the keyring was not filled: {}",
                String::from_utf8_lossy(&output.stderr)
            )))
        }
    }
}
