//! Test data of this room: the project file of the README, and the tables of a few services.

use super::shape::{ProjectSchema, ServiceTable};
use super::wrangler::{BindingForm, BindingKind, BindingKinds, Entries};
use super::{ProjectFile, findings::ProjectFindings};
use schemars::{JsonSchema, schema_for};
use std::collections::BTreeMap;
use std::path::Path;

#[cfg(test)]
pub const PROJECT: &str = include_str!("fixture.toml");

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Kv {
    #[serde(default)]
    namespaces: Vec<String>,
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct R2 {
    buckets: Buckets,
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)]
enum Buckets {
    Names(Vec<String>),
    Settings(BTreeMap<String, Bucket>),
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Bucket {
    location: Option<String>,
    jurisdiction: Option<Jurisdiction>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code)]
enum Jurisdiction {
    Eu,
    Fedramp,
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Vectorize {
    indexes: BTreeMap<String, Index>,
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Index {
    #[schemars(range(min = 1, max = 1536))]
    dimensions: u32,
    metric: Metric,
    description: Option<String>,
    #[serde(default)]
    metadata_indexes: BTreeMap<String, MetadataType>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[allow(dead_code)]
enum Metric {
    /// The angle.
    Cosine,
    /// The distance.
    Euclidean,
    DotProduct,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code)]
enum MetadataType {
    String,
    Number,
    Boolean,
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct AiGateway {
    gateways: BTreeMap<String, Gateway>,
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Gateway {
    cache_ttl: Option<u64>,
    rate_limiting_limit: Option<u64>,
    rate_limiting_interval: Option<u64>,
    rate_limiting_technique: Option<Technique>,
    collect_logs: Option<bool>,
}

#[derive(JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code)]
enum Technique {
    Fixed,
    Sliding,
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct D1 {
    atomic: Option<String>,
    databases: BTreeMap<String, Database>,
}

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Database {
    binding: Option<String>,
    migrations: Option<String>,
    jurisdiction: Option<Jurisdiction>,
}

const fn form(
    path: &'static [&'static str],
    name_field: Option<&'static str>,
    id_field: Option<&'static str>,
) -> BindingForm {
    let fields = &["jurisdiction", "migrations_dir", "migrations_pattern", "migrations_table"];
    let entries = Entries::List;
    BindingForm {
        path,
        entries,
        name_field,
        id_field,
        fields,
        described_in: None,
        needs: None,
        deployed: None,
    }
}

const BOUND: &[(&str, &BindingForm)] = &[
    ("kv", &form(&["kv_namespaces"], None, Some("id"))),
    ("r2", &form(&["r2_buckets"], Some("bucket_name"), None)),
    ("d1", &form(&["d1_databases"], Some("database_name"), Some("database_id"))),
    ("vectorize", &form(&["vectorize"], Some("index_name"), None)),
];

/// What the configs of the tests bind.
pub fn kinds() -> BindingKinds {
    BindingKinds::new(BOUND.iter().copied())
}

#[allow(clippy::unwrap_used)]
pub fn kind(name: &str) -> BindingKind {
    kinds().of_service(name).unwrap()
}

fn table(name: &'static str, schema: schemars::Schema) -> ServiceTable {
    let binding = BOUND.iter().find(|(bound, _)| *bound == name).map(|(_, form)| *form);
    ServiceTable { name, schema: schema.to_value(), binding }
}

pub fn schema() -> ProjectSchema {
    ProjectSchema::new(vec![
        table("kv", schema_for!(Kv)),
        table("r2", schema_for!(R2)),
        table("vectorize", schema_for!(Vectorize)),
        table("ai_gateway", schema_for!(AiGateway)),
        table("d1", schema_for!(D1)),
    ])
}

pub fn parse(text: &str) -> Result<ProjectFile, ProjectFindings> {
    ProjectFile::parse(Path::new("/project"), "larder.toml", text, schema())
}

#[cfg(test)]
pub fn project() -> ProjectFile {
    parse(PROJECT).unwrap()
}
