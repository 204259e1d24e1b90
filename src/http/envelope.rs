//! Classifies the bytes of a response as one of four cases (API-2).
//!
//! **Invariant:** the body is read before the status: `success: false` with 200 is a no, and a page of HTML is
//! never an answer (API-15).

use super::answer_match;
use super::call::{Body, Expects};
use super::endpoint::Endpoint;
use super::error::{ApiError, ErrorItem, TransportError, TransportErrorKind};
use super::transient;
use super::transport::RawResponse;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value as Json;
use std::time::Duration;

/// A longer pause is reported to people instead of waited for.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_mins(1);

/// Where a list stands.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct PageInfo {
    /// From 1.
    #[serde(default, deserialize_with = "number")]
    pub page: Option<u64>,
    /// As the server counts, which may be less than asked.
    #[serde(default, deserialize_with = "number")]
    pub per_page: Option<u64>,
    /// Items in this page.
    #[serde(default, deserialize_with = "number")]
    pub count: Option<u64>,
    /// Items in all pages.
    #[serde(default, deserialize_with = "number")]
    pub total_count: Option<u64>,
    /// Pages in all.
    #[serde(default, deserialize_with = "number")]
    pub total_pages: Option<u64>,
    /// Absent or empty at the end.
    pub cursor: Option<String>,
    /// Where some services put it instead.
    cursors: Option<Cursors>,
}

/// The cursors of the pages around one, of which the next matters.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
struct Cursors {
    after: Option<String>,
}

/// A malformed count is ignored and does not make the answer invalid.
fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(Json::deserialize(deserializer)?.as_u64())
}

impl PageInfo {
    /// The cursor of the next page; `None` at the end.
    pub fn next_cursor(&self) -> Option<&str> {
        let after = self.cursors.as_ref().and_then(|cursors| cursors.after.as_deref());
        self.cursor
            .as_deref()
            .filter(|cursor| !cursor.is_empty())
            .or(after)
            .filter(|cursor| !cursor.is_empty())
    }
}

#[derive(Clone, Debug, Default)]
pub struct ApiResponse {
    /// The `result`.
    pub result: Json,
    /// The `result_info`.
    pub info: PageInfo,
    /// The body as it came, for calls that expect bytes.
    pub bytes: Vec<u8>,
    /// How many bytes its body had.
    pub size: usize,
    /// The `etag` header without its quotes, for calls that expect bytes.
    pub etag: Option<String>,
}

/// What one attempt brought.
#[derive(Debug)]
pub(super) enum Attempt {
    Answered(ApiResponse),
    Refused(ApiError),
    /// Refused for now: the server has not looked at it.
    Throttled(ApiError),
    /// Seen by the server or maybe seen, without a usable answer.
    Lost(TransportError),
    NotSent(TransportError),
}

impl Attempt {
    /// Whether it says how things are, and would say so again a moment later: credentials may be renewed.
    pub(super) fn is_lasting(&self) -> bool {
        match self {
            Attempt::Answered(_) => true,
            Attempt::Refused(error) => !error.is_denied(),
            Attempt::Throttled(_) | Attempt::Lost(_) | Attempt::NotSent(_) => false,
        }
    }
}

#[derive(Deserialize)]
struct Envelope {
    success: Option<bool>,
    #[serde(default)]
    errors: Option<Vec<ErrorItem>>,
    #[serde(default)]
    result: Json,
    #[serde(default)]
    result_info: Option<PageInfo>,
    /// Some edges reply `{"error": "...", "code": n}`.
    error: Option<String>,
    code: Option<i64>,
}

impl Envelope {
    /// What it refuses with; `None` of what is no refusal: a status alone decides nothing.
    fn refusal(self) -> Option<Vec<ErrorItem>> {
        let items = self.errors.unwrap_or_default();
        match (self.success, self.error) {
            (Some(true), _) => None,
            (None | Some(false), _) if !items.is_empty() => Some(items),
            (None | Some(false), Some(message)) => {
                Some(vec![ErrorItem { code: self.code.unwrap_or(0), message, ..ErrorItem::default() }])
            }
            (success, None) => success.map(|_| items),
        }
    }
}

/// Reads the answer to a request for that path, with that body: one that is about something else is lost.
pub(super) fn judge(
    endpoint: &'static Endpoint,
    expects: Expects,
    (path, body): (&str, &Body),
    answer: &RawResponse,
    now: Timestamp,
) -> Attempt {
    let attempt = read(endpoint, expects, answer, now);
    let Attempt::Answered(ApiResponse { result, .. }) = &attempt else { return attempt };
    let Some(words) = answer_match::at_odds(endpoint, path, body, result) else { return attempt };
    let trouble = TransportError::new(TransportErrorKind::Malformed, words);
    Attempt::Lost(TransportError {
        endpoint: Some(endpoint),
        ray: answer.header("cf-ray").map(str::to_owned),
        ..trouble
    })
}

