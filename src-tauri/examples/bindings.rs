//! Writes the TypeScript side of the commands: `cargo xtask bindings`. With `--check` it only
//! says whether the file is current.

use specta_typescript::Typescript;
use std::{path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(path), check) = (args.next().map(PathBuf::from), args.next().as_deref() == Some("--check"))
    else {
        eprintln!("usage: bindings FILE [--check]");
        return ExitCode::from(2);
    };
    let fresh = if check { path.with_extension("fresh.ts") } else { path.clone() };
    if let Err(error) = orchesity::ipc().export(Typescript::default(), &fresh) {
        eprintln!("the bindings cannot be written: {error}");
        return ExitCode::FAILURE;
    }
    if !check {
        return ExitCode::SUCCESS;
    }
    let same = std::fs::read(&path).ok() == std::fs::read(&fresh).ok();
    let _ = std::fs::remove_file(&fresh);
    if !same {
        eprintln!("{} is out of date; `cargo xtask bindings` writes it anew", path.display());
    }
    if same { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
