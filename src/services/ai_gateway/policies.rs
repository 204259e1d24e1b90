//! The options of a gateway that are maps: guardrails, spend limits, exporters.

use crate::op::{OptionError, SecretText};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// What is done with a request or an answer that should not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Let through, and noted.
    Flag,
    /// Stopped.
    Block,
}

/// Data loss prevention: `action` and `profiles`, or `policies`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dlp {
    /// Whether it is on.
    pub enabled: bool,
    /// What is done with what matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Verdict>,
    /// Ids of the profiles that are looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profiles: Option<Vec<String>>,
    /// Several policies, each with its own profiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<DlpPolicy>>,
}

/// One policy of data loss prevention.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DlpPolicy {
    /// Unique in the gateway.
    pub id: String,
    /// Whether it is on.
    pub enabled: bool,
    /// What is done with what matches.
    pub action: Verdict,
    /// Where it looks.
    pub check: Vec<Side>,
    /// Ids of the profiles that are looked for.
    pub profiles: Vec<String>,
}

/// One of the two directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Side {
    /// What goes to the model.
    Request,
    /// What comes from it.
    Response,
}

impl Dlp {
    pub(super) fn check(&self) -> Result<(), OptionError> {
        match (&self.policies, self.action, &self.profiles) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => Ok(()),
            (Some(_), Some(_), _) => {
                Err(OptionError::at("action", "can't be given together with `policies`"))
            }
            (Some(_), _, Some(_)) => {
                Err(OptionError::at("profiles", "can't be given together with `policies`"))
            }
            (None, None, _) => Err(OptionError::at("action", "is missing, and so is `policies`")),
            (None, _, None) => Err(OptionError::at("profiles", "is missing, and so is `policies`")),
        }
        .map_err(|error| error.under("dlp"))
    }
}

/// What must not pass, by hazard category.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guardrails {
    /// In what goes to the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<BTreeMap<Hazard, Verdict>>,
    /// In what comes from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<BTreeMap<Hazard, Verdict>>,
}

/// A hazard category, as Llama Guard numbers them; `P1` is prompt injection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum Hazard {
    P1,
    S1,
    S2,
    S3,
    S4,
    S5,
    S6,
    S7,
    S8,
    S9,
    S10,
    S11,
    S12,
    S13,
}

/// What may be spent.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpendLimits {
    /// Whether they hold; not when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Each holds for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Vec<SpendRule>>,
}

/// How the time moves in which requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Technique {
    /// In steps.
    Fixed,
    /// With every request.
    Sliding,
}

/// One limit; its fields are named as the API names them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpendRule {
    /// How much, 0 or more.
    pub limit: f64,
    /// Of what.
    #[serde(rename = "limitType", default)]
    pub limit_type: LimitType,
    /// In how many seconds.
    pub window: u64,
    /// The server gives one when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whether it holds; it does when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// How the window moves; sliding when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub technique: Option<Technique>,
    /// By the requests' metadata.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<BTreeMap<String, Selector>>,
    /// Only these models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Selector>,
    /// Only these providers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<Selector>,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LimitType {
    /// Money.
    #[default]
    Cost,
}

/// Which requests a limit is about.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// How they are chosen.
    pub mode: SelectorMode,
    /// For `filter`: any of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
}

/// How requests are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SelectorMode {
    /// Each value counts for itself; for metadata alone.
    Partition,
    /// Only some values count.
    Filter,
}

impl Selector {
    fn check(&self) -> Result<(), OptionError> {
        match (self.mode, &self.values) {
            (SelectorMode::Filter, None) => Err(OptionError::at("values", "is missing for `filter`")),
            (SelectorMode::Partition, Some(_)) => {
                Err(OptionError::at("values", "can't be given together with `partition`"))
            }
            _ => Ok(()),
        }
    }

    fn check_filter(&self) -> Result<(), OptionError> {
        match self.mode {
            SelectorMode::Filter => self.check(),
            SelectorMode::Partition => Err(OptionError::at("mode", "can only be `filter` here")),
        }
    }
}

impl SpendRule {
    fn check(&self) -> Result<(), OptionError> {
        if !(self.limit.is_finite() && self.limit >= 0.0) {
            return Err(OptionError::at("limit", "must be 0 or more"));
        }
        for (key, selector) in self.metadata.iter().flatten() {
            selector.check().map_err(|error| error.under(key).under("metadata"))?;
        }
        for (key, selector) in [("model", &self.model), ("provider", &self.provider)] {
            selector.iter().try_for_each(Selector::check_filter).map_err(|error| error.under(key))?;
        }
        Ok(())
    }
}

impl SpendLimits {
    pub(super) fn check(&self) -> Result<(), OptionError> {
        for (index, rule) in self.rules.iter().flatten().enumerate() {
            let inside = |error: OptionError| error.under(&format!("[{index}]")).under("rules");
            rule.check().map_err(|error| inside(error).under("spend_limits"))?;
        }
        Ok(())
    }
}

/// Where traces are sent.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exporter {
    /// The collector.
    pub url: String,
    /// Sent with every export; values may be secrets.
    #[serde(default)]
    pub headers: BTreeMap<String, SecretText>,
    /// The `authorization` header; may be a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization: Option<SecretText>,
    /// JSON when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<ExportFormat>,
}

/// How traces are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// As JSON.
    Json,
    /// As protocol buffers.
    Protobuf,
}

impl Exporter {
    /// With its credentials, for the request.
    pub(super) fn body(&self) -> Json {
        let mut body = serde_json::to_value(self).unwrap_or_default();
        for (name, value) in &self.headers {
            body["headers"][name] = Json::from(value.expose());
        }
        if let Some(authorization) = &self.authorization {
            body["authorization"] = Json::from(authorization.expose());
        }
        body
    }
}

/// Usage billed through Stripe.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stripe {
    /// The key; may be a secret.
    pub authorization: SecretText,
    /// What is told.
    pub usage_events: Vec<UsageEvent>,
}

/// One event that Stripe is told.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsageEvent {
    /// As Stripe takes it.
    pub payload: String,
}

impl Stripe {
    /// With its credentials, for the request.
    pub(super) fn body(&self) -> Json {
        json!({ "authorization": self.authorization.expose(), "usage_events": self.usage_events })
    }
}
