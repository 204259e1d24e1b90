//! The options of `ai_gateway::ensure`: the API's own fields, and the checks before any request.

use super::policies::{Dlp, Exporter, Guardrails, SpendLimits, Stripe, Technique};
use crate::op::{OptionError, OptionMap};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

/// Lowest and highest (AIG-1).
const LOGS: (u64, u64) = (10_000, 10_000_000);
const ATTEMPTS: (u64, u64) = (1, 5);
const DELAY_MS: (u64, u64) = (0, 60_000);
const PUBLIC_KEY_CHARACTERS: (usize, usize) = (16, 1024);

/// Options of `ai_gateway::ensure`. What is left out is not compared and stays as it is.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Whether a change of the gateway empties its cache; yes when a gateway is created without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_invalidate_on_update: Option<bool>,
    /// Seconds an answer is kept in the cache; `0`, off, when a gateway is created without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_ttl: Option<u64>,
    /// Whether requests are logged; yes when a gateway is created without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collect_logs: Option<bool>,
    /// Seconds in which requests are counted; `0`, off, when a gateway is created without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limiting_interval: Option<u64>,
    /// How many requests may come in that time; `0`, off, when a gateway is created without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limiting_limit: Option<u64>,
    /// How that time moves; `fixed` when a gateway is created without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate_limiting_technique: Option<Technique>,
    /// Whether requests need a token of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authentication: Option<bool>,
    /// How many logs are kept, 10000 to 10000000.
    #[schemars(range(min = LOGS.0, max = LOGS.1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_management: Option<u64>,
    /// What becomes of logs beyond that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_management_strategy: Option<LogStrategy>,
    /// Whether logs are pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logpush: Option<bool>,
    /// The key that pushed logs are encrypted with, 16 to 1024 characters.
    #[schemars(length(min = PUBLIC_KEY_CHARACTERS.0, max = PUBLIC_KEY_CHARACTERS.1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logpush_public_key: Option<String>,
    /// Whether logs are classified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_classification: Option<bool>,
    /// How often a provider is asked, 1 to 5.
    #[schemars(range(min = ATTEMPTS.0, max = ATTEMPTS.1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_max_attempts: Option<u64>,
    /// Milliseconds between two attempts, up to 60000.
    #[schemars(range(min = DELAY_MS.0, max = DELAY_MS.1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_delay: Option<u64>,
    /// How the delay grows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_backoff: Option<Backoff>,
    /// How Workers AI is billed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers_ai_billing_mode: Option<BillingMode>,
    /// Whether only requests with keys of the account's own pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub byok_only: Option<bool>,
    /// The Secrets Store that holds the providers' keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store_id: Option<String>,
    /// Whether providers are asked to retain nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zdr: Option<bool>,
    /// What must not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guardrails: Option<Guardrails>,
    /// Data that must not leak.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dlp: Option<Dlp>,
    /// What may be spent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend_limits: Option<SpendLimits>,
    /// Where traces are sent; sent, and never compared, for the API does not return it whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub otel: Option<Vec<Exporter>>,
    /// Usage billed through Stripe; sent, and never compared, for the API does not return it whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stripe: Option<Stripe>,
}

impl OptionMap for Options {}

/// What becomes of logs beyond the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LogStrategy {
    /// New ones are not kept.
    StopInserting,
    /// Old ones make room.
    DeleteOldest,
}

/// How the delay between attempts grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Backoff {
    /// Not at all.
    Constant,
    /// By itself.
    Linear,
    /// It doubles.
    Exponential,
}

/// How Workers AI is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BillingMode {
    /// Afterwards, with the account's bill.
    Postpaid,
    /// From prepaid credit, with other providers.
    Unified,
}

