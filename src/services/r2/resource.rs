//! An R2 bucket as a resource.

use super::api;
use super::wire::{self, NewBucket};
use crate::http::{Client, Endpoint, Outcome, ReadError};
use crate::op::{Context, Key, OptionMap};
use crate::reconcile::{Compare, Field, Policy, Resource, readable};
use crate::services::regions::{Jurisdiction, Location};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

/// R2 buckets.
pub struct Bucket;

/// Options of `r2::ensure`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Where the data should be, if the server agrees: it decides when a bucket of this name is first created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// The class of objects that come without one; objects already there keep theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage_class: Option<StorageClass>,
    /// Where the data must stay; the same name can exist once in each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<Jurisdiction>,
}

impl OptionMap for Options {}

/// Options of `r2::find`, `r2::list` and `r2::delete`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Where to look; the default name space when left out.
    pub jurisdiction: Option<Jurisdiction>,
}

impl OptionMap for Place {}

/// What storing and reading costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum StorageClass {
    /// For what is read often.
    Standard,
    /// For what is read rarely.
    InfrequentAccess,
}

impl StorageClass {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            StorageClass::Standard => "Standard",
            StorageClass::InfrequentAccess => "InfrequentAccess",
        }
    }
}

async fn whole(
    client: &Client,
    jurisdiction: Option<&str>,
    live: wire::Bucket,
) -> Result<wire::Bucket, ReadError> {
    let found = api::get(client, &live.name, jurisdiction).await?;
    Ok(found.map_or(live, |bucket| placed(bucket, jurisdiction)))
}

impl Resource for Bucket {
    const SERVICE: &'static str = "r2";
    const HANDLE: &'static str = "R2Bucket";
    const LIST: &'static Endpoint = &api::LIST;
    const CREATE: &'static Endpoint = &api::CREATE;
    const FIELDS: &'static [Field] = &[
        Field::same("/location", Policy::Hint).compare(Compare::AnyCase),
        Field::same("/storage_class", Policy::Update).compare(Compare::AnyCase),
        Field::place("/jurisdiction"),
        Field::server("/name"),
        Field::server("/creation_date"),
    ];
    const SCOPES: &'static [Option<&'static str>] = &[None, Some("eu"), Some("us"), Some("fedramp")];

    type Options = Options;
    type Place = Place;
    type Live = wire::Bucket;

    // The documented rule (R2-15).
    fn broken_rule(name: &str) -> Option<&'static str> {
        let edge =
            |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let bytes = name.as_bytes();
        let fits = (3..=63).contains(&bytes.len())
            && edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().all(|byte| *byte == b'-' || edge(Some(byte)));
        (!fits).then_some(
            "a bucket name has 3 to 63 characters, `a` to `z`, `0` to `9` and `-`, and no `-` at either end",
        )
    }

    fn place(options: &Options) -> Place {
        Place { jurisdiction: options.jurisdiction }
    }

    fn scope(place: &Place) -> Option<String> {
        place.jurisdiction.map(|jurisdiction| jurisdiction.name().to_owned())
    }

    fn id(live: &wire::Bucket) -> &str {
        &live.name
    }

    fn name(live: &wire::Bucket) -> &str {
        &live.name
    }

    fn planned(key: &Key, options: &Options) -> wire::Bucket {
        let mut rest = serde_json::Map::new();
        rest.insert("jurisdiction".into(), json!(key.jurisdiction.as_deref().unwrap_or("default")));
        let class = options.storage_class.unwrap_or(StorageClass::Standard);
        rest.insert("storage_class".into(), json!(class.name()));
        if let Some(location) = options.location {
            rest.insert("location".into(), json!(location.name().to_ascii_uppercase()));
        }
        wire::Bucket { name: key.name.clone(), rest }
    }

    async fn list(client: &Client, scope: Option<&str>) -> Result<Vec<wire::Bucket>, ReadError> {
        let buckets = api::list(client, scope).await?;
        Ok(buckets.into_iter().map(|bucket| placed(bucket, scope)).collect())
    }

    async fn probe(client: &Client, key: &Key) -> Result<Option<wire::Bucket>, ReadError> {
        let jurisdiction = key.jurisdiction.as_deref();
        Ok(api::get(client, &key.name, jurisdiction).await?.map(|bucket| placed(bucket, jurisdiction)))
    }

    /// A listing has names and dates only (recorded of real clients); what the options name is read where it matters.
    async fn detail(
        context: &Context,
        live: wire::Bucket,
        options: &Options,
    ) -> Result<wire::Bucket, ReadError> {
        let asked =
            [("location", options.location.is_some()), ("storage_class", options.storage_class.is_some())];
        if asked.into_iter().all(|(field, named)| !named || live.rest.contains_key(field)) {
            return Ok(live);
        }
        whole(&context.client, options.jurisdiction.map(Jurisdiction::name), live).await
    }

    async fn whole(context: &Context, key: &Key, live: wire::Bucket) -> Result<wire::Bucket, ReadError> {
        whole(&context.client, key.jurisdiction.as_deref(), live).await
    }

    /// A jurisdiction decides where the data is: no hint beside it. The usual class goes without saying.
    fn described(live: &wire::Bucket) -> Json {
        let mut described = readable::<Bucket>(live);
        let jurisdiction = live.rest.get("jurisdiction").and_then(Json::as_str);
        let is_placed = jurisdiction.is_some_and(|name| name != "default");
        if let Some(described) = described.as_object_mut() {
            described.retain(|option, value| match option.as_str() {
                "location" => !is_placed,
                "storage_class" => value != StorageClass::Standard.name(),
                _ => true,
            });
        }
        described
    }

    async fn create(client: &Client, key: &Key, options: &Options) -> Outcome<wire::Bucket> {
        let bucket = NewBucket {
            name: &key.name,
            location_hint: options.location.map(Location::name),
            storage_class: options.storage_class.map(StorageClass::name),
        };
        let jurisdiction = key.jurisdiction.as_deref();
        api::create(client, &bucket, jurisdiction).await.map(|bucket| placed(bucket, jurisdiction))
    }

    async fn update(
        client: &Client,
        key: &Key,
        live: &wire::Bucket,
        options: &Options,
    ) -> Outcome<wire::Bucket> {
        let Some(class) = options.storage_class.map(StorageClass::name) else {
            return Outcome::Applied(live.clone());
        };
        let jurisdiction = key.jurisdiction.as_deref();
        let outcome = api::set_storage_class(client, &key.name, class, jurisdiction).await;
        outcome.map(|answered| {
            answered.unwrap_or_else(|| {
                let mut changed = live.clone();
                changed.rest.insert("storage_class".into(), Json::from(class));
                changed
            })
        })
    }

    async fn delete(client: &Client, key: &Key, live: &wire::Bucket) -> Outcome<()> {
        api::delete(client, &live.name, key.jurisdiction.as_deref()).await
    }
}

