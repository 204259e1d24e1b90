//! What the room's tests share: the project file of the README, and the tables of a few services.

use super::shape::{ProjectSchema, ServiceTable};
use super::{ProjectFile, findings::Findings};
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

pub fn schema() -> ProjectSchema {
    ProjectSchema::new(vec![
        ServiceTable { name: "kv", schema: schema_for!(Kv).to_value() },
        ServiceTable { name: "r2", schema: schema_for!(R2).to_value() },
        ServiceTable { name: "vectorize", schema: schema_for!(Vectorize).to_value() },
        ServiceTable { name: "ai_gateway", schema: schema_for!(AiGateway).to_value() },
        ServiceTable { name: "d1", schema: schema_for!(D1).to_value() },
    ])
}

pub fn parse(text: &str) -> Result<ProjectFile, Findings> {
    ProjectFile::parse(Path::new("/project"), "larder.toml", text, schema())
}

#[cfg(test)]
pub fn project() -> ProjectFile {
    parse(PROJECT).unwrap()
}
