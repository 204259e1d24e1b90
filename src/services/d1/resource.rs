//! A D1 database as a resource.

use super::api;
use super::wire;
use crate::events::Cost;
use crate::http::{Client, Endpoint, Outcome, ReadError};
use crate::op::{Context, Key, NoOptions, OptionMap};
use crate::reconcile::{Compare, Field, Policy, Resource, readable, uuid};
use crate::services::regions::{Jurisdiction, Location};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

/// D1 databases.
pub struct Database;

/// Options of `d1::ensure`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Where the data must stay; fixed at creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<Jurisdiction>,
    /// Where it should run; a hint, used at creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// Whether there are read replicas; taking them away may need hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_replication: Option<ReadReplication>,
}

impl OptionMap for Options {}

/// Whether there are read replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReadReplication {
    /// Wherever the server sees fit.
    Auto,
    /// None.
    Disabled,
}

impl ReadReplication {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            ReadReplication::Auto => "auto",
            ReadReplication::Disabled => "disabled",
        }
    }
}

async fn whole(client: &Client, live: wire::Database) -> Result<wire::Database, ReadError> {
    Ok(api::get(client, &live.uuid).await?.unwrap_or(live))
}

impl Resource for Database {
    const SERVICE: &'static str = "d1";
    const HANDLE: &'static str = "D1Database";
    const LIST: &'static Endpoint = &api::LIST;
    const CREATE: &'static Endpoint = &api::CREATE;
    const FIELDS: &'static [Field] = &[
        Field::same("/jurisdiction", Policy::Fixed),
        Field::same("/location", Policy::Hint).live("/running_in_region").compare(Compare::AnyCase),
        Field::same("/read_replication", Policy::Update).live("/read_replication/mode"),
        Field::server("/uuid"),
        Field::server("/name"),
        Field::server("/version"),
        Field::server("/created_at"),
        Field::server("/num_tables"),
        Field::server("/file_size"),
    ];

    type Options = Options;
    type Place = NoOptions;
    type Live = wire::Database;

    /// The pattern is the API's, the length is what its clients keep to (D1-2).
    fn broken_rule(name: &str) -> Option<&'static str> {
        let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let rest = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        (!first || !rest || name.len() > 64).then_some(
            "a database name has 1 to 64 letters, digits, `_` and `-`, and begins with a letter or digit",
        )
    }

    fn place(_: &Options) -> NoOptions {
        NoOptions
    }

    fn scope(_: &NoOptions) -> Option<String> {
        None
    }

    fn id(live: &wire::Database) -> &str {
        &live.uuid
    }

    fn name(live: &wire::Database) -> &str {
        &live.name
    }

    fn planned(key: &Key, options: &Options) -> wire::Database {
        let mut rest = Map::from_iter([("num_tables".to_owned(), Json::from(0))]);
        if let Some(jurisdiction) = options.jurisdiction {
            rest.insert("jurisdiction".into(), Json::from(jurisdiction.name()));
        }
        if let Some(mode) = options.read_replication {
            rest.insert("read_replication".into(), json!({ "mode": mode.name() }));
        }
        wire::Database { uuid: uuid(key), name: key.name.clone(), rest }
    }

    async fn list(client: &Client, _: Option<&str>) -> Result<Vec<wire::Database>, ReadError> {
        api::list(client).await
    }

    /// The path takes a name as well as an id, so a database whose id is asked for must not pass for one of that name (D1-1).
    async fn probe(client: &Client, key: &Key) -> Result<Option<wire::Database>, ReadError> {
        Ok(api::get(client, &key.name).await?.filter(|database| database.name == key.name))
    }

    /// Only the whole object holds `read_replication`.
    async fn detail(
        context: &Context,
        live: wire::Database,
        options: &Options,
    ) -> Result<wire::Database, ReadError> {
        if options.read_replication.is_none() || live.rest.contains_key("read_replication") {
            return Ok(live);
        }
        whole(&context.client, live).await
    }

    async fn whole(context: &Context, _: &Key, live: wire::Database) -> Result<wire::Database, ReadError> {
        whole(&context.client, live).await
    }

    /// A new database has no replicas, and a jurisdiction decides where it runs: no hint beside it.
    fn described(live: &wire::Database) -> Json {
        let mut described = readable::<Database>(live);
        if let Some(described) = described.as_object_mut() {
            let is_placed = described.contains_key("jurisdiction");
            let none = ReadReplication::Disabled.name();
            described.retain(|option, value| match option.as_str() {
                "location" => !is_placed,
                "read_replication" => value != none,
                _ => true,
            });
        }
        described
    }

    /// `read_replication` is set by a second call, as production clients do (D1-4).
    async fn create(client: &Client, key: &Key, options: &Options) -> Outcome<wire::Database> {
        let location = options.location.map(Location::name);
        let jurisdiction = options.jurisdiction.map(Jurisdiction::name);
        api::create(client, &key.name, location, jurisdiction).await
    }

    async fn update(
        client: &Client,
        _: &Key,
        live: &wire::Database,
        options: &Options,
    ) -> Outcome<wire::Database> {
        match options.read_replication {
            Some(mode) => api::set_read_replication(client, &live.uuid, mode.name()).await,
            None => Outcome::Applied(live.clone()),
        }
    }

    fn cost_of_create(options: &Options) -> Cost {
        // A create leaves it out, and makes a database without it.
        Cost::writes(1 + u64::from(matches!(options.read_replication, Some(ReadReplication::Auto))))
    }

    async fn delete(client: &Client, _: &Key, live: &wire::Database) -> Outcome<()> {
        api::delete(client, &live.uuid).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcile::diff;

    fn live(rest: Json) -> wire::Database {
        let Json::Object(rest) = rest else { panic!("an object") };
        wire::Database { uuid: "u".into(), name: "jobs".into(), rest }
    }

    #[test]
    fn names() {
        for name in ["a", "0-b_C", &"x".repeat(64)] {
            assert_eq!(Database::broken_rule(name), None, "{name}");
        }
        for name in ["", "-a", "_a", "a b", "ü", "a.b", &"x".repeat(65)] {
            assert!(Database::broken_rule(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_region_that_is_not_returned_is_not_compared() {
        let options = Options { location: Some(Location::Weur), ..Options::default() };
        assert_eq!(diff::<Database>(&options, &live(json!({}))), crate::reconcile::Difference::default());
        let same = live(json!({"running_in_region": "WEUR"}));
        assert_eq!(diff::<Database>(&options, &same), crate::reconcile::Difference::default());
        let other = diff::<Database>(&options, &live(json!({"running_in_region": "ENAM"})));
        assert_eq!(other.hints.len(), 1);
        assert_eq!((&other.hints[0].from, &other.hints[0].to), (&json!("ENAM"), &json!("weur")));
    }

    #[test]
    fn replication_is_updated_and_jurisdiction_is_fixed() {
        let options = Options {
            jurisdiction: Some(Jurisdiction::Eu),
            read_replication: Some(ReadReplication::Auto),
            location: None,
        };
        let found = diff::<Database>(&options, &live(json!({"read_replication": {"mode": "disabled"}})));
        assert_eq!((found.updates.len(), found.fixed.len()), (1, 1));
        assert_eq!(found.updates[0].field, "/read_replication");
        assert_eq!(found.fixed[0].from, Json::Null);
    }
}
