//! An account in this process, without a socket.

use crate::http::{InProcess, Link, RawResponse, Transport, TransportError, TransportErrorKind, WireRequest};
use crate::local::fault::{Delivery, Fault, FaultTarget};
use crate::local::{Account, BASE_PATH, Reply, Request};
use crate::system::Clock;
use form_urlencoded::Serializer;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// As long as an answer of the network is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Carries requests to it.
pub fn transport(account: Arc<Account>) -> Arc<dyn Transport> {
    Arc::new(InProcess(move |request: WireRequest| Ok(answer(account.answer(&local_request(request)?)))))
}

/// A fault of a run.
#[derive(Clone, Copy, Debug)]
pub enum ScheduledFault {
    /// Strikes its requests by their number.
    OfRequests(Fault),
    /// Strikes its writes by theirs.
    OfWrites(Fault),
}

/// The requests of a run so far.
#[derive(Default)]
struct Counted {
    requests: u64,
    writes: u64,
}

/// The same for one run, with faults; what never comes is waited for by this clock.
pub fn faulty(
    account: Arc<Account>,
    clock: Arc<dyn Clock>,
    planned: Vec<ScheduledFault>,
) -> Arc<dyn Transport> {
    let counted = Mutex::new(Counted::default());
    Arc::new(InProcess(move |request: WireRequest| {
        // One at a time: a fault strikes the next request that arrives.
        let mut counted = counted.lock();
        if let Some(fault) = counted.struck_by(&request, &planned) {
            let next = account.history().len() as u64 + 1;
            account.inject(Fault { strike: FaultTarget::Request(next), ..fault });
        }
        let (_, delivery) = account.deliver(&local_request(request)?);
        drop(counted);
        match delivery {
            Delivery::Reply(reply) => Ok(answer(reply)),
            Delivery::Broken => Err(TransportError::new(TransportErrorKind::Broken, "connection reset")),
            Delivery::Never | Delivery::Slow(_) => {
                // A clock that jumps is there at once, and no other waits here.
                drop(clock.sleep(PATIENCE));
                Err(TransportError::new(TransportErrorKind::Timeout, "no answer in time"))
            }
        }
    }))
}

impl Counted {
    /// Counts a request, and gives the fault that strikes it.
    fn struck_by(&mut self, request: &WireRequest, planned: &[ScheduledFault]) -> Option<Fault> {
        let is_write = request.endpoint.is_write();
        self.requests += 1;
        self.writes += u64::from(is_write);
        planned.iter().find_map(|planned| match planned {
            ScheduledFault::OfRequests(fault) => fault.strikes(self.requests).then_some(*fault),
            ScheduledFault::OfWrites(fault) => (is_write && fault.strikes(self.writes)).then_some(*fault),
        })
    }
}

fn answer(reply: Reply) -> RawResponse {
    RawResponse { status: reply.status, headers: reply.headers, body: reply.body }
}

fn local_request(request: WireRequest) -> Result<Request, TransportError> {
    let query = Serializer::new(String::new()).extend_pairs(&request.query).finish();
    let mark = if query.is_empty() { "" } else { "?" };
    let below = || format!("{BASE_PATH}{}{mark}{query}", request.path);
    let target = request.link.as_ref().map_or_else(below, Link::target);
    let body = request
        .whole_body()
        .map_err(|error| TransportError::new(TransportErrorKind::Withheld, error.to_string()))?;
    let seen = Request::new(request.endpoint.method, &target).with_body(body);
    Ok(Request { headers: request.headers, ..seen })
}
