//! `[routing]` in `config.toml`, changed for people who do not open it. Of a policy only what differs from its
//! profile is written, and what the file said already.

use super::{edit, parsed, put};
use crate::ConfigError;
use domain::{Policy, Profile, Strategy, Weights};
use std::path::Path;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

/// Writes a policy as it is now. Where `new` is set, there must be none of its name yet.
///
/// # Errors
/// When its name is taken, something in it cannot be, the file is bad, or cannot be written.
pub fn set_policy(home: &Path, policy: &Policy, new: bool) -> Result<(), ConfigError> {
    as_written(policy)?;
    edit(home, |document| {
        let policies = policies(document)?;
        if new && policies.contains_key(&policy.name) {
            return Err(ConfigError::PolicyTaken(policy.name.clone()));
        }
        let row = policies.entry(&policy.name).or_insert_with(|| Item::Table(Table::new()));
        let wrong = || not_a_table(&format!("routing.policies.{}", policy.name));
        fill(row.as_table_like_mut().ok_or_else(wrong)?, policy);
        Ok(())
    })
}

/// Takes a policy out of the file. One with the name of a profile is then what was shipped.
///
/// # Errors
/// When the file has no such policy, `auto` means it, the file is bad, or cannot be written.
pub fn remove_policy(home: &Path, name: &str) -> Result<(), ConfigError> {
    edit(home, |document| {
        let shipped = Profile::ALL.iter().any(|profile| profile.as_str() == name);
        let default = document.get("routing").and_then(|routing| routing.get("default"));
        if !shipped && default.and_then(Item::as_str) == Some(name) {
            return Err(ConfigError::PolicyInUse(name.to_owned()));
        }
        let missing = || ConfigError::NoSuchPolicy(name.to_owned());
        policies(document)?.remove(name).map(drop).ok_or_else(missing)
    })
}

/// Says which policy `auto` means.
///
/// # Errors
/// When there is no such policy, the file is bad, or cannot be written.
pub fn set_default_policy(home: &Path, name: &str) -> Result<(), ConfigError> {
    edit(home, |document| {
        let routing = document.entry("routing").or_insert_with(|| Item::Table(Table::new()));
        if let Some(table) = routing.as_table_mut() {
            table.set_implicit(false);
        }
        let routing = routing.as_table_like_mut().ok_or_else(|| not_a_table("routing"))?;
        put(routing, "default", Some(name.into()));
        Ok(())
    })
}

/// A policy as it would be read back from the file: whoever tries one before it is saved tries that.
///
/// # Errors
/// When something in it cannot be.
pub fn as_written(policy: &Policy) -> Result<Policy, ConfigError> {
    let mut document = DocumentMut::new();
    let mut row = Table::new();
    fill(&mut row, policy);
    policies(&mut document)?.insert(&policy.name, Item::Table(row));
    let read = parsed(&document.to_string()).map_err(|error| match error {
        // The line of a file that nobody has would only lead astray.
        ConfigError::Invalid { message, .. } => ConfigError::Policy(message),
        other => other,
    })?;
    let missing = || ConfigError::NoSuchPolicy(policy.name.clone());
    read.routing.policies.get(&policy.name).cloned().ok_or_else(missing)
}

fn not_a_table(name: &str) -> ConfigError {
    ConfigError::at("", 0, format!("`{name}` is a table: `[{name}]`"))
}

/// `[routing.policies]`; nothing is written of it where there is none yet.
fn policies(document: &mut DocumentMut) -> Result<&mut dyn TableLike, ConfigError> {
    let implicit = || {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    };
    let routing = document.entry("routing").or_insert_with(implicit);
    let routing = routing.as_table_like_mut().ok_or_else(|| not_a_table("routing"))?;
    let policies = routing.entry("policies").or_insert_with(implicit);
    policies.as_table_like_mut().ok_or_else(|| not_a_table("routing.policies"))
}