/// With the jurisdiction that it was asked for in, where the answer does not say it, as that of a listing.
fn placed(mut bucket: wire::Bucket, jurisdiction: Option<&str>) -> wire::Bucket {
    bucket.rest.entry("jurisdiction").or_insert_with(|| json!(jurisdiction.unwrap_or("default")));
    bucket
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{Value, read_options};

    #[test]
    fn every_option_has_a_field() {
        assert_eq!(crate::reconcile::unmatched::<Bucket>(), Vec::<String>::new());
    }

    #[test]
    fn names_keep_the_rule() {
        for name in ["abc", "a-1", &"a".repeat(63), "0-0"] {
            assert_eq!(Bucket::broken_rule(name), None, "{name}");
        }
        for name in ["", "ab", &"a".repeat(64), "-ab", "ab-", "Abc", "a_b", "a.b", "äbc"] {
            assert!(Bucket::broken_rule(name).is_some(), "{name}");
        }
    }

    #[test]
    fn locations_are_read_in_any_case() {
        for (index, name) in Location::NAMES.iter().enumerate() {
            let upper = json!({ "location": name.to_ascii_uppercase() });
            let options: Options = read_options(&Value::from(upper)).unwrap();
            assert_eq!(options.location, Some(Location::ALL[index]));
            assert_eq!(serde_json::to_value(options).unwrap(), json!({ "location": name }));
        }
        let error = read_options::<Options>(&Value::from(json!({"location": "mars"}))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`location` can't be `mars`, it is one of `apac`, `eeur`, `enam`, `weur`, `wnam`, `oc`"
        );
    }
}
