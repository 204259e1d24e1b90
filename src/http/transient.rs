//! The error messages of D1 that mean a temporary condition.
//!
//! They come with the code that a failing statement has, too, and with HTTP 400 as well as 500, so only the documented texts
//! tell them apart (D1-21). This is the one list of them.
//!
//! **Invariant:** a text counts as a whole; a statement that quotes one is no such answer.

use super::endpoint::Endpoint;
use super::error::{ApiError, TransportError, TransportErrorKind};

/// What is known of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WriteCertainty {
    /// It was not begun.
    NotBegun,
    /// It may have been done.
    Unknown,
}

const D1: &[(&str, WriteCertainty)] = &[
    ("D1 DB is overloaded. Requests queued for too long", WriteCertainty::NotBegun),
    ("D1 DB is overloaded. Too many requests queued", WriteCertainty::NotBegun),
    (EXPORTING, WriteCertainty::NotBegun),
    (IMPORTING, WriteCertainty::NotBegun),
    ("D1 DB reset because its code was updated", WriteCertainty::Unknown),
    ("Internal error while starting up D1 DB storage caused object to be reset", WriteCertainty::Unknown),
    ("Internal error in D1 DB storage caused object to be reset", WriteCertainty::Unknown),
    ("Network connection lost", WriteCertainty::Unknown),
    ("Cannot resolve D1 DB due to transient issue on remote node", WriteCertainty::Unknown),
    ("D1 DB storage operation exceeded timeout which caused object to be reset", WriteCertainty::Unknown),
    ("D1 DB's isolate exceeded its memory limit and was reset", WriteCertainty::Unknown),
    ("D1 DB exceeded its CPU time limit and was reset", WriteCertainty::Unknown),
];

/// Imports and exports wait for each other themselves.
const EXPORTING: &str = "Currently processing a long-running export";
const IMPORTING: &str = "Currently processing a long-running import";

/// The trouble that a refusal is; `None` for one that stands.
pub(super) fn trouble(error: &ApiError) -> Option<TransportError> {
    if !error.endpoint.path.contains("/d1/database") {
        return None;
    }
    let of_item = |text: &str| {
        let text = text.strip_prefix("D1_ERROR: ").unwrap_or(text).trim_end_matches('.');
        D1.iter().find(|(known, _)| *known == text).copied()
    };
    let (text, certainty) = error.items.iter().find_map(|item| of_item(&item.message))?;
    if waits_itself(error.endpoint) && [EXPORTING, IMPORTING].contains(&text) {
        return None;
    }
    let kind = match certainty {
        WriteCertainty::NotBegun => TransportErrorKind::Busy,
        WriteCertainty::Unknown => TransportErrorKind::Server,
    };
    let (ray, retry_after) = (error.ray.clone(), error.retry_after);
    Some(TransportError { kind, detail: text.to_owned(), endpoint: Some(error.endpoint), ray, retry_after })
}

fn waits_itself(endpoint: &Endpoint) -> bool {
    endpoint.path.ends_with("/import") || endpoint.path.ends_with("/export")
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::Class;
    use super::super::error::ErrorItem;
    use super::*;

    const fn endpoint(path: &'static str) -> Endpoint {
        Endpoint { method: "POST", path, permission: "", class: Class::Guarded, doing: "", meanings: &[] }
    }

    static QUERY: Endpoint = endpoint("/accounts/{account_id}/d1/database/{database_id}/query");
    static EXPORT: Endpoint = endpoint("/accounts/{account_id}/d1/database/{database_id}/export");
    static OTHER: Endpoint = endpoint("/accounts/{account_id}/storage/kv/namespaces");

    fn kind(endpoint: &'static Endpoint, message: &str) -> Option<TransportErrorKind> {
        let items = vec![ErrorItem { code: 7500, message: message.into(), ..ErrorItem::default() }];
        let error =
            ApiError { endpoint, status: 400, items, ray: None, retry_after: None, follows_loss: false };
        trouble(&error).map(|trouble| trouble.kind)
    }

    #[test]
    fn only_the_documented_texts_count_and_only_as_a_whole() {
        let (busy, lost) = (Some(TransportErrorKind::Busy), Some(TransportErrorKind::Server));
        for (text, certainty) in D1 {
            let expected = if *certainty == WriteCertainty::NotBegun { busy } else { lost };
            for message in [format!("{text}."), (*text).to_owned(), format!("D1_ERROR: {text}.")] {
                assert_eq!(kind(&QUERY, &message), expected, "{message}");
                assert_eq!(kind(&OTHER, &message), None, "{message}");
            }
            assert_eq!(kind(&QUERY, &format!("no such column: {text}: SQLITE_ERROR")), None);
        }
        assert_eq!(kind(&EXPORT, "Currently processing a long-running export."), None);
        assert_eq!(kind(&EXPORT, "Network connection lost."), lost);
    }
}
