//! The whole retry table, and the delays between attempts.

use super::super::call::{Call, Expects};
use super::super::client::{Client, Settings, Stop};
use super::super::credentials::{Credentials, TokenSource};
use super::super::endpoint::Endpoint;
use super::super::envelope;
use super::super::in_process::InProcess;
use super::super::limiter::{Limiter, RequestBudget, WaitPolicy};
use super::super::paging::Paging;
use super::super::scope::{Scope, scoped};
use super::super::transport::{RawResponse, WireRequest};
use super::*;
use crate::events::{Event, Recorder};
use crate::secret::Secret;
use crate::system::{Clock, ManualClock};
use parking_lot::Mutex;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// A refusal without a reason.
const NO: &str = r#"{"success":false,"errors":[]}"#;

const CLASSES: [Class; 6] =
    [Class::Read, Class::Ensure, Class::Replace, Class::Delete, Class::Guarded, Class::Raw];

const fn endpoint(class: Class) -> Endpoint {
    Endpoint { method: "POST", path: "/", permission: "", class, doing: "", meanings: &[] }
}

static ENDPOINTS: [Endpoint; 6] = [
    endpoint(Class::Read),
    endpoint(Class::Ensure),
    endpoint(Class::Replace),
    endpoint(Class::Delete),
    endpoint(Class::Guarded),
    endpoint(Class::Raw),
];

/// What an attempt comes to: whether it is sent again, what it ends as if not, and what it ends as when an attempt before
/// it was lost.
fn cell(class: Class, attempt: Attempt, again: Attempt) -> String {
    let plus = if super::again(class, &attempt) { "+" } else { "" };
    let letter = |outcome: Outcome<ApiResponse>| match outcome {
        Outcome::NotSent(_) => 'N',
        Outcome::Rejected(_) => 'R',
        Outcome::Applied(_) => 'A',
        Outcome::Unknown(_) => 'U',
    };
    let lost = TransportError::new(TransportErrorKind::Broken, "");
    format!("{}{}{plus}", letter(ends(attempt, None)), letter(ends(again, Some(lost))))
}

