//! Sends calls: credentials, the retry table, the request budget, one event per exchange.

use super::call::{Body, Call};
use super::envelope::{self, Answer, Attempt};
use super::error::{ApiError, ReadError, Trouble, TroubleKind};
use super::link::Link;
use super::outcome::Outcome;
use super::retry::{self, Purse};
use super::scope;
use super::transport::{RawAnswer, Transport, WireRequest};
use crate::events::{Event, RequestDone, Sink};
use crate::secret::Secret;
use crate::system::Clock;
use serde::de::DeserializeOwned;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::sync::CancellationToken;

/// At most this many requests are under way at once (design 4).
const IN_FLIGHT_MAX: usize = 32;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// `Authorization: Bearer`.
    Token(Secret),
    /// The legacy pair.
    Key {
        /// The account holder's address.
        email: String,
        /// The global key.
        key: Secret,
    },
}

/// How a run is told to end.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    /// Nothing new is begun; what is under way is finished.
    pub soft: CancellationToken,
    /// What is under way is given up.
    pub hard: CancellationToken,
}

/// What a client is made of.
pub struct Settings {
    /// Carries the requests.
    pub transport: Arc<dyn Transport>,
    /// The account's id, 32 hexadecimal characters.
    pub account: String,
    /// Who asks.
    pub credentials: Credentials,
    /// Time and chance.
    pub clock: Arc<dyn Clock>,
    /// Where exchanges are told.
    pub events: Arc<dyn Sink>,
    /// How the run is told to end.
    pub stop: Stop,
}

/// The API, bound to one account.
pub struct Client {
    settings: Settings,
    purse: Mutex<Purse>,
    slots: Semaphore,
    /// What keeps it from writing, once that was asked; `None` where it is not asked.
    bar: Option<OnceCell<Option<Trouble>>>,
}

impl Client {
    /// A client; nothing is opened yet.
    pub fn new(settings: Settings) -> Self {
        let (purse, slots) = (Mutex::new(Purse::full()), Semaphore::new(IN_FLIGHT_MAX));
        Client { settings, purse, slots, bar: None }
    }

    /// The same, asking before the first write whether the credentials reach the account.
    #[must_use]
    pub fn pinned(self) -> Self {
        Client { bar: Some(OnceCell::new()), ..self }
    }

    /// The account's id.
    pub fn account(&self) -> &str {
        &self.settings.account
    }

