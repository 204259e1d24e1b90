//! Faults before a request reaches the account, which the local account cannot play.

use crate::suite::simulation::{Arrival, Interceptor};
use larder::http::{TransportError, TransportErrorKind, WireRequest};
use larder::local::fault::FaultTarget;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the way to the server ends; which phase of a real connection comes to which is held by the tests of
/// `http::network`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// No connection: no such name, refused, no TLS.
    Connect,
    /// The server's certificate is not trusted.
    Certificate,
    /// The server has refused the stream.
    Refused,
    /// The connection broke, and the server has not seen the request.
    Broken,
}

impl Cut {
    pub const ALL: [Cut; 4] = [Cut::Connect, Cut::Certificate, Cut::Refused, Cut::Broken];

    fn trouble(self) -> TransportError {
        match self {
            Cut::Connect => TransportError::new(TransportErrorKind::Connect, "connection refused"),
            Cut::Certificate => {
                TransportError::new(TransportErrorKind::Certificate, "invalid peer certificate: Expired")
            }
            Cut::Refused => {
                TransportError::new(TransportErrorKind::Refused, "stream error received: refused stream")
            }
            Cut::Broken => TransportError::new(TransportErrorKind::Broken, "connection reset"),
        }
    }
}

/// A road that is cut at some requests, counted from 1.
pub struct Cuts {
    cuts: Vec<(Cut, FaultTarget)>,
    sent: AtomicU64,
}

impl Cuts {
    pub fn of(cuts: Vec<(Cut, FaultTarget)>) -> Self {
        Cuts { cuts, sent: AtomicU64::new(0) }
    }
}

impl Interceptor for Cuts {
    fn travel(&self, _: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        let number = self.sent.fetch_add(1, Ordering::SeqCst) + 1;
        let cut = self.cuts.iter().find(|(_, strike)| strike.meets(number));
        cut.map_or_else(deliver, |(cut, _)| Err(cut.trouble()))
    }
}
