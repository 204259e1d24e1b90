//! Keeps all requests of a run below the account's request limit (API-10, API-11).
//!
//! It counts what it lets through, and believes what the server says in `Ratelimit`, `Ratelimit-Policy` and
//! `X-RateLimit-*`: others use the same limit. A run that would go over it waits, within its deadline, and says so.
//!
//! **Invariant:** once a server has told what is left, no request is sent that it would refuse for its limit, however many
//! are under way at once.
//! **Invariant:** one request waits at a time, and the others behind it, so that a pause is told and slept once.

use super::transport::RawResponse;
use jiff::Timestamp;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::time::Duration;

/// So many requests in a window of so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestBudget {
    /// Requests in one window.
    pub requests: u64,
    /// How long a window is.
    pub window: Duration,
}

impl RequestBudget {
    /// What Cloudflare allows a user, over all tokens and the dashboard.
    pub const CLOUDFLARE: RequestBudget = RequestBudget { requests: 1200, window: Duration::from_mins(5) };
}

/// How long a run may take, and what it does when it has to wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitPolicy {
    /// Nothing is sent, and no pause ends, later than this after the run began; `None` for one with a person at it.
    pub deadline: Option<Duration>,
    /// Fail instead of waiting for the request limit.
    pub is_short: bool,
}

/// Longest pause that is no wait for the limit but a retry like others (docs/architecture.md#retries).
const RETRY_MAX: Duration = Duration::from_mins(1);

/// Beyond the deadline, what a write that was sent in time has come to is looked for: so long (docs/architecture.md#writes).
const LOOK_MAX: Duration = Duration::from_secs(90);

/// Beside the server's clock ours may be late; a window is left to end for a little longer.
const MARGIN: Duration = Duration::from_secs(1);

/// Whether the next request may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may, with this number.
    Go(u64),
    /// Not before this time; why, for people.
    Wait(Duration, String),
}

#[derive(Debug)]
pub struct Limiter {
    patience: WaitPolicy,
    pub(super) gate: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    budget: Option<RequestBudget>,
    /// When requests went out, as far back as a window.
    sent: VecDeque<Duration>,
    last: u64,
    under_way: u64,
    told: Option<ServerLimit>,
    shut_until: Duration,
    announced: Duration,
    excused: Duration,
}

/// The remaining requests as the server reported them.
#[derive(Clone, Copy, Debug)]
struct ServerLimit {
    /// By the answer to this request.
    by: u64,
    left: u64,
    until: Duration,
}

impl Default for Limiter {
    /// A limiter without a limit until a server reports one, for a run without a deadline.
    fn default() -> Self {
        Limiter::new(WaitPolicy::default(), None)
    }
}

impl Limiter {
    /// A limiter; without a budget nothing is counted until a server reports its own.
    pub fn new(patience: WaitPolicy, budget: Option<RequestBudget>) -> Self {
        let state = State {
            budget,
            sent: VecDeque::new(),
            last: 0,
            under_way: 0,
            told: None,
            shut_until: Duration::ZERO,
            announced: Duration::ZERO,
            excused: Duration::ZERO,
        };
        Limiter { patience, gate: tokio::sync::Mutex::default(), state: Mutex::new(state) }
    }

    /// How long the run may take.
    pub fn patience(&self) -> WaitPolicy {
        self.patience
    }

    /// The budget, as far as it is known.
    pub fn budget(&self) -> Option<RequestBudget> {
        self.state.lock().budget
    }

    /// Gives the run the time back that a question to a person took.
    pub fn excuse(&self, asked: Duration) {
        let mut state = self.state.lock();
        state.excused = state.excused.saturating_add(asked);
    }

    /// Whether a pause that ends then is one that the run may take: the wait for a limit can be cut short by `--no-wait`,
    /// and none ends after the deadline.
    pub(super) fn allows(&self, now: Duration, until: Duration) -> bool {
        let in_time = self.deadline().is_none_or(|deadline| until <= deadline);
        in_time && !(self.patience.is_short && until.saturating_sub(now) > RETRY_MAX)
    }

    /// Whether the run's time is over; there is some more for a look at what became of a write.
    pub(super) fn is_late(&self, now: Duration, is_look: bool) -> bool {
        self.end(is_look).is_some_and(|end| now >= end)
    }

    /// Ends when the run's time is over: what hangs is not waited for. By real time, for an injected clock stands still then.
    pub(super) async fn over(&self, now: Duration, is_look: bool) {
        match self.end(is_look) {
            Some(end) => tokio::time::sleep(end.saturating_sub(now)).await,
            None => std::future::pending().await,
        }
    }

    /// How much of the run's time is left.
    pub(super) fn left(&self, now: Duration, is_look: bool) -> Duration {
        self.end(is_look).map_or(Duration::MAX, |end| end.saturating_sub(now))
    }

