//! What protects calls: circuit breakers, and faults that are simulated to try all of it.

use super::{
    asked::{Asked, done, good, json, missing, refused},
    conversations::List,
    operation::{Answered, Operation},
};
use crate::Gateway;
use domain::{BreakerView, NewSimulation, Simulation, Target};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

const SMALL: usize = 64 << 10;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(
            Method::GET,
            "/routing/breakers",
            "listBreakers",
            "Targets that failed of late, and whether they are left alone. Others are well.",
            breakers,
        )
        .answers_list::<BreakerView>(),
        Operation::new(
            Method::POST,
            "/routing/breakers/trip",
            "tripBreaker",
            "Leaves a target alone for a minute, as if it had failed three times in a row.",
            trip,
        )
        .takes::<Which>(SMALL)
        .answers_nothing(),
        Operation::new(
            Method::POST,
            "/routing/breakers/reset",
            "resetBreaker",
            "Forgets that a target failed: it is asked again at once.",
            reset,
        )
        .takes::<Which>(SMALL)
        .answers::<Done>(200),
        Operation::new(
            Method::GET,
            "/routing/simulate",
            "listSimulations",
            "Faults that are simulated now.",
            list,
        )
        .answers_list::<Simulation>(),
        Operation::new(
            Method::POST,
            "/routing/simulate",
            "simulate",
            "Makes upstream calls of a provider, or of one of its models, fail for a while.",
            simulate,
        )
        .takes::<NewSimulation>(SMALL)
        .answers::<Simulation>(201),
        Operation::new(
            Method::DELETE,
            "/routing/simulate",
            "endSimulations",
            "Ends all simulated faults.",
            end_all,
        )
        .answers::<Done>(200),
        Operation::new(
            Method::DELETE,
            "/routing/simulate/{id}",
            "endSimulation",
            "Ends a simulated fault.",
            end,
        )
        .answers_nothing(),
    ]
}

/// A target.
#[derive(Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct Which {
    /// As `provider/model`.
    target: Target,
}

/// How many it was.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct Done {
    /// How many.
    count: u32,
}

async fn breakers(gateway: Gateway, asked: Asked) -> Answered {
    let mut all = gateway.engine().breaker_views();
    all.retain(|breaker| asked.grant().allows_target(&breaker.target));
    good(&List::all(all))
}

async fn trip(gateway: Gateway, asked: Asked) -> Answered {
    let Which { target } = asked.body()?;
    asked.expect_target(&target)?;
    gateway.engine().trip_breaker(&target).await.map_err(refused)?;
    done()
}

async fn reset(gateway: Gateway, asked: Asked) -> Answered {
    let Which { target } = asked.body()?;
    asked.expect_target(&target)?;
    good(&Done { count: gateway.engine().reset_breaker(&target) })
}

async fn list(gateway: Gateway, asked: Asked) -> Answered {
    let mut all = gateway.engine().simulations();
    all.retain(|one| !asked.grant().is_for_some_targets() || asked.grant().allows_target(&one.what.on));
    good(&List::all(all))
}

async fn simulate(gateway: Gateway, asked: Asked) -> Answered {
    let new: NewSimulation = asked.body()?;
    // Faults befall everybody.
    asked.expect_all_targets()?;
    json(StatusCode::CREATED, &gateway.engine().simulate(new).map_err(refused)?)
}

async fn end_all(gateway: Gateway, asked: Asked) -> Answered {
    asked.expect_all_targets()?;
    good(&Done { count: gateway.engine().end_simulations(None) })
}

async fn end(gateway: Gateway, asked: Asked) -> Answered {
    let id: u32 = asked.named("id")?;
    asked.expect_all_targets()?;
    if gateway.engine().end_simulations(Some(id)) == 0 {
        return Err(missing("simulation", &id));
    }
    done()
}
