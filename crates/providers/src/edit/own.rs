//! `[[models]]` and `[[prices]]`: the user's own figures of models.

use super::{edit, put, tables};
use crate::{ConfigError, OwnModel};
use domain::{NanoUsd, Prices, Target};
use std::path::Path;
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, Value};

/// Says what a model is and costs: `None` takes the one or the other out.
///
/// # Errors
/// When the file is bad or would be, or cannot be written.
pub fn set_own_model(
    home: &Path,
    model: &Target,
    facts: Option<&OwnModel>,
    prices: Option<&Prices>,
) -> Result<(), ConfigError> {
    edit(home, |document| {
        match facts {
            None => remove(document, "models", model)?,
            Some(own) => {
                let row = row_of(document, "models", model)?;
                let can = own.capabilities;
                let tokens = |tokens: Option<u32>| tokens.map(|tokens| i64::from(tokens).into());
                let words: [(&str, Option<Value>); 9] = [
                    ("name", own.name.as_deref().map(Into::into)),
                    ("context_window", tokens(own.context_window)),
                    ("output_limit", tokens(own.output_limit)),
                    ("vision", can.vision.map(Into::into)),
                    ("tools", can.tools.map(Into::into)),
                    ("json", can.json.map(Into::into)),
                    ("reasoning", can.reasoning.map(Into::into)),
                    ("embeddings", can.embeddings.map(Into::into)),
                    ("web_search", can.web_search.map(Into::into)),
                ];
                for (word, value) in words {
                    put(row, word, value);
                }
            }
        }
        match prices {
            None => remove(document, "prices", model),
            Some(prices) => {
                let row = row_of(document, "prices", model)?;
                // As text: a decimal number of TOML is a binary one.
                let usd = |price: Option<NanoUsd>| price.map(|price| price.to_string().into());
                for (word, value) in [
                    ("input", usd(prices.input)),
                    ("output", usd(prices.output)),
                    ("cached_read", usd(prices.cached_read)),
                    ("cached_write", usd(prices.cached_write)),
                    ("reasoning", usd(prices.reasoning)),
                ] {
                    put(row, word, value);
                }
                Ok(())
            }
        }
    })
}

/// Takes everything back that the user said of a model.
///
/// # Errors
/// When the file is bad or would be, or cannot be written.
pub fn remove_own_model(home: &Path, model: &Target) -> Result<(), ConfigError> {
    set_own_model(home, model, None, None)
}

fn position(rows: &ArrayOfTables, model: &Target) -> Option<usize> {
    rows.iter().position(|row| row.get("model").and_then(Item::as_str) == Some(model.as_str()))
}

fn row_of<'a>(
    document: &'a mut DocumentMut,
    name: &str,
    model: &Target,
) -> Result<&'a mut Table, ConfigError> {
    let rows = tables(document, name)?;
    let at = position(rows, model).unwrap_or_else(|| {
        let mut row = Table::new();
        row.insert("model", Item::Value(model.as_str().into()));
        if rows.is_empty() {
            row.decor_mut().set_prefix("\n");
        }
        rows.push(row);
        rows.len() - 1
    });
    rows.get_mut(at).ok_or_else(|| ConfigError::at("", 0, format!("`{name}` has no row {at}")))
}

fn remove(document: &mut DocumentMut, name: &str, model: &Target) -> Result<(), ConfigError> {
    if !document.contains_key(name) {
        return Ok(());
    }
    let rows = tables(document, name)?;
    if let Some(at) = position(rows, model) {
        rows.remove(at);
    }
    if rows.is_empty() {
        document.remove(name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use domain::Capabilities;

    #[test]
    fn own_figures_are_written_beside_what_was_there_read_back_and_taken_back() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.toml");
        let before = "# mine\n[[providers]]\nid = \"local\"\ndialect = \"openai-chat\"\nbase_url = \"http://127.0.0.1:1/v1\"\nmodels = [\"a\"]\n";
        std::fs::write(&path, before).unwrap();
        let model: Target = "local/our-tune".parse().unwrap();
        let can = Capabilities { tools: Some(true), vision: Some(false), ..Capabilities::default() };
        let mut own =
            OwnModel { id: "our-tune".to_owned(), context_window: Some(9_000), ..OwnModel::default() };
        own.capabilities = can;
        let prices = Prices { input: "0.1".parse().ok(), output: "2".parse().ok(), ..Prices::default() };
        set_own_model(home.path(), &model, Some(&own), Some(&prices)).unwrap();
        let read = || Config::load_with(home.path(), &|_| None).unwrap();
        let config = read();
        let local = config.provider("local").unwrap();
        assert_eq!(local.own("our-tune"), Some(&own));
        assert_eq!(config.prices_of(local, "our-tune"), prices);
        // It can be asked, though the provider lists only another one.
        assert_eq!(config.resolve(&model, &|_| Vec::new()).unwrap()[0].model, "our-tune");
        own.capabilities.vision = None;
        set_own_model(home.path(), &model, Some(&own), None).unwrap();
        let config = read();
        assert_eq!(config.provider("local").unwrap().own("our-tune"), Some(&own));
        assert!(config.prices.is_empty());
        remove_own_model(home.path(), &model).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
        // What names no provider is passed over, and said.
        std::fs::write(&path, "[[models]]\nmodel = \"nobody/x\"\n").unwrap();
        assert_eq!(read().warnings.len(), 1);
    }
}
