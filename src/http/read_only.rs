//! A transport that lets only reads through, for plans.
//!
//! **Invariant:** an endpoint that is not classed as a read never reaches the transport behind.

use super::error::{TransportError, TransportErrorKind};
use super::transport::{RawResponse, Transport, WireRequest};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Lets reads through to another transport.
pub struct ReadOnly(pub Arc<dyn Transport>);

impl Transport for ReadOnly {
    fn send(
        &self,
        request: WireRequest,
    ) -> Pin<Box<dyn Future<Output = Result<RawResponse, TransportError>> + Send + '_>> {
        if request.endpoint.is_write() {
            let detail = format!("a plan does not write: {} {}", request.endpoint.method, request.path);
            return Box::pin(async move { Err(TransportError::new(TransportErrorKind::Withheld, detail)) });
        }
        self.0.send(request)
    }
}
