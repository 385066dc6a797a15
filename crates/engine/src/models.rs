//! Models that can be asked, providers and how they are, discovery and tests.

use crate::{
    Engine, EngineError,
    accounts::key_words,
    engine::now,
    known,
    runs::{lacks_key, wants_key},
};
use dialects::ListedModel;
use domain::{ErrorKind, Failure, KeyState, LastTest, Model, ProviderId, ProviderStatus, Target};
use providers::{Check, CheckStep, Provider};
use secrets::SecretKey;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// One step of a provider's test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProviderCheckStep {
    /// What was tried.
    pub name: String,
    /// Whether it worked.
    pub ok: bool,
    /// What was found, or what to do.
    pub detail: String,
    /// How long it took, in ms.
    pub ms: Option<u32>,
}

/// What a test of a provider found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProviderCheck {
    /// Which provider.
    pub provider: ProviderId,
    /// Whether it can be asked.
    pub ok: bool,
    /// What was done, in order.
    pub steps: Vec<ProviderCheckStep>,
    /// Models that it offers.
    pub models: Vec<String>,
    /// Why it cannot.
    pub problem: Option<Failure>,
}

/// What discovery found, by provider.
#[derive(Debug, Default)]
pub(crate) struct Discovered(Mutex<BTreeMap<String, Found>>);

#[derive(Debug, Default, Clone)]
struct Found {
    models: Vec<ListedModel>,
    problem: Option<Failure>,
    last_test: Option<LastTest>,
    /// How the last scheduled look went.
    last_check: Option<LastTest>,
}

impl Found {
    /// The last test, unless a look since then found that nobody answers.
    fn shown(&self) -> Option<LastTest> {
        let failed = self.last_check.as_ref().filter(|check| !check.ok);
        let since = failed.filter(|check| self.last_test.as_ref().is_none_or(|test| test.at < check.at));
        since.or(self.last_test.as_ref()).copied()
    }
}

impl Discovered {
    fn of(&self, provider: &str) -> Found {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(provider).cloned().unwrap_or_default()
    }

    /// One model of a provider's list.
    fn model(&self, provider: &str, id: &str) -> Option<ListedModel> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(provider)?.models.iter().find(|m| m.id == id).cloned()
    }

    fn set(&self, provider: &str, models: Vec<ListedModel>) {
        self.change(provider, |found| (found.models, found.problem) = (models, None));
    }

    pub(crate) fn fail(&self, provider: &str, problem: Failure) {
        self.change(provider, |found| found.problem = Some(problem));
    }

    fn tested(&self, provider: &str, test: LastTest) {
        self.change(provider, |found| found.last_test = Some(test));
    }

    /// A scheduled look; whether it went otherwise than the one before.
    pub(crate) fn checked(&self, provider: &str, check: LastTest) -> bool {
        let mut changed = false;
        self.change(provider, |found| {
            changed = found.last_check.as_ref().map_or(!check.ok, |before| before.ok != check.ok);
            found.last_check = Some(check);
        });
        changed
    }

    fn change(&self, provider: &str, change: impl FnOnce(&mut Found)) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(all.entry(provider.to_owned()).or_default());
    }
}

impl Engine {
    /// Everything that can be asked, available or not.
    #[expect(clippy::unused_async, reason = "hosts await every question that they put")]
    pub async fn models(&self) -> Vec<Model> {
        let (config, catalog) = (self.config(), self.catalog());
        let mut models = Vec::new();
        for provider in &config.providers {
            let available = self.is_usable(provider);
            let found = self.0.discovered.of(provider.id.as_str());
            if found.models.is_empty() && provider.models.is_empty() && !available {
                continue;
            }
            models.extend(offered(provider, &found.models).into_iter().map(|listed| {
                let known = known::of_listed(&catalog, provider, &listed);
                Model {
                    target: Target::of(provider.id.as_str(), &listed.id),
                    prices: known::prices_of_listed(&config, &catalog, provider, &listed),
                    name: known.name.unwrap_or(listed.id),
                    context_window: known.context_window,
                    output_limit: known.output_limit,
                    capabilities: known.capabilities,
                    available,
                    simulated: provider.is_simulated(),
                }
            }));
        }
        models
    }

    /// All providers and how they are. Never asks the keychain.
    #[expect(clippy::unused_async, reason = "hosts await every question that they put")]
    pub async fn providers(&self) -> Vec<ProviderStatus> {
        let config = self.config();
        let mut all = Vec::new();
        for provider in &config.providers {
            let found = self.0.discovered.of(provider.id.as_str());
            let known = self.known_key(provider);
            all.push(ProviderStatus {
                id: provider.id.clone(),
                name: provider.name.clone(),
                dialect: provider.dialect,
                base_url: provider.base_url.to_string(),
                enabled: provider.enabled,
                loopback: provider.is_loopback(),
                key: known.state,
                key_variable: provider.key_variable.clone(),
                models: offered(provider, &found.models).into_iter().map(|m| m.id).collect(),
                last_test: found.shown(),
                problem: found.problem,
                configured: provider.configured,
                preset: provider.preset.clone(),
                headers: provider.headers.clone(),
                allow_lan: provider.allow_lan,
                key_place: known.place,
                configured_models: provider.models.clone(),
            });
        }
        all
    }

