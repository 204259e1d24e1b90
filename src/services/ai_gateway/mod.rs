//! AI Gateway: gateways (docs/facts/ai-gateway.md).

pub mod api;
pub mod local;
pub mod ops;
pub mod options;
pub mod policies;
mod removal;
pub mod resource;
pub mod wire;

use super::Service;
use crate::http::Permission;
use crate::op::HandleDoc;
use crate::reconcile::Resource as _;
use options::Options;
use resource::Gateway;
use std::collections::BTreeMap;

/// The types of the handles that its ops give.
const HANDLES: &[HandleDoc] = &[HandleDoc {
    kind: Gateway::HANDLE,
    properties: &[
        ("id", "string", "The name: gateways have no other id."),
        ("name", "string", "Unique in the account."),
        ("created_at", "string", "When it was made, in UTC."),
        ("modified_at", "string", "When it was last changed, in UTC."),
        ("is_default", "bool", "Whether it is the account's default gateway."),
        ("internal_id", "string", "An id that the API gives and takes nowhere."),
        ("account_id", "string", "The account."),
        ("account_tag", "string", "The account."),
    ],
}];

pub static SERVICE: Service = Service {
    name: "ai_gateway",
    title: "AI Gateway",
    resource: "AI Gateway",
    resources: "AI Gateways",
    ops: ops::OPS,
    handles: HANDLES,
    prefetch: crate::reconcile::prefetch::<Gateway>,
    listed: crate::reconcile::listed::<Gateway>,
    browsing: crate::reconcile::Browsing::of::<Gateway>(),
    holds: "logs, and the keys of providers",
    removal: crate::reconcile::Removal::of::<Gateway>(&[&api::LIST, &api::DELETE]),
    broken_rule: <Gateway as crate::reconcile::Resource>::broken_rule,
    table: super::table::<Table>,
    binding: None,
    permissions: &[
        // The key is not documented: it is the one of a link in use.
        Permission::read("AI Gateway Read", "4dc8917b4b40457d88d3035d5dadb054", "aig"),
        Permission::write("AI Gateway Write", "6c8a3737f07f46369c1ea1f22138daaf", "aig"),
    ],
    sample: "# [ai_gateway.gateways.main]\n# cache_ttl = 3600\n",
    exercise: r#"ai_gateway::ensure("name", #{ cache_ttl: 3600 }).id"#,
    local: &local::AiGateway,
};

/// `[ai_gateway]` of the project file.
#[derive(serde::Deserialize, schemars::JsonSchema, Default)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Table {
    /// Logical name of each gateway to the options of `ai_gateway::ensure`.
    #[serde(default)]
    gateways: BTreeMap<String, Options>,
}
