//! Policies of one's own: `[routing.policies.<name>]` of `config.toml`, changed as the window changes it.

use super::{
    asked::{Asked, bad, done, good, missing, refused},
    operation::{Answered, Operation},
};
use crate::{
    Gateway,
    refuse::{Detail, refusal},
};
use dialects::serving::Refusal;
use domain::{Ability, ErrorKind, NanoUsd, OnCut, Policy, Profile, Strategy, Weights};
use http::Method;
use serde::{Deserialize, Serialize};

const SMALL: usize = 64 << 10;

/// All policies.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct Policies {
    /// The one that `auto` is.
    default: String,
    /// All of them by name; those of the settings file take the place of shipped ones.
    items: Vec<Policy>,
}

/// A policy to be saved. What it leaves out is as its profile has it, whatever was saved before.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
struct PolicyEdit {
    /// Its name, where it is given: the one in the path.
    name: Option<String>,
    /// What it strives for; without one `balanced`.
    profile: Option<Profile>,
    /// How one of the ranked is chosen; without one `weighted`.
    strategy: Option<Strategy>,
    /// How much each part of a score counts.
    weights: Option<WeightsEdit>,
    /// Whether quality counts more, and cost less, the harder a prompt is.
    adapt: Option<bool>,
    /// Share of the requests that the bandit explores with, 0 to 0.5.
    explore: Option<f32>,
    /// Patterns of targets that may answer; empty is all.
    #[serde(default)]
    allow: Vec<String>,
    /// Patterns of targets that may not.
    #[serde(default)]
    deny: Vec<String>,
    /// Patterns of targets in their order, for the strategy `priority`.
    #[serde(default)]
    order: Vec<String>,
    /// What whoever answers has to be able to do.
    #[serde(default)]
    require: Vec<Ability>,
    /// Whether only this machine may answer.
    #[serde(default)]
    local_only: bool,
    /// The most that a request may be expected to cost, in dollars.
    max_cost: Option<NanoUsd>,
    /// The longest that the first word may be expected to take, in milliseconds.
    max_first_ms: Option<u32>,
    /// The least quality for the prompt's class, 0 to 1.
    min_quality: Option<f32>,
    /// An expression that takes the place of the weights.
    score: Option<String>,
    /// How long whoever answered a conversation is kept for it, in seconds; 0 never.
    warm_s: Option<u32>,
    /// After how many milliseconds without a word the next is asked beside the first; 0 never.
    hedge_ms: Option<u32>,
    /// What follows when an answer breaks off after its first words; `resume` has the next target go on with it.
    on_cut: Option<OnCut>,
    /// As a list shows it, so that an item of one can be sent back; it is not looked at.
    #[serde(rename = "builtIn")]
    _built_in: Option<bool>,
}

/// How much parts of a score count; those that it leaves out are as the profile has them.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct WeightsEdit {
    /// How good answers are.
    quality: Option<f32>,
    /// How soon they are there.
    speed: Option<f32>,
    /// What they cost.
    cost: Option<f32>,
    /// How often somebody could be asked.
    availability: Option<f32>,
    /// How often an answer came to its end.
    reliability: Option<f32>,
    /// How much can be read.
    context: Option<f32>,
}

impl WeightsEdit {
    fn over(&self, usual: Weights) -> Weights {
        Weights {
            quality: self.quality.unwrap_or(usual.quality),
            speed: self.speed.unwrap_or(usual.speed),
            cost: self.cost.unwrap_or(usual.cost),
            availability: self.availability.unwrap_or(usual.availability),
            reliability: self.reliability.unwrap_or(usual.reliability),
            context: self.context.unwrap_or(usual.context),
        }
    }
}

