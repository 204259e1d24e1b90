//! A KV namespace as a resource.

use super::api;
use super::wire;
use crate::http::{Client, Endpoint, Outcome, ReadError};
use crate::op::{Key, NoOptions, OptionMap};
use crate::reconcile::{Field, Policy, Resource, hex32};
use crate::services::regions::Jurisdiction;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// KV namespaces.
pub struct Namespace;

/// Options of `kv::ensure`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Where the data must stay; fixed at creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<Jurisdiction>,
}

impl OptionMap for Options {}

impl Resource for Namespace {
    const SERVICE: &'static str = "kv";
    const HANDLE: &'static str = "KvNamespace";
    const LIST: &'static Endpoint = &api::LIST;
    const CREATE: &'static Endpoint = &api::CREATE;
    const FIELDS: &'static [Field] = &[
        Field::same("/jurisdiction", Policy::Fixed),
        Field::server("/id"),
        Field::server("/title"),
        Field::server("/supports_url_encoding"),
    ];

    type Options = Options;
    type Place = NoOptions;
    type Live = wire::Namespace;

    fn broken_rule(name: &str) -> Option<&'static str> {
        (name.is_empty() || name.len() > 512).then_some("a title has 1 to 512 bytes")
    }

    fn place(_: &Options) -> NoOptions {
        NoOptions
    }

    fn scope(_: &NoOptions) -> Option<String> {
        None
    }

    fn id(live: &wire::Namespace) -> &str {
        &live.id
    }

    fn name(live: &wire::Namespace) -> &str {
        &live.title
    }

    fn planned(key: &Key, options: &Options) -> wire::Namespace {
        let rest = match serde_json::to_value(options) {
            Ok(serde_json::Value::Object(rest)) => rest,
            _ => serde_json::Map::new(),
        };
        wire::Namespace { id: hex32(key), title: key.name.clone(), rest }
    }

    async fn list(client: &Client, _: Option<&str>) -> Result<Vec<wire::Namespace>, ReadError> {
        api::list(client).await
    }

    /// There is no way to ask for a title: the whole list is read again (KV-2).
    async fn probe(client: &Client, key: &Key) -> Result<Option<wire::Namespace>, ReadError> {
        Ok(api::list(client).await?.into_iter().find(|namespace| namespace.title == key.name))
    }

    async fn create(client: &Client, key: &Key, options: &Options) -> Outcome<wire::Namespace> {
        api::create(client, &key.name, options.jurisdiction.map(Jurisdiction::name)).await
    }

    async fn update(_: &Client, _: &Key, live: &wire::Namespace, _: &Options) -> Outcome<wire::Namespace> {
        Outcome::Applied(live.clone())
    }

    async fn delete(client: &Client, _: &Key, live: &wire::Namespace) -> Outcome<()> {
        api::delete(client, &live.id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_has_a_field() {
        assert_eq!(crate::reconcile::unmatched::<Namespace>(), Vec::<String>::new());
    }
}
