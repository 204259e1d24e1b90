//! A transport that applies a saved plan: reads pass, and so do writes of ops that the plan permits.
//!
//! **Invariant:** a write that no op asked leave for never reaches the transport behind.

use super::error::{TransportError, TransportErrorKind};
use super::scope;
use super::transport::{RawResponse, Transport, WireRequest};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Lets through what a plan permits.
pub struct Permitted(pub Arc<dyn Transport>);

impl Transport for Permitted {
    fn send(
        &self,
        request: WireRequest,
    ) -> Pin<Box<dyn Future<Output = Result<RawResponse, TransportError>> + Send + '_>> {
        if request.endpoint.is_write() && !scope::current().is_granted() {
            let detail = format!("the plan does not list {} {}", request.endpoint.method, request.path);
            return Box::pin(async move { Err(TransportError::new(TransportErrorKind::Withheld, detail)) });
        }
        self.0.send(request)
    }
}
