//! A transport without sockets: a function in this process answers the request.

use super::error::TransportError;
use super::transport::{RawResponse, Transport, WireRequest};
use std::future::Future;
use std::pin::Pin;

/// Answers by calling `F`.
pub struct InProcess<F>(pub F);

impl<F> Transport for InProcess<F>
where
    F: Fn(WireRequest) -> Result<RawResponse, TransportError> + Send + Sync,
{
    fn send(
        &self,
        request: WireRequest,
    ) -> Pin<Box<dyn Future<Output = Result<RawResponse, TransportError>> + Send + '_>> {
        Box::pin(async move { (self.0)(request) })
    }
}
