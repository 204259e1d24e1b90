//! R2: buckets (docs/facts/r2.md).

pub mod api;
pub mod local;
pub mod ops;
mod removal;
pub mod resource;
pub mod wire;

use super::Service;
use crate::http::Permission;
use crate::op::HandleDoc;
use crate::project::wrangler::{BindingForm, DeployedForm, Entries};
use crate::reconcile::Resource as _;
use resource::{Bucket, Options};
use std::collections::BTreeMap;

/// The types of the handles that its ops give.
const HANDLES: &[HandleDoc] = &[HandleDoc {
    kind: Bucket::HANDLE,
    properties: &[
        ("id", "string", "The name: buckets have no other id."),
        ("name", "string", "Unique in its jurisdiction."),
        ("creation_date", "string", "When it was made, in UTC."),
        ("location", "string", "Where the data is, in upper case."),
        ("jurisdiction", "string", "Where the data must stay, or `default`."),
    ],
}];

pub static SERVICE: Service = Service {
    name: "r2",
    title: "R2",
    resource: "R2 bucket",
    resources: "R2 buckets",
    ops: ops::OPS,
    handles: HANDLES,
    prefetch: crate::reconcile::prefetch::<Bucket>,
    listed: crate::reconcile::listed::<Bucket>,
    browsing: crate::reconcile::Browsing::of::<Bucket>(),
    holds: "objects; and of a bucket CORS rules, lifecycle rules, domains and notifications",
    removal: crate::reconcile::Removal::of::<Bucket>(&[
        &api::LIST,
        &api::LIST_OBJECTS,
        &api::DELETE_OBJECTS,
        &api::DELETE_OBJECT,
        &api::DELETE,
    ]),
    broken_rule: <Bucket as crate::reconcile::Resource>::broken_rule,
    table: super::table::<Table>,
    binding: Some(&BindingForm {
        path: &["r2_buckets"],
        entries: Entries::List,
        name_field: Some("bucket_name"),
        id_field: None,
        fields: &["jurisdiction"],
        described_in: Some("buckets"),
        needs: None,
        deployed: Some(DeployedForm { of_type: "r2_bucket", field: "bucket_name" }),
    }),
    permissions: &[
        Permission::read("Workers R2 Storage Read", "b4992e1108244f5d8bfbd5744320c2e1", "workers_r2"),
        Permission::write("Workers R2 Storage Write", "bf7481a1826f439697cb59a20b22293e", "workers_r2"),
    ],
    sample: "[r2]\nbuckets = []\n",
    exercise: r#"r2::ensure("name").name"#,
    local: &local::R2,
};

/// `[r2]` of the project file.
#[derive(serde::Deserialize, schemars::JsonSchema, Default)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Table {
    /// Logical names of the buckets, or a table of them with their options.
    #[serde(default)]
    buckets: Buckets,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)]
enum Buckets {
    /// `["avatars", "resumes"]`.
    Names(Vec<String>),
    /// Logical name to the options of `r2::ensure`.
    Options(BTreeMap<String, Options>),
}

impl Default for Buckets {
    fn default() -> Self {
        Buckets::Names(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn buckets_are_a_list_of_names_or_a_table_of_options() {
        let read = |buckets| serde_json::from_value::<Table>(json!({ "buckets": buckets }));
        assert!(
            matches!(read(json!(["a", "b"])).unwrap().buckets, Buckets::Names(names) if names == ["a", "b"])
        );
        let table = read(json!({"a": {"jurisdiction": "eu"}, "b": {}})).unwrap();
        let Buckets::Options(buckets) = table.buckets else { panic!("no table") };
        assert_eq!(buckets["a"].jurisdiction, Some(crate::services::regions::Jurisdiction::Eu));
        assert!(read(json!({"a": {"jurisdictions": "eu"}})).is_err());
    }
}
