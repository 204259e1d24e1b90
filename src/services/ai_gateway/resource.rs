//! A gateway as a resource.

use super::api;
use super::options::{Options, defaults};
use super::wire;
use crate::events::{Change, Cost};
use crate::http::{Client, Endpoint, Outcome, ReadError};
use crate::op::{Key, NoOptions, OptionError};
use crate::reconcile::{Compare, Field, Policy, Resource, diff, lay_over};
use serde_json::{Map, Value as Json};

pub struct Gateway;

/// What the server sets, and a replacement must not name (AIG-4).
const READ_ONLY: [&str; 7] =
    ["id", "created_at", "modified_at", "account_id", "account_tag", "internal_id", "is_default"];

/// Every field of a replacement: what was received, under what the recipe wants otherwise.
fn replacement(fresh: &wire::Gateway, options: &Options) -> Map<String, Json> {
    let mut fields = fresh.rest.clone();
    fields.retain(|key, _| !READ_ONLY.contains(&key.as_str()));
    let difference = diff::<Gateway>(options, fresh);
    let mut wanted = options.body();
    for change in difference.updates.iter().chain(&difference.write_only) {
        let key = change.field.trim_start_matches('/');
        let Some(want) = wanted.remove(key) else { continue };
        let field = fields.entry(key).or_insert(Json::Null);
        match key {
            // Two shapes that exclude each other, and credentials that come back in part or not at all.
            "dlp" | "otel" | "stripe" => *field = want,
            _ => lay_over(field, &want),
        }
    }
    for (key, value) in defaults() {
        fields.entry(key).or_insert(value);
    }
    fields
}

