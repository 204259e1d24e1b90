//! Sends calls: credentials, the retry table, the request budget, one event per exchange.

use super::call::{Body, Call};
use super::credentials::Credentials;
use super::envelope::{self, ApiResponse, Attempt, RETRY_AFTER_MAX};
use super::error::{ReadError, TransportError, TransportErrorKind};
use super::limiter::{Admission, Limiter};
use super::link::Link;
use super::outcome::Outcome;
use super::recent_writes::RecentWrites;
use super::result_form;
use super::retry::{self, RetryBudget};
use super::scope::{self, Scope};
use super::transport::{RawResponse, Transport, WireRequest};
use crate::events::{Event, Sink};
use crate::system::Clock;
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::sync::CancellationToken;

/// At most this many requests are under way at once (docs/architecture.md#the-order-of-ops).
pub(super) const IN_FLIGHT_MAX: usize = 32;

/// The tokens that end a run.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// Nothing new is begun; what is under way is finished.
    pub soft: CancellationToken,
    /// What is under way is given up.
    pub hard: CancellationToken,
}

/// What a client is made of.
pub struct Settings {
    pub transport: Arc<dyn Transport>,
    /// The account's id, 32 hexadecimal characters.
    pub account: String,
    pub credentials: Credentials,
    pub clock: Arc<dyn Clock>,
    /// The event sink for exchanges.
    pub events: Arc<dyn Sink>,
    /// The tokens that end the run.
    pub stop: Stop,
}

/// The API, bound to one account.
pub struct Client {
    pub(super) settings: Settings,
    retry_budget: Mutex<RetryBudget>,
    pub(super) slots: Semaphore,
    /// What keeps it from writing, once that was asked; `None` where it is not asked.
    bar: Option<OnceCell<Option<TransportError>>>,
    pub(super) limiter: Arc<Limiter>,
    /// Whether a local account has answered.
    pub(super) is_local: AtomicBool,
    /// Whether the account check was asked for ahead.
    is_checked_ahead: AtomicBool,
    pub(super) recent_writes: RecentWrites,
}

impl Client {
    /// A client; nothing is opened yet.
    pub fn new(settings: Settings) -> Self {
        Client {
            settings,
            retry_budget: Mutex::new(RetryBudget::full()),
            slots: Semaphore::new(IN_FLIGHT_MAX),
            bar: None,
            limiter: Arc::default(),
            is_local: AtomicBool::default(),
            is_checked_ahead: AtomicBool::default(),
            recent_writes: RecentWrites::default(),
        }
    }

    /// The same, asking before the first write whether the credentials reach the account.
    #[must_use]
    pub fn pinned(self) -> Self {
        Client { bar: Some(OnceCell::new()), ..self }
    }

    /// Asks beside other reads what is asked before the first write, once, so that the pass that writes finds it answered.
    /// What comes of it is judged there, and a failure is no more than a read that did not come.
    pub async fn check_ahead(&self) {
        if self.bar.is_some() && !self.is_checked_ahead.swap(true, Ordering::Relaxed) {
            drop(self.reach().await);
        }
    }

    /// The same, with a limiter that it shares with other clients of the run.
    #[must_use]
    pub fn with_limiter(mut self, limiter: Arc<Limiter>) -> Self {
        self.limiter = limiter;
        self
    }

    /// Keeps to the account's request limit.
    pub fn limiter(&self) -> &Arc<Limiter> {
        &self.limiter
    }

    /// Whether what has answered so far is a local account: what it makes is nowhere else.
    pub fn met_local_account(&self) -> bool {
        self.is_local.load(Ordering::Relaxed)
    }

    pub fn account(&self) -> &str {
        &self.settings.account
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.settings.clock
    }

    /// The tokens that end the run.
    pub fn stop(&self) -> &Stop {
        &self.settings.stop
    }

    /// Sends a read and decodes its `result`; a write is withheld, as its outcome would get lost here.
    pub async fn read<T: DeserializeOwned>(&self, call: Call) -> Result<T, ReadError> {
        only_reads(&call)?;
        self.write(call).await.read()
    }

