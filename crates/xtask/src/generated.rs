//! Files that programs write and git keeps: the window's bindings and the checked queries.

use crate::{
    report::Report,
    setup,
    step::{Done, Failed, Step, root, say, step, target},
};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

/// Writes, or compares, the TypeScript side of the commands.
pub fn bindings(check: bool) -> Done {
    setup::desktop()?;
    setup::page()?;
    let write = step(["cargo", "run", "--package", "orchesity", "--example", "bindings", "--"]);
    write.with(["ui/src/ipc/bindings.ts"]).with(check.then_some("--check")).run()
}

/// Writes, or compares, what the macros know of each query.
pub fn sqlx(check: bool) -> Done {
    let folder = if check { fresh() } else { root().join(".sqlx") };
    let prepared = prepared(step(["cargo", "check", "--package", "store", "--all-targets"]), &folder)?;
    prepared.run()?;
    touch_store()?;
    if check { compare() } else { Ok(()) }
}

/// Clippy over the workspace. It compiles the store against the schema on the way, and so writes
/// anew what git keeps of its queries: both checks for one compilation.
pub fn lint_and_check_queries(report: &mut Report) -> Done {
    let clippy =
        step(["cargo", "clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]);
    report.check("clippy", &prepared(clippy, &fresh())?)?;
    let compared = compare();
    if let Err(Failed(why)) = &compared {
        say(why);
    }
    report.count("queries are current", compared.is_ok());
    touch_store()
}

fn fresh() -> PathBuf {
    target().join("sqlx/fresh")
}

/// The step, set up to check queries against a database that the migrations have just made, and
/// to leave what it learnt in `folder`.
fn prepared(step: Step, folder: &Path) -> Result<Step, Failed> {
    let failed = |error: io::Error| Failed(format!("the database for checking queries: {error}"));
    fs::create_dir_all(folder).map_err(failed)?;
    for (name, _) in queries(folder).map_err(failed)? {
        fs::remove_file(folder.join(name)).map_err(failed)?;
    }
    let database = target().join("sqlx/dev.db");
    fs::create_dir_all(target().join("sqlx")).map_err(failed)?;
    for end in ["", "-wal", "-shm"] {
        match fs::remove_file(format!("{}{end}", database.display())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    let migrations = fs::read_dir(root().join("crates/store/migrations")).map_err(failed)?;
    let mut migrations: Vec<PathBuf> = migrations.filter_map(|entry| Some(entry.ok()?.path())).collect();
    migrations.retain(|path| path.extension().is_some_and(|ending| ending == "sql"));
    migrations.sort();
    for migration in migrations {
        let read = format!(".read \"{}\"", migration.display());
        crate::step::step(["sqlite3", "-bail"]).with([database.display().to_string(), read]).run()?;
    }
    touch_store()?;
    let settings = [
        ("DATABASE_URL", format!("sqlite://{}", database.display())),
        ("SQLX_OFFLINE", "false".to_owned()),
        ("SQLX_OFFLINE_DIR", folder.display().to_string()),
    ];
    Ok(settings.into_iter().fold(step, |step, (name, value)| step.env(name, value)))
}

/// Nothing tells cargo that the schema has changed, nor that its next build is to use `.sqlx`.
fn touch_store() -> Done {
    let file = root().join("crates/store/src/lib.rs");
    let touched = fs::File::open(&file).and_then(|file| file.set_modified(std::time::SystemTime::now()));
    touched.map_err(|error| Failed(format!("{}: {error}", file.display())))
}

fn queries(folder: &Path) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("query-") {
            found.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(found)
}

fn compare() -> Done {
    let failed = |error: io::Error| Failed(format!("the checked queries: {error}"));
    let kept = queries(&root().join(".sqlx")).map_err(failed)?;
    let now = queries(&fresh()).map_err(failed)?;
    if now.is_empty() {
        return Err(Failed("no query was checked".to_owned()));
    }
    if kept == now {
        return Ok(());
    }
    let differing = |a: &BTreeMap<String, Vec<u8>>, b: &BTreeMap<String, Vec<u8>>| {
        a.iter().filter(|(name, bytes)| b.get(*name) != Some(bytes)).count()
    };
    let (new, old) = (differing(&now, &kept), differing(&kept, &now));
    Err(Failed(format!(
        ".sqlx is out of date ({new} new or changed, {old} old); `cargo xtask sqlx` writes it anew"
    )))
}
