//! The processing of a request around the handler: request limit, injected faults, stale reads, latency.
//!
//! **Invariant:** what is refused for the limit, or struck by a fault that is not applied, never reaches a service.

use super::super::fault::{Delivery, Fault, FaultEffect, FaultKind, Stale, StaleReads};
use super::super::history::Applied;
use super::super::limit;
use super::super::reply::{ErrorReply, Reply, ray};
use super::super::request::Request;
use super::Account;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

impl Account {
    /// Plays a fault from now on.
    pub fn inject(&self, fault: Fault) {
        self.faults.lock().push(fault);
    }

    /// Plays no fault from now on; what is late still takes effect, and what reads do not show yet they still don't. What was
    /// just made is found by whatever is asked about it.
    pub fn heal(&self) {
        self.faults.lock().clear();
        self.stale.lock().retain(|one| !one.is_from_all());
    }

    /// Answers as [`Account::answer`] does, with the faults that were injected; the number is the request's own in the
    /// history.
    pub fn deliver(&self, request: &Request) -> (u64, Delivery) {
        let sequence = self.receive(request);
        let delivery = self.play(sequence, request);
        if matches!(delivery, Delivery::Reply(_)) {
            self.answered(sequence);
        }
        (sequence, delivery)
    }

    /// Applies a request and says what comes back, as the limit and the fault that strikes it want.
    fn play(&self, sequence: u64, request: &Request) -> Delivery {
        self.apply_late();
        let Some(limit) = self.options.limit else { return self.play_fault(sequence, request) };
        let left = self.meter.lock().count(limit, self.clock.elapsed());
        if left.is_over() {
            let now = self.clock.elapsed();
            let refused = Applied { route: None, status: 429, code: Some(limit::CODE), changed: false };
            self.history.apply(sequence, now, &refused);
            return Delivery::Reply(left.refusal(limit).marked(sequence));
        }
        match self.play_fault(sequence, request) {
            Delivery::Reply(reply) => Delivery::Reply(left.tell(limit, reply)),
            other => other,
        }
    }

    fn play_fault(&self, sequence: u64, request: &Request) -> Delivery {
        let struck = self.faults.lock().iter().find(|fault| fault.strikes(sequence)).copied();
        let Some(fault) = struck else { return Delivery::Reply(self.show(sequence, request)) };
        let answer = match (fault.effect, fault.delay()) {
            (FaultEffect::Applied, Some(delay)) => {
                let due = self.clock.elapsed().saturating_add(delay);
                self.late.lock().push((due, sequence, request.clone()));
                None
            }
            (FaultEffect::Applied, None) => Some(self.show(sequence, request)),
            (FaultEffect::NotApplied, _) => None,
        };
        let hiding = match fault.kind {
            FaultKind::Stale { reads, .. } => Some((reads, StaleReads::FromReads)),
            FaultKind::Young(requests) => Some((requests, StaleReads::FromAll)),
            _ => None,
        };
        if let (Some((times, hidden)), Some(answer)) = (hiding, &answer) {
            self.stale.lock().extend(Stale::of(request, answer, times, hidden));
        }
        fault.deliver(request, answer, self.clock.now(), &ray(sequence))
    }

    /// Applies a request; a read does not show what is hidden from it.
    fn show(&self, sequence: u64, request: &Request) -> Reply {
        let hiding: Vec<Stale> = {
            let mut stale = self.stale.lock();
            stale.retain(|one| !one.is_over());
            stale.iter_mut().filter_map(|one| one.hides(request).then(|| one.clone())).collect()
        };
        if let Some(elsewhere) = hiding.iter().find_map(|one| one.elsewhere(request)) {
            return self.apply(sequence, &elsewhere);
        }
        hiding.iter().fold(self.apply(sequence, request), |reply, one| one.without(&reply))
    }

    /// Lets requests take effect whose time has come.
    fn apply_late(&self) {
        let now = self.clock.elapsed();
        let due: Vec<(Duration, u64, Request)> = {
            let mut late = self.late.lock();
            let (due, rest) = late.drain(..).partition(|(due, ..)| *due <= now);
            *late = rest;
            due
        };
        for (_, sequence, request) in due {
            self.apply(sequence, &request);
        }
    }

    /// Answers as over a network: the latency passes around the request, which is applied off the async threads. When
    /// the caller gives up meanwhile, the history shows how far the request came.
    ///
    /// Injected faults are played.
    pub async fn exchange(self: Arc<Self>, request: Request) -> Delivery {
        let sequence = self.receive(&request);
        self.travel().await;
        let account = Arc::clone(&self);
        let applied = tokio::task::spawn_blocking(move || account.play(sequence, &request)).await;
        self.travel().await;
        let delivery = applied.unwrap_or_else(|error| {
            Delivery::Reply(ErrorReply::new(500, 10001, format!("internal error: {error}")).into())
        });
        if matches!(delivery, Delivery::Reply(_)) {
            self.answered(sequence);
        }
        delivery
    }

    /// What a new connection waits for before its first request is read; `None` where it is open at once.
    pub(in super::super) fn connection_opens(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        let latency = self.options.connection_latency;
        (!latency.is_zero()).then(|| self.clock.sleep(latency))
    }

    async fn travel(&self) {
        if !self.options.latency.is_zero() {
            self.clock.sleep(self.options.latency / 2).await;
        }
    }
}
