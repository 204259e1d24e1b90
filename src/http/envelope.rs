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
mod tests {
    use super::super::endpoint::{Class, POST};
    use super::*;

    static GET: Endpoint = Endpoint {
        method: "GET",
        path: "/x",
        permission: "",
        class: Class::Read,
        doing: "read",
        meanings: &[],
    };

    fn case(status: u16, headers: &[(&str, &str)], body: &str) -> String {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let answer = RawResponse { status, headers, body: body.as_bytes().to_vec() };
        match read(&POST, Expects::Envelope, &answer, Timestamp::from_second(784_887_000).unwrap()) {
            Attempt::Answered(answer) => format!("answered {}", answer.result),
            Attempt::Refused(error) => format!("refused {} {}", error.code(), error.message()),
            Attempt::Throttled(error) => format!("throttled {:?}", error.retry_after),
            Attempt::Lost(trouble) => format!("lost {:?} {}", trouble.kind, trouble.detail),
            Attempt::NotSent(_) => "not sent".into(),
        }
    }

    #[test]
    fn a_body_that_is_no_envelope_decides_nothing_whatever_its_status() {
        let bodies = [
            "",
            "<html>blocked</html>",
            "no",
            "{}",
            "[]",
            "null",
            "{\"success\":tr",
            "{\"message\":\"Forbidden\"}",
        ];
        let yes = r#"{"success":true,"result":{"id":1}}"#;
        for status in (300..=599).filter(|status| *status != 408) {
            for body in bodies.into_iter().chain([yes]) {
                let seen = case(status, &[], body);
                let kind = if status < 500 { "Intermediary" } else { "Server" };
                assert!(
                    seen.starts_with(&format!("lost {kind} HTTP status {status}")),
                    "{status} {body:?}: {seen}"
                );
            }
        }
        for body in bodies {
            assert!(case(200, &[], body).starts_with("lost Malformed HTTP status 200 with"), "{body:?}");
        }
    }

    #[test]
    fn the_next_page_is_named_in_one_of_two_places() {
        for (cursor, after, next) in [
            (None, None, None),
            (Some("a"), None, Some("a")),
            (Some("a"), Some("b"), Some("a")),
            (Some(""), Some("b"), Some("b")),
            (None, Some("b"), Some("b")),
            (None, Some(""), None),
            (Some(""), None, None),
        ] {
            let cursors = after.map(|after| Cursors { after: Some(after.to_owned()) });
            let info = PageInfo { cursor: cursor.map(str::to_owned), cursors, ..PageInfo::default() };
            assert_eq!(info.next_cursor(), next, "{cursor:?} {after:?}");
        }
    }

    #[test]
    fn bytes_come_with_every_status_that_is_a_yes_and_no_other() {
        let answered = (100..600).filter(|status| {
            let answer = RawResponse { status: *status, body: b"text".to_vec(), ..RawResponse::default() };
            let attempt = read(&GET, Expects::Bytes, &answer, Timestamp::UNIX_EPOCH);
            matches!(attempt, Attempt::Answered(ApiResponse { bytes, size: 4, .. }) if bytes == b"text")
        });
        assert!(answered.eq(200..300));
    }

    #[test]
    fn a_no_inside_of_a_yes_is_found_in_every_part() {
        for (result, is_no) in [
            (r#"{"success":false}"#, true),
            (r#"{"success":true}"#, false),
            ("{}", false),
            ("null", false),
            ("[]", false),
            (r#"[{"success":true},{"success":false}]"#, true),
            (r#"[{"success":true},{}]"#, false),
        ] {
            assert_eq!(has_inner_no(&serde_json::from_str(result).unwrap()), is_no, "{result}");
        }
    }

    #[test]
    fn what_a_database_has_not_begun_is_not_sent_whatever_the_status() {
        static QUERY: Endpoint = Endpoint {
            method: "POST",
            path: "/accounts/{account_id}/d1/database/{database_id}/query",
            permission: "",
            class: Class::Guarded,
            doing: "query",
            meanings: &[],
        };
        let of = |status, message: &str| {
            let body = format!(r#"{{"success":false,"errors":[{{"code":7500,"message":"{message}"}}]}}"#);
            let answer = RawResponse { status, body: body.into_bytes(), ..RawResponse::default() };
            match read(&QUERY, Expects::Envelope, &answer, Timestamp::UNIX_EPOCH) {
                Attempt::NotSent(trouble) => format!("not sent {:?}", trouble.kind),
                Attempt::Lost(trouble) => format!("lost {:?}", trouble.kind),
                Attempt::Refused(error) => format!("refused, follows a loss: {}", error.follows_loss),
                Attempt::Answered(_) | Attempt::Throttled(_) => "otherwise".into(),
            }
        };
        for status in [400, 500] {
            assert_eq!(of(status, "D1 DB is overloaded. Too many requests queued."), "not sent Busy");
            assert_eq!(of(status, "Network connection lost."), "lost Server");
        }
        assert_eq!(of(400, "no such table"), "refused, follows a loss: false");
    }

    #[test]
    fn a_read_that_is_not_let_through_waits_and_a_store_refuses_without_an_envelope() {
        let answer = |status| RawResponse { status, body: b"<Error/>".to_vec(), ..RawResponse::default() };
        let (now, get) = (Timestamp::UNIX_EPOCH, &GET);
        assert!(matches!(read(get, Expects::Envelope, &answer(429), now), Attempt::Throttled(_)));
        assert!(matches!(read(get, Expects::Bytes, &answer(404), now), Attempt::Lost(_)));
        assert!(matches!(read(get, Expects::File, &answer(404), now), Attempt::Refused(_)));
        assert!(matches!(read(&POST, Expects::File, &answer(429), now), Attempt::Throttled(_)));
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
        assert_eq!(case(404, &[], r#"{"success":false,"errors":[]}"#), "refused 0 HTTP status 404");
        assert_eq!(case(400, &[], r#"{"errors":[{"code":7,"message":"no"}]}"#), "refused 7 no");
        assert_eq!(case(200, &[], "\n <!doctype"), "lost Malformed HTTP status 200 with a page of HTML");
        assert_eq!(case(503, &[("retry-after", "60")], "<html>"), "lost Server HTTP status 503");
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
        let throttled = r#"{"success":false,"errors":[{"code":971,"message":"wait"}]}"#;
        assert_eq!(case(429, &[("retry-after", "7")], throttled), "throttled Some(7s)");
        assert_eq!(
            case(429, &[("retry-after", "Tue, 15 Nov 1994 08:12:31 GMT")], throttled),
            "throttled Some(151s)"
        );
        assert_eq!(
            case(403, &[("cf-mitigated", "challenge")], "<html>"),
            "lost Intermediary the request was stopped by a firewall challenge, not answered by the API"
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
