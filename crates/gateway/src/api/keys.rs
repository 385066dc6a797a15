//! Virtual keys.

use super::{
    asked::{Asked, good, json, refused},
    conversations::List,
    operation::{Answered, Operation},
};
use crate::{
    Gateway,
    refuse::{Detail, refusal},
};
use domain::{CaptureLevel, ErrorKind, KeyScopes, NewKey, VirtualKey, VirtualKeyId};
use http::{Method, StatusCode};
use serde::Serialize;

const SMALL: usize = 64 << 10;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::new(Method::GET, "/keys", "listKeys", "All virtual keys, revoked ones too; never the keys themselves.", list)
            .answers_list::<VirtualKey>(),
        Operation::new(
            Method::POST,
            "/keys",
            "issueKey",
            "Issues a virtual key, which is shown this once. Without a path in its scopes it is for everything but this API.",
            issue,
        )
        .takes::<NewKey>(SMALL)
        .answers::<IssuedKey>(201),
        Operation::new(
            Method::DELETE,
            "/keys/{key}",
            "revokeKey",
            "Takes a key back for good, within a second.",
            revoke,
        )
        .answers::<RevokedKey>(200),
    ]
}

/// A key that was just issued.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct IssuedKey<'a> {
    /// Its id.
    id: VirtualKeyId,
    /// The key itself, shown now and never again.
    key: &'a str,
}

/// A key that was taken back.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
struct RevokedKey {
    /// Whether it was in force until now.
    revoked: bool,
}

async fn list(gateway: Gateway, _: Asked) -> Answered {
    good(&List::all(gateway.engine().virtual_keys().list().await.map_err(refused)?))
}

async fn issue(gateway: Gateway, asked: Asked) -> Answered {
    let new: NewKey = asked.body()?;
    let grant = asked.grant();
    let narrow = grant.scopes().is_some_and(|own| !own.targets.is_empty() || !covers(own, &new.scopes));
    let outlives = grant.expires_at().is_some_and(|own| new.expires_at.is_none_or(|end| end > own));
    if narrow || outlives || grant.is_capped() || tells_more(new.capture, grant.capture()) {
        let said = "a key issues no key that may do more than itself; `orch keys issue` does";
        return Err(refusal(403, ErrorKind::Permission, said).code("insufficient_scope"));
    }
    let issued = gateway.engine().virtual_keys().issue(new).await.map_err(refused)?;
    json(StatusCode::CREATED, &IssuedKey { id: issued.id, key: &issued.key })
}

/// Whether more is kept of calls with one than with the other.
fn tells_more(one: CaptureLevel, other: CaptureLevel) -> bool {
    let level = |capture| match capture {
        CaptureLevel::Off => 0,
        CaptureLevel::Metadata => 1,
        CaptureLevel::Full => 2,
    };
    level(one) > level(other)
}

/// Whether whoever may ask `own` paths may ask all that are `wanted`. What is wanted beyond the callers'
/// routes must stand in one of its own patterns.
fn covers(own: &KeyScopes, wanted: &KeyScopes) -> bool {
    wanted.routes.iter().all(|pattern| {
        let fixed = pattern.split('*').next().unwrap_or_default();
        let native = fixed.starts_with(KeyScopes::NATIVE) || KeyScopes::NATIVE.starts_with(fixed);
        let within = |own: &String| {
            own == pattern
                || own.strip_suffix('*').is_some_and(|own| !own.contains('*') && fixed.starts_with(own))
        };
        !native || own.routes.iter().any(within)
    })
}

async fn revoke(gateway: Gateway, asked: Asked) -> Answered {
    let revoked = gateway.engine().virtual_keys().revoke(asked.named("key")?).await.map_err(refused)?;
    good(&RevokedKey { revoked })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_covers_what_its_own_patterns_do() {
        let scopes = |patterns: &[&str]| KeyScopes::parse(patterns.iter().copied()).unwrap();
        let all = scopes(&["/api/*"]);
        assert!(covers(&all, &scopes(&[])) && covers(&all, &scopes(&["/v1/*", "openai/*"])));
        assert!(covers(&all, &scopes(&["/api/*"])) && covers(&all, &scopes(&["/api/v1/keys"])));
        assert!(!covers(&all, &scopes(&["/*"])) && !covers(&all, &scopes(&["/a*"])));
        let keys = scopes(&["/api/v1/keys"]);
        assert!(covers(&keys, &scopes(&["/api/v1/keys"])) && !covers(&keys, &scopes(&["/api/v1/keys/*"])));
        assert!(!covers(&keys, &scopes(&["/api/*"])) && !covers(&keys, &scopes(&["/api*"])));
        assert!(!covers(&scopes(&["/a*/v1/keys"]), &scopes(&["/api/v1/search"])));
    }
}