impl Options {
    /// What is wrong with them as a whole.
    pub fn check(&self) -> Result<(), OptionError> {
        within("log_management", self.log_management, LOGS)?;
        within("retry_max_attempts", self.retry_max_attempts, ATTEMPTS)?;
        within("retry_delay", self.retry_delay, DELAY_MS)?;
        let (least, most) = PUBLIC_KEY_CHARACTERS;
        if self.logpush_public_key.as_ref().is_some_and(|key| !(least..=most).contains(&key.chars().count()))
        {
            let words = format!("must have {least} to {most} characters");
            return Err(OptionError::at("logpush_public_key", words));
        }
        self.dlp.iter().try_for_each(Dlp::check)?;
        self.spend_limits.iter().try_for_each(SpendLimits::check)
    }

    /// The named fields, with their credentials, for a request.
    pub fn body(&self) -> Map<String, Json> {
        let mut body = self.shown();
        if let Some(exporters) = &self.otel {
            body.insert("otel".into(), exporters.iter().map(Exporter::body).collect());
        }
        if let Some(stripe) = &self.stripe {
            body.insert("stripe".into(), stripe.body());
        }
        body
    }

    /// The named fields that a gateway shows.
    pub fn shown(&self) -> Map<String, Json> {
        let Json::Object(mut shown) = serde_json::to_value(self).unwrap_or_default() else {
            return Map::new();
        };
        shown.retain(|key, _| !matches!(key.as_str(), "otel" | "stripe"));
        shown
    }
}

