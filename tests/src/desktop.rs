//! The built app in a real window: Xvfb, a session bus, `tauri-driver` and WebKitWebDriver.

use crate::{keyring::Keyring, places, process::Process, webdriver::Session};
use std::{
    io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// A screen nobody sees, with a driver on it that starts the app.
#[derive(Debug)]
pub struct Desktop {
    /// Dropped in this order: the driver first, then its screen.
    driver: Process,
    driver_url: String,
    screen: Process,
    display: String,
    home: PathBuf,
    keyring: Keyring,
    /// Sockets of this session's programs, which must not lie in the user's own folder.
    runtime: TempDir,
}

/// How long anything of this may take to start on a machine that is also compiling.
const PATIENCE: Duration = Duration::from_mins(1);

/// The first of `programs` that is missing, as a sentence; `None` when all are there.
#[must_use]
pub fn missing() -> Option<String> {
    let on_path = |name: &str| {
        std::env::var_os("PATH")
            .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(name).is_file()))
    };
    let needed = ["Xvfb", "WebKitWebDriver", "dbus-run-session"];
    if let Some(name) = needed.into_iter().find(|name| !on_path(name)) {
        return Some(format!("{name} is not installed"));
    }
    (!tauri_driver().is_file() && !on_path("tauri-driver"))
        .then(|| "tauri-driver is not installed".to_owned())
}

/// Where `cargo xtask` puts it: `target/tools/bin`, beside the programs built here.
fn tauri_driver() -> PathBuf {
    let target = places::built().ok().and_then(|built| Some(built.parent()?.to_owned())).unwrap_or_default();
    target.join("tools/bin/tauri-driver")
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

impl Desktop {
    /// Starts screen and driver. The app comes with [`Self::open`].
    ///
    /// # Errors
    /// When a part of it does not start.
    pub async fn start(home: &Path) -> Result<Self, String> {
        Self::start_with(home, Keyring::NoService).await
    }

    /// The same, with a keychain in this state.
    ///
    /// # Errors
    /// When a part of it does not start.
    pub async fn start_with(home: &Path, keyring: Keyring) -> Result<Self, String> {
        let screen = Process::start(Command::new("Xvfb").args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x800x24",
            "-nolisten",
            "tcp",
            "-noreset",
        ]))
        .map_err(|error| error.to_string())?;
        let number =
            screen.stdout.wait_for(PATIENCE, |text| text.strip_suffix('\n').map(|n| n.trim().to_owned()));
        let number = number.ok_or_else(|| format!("Xvfb did not start: {}", screen.stderr.text()))?;
        let display = format!(":{number}");
        let runtime = TempDir::new().map_err(|error| error.to_string())?;
        let (driver, driver_url) = start_driver(&display, home, runtime.path(), keyring).await?;
        Ok(Self { driver, driver_url, screen, display, home: home.to_owned(), keyring, runtime })
    }

    /// Opens the app's window.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn open(&self) -> Result<Session, String> {
        self.open_app(&places::program("orchesity")?).await
    }

    /// Opens the window of any program that WebDriver can drive.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn open_app(&self, app: &Path) -> Result<Session, String> {
        Session::start(&self.driver_url, &app.to_string_lossy())
            .await
            .map_err(|error| format!("{error}\n{}{}", self.driver.stdout.text(), self.driver.stderr.text()))
    }

    /// SIGKILL for every process of the app that has this home, its web processes too. A fresh driver follows,
    /// because the old one waits for a session whose window is gone.
    ///
    /// # Errors
    /// When no app was running, or the driver does not start again.
    pub async fn kill_app(&mut self) -> Result<(), String> {
        let app = places::program("orchesity")?;
        let app = app.canonicalize().map_err(|error| error.to_string())?;
        let processes = std::fs::read_dir("/proc").map_err(|error| error.to_string())?;
        let mine: Vec<String> = processes
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
            .filter(|id| std::fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe == app))
            .filter(|id| self.has_our_home(id))
            .collect();
        if mine.is_empty() {
            return Err("the app was not running".to_owned());
        }
        Command::new("kill").arg("-KILL").args(&mine).status().map_err(|error| error.to_string())?;
        self.driver.kill_group();
        (self.driver, self.driver_url) =
            start_driver(&self.display, &self.home, self.runtime.path(), self.keyring).await?;
        Ok(())
    }

    fn has_our_home(&self, id: &str) -> bool {
        let ours = format!("ORCHESITY_HOME={}", self.home.display());
        std::fs::read(format!("/proc/{id}/environ"))
            .is_ok_and(|all| all.split(|byte| *byte == 0).any(|one| one == ours.as_bytes()))
    }

    /// The processes of the app that has this home, its web processes not included.
    ///
    /// # Errors
    /// When the app is not built.
    pub fn app_processes(&self) -> Result<Vec<u32>, String> {
        self.processes_of(&places::program("orchesity")?)
    }

    /// The processes of any program that were given this home.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn processes_of(&self, program: &Path) -> Result<Vec<u32>, String> {
        let app = program.canonicalize().map_err(|error| error.to_string())?;
        let processes = std::fs::read_dir("/proc").map_err(|error| error.to_string())?;
        Ok(processes
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|id| std::fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|exe| exe == app))
            .filter(|id| self.has_our_home(id))
            .filter_map(|id| id.parse().ok())
            .collect())
    }

    /// All processes that were given this home, with the names of their programs: the app, its web
    /// processes, and what they were started by.
    ///
    /// # Errors
    /// When processes cannot be listed.
    pub fn processes(&self) -> io::Result<Vec<(u32, String)>> {
        let all = std::fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        Ok(all
            .filter(|id| self.has_our_home(id))
            .filter_map(|id| {
                let program = std::fs::read_link(format!("/proc/{id}/exe")).ok()?;
                Some((id.parse().ok()?, program.file_name()?.to_string_lossy().into_owned()))
            })
            .collect())
    }

    /// What the driver, and the app through it, complained about.
    #[must_use]
    pub fn complaints(&self) -> String {
        self.driver.stderr.text() + &self.driver.stdout.text()
    }

    /// Runs something on the session bus of the app, in its home.
    ///
    /// # Errors
    /// When it cannot be run or fails.
    pub fn on_the_bus(&self, script: &str) -> Result<String, String> {
        let bus =
            std::fs::read_to_string(self.runtime.path().join("bus")).map_err(|error| error.to_string())?;
        let output = Command::new("bash")
            .args(["-euo", "pipefail", "-c", script])
            .env("DBUS_SESSION_BUS_ADDRESS", bus.trim())
            .env("HOME", self.runtime.path())
            .env("XDG_RUNTIME_DIR", self.runtime.path())
            .env_remove("DISPLAY")
            .env_remove("XDG_DATA_HOME")
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(format!("`{script}`: {}", String::from_utf8_lossy(&output.stderr)))
        }
    }

    /// Answers the system's own dialog "Save File" as its user does, by keyboard: writes where to, and presses
    /// Enter. WebDriver does not reach beyond the page, so the keys come from `xdotool`.
    ///
    /// # Errors
    /// When there is no such dialog, or no `xdotool`.
    pub async fn save_as(&self, path: &Path) -> Result<(), String> {
        // No window manager runs here: nobody else gives the dialog the keyboard.
        let script = r#"
            for _ in $(seq 300); do
              dialog=$(xdotool search --onlyvisible --name '^Save File$' | tail -1) && [ -n "$dialog" ] && break
              sleep 0.1
            done
            xdotool windowfocus --sync "$dialog"
            xdotool key ctrl+a
            xdotool type --delay 4 "$1"
            xdotool key Return"#;
        let mut command = Command::new("bash");
        command.args(["-eu", "-c", script, "save-as"]).arg(path).env("DISPLAY", &self.display);
        let output = tokio::task::spawn_blocking(move || command.output()).await;
        let output = output.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() { Ok(()) } else { Err(format!("nothing could be saved: {said}")) }
    }

    /// A picture of the screen, as PNG.
    ///
    /// # Errors
    /// When ImageMagick's `import` is missing or fails.
    pub fn screenshot(&self, to: &Path) -> Result<(), String> {
        let status = Command::new("import")
            .args(["-display", &self.display, "-window", "root"])
            .arg(to)
            .status()
            .map_err(|error| format!("`import` (ImageMagick): {error}"))?;
        if status.success() { Ok(()) } else { Err(format!("`import` ended with {status}")) }
    }

    /// Whether the screen is still there.
    #[must_use]
    pub fn display(&self) -> (&str, u32) {
        (&self.display, self.screen.id())
    }
}

