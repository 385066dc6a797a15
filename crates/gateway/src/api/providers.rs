//! Providers: how they are, and whether they answer. Their keys are not to be had here.

use super::{
    asked::{Asked, good, missing, refused},
    conversations::List,
    operation::{Answered, Operation},
};
use crate::Gateway;
use domain::{ProviderId, ProviderStatus};
use engine::ProviderCheck;
use http::Method;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::GET, "/providers", "listProviders", "All providers, and how they are.", list)
            .answers_list::<ProviderStatus>(),
        Operation::new(
            Method::GET,
            "/providers/{provider}",
            "getProvider",
            "One provider, and how it is.",
            get,
        )
        .answers::<ProviderStatus>(200),
        Operation::new(
            Method::POST,
            "/providers/{provider}/test",
            "testProvider",
            "Asks a provider what it offers, step by step, and tells what was found.",
            test,
        )
        .answers::<ProviderCheck>(200),
    ]
}

async fn list(gateway: Gateway, asked: Asked) -> Answered {
    let mut all = gateway.engine().providers().await;
    all.retain(|provider| asked.knows(&provider.id));
    good(&List::all(all))
}

async fn get(gateway: Gateway, asked: Asked) -> Answered {
    let id: ProviderId = asked.named("provider")?;
    let mut all = gateway.engine().providers().await.into_iter();
    let found = all.find(|provider| provider.id == id && asked.knows(&id));
    good(&found.ok_or_else(|| missing("provider", &id))?)
}

async fn test(gateway: Gateway, asked: Asked) -> Answered {
    let provider: ProviderId = asked.named("provider")?;
    // It is asked what it offers, and one of that: whichever costs least, and on nobody's budget.
    asked.expect_all_of(&provider)?;
    good(&gateway.engine().test_provider(&provider).await.map_err(refused)?)
}
