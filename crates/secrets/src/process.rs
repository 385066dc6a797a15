//! What this process leaves behind.

/// Switches core dumps off for this process and those it starts: memory with keys in it belongs into
/// no file. Says whether that could be done.
///
/// The limit is one byte and not none: Linux pipes dumps into a handler such as systemd's or apport
/// whatever the limit is, but for exactly one.
#[cfg(unix)]
pub fn leave_no_dumps() -> bool {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let bytes = u64::from(cfg!(target_os = "linux"));
    let now = getrlimit(Resource::Core);
    let most = now.maximum.map_or(bytes, |most| most.min(bytes));
    let limit = Rlimit { current: Some(most), maximum: Some(most) };
    setrlimit(Resource::Core, limit).is_ok()
}

/// Windows writes none unless somebody asks it to.
#[cfg(not(unix))]
pub fn leave_no_dumps() -> bool {
    true
}
