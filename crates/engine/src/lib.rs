//! The use cases: ask many targets at once, watch the answers, stop, retry and continue them, and
//! find everything again. The window, `orch` and the gateway are thin doors to the methods of
//! [`Engine`]; they decide nothing themselves.
//!
//! The engine owns every stream. Those who watch attach and detach as they like, and what they
//! are shown was committed before (see [`journal`]). Not here: SQL (`store`), wire formats
//! (`dialects`), HTTP (`providers`), the choice of a target (`routing`).

mod accounts;
mod admission;
mod answered;
mod breakers;
mod cache;
mod catalog;
mod changes;
mod columns;
mod conversations;
mod cost;
mod counting;
mod data;
mod engine;
mod error;
mod estimate;
mod faults;
mod finding;
mod fold;
mod gateway;
mod health;
mod insights;
mod journal;
mod judging;
mod keys;
mod known;
mod media;
mod meters;
mod models;
mod moving;
mod quotas;
mod recovery;
mod resume;
mod routing;
mod runs;
mod spending;
mod storage;
mod traffic;
mod tree;
mod watch;
mod ways;
mod weigh;
mod wire;

pub use self::routing::{
    COURSE_HOURS, LearnedMeasure, LearnedPoint, LearnedTarget, RouteAnalytics, RouteCount, RouteTrial,
};
pub use ::routing::BreakerState;
pub use accounts::{EnvironmentKey, LocalServer, Preset, ProviderEdit};
pub use admission::{Denied, Estimate, Grant, Issued, Permit, VirtualKeys};
pub use answered::{Answered, Claim, Errand, KeptResponse, StoredAnswer};
pub use catalog::{
    CatalogCard, CatalogEntry, CatalogQuery, CatalogScore, CatalogSort, CatalogSource, CatalogState,
    CatalogSync, ChangeKind, DoubtfulName, FacetCount, FoundModels, LoadCost, NamedModel, OwnFigures,
    PriceChange, PriceLoad, PriceStep, PricedModel, RankBy, RankPart, RankedModel, Reachable, SeenHere,
};
pub use changes::Changed;
pub use data::{DataReport, EraseKind};
pub use domain::GatewayEdit;
pub use engine::{Engine, EngineOptions, now as clock};
pub use error::{EngineError, EngineErrorKind};
pub use gateway::{Backlog, GatewaySettings};
pub use journal::Order as JournalOrder;
pub use media::{Attachment, LinkError, MAX_BYTES as MAX_ATTACHED, Media, openable, pdf_reader};
pub use meters::{Attempted, CallerSnapshot, MeterSnapshot, Metered, Meters, ProviderSnapshot, Times};
pub use models::{ProviderCheck, ProviderCheckStep};
pub use moving::{ImportWatch, MAX_PIECE};
#[cfg(feature = "guards")]
pub use providers::leave_keys_in_texts;
pub use providers::{GatewayConfig, JwtAlgorithm, JwtConfig, JwtKeys};
pub use runs::AskedBy;
pub use secrets::leave_no_dumps;
pub use storage::EngineStatus;
pub use traffic::Traffic;
pub use watch::Events;
pub use wire::{CacheNote, Unasked, WireAnswer, WireBody, WireCall, WireHead, WireRefusal};
