//! How the credentials of a run change when the API rejects them (API-6).

use crate::http::ApiError;

/// As a hint; the call and the recipe's line stand in the message.
pub(super) fn way_out(error: &ApiError) -> String {
    if let Some(wait) = error.retry_after {
        let seconds = wait.as_secs();
        return format!("this is a rate limit, whatever its code says: come back in {seconds} s");
    }
    if let Some(why) = of_the_credentials(error) {
        return why.into();
    }
    match (error.status, error.code()) {
        // A limit has been reported as an authentication error; there is no code that tells.
        (_, 10000) if error.message().to_ascii_lowercase().contains("rate limit") => {
            "this is a rate limit, whatever its code says: come back in 5 minutes".into()
        }
        // The API's own refusals have a code.
        (_, 0) => "something on the way to the API refuses requests from here: try another network".into(),
        (401, _) => "the API does not accept the credentials: they may have expired or been revoked".into(),
        (_, code) => {
            let needed = match error.endpoint.permission {
                "" => "the token is not accepted for this account".to_owned(),
                permission => format!(
                    "the token needs the permission `{permission}` on this account, and must not have expired"
                ),
            };
            let comes_and_goes = if matches!(code, 7403 | 10000 | 10001 | 10023) {
                "; if `larder token` says that all is there, run again: this answer is known to come and go"
            } else {
                ""
            };
            format!("{needed}{comes_and_goes}")
        }
    }
}

/// What is wrong with the token or key itself, whatever was asked for.
fn of_the_credentials(error: &ApiError) -> Option<&'static str> {
    let is_one_of = |codes: &[i64]| codes.iter().any(|code| error.has_code(*code));
    if is_one_of(&[6102, 6103]) {
        return Some("the API can't read the key: check `CLOUDFLARE_API_KEY` and `CLOUDFLARE_EMAIL`");
    }
    if is_one_of(&[6003, 6111]) {
        return Some(
            "the API can't read the token: `CLOUDFLARE_API_TOKEN` holds something else, such as a global key, an id, or a part of a token: copy it anew",
        );
    }
    if is_one_of(&[9103]) {
        return Some("`CLOUDFLARE_API_KEY` is not the global key of `CLOUDFLARE_EMAIL`");
    }
    // One code for three reasons: only the words tell them apart.
    let words = error.message().to_ascii_lowercase();
    if is_one_of(&[9109]) && words.contains("from location") {
        return Some(
            "the token has a filter of client addresses, and this machine's is not in it: run where it may be used, or change the filter in the dashboard",
        );
    }
    let is_unknown = (is_one_of(&[1000, 1001]) && error.status == 401)
        || (is_one_of(&[9109]) && words.contains("invalid access token"));
    is_unknown.then_some(
        "the API knows no such token: it may have expired or been revoked, or a part of it is missing",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Class, Endpoint, ErrorItem};
    use std::time::Duration;

    static ENDPOINT: Endpoint = Endpoint {
        method: "POST",
        path: "/x",
        permission: "D1 Write",
        class: Class::Raw,
        doing: "create",
        meanings: &[],
    };

    fn hint(status: u16, code: i64, message: &str, wait_s: Option<u64>) -> String {
        let items = vec![ErrorItem { code, message: message.into(), ..ErrorItem::default() }];
        let retry_after = wait_s.map(Duration::from_secs);
        way_out(&ApiError { endpoint: &ENDPOINT, status, items, ray: None, retry_after, follows_loss: false })
    }

    #[test]
    fn a_limit_is_not_taken_for_a_missing_permission() {
        assert!(hint(403, 10000, "Authentication error", Some(30)).ends_with("come back in 30 s"));
        assert!(hint(403, 10000, "Rate limit exceeded", None).starts_with("this is a rate limit"));
    }

    #[test]
    fn what_is_wrong_with_the_token_itself_is_no_missing_permission() {
        let located = hint(403, 9109, "Cannot use the access token from location: 203.0.113.7", None);
        assert!(located.starts_with("the token has a filter of client addresses"), "{located}");
        for (status, code, message) in
            [(401, 1000, "Invalid API Token"), (401, 1001, "Missing"), (403, 9109, "Invalid access token")]
        {
            let hint = hint(status, code, message, None);
            assert!(hint.starts_with("the API knows no such token"), "{code} {message}: {hint}");
        }
        assert!(hint(400, 6003, "Invalid request headers", None).starts_with("the API can't read the token"));
        assert!(hint(400, 6103, "Invalid format for X-Auth-Key", None).contains("`CLOUDFLARE_API_KEY`"));
        assert!(hint(403, 9103, "Unknown X-Auth-Key", None).contains("`CLOUDFLARE_EMAIL`"));
    }

    #[test]
    fn codes_that_come_and_go_say_so() {
        let lasting = "the token needs the permission `D1 Write` on this account, and must not have expired";
        for code in [7403, 10000, 10001, 10023] {
            let hint = hint(403, code, "no", None);
            assert!(hint.starts_with(lasting) && hint.ends_with("known to come and go"), "{hint}");
        }
        assert_eq!(hint(403, 9109, "no", None), lasting);
        assert!(hint(401, 1000, "no", None).contains("expired or been revoked"));
        assert!(hint(403, 0, "no", None).contains("another network"));
    }
}
