//! From a target as typed to the providers that answer it.

use crate::{Config, Provider};
use domain::{Dialect, ProviderId, Target};
use std::fmt;

/// A provider and the model to ask it for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Whom.
    pub provider: ProviderId,
    /// What, as the provider names it.
    pub model: String,
}

/// A target that nobody answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveError {
    /// What was asked for.
    pub target: Target,
    /// Why not, in half a sentence.
    pub reason: String,
    /// Targets with names like it, likeliest first.
    pub near: Vec<Target>,
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.target, self.reason)?;
        if let Some((first, rest)) = self.near.split_first() {
            write!(f, "; did you mean `{first}`")?;
            for (index, near) in rest.iter().enumerate() {
                write!(f, "{} `{near}`", if index + 1 == rest.len() { " or" } else { "," })?;
            }
            write!(f, "?")
        } else {
            write!(f, "; `orch models` lists what can be asked")
        }
    }
}

impl std::error::Error for ResolveError {}

impl Config {
    /// Who answers `target`, in the order to be tried: an alias, else `provider/model` split at the
    /// first slash, else a bare model id. `seen` tells which models a provider was seen to offer.
    ///
    /// # Errors
    /// When nobody does; the error has names like it.
    pub fn resolve(
        &self,
        target: &Target,
        seen: &dyn Fn(&str) -> Vec<String>,
    ) -> Result<Vec<Resolved>, ResolveError> {
        self.resolve_for(target, None, seen)
    }