async fn start_driver(
    display: &str,
    home: &Path,
    runtime: &Path,
    keyring: Keyring,
) -> Result<(Process, String), String> {
    let installed = tauri_driver();
    let program = if installed.is_file() { installed } else { "tauri-driver".into() };
    let port = free_port().map_err(|error| error.to_string())?;
    let native = free_port().map_err(|error| error.to_string())?;
    // A bus of its own: the app must find no keychain, and no running app, of this user's.
    let mut command = keyring.command(runtime).map_err(|error| error.to_string())?;
    command
        .arg(program)
        .args(["--port", &port.to_string(), "--native-port", &native.to_string()])
        .env("DISPLAY", display)
        .env("ORCHESITY_HOME", home)
        .env("HOME", runtime)
        .env("XDG_RUNTIME_DIR", runtime)
        .env("LC_ALL", "C.UTF-8")
        .env("NO_AT_BRIDGE", "1")
        .env("GDK_BACKEND", "x11")
        // There is no GPU behind Xvfb, and sandboxed web processes cannot start as root in containers.
        .env("WEBKIT_DISABLE_COMPOSITING_MODE", "1")
        .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS");
    let driver = Process::start(&mut command).map_err(|error| error.to_string())?;
    let url = format!("http://127.0.0.1:{port}");
    let end = std::time::Instant::now() + PATIENCE;
    loop {
        // Both must listen: the driver answers with an error while WebKitWebDriver is not there yet.
        if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok()
            && tokio::net::TcpStream::connect(("127.0.0.1", native)).await.is_ok()
        {
            return Ok((driver, url));
        }
        if std::time::Instant::now() >= end {
            return Err(format!(
                "tauri-driver did not start: {}{}",
                driver.stdout.text(),
                driver.stderr.text()
            ));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