/// A new gateway needs these five fields, and older versions of the API a technique too (AIG-1).
pub(super) fn defaults() -> [(&'static str, Json); 6] {
    [
        ("cache_invalidate_on_update", json!(true)),
        ("cache_ttl", json!(0)),
        ("collect_logs", json!(true)),
        ("rate_limiting_interval", json!(0)),
        ("rate_limiting_limit", json!(0)),
        ("rate_limiting_technique", json!("fixed")),
    ]
}

fn within(key: &str, value: Option<u64>, (least, most): (u64, u64)) -> Result<(), OptionError> {
    match value {
        Some(value) if !(least..=most).contains(&value) => {
            Err(OptionError::at(key, format!("must be between {least} and {most}")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::{Value, read_options};
    use crate::secret::Secret;

    fn read(json: Json) -> Result<Options, String> {
        let read: Result<Options, OptionError> = read_options(&Value::from(json));
        let checked = read.and_then(|options| options.check().map(|()| options));
        checked.map_err(|error| error.to_string())
    }

    #[test]
    fn bounds() {
        for (key, low, high) in
            [("log_management", 10_000, 10_000_000), ("retry_max_attempts", 1, 5), ("retry_delay", 0, 60_000)]
        {
            for fits in [low, high] {
                assert!(read(json!({ key: fits })).is_ok(), "{key} {fits}");
            }
            let error = format!("`{key}` must be between {low} and {high}");
            assert_eq!(read(json!({ key: high + 1 })).unwrap_err(), error);
            if low > 0 {
                assert_eq!(read(json!({ key: low - 1 })).unwrap_err(), error);
            }
        }
        for key in ["cache_ttl", "rate_limiting_interval", "rate_limiting_limit", "retry_delay"] {
            assert_eq!(
                read(json!({ key: -1 })).unwrap_err(),
                format!("`{key}` must be a whole number, not negative, not -1")
            );
        }
        let key = |length: usize| read(json!({"logpush_public_key": "k".repeat(length)})).is_ok();
        assert_eq!([15, 16, 1024, 1025].map(key), [false, true, true, false]);
    }

    #[test]
    fn errors_name_the_option() {
        let cases = [
            (json!({"cache_tll": 1}), "there is no option `cache_tll`"),
            (json!({"collect_logs": "yes"}), "`collect_logs` must be true or false, not the string \"yes\""),
            (
                json!({"rate_limiting_technique": "slide"}),
                "`rate_limiting_technique` can't be `slide`, it is one of `fixed`, `sliding`",
            ),
            (
                json!({"guardrails": {"prompt": {"S1": "BLOCK", "P1": "STOP"}}}),
                "`guardrails.prompt.P1` can't be `STOP`, it is one of `FLAG`, `BLOCK`",
            ),
            (
                json!({"dlp": {"enabled": true, "policies": [], "profiles": []}}),
                "`dlp.profiles` can't be given together with `policies`",
            ),
            (json!({"dlp": {"enabled": true}}), "`dlp.action` is missing, and so is `policies`"),
            (
                json!({"spend_limits": {"rules": [{"limit": 1, "window": 60}, {"limit": -0.5, "window": 60}]}}),
                "`spend_limits.rules.[1].limit` must be 0 or more",
            ),
            (
                json!({"spend_limits": {"rules": [{"limit": 1, "window": 60, "model": {"mode": "partition"}}]}}),
                "`spend_limits.rules.[0].model.mode` can only be `filter` here",
            ),
            (
                json!({"spend_limits": {"rules": [{"limit": 1, "window": 60, "metadata": {"team": {"mode": "filter"}}}]}}),
                "`spend_limits.rules.[0].metadata.team.values` is missing for `filter`",
            ),
            (
                json!({"stripe": {"authorization": 3, "usage_events": []}}),
                "`stripe.authorization` must be a string or a secret, not 3",
            ),
        ];
        for (json, error) in cases {
            assert_eq!(read(json).unwrap_err(), error);
        }
    }

    #[test]
    fn every_option_is_sent_under_its_name() {
        let all = json!({
            "cache_invalidate_on_update": false, "cache_ttl": 3600, "collect_logs": false,
            "rate_limiting_interval": 60, "rate_limiting_limit": 100, "rate_limiting_technique": "sliding",
            "authentication": true, "log_management": 10_000, "log_management_strategy": "DELETE_OLDEST",
            "logpush": true, "logpush_public_key": "0123456789abcdef", "log_classification": true,
            "retry_max_attempts": 5, "retry_delay": 250, "retry_backoff": "exponential",
            "workers_ai_billing_mode": "unified", "byok_only": true, "store_id": "s", "zdr": true,
            "guardrails": {"prompt": {"P1": "BLOCK", "S13": "FLAG"}, "response": {"S1": "BLOCK"}},
            "dlp": {"enabled": true, "policies": [
                {"id": "a", "enabled": true, "action": "BLOCK", "check": ["REQUEST", "RESPONSE"], "profiles": ["p"]}
            ]},
            "spend_limits": {"enabled": true, "rules": [{
                "limit": 12.5, "limitType": "cost", "window": 86_400, "technique": "fixed",
                "metadata": {"team": {"mode": "partition"}}, "model": {"mode": "filter", "values": ["m"]}
            }]},
            "otel": [{
                "url": "https://otel.example", "headers": {"x-key": "k"}, "authorization": "Bearer t",
                "content_type": "protobuf"
            }],
            "stripe": {"authorization": "sk", "usage_events": [{"payload": "{}"}]}
        });
        assert_eq!(Json::Object(read(all.clone()).unwrap().body()), all);
        let schema = Json::from(schemars::schema_for!(Options));
        let options: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(all.as_object().unwrap().keys().collect::<Vec<_>>(), options);
    }

    #[test]
    fn credentials_are_in_the_request_and_nowhere_else() {
        let exporter = [
            ("url".to_owned(), Value::Str("https://otel.example".into())),
            ("authorization".to_owned(), Value::Secret(Secret::new("Bearer hunter22".into()))),
        ];
        let map = Value::Map([("otel".to_owned(), Value::List(vec![Value::Map(exporter.into())]))].into());
        let options: Options = read_options(&map).unwrap();
        assert_eq!(options.body()["otel"][0]["authorization"], json!("Bearer hunter22"));
        assert!(options.shown().is_empty());
        assert!(!serde_json::to_string(&options).unwrap().contains("hunter"));
    }
}