fn fill(row: &mut dyn TableLike, policy: &Policy) {
    let own = policy.name == policy.profile.as_str();
    let shipped = Policy::of(policy.profile);
    let mut say = |key: &str, new: Value, usual: bool| {
        if !usual || row.contains_key(key) {
            put_same(row, key, new);
        }
    };
    say("profile", policy.profile.as_str().into(), own);
    say("strategy", policy.strategy.as_str().into(), policy.strategy == Strategy::Weighted);
    say("adapt", policy.adapt.into(), policy.adapt);
    say("explore", short(policy.explore).into(), same(policy.explore, shipped.explore));
    say("local_only", policy.local_only.into(), !policy.local_only);
    say("warm_s", i64::from(policy.warm_s).into(), policy.warm_s == shipped.warm_s);
    weights(row, &policy.weights, &shipped.weights);
    list(row, "allow", policy.allow.iter().map(String::as_str));
    list(row, "deny", policy.deny.iter().map(String::as_str));
    list(row, "order", policy.order.iter().map(String::as_str));
    list(row, "require", policy.require.iter().map(|ability| ability.as_str()));
    let optional = [
        ("max_cost_usd", policy.max_cost.map(|cost| dollars(&cost.to_string()))),
        ("hedge_ms", policy.hedge_ms.map(|ms| i64::from(ms).into())),
        ("on_cut", policy.on_cut.map(|on_cut| on_cut.as_str().into())),
        ("max_first_ms", policy.max_first_ms.map(|ms| i64::from(ms).into())),
        ("min_quality", policy.min_quality.map(|least| short(least).into())),
        ("score", policy.score.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(Into::into)),
    ];
    for (key, new) in optional {
        match new {
            Some(new) => put_same(row, key, new),
            None => put(row, key, None),
        }
    }
}

/// Sets a value, unless it says the same already in other letters (`0.50`).
fn put_same(row: &mut dyn TableLike, key: &str, new: Value) {
    let number = |value: &Value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    let old = row.get(key).and_then(Item::as_value);
    let same = old.is_some_and(|old| match (number(old), number(&new)) {
        (Some(old), Some(new)) => old.total_cmp(&new).is_eq(),
        _ => old.as_str().is_some() && old.as_str() == new.as_str(),
    });
    if !same {
        put(row, key, Some(new));
    }
}

fn list<'a>(row: &mut dyn TableLike, key: &str, new: impl Iterator<Item = &'a str>) {
    let new: Vec<&str> = new.collect();
    let old = row.get(key).and_then(Item::as_array);
    let same = old.is_some_and(|old| {
        old.len() == new.len() && old.iter().zip(&new).all(|(old, new)| old.as_str() == Some(*new))
    });
    if !same {
        put(row, key, (!new.is_empty()).then(|| new.into_iter().collect::<Array>().into()));
    }
}

fn weights(row: &mut dyn TableLike, new: &Weights, shipped: &Weights) {
    let of = |weights: &Weights| {
        let Weights { quality, speed, cost, availability, reliability, context } = *weights;
        [
            ("quality", quality),
            ("speed", speed),
            ("cost", cost),
            ("availability", availability),
            ("reliability", reliability),
            ("context", context),
        ]
    };
    let differs: Vec<(&str, f32)> = of(new)
        .into_iter()
        .zip(of(shipped))
        .filter(|((_, new), (_, shipped))| !same(*new, *shipped))
        .map(|(one, _)| one)
        .collect();
    if !row.contains_key("weights") && differs.is_empty() {
        return;
    }
    let table = row.entry("weights").or_insert_with(|| value(InlineTable::new()));
    let Some(table) = table.as_table_like_mut() else {
        // What is no table cannot be read either; it is written anew.
        let all: InlineTable =
            differs.into_iter().map(|(name, weight)| (name, Value::from(short(weight)))).collect();
        row.insert("weights", value(all));
        return;
    };
    for (name, weight) in of(new) {
        if table.contains_key(name) || differs.iter().any(|(one, _)| *one == name) {
            put_same(table, name, short(weight).into());
        }
    }
}

/// To the last bit: what was read from the file is compared with what was read from the file.
const fn same(a: f32, b: f32) -> bool {
    a.to_bits() == b.to_bits()
}

/// A number as people write it: the shortest that means it.
fn short(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_else(|_| f64::from(number))
}