fn row(attempt: impl Fn(&'static Endpoint) -> Attempt) -> String {
    let cells = ENDPOINTS.iter().zip(CLASSES).map(|(endpoint, class)| {
        assert_eq!(endpoint.class, class);
        format!("{:<5}", cell(class, attempt(endpoint), attempt(endpoint)))
    });
    cells.collect::<String>().trim_end().to_owned()
}

/// Each row with the statuses that have it.
fn statuses(body: &str) -> Vec<String> {
    let mut table: Vec<(String, u16, u16)> = Vec::new();
    for status in 100..600 {
        let answer = RawResponse { status, body: body.as_bytes().to_vec(), ..RawResponse::default() };
        let row =
            row(|endpoint| envelope::read(endpoint, Expects::Envelope, &answer, jiff::Timestamp::UNIX_EPOCH));
        match table.last_mut() {
            Some((known, _, last)) if *known == row => *last = status,
            _ => table.push((row, status, status)),
        }
    }
    table.into_iter().map(|(row, first, last)| format!("{first}-{last} {row}")).collect()
}

// First letter: what it ends as. Second: the same after an attempt that was lost. A plus: it is sent again.
// N not sent, R rejected, A applied, U unknown. Columns: read, ensure, replace, delete, guarded, raw.

#[test]
fn every_status_with_a_yes() {
    assert_eq!(
        statuses(r#"{"success":true,"result":{}}"#),
        [
            "100-299 AA   AA   AA   AA   AA   AA",
            "300-428 UU+  UU   UU+  UU+  UU   UU",
            "429-429 NU+  UU   UU+  UU+  UU   UU",
            "430-599 UU+  UU   UU+  UU+  UU   UU",
        ]
    );
}

#[test]
fn every_status_with_a_no() {
    assert_eq!(
        statuses(r#"{"success":false,"errors":[{"code":1,"message":"no"}]}"#),
        [
            "100-203 RU   RU   RU   RU   RU   RU",
            "204-205 AA   AA   AA   AA   AA   AA",
            "206-403 RU   RU   RU   RU   RU   RU",
            "404-404 RU   RU   RU   RR   RU   RU",
            "405-407 RU   RU   RU   RU   RU   RU",
            "408-408 UU+  UU   UU+  UU+  UU   UU",
            "409-409 RU   RU   RU   RU   RU   RU",
            "410-410 RU   RU   RU   RR   RU   RU",
            "411-428 RU   RU   RU   RU   RU   RU",
            "429-429 NU+  NU+  NU+  NU+  NU+  NU",
            "430-499 RU   RU   RU   RU   RU   RU",
            "500-599 UU+  UU   UU+  UU+  UU   UU",
        ]
    );
}

#[test]
fn every_status_with_a_page_or_half_an_envelope() {
    let expected = [
        "100-203 UU+  UU   UU+  UU+  UU   UU",
        "204-205 AA   AA   AA   AA   AA   AA",
        "206-428 UU+  UU   UU+  UU+  UU   UU",
        "429-429 NU+  UU   UU+  UU+  UU   UU",
        "430-599 UU+  UU   UU+  UU+  UU   UU",
    ];
    for body in ["<html>", "", "{\"success\":tr", "hello", "[]", "{}"] {
        assert_eq!(statuses(body), expected, "{body}");
    }
}

#[test]
fn the_request_limit_said_with_another_status() {
    let said = statuses(r#"{"success":false,"errors":[{"code":10100,"message":"wait"}]}"#);
    assert_eq!(said[3..5], ["300-407 NU+  NU+  NU+  NU+  NU+  NU", "408-408 UU+  UU   UU+  UU+  UU   UU"]);
}

#[test]
fn every_trouble_on_the_way() {
    let rows = [
        (TransportErrorKind::Connect, "NU+  NU+  NU+  NU+  NU+  NU+"),
        (TransportErrorKind::Issuer, "NU   NU   NU   NU   NU   NU"),
        (TransportErrorKind::Certificate, "NU   NU   NU   NU   NU   NU"),
        (TransportErrorKind::Refused, "NU+  NU+  NU+  NU+  NU+  NU+"),
        (TransportErrorKind::Interrupted, "NU   NU   NU   NU   NU   NU"),
        (TransportErrorKind::Late, "NU   NU   NU   NU   NU   NU"),
        (TransportErrorKind::Busy, "NU+  NU+  NU+  NU+  NU+  NU"),
        (TransportErrorKind::Throttled, "NU   NU   NU   NU   NU   NU"),
        (TransportErrorKind::Withheld, "NU   NU   NU   NU   NU   NU"),
        (TransportErrorKind::OtherAccount, "NU   NU   NU   NU   NU   NU"),
        (TransportErrorKind::Timeout, "UU+  UU   UU+  UU+  UU   UU"),
        (TransportErrorKind::Broken, "UU+  UU   UU+  UU+  UU   UU"),
        (TransportErrorKind::Server, "UU+  UU   UU+  UU+  UU   UU"),
        (TransportErrorKind::Intermediary, "UU+  UU   UU+  UU+  UU   UU"),
        (TransportErrorKind::Malformed, "UU+  UU   UU+  UU+  UU   UU"),
        (TransportErrorKind::TooLarge, "UU   UU   UU   UU   UU   UU"),
    ];
    for (kind, expected) in rows {
        let attempt = |_| {
            let trouble = TransportError::new(kind, "");
            if trouble.was_sent() { Attempt::Lost(trouble) } else { Attempt::NotSent(trouble) }
        };
        assert_eq!(row(attempt), expected, "{kind:?}");
    }
}

#[test]
fn pauses_double_up_to_the_cap() {
    let full: Vec<u128> = (2..9).map(|next| pause(next, 1.0).as_millis()).collect();
    assert_eq!(full, [250, 500, 1000, 2000, 4000, 8000, 8000]);
    assert_eq!(pause(3, 0.5).as_millis(), 250);
}

#[test]
fn a_purse_pays_ten_retries() {
    let mut retry_budget = RetryBudget::full();
    assert_eq!((0..12).filter(|_| retry_budget.pay()).count(), 10);
    retry_budget.refund(1);
    assert!(retry_budget.pay());
    assert!(!retry_budget.pay());
    retry_budget.refund(9);
    assert_eq!((0..12).filter(|_| retry_budget.pay()).count(), 9);
    retry_budget.refund(100);
    assert_eq!((0..12).filter(|_| retry_budget.pay()).count(), 10);
}

#[test]
fn a_refusal_says_whether_an_attempt_before_it_was_lost() {
    let gone = || {
        let delete = ENDPOINTS.iter().find(|endpoint| endpoint.class == Class::Delete).unwrap();
        let answer = RawResponse { status: 404, body: NO.into(), ..RawResponse::default() };
        envelope::read(delete, Expects::Envelope, &answer, jiff::Timestamp::UNIX_EPOCH)
    };
    let follows_loss = |lost| match ends(gone(), lost) {
        Outcome::Rejected(error) => error.follows_loss,
        other => panic!("{other:?}"),
    };
    assert!(!follows_loss(None));
    assert!(follows_loss(Some(TransportError::new(TransportErrorKind::Broken, ""))));
}

/// A clock whose jitter is at its ceiling.
struct Ceiling(ManualClock);

impl Clock for Ceiling {
    fn now(&self) -> jiff::Timestamp {
        self.0.now()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.0.sleep(duration)
    }

    fn chance(&self) -> f64 {
        1.0
    }
}

/// What the server does with every request, and what came of calls of each class, one after the other in one run.
struct Run {
    client: Client,
    clock: Arc<Ceiling>,
    sent: Arc<Mutex<u32>>,
    events: Arc<Recorder>,
}

impl Run {
    /// `takes` passes with each request.
    fn on(
        limiter: Limiter,
        takes: Duration,
        answer: impl Fn() -> Result<RawResponse, TransportError> + Send + Sync + 'static,
    ) -> Run {
        let clock = Arc::new(Ceiling(ManualClock::seeded(1)));
        let (sent, events) = (Arc::new(Mutex::new(0)), Arc::new(Recorder::default()));
        let (counter, timer) = (sent.clone(), clock.clone());
        let transport = InProcess(move |_: WireRequest| {
            *counter.lock() += 1;
            if !takes.is_zero() {
                drop(timer.sleep(takes));
            }
            answer()
        });
        let client = Client::new(Settings {
            transport: Arc::new(transport),
            account: "0".repeat(32),
            credentials: Credentials::Token(Secret::new("token".into())),
            clock: clock.clone(),
            events: events.clone(),
            stop: Stop::default(),
        });
        Run { client: client.with_limiter(Arc::new(limiter)), clock, sent, events }
    }

    /// The outcome's letter and detail, the requests sent and the milliseconds slept.
    fn send(&self, class: Class) -> (String, u32, Vec<u128>) {
        let before = self.clock.0.sleeps().len();
        *self.sent.lock() = 0;
        let endpoint = ENDPOINTS.iter().find(|endpoint| endpoint.class == class).unwrap();
        let call: Call = endpoint.call();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outcome = runtime.block_on(scoped(Scope::of(1), self.client.outcome(&call)));
        let words = match outcome {
            Outcome::NotSent(trouble) => format!("N {}", trouble.detail),
            Outcome::Rejected(error) => format!("R {}", error.message()),
            Outcome::Applied(_) => "A".into(),
            Outcome::Unknown(trouble) => format!("U {}", trouble.detail),
        };
        let slept = self.clock.0.sleeps()[before..].iter().map(Duration::as_millis).collect();
        (words, *self.sent.lock(), slept)
    }
}

fn status(
    status: u16,
    retry_after: &'static str,
) -> impl Fn() -> Result<RawResponse, TransportError> + Send + Sync {
    move || {
        let headers = vec![("retry-after".to_owned(), retry_after.to_owned())];
        let headers = if retry_after.is_empty() { Vec::new() } else { headers };
        Ok(RawResponse { status, headers, body: NO.into() })
    }
}

fn run(answer: impl Fn() -> Result<RawResponse, TransportError> + Send + Sync + 'static) -> Run {
    Run::on(Limiter::default(), Duration::ZERO, answer)
}

#[test]
fn four_attempts_with_doubling_pauses() {
    let lost = ("U HTTP status 500".to_owned(), 4, vec![250, 500, 1000]);
    assert_eq!(run(status(500, "")).send(Class::Read), lost);
    assert_eq!(run(status(500, "")).send(Class::Ensure), ("U HTTP status 500".into(), 1, vec![]));
    let refused = || Err(TransportError::new(TransportErrorKind::Connect, "refused"));
    assert_eq!(run(refused).send(Class::Raw), ("N refused".into(), 4, vec![250, 500, 1000]));
    let untrusted = || Err(TransportError::new(TransportErrorKind::Certificate, "expired"));
    assert_eq!(run(untrusted).send(Class::Read), ("N expired".into(), 1, vec![]));
}

#[test]
fn a_pause_that_is_asked_for_is_kept() {
    let slept = |retry_after| run(status(503, retry_after)).send(Class::Read);
    assert_eq!(slept("7"), ("U HTTP status 503".into(), 4, vec![7000; 3]));
    assert_eq!(slept("0").2, [250, 500, 1000]);
    assert_eq!(slept("60").2, [60_000; 3]);
    assert_eq!(slept("61"), ("U HTTP status 503, come back in 61 s".into(), 1, vec![]));
    // The clock starts on 2026-01-01; each date is as far off as it is then.
    assert_eq!(slept("Thu, 01 Jan 2026 00:00:09 GMT").2, [9000, 500, 1000]);
    assert_eq!(slept("soon").2, [250, 500, 1000]);
}

#[test]
fn a_pause_for_the_request_limit_is_the_limiters() {
    let throttled = run(status(429, "2"));
    // Its own pause first, then the rest of what was asked for, told once.
    let (words, sent, slept) = throttled.send(Class::Ensure);
    assert_eq!((words.as_str(), sent), ("N too many requests, come back in 2 s", 4));
    assert_eq!(slept, [250, 1750, 500, 1500, 1000, 1000]);
    let told = |event: &Event| matches!(event, Event::Waiting { .. });
    assert_eq!(throttled.events.events().iter().filter(|event| told(event)).count(), 3);
    assert_eq!(run(status(429, "")).send(Class::Ensure).2, [250, 500, 1000]);
    assert_eq!(
        run(status(429, "2")).send(Class::Raw),
        ("N too many requests, come back in 2 s".into(), 1, vec![])
    );
}

#[test]
fn a_wait_for_the_request_limit_ends_in_time_or_is_not_begun() {
    let patience = |seconds, is_short| WaitPolicy { deadline: Some(Duration::from_secs(seconds)), is_short };
    let send = |patience| {
        Run::on(Limiter::new(patience, None), Duration::ZERO, status(429, "300")).send(Class::Read)
    };
    let (words, sent, slept) = send(patience(480, false));
    assert_eq!(
        (words.as_str(), sent, slept),
        ("N too many requests, come back in 300 s", 2, vec![250, 299_750])
    );
    assert_eq!(send(patience(299, false)), ("N too many requests, come back in 300 s".into(), 1, vec![]));
    assert_eq!(send(patience(480, true)), ("N too many requests, come back in 300 s".into(), 1, vec![]));
}

#[test]
fn nothing_is_sent_after_the_deadline() {
    let patience = WaitPolicy { deadline: Some(Duration::from_secs(20)), is_short: false };
    let yes = || Ok(RawResponse { status: 204, ..RawResponse::default() });
    let run = Run::on(Limiter::new(patience, None), Duration::from_secs(15), yes);
    assert_eq!([run.send(Class::Raw).0, run.send(Class::Raw).0], ["A", "A"]);
    assert_eq!(run.send(Class::Ensure), ("N the 20 s that the run may take are over".into(), 0, vec![]));
    assert_eq!(run.send(Class::Read), ("N the 20 s that the run may take are over".into(), 0, vec![]));
}

#[test]
fn an_op_gives_up_after_its_own_deadline() {
    let hang = || Err(TransportError::new(TransportErrorKind::Timeout, "no answer in time"));
    let run = Run::on(Limiter::default(), Duration::from_secs(149), hang);
    // 149 s, a pause, 149 s more: the third attempt would begin after 299 s, the fourth after 448.
    let (words, sent, slept) = run.send(Class::Read);
    assert_eq!((words.as_str(), sent), ("U no answer in time", 3));
    assert_eq!(slept, [149_000, 250, 149_000, 500, 149_000]);
}

#[test]
fn an_outage_is_not_amplified_and_recovery_pays_back() {
    let run = run(status(500, ""));
    let sent: Vec<u32> = (0..6).map(|_| run.send(Class::Read).1).collect();
    assert_eq!(sent, [4, 4, 4, 2, 1, 1], "ten retries in all");
}

#[test]
fn a_run_that_used_up_its_budget_waits_and_says_so() {
    let budget = RequestBudget { requests: 3, window: Duration::from_mins(5) };
    let yes = || Ok(RawResponse { status: 204, ..RawResponse::default() });
    let run = Run::on(Limiter::new(WaitPolicy::default(), Some(budget)), Duration::ZERO, yes);
    let slept: Vec<Vec<u128>> = (0..5).map(|_| run.send(Class::Raw).2).collect();
    assert_eq!(slept, [vec![], vec![], vec![], vec![301_000], vec![]]);
    let waiting = run.events.events().into_iter().filter(|event| matches!(event, Event::Waiting { .. }));
    let reason = "the limit of 3 requests in 300 s is used up".into();
    assert_eq!(waiting.collect::<Vec<_>>(), [Event::Waiting { reason, ms: 301_000 }]);
}

#[test]
fn a_write_does_not_go_the_way_of_reads() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for endpoint in &ENDPOINTS {
        let body = br#"{"success":true,"result":[]}"#.to_vec();
        let run = run(move || Ok(RawResponse { status: 200, body: body.clone(), ..RawResponse::default() }));
        let (client, call) = (&run.client, || endpoint.call());
        let ways = runtime.block_on(async {
            [
                client.read::<serde_json::Value>(call()).await.is_ok(),
                client.find::<serde_json::Value>(call()).await.is_ok(),
                client.answer(&call()).await.is_ok(),
                client.list(call(), Paging::AsTold, "").await.is_ok(),
            ]
        });
        let is_read = endpoint.class == Class::Read;
        assert_eq!((ways, *run.sent.lock()), ([is_read; 4], if is_read { 4 } else { 0 }));
    }
}

type Shared<T> = Arc<Mutex<T>>;

/// A server that accepts one token, and a source that contains another one when it is read again.
fn renewing(held: &'static [&'static str]) -> (Client, Shared<Vec<String>>, Shared<u32>) {
    let (seen, reads) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(0)));
    let (sent, read) = (seen.clone(), reads.clone());
    let source = TokenSource::new(Secret::new("old".into()), move || {
        let mut number = read.lock();
        *number += 1;
        held.get(*number as usize - 1).map(|token| Secret::new((*token).to_owned()))
    });
    let transport = InProcess(move |request: WireRequest| {
        let (_, token) = request.headers.iter().find(|(name, _)| name == "authorization").unwrap();
        sent.lock().push(token.clone());
        let status = if token == "Bearer fresh" { 204 } else { 401 };
        Ok(RawResponse { status, body: NO.into(), ..RawResponse::default() })
    });
    let client = Client::new(Settings {
        transport: Arc::new(transport),
        account: "0".repeat(32),
        credentials: Credentials::Renewed(Arc::new(source)),
        clock: Arc::new(Ceiling(ManualClock::seeded(1))),
        events: Arc::new(Recorder::default()),
        stop: Stop::default(),
    });
    (client, seen, reads)
}

#[test]
fn a_refused_token_is_looked_up_again_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let send = |held| {
        let (client, seen, reads) = renewing(held);
        let applied = ENDPOINTS.iter().map(|endpoint| {
            matches!(runtime.block_on(client.outcome(&endpoint.call())), Outcome::Applied(_))
        });
        let applied = applied.filter(|applied| *applied).count();
        let seen: Vec<String> = seen.lock().iter().map(|token| token.replace("Bearer ", "")).collect();
        (applied, seen.join(" "), *reads.lock())
    };
    // Whatever the class: nothing has looked at a request that was refused.
    assert_eq!(send(&["fresh"]), (6, "old fresh fresh fresh fresh fresh fresh".into(), 1));
    assert_eq!(send(&["old", "fresh"]), (0, "old old old old old old".into(), 1));
    assert_eq!(send(&["other", "fresh"]), (0, "old other other other other other other".into(), 1));
    assert_eq!(send(&[]), (0, "old old old old old old".into(), 1));
}
