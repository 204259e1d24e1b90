//! Lifecycle rules of a bucket: expiry and storage class of objects.

use super::BodyPart;
use crate::local::ErrorReply;
use serde_json::{Value, json};

/// A new bucket ends uploads that were not finished for a week.
pub(super) fn at_first() -> Value {
    let condition = json!({ "type": "Age", "maxAge": 604_800 });
    json!([{
        "id": "Default Multipart Abort Rule", "enabled": true, "conditions": { "prefix": "" },
        "abortMultipartUploadsTransition": { "condition": condition }
    }])
}

pub(super) fn check(rule: &BodyPart<'_>) -> Result<(), ErrorReply> {
    rule.field("id").word()?;
    rule.field("enabled").flag()?;
    let conditions = rule.field("conditions").object()?;
    conditions.field("prefix").optional().map_or(Ok(""), |prefix| prefix.text())?;
    if let Some(transition) = rule.field("deleteObjectsTransition").optional() {
        condition(&transition, &["Age", "Date"])?;
    }
    if let Some(transition) = rule.field("abortMultipartUploadsTransition").optional() {
        condition(&transition, &["Age"])?;
    }
    let Some(transitions) = rule.field("storageClassTransitions").optional() else { return Ok(()) };
    transitions.items()?.iter().try_for_each(|transition| {
        condition(transition, &["Age", "Date"])?;
        transition.field("storageClass").one_of(&["InfrequentAccess"]).map(drop)
    })
}

fn condition(transition: &BodyPart<'_>, types: &[&str]) -> Result<(), ErrorReply> {
    let condition = transition.field("condition").object()?;
    match condition.field("type").one_of(types)? {
        "Age" => condition.field("maxAge").number(u64::MAX).map(drop),
        _ => condition.field("date").date().map(drop),
    }
}
