//! A Vectorize index as a resource.

use super::api;
use super::options::{MetadataType, Metric, Options, Preset};
use super::wire::{self, Config, MetadataIndex, NewIndex};
use crate::events::{Change, Cost};
use crate::http::{Client, CodeMeaning, Endpoint, Outcome, ReadError};
use crate::op::{Context, Key, NoOptions, OptionError};
use crate::reconcile::{Compare, Field, Policy, Resource, readable};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

pub struct Index;

fn config(options: &Options) -> Config {
    Config {
        dimensions: options.dimensions,
        metric: options.metric.map(|metric| metric.name().to_owned()),
        preset: options.preset.map(|preset| preset.name().to_owned()),
        rest: Map::new(),
    }
}

fn by_property(options: &Options) -> Option<BTreeMap<String, String>> {
    let named = |(property, kind): (&String, &MetadataType)| (property.clone(), kind.name().to_owned());
    options.metadata_indexes.as_ref().map(|indexes| indexes.iter().map(named).collect())
}

async fn with_metadata(client: &Client, mut live: wire::Index) -> Result<wire::Index, ReadError> {
    let listed = match api::list_metadata(client, &live.name).await {
        Ok(listed) => listed,
        // An index that is new somewhere and unknown elsewhere has none yet.
        Err(ReadError::Rejected(error)) if error.meaning() == Some(CodeMeaning::NotFound) => Vec::new(),
        Err(error) => return Err(error),
    };
    let pairs = listed.into_iter().map(|index| (index.property_name, index.index_type));
    live.metadata_indexes = Some(pairs.collect());
    Ok(live)
}

