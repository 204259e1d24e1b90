//! The `Transport` trait: sends one request, over the network, to a function in this process, or through a filter.

use super::call::Expects;
use super::credentials;
use super::endpoint::Endpoint;
use super::error::TransportError;
use super::files::{Incoming, Outgoing};
use super::link::Link;
use crate::system::Clock;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// A request as it goes on the wire; its `Debug` shows neither headers nor body.
#[derive(Clone)]
pub struct WireRequest {
    pub endpoint: &'static Endpoint,
    /// Below the base URL, escaped.
    pub path: String,
    /// In order, not escaped.
    pub query: Vec<(String, String)>,
    /// Lower-case names; credentials included.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// A file that is sent as the body.
    pub file: Option<Outgoing>,
    /// Where the body of a yes is kept, in place of the answer.
    pub incoming: Option<Arc<dyn Incoming>>,
    /// Goes there instead of to the path below the base URL.
    pub link: Option<Link>,
    /// What a yes consists of.
    pub expects: Expects,
}

impl WireRequest {
    /// A request of that endpoint with nothing in it, whose path has no parameters.
    #[cfg(test)]
    pub(super) fn of(endpoint: &'static Endpoint) -> Self {
        WireRequest {
            endpoint,
            path: endpoint.path.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Vec::new(),
            file: None,
            incoming: None,
            link: None,
            expects: Expects::Envelope,
        }
    }

    pub fn whole_body(&self) -> std::io::Result<Vec<u8>> {
        self.file.as_ref().map_or_else(|| Ok(self.body.clone()), Outgoing::whole)
    }

    /// Its headers without those that say who asks.
    pub(super) fn headers_of_anybody(&self) -> impl Iterator<Item = &(String, String)> {
        self.headers.iter().filter(|(name, _)| !credentials::HEADERS.contains(&name.as_str()))
    }

    /// Whether its path would not be taken as it is: a reader of URLs drops such segments, and the one before.
    pub(super) fn leads_elsewhere(&self) -> bool {
        self.path.split('/').any(|segment| {
            let decoded = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
            matches!(decoded.as_ref(), "." | "..")
        })
    }
}

impl fmt::Debug for WireRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("WireRequest");
        shown.field("method", &self.endpoint.method).field("path", &self.path).finish_non_exhaustive()
    }
}

/// An answer as it came.
#[derive(Clone, Debug, Default)]
pub struct RawResponse {
    /// The HTTP status.
    pub status: u16,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl RawResponse {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Carries one request, once.
///
/// **Invariant:** never sends a request twice.
pub trait Transport: Send + Sync {
    /// Sends it; the error contains whether the server can have received it.
    fn send(
        &self,
        request: WireRequest,
    ) -> Pin<Box<dyn Future<Output = Result<RawResponse, TransportError>> + Send + '_>>;

    /// The answer to a read, where it is known without sending it.
    fn known(&self, _: &WireRequest) -> Pin<Box<dyn Future<Output = Option<RawResponse>> + Send + '_>> {
        Box::pin(std::future::ready(None))
    }

    /// Lets the time pass that a script asks for.
    fn sleep<'a>(
        &'a self,
        clock: &'a dyn Clock,
        duration: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        clock.sleep(duration)
    }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::POST;
    use super::*;

    #[test]
    fn debug_shows_no_credential() {
        let request = WireRequest {
            headers: vec![("authorization".into(), "Bearer s3cret-canary".into())],
            body: b"s3cret-canary".to_vec(),
            ..WireRequest::of(&POST)
        };
        assert_eq!(format!("{request:?}"), r#"WireRequest { method: "POST", path: "/x", .. }"#);
    }
}