    /// The same for a caller who speaks `dialect`: it wins where several providers offer a bare id.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn resolve_for(
        &self,
        target: &Target,
        dialect: Option<Dialect>,
        seen: &dyn Fn(&str) -> Vec<String>,
    ) -> Result<Vec<Resolved>, ResolveError> {
        match self.aliases.get(target.as_str()) {
            Some(targets) => targets.iter().map(|target| self.one(target, dialect, seen)).collect(),
            None => Ok(vec![self.one(target, dialect, seen)?]),
        }
    }

    fn one(
        &self,
        target: &Target,
        dialect: Option<Dialect>,
        seen: &dyn Fn(&str) -> Vec<String>,
    ) -> Result<Resolved, ResolveError> {
        let fail =
            |reason: String| ResolveError { target: target.clone(), reason, near: self.near(target, seen) };
        if let Some((id, model)) = target.split()
            && let Some(provider) = self.provider(id)
        {
            // A preset without a key is not hidden: that its key is missing says more than that it is unknown.
            if provider.configured && !provider.enabled {
                return Err(fail(format!("provider `{id}` is switched off in `config.toml`")));
            }
            if !provider.models.is_empty()
                && !provider.models.iter().any(|listed| listed == model)
                && provider.own(model).is_none()
            {
                return Err(fail(format!("provider `{id}` lists no model `{model}`")));
            }
            let base = model.split('?').next().unwrap_or(model);
            if provider.is_simulated() && !dialects::simulated::models().iter().any(|(name, _)| *name == base)
            {
                return Err(fail(format!("there is no simulated model `{base}`")));
            }
            return Ok(Resolved { provider: provider.id.clone(), model: model.to_owned() });
        }
        let id = target.as_str();
        let offers = |provider: &&Provider| {
            let listed =
                if provider.models.is_empty() { seen(provider.id.as_str()) } else { provider.models.clone() };
            provider.enabled && (listed.iter().any(|model| model == id) || provider.own(id).is_some())
        };
        // Of equals the first in the file: `min_by_key` keeps it.
        self.providers
            .iter()
            .filter(offers)
            .min_by_key(|p| {
                (std::cmp::Reverse(p.priority), dialect.is_some_and(|dialect| p.dialect != dialect))
            })
            .map(|provider| Resolved { provider: provider.id.clone(), model: id.to_owned() })
            .ok_or_else(|| {
                if crate::route_of(id).is_some() {
                    return fail("a route means a model only once it is asked something".to_owned());
                }
                match target.split() {
                    Some((provider, _)) => fail(format!(
                        "there is no provider `{provider}`, and no provider offers such a model"
                    )),
                    None => fail("no provider that is set up offers a model of this name".to_owned()),
                }
            })
    }

    fn near(&self, target: &Target, seen: &dyn Fn(&str) -> Vec<String>) -> Vec<Target> {
        const MOST: usize = 3;
        const ALIKE: f64 = 0.75;
        let wanted = target.as_str().to_ascii_lowercase();
        let bare = wanted.rsplit('/').next().unwrap_or(&wanted).to_owned();
        let mut found: Vec<(f64, Target)> = Vec::new();
        let mut weigh = |candidate: Target, name: &str| {
            let (full, name) = (candidate.as_str().to_ascii_lowercase(), name.to_ascii_lowercase());
            let mut alike = strsim::jaro_winkler(&wanted, &full).max(strsim::jaro_winkler(&bare, &name));
            if name.contains(&bare) || bare.contains(&name) {
                alike = alike.max(0.9);
            }
            if alike >= ALIKE {
                found.push((alike, candidate));
            }
        };
        for alias in self.aliases.keys() {
            if let Ok(candidate) = alias.parse::<Target>() {
                weigh(candidate, alias);
            }
        }
        for provider in self.providers.iter().filter(|provider| provider.enabled) {
            let listed = if provider.is_simulated() {
                dialects::simulated::models().iter().map(|(name, _)| (*name).to_owned()).collect()
            } else if provider.models.is_empty() {
                seen(provider.id.as_str())
            } else {
                provider.models.clone()
            };
            for model in listed {
                weigh(Target::of(provider.id.as_str(), &model), &model);
            }
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        found.dedup_by(|a, b| a.1 == b.1);
        found.into_iter().take(MOST).map(|(_, target)| target).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let text = r#"
            [[providers]]
            id = "local"
            dialect = "openai-chat"
            base_url = "http://127.0.0.1:8080/v1"
            models = ["gemma-3-270m", "shared"]
            [[providers]]
            id = "other"
            dialect = "anthropic-messages"
            base_url = "http://127.0.0.1:8081"
            priority = 5
            [[providers]]
            id = "off"
            dialect = "openai-chat"
            base_url = "http://127.0.0.1:8082/v1"
            enabled = false
            models = ["hidden"]
            [aliases]
            fast = ["local/gemma-3-270m", "other/x/y"]
            one = "simulated/steady"
        "#;
        Config::parse(text, &|_| None).unwrap()
    }

    fn seen(provider: &str) -> Vec<String> {
        if provider == "other" {
            vec!["shared".to_owned(), "claude-y".to_owned(), "org/bare".to_owned()]
        } else {
            vec![]
        }
    }

    fn resolve(target: &str) -> Result<Vec<String>, ResolveError> {
        let targets = config().resolve(&target.parse().unwrap(), &seen)?;
        Ok(targets.iter().map(|found| format!("{} {}", found.provider, found.model)).collect())
    }

    #[test]
    fn a_target_is_an_alias_or_splits_at_its_first_slash_or_is_a_bare_id() {
        assert_eq!(resolve("fast").unwrap(), ["local gemma-3-270m", "other x/y"]);
        assert_eq!(resolve("one").unwrap(), ["simulated steady"]);
        assert_eq!(resolve("other/org/model:free").unwrap(), ["other org/model:free"]);
        assert_eq!(resolve("gemma-3-270m").unwrap(), ["local gemma-3-270m"]);
        assert_eq!(resolve("org/bare").unwrap(), ["other org/bare"]);
        assert_eq!(resolve("openai/gpt-x").unwrap(), ["openai gpt-x"]);
        assert_eq!(resolve("simulated/steady?tps=50&seed=7").unwrap(), ["simulated steady?tps=50&seed=7"]);
    }

    #[test]
    fn of_several_who_offer_a_bare_id_priority_decides_then_the_callers_dialect() {
        assert_eq!(resolve("shared").unwrap(), ["other shared"]);
        let mut config = config();
        for provider in &mut config.providers {
            provider.priority = 0;
        }
        let target = "shared".parse().unwrap();
        let by =
            |dialect| config.resolve_for(&target, dialect, &seen).unwrap().remove(0).provider.to_string();
        assert_eq!(by(None), "local");
        assert_eq!(by(Some(Dialect::AnthropicMessages)), "other");
    }

    #[test]
    fn an_unknown_target_is_answered_with_near_names() {
        let error = resolve("local/gemma-270m").unwrap_err();
        assert_eq!(error.near[0].as_str(), "local/gemma-3-270m");
        assert!(error.to_string().contains("did you mean `local/gemma-3-270m`"), "{error}");
        assert_eq!(resolve("claude-z").unwrap_err().near[0].as_str(), "other/claude-y");
        assert!(resolve("off/hidden").unwrap_err().reason.contains("switched off"));
        assert!(resolve("hidden").is_err());
        assert!(resolve("simulated/nonsense").is_err());
        assert!(resolve("auto").unwrap_err().reason.contains("once it is asked"));
        assert!(resolve("qqqq").unwrap_err().to_string().contains("orch models"));
    }
}