    /// Asks every provider that can be asked for its models; those that fail keep what was known.
    pub async fn refresh_models(&self) {
        self.ask_for_models(|_| true).await;
    }

    /// The same for those of which nothing is known yet: a list for people who never asked for one.
    pub async fn find_missing_models(&self) {
        self.ask_for_models(|provider| {
            provider.models.is_empty() && self.0.discovered.of(provider.id.as_str()).models.is_empty()
        })
        .await;
    }

    /// Asks those for their lists that somebody set up and of whose models nothing is known, for a moment: what is
    /// decided next counts them. Says who did not answer. Where there is none such, nobody is asked.
    pub async fn find_added_models(&self, most: Duration) -> Vec<ProviderId> {
        let config = self.config();
        let unknown = |provider: &&Provider| {
            provider.configured
                && !provider.is_simulated()
                && provider.models.is_empty()
                && self.is_usable(provider)
                && self.found_at(provider.id.as_str()).is_empty()
        };
        let mut asked = JoinSet::new();
        let mut silent = Vec::new();
        for provider in config.providers.iter().filter(unknown) {
            silent.push(provider.id.clone());
            let (engine, provider) = (self.clone(), provider.clone());
            asked.spawn(async move { engine.discover(&provider).await.then_some(provider.id) });
        }
        if silent.is_empty() {
            return silent;
        }
        let until = tokio::time::Instant::now() + most;
        // Who takes longer is left: the set ends its calls where it is dropped.
        while let Ok(Some(answered)) = tokio::time::timeout_at(until, asked.join_next()).await {
            if let Ok(Some(answered)) = answered {
                silent.retain(|id| *id != answered);
            }
        }
        self.0.changes.tell(["models", "providers"]);
        silent
    }

    async fn ask_for_models(&self, wanted: impl Fn(&Provider) -> bool) {
        let config = self.config();
        let mut askable: Vec<Provider> = Vec::new();
        for provider in &config.providers {
            let local = provider.is_loopback() && !provider.configured;
            if wanted(provider) && !local && !provider.is_simulated() && self.is_usable(provider) {
                askable.push(provider.clone());
            }
        }
        let mut asked = JoinSet::new();
        for provider in askable {
            let engine = self.clone();
            asked.spawn(async move { engine.discover(&provider).await });
        }
        for (provider, models) in providers::probe_local(&self.0.transport, &config).await {
            self.found(&provider, models).await;
        }
        asked.join_all().await;
        self.0.changes.tell(["models", "providers"]);
    }

    /// Asks one provider what it offers, and a cheap model of it for one token; says step by step what
    /// worked, and what it cost.
    ///
    /// # Errors
    /// When there is no such provider. That it cannot be reached is in the answer.
    pub async fn test_provider(&self, id: &ProviderId) -> Result<ProviderCheck, EngineError> {
        let provider = self.provider(id)?;
        let began = Instant::now();
        let ms = || u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        let known = self.ask_key(&provider).await;
        let variable = provider.key_variable.as_deref();
        let lent = match self.lend(&provider).await {
            Ok(None) if wants_key(&provider) => Err(lacks_key(&provider)),
            lent => lent,
        };
        let mut steps = vec![ProviderCheckStep {
            name: "key".to_owned(),
            ok: lent.is_ok(),
            detail: match &lent {
                Err(failure) => failure.message.clone(),
                Ok(None) if known.state == KeyState::Missing => {
                    "none is set; a local server is asked without".to_owned()
                }
                Ok(_) => key_words(known.state, known.place, variable),
            },
            ms: Some(ms()),
        }];
        let check = match lent {
            Ok(key) => {
                let (config, catalog) = (self.config(), self.catalog());
                let key = key.as_ref().map(SecretKey::expose);
                let prices =
                    |model: &ListedModel| known::prices_of_listed(&config, &catalog, &provider, model);
                providers::test(&self.0.transport, &provider, key, &config.engine.timeouts, &prices).await
            }
            Err(failure) => Check { steps: Vec::new(), models: Vec::new(), problem: Some(failure.into()) },
        };
        let step = |s: CheckStep| ProviderCheckStep {
            name: s.name.to_owned(),
            ok: s.ok,
            detail: s.detail,
            ms: Some(s.ms),
        };
        steps.extend(check.steps.into_iter().map(step));
        let models: Vec<String> = check.models.iter().map(|m| m.id.clone()).collect();
        let problem = check.problem.map(|e| e.failure);
        // A list is a list, also where nobody may ask what is on it.
        if problem.is_none() || !models.is_empty() {
            self.found(&provider, check.models).await;
        }
        if let Some(failure) = &problem {
            self.0.discovered.fail(provider.id.as_str(), failure.clone());
        }
        let ok = problem.is_none();
        self.0.discovered.tested(provider.id.as_str(), LastTest { at: now(), ok, ms: ms() });
        self.0.changes.tell(["models", "providers", "keys"]);
        Ok(ProviderCheck { provider: provider.id, ok, steps, models, problem })
    }

