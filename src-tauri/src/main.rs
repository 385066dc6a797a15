//! The desktop app's entry.
#![cfg_attr(all(not(debug_assertions), target_os = "windows"), windows_subsystem = "windows")]

use std::process::ExitCode;

/// Overwrites what is freed: keys pass through buffers that are not ours to clear.
#[global_allocator]
static MEMORY: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    engine::leave_no_dumps();
    if let Some(end) = engine::pdf_reader() {
        return end;
    }
    match orchesity::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("orchesity: {error:#}");
            ExitCode::FAILURE
        }
    }
}