    /// Time and chance.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.settings.clock
    }

    /// How the run is told to end.
    pub fn stop(&self) -> &Stop {
        &self.settings.stop
    }

    /// Sends a read and decodes its `result`.
    pub async fn read<T: DeserializeOwned>(&self, call: Call) -> Result<T, ReadError> {
        self.write(call).await.read()
    }

    /// Sends a read of one thing and decodes it; `None` where there is no such thing.
    pub async fn find<T: DeserializeOwned>(&self, call: Call) -> Result<Option<T>, ReadError> {
        match self.read(call).await {
            Ok(value) => Ok(Some(value)),
            Err(ReadError::Rejected(error)) if error.meaning() == Some(super::Meaning::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends a read and gives the whole answer.
    pub async fn answer(&self, call: &Call) -> Result<Answer, ReadError> {
        self.outcome(call).await.read()
    }

    /// Sends a call and decodes its `result`; an answer that can't be decoded is an unknown outcome.
    pub async fn write<T: DeserializeOwned>(&self, call: Call) -> Outcome<T> {
        match self.outcome(&call).await {
            Outcome::Applied(answer) => match serde_json::from_value(answer.result) {
                Ok(value) => Outcome::Applied(value),
                Err(error) => {
                    let mut trouble =
                        Trouble::new(TroubleKind::Malformed, format!("an unexpected `result`: {error}"));
                    trouble.endpoint = Some(call.endpoint);
                    Outcome::Unknown(trouble)
                }
            },
            Outcome::NotSent(trouble) => Outcome::NotSent(trouble),
            Outcome::Rejected(error) => Outcome::Rejected(error),
            Outcome::Unknown(trouble) => Outcome::Unknown(trouble),
        }
    }

    /// Sends a call, as often as the table allows.
    pub async fn outcome(&self, call: &Call) -> Outcome<Answer> {
        let class = call.endpoint.class;
        if call.endpoint.is_write()
            && let Some(bar) = &self.bar
            && let Some(trouble) = bar.get_or_init(|| Box::pin(self.barred())).await
        {
            return Outcome::NotSent(Trouble { endpoint: Some(call.endpoint), ..trouble.clone() });
        }
        let begun = self.settings.clock.elapsed();
        let mut lost: Option<Trouble> = None;
        let mut number = 1;
        loop {
            let attempt = self.attempt(call, number).await;
            let pause = self.pause_before(class, &attempt, number + 1, begun);
            if let Attempt::Lost(trouble) = &attempt {
                lost.get_or_insert_with(|| trouble.clone());
            }
            let again = match pause {
                Some(pause) => self.passed(pause).await,
                None => false,
            };
            match (again, attempt) {
                (true, _) => number += 1,
                (false, Attempt::Answered(answer)) => {
                    self.purse().refund(number - 1);
                    return Outcome::Applied(answer);
                }
                (false, Attempt::Lost(trouble)) => return Outcome::Unknown(trouble),
                // An earlier attempt may have been applied: what came after it proves nothing, but for a delete that
                // finds nothing left.
                (false, Attempt::Refused(error)) => {
                    return match lost {
                        Some(trouble) if !gone(call, &error) => Outcome::Unknown(trouble),
                        _ => Outcome::Rejected(error),
                    };
                }
                (false, Attempt::NotSent(trouble)) => {
                    return lost.map_or(Outcome::NotSent(trouble), Outcome::Unknown);
                }
                (false, Attempt::Throttled(error)) => {
                    return lost.map_or_else(|| Outcome::NotSent(throttled(&error)), Outcome::Unknown);
                }
            }
        }
    }

    /// The pause before the next attempt; `None` when there is none.
    fn pause_before(
        &self,
        class: super::Class,
        attempt: &Attempt,
        next: u32,
        begun: Duration,
    ) -> Option<Duration> {
        if !retry::again(class, attempt)
            || next > retry::ATTEMPTS_MAX
            || self.settings.stop.soft.is_cancelled()
        {
            return None;
        }
        let asked = match attempt {
            Attempt::Throttled(error) => error.retry_after,
            Attempt::Lost(trouble) | Attempt::NotSent(trouble) => trouble.retry_after,
            Attempt::Answered(_) | Attempt::Refused(_) => None,
        };
        let clock = &self.settings.clock;
        if asked.is_some_and(|asked| asked > retry::RETRY_AFTER_MAX)
            || clock.elapsed().saturating_sub(begun) > retry::DEADLINE
            || !self.purse().pay()
        {
            return None;
        }
        Some(asked.unwrap_or_default().max(retry::pause(next, clock.chance())))
    }

    /// Whether the pause came to its end.
    async fn passed(&self, pause: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.settings.clock.sleep(pause) => true,
            () = self.settings.stop.soft.cancelled() => false,
        }
    }

    async fn attempt(&self, call: &Call, number: u32) -> Attempt {
        let write = call.endpoint.is_write();
        let stop = &self.settings.stop;
        let slot = self.slots.acquire().await;
        // The signal may have come while it waited for its slot.
        if slot.is_err() || stop.hard.is_cancelled() || (write && stop.soft.is_cancelled()) {
            return Attempt::NotSent(interrupted(call));
        }
        let request = match self.request(call) {
            Ok(request) => request,
            Err(trouble) => return Attempt::NotSent(Trouble { endpoint: Some(call.endpoint), ..trouble }),
        };
        let scope = scope::current();
        scope.sending(write);
        if write {
            self.settings.events.emit(Event::WriteSent { op: scope.op });
        }
        let clock = &self.settings.clock;
        let started = clock.elapsed();
        let sent = tokio::select! {
            biased;
            answer = self.settings.transport.send(request) => answer,
            () = stop.hard.cancelled() => {
                // The request is on its way: whether it arrives is not known.
                Err(Trouble::new(TroubleKind::Broken, "interrupted while waiting for the answer"))
            }
        };
        let status = sent.as_ref().ok().map(|answer| answer.status);
        let attempt = self.judge(call, sent);
        if !matches!(attempt, Attempt::Lost(_)) {
            scope.answered(write);
        }
        let class = call.endpoint.class;
        self.settings.events.emit(Event::Request(RequestDone {
            op: Some(scope.op).filter(|op| *op != 0),
            method: call.endpoint.method.to_owned(),
            path: call.target(self.account()),
            status,
            write,
            attempt: number,
            started_ms: millis(started),
            ms: millis(clock.elapsed().saturating_sub(started)),
            retry: retry::again(class, &attempt).then(|| describe(&attempt)),
        }));
        attempt
    }

    fn judge(&self, call: &Call, sent: Result<RawAnswer, Trouble>) -> Attempt {
        match sent {
            Ok(answer) => envelope::read(call.endpoint, call.raw, &answer, self.settings.clock.now()),
            Err(mut trouble) => {
                trouble.endpoint = Some(call.endpoint);
                if trouble.was_sent() { Attempt::Lost(trouble) } else { Attempt::NotSent(trouble) }
            }
        }
    }

    fn request(&self, call: &Call) -> Result<WireRequest, Trouble> {
        let link = call.link.as_deref().map(Link::parse).transpose()?;
        let mut headers = Vec::new();
        if link.is_none() {
            headers.push(("accept".to_owned(), "application/json".to_owned()));
            headers.extend(self.credentials());
        }
        let body = match &call.body {
            Body::Empty => Vec::new(),
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
        headers.extend(call.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Ok(WireRequest {
            endpoint: call.endpoint,
            path: call.target(self.account()),
            query: call.query.clone(),
            headers,
            body,
            link,
        })
    }

    fn credentials(&self) -> Vec<(String, String)> {
        match &self.settings.credentials {
            Credentials::Token(token) => {
                vec![("authorization".into(), format!("Bearer {}", token.expose()))]
            }
            Credentials::Key { email, key } => {
                vec![("x-auth-email".into(), email.clone()), ("x-auth-key".into(), key.expose().to_owned())]
            }
        }
    }

    fn purse(&self) -> std::sync::MutexGuard<'_, Purse> {
        self.purse.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn gone(call: &Call, error: &ApiError) -> bool {
    call.endpoint.class == super::Class::Delete && error.meaning() == Some(super::Meaning::NotFound)
}

fn interrupted(call: &Call) -> Trouble {
    let mut trouble = Trouble::new(TroubleKind::Interrupted, "the run was interrupted");
    trouble.endpoint = Some(call.endpoint);
    trouble
}

fn throttled(error: &ApiError) -> Trouble {
    let wait = error.retry_after.map(|wait| format!(", come back in {} s", wait.as_secs()));
    Trouble {
        kind: TroubleKind::Throttled,
        detail: format!("too many requests{}", wait.unwrap_or_default()),
        endpoint: Some(error.endpoint),
        ray: error.ray.clone(),
        retry_after: error.retry_after,
    }
}

fn describe(attempt: &Attempt) -> String {
    match attempt {
        Attempt::Throttled(error) => throttled(error).detail,
        Attempt::Lost(trouble) | Attempt::NotSent(trouble) => trouble.detail.clone(),
        Attempt::Refused(error) => error.message(),
        Attempt::Answered(_) => String::new(),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