impl Resource for Gateway {
    const SERVICE: &'static str = "ai_gateway";
    const HANDLE: &'static str = "AiGateway";
    const LIST: &'static Endpoint = &api::LIST;
    const CREATE: &'static Endpoint = &api::CREATE;
    const FIELDS: &'static [Field] = &[
        Field::same("/cache_invalidate_on_update", Policy::Update),
        Field::same("/cache_ttl", Policy::Update).compare(Compare::ZeroIsNull),
        Field::same("/collect_logs", Policy::Update),
        Field::same("/rate_limiting_interval", Policy::Update).compare(Compare::ZeroIsNull),
        Field::same("/rate_limiting_limit", Policy::Update).compare(Compare::ZeroIsNull),
        Field::same("/rate_limiting_technique", Policy::Update),
        Field::same("/authentication", Policy::Update),
        Field::same("/log_management", Policy::Update).compare(Compare::ZeroIsNull),
        Field::same("/log_management_strategy", Policy::Update),
        Field::same("/logpush", Policy::Update),
        Field::same("/logpush_public_key", Policy::Update),
        Field::same("/log_classification", Policy::Update),
        Field::same("/retry_max_attempts", Policy::Update).compare(Compare::ZeroIsNull),
        Field::same("/retry_delay", Policy::Update).compare(Compare::ZeroIsNull),
        Field::same("/retry_backoff", Policy::Update),
        Field::same("/workers_ai_billing_mode", Policy::Update),
        Field::same("/byok_only", Policy::Update),
        Field::same("/store_id", Policy::Update),
        Field::same("/zdr", Policy::Update),
        Field::same("/guardrails", Policy::Update),
        Field::same("/dlp", Policy::Update),
        Field::same("/spend_limits", Policy::Update),
        Field::same("/otel", Policy::WriteOnly),
        Field::same("/stripe", Policy::WriteOnly),
        Field::server("/created_at"),
        Field::server("/modified_at"),
        Field::server("/is_default"),
    ];

    type Options = Options;
    type Place = NoOptions;
    type Live = wire::Gateway;

    fn broken_rule(name: &str) -> Option<&'static str> {
        let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let fits = (1..=64).contains(&name.len())
            && name.as_bytes().first().is_some_and(plain)
            && name.as_bytes().iter().all(|byte| *byte == b'-' || plain(byte));
        (!fits).then_some(
            "a gateway id has 1 to 64 characters, `a` to `z`, `0` to `9` and `-`, and does not begin with `-`",
        )
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

    fn id(live: &wire::Gateway) -> &str {
        &live.id
    }

    fn name(live: &wire::Gateway) -> &str {
        &live.id
    }

    fn planned(key: &Key, options: &Options) -> wire::Gateway {
        let mut rest = options.shown();
        for (key, value) in defaults() {
            rest.entry(key).or_insert(value);
        }
        wire::Gateway { id: key.name.clone(), rest }
    }

    async fn list(client: &Client, _: Option<&str>) -> Result<Vec<wire::Gateway>, ReadError> {
        api::list(client).await
    }

    async fn probe(client: &Client, key: &Key) -> Result<Option<wire::Gateway>, ReadError> {
        api::find(client, &key.name).await
    }

    async fn create(client: &Client, key: &Key, options: &Options) -> Outcome<wire::Gateway> {
        let mut fields = options.body();
        fields.insert("id".into(), Json::from(key.name.as_str()));
        for (key, value) in defaults() {
            fields.entry(key).or_insert(value);
        }
        api::create(client, fields).await
    }

    /// Replaces it, from what it is at this moment: the listing may be older than somebody else's change.
    async fn update(
        client: &Client,
        key: &Key,
        _: &wire::Gateway,
        options: &Options,
    ) -> Outcome<wire::Gateway> {
        match api::read(client, &key.name).await {
            Ok(fresh) => api::replace(client, &key.name, replacement(&fresh, options)).await,
            Err(ReadError::Rejected(error)) => Outcome::Rejected(error),
            Err(ReadError::Failed(trouble)) => Outcome::NotSent(trouble),
        }
    }

    fn cost_of_update(_: &[Change]) -> Cost {
        Cost { reads: 1, writes: 1 }
    }

    async fn delete(client: &Client, _: &Key, live: &wire::Gateway) -> Outcome<()> {
        api::delete(client, &live.id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{Value, read_options};
    use crate::services::scripted_server::{ScriptedServer, block_on, recording};
    use serde_json::json;

    #[test]
    fn every_option_has_a_field() {
        assert_eq!(crate::reconcile::unmatched::<Gateway>(), Vec::<String>::new());
    }

    #[test]
    fn names_keep_the_rule() {
        for name in ["a", "jobmatch-ai-gateway-dev", &"a".repeat(64), "0-"] {
            assert_eq!(Gateway::broken_rule(name), None, "{name}");
        }
        for name in ["", &"a".repeat(65), "-a", "a_b", "A", "a/b"] {
            assert!(Gateway::broken_rule(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_gateway_without_options_is_created_as_the_sdk_creates_it() {
        let recording = recording!("sdk--ai-gateway-create");
        let stage = ScriptedServer::new([recording.reply()]);
        let key = Key::new("ai_gateway", "gw");
        let sent = block_on(Gateway::create(&stage.context.client, &key, &Options::default()));
        assert!(matches!(sent, Outcome::Applied(gateway) if gateway.id == "gw"));
        assert_eq!(stage.canonical(), recording.canonical());
    }

    #[test]
    fn a_replacement_keeps_what_the_recipe_does_not_name() {
        let fresh: wire::Gateway = serde_json::from_value(json!({
            "id": "gw", "internal_id": "7", "account_tag": "t", "is_default": true, "created_at": "c",
            "cache_ttl": null, "collect_logs": true, "cache_invalidate_on_update": false,
            "rate_limiting_interval": 0, "rate_limiting_limit": 5, "newest_field": {"a": [1]},
            "guardrails": {"prompt": {"S1": "FLAG"}},
            "dlp": {"enabled": true, "action": "FLAG", "profiles": ["p"]},
            "spend_limits": {"enabled": true, "rules": [{"id": "r1", "limit": 5, "limitType": "cost", "window": 60}]},
            "otel": [{"url": "https://old.example"}],
            "stripe": {"usage_events": []}
        }))
        .unwrap();
        let options: Options = read_options(&Value::from(json!({
            "cache_ttl": 0, "rate_limiting_limit": 9,
            "guardrails": {"prompt": {"P1": "BLOCK"}},
            "dlp": {"enabled": true, "policies": []},
            "spend_limits": {"rules": [{"limit": 7, "window": 3600}, {"limit": 5, "window": 60}]},
            "otel": [{"url": "https://new.example", "authorization": "t"}]
        })))
        .unwrap();
        assert_eq!(
            Json::Object(replacement(&fresh, &options)),
            json!({
                "cache_ttl": null, "collect_logs": true, "cache_invalidate_on_update": false,
                "rate_limiting_interval": 0, "rate_limiting_limit": 9, "rate_limiting_technique": "fixed",
                "newest_field": {"a": [1]},
                "guardrails": {"prompt": {"S1": "FLAG", "P1": "BLOCK"}},
                "dlp": {"enabled": true, "policies": []},
                "spend_limits": {"enabled": true, "rules": [
                    {"limit": 7.0, "limitType": "cost", "window": 3600},
                    {"id": "r1", "limit": 5, "limitType": "cost", "window": 60}
                ]},
                "otel": [{"url": "https://new.example", "headers": {}, "authorization": "t"}],
                "stripe": {"usage_events": []}
            })
        );
    }
}