    fn end(&self, is_look: bool) -> Option<Duration> {
        let more = if is_look { LOOK_MAX } else { Duration::ZERO };
        self.deadline().map(|deadline| deadline.saturating_add(more))
    }

    fn deadline(&self) -> Option<Duration> {
        let excused = self.state.lock().excused;
        self.patience.deadline.map(|deadline| deadline.saturating_add(excused))
    }

    /// Whether the next request may go now.
    pub(super) fn admit(&self, now: Duration) -> Admission {
        let mut state = self.state.lock();
        if let Some((until, why)) = state.wait(now) {
            return Admission::Wait(until, why);
        }
        state.last += 1;
        state.under_way += 1;
        state.sent.push_back(now);
        if let Some(told) = &mut state.told {
            told.left = told.left.saturating_sub(1);
        }
        Admission::Go(state.last)
    }

    /// Whether a wait until then is new; each wait is reported once.
    pub(super) fn announce(&self, until: Duration) -> bool {
        let mut state = self.state.lock();
        let is_news = until > state.announced;
        state.announced = state.announced.max(until);
        is_news
    }

    /// Notes what came back for request `number`; `answer` is `None` when nothing did.
    pub(super) fn note(&self, number: u64, answer: Option<&RawResponse>, now: Duration, date: Timestamp) {
        let mut state = self.state.lock();
        state.under_way = state.under_way.saturating_sub(1);
        let Some(answer) = answer else { return };
        if answer.status == 429
            && let Some(wait) = super::envelope::retry_after(answer, date)
        {
            state.shut_until = state.shut_until.max(now.saturating_add(wait));
        }
        if let Some(budget) = policy(answer) {
            state.budget = Some(budget);
        }
        let Some((left, seconds)) = left(answer, date) else { return };
        // The youngest request knows best; what is under way may not be counted in what it says.
        if state.told.is_none_or(|told| told.by < number) {
            let left = left.saturating_sub(state.under_way);
            let until = now.saturating_add(Duration::from_secs(seconds));
            state.told = Some(ServerLimit { by: number, left, until });
        }
    }
}

impl State {
    /// Until when the next request has to wait, and why.
    fn wait(&mut self, now: Duration) -> Option<(Duration, String)> {
        if now < self.shut_until {
            return Some((self.shut_until, "the API asks for a pause".into()));
        }
        if self.told.is_some_and(|told| told.until.saturating_add(MARGIN) <= now) {
            self.told = None;
        }
        let budget = self.budget?;
        let limit = || {
            format!("the limit of {} requests in {} s is used up", budget.requests, budget.window.as_secs())
        };
        if let Some(told) = self.told.filter(|told| told.left == 0) {
            return Some((told.until.saturating_add(MARGIN), limit()));
        }
        let over = |sent: Duration| sent.saturating_add(budget.window).saturating_add(MARGIN);
        while self.sent.front().is_some_and(|sent| over(*sent) <= now) {
            self.sent.pop_front();
        }
        // Where the server tells, it knows better than a count of our own.
        let counts = self.told.is_none() && self.sent.len() as u64 >= budget.requests;
        let oldest = self.sent.front().copied().filter(|_| counts)?;
        Some((over(oldest), limit()))
    }
}

/// `"default";q=1200;w=300`, or the older `x-ratelimit-limit`, which does not say how long.
fn policy(answer: &RawResponse) -> Option<RequestBudget> {
    if let Some(text) = answer.header("ratelimit-policy") {
        let budget = |item: &str| {
            let window = Duration::from_secs(parameter(item, "w")?);
            Some(RequestBudget { requests: parameter(item, "q")?, window })
                .filter(|budget| budget.requests > 0)
        };
        return text.split(',').filter_map(budget).min_by_key(|budget| budget.requests);
    }
    let requests =
        answer.header("x-ratelimit-limit")?.trim().parse().ok().filter(|requests| *requests > 0)?;
    Some(RequestBudget { requests, ..RequestBudget::CLOUDFLARE })
}

/// What is left, and for how many seconds: `"default";r=17;t=212`, or the older pair with a date.
fn left(answer: &RawResponse, date: Timestamp) -> Option<(u64, u64)> {
    if let Some(text) = answer.header("ratelimit") {
        let left = |item: &str| Some((parameter(item, "r")?, parameter(item, "t")?));
        return text.split(',').filter_map(left).min();
    }
    let left = answer.header("x-ratelimit-remaining")?.trim().parse().ok()?;
    let until = answer.header("x-ratelimit-reset")?.trim();
    let until = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(until).ok()?;
    Some((left, u64::try_from(until.as_second() - date.as_second()).unwrap_or(0)))
}