impl PolicyEdit {
    fn policy(self, name: String) -> Policy {
        let usual = Policy::of(self.profile.unwrap_or(Profile::Balanced));
        Policy {
            name,
            strategy: self.strategy.unwrap_or(usual.strategy),
            weights: self.weights.map_or(usual.weights, |weights| weights.over(usual.weights)),
            adapt: self.adapt.unwrap_or(usual.adapt),
            explore: self.explore.unwrap_or(usual.explore),
            allow: self.allow,
            deny: self.deny,
            order: self.order,
            require: self.require,
            local_only: self.local_only,
            max_cost: self.max_cost,
            max_first_ms: self.max_first_ms,
            min_quality: self.min_quality,
            score: self.score,
            warm_s: self.warm_s.unwrap_or(usual.warm_s),
            hedge_ms: self.hedge_ms,
            on_cut: self.on_cut,
            built_in: false,
            ..usual
        }
    }
}

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::GET,
            "/routing/policies",
            "listPolicies",
            "Policies that `auto:<name>` asks for.",
            list,
        )
        .answers::<Policies>(200),
        Operation::new(
            Method::GET,
            "/routing/policies/{name}",
            "getPolicy",
            "One policy, with all that its profile says.",
            get,
        )
        .answers::<Policy>(200),
        Operation::new(
            Method::PUT,
            "/routing/policies/{name}",
            "setPolicy",
            "Writes a policy to `config.toml`, a new one or in the place of its namesake; not of a shipped one.",
            set,
        )
        .takes::<PolicyEdit>(SMALL)
        .answers::<Policy>(200),
        Operation::new(
            Method::DELETE,
            "/routing/policies/{name}",
            "removePolicy",
            "Takes a policy out of `config.toml`; a shipped one that it stood for is back.",
            remove,
        )
        .answers_nothing(),
    ]
}

/// Policies decide about the calls of all keys: one for some targets only changes none.
fn expect_all(asked: &Asked) -> Result<(), Refusal> {
    if asked.grant().scopes().is_some_and(|scopes| !scopes.targets.is_empty()) {
        let said = "a key that is for some targets only changes no policy: they are everybody's";
        return Err(refusal(403, ErrorKind::Permission, said).code("insufficient_scope"));
    }
    Ok(())
}

fn named(gateway: &Gateway, name: &str) -> Option<Policy> {
    gateway.engine().policies().1.into_iter().find(|policy| policy.name == name)
}

/// The name in the path, where it is none of the policies that came with the program.
fn own_name(gateway: &Gateway, asked: &Asked) -> Result<String, Refusal> {
    let name: String = asked.named("name")?;
    if named(gateway, &name).is_some_and(|policy| policy.built_in) {
        return Err(Refusal {
            param: Some("name".to_owned()),
            ..bad(format!(
                "`{name}` is a profile that is shipped, and stays as it is; save a policy under another name with \
                 `\"profile\": \"{name}\"`"
            ))
        });
    }
    Ok(name)
}

async fn list(gateway: Gateway, _: Asked) -> Answered {
    let (default, items) = gateway.engine().policies();
    good(&Policies { default, items })
}

async fn get(gateway: Gateway, asked: Asked) -> Answered {
    let name: String = asked.named("name")?;
    let shown: String = name.chars().take(60).collect();
    good(&named(&gateway, &name).ok_or_else(|| missing("policy", &shown))?)
}

async fn set(gateway: Gateway, asked: Asked) -> Answered {
    expect_all(&asked)?;
    let (name, edit): (String, PolicyEdit) = (own_name(&gateway, &asked)?, asked.body()?);
    if edit.name.as_ref().is_some_and(|said| *said != name) {
        return Err(Refusal {
            param: Some("name".to_owned()),
            ..bad(format!("the path says `{name}` and `name` something else; leave `name` out"))
        });
    }
    gateway.engine().save_policy(edit.policy(name.clone()), false).await.map_err(refused)?;
    good(&named(&gateway, &name).ok_or_else(|| missing("policy", &name))?)
}

async fn remove(gateway: Gateway, asked: Asked) -> Answered {
    expect_all(&asked)?;
    let name = own_name(&gateway, &asked)?;
    gateway.engine().remove_policy(&name).await.map_err(refused)?;
    done()
}
