use super::super::endpoint::{Class, POST};
use super::*;

static GET: Endpoint =
    Endpoint { method: "GET", path: "/x", permission: "", class: Class::Read, doing: "read", meanings: &[] };

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
    assert_eq!(case(200, &[], r#"{"success":false,"errors":[{"code":7,"message":"no."}]}"#), "refused 7 no");
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
        case(403, &[("retry-after", "8")], r#"{"success":false,"errors":[{"code":971,"message":"wait"}]}"#),
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