pub(super) fn read(
    endpoint: &'static Endpoint,
    expects: Expects,
    answer: &RawResponse,
    now: Timestamp,
) -> Attempt {
    let status = answer.status;
    let ray = answer.header("cf-ray").map(str::to_owned);
    let retry_after = retry_after(answer, now);
    let lost = |kind, detail: String| {
        let endpoint = Some(endpoint);
        Attempt::Lost(TransportError { kind, detail, endpoint, ray: ray.clone(), retry_after })
    };
    let refused =
        |items| ApiError { endpoint, status, items, ray: ray.clone(), retry_after, follows_loss: false };

    if answer.header("cf-mitigated") == Some("challenge") {
        let message = "the request was stopped by a firewall challenge, not answered by the API".to_owned();
        return lost(TransportErrorKind::Intermediary, message);
    }
    if expects != Expects::Envelope && (200..300).contains(&status) {
        let etag = answer.header("etag").map(|etag| etag.trim_matches('"').to_owned());
        return Attempt::Answered(ApiResponse {
            bytes: answer.body.clone(),
            size: answer.body.len(),
            etag,
            ..ApiResponse::default()
        });
    }
    if matches!(status, 204 | 205) {
        return Attempt::Answered(ApiResponse::default());
    }
    let envelope: Option<Envelope> = serde_json::from_slice(&answer.body).ok();
    let no_envelope = |kind| lost(kind, format!("HTTP status {status} with {}", shape(&answer.body)));
    match status {
        429 => match envelope.and_then(Envelope::refusal) {
            // Of a read it does not matter who has not let it through.
            None if endpoint.is_write() && expects != Expects::File => {
                no_envelope(TransportErrorKind::Intermediary)
            }
            items => Attempt::Throttled(refused(items.unwrap_or_default())),
        },
        408 | 500.. => {
            let error = refused(envelope.and_then(Envelope::refusal).unwrap_or_default());
            if let Some(busy) = transient::trouble(&error).filter(|trouble| !trouble.was_sent()) {
                return Attempt::NotSent(busy);
            }
            let said = error.items.into_iter().next().map(|item| format!(": {}", item.message));
            let later = retry_after.filter(|wait| *wait > RETRY_AFTER_MAX);
            let later = later.map(|wait| format!(", come back in {} s", wait.as_secs()));
            let (said, later) = (said.unwrap_or_default(), later.unwrap_or_default());
            lost(TransportErrorKind::Server, format!("HTTP status {status}{said}{later}"))
        }
        300..500 => match envelope.and_then(Envelope::refusal).map(refused) {
            // Said with another status, it is the request limit all the same (API-9).
            Some(error) if matches!(error.code(), 971 | 10100) => Attempt::Throttled(error),
            Some(error) => settled(error),
            None if expects == Expects::File => Attempt::Refused(refused(Vec::new())),
            None => no_envelope(TransportErrorKind::Intermediary),
        },
        _ => match envelope {
            Some(Envelope { success: Some(true), result, result_info, .. }) => {
                Attempt::Answered(ApiResponse {
                    result,
                    info: result_info.unwrap_or_default(),
                    size: answer.body.len(),
                    ..ApiResponse::default()
                })
            }
            Some(envelope @ Envelope { success: Some(false), .. }) => {
                settled(refused(envelope.refusal().unwrap_or_default()))
            }
            _ => no_envelope(TransportErrorKind::Malformed),
        },
    }
}

/// A rejection, or a temporary error of the service.
fn settled(error: ApiError) -> Attempt {
    match transient::trouble(&error) {
        Some(trouble) if trouble.was_sent() => Attempt::Lost(trouble),
        Some(trouble) => Attempt::NotSent(trouble),
        None => Attempt::Refused(error),
    }
}

/// Whether a `result` contains an error although its envelope reports success.
pub(super) fn has_inner_no(result: &Json) -> bool {
    let parts = result.as_array().map_or(std::slice::from_ref(result), Vec::as_slice);
    parts.iter().any(|part| part["success"] == false)
}

/// What a body that is no envelope looks like.
fn shape(body: &[u8]) -> &'static str {
    match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => "an empty body",
        Some(b'<') => "a page of HTML",
        Some(b'{' | b'[') => "broken or unexpected JSON",
        Some(_) => "a body that is no JSON",
    }
}

/// `Retry-After` in seconds or as an HTTP date (API-11).
pub(super) fn retry_after(answer: &RawResponse, now: Timestamp) -> Option<Duration> {
    let text = answer.header("retry-after")?;
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests;
