//! Validates a body as gateway settings: every wrong field is reported, every missing one gets its default.

use super::fields::{Absent, FIELDS, Rule};
use super::invalid;
use crate::local::ErrorReply;
use serde_json::{Map, Value};

/// The settings in a body; unknown fields are dropped, as the service does. All errors are given at once.
pub(super) fn settings(body: &Value) -> Result<Map<String, Value>, ErrorReply> {
    let mut settings = Map::new();
    let mut failure: Option<ErrorReply> = None;
    for field in FIELDS {
        let refusal = match (body.get(field.name), field.absent) {
            (Some(value), _) => {
                settings.insert(field.name.to_owned(), value.clone());
                field.rule.check(value).err()
            }
            // What the service says about a number that is left out (AIG-1).
            (None, Absent::Required) if matches!(field.rule, Rule::Int(..)) => {
                Some("Expected number, received nan".to_owned())
            }
            (None, Absent::Required) => Some("Required".to_owned()),
            (None, absent) => {
                settings.extend(absent.value().map(|value| (field.name.to_owned(), value)));
                None
            }
        };
        if let Some(message) = refusal {
            let refused = invalid("body", field.name, message);
            match &mut failure {
                Some(failure) => failure.errors.extend(refused.errors),
                None => failure = Some(refused),
            }
        }
    }
    failure.map_or(Ok(settings), Err)
}