fn parameter(item: &str, name: &str) -> Option<u64> {
    let values = item.split(';').filter_map(|part| part.trim().split_once('='));
    values.into_iter().find(|(key, _)| key.trim() == name)?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn answer(headers: &[(&str, &str)]) -> RawResponse {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        RawResponse { status: 200, headers, body: Vec::new() }
    }

    fn number(admission: &Admission) -> u64 {
        match admission {
            Admission::Go(number) => *number,
            Admission::Wait(until, why) => panic!("{until:?} {why}"),
        }
    }

    fn wait(limiter: &Limiter, now: Duration) -> Option<u64> {
        match limiter.admit(now) {
            Admission::Go(_) => None,
            Admission::Wait(until, _) => Some(until.as_secs()),
        }
    }

    #[test]
    fn without_a_word_from_the_server_it_counts_what_it_sent() {
        let budget = RequestBudget { requests: 3, window: 10 * S };
        let limiter = Limiter::new(WaitPolicy::default(), Some(budget));
        assert_eq!([0, 1, 2].map(|at| wait(&limiter, at * S)), [None; 3]);
        assert_eq!([wait(&limiter, 5 * S), wait(&limiter, 10 * S)], [Some(11); 2]);
        assert_eq!([wait(&limiter, 11 * S), wait(&limiter, 11 * S)], [None, Some(12)]);
        assert_eq!(Limiter::default().admit(S), Admission::Go(1));
    }

    #[test]
    fn the_server_knows_what_others_have_used() {
        let limiter = Limiter::new(WaitPolicy::default(), Some(RequestBudget::CLOUDFLARE));
        let (first, second) = (number(&limiter.admit(S)), number(&limiter.admit(S)));
        // Two are left after the first, of which the second, still under way, may take one.
        let told =
            answer(&[("ratelimit", "\"default\";r=2;t=100"), ("ratelimit-policy", "\"default\";q=40;w=60")]);
        limiter.note(first, Some(&told), 2 * S, Timestamp::UNIX_EPOCH);
        assert_eq!(limiter.budget(), Some(RequestBudget { requests: 40, window: 60 * S }));
        let third = number(&limiter.admit(2 * S));
        assert_eq!(wait(&limiter, 2 * S), Some(103));
        // What an older request says comes too late.
        limiter.note(third, Some(&answer(&[("ratelimit", "r=0; t=50")])), 3 * S, Timestamp::UNIX_EPOCH);
        limiter.note(second, Some(&answer(&[("ratelimit", "r=9;t=50")])), 3 * S, Timestamp::UNIX_EPOCH);
        assert_eq!([wait(&limiter, 4 * S), wait(&limiter, 54 * S)], [Some(54), None]);
    }

    #[test]
    fn the_older_headers_and_a_pause_are_understood() {
        let limiter = Limiter::default();
        let older = [
            ("x-ratelimit-limit", "1200"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "Thu, 01 Jan 1970 00:01:40 GMT"),
        ];
        let first = number(&limiter.admit(S));
        limiter.note(first, Some(&answer(&older)), S, Timestamp::UNIX_EPOCH);
        assert_eq!(wait(&limiter, S), Some(102));
        let limiter = Limiter::default();
        let first = number(&limiter.admit(S));
        let mut throttled = answer(&[("retry-after", "40")]);
        throttled.status = 429;
        limiter.note(first, Some(&throttled), S, Timestamp::UNIX_EPOCH);
        assert_eq!(limiter.admit(2 * S), Admission::Wait(41 * S, "the API asks for a pause".into()));
        assert_eq!((limiter.announce(41 * S), limiter.announce(41 * S)), (true, false));
    }

    #[test]
    fn headers_that_make_no_sense_say_nothing() {
        for text in ["", "default", "r=;t=", "\"a\";r=1", "r=-1;t=3", "r=1;t=99999999999999999999999"] {
            assert_eq!(left(&answer(&[("ratelimit", text)]), Timestamp::UNIX_EPOCH), None, "{text}");
        }
        assert_eq!(policy(&answer(&[("ratelimit-policy", "q=0;w=300")])), None);
        let two = answer(&[("ratelimit", "\"a\";r=5;t=1, \"b\";r=3;t=9")]);
        assert_eq!(left(&two, Timestamp::UNIX_EPOCH), Some((3, 9)));
    }

    #[test]
    fn patience_ends_with_the_deadline_or_at_once() {
        let patient = Limiter::new(WaitPolicy { deadline: Some(480 * S), is_short: false }, None);
        assert_eq!([400, 480, 481].map(|until| patient.allows(300 * S, until * S)), [true, true, false]);
        assert_eq!([479, 480].map(|now| patient.is_late(now * S, false)), [false, true]);
        assert_eq!([480, 569, 570].map(|now| patient.is_late(now * S, true)), [false, false, true]);
        patient.excuse(60 * S);
        assert_eq!([539, 540].map(|now| patient.is_late(now * S, false)), [false, true]);
        assert_eq!([540, 541].map(|until| patient.allows(500 * S, until * S)), [true, false]);
        let short = Limiter::new(WaitPolicy { deadline: None, is_short: true }, None);
        assert_eq!([60, 61].map(|until| short.allows(Duration::ZERO, until * S)), [true, false]);
    }
}
