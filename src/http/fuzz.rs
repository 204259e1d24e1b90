//! Properties of the response parser for arbitrary bytes.

mod headers;
mod paging;

use super::call::Expects;
use super::endpoint::POST;
use super::envelope::{Attempt, read};
use super::transport::RawResponse;
pub use headers::headers;
use jiff::Timestamp;
pub use paging::paging;

/// `STATUS RETRY-AFTER` in the first line, the body below. Only a success envelope counts as success.
///
/// # Panics
/// Where the property is violated.
pub fn envelope(answer: &str) {
    let (head, body) = answer.split_once('\n').unwrap_or((answer, ""));
    let (status, retry_after) = head.split_once(' ').unwrap_or((head, ""));
    let status = status.parse().unwrap_or(200);
    let headers = vec![("retry-after".to_owned(), retry_after.to_owned())];
    let raw = RawResponse { status, headers, body: body.as_bytes().to_vec() };
    let attempt = read(&POST, Expects::Envelope, &raw, Timestamp::UNIX_EPOCH);
    let said: Option<serde_json::Value> = serde_json::from_str(body).ok();
    let yes = said.as_ref().is_some_and(|said| said.get("success") == Some(&serde_json::Value::Bool(true)));
    let is_no =
        said.is_some_and(|said| ["success", "errors", "error"].iter().any(|key| said.get(*key).is_some()));
    match attempt {
        Attempt::Answered(_) => assert!(matches!(status, 204 | 205) || (status < 300 && yes), "{answer:?}"),
        Attempt::Refused(error) => {
            assert!(!matches!(status, 408 | 429 | 500..) && is_no && !yes, "{answer:?}");
            assert!(!error.message().is_empty(), "{answer:?}");
        }
        Attempt::Throttled(_) => assert!(status >= 300 && is_no && !yes, "{answer:?}"),
        Attempt::Lost(trouble) => assert!(!trouble.detail.is_empty()),
        Attempt::NotSent(_) => unreachable!("an answer that came: {answer:?}"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kept_answers_are_read() {
        crate::system::corpus::replay("envelope", super::envelope);
    }
}
