//! A beacon as a resource.

use super::api::{self, Shown};
use larder::http::{Client, Endpoint, Outcome, ReadError};
use larder::op::{Key, NoOptions, OptionMap};
use larder::reconcile::{Field, Policy, Removable, Resource, hex32};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub struct Beacon;

/// Options of `beacon::ensure`.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Its color.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
}

impl OptionMap for Options {}

impl Resource for Beacon {
    const SERVICE: &'static str = "beacon";
    const HANDLE: &'static str = "Beacon";
    const LIST: &'static Endpoint = &api::LIST;
    const CREATE: &'static Endpoint = &api::CREATE;
    const FIELDS: &'static [Field] =
        &[Field::same("/color", Policy::Update), Field::server("/id"), Field::server("/name")];

    type Options = Options;
    type Place = NoOptions;
    type Live = Shown;

    fn broken_rule(name: &str) -> Option<&'static str> {
        (!(1..=32).contains(&name.len())).then_some("a beacon's name has 1 to 32 characters")
    }

    fn place(_: &Options) -> NoOptions {
        NoOptions
    }

    fn scope(_: &NoOptions) -> Option<String> {
        None
    }

    fn id(live: &Shown) -> &str {
        &live.id
    }

    fn name(live: &Shown) -> &str {
        &live.name
    }

    fn planned(key: &Key, options: &Options) -> Shown {
        Shown { id: hex32(key), name: key.name.clone(), color: options.color.clone() }
    }

    async fn list(client: &Client, _: Option<&str>) -> Result<Vec<Shown>, ReadError> {
        api::list(client).await
    }

    async fn probe(client: &Client, key: &Key) -> Result<Option<Shown>, ReadError> {
        Ok(api::list(client).await?.into_iter().find(|beacon| beacon.name == key.name))
    }

    async fn create(client: &Client, key: &Key, options: &Options) -> Outcome<Shown> {
        api::create(client, &key.name, options.color.as_deref()).await
    }

    async fn update(client: &Client, _: &Key, live: &Shown, options: &Options) -> Outcome<Shown> {
        api::replace(client, &live.id, json!({ "name": live.name, "color": options.color })).await
    }

    async fn delete(client: &Client, _: &Key, live: &Shown) -> Outcome<()> {
        api::delete(client, &live.id).await
    }
}

impl Removable for Beacon {
    async fn content(_: &Client, _: &Key, _: &Shown) -> Result<Option<String>, ReadError> {
        Ok(None)
    }
}
