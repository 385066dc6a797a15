//! Looking now and then whether providers answer: off until `[engine] check_every_s` switches it on. Only lists of
//! models are asked for, which cost nothing; never an answer.

use crate::{Engine, engine::now, models::usable};
use domain::{ErrorKind, Failure, InstanceId, LastTest};
use providers::{AttemptError, Provider};
use secrets::SecretKey;
use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// How often the settings are looked at while it is off.
const OFF: Duration = Duration::from_secs(5);

impl Engine {
    /// Looks at providers as often as the settings say, for as long as the engine lives.
    pub(crate) fn keep_checking(&self) {
        let weak = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut round = 0;
            loop {
                let Some(inner) = weak.upgrade() else { return };
                let engine = Self(inner);
                let (every, instance) = (engine.config().engine.check_every_s, engine.0.instance);
                drop(engine);
                tokio::time::sleep(wait(every, instance, round)).await;
                let Some(inner) = weak.upgrade() else { return };
                let engine = Self(inner);
                if every > 0 && engine.config().engine.check_every_s == every {
                    round += 1;
                    engine.check_providers().await;
                }
            }
        });
    }

    /// Asks every provider that the user set up and that can be asked for its models, once: who does not answer
    /// is shown so, and routes learn it. Nothing is paid for.
    pub async fn check_providers(&self) {
        let config = self.config();
        let askable = |provider: &&Provider| {
            provider.configured
                && provider.enabled
                && !provider.is_simulated()
                && usable(provider, self.known_key(provider).state)
        };
        let mut asked = JoinSet::new();
        for provider in config.providers.iter().filter(askable) {
            let (engine, provider) = (self.clone(), provider.clone());
            asked.spawn(async move { engine.check_provider(&provider).await });
        }
        let changed = asked.join_all().await;
        if changed.contains(&true) {
            self.0.changes.tell(["models", "providers"]);
        }
    }

    /// Whether it answers otherwise than before.
    async fn check_provider(&self, provider: &Provider) -> bool {
        let began = Instant::now();
        let listed = async {
            let key = self.lend(provider).await.map_err(AttemptError::from)?;
            let timeouts = self.config().engine.timeouts.clone();
            let key = key.as_ref().map(SecretKey::expose);
            providers::discover(&self.0.transport, provider, key, &timeouts).await
        };
        let problem = match listed.await {
            Ok(models) => {
                self.found(provider, models).await;
                None
            }
            // Some endpoints answer and have no list.
            Err(error) if matches!(error.status, Some(404 | 405 | 501)) => None,
            Err(error) => Some(error.failure),
        };
        let ms = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        if let Some(reached) = reached(problem.as_ref()) {
            self.learn_reached(provider, reached);
        }
        let ok = problem.is_none();
        if let Some(failure) = problem {
            tracing::warn!(provider = %provider.id, kind = %failure.kind, "a scheduled look at it failed");
            self.0.discovered.fail(provider.id.as_str(), failure);
        }
        self.0.discovered.checked(provider.id.as_str(), LastTest { at: now(), ok, ms })
    }

    /// Routes learn whether a provider answers, of those of its models that they know anything of.
    fn learn_reached(&self, provider: &Provider, reached: bool) {
        let at = now().millis();
        let known: Vec<_> = {
            let memory = self.0.routes.memory.read().unwrap_or_else(PoisonError::into_inner);
            let own = memory.learned.all().filter(|(target, class, _)| {
                class.is_none() && target.split().is_some_and(|(id, _)| id == provider.id.as_str())
            });
            own.map(|(target, ..)| target.clone()).collect()
        };
        for target in known {
            self.learn(|learned| learned.reached(&target, reached, at));
        }
    }
}

/// Whether somebody answered; `None` where that is not said: a refusal is an answer, and a limit is no outage.
fn reached(problem: Option<&Failure>) -> Option<bool> {
    match problem.map(|failure| failure.kind) {
        None => Some(true),
        Some(ErrorKind::Network | ErrorKind::Timeout | ErrorKind::Overloaded | ErrorKind::Upstream) => {
            Some(false)
        }
        Some(_) => None,
    }
}

/// How long until the next look: up to a tenth more, another for each process and round, so that those who share
/// a provider do not come at once.
fn wait(every_s: u32, instance: InstanceId, round: u64) -> Duration {
    if every_s == 0 {
        return OFF;
    }
    let every = Duration::from_secs(every_s.into());
    every + every.mul_f64(routing::unit(instance.uuid().as_u64_pair().1, round) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_as_far_apart_as_the_settings_say_and_up_to_a_tenth_more() {
        let of = |seed| InstanceId::from_uuid(uuid::Uuid::from_u128(seed));
        for round in 0..100 {
            let wait = wait(600, of(7), round).as_millis();
            assert!((600_000..660_000).contains(&wait), "{wait}");
        }
        assert_ne!(wait(600, of(7), 1), wait(600, of(8), 1));
        assert_ne!(wait(600, of(7), 1), wait(600, of(7), 2));
    }

    #[test]
    fn a_refusal_is_an_answer_and_a_limit_is_no_outage() {
        let of = |kind| reached(Some(&Failure::new(kind, "x")));
        assert_eq!(reached(None), Some(true));
        assert_eq!((of(ErrorKind::Network), of(ErrorKind::Upstream)), (Some(false), Some(false)));
        assert_eq!((of(ErrorKind::Auth), of(ErrorKind::RateLimited)), (None, None));
    }
}
