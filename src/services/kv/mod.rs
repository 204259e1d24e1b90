//! Workers KV: namespaces, and keys on a namespace's handle (Cloudflare API notes 2).

pub mod api;
mod kept;
pub mod local;
pub mod ops;
mod removal;
pub mod resource;
pub mod wire;

use super::Service;
use resource::Namespace;

/// The wing.
pub static SERVICE: Service = Service {
    name: "kv",
    title: "Workers KV",
    resources: "KV namespaces",
    ops: ops::OPS,
    prefetch: crate::reconcile::prefetch::<Namespace>,
    removal: crate::reconcile::Removal::of::<Namespace>(&[&api::LIST, &api::LIST_KEYS, &api::DELETE]),
    broken_rule: <Namespace as crate::reconcile::Resource>::broken_rule,
    table: super::table::<Table>,
    local: &local::Kv,
};

/// `[kv]` of the project file.
#[derive(serde::Deserialize, schemars::JsonSchema, Default)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Table {
    /// Logical names of the namespaces.
    #[serde(default)]
    namespaces: Vec<String>,
}
