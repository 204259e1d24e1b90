//! From the bytes of an answer to one of four cases (Cloudflare API notes 1.2 and 1.3).
//!
//! **Invariant:** the body is read before the status: `success: false` with 200 is a no, and a page of HTML is
//! never an answer.

use super::endpoint::Endpoint;
use super::error::{ApiError, ErrorItem, Trouble, TroubleKind};
use super::transient;
use super::transport::RawAnswer;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value as Json;
use std::time::Duration;

/// A server that asks for a longer pause is told to people instead of waited for.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_mins(1);

/// Where a list stands.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct PageInfo {
    /// From 1.
    pub page: Option<u64>,
    /// As the server counts, which may be less than asked.
    pub per_page: Option<u64>,
    /// Items in this page.
    pub count: Option<u64>,
    /// Items in all pages.
    pub total_count: Option<u64>,
    /// Pages in all.
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

/// A yes.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// The `result`.
    pub result: Json,
    /// The `result_info`.
    pub info: PageInfo,
    /// The body as it came, for calls that expect bytes.
    pub bytes: Vec<u8>,
    /// The `etag` header without its quotes, for calls that expect bytes.
    pub etag: Option<String>,
}

/// What one attempt brought.
#[derive(Debug)]
pub(super) enum Attempt {
    Answered(Answer),
    Refused(ApiError),
    /// Refused for now: the server has not looked at it.
    Throttled(ApiError),
    /// Seen by the server or maybe seen, without a usable answer.
    Lost(Trouble),
    NotSent(Trouble),
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

/// Reads an answer.
pub(super) fn read(endpoint: &'static Endpoint, raw: bool, answer: &RawAnswer, now: Timestamp) -> Attempt {
    let status = answer.status;
    let ray = answer.header("cf-ray").map(str::to_owned);
    let retry_after = retry_after(answer, now);
    let lost = |kind, detail: String| {
        Attempt::Lost(Trouble { kind, detail, endpoint: Some(endpoint), ray: ray.clone(), retry_after })
    };
    let refused =
        |items| ApiError { endpoint, status, items, ray: ray.clone(), retry_after, follows_loss: false };

    if answer.header("cf-mitigated") == Some("challenge") {
        let message = "the request was stopped by a firewall challenge, not answered by the API".to_owned();
        return Attempt::Refused(refused(vec![ErrorItem { message, ..ErrorItem::default() }]));
    }
    if raw && (200..300).contains(&status) {
        let etag = answer.header("etag").map(|etag| etag.trim_matches('"').to_owned());
        return Attempt::Answered(Answer { bytes: answer.body.clone(), etag, ..Answer::default() });
    }
    if matches!(status, 204 | 205) {
        return Attempt::Answered(Answer::default());
    }
    let envelope: Option<Envelope> = serde_json::from_slice(&answer.body).ok();
    let items = |envelope: Option<Envelope>| match envelope {
        Some(Envelope { errors: Some(items), .. }) if !items.is_empty() => items,
        Some(Envelope { error: Some(message), code, .. }) => {
            vec![ErrorItem { code: code.unwrap_or(0), message, ..ErrorItem::default() }]
        }
        _ => Vec::new(),
    };
    match status {
        429 => Attempt::Throttled(refused(items(envelope))),
        408 | 500.. => {
            let error = refused(items(envelope));
            if let Some(busy) = transient::trouble(&error).filter(|trouble| !trouble.was_sent()) {
                return Attempt::NotSent(busy);
            }
            let said = error.items.into_iter().next().map(|item| format!(": {}", item.message));
            let later = retry_after.filter(|wait| *wait > RETRY_AFTER_MAX);
            let later = later.map(|wait| format!(", come back in {} s", wait.as_secs()));
            let (said, later) = (said.unwrap_or_default(), later.unwrap_or_default());
            lost(TroubleKind::Server, format!("HTTP status {status}{said}{later}"))
        }
        300..500 => match refused(items(envelope)) {
            // Said with another status, it is the request limit all the same (Cloudflare API notes 1.4).
            error if matches!(error.code(), 971 | 10100) => Attempt::Throttled(error),
            error => settled(error),
        },
        _ => match envelope {
            Some(Envelope { success: Some(true), result, result_info, .. }) => Attempt::Answered(Answer {
                result,
                info: result_info.unwrap_or_default(),
                ..Answer::default()
            }),
            Some(envelope @ Envelope { success: Some(false), .. }) => settled(refused(items(Some(envelope)))),
            _ => lost(TroubleKind::Malformed, format!("HTTP status {status} with {}", shape(&answer.body))),
        },
    }
}

/// A refusal, or what a service says that could not do it just now.
fn settled(error: ApiError) -> Attempt {
    match transient::trouble(&error) {
        Some(trouble) if trouble.was_sent() => Attempt::Lost(trouble),
        Some(trouble) => Attempt::NotSent(trouble),
        None => Attempt::Refused(error),
    }
}

/// Whether a `result` says no although its envelope says yes.
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

/// `Retry-After` in seconds or as an HTTP date (Cloudflare API notes 1.5).
pub(super) fn retry_after(answer: &RawAnswer, now: Timestamp) -> Option<Duration> {
    let text = answer.header("retry-after")?;
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::POST;
    use super::*;

    fn case(status: u16, headers: &[(&str, &str)], body: &str) -> String {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let answer = RawAnswer { status, headers, body: body.as_bytes().to_vec() };
        match read(&POST, false, &answer, Timestamp::from_second(784_887_000).unwrap()) {
            Attempt::Answered(answer) => format!("answered {}", answer.result),
            Attempt::Refused(error) => format!("refused {} {}", error.code(), error.message()),
            Attempt::Throttled(error) => format!("throttled {:?}", error.retry_after),
            Attempt::Lost(trouble) => format!("lost {:?} {}", trouble.kind, trouble.detail),
            Attempt::NotSent(_) => "not sent".into(),
        }
    }

    #[test]
    fn every_shape_of_answer() {
        assert_eq!(case(200, &[], r#"{"success":true,"result":{"id":1}}"#), r#"answered {"id":1}"#);
        assert_eq!(case(200, &[], r#"{"success":true,"result":null,"errors":null}"#), "answered null");
        assert_eq!(
            case(200, &[], r#"{"success":false,"errors":[{"code":7,"message":"no."}]}"#),
            "refused 7 no"
        );
        assert_eq!(case(400, &[], r#"{"success":false,"errors":[{"message":"no"}]}"#), "refused 0 no");
        assert_eq!(case(403, &[], r#"{"error":"nope","code":12}"#), "refused 12 nope");
        assert_eq!(case(404, &[], "<html>"), "refused 0 HTTP status 404");
        assert_eq!(case(204, &[], ""), "answered null");
        assert_eq!(case(200, &[], ""), "lost Malformed HTTP status 200 with an empty body");
        assert_eq!(case(200, &[], "<!doctype"), "lost Malformed HTTP status 200 with a page of HTML");
        assert_eq!(
            case(200, &[], r#"{"success":tr"#),
            "lost Malformed HTTP status 200 with broken or unexpected JSON"
        );
        assert_eq!(case(504, &[], "<html>"), "lost Server HTTP status 504");
        assert_eq!(
            case(503, &[("retry-after", "61")], "<html>"),
            "lost Server HTTP status 503, come back in 61 s"
        );
        assert_eq!(
            case(
                403,
                &[("retry-after", "8")],
                r#"{"success":false,"errors":[{"code":971,"message":"wait"}]}"#
            ),
            "throttled Some(8s)"
        );
        assert_eq!(
            case(500, &[], r#"{"success":false,"errors":[{"code":1,"message":"oops"}]}"#),
            "lost Server HTTP status 500: oops"
        );
        assert_eq!(case(429, &[("retry-after", "7")], ""), "throttled Some(7s)");
        assert_eq!(
            case(429, &[("retry-after", "Tue, 15 Nov 1994 08:12:31 GMT")], ""),
            "throttled Some(151s)"
        );
        assert_eq!(
            case(403, &[("cf-mitigated", "challenge")], "<html>"),
            "refused 0 the request was stopped by a firewall challenge, not answered by the API"
        );
        assert_eq!(
            case(
                400,
                &[],
                r#"{"success":false,"errors":[{"code":6003,"message":"Invalid request headers","error_chain":[{"code":6111,"message":"Invalid format for Authorization header"}]}]}"#
            ),
            "refused 6003 Invalid request headers; Invalid format for Authorization header"
        );
    }
}
