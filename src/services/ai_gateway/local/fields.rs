//! The settings of a gateway: one entry each, with its allowed values and its default
//! (AIG-1).

use serde_json::{Value, json};

/// What a setting may hold; `null` is always taken where the setting is not required to be a boolean.
#[derive(Clone, Copy)]
pub(super) enum Rule {
    Bool,
    /// An integer or null, within bounds.
    Int(i64, i64),
    /// One of these or null.
    OneOf(&'static [&'static str]),
    /// A string or null, with that many characters.
    Text(usize, usize),
    /// An array of objects or null; each object is checked.
    Objects(fn(&Value) -> Result<(), String>),
    /// An object or null; it is checked.
    Object(fn(&Value) -> Result<(), String>),
}

/// What a setting holds when the body leaves it out.
#[derive(Clone, Copy)]
pub(super) enum Absent {
    /// The body is refused.
    Required,
    /// Null.
    Null,
    /// `false`.
    False,
    /// `"postpaid"`.
    Postpaid,
    /// It is not in answers either: newer than most replies that are known.
    Left,
}

pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) rule: Rule,
    pub(super) absent: Absent,
}

const fn field(name: &'static str, rule: Rule, absent: Absent) -> Field {
    Field { name, rule, absent }
}

/// Every setting, in the order in which errors are given.
pub(super) const FIELDS: &[Field] = &[
    field("cache_invalidate_on_update", Rule::Bool, Absent::Required),
    field("cache_ttl", Rule::Int(0, i64::MAX), Absent::Required),
    field("collect_logs", Rule::Bool, Absent::Required),
    field("rate_limiting_interval", Rule::Int(0, i64::MAX), Absent::Required),
    field("rate_limiting_limit", Rule::Int(0, i64::MAX), Absent::Required),
    field("rate_limiting_technique", Rule::OneOf(&["fixed", "sliding"]), Absent::Null),
    field("authentication", Rule::Bool, Absent::False),
    field("log_management", Rule::Int(10_000, 10_000_000), Absent::Null),
    field("log_management_strategy", Rule::OneOf(&["STOP_INSERTING", "DELETE_OLDEST"]), Absent::Null),
    field("logpush", Rule::Bool, Absent::False),
    field("logpush_public_key", Rule::Text(16, 1024), Absent::Null),
    field("otel", Rule::Objects(otel), Absent::Null),
    field("dlp", Rule::Object(dlp), Absent::Left),
    field("guardrails", Rule::Object(guardrails), Absent::Null),
    field("spend_limits", Rule::Object(spend_limits), Absent::Null),
    field("retry_max_attempts", Rule::Int(1, 5), Absent::Null),
    field("retry_delay", Rule::Int(0, 60_000), Absent::Null),
    field("retry_backoff", Rule::OneOf(&["constant", "linear", "exponential"]), Absent::Null),
    field("store_id", Rule::Text(0, usize::MAX), Absent::Null),
    field("stripe", Rule::Object(stripe), Absent::Null),
    field("workers_ai_billing_mode", Rule::OneOf(&["postpaid", "unified"]), Absent::Postpaid),
    field("byok_only", Rule::Bool, Absent::Left),
    field("log_classification", Rule::Bool, Absent::Left),
    field("zdr", Rule::Bool, Absent::False),
];

impl Absent {
    /// The value that stands in for the one that was left out.
    pub(super) fn value(self) -> Option<Value> {
        match self {
            Absent::Required | Absent::Left => None,
            Absent::Null => Some(Value::Null),
            Absent::False => Some(json!(false)),
            Absent::Postpaid => Some(json!("postpaid")),
        }
    }
}

