//! What the user answers: prices that wait, and names whose model is not sure.

use super::PriceChange;
use crate::{Engine, EngineError, engine::now};
use domain::Prices;
use providers::catalog::Change;
use serde::{Deserialize, Serialize};
use store::JumpRow;

/// Where it is kept which prices the user refused.
const REFUSED: &str = "catalog_refused";
/// Changes that are looked through for those of one model.
const KEPT: u32 = 10_000;

/// A name of a list whose model is not sure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DoubtfulName {
    /// The name.
    pub name: String,
    /// Which list has it.
    pub source: String,
    /// What it most likely means.
    pub model: String,
    /// How sure that is, 0 to 1.
    pub score: f32,
}

/// A name, and the model that the user says it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NamedModel {
    /// The name, in small letters.
    pub name: String,
    /// The model's canonical id.
    pub model: String,
}

/// A price that the user refused: it does not wait again until the list says something else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Refused {
    source: String,
    provider: String,
    model: String,
    prices: Prices,
}

impl Engine {
    /// Names of lists whose model is not sure, the surest first.
    #[must_use]
    pub fn doubtful_names(&self) -> Vec<DoubtfulName> {
        let mut all: Vec<DoubtfulName> = self
            .catalog()
            .doubtful()
            .into_iter()
            .map(|doubt| DoubtfulName {
                name: doubt.name,
                source: doubt.source,
                model: doubt.model,
                score: doubt.score,
            })
            .collect();
        all.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.name.cmp(&b.name)));
        all
    }

    /// The user's answer to a doubtful name: it means the model that it most likely does, or a model of its own.
    ///
    /// # Errors
    /// When nobody doubts the name, or the store cannot be written.
    pub async fn answer_doubt(&self, name: &str, same: bool) -> Result<(), EngineError> {
        let doubt = self.catalog().doubtful().into_iter().find(|doubt| doubt.name == name);
        let doubt =
            doubt.ok_or_else(|| EngineError::NotFound { what: "doubtful name", id: name.to_owned() })?;
        let own = name.trim().to_lowercase();
        self.set_model_name(name, Some(if same { &doubt.model } else { &own })).await
    }

    /// Names that the user settled.
    #[must_use]
    pub fn model_names(&self) -> Vec<NamedModel> {
        let catalog = self.catalog();
        let names = catalog.aliases();
        let mut all: Vec<NamedModel> = names
            .map(|(name, model)| NamedModel { name: name.to_owned(), model: model.to_owned() })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// The user's word on which model a name means; `None` takes it back.
    ///
    /// # Errors
    /// When the name is empty or too long, or the store cannot be written.
    pub async fn set_model_name(&self, name: &str, model: Option<&str>) -> Result<(), EngineError> {
        let name = name.trim().to_lowercase();
        let model = model.map(str::trim);
        let fits = |text: &str| !text.is_empty() && text.len() <= 200 && !text.chars().any(char::is_control);
        if !fits(&name) || !model.is_none_or(fits) {
            return Err(EngineError::BadInput("a model's name has 1 to 200 characters".to_owned()));
        }
        self.0.store.catalog().set_alias(&name, model, now()).await?;
        self.catalog_changed().await
    }

    /// The yes to prices that wait: of one model, as `provider/model`, or of all. How many it was.
    ///
    /// # Errors
    /// When none such waits, or the store cannot be written.
    pub async fn accept_prices(&self, model: Option<&str>) -> Result<u32, EngineError> {
        let _changing = self.0.catalog.changing.lock().await;
        let mut done = 0_u32;
        for row in self.waiting(model).await? {
            let row = JumpRow { at: now(), ..row };
            done += u32::from(self.0.store.catalog().accept(&row, &row.new).await?);
        }
        self.after_answer(done, model).await
    }

    /// The no to prices that wait: what was known stays, until the list says something else again. How many it
    /// was.
    ///
    /// # Errors
    /// As [`Self::accept_prices`].
    pub async fn refuse_prices(&self, model: Option<&str>) -> Result<u32, EngineError> {
        let _changing = self.0.catalog.changing.lock().await;
        let mut refused = self.refused().await?;
        let mut done = 0_u32;
        for row in self.waiting(model).await? {
            if let Some(new) = refused_of(&row) {
                refused.retain(|old| !old.is_of(&row.source, &row.provider, &row.model));
                refused.push(new);
            }
            done += u32::from(self.0.store.catalog().refuse(&row).await?);
        }
        let text = serde_json::to_string(&refused).unwrap_or_default();
        self.0.store.meta().set(REFUSED, &text).await?;
        self.after_answer(done, model).await
    }

    /// The changes of a model's prices, newest first, by any of its names.
    ///
    /// # Errors
    /// When the name says nothing of a model, or the store cannot be read.
    pub async fn model_history(&self, name: &str) -> Result<Vec<PriceChange>, EngineError> {
        let card = self.catalog_card(name)?;
        let of = |change: &PriceChange| {
            card.offers.iter().any(|offer| {
                offer.provider == change.provider && offer.id.eq_ignore_ascii_case(&change.model)
            })
        };
        Ok(self.price_changes(KEPT).await?.into_iter().filter(of).collect())
    }

    /// Takes out what waits, and was refused as it is.
    pub(super) async fn leave_out_refused(
        &self,
        source: &str,
        held: &mut Vec<Change>,
    ) -> Result<(), EngineError> {
        if held.is_empty() {
            return Ok(());
        }
        let refused = self.refused().await?;
        held.retain(|change| {
            !refused.iter().any(|old| {
                old.is_of(source, &change.new.provider, &change.new.id) && old.prices == change.new.prices
            })
        });
        Ok(())
    }

    async fn refused(&self) -> Result<Vec<Refused>, EngineError> {
        let text = self.0.store.meta().get(REFUSED).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    /// Prices that wait, of one model or of all.
    async fn waiting(&self, model: Option<&str>) -> Result<Vec<JumpRow>, EngineError> {
        let mut rows = self.0.store.catalog().held().await?;
        rows.retain(|row| model.is_none_or(|model| model == format!("{}/{}", row.provider, row.model)));
        Ok(rows)
    }

    async fn after_answer(&self, done: u32, model: Option<&str>) -> Result<u32, EngineError> {
        if let (0, Some(model)) = (done, model) {
            return Err(EngineError::NotFound { what: "waiting price of", id: model.to_owned() });
        }
        self.catalog_changed().await?;
        Ok(done)
    }
}

impl Refused {
    fn is_of(&self, source: &str, provider: &str, model: &str) -> bool {
        (self.source.as_str(), self.provider.as_str(), self.model.as_str()) == (source, provider, model)
    }
}

fn refused_of(row: &JumpRow) -> Option<Refused> {
    let new: providers::catalog::Fact = serde_json::from_str(&row.new).ok()?;
    let (source, provider, model) = (row.source.clone(), row.provider.clone(), row.model.clone());
    Some(Refused { source, provider, model, prices: new.prices })
}
