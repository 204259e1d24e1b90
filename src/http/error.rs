//! Errors of a request: an error from the API, or a transport error without a usable response.

use super::endpoint::{Class, CodeMeaning, Endpoint};
use serde::Deserialize;
use std::time::Duration;

/// One entry of an envelope's `errors`; the code may be absent (API-2).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ErrorItem {
    /// The service's own number, reused between services.
    #[serde(default)]
    pub code: i64,
    /// The service's words.
    #[serde(default)]
    pub message: String,
    /// What lies behind it.
    #[serde(default)]
    pub error_chain: Vec<ErrorItem>,
}

/// An error from the API.
#[derive(Clone, Debug)]
pub struct ApiError {
    pub endpoint: &'static Endpoint,
    /// The HTTP status; 200 is possible.
    pub status: u16,
    /// The messages, innermost last.
    pub items: Vec<ErrorItem>,
    /// The `cf-ray` header.
    pub ray: Option<String>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
    /// An attempt before this one was lost: what is not there now may have been taken away by it.
    pub follows_loss: bool,
}

impl ApiError {
    pub fn code(&self) -> i64 {
        self.items.first().map_or(0, |item| item.code)
    }

    /// Whether it has this code, in an inner error, too.
    pub fn has_code(&self, code: i64) -> bool {
        fn has(items: &[ErrorItem], code: i64) -> bool {
            items.iter().any(|item| item.code == code || has(&item.error_chain, code))
        }
        has(&self.items, code)
    }

    /// The messages, joined.
    pub fn message(&self) -> String {
        let mut words = Vec::new();
        collect(&self.items, &mut words);
        if words.is_empty() { format!("HTTP status {}", self.status) } else { words.join("; ") }
    }

    /// What it means for this endpoint.
    pub fn meaning(&self) -> Option<CodeMeaning> {
        let named = |item: &ErrorItem| {
            self.endpoint.meanings.iter().find(|(code, _)| *code == item.code).map(|(_, meaning)| *meaning)
        };
        match (self.items.iter().find_map(named), self.status) {
            (None | Some(CodeMeaning::MayExist), 400..500) if self.says_taken() => Some(CodeMeaning::Exists),
            (Some(meaning), _) => Some(meaning),
            (None, 404 | 410) => Some(CodeMeaning::NotFound),
            (None, 409) => Some(CodeMeaning::Exists),
            (None, _) => None,
        }
    }

    /// Codes of a name that is taken are not known for certain everywhere (A7): then words count.
    fn says_taken(&self) -> bool {
        let words = ["duplicate_name", "already exists"];
        self.endpoint.class == Class::Ensure
            && self.items.iter().any(|item| words.iter().any(|words| item.message.contains(words)))
    }

    /// What was called for is not there.
    pub fn is_gone(&self) -> bool {
        self.meaning() == Some(CodeMeaning::NotFound)
    }

    /// The credentials are wrong or not enough (API-6).
    pub fn is_denied(&self) -> bool {
        self.way_out().is_none()
            && (matches!(self.status, 401 | 403)
                || matches!(self.code(), 6003 | 7403 | 9103 | 9106 | 9109 | 10023)
                || (self.status < 500 && self.code() == 10000 && self.status != 405))
    }

    /// What has to be done first, if that is what it means.
    pub fn way_out(&self) -> Option<&'static str> {
        match self.meaning() {
            Some(CodeMeaning::Blocked(hint)) => Some(hint),
            _ => None,
        }
    }
}

fn collect(items: &[ErrorItem], words: &mut Vec<String>) {
    for item in items {
        if !item.message.is_empty() {
            words.push(item.message.trim_end_matches('.').to_owned());
        }
        collect(&item.error_chain, words);
    }
}

/// The kind of a transport error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportErrorKind {
    /// No connection was made: name, refused, reset before the first byte.
    Connect,
    /// The other side's certificate is from an authority that is not trusted here; sending again can't help.
    Issuer,
    /// The other side's certificate is not for this host or this time; sending again can't help.
    Certificate,
    /// The server has refused the stream, and no application has seen it.
    Refused,
    /// No answer in time.
    Timeout,
    /// The connection broke after the request was on its way.
    Broken,
    /// A 5xx status or a gateway's page.
    Server,
    /// An answer that is not what the API promises.
    Malformed,
    /// An answer that is larger than what is read of one; it would be as large again.
    TooLarge,
    /// An answer of something on the way, in place of the API.
    Intermediary,
    /// The service is busy, and has not begun.
    Busy,
    /// More requests than allowed.
    Throttled,
    /// The run was interrupted.
    Interrupted,
    /// The run's time was over before it was sent.
    Late,
    /// Held back on this side: a plan does not write, or HTTP can't carry it.
    Withheld,
    /// Held back on this side: the credentials are for other accounts.
    OtherAccount,
}

/// A request that ended without a usable response.
#[derive(Clone, Debug)]
pub struct TransportError {
    pub kind: TransportErrorKind,
    /// In words, for people.
    pub detail: String,
    /// What was called, where known.
    pub endpoint: Option<&'static Endpoint>,
    /// The `cf-ray` header, if an answer came at all.
    pub ray: Option<String>,
    /// How long the server asks to wait.
    pub retry_after: Option<Duration>,
}

impl TransportError {
    /// Trouble of that kind.
    pub fn new(kind: TransportErrorKind, detail: impl Into<String>) -> Self {
        TransportError { kind, detail: detail.into(), endpoint: None, ray: None, retry_after: None }
    }

    /// Whether the server can have seen the request.
    pub fn was_sent(&self) -> bool {
        match self.kind {
            TransportErrorKind::Timeout
            | TransportErrorKind::Broken
            | TransportErrorKind::Server
            | TransportErrorKind::Malformed
            | TransportErrorKind::TooLarge
            | TransportErrorKind::Intermediary => true,
            TransportErrorKind::Connect
            | TransportErrorKind::Issuer
            | TransportErrorKind::Certificate
            | TransportErrorKind::Refused
            | TransportErrorKind::Busy
            | TransportErrorKind::Throttled
            | TransportErrorKind::Interrupted
            | TransportErrorKind::Late
            | TransportErrorKind::Withheld
            | TransportErrorKind::OtherAccount => false,
        }
    }

    /// Whether the same request may fare better in a moment; a limit has been waited for already.
    pub fn may_pass(&self) -> bool {
        matches!(
            self.kind,
            TransportErrorKind::Connect | TransportErrorKind::Refused | TransportErrorKind::Busy
        ) || self.was_sent()
    }
}

/// Why a read brought nothing.
#[derive(Clone, Debug)]
pub enum ReadError {
    /// The server rejected it.
    Rejected(ApiError),
    /// No usable answer, after all retries.
    Failed(TransportError),
}