    /// Asks a provider for its list; whether it gave one.
    async fn discover(&self, provider: &Provider) -> bool {
        let found = async {
            let key = self.lend(provider).await?;
            let timeouts = self.config().engine.timeouts.clone();
            let key = key.as_ref().map(SecretKey::expose);
            providers::discover(&self.0.transport, provider, key, &timeouts).await.map_err(|e| e.failure)
        };
        match found.await {
            Ok(models) => {
                self.found(provider, models).await;
                true
            }
            Err(failure) => {
                self.0.discovered.fail(provider.id.as_str(), failure);
                false
            }
        }
    }

    /// The provider's key for one call.
    pub(crate) async fn lend(&self, provider: &Provider) -> Result<Option<SecretKey>, Failure> {
        let variable = provider.key_variable.as_deref();
        let lent = self.0.secrets.lend(&provider.id, &provider.key, variable, &provider.origin()).await;
        let lent = lent.map_err(|e| Failure::new(ErrorKind::Auth, e.to_string()))?;
        self.uses_key(&provider.id, lent.as_ref().map_or("", SecretKey::last4));
        Ok(lent)
    }

    pub(crate) async fn found(&self, provider: &Provider, models: Vec<ListedModel>) {
        let rows: Vec<(String, String)> =
            models.iter().filter_map(|m| Some((m.id.clone(), serde_json::to_string(m).ok()?))).collect();
        if let Err(error) = self.0.store.models_seen().replace(provider.id.as_str(), &rows, now()).await {
            tracing::warn!(%error, provider = %provider.id, "the list of models was not stored");
        }
        self.0.discovered.set(provider.id.as_str(), models);
    }

    /// Takes up what earlier discoveries found.
    pub(crate) async fn recall_models(&self) -> Result<(), EngineError> {
        let mut by_provider: BTreeMap<String, Vec<ListedModel>> = BTreeMap::new();
        for (provider, data) in self.0.store.models_seen().all().await? {
            if let Ok(model) = serde_json::from_str(&data) {
                by_provider.entry(provider).or_default().push(model);
            }
        }
        for (provider, models) in by_provider {
            self.0.discovered.set(&provider, models);
        }
        Ok(())
    }

    /// Whether a provider can be asked now.
    pub(crate) fn is_usable(&self, provider: &Provider) -> bool {
        provider.enabled && usable(provider, self.known_key(provider).state)
    }

    /// What a provider was seen to offer.
    pub(crate) fn found_at(&self, provider: &str) -> Vec<ListedModel> {
        self.0.discovered.of(provider).models
    }

    /// What a provider's list says of one of its models.
    pub(crate) fn listed(&self, provider: &str, model: &str) -> Option<ListedModel> {
        self.0.discovered.model(provider, model)
    }

    /// Models that a provider is known to offer, for resolving bare names.
    pub(crate) fn seen(&self, provider: &str) -> Vec<String> {
        self.0.discovered.of(provider).models.into_iter().map(|m| m.id).collect()
    }
}

/// A provider's models: those that were configured, else those that were found; and those that the user
/// describes.
pub(crate) fn offered(provider: &Provider, found: &[ListedModel]) -> Vec<ListedModel> {
    if provider.is_simulated() {
        return providers::simulated();
    }
    let named = |id: &String| {
        found.iter().find(|m| m.id == *id).cloned().unwrap_or_else(|| ListedModel::named(id, None))
    };
    let mut models: Vec<ListedModel> = match provider.models.as_slice() {
        [] => found.to_vec(),
        some => some.iter().map(named).collect(),
    };
    for own in &provider.own {
        if models.iter().all(|model| model.id != own.id) {
            models.push(ListedModel::named(&own.id, None));
        }
    }
    models
}

/// Whether a provider can be asked with its key as it is. The keychain is asked only when a call
/// is made, so a key that was not looked for yet counts for those that the user configured.
pub(crate) fn usable(provider: &Provider, key: KeyState) -> bool {
    match key {
        KeyState::Present | KeyState::NotNeeded => true,
        KeyState::Missing | KeyState::NoKeychain => provider.is_loopback(),
        KeyState::Unknown | KeyState::Locked => provider.configured || provider.is_loopback(),
    }
}
