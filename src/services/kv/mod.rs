//! Workers KV: namespaces, and keys on a namespace's handle (docs/facts/kv.md).

pub mod api;
mod entry;
mod planned_values;
pub mod local;
pub mod ops;
mod removal;
pub mod resource;
mod secret_keys;
pub mod wire;

use super::Service;
use crate::http::Permission;
use crate::op::HandleDoc;
use crate::project::wrangler::{BindingForm, DeployedForm, Entries};
use crate::reconcile::Resource as _;
use resource::Namespace;

/// The types of the handles that its ops give.
const HANDLES: &[HandleDoc] = &[HandleDoc {
    kind: Namespace::HANDLE,
    properties: &[
        ("id", "string", "32 hexadecimal characters."),
        ("name", "string", "The title."),
        ("title", "string", "Unique in the account."),
        ("supports_url_encoding", "bool", "Whether keys may be percent-encoded in paths."),
    ],
}];

pub static SERVICE: Service = Service {
    name: "kv",
    title: "Workers KV",
    resource: "KV namespace",
    resources: "KV namespaces",
    ops: ops::OPS,
    handles: HANDLES,
    prefetch: crate::reconcile::prefetch::<Namespace>,
    listed: crate::reconcile::listed::<Namespace>,
    browsing: crate::reconcile::Browsing::of::<Namespace>(),
    holds: "keys with their values",
    removal: crate::reconcile::Removal::of::<Namespace>(&[&api::LIST, &api::LIST_KEYS, &api::DELETE]),
    broken_rule: <Namespace as crate::reconcile::Resource>::broken_rule,
    table: super::table::<Table>,
    binding: Some(&BindingForm {
        path: &["kv_namespaces"],
        entries: Entries::List,
        name_field: None,
        id_field: Some("id"),
        fields: &[],
        described_in: None,
        needs: None,
        deployed: Some(DeployedForm { of_type: "kv_namespace", field: "namespace_id" }),
    }),
    permissions: &[
        Permission::read("Workers KV Storage Read", "8b47d2786a534c08a1f94ee8f9f599ef", "workers_kv_storage"),
        Permission::write(
            "Workers KV Storage Write",
            "f7f0eda5697f475c90846e879bab8666",
            "workers_kv_storage",
        ),
    ],
    sample: "[kv]\nnamespaces = []\n",
    exercise: r#"let ns = kv::ensure("name"); ns.ensure_entries(#{ a: "one", b: "two" }); ns.get("a")"#,
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
