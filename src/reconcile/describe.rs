//! Derives, from a live resource, the options with which a recipe would create the same.
//!
//! **Invariant:** what is described and asked for again differs in no field from what is there.

use super::pointer::put;
use super::resource::{Policy, Resource};
use crate::op::{Key, Mismatch, OptionError, Value, read_options};
use serde_json::{Map, Value as Json};

/// What a recipe would ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Described {
    /// The options of `ensure`; `None` where nothing that `ensure` takes gives the same.
    pub options: Option<Map<String, Json>>,
    /// What is there and can't be asked for, each with the reason.
    pub left_out: Vec<String>,
    /// The options that are set and not returned as they were given.
    pub not_returned: Vec<&'static str>,
}

/// Describes one, as [`Resource::whole`] gives it.
pub(super) fn described<R: Resource>(key: &Key, live: &R::Live) -> Described {
    let mut found = R::described(live);
    for field in R::FIELDS.iter().filter(|field| field.policy == Policy::Place) {
        if let Some(place) = &key.jurisdiction {
            put(&mut found, field.desired, Json::from(place.as_str()));
        }
    }
    let mut described = Described { not_returned: not_returned::<R>(live), ..Described::default() };
    let read = loop {
        match read::<R>(found.clone()) {
            Ok(options) => break options,
            Err(error) => {
                described.left_out.push(error.to_string());
                if !take_out(&mut found, &error) {
                    return described;
                }
            }
        }
    };
    let Ok(Json::Object(options)) = serde_json::to_value(&read) else { return described };
    described.options = Some(options);
    described
}

fn read<R: Resource>(options: Json) -> Result<R::Options, OptionError> {
    let options = read_options::<R::Options>(&Value::from(options))?;
    R::check(&options).map(|()| options)
}

/// Removes the cause of an error: an unknown key alone, else the whole option.
fn take_out(options: &mut Json, error: &OptionError) -> bool {
    let deep = matches!(error.mismatch, Mismatch::UnknownKey { .. });
    let path = if deep { error.path.as_slice() } else { error.path.get(..1).unwrap_or_default() };
    let Some((last, above)) = path.split_last() else { return false };
    let step = |key: &String| key.trim_start_matches('[').trim_end_matches(']').to_owned();
    let within = above.iter().try_fold(options, |at, key| match at {
        Json::Array(items) => items.get_mut(step(key).parse::<usize>().ok()?),
        Json::Object(map) => map.get_mut(key),
        _ => None,
    });
    within.and_then(Json::as_object_mut).is_some_and(|map| map.remove(last).is_some())
}

fn not_returned<R: Resource>(live: &R::Live) -> Vec<&'static str> {
    let have = serde_json::to_value(live).unwrap_or_default();
    let is_set = |value: &Json| match value {
        Json::Null => false,
        Json::Array(items) => !items.is_empty(),
        Json::Object(map) => !map.is_empty(),
        _ => true,
    };
    let secret = R::FIELDS.iter().filter(|field| field.policy == Policy::WriteOnly);
    let set = secret.filter(|field| have.pointer(field.live).is_some_and(is_set));
    set.map(|field| field.desired.trim_start_matches('/')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::ai_gateway::resource::Gateway;
    use crate::services::r2::resource::Bucket;
    use crate::services::vectorize::resource::Index;
    use serde_json::json;

    fn of<R: Resource>(jurisdiction: Option<&str>, live: Json) -> Described {
        let live: R::Live = serde_json::from_value(live).unwrap();
        let key = Key {
            service: R::SERVICE,
            jurisdiction: jurisdiction.map(str::to_owned),
            name: R::name(&live).to_owned(),
        };
        described::<R>(&key, &live)
    }

    fn options(described: &Described) -> Json {
        Json::Object(described.options.clone().unwrap())
    }

    #[test]
    fn a_bucket_of_the_usual_class_is_asked_for_by_its_name() {
        let found = of::<Bucket>(
            Some("eu"),
            json!({"name": "abc", "storage_class": "Standard", "jurisdiction": "eu", "location": "WEUR"}),
        );
        assert_eq!(options(&found), json!({"jurisdiction": "eu"}));
        let found = of::<Bucket>(
            None,
            json!({"name": "abc", "storage_class": "InfrequentAccess", "jurisdiction": "default", "location": "WEUR"}),
        );
        assert_eq!(options(&found), json!({"storage_class": "InfrequentAccess", "location": "weur"}));
    }

    #[test]
    fn what_no_option_says_is_left_out_and_said() {
        let found = of::<Gateway>(
            None,
            json!({
                "id": "gw", "cache_ttl": 60, "collect_logs": true, "retry_delay": null, "zdr": "often",
                "spend_limits": {"rules": [{"limit": 5, "limitType": "cost", "window": 60, "newest": 1}]},
                "dlp": {"enabled": true, "action": "FLAG"},
                "otel": [{"url": "https://otel.example"}], "stripe": null
            }),
        );
        assert_eq!(
            options(&found),
            json!({
                "cache_ttl": 60,
                "collect_logs": true,
                "spend_limits": {"rules": [{"limit": 5.0, "limitType": "cost", "window": 60}]}
            })
        );
        assert_eq!(
            found.left_out,
            [
                "there is no option `newest`",
                "`zdr` must be true or false, not the string \"often\"",
                "`dlp.profiles` is missing, and so is `policies`",
            ]
        );
        assert_eq!(found.not_returned, ["otel"]);
    }

    #[test]
    fn an_index_of_a_preset_is_asked_for_by_it() {
        let config = json!({"dimensions": 768, "metric": "cosine", "preset": "@cf/baai/bge-base-en-v1.5"});
        let found = of::<Index>(None, json!({"name": "docs", "config": config}));
        assert_eq!(options(&found), json!({"preset": "@cf/baai/bge-base-en-v1.5"}));
        let config = json!({"dimensions": 3, "metric": "cosine", "preset": "of tomorrow"});
        let found = of::<Index>(
            None,
            json!({"name": "docs", "config": config, "description": "d", "metadata_indexes": {"url": "String"}}),
        );
        assert_eq!(
            options(&found),
            json!({"dimensions": 3, "metric": "cosine", "description": "d", "metadata_indexes": {"url": "string"}})
        );
        let found = of::<Index>(None, json!({"name": "docs", "config": {}}));
        assert_eq!(found.options, None);
        assert_eq!(found.left_out, ["an index needs the options `dimensions` and `metric`, or `preset`"]);
    }
}
