//! R2: buckets (Cloudflare API notes 3).

pub mod api;
pub mod local;
pub mod ops;
mod removal;
pub mod resource;
pub mod wire;

use super::Service;
use resource::{Bucket, Options};
use std::collections::BTreeMap;

/// The wing.
pub static SERVICE: Service = Service {
    name: "r2",
    title: "R2",
    resources: "R2 buckets",
    ops: ops::OPS,
    prefetch: crate::reconcile::prefetch::<Bucket>,
    removal: crate::reconcile::Removal::of::<Bucket>(&[
        &api::LIST,
        &api::LIST_OBJECTS,
        &api::DELETE_OBJECT,
        &api::DELETE,
    ]),
    broken_rule: <Bucket as crate::reconcile::Resource>::broken_rule,
    table: super::table::<Table>,
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