impl Resource for Index {
    const SERVICE: &'static str = "vectorize";
    const HANDLE: &'static str = "VectorizeIndex";
    const LIST: &'static Endpoint = &api::LIST;
    const CREATE: &'static Endpoint = &api::CREATE;
    const FIELDS: &'static [Field] = &[
        Field::same("/dimensions", Policy::Fixed).live("/config/dimensions"),
        Field::same("/metric", Policy::Fixed).live("/config/metric"),
        Field::same("/preset", Policy::Fixed).live("/config/preset"),
        Field::same("/description", Policy::Fixed),
        Field::same("/metadata_indexes", Policy::Grow).compare(Compare::AnyCase),
        Field::server("/name"),
        Field::server("/created_on"),
        Field::server("/modified_on"),
    ];

    type Options = Options;
    type Place = NoOptions;
    type Live = wire::Index;

    fn broken_rule(name: &str) -> Option<&'static str> {
        let fits = (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        (!fits).then_some("an index name has 1 to 64 characters, `a` to `z`, `0` to `9` and `-`")
    }

    fn place(_: &Options) -> NoOptions {
        NoOptions
    }

    fn scope(_: &NoOptions) -> Option<String> {
        None
    }

    fn check(options: &Options) -> Result<(), OptionError> {
        options.check()
    }

    /// A preset is compared as what it means where the server does not repeat it.
    fn wanted(options: &Options, live: &wire::Index) -> Json {
        let mut wanted = serde_json::to_value(options).unwrap_or_default();
        if let (Some(preset), None, Some(wanted)) =
            (options.preset, &live.config.preset, wanted.as_object_mut())
        {
            wanted.remove("preset");
            wanted.insert("dimensions".into(), json!(preset.dimensions()));
            if let Some(metric) = preset.metric() {
                wanted.insert("metric".into(), json!(metric.name()));
            }
        }
        wanted
    }

    fn id(live: &wire::Index) -> &str {
        &live.name
    }

    fn name(live: &wire::Index) -> &str {
        &live.name
    }

    fn planned(key: &Key, options: &Options) -> wire::Index {
        let mut config = config(options);
        config.dimensions = config.dimensions.or(options.preset.map(Preset::dimensions));
        let metric = options.preset.and_then(Preset::metric).map(Metric::name);
        config.metric = config.metric.or(metric.map(str::to_owned));
        let mut rest = Map::new();
        if let Some(description) = &options.description {
            rest.insert("description".into(), json!(description));
        }
        wire::Index { name: key.name.clone(), config, metadata_indexes: by_property(options), rest }
    }

    async fn list(client: &Client, _: Option<&str>) -> Result<Vec<wire::Index>, ReadError> {
        api::list(client).await
    }

    async fn probe(client: &Client, key: &Key) -> Result<Option<wire::Index>, ReadError> {
        api::get(client, &key.name).await
    }

    async fn detail(
        context: &Context,
        live: wire::Index,
        options: &Options,
    ) -> Result<wire::Index, ReadError> {
        if options.metadata_indexes.is_none() || live.metadata_indexes.is_some() {
            return Ok(live);
        }
        with_metadata(&context.client, live).await
    }

    async fn whole(context: &Context, _: &Key, live: wire::Index) -> Result<wire::Index, ReadError> {
        with_metadata(&context.client, live).await
    }

    /// A preset that is known stands for dimensions and metric; of metadata indexes, there may be none.
    fn described(live: &wire::Index) -> Json {
        let mut described = readable::<Index>(live);
        let preset =
            live.config.preset.as_ref().map(|preset| serde_json::from_value::<Preset>(json!(preset)));
        if let Some(described) = described.as_object_mut() {
            let is_by_preset = matches!(preset, Some(Ok(_)));
            described.retain(|option, value| match option.as_str() {
                "dimensions" | "metric" => !is_by_preset,
                "preset" => is_by_preset,
                "description" => value != "",
                "metadata_indexes" => value.as_object().is_some_and(|indexes| !indexes.is_empty()),
                _ => true,
            });
            for kind in
                described.get_mut("metadata_indexes").and_then(Json::as_object_mut).into_iter().flatten()
            {
                *kind.1 = json!(kind.1.as_str().unwrap_or_default().to_ascii_lowercase());
            }
        }
        described
    }

    async fn create(client: &Client, key: &Key, options: &Options) -> Outcome<wire::Index> {
        let index = NewIndex {
            name: &key.name,
            description: options.description.as_deref(),
            config: config(options),
        };
        // What was just created has no metadata index: no need to ask.
        let fresh = options.metadata_indexes.as_ref().map(|_| BTreeMap::new());
        let created = api::create(client, &index).await;
        created.map(|live| wire::Index { metadata_indexes: fresh, ..live })
    }

    /// Adds the metadata indexes that are not there; nothing else can be changed.
    async fn update(
        client: &Client,
        key: &Key,
        live: &wire::Index,
        options: &Options,
    ) -> Outcome<wire::Index> {
        let mut live = live.clone();
        let mut there = live.metadata_indexes.take().unwrap_or_default();
        for (property_name, index_type) in by_property(options).unwrap_or_default() {
            if there.contains_key(&property_name) {
                continue;
            }
            let index = MetadataIndex { property_name, index_type };
            match api::create_metadata(client, &key.name, &index).await {
                Outcome::Applied(()) => there.insert(index.property_name, index.index_type),
                Outcome::NotSent(trouble) => return Outcome::NotSent(trouble),
                Outcome::Rejected(error) => return Outcome::Rejected(error),
                Outcome::Unknown(trouble) => return Outcome::Unknown(trouble),
            };
        }
        live.metadata_indexes = Some(there);
        Outcome::Applied(live)
    }

    fn cost_of_create(options: &Options) -> Cost {
        Cost::writes(1 + options.metadata_indexes.as_ref().map_or(0, |indexes| indexes.len() as u64))
    }

    fn cost_of_update(updates: &[Change]) -> Cost {
        Cost::writes(updates.len() as u64)
    }

    async fn delete(client: &Client, _: &Key, live: &wire::Index) -> Outcome<()> {
        api::delete(client, &live.name).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcile::{diff, value_of};

    fn live(config: &Json) -> wire::Index {
        serde_json::from_value(
            json!({"name": "docs", "config": config, "created_on": "2026-11-22T00:00:00Z"}),
        )
        .unwrap()
    }

    #[test]
    fn every_option_has_a_field() {
        assert_eq!(crate::reconcile::unmatched::<Index>(), Vec::<String>::new());
    }

    #[test]
    fn names_keep_the_rule() {
        for name in ["a", "jobmatch-ai-dev", &"a".repeat(64), "0"] {
            assert_eq!(Index::broken_rule(name), None, "{name}");
        }
        for name in ["", &"a".repeat(65), "a_b", "A", "a b", "ü"] {
            assert!(Index::broken_rule(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_preset_is_compared_by_name_or_by_meaning() {
        let options = Options { preset: Some(Preset::BgeBase), ..Options::default() };
        let fields = |config: Json| -> Vec<String> {
            diff::<Index>(&options, &live(&config)).fixed.into_iter().map(|change| change.field).collect()
        };
        let none: [&str; 0] = [];
        assert_eq!(fields(json!({"dimensions": 768, "metric": "cosine"})), none);
        assert_eq!(fields(json!({"dimensions": 384, "metric": "euclidean"})), ["/dimensions", "/metric"]);
        assert_eq!(fields(json!({"dimensions": 1, "metric": "x", "preset": Preset::BgeBase.name()})), none);
        assert_eq!(
            fields(json!({"dimensions": 768, "metric": "cosine", "preset": Preset::BgeSmall.name()})),
            ["/preset"]
        );
    }

    #[test]
    fn metadata_indexes_grow_and_never_change() {
        let mut live = live(&json!({"dimensions": 3, "metric": "cosine"}));
        live.metadata_indexes = Some(
            [("url", "String"), ("year", "number"), ("other", "string")]
                .map(|(k, v)| (k.into(), v.into()))
                .into(),
        );
        let asked =
            [("url", MetadataType::String), ("year", MetadataType::Boolean), ("lang", MetadataType::String)];
        let options = Options {
            metadata_indexes: Some(asked.map(|(k, v)| (k.to_owned(), v)).into()),
            ..Options::default()
        };
        let difference = diff::<Index>(&options, &live);
        let fields = |changes: &[crate::events::Change]| -> Vec<String> {
            changes.iter().map(|change| change.field.clone()).collect()
        };
        assert_eq!(fields(&difference.updates), ["/metadata_indexes/lang"]);
        assert_eq!(fields(&difference.fixed), ["/metadata_indexes/year"]);
    }

    #[test]
    fn a_handle_offers_the_options_by_their_names() {
        let shown =
            value_of::<Index>(&live(&json!({"dimensions": 3, "metric": "cosine"}))).to_json().unwrap();
        assert_eq!(
            shown,
            json!({
                "id": "docs",
                "name": "docs",
                "dimensions": 3,
                "metric": "cosine",
                "config": {"dimensions": 3, "metric": "cosine"},
                "created_on": "2026-11-22T00:00:00Z"
            })
        );
    }
}
