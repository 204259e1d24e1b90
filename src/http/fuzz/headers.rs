//! Properties for arbitrary response headers: limits and dates in them lead to a wait that ends in the future, or
//! to no wait.

use super::super::call::Expects;
use super::super::endpoint::POST;
use super::super::envelope::read;
use super::super::limiter::{Admission, Limiter, WaitPolicy};
use super::super::transport::RawResponse;
use jiff::Timestamp;
use std::time::Duration;

/// `NAME: VALUE` in each line.
///
/// # Panics
/// Where the property is violated.
pub fn headers(text: &str) {
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_ascii_lowercase(), value.trim().to_owned()))
    };
    let headers: Vec<_> = text.lines().filter_map(header).collect();
    for (status, date) in [
        (200, Timestamp::UNIX_EPOCH),
        (429, Timestamp::UNIX_EPOCH),
        (429, Timestamp::MIN),
        (503, Timestamp::MAX),
    ] {
        let answer = RawResponse { status, headers: headers.clone(), body: Vec::new() };
        drop(read(&POST, Expects::Envelope, &answer, date));
        let patience = WaitPolicy { deadline: Some(Duration::from_mins(8)), is_short: true };
        let limiter = Limiter::new(patience, None);
        let mut now = Duration::from_secs(1);
        for _ in 0..4 {
            match limiter.admit(now) {
                Admission::Go(number) => limiter.note(number, Some(&answer), now, date),
                Admission::Wait(until, why) => {
                    assert!(until > now && !why.is_empty(), "{until:?} at {now:?}: {why}");
                    assert!(!limiter.allows(now, until) || until <= Duration::from_mins(8));
                    limiter.announce(until);
                    now = until;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::headers;
    use proptest::prelude::*;

    #[test]
    fn the_kept_headers_are_read() {
        crate::system::corpus::replay("headers", headers);
    }

    const NAMES: &str =
        "ratelimit|ratelimit-policy|x-ratelimit-(limit|remaining|reset)|retry-after|date|cf-ray";
    const VALUES: &str = r#"("[a-z]{1,7}";)?[rqtw]=-?[0-9]{1,22}(; ?[rqtw]=[0-9]{1,22})?|[0-9]{1,22}|[A-Z][a-z]{2}, [0-9]{1,2} Dec [0-9]{1,5} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT|[ -~]{0,20}"#;

    fn lines() -> impl Strategy<Value = Vec<String>> {
        let line = prop::string::string_regex(&format!("({NAMES}): ({VALUES})")).unwrap();
        prop::collection::vec(line, 0..6)
    }

    proptest! {
        #[test]
        fn whatever_they_say(lines in lines()) {
            headers(&lines.join("\n"));
        }
    }
}
