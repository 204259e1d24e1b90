//! What carries a request: the network, a call in this process, or a gate that lets only reads through.

use super::endpoint::Endpoint;
use super::error::Trouble;
use super::link::Link;
use std::future::Future;
use std::pin::Pin;

/// A request as it goes on the wire.
#[derive(Clone, Debug)]
pub struct WireRequest {
    /// What is called.
    pub endpoint: &'static Endpoint,
    /// Below the base URL, escaped.
    pub path: String,
    /// In order, not escaped.
    pub query: Vec<(String, String)>,
    /// Lower-case names; credentials included.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Goes there instead of to the path below the base URL.
    pub link: Option<Link>,
}

/// An answer as it came.
#[derive(Clone, Debug, Default)]
pub struct RawAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Lower-case names.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl RawAnswer {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Carries one request, once.
///
/// **Invariant:** never sends a request twice.
pub trait Transport: Send + Sync {
    /// Sends it; the error says whether the server can have seen it.
    fn send(
        &self,
        request: WireRequest,
    ) -> Pin<Box<dyn Future<Output = Result<RawAnswer, Trouble>> + Send + '_>>;
}
