//! Vectorize: indexes with their metadata indexes (Cloudflare API notes 4).

pub mod api;
pub mod local;
pub mod ops;
pub mod options;
mod removal;
pub mod resource;
pub mod wire;

use super::Service;
use options::Options;
use resource::Index;
use std::collections::BTreeMap;

/// The wing.
pub static SERVICE: Service = Service {
    name: "vectorize",
    title: "Vectorize",
    resources: "Vectorize indexes",
    ops: ops::OPS,
    prefetch: crate::reconcile::prefetch::<Index>,
    removal: crate::reconcile::Removal::of::<Index>(&[&api::LIST, &api::INFO, &api::DELETE]),
    broken_rule: <Index as crate::reconcile::Resource>::broken_rule,
    table: super::table::<Table>,
    local: &local::Vectorize,
};

/// `[vectorize]` of the project file.
#[derive(serde::Deserialize, schemars::JsonSchema, Default)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Table {
    /// Logical name of each index to the options of `vectorize::ensure`.
    #[serde(default)]
    indexes: BTreeMap<String, Options>,
}
