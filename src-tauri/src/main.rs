//! The desktop app's entry.
#![cfg_attr(all(not(debug_assertions), target_os = "windows"), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    match orchesity::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("orchesity: {error:#}");
            ExitCode::FAILURE
        }
    }
}