    /// Sends a read of one thing and decodes it; `None` where there is no such thing.
    pub async fn find<T: DeserializeOwned>(&self, call: Call) -> Result<Option<T>, ReadError> {
        match self.read(call).await {
            Ok(value) => Ok(Some(value)),
            Err(ReadError::Rejected(error)) if error.meaning() == Some(super::CodeMeaning::NotFound) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Sends a read and gives the whole answer; a write is withheld, as its outcome would get lost here.
    pub async fn answer(&self, call: &Call) -> Result<ApiResponse, ReadError> {
        only_reads(call)?;
        self.outcome(call).await.read()
    }

    /// Sends a call and decodes its `result`; an answer that can't be decoded is an unknown outcome.
    pub async fn write<T: DeserializeOwned>(&self, call: Call) -> Outcome<T> {
        match self.outcome(&call).await {
            Outcome::Applied(answer) => match result_form::read(&answer.result) {
                Ok(value) => Outcome::Applied(value),
                Err(trouble) => Outcome::Unknown(TransportError { endpoint: Some(call.endpoint), ..trouble }),
            },
            Outcome::NotSent(trouble) => Outcome::NotSent(trouble),
            Outcome::Rejected(error) => Outcome::Rejected(error),
            Outcome::Unknown(trouble) => Outcome::Unknown(trouble),
        }
    }

    /// Sends a deletion. Its `result` is mostly empty; an error inside it is not taken for success.
    pub async fn removal(&self, call: &Call) -> Outcome<()> {
        match self.outcome(call).await {
            Outcome::Applied(answer) if envelope::has_inner_no(&answer.result) => {
                let mut trouble =
                    TransportError::new(TransportErrorKind::Malformed, "a yes with a no in its `result`");
                trouble.endpoint = Some(call.endpoint);
                Outcome::Unknown(trouble)
            }
            Outcome::Applied(_) => Outcome::Applied(()),
            Outcome::NotSent(trouble) => Outcome::NotSent(trouble),
            Outcome::Rejected(error) => Outcome::Rejected(error),
            Outcome::Unknown(trouble) => Outcome::Unknown(trouble),
        }
    }

    /// Sends a call, as often as the table allows.
    pub async fn outcome(&self, call: &Call) -> Outcome<ApiResponse> {
        if call.endpoint.is_write()
            && let Some(bar) = &self.bar
            && let Some(trouble) = bar.get_or_init(|| Box::pin(self.check_account())).await
        {
            return Outcome::NotSent(TransportError { endpoint: Some(call.endpoint), ..trouble.clone() });
        }
        let scope = scope::current();
        scope.begun(self.settings.clock.elapsed());
        let mut lost: Option<TransportError> = None;
        let mut number = 1;
        loop {
            let presented = self.settings.credentials.generation();
            let attempt = self.attempt(call, number, &scope).await;
            if self.may_ask_anew(call, &attempt, presented) {
                number += 1;
                continue;
            }
            // What is not there after a deletion whose answer was lost is gone.
            if lost.is_none()
                && let Attempt::Refused(error) = &attempt
                && let Some(pause) = self.not_seen_yet(call, error)
                && self.passed(pause).await
            {
                number += 1;
                continue;
            }
            let pause = self.pause_before(call.endpoint.class, &attempt, number + 1, &scope);
            let again = match pause {
                Some(pause) => self.passed(pause).await,
                None => false,
            };
            if !again {
                if matches!(attempt, Attempt::Answered(_)) {
                    self.retry_budget.lock().refund(number - 1);
                }
                return retry::ends(attempt, lost);
            }
            if let Attempt::Lost(trouble) = attempt {
                lost.get_or_insert(trouble);
            }
            number += 1;
        }
    }

    /// Whether credentials were refused of which there are newer ones: nothing has looked at the request.
    fn may_ask_anew(&self, call: &Call, attempt: &Attempt, presented: u32) -> bool {
        let is_denied = matches!(attempt, Attempt::Refused(error) if error.is_denied());
        is_denied && call.link.is_none() && self.settings.credentials.are_newer_than(presented)
    }

    /// The pause before the next attempt; `None` when there is none.
    fn pause_before(
        &self,
        class: super::Class,
        attempt: &Attempt,
        next: u32,
        scope: &Scope,
    ) -> Option<Duration> {
        if !retry::again(class, attempt)
            || next > retry::ATTEMPTS_MAX
            || scope.is_ahead()
            || self.settings.stop.soft.is_cancelled()
        {
            return None;
        }
        let clock = &self.settings.clock;
        let now = clock.elapsed();
        let own = retry::pause(next, clock.chance());
        let pause = match attempt {
            // The limiter holds back every request for as long as is asked: this one is as patient as they.
            Attempt::Throttled(error) => {
                let until = now.saturating_add(error.retry_after.unwrap_or_default());
                self.limiter.allows(now, until).then_some(own)?
            }
            Attempt::Lost(trouble) | Attempt::NotSent(trouble) => {
                let asked = trouble.retry_after.unwrap_or_default();
                (asked <= RETRY_AFTER_MAX).then_some(asked.max(own))?
            }
            Attempt::Answered(_) | Attempt::Refused(_) => return None,
        };
        let until = now.saturating_add(pause);
        let in_time = until.saturating_sub(scope.begun(now)) <= retry::DEADLINE;
        // A server that refuses streams says how many it takes at once, and is not amplified.
        let is_refused =
            matches!(attempt, Attempt::NotSent(trouble) if trouble.kind == TransportErrorKind::Refused);
        let may_pay = || is_refused || self.retry_budget.lock().pay();
        (in_time && self.limiter.allows(now, until) && may_pay()).then_some(pause)
    }

    /// Waits for the account's request limit; gives the request's number there.
    pub(super) async fn admitted(&self, call: &Call, scope: &Scope) -> Result<u64, TransportError> {
        let clock = &self.settings.clock;
        let begun = clock.elapsed();
        let _turn = self.limiter.gate.lock().await;
        loop {
            let now = clock.elapsed();
            let (until, why) = match self.limiter.admit(now) {
                Admission::Go(number) => {
                    scope.postpone(now.saturating_sub(begun));
                    return Ok(number);
                }
                Admission::Wait(until, why) => (until, why),
            };
            let wait = until.saturating_sub(now);
            if !self.limiter.allows(now, until) {
                let detail = format!("too many requests: {why}, come back in {} s", seconds(wait));
                return Err(trouble(TransportErrorKind::Throttled, detail, call));
            }
            if self.limiter.announce(until) {
                self.settings.events.emit(Event::Waiting { reason: why, ms: millis(wait) });
            }
            if !self.passed(wait).await {
                return Err(interrupted(call));
            }
        }
    }

    /// Whether the pause came to its end.
    async fn passed(&self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.settings.clock.sleep(pause) => true,
            () = self.settings.stop.soft.cancelled() => false,
        }
    }

    pub(super) fn judge(&self, call: &Call, sent: Result<RawResponse, TransportError>) -> Attempt {
        match sent {
            Ok(answer) => {
                let (path, now) = (call.target(self.account()), self.settings.clock.now());
                envelope::judge(call.endpoint, call.expects, (&path, &call.body), &answer, now)
            }
            Err(mut trouble) => {
                trouble.endpoint = Some(call.endpoint);
                if trouble.was_sent() { Attempt::Lost(trouble) } else { Attempt::NotSent(trouble) }
            }
        }
    }

    pub(super) fn request(&self, call: &Call) -> Result<WireRequest, TransportError> {
        let link = call.link.as_deref().map(Link::parse).transpose()?;
        let mut headers = Vec::new();
        if link.is_none() {
            headers.push(("accept".to_owned(), "application/json".to_owned()));
            headers.extend(self.settings.credentials.present());
        }
        let body = match &call.body {
            Body::Empty | Body::File(_) => Vec::new(),
            Body::Json(json) => {
                headers.push(("content-type".into(), "application/json".into()));
                json.to_string().into_bytes()
            }
            Body::Bytes { content_type, bytes } => {
                if !content_type.is_empty() {
                    headers.push(("content-type".into(), content_type.clone()));
                }
                bytes.clone()
            }
        };
        headers.extend(call.headers.iter().cloned());
        Ok(WireRequest {
            endpoint: call.endpoint,
            path: call.target(self.account()),
            query: call.query.clone(),
            headers,
            body,
            file: if let Body::File(file) = &call.body { Some(file.clone()) } else { None },
            incoming: call.incoming.clone(),
            link,
            expects: call.expects,
        })
    }

    pub(super) fn late(&self, call: &Call) -> TransportError {
        let deadline = self.limiter.patience().deadline.unwrap_or_default();
        trouble(
            TransportErrorKind::Late,
            format!("the {} s that the run may take are over", deadline.as_secs()),
            call,
        )
    }

    /// Where exchanges are reported.
    pub(super) fn events(&self) -> &Arc<dyn Sink> {
        &self.settings.events
    }

    /// Gives back what so many retries have cost.
    pub(super) fn give_back(&self, retries: u64) {
        self.retry_budget.lock().refund(u32::try_from(retries).unwrap_or(u32::MAX));
    }
}

/// Holds back a write that its caller takes for a read.
fn only_reads(call: &Call) -> Result<(), ReadError> {
    if !call.endpoint.is_write() {
        return Ok(());
    }
    let detail = format!("`{} {}` is no read", call.endpoint.method, call.endpoint.path);
    Err(ReadError::Failed(trouble(TransportErrorKind::Withheld, detail, call)))
}

fn trouble(kind: TransportErrorKind, detail: impl Into<String>, call: &Call) -> TransportError {
    TransportError { endpoint: Some(call.endpoint), ..TransportError::new(kind, detail) }
}

pub(super) fn interrupted(call: &Call) -> TransportError {
    trouble(TransportErrorKind::Interrupted, "the run was interrupted", call)
}

/// Rounded up.
fn seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
