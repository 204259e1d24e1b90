//! Vectorize: indexes with their metadata indexes (docs/facts/vectorize.md).

pub mod api;
pub mod local;
pub mod ops;
pub mod options;
mod removal;
pub mod resource;
pub mod wire;

use super::Service;
use crate::http::Permission;
use crate::op::HandleDoc;
use crate::project::wrangler::{BindingForm, Entries};
use crate::reconcile::Resource as _;
use options::Options;
use resource::Index;
use std::collections::BTreeMap;

/// The types of the handles that its ops give.
const HANDLES: &[HandleDoc] = &[HandleDoc {
    kind: Index::HANDLE,
    properties: &[
        ("id", "string", "The name: indexes have no other id."),
        ("name", "string", "Unique in the account."),
        ("config", "map", "Dimensions and metric, as the API answers them."),
        ("created_on", "string", "When it was made, in UTC."),
        ("modified_on", "string", "When it was last changed, in UTC."),
    ],
}];

pub static SERVICE: Service = Service {
    name: "vectorize",
    title: "Vectorize",
    resource: "Vectorize index",
    resources: "Vectorize indexes",
    ops: ops::OPS,
    handles: HANDLES,
    prefetch: crate::reconcile::prefetch::<Index>,
    listed: crate::reconcile::listed::<Index>,
    browsing: crate::reconcile::Browsing::of::<Index>(),
    holds: "vectors",
    removal: crate::reconcile::Removal::of::<Index>(&[&api::LIST, &api::INFO, &api::DELETE]),
    broken_rule: <Index as crate::reconcile::Resource>::broken_rule,
    table: super::table::<Table>,
    binding: Some(&BindingForm {
        path: &["vectorize"],
        entries: Entries::List,
        name_field: Some("index_name"),
        id_field: None,
        fields: &[],
        described_in: Some("indexes"),
        needs: Some("dimensions = 768\nmetric = \"cosine\"\n"),
        deployed: None,
    }),
    permissions: &[
        Permission::read("Vectorize Read", "1799edaae5db489294430e20d9b519e0", "vectorize"),
        Permission::write("Vectorize Write", "64156ba5be47441096c83c7fc17c488b", "vectorize"),
    ],
    sample: "# [vectorize.indexes.main]\n# dimensions = 768\n# metric = \"cosine\"\n",
    exercise: r#"vectorize::ensure("name", #{ dimensions: 768, metric: "cosine" }).name"#,
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
