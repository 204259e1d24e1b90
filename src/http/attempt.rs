//! One attempt of a call: whether it may be sent, the response, and how the response is classified.

use super::call::Call;
use super::client::{Client, interrupted, millis};
use super::envelope::Attempt;
use super::error::{TransportError, TransportErrorKind};
use super::retry;
use super::scope::Scope;
use super::transport::{RawResponse, WireRequest};
use crate::events::{Event, RequestDone};

impl Client {
    pub(super) async fn attempt(&self, call: &Call, number: u32, scope: &Scope) -> Attempt {
        if let Some(attempt) = self.known(call, scope).await {
            return attempt;
        }
        // Held until the answer is there.
        let _slot = self.slots.acquire().await;
        let (request, turn) = match self.admit(call, scope).await {
            Ok(admitted) => admitted,
            Err(trouble) => return Attempt::NotSent(trouble),
        };
        let clock = &self.settings.clock;
        let write = call.endpoint.is_write();
        scope.sending(write);
        if write {
            self.settings.events.emit(Event::WriteSent { op: scope.op });
        }
        let started = clock.elapsed();
        let sent = self.send(call, request, scope).await;
        self.limiter.note(turn, sent.as_ref().ok(), clock.elapsed(), clock.now());
        if let Ok(answer) = &sent {
            self.meet(answer);
        }
        let status = sent.as_ref().ok().map(|answer| answer.status);
        let attempt = self.judge(call, sent);
        if !matches!(attempt, Attempt::Lost(_)) {
            scope.answered(write);
        }
        if write && matches!(attempt, Attempt::Answered(_)) {
            scope.got_on(clock.elapsed());
        }
        self.settings.events.emit(Event::Request(RequestDone {
            op: Some(scope.op).filter(|op| *op != 0),
            method: call.endpoint.method.to_owned(),
            path: call.target(self.account()),
            status,
            refused: is_no(&attempt),
            write,
            attempt: number,
            started_ms: millis(started),
            ms: millis(clock.elapsed().saturating_sub(started)),
            retry: self.is_tried_again(call, &attempt).then(|| describe(&attempt)),
        }));
        attempt
    }

    fn is_tried_again(&self, call: &Call, attempt: &Attempt) -> bool {
        let is_young = matches!(attempt, Attempt::Refused(error) if self.not_seen_yet(call, error).is_some());
        is_young || retry::again(call.endpoint.class, attempt)
    }

    /// Waits for its turn; or why it may not be sent.
    async fn admit(&self, call: &Call, scope: &Scope) -> Result<(WireRequest, u64), TransportError> {
        let write = call.endpoint.is_write();
        let (stop, clock) = (&self.settings.stop, &self.settings.clock);
        let turn = self.admitted(call, scope).await?;
        // The signal may have come while it waited.
        let stopped =
            self.slots.is_closed() || stop.hard.is_cancelled() || (write && stop.soft.is_cancelled());
        let trouble = if stopped {
            interrupted(call)
        } else if self.limiter.is_late(clock.elapsed(), !write && scope.has_written()) {
            self.late(call)
        } else {
            match self.request(call) {
                Ok(request) if !request.leads_elsewhere() => return Ok((request, turn)),
                Ok(_) => {
                    let detail = "a name that is `.` or `..` can't be part of a path";
                    let mut trouble = TransportError::new(TransportErrorKind::Withheld, detail);
                    trouble.endpoint = Some(call.endpoint);
                    trouble
                }
                Err(trouble) => TransportError { endpoint: Some(call.endpoint), ..trouble },
            }
        };
        self.limiter.note(turn, None, clock.elapsed(), clock.now());
        Err(trouble)
    }

    async fn send(
        &self,
        call: &Call,
        request: WireRequest,
        scope: &Scope,
    ) -> Result<RawResponse, TransportError> {
        let write = call.endpoint.is_write();
        let is_look = !write && scope.has_written();
        tokio::select! {
            biased;
            answer = self.settings.transport.send(request) => answer,
            () = self.limiter.over(self.settings.clock.elapsed(), is_look), if !write => Err(self.late(call)),
            () = self.settings.stop.hard.cancelled() => {
                // The request is on its way: whether it arrives is not known.
                Err(TransportError::new(TransportErrorKind::Broken, "interrupted while waiting for the answer"))
            }
        }
    }
}

fn describe(attempt: &Attempt) -> String {
    match attempt {
        Attempt::Throttled(error) => retry::throttled(error).detail,
        Attempt::Lost(trouble) | Attempt::NotSent(trouble) => trouble.detail.clone(),
        Attempt::Refused(error) => error.message(),
        Attempt::Answered(_) => String::new(),
    }
}

/// Whether an answer means that nothing was done; one with a success status must contain an error.
fn is_no(attempt: &Attempt) -> bool {
    match attempt {
        Attempt::Refused(error) => error.status >= 300 || !error.items.is_empty(),
        Attempt::Throttled(_) | Attempt::NotSent(_) => true,
        Attempt::Answered(_) | Attempt::Lost(_) => false,
    }
}
