//! CORS rules of a bucket.

use super::BodyPart;
use crate::local::ErrorReply;

const METHODS: [&str; 5] = ["GET", "PUT", "POST", "DELETE", "HEAD"];
const MAX_AGE_S_MAX: u64 = 86_400;

pub(super) fn check(rule: &BodyPart<'_>) -> Result<(), ErrorReply> {
    let allowed = rule.field("allowed").object()?;
    allowed.field("methods").some_of(&METHODS)?;
    let origins = allowed.field("origins");
    if origins.texts()?.is_empty() {
        return Err(origins.malformed());
    }
    for names in [allowed.field("headers"), rule.field("exposeHeaders")] {
        names.optional().map_or(Ok(()), |names| names.texts().map(drop))?;
    }
    rule.field("maxAgeSeconds").optional().map_or(Ok(()), |age| age.number(MAX_AGE_S_MAX).map(drop))
}