impl Rule {
    /// Why a value is refused, in the words of the service's validator.
    pub(super) fn check(self, value: &Value) -> Result<(), String> {
        let kind = kind_of(value);
        match (self, value) {
            (Rule::Bool, Value::Bool(_)) => Ok(()),
            (Rule::Bool, _) => Err(format!("Expected boolean, received {kind}")),
            (_, Value::Null) => Ok(()),
            (Rule::Int(min, max), Value::Number(number)) => match number.as_i64() {
                None => Err("Expected integer, received float".into()),
                Some(number) if number < min => Err(format!("Number must be greater than or equal to {min}")),
                Some(number) if number > max => Err(format!("Number must be less than or equal to {max}")),
                Some(_) => Ok(()),
            },
            (Rule::Int(..), _) => Err("Expected number, received nan".into()),
            (Rule::OneOf(allowed), Value::String(text)) => one_of(text, allowed),
            (Rule::Text(min, max), Value::String(text)) => match text.chars().count() {
                count if count < min => Err(format!("String must contain at least {min} character(s)")),
                count if count > max => Err(format!("String must contain at most {max} character(s)")),
                _ => Ok(()),
            },
            (Rule::OneOf(_) | Rule::Text(..), _) => Err(format!("Expected string, received {kind}")),
            (Rule::Objects(check), Value::Array(items)) => items.iter().try_for_each(|item| {
                if item.is_object() { check(item) } else { Err("Expected object in array".into()) }
            }),
            (Rule::Objects(_), _) => Err(format!("Expected array, received {kind}")),
            (Rule::Object(check), Value::Object(_)) => check(value),
            (Rule::Object(_), _) => Err(format!("Expected object, received {kind}")),
        }
    }
}

pub(super) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn one_of(text: &str, allowed: &[&str]) -> Result<(), String> {
    if allowed.contains(&text) {
        return Ok(());
    }
    let allowed: Vec<String> = allowed.iter().map(|value| format!("'{value}'")).collect();
    Err(format!("Invalid enum value. Expected {}, received '{text}'", allowed.join(" | ")))
}

fn required(object: &Value, field: &str, rule: Rule) -> Result<(), String> {
    let value = object.get(field).filter(|value| !value.is_null());
    rule.check(value.ok_or_else(|| format!("Required: {field}"))?).map_err(|why| format!("{why} at {field}"))
}

fn optional(object: &Value, field: &str, rule: Rule) -> Result<(), String> {
    object.get(field).map_or(Ok(()), |value| rule.check(value)).map_err(|why| format!("{why} at {field}"))
}

fn otel(exporter: &Value) -> Result<(), String> {
    required(exporter, "url", Rule::Text(1, usize::MAX))?;
    required(exporter, "headers", Rule::Object(|_| Ok(())))?;
    optional(exporter, "authorization", Rule::Text(0, usize::MAX))?;
    optional(exporter, "content_type", Rule::OneOf(&["json", "protobuf"]))
}

const VERDICTS: Rule = Rule::OneOf(&["BLOCK", "FLAG"]);

fn dlp(dlp: &Value) -> Result<(), String> {
    required(dlp, "enabled", Rule::Bool)?;
    match dlp.get("policies") {
        Some(Value::Array(policies)) => policies.iter().try_for_each(|policy| {
            required(policy, "id", Rule::Text(1, usize::MAX))?;
            required(policy, "enabled", Rule::Bool)?;
            required(policy, "action", VERDICTS)
        }),
        Some(_) => Err("Expected array at policies".into()),
        None => required(dlp, "action", VERDICTS),
    }
}

fn guardrails(guardrails: &Value) -> Result<(), String> {
    ["prompt", "response"].into_iter().try_for_each(|side| match guardrails.get(side) {
        Some(Value::Object(hazards)) => hazards.values().try_for_each(|verdict| VERDICTS.check(verdict)),
        _ => Err(format!("Expected object at {side}")),
    })
}

fn spend_limits(limits: &Value) -> Result<(), String> {
    optional(limits, "enabled", Rule::Bool)?;
    optional(
        limits,
        "rules",
        Rule::Objects(|rule| {
            match rule.get("limit").and_then(Value::as_f64) {
                Some(limit) if limit >= 0.0 => {}
                _ => return Err("Expected a number of at least 0 at limit".into()),
            }
            required(rule, "limitType", Rule::OneOf(&["cost"]))?;
            required(rule, "window", Rule::Int(0, i64::MAX))?;
            optional(rule, "enabled", Rule::Bool)?;
            optional(rule, "technique", Rule::OneOf(&["fixed", "sliding"]))
        }),
    )
}

fn stripe(stripe: &Value) -> Result<(), String> {
    required(stripe, "authorization", Rule::Text(1, usize::MAX))?;
    required(
        stripe,
        "usage_events",
        Rule::Objects(|event| required(event, "payload", Rule::Text(0, usize::MAX))),
    )
}