/// Dollars as a number where that says the same, else as a text.
fn dollars(decimal: &str) -> Value {
    match decimal.parse::<f64>() {
        Ok(number) if number.to_string() == decimal => number.into(),
        _ => decimal.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, config};
    use domain::{Ability, OnCut};
    use std::fs;

    const BEFORE: &str = "# mine\n[routing] # whom auto asks\ndefault = \"team\"\n\n# as we agreed\n\
        [routing.policies.team]\nprofile = \"quality\" # not less\nweights = { quality = 0.50, cost = 0.2 } # by hand\n\
        allow = [\n  \"local/*\", # the box\n  \"openrouter/*\",\n]\nmax_cost_usd = 0.02 # each\n\n[aliases]\nfast = \"local/x\"\n";

    fn home_with(text: &str) -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(config::FILE), text).unwrap();
        home
    }

    fn text_of(home: &tempfile::TempDir) -> String {
        fs::read_to_string(home.path().join(config::FILE)).unwrap()
    }

    fn team(home: &tempfile::TempDir) -> Policy {
        Config::load_with(home.path(), &|_| None).unwrap().routing.policies["team"].clone()
    }

    #[test]
    fn a_policy_that_is_saved_as_it_was_leaves_the_file_as_it_was() {
        let home = home_with(BEFORE);
        set_policy(home.path(), &team(&home), false).unwrap();
        assert_eq!(text_of(&home), BEFORE);
    }

    #[test]
    fn what_is_changed_in_a_policy_is_changed_in_the_file_and_every_comment_stays() {
        let home = home_with(BEFORE);
        let mut policy = team(&home);
        policy.weights.quality = 0.7;
        policy.max_cost = Some("0.005".parse().unwrap());
        policy.require = vec![Ability::Tools];
        policy.strategy = Strategy::Bandit;
        policy.hedge_ms = Some(1_500);
        policy.on_cut = Some(OnCut::Resume);
        policy.score = Some("  ".to_owned());
        set_policy(home.path(), &policy, false).unwrap();
        let text = text_of(&home);
        for comment in
            ["# mine", "# whom auto asks", "# as we agreed", "# not less", "# by hand", "# the box", "# each"]
        {
            assert!(text.contains(comment), "`{comment}` is gone from\n{text}");
        }
        assert!(
            text.contains("hedge_ms = 1500")
                && text.contains("on_cut = \"resume\"")
                && text.contains("quality = 0.7")
                && text.contains("max_cost_usd = 0.005"),
            "{text}"
        );
        assert!(
            !text.contains("explore") && !text.contains("score"),
            "only what differs is written:\n{text}"
        );
        policy.score = None;
        assert_eq!(team(&home), policy);
    }

    #[test]
    fn a_new_policy_takes_no_name_that_is_taken_and_a_bad_one_is_told_without_a_line() {
        let home = home_with(BEFORE);
        let mut policy = Policy { name: "cheap".to_owned(), ..Policy::of(Profile::Budget) };
        set_policy(home.path(), &policy, true).unwrap();
        assert!(matches!(set_policy(home.path(), &policy, true), Err(ConfigError::PolicyTaken(_))));
        let text = text_of(&home);
        assert!(text.contains("\n[routing.policies.cheap]\nprofile = \"budget\"\n"), "{text}");
        policy.score = Some("qualty * 2".to_owned());
        let said = set_policy(home.path(), &policy, false).unwrap_err().to_string();
        assert!(said.contains("`qualty`") && !said.contains("line"), "{said}");
        policy = Policy { name: "Cheap code".to_owned(), ..Policy::of(Profile::Budget) };
        assert!(set_policy(home.path(), &policy, true).is_err());
    }

    #[test]
    fn the_policy_of_auto_is_named_and_stays_as_long_as_it_is_that() {
        let home = home_with(BEFORE);
        assert!(matches!(remove_policy(home.path(), "team"), Err(ConfigError::PolicyInUse(_))));
        set_default_policy(home.path(), "speed").unwrap();
        assert!(text_of(&home).contains("default = \"speed\""), "{}", text_of(&home));
        assert!(set_default_policy(home.path(), "nobody").is_err());
        remove_policy(home.path(), "team").unwrap();
        assert!(matches!(remove_policy(home.path(), "team"), Err(ConfigError::NoSuchPolicy(_))));
        let config = Config::load_with(home.path(), &|_| None).unwrap();
        assert!(!config.routing.policies.contains_key("team"));
        assert_eq!((config.routing.default.as_str(), config.aliases.len()), ("speed", 1));
    }

    #[test]
    fn policies_and_the_default_come_into_files_that_had_neither() {
        let home = tempfile::tempdir().unwrap();
        let policy = Policy { name: "team".to_owned(), local_only: true, ..Policy::of(Profile::Balanced) };
        set_policy(home.path(), &policy, true).unwrap();
        set_default_policy(home.path(), "team").unwrap();
        let config = Config::load_with(home.path(), &|_| None).unwrap();
        assert_eq!(config.routing.default, "team", "{}", text_of(&home));
        assert_eq!(config.routing.policies["team"], Policy { built_in: false, ..policy });
    }
}
