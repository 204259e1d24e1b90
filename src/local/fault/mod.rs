//! Faults that the account can play: what a network, an edge or an overloaded service does to a request.
//!
//! A fault strikes one request, counted from 1 in the order of arrival, all from one on, or all of them. Where it makes
//! sense it comes in two variants: the request was applied, or it was not.
//!
//! **Invariant:** a fault that is not applied leaves the account as it was; one that is applied changes it once.
//! **Invariant:** [`NAMED`] is the one list: the command line, its help, the docs and the sweeps are made from it.

mod answer;
mod replica;
mod stale;

use super::reply::Reply;
use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

pub(super) use stale::{Hidden, Stale};

/// What goes wrong (docs/faults.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The connection breaks before an answer.
    Reset,
    /// No answer ever comes.
    Hang,
    /// The headers of an answer come, and its body byte by byte, never to its end.
    SlowBody,
    /// No answer comes, and the request takes effect this many seconds later.
    Late(u64),
    /// A 5xx status with an envelope.
    ServerError(u16),
    /// A status with a page of HTML.
    Page(u16),
    /// A status without a body.
    Bodiless(u16),
    /// 503 with `Retry-After: 1`.
    Unavailable,
    /// 429 with this many seconds of `Retry-After`; 0 leaves the header out.
    Throttled(u64),
    /// 429 with a date in `Retry-After`.
    ThrottledUntil,
    /// 200, and the body is no JSON.
    NotJson,
    /// 200, and the body ends in the middle.
    Truncated,
    /// 200, and there is no body.
    Empty,
    /// 200, and the `result` is null.
    NoResult,
    /// 200 with `success: false`.
    Refused,
    /// 200, and a `success: false` inside the `result`.
    RefusedInside,
    /// 200, and the `result` is not of the form that it always had.
    Drifted(Drift),
    /// 401, as for a token that has expired.
    Expired,
    /// 403, as for a token that lost a permission.
    Denied,
    /// A firewall's challenge.
    Challenge,
    /// What the request makes is missing from this many reads afterwards.
    Stale {
        /// How many reads.
        reads: u32,
        /// Whether the answer is lost, too.
        is_lost: bool,
    },
    /// What the request makes is not found by this many requests about it afterwards.
    Young(u32),
    /// A read of a database is answered by a replica that has none of its rows yet.
    Replica,
}

/// How an answer differs from what it always was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drift {
    /// What identifies a thing is missing.
    NoId,
    /// Ids are numbers.
    NumericId,
    /// The `result` is a text.
    Text,
    /// Every object has fields that nobody knows.
    Extra,
    /// It is about another thing.
    Other,
    /// A list has one of its things twice, with another id.
    Twice,
    /// The total of a list is 0, and its page is said to be full.
    Total,
    /// A list gives the same cursor on each page.
    Cursor,
}

/// Whether the request takes effect all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It does; only the answer is lost.
    Applied,
    /// It does not.
    NotApplied,
}

/// Which request is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// The one with this number.
    Request(u64),
    /// The one with this number, and all after it.
    From(u64),
    /// Every one.
    All,
}

/// A fault to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// Whether the request takes effect.
    pub effect: Effect,
    /// Which request.
    pub strike: Strike,
}

/// What comes back over the wire.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// An answer.
    Reply(Reply),
    /// The connection breaks.
    Broken,
    /// An answer whose body never ends.
    Slow(Reply),
    /// Nothing, ever.
    Never,
}

/// Every kind by name, in the variants that make sense.
pub const NAMED: &[(&str, Kind, Effect)] = &[
    ("reset", Kind::Reset, Effect::NotApplied),
    ("reset-applied", Kind::Reset, Effect::Applied),
    ("hang", Kind::Hang, Effect::NotApplied),
    ("hang-applied", Kind::Hang, Effect::Applied),
    ("slow-body", Kind::SlowBody, Effect::NotApplied),
    ("slow-body-applied", Kind::SlowBody, Effect::Applied),
    ("late-1s", Kind::Late(1), Effect::Applied),
    ("late-10s", Kind::Late(10), Effect::Applied),
    ("late-29s", Kind::Late(29), Effect::Applied),
    ("500", Kind::ServerError(500), Effect::NotApplied),
    ("500-applied", Kind::ServerError(500), Effect::Applied),
    ("502-html", Kind::Page(502), Effect::NotApplied),
    ("502-html-applied", Kind::Page(502), Effect::Applied),
    ("503", Kind::Unavailable, Effect::NotApplied),
    ("503-applied", Kind::Unavailable, Effect::Applied),
    ("504-html", Kind::Page(504), Effect::NotApplied),
    ("504-html-applied", Kind::Page(504), Effect::Applied),
    ("520-html", Kind::Page(520), Effect::NotApplied),
    ("520-html-applied", Kind::Page(520), Effect::Applied),
    ("521-html", Kind::Page(521), Effect::NotApplied),
    ("522-html", Kind::Page(522), Effect::NotApplied),
    ("523-html", Kind::Page(523), Effect::NotApplied),
    ("524-html-applied", Kind::Page(524), Effect::Applied),
    ("525-html", Kind::Page(525), Effect::NotApplied),
    ("526-html", Kind::Page(526), Effect::NotApplied),
    ("527-html", Kind::Page(527), Effect::NotApplied),
    ("530-html", Kind::Page(530), Effect::NotApplied),
    ("302-html-applied", Kind::Page(302), Effect::Applied),
    ("304-empty-applied", Kind::Bodiless(304), Effect::Applied),
    ("403-html", Kind::Page(403), Effect::NotApplied),
    ("403-html-applied", Kind::Page(403), Effect::Applied),
    ("404-html-applied", Kind::Page(404), Effect::Applied),
    ("429-html-applied", Kind::Page(429), Effect::Applied),
    ("429", Kind::Throttled(1), Effect::NotApplied),
    ("429-bare", Kind::Throttled(0), Effect::NotApplied),
    ("429-long", Kind::Throttled(300), Effect::NotApplied),
    ("429-date", Kind::ThrottledUntil, Effect::NotApplied),
    ("not-json", Kind::NotJson, Effect::NotApplied),
    ("not-json-applied", Kind::NotJson, Effect::Applied),
    ("200-html", Kind::Page(200), Effect::NotApplied),
    ("200-html-applied", Kind::Page(200), Effect::Applied),
    ("truncated", Kind::Truncated, Effect::NotApplied),
    ("truncated-applied", Kind::Truncated, Effect::Applied),
    ("empty", Kind::Empty, Effect::NotApplied),
    ("empty-applied", Kind::Empty, Effect::Applied),
    ("no-result", Kind::NoResult, Effect::NotApplied),
    ("no-result-applied", Kind::NoResult, Effect::Applied),
    ("refused", Kind::Refused, Effect::NotApplied),
    ("refused-inside", Kind::RefusedInside, Effect::NotApplied),
    ("no-id-applied", Kind::Drifted(Drift::NoId), Effect::Applied),
    ("numeric-id-applied", Kind::Drifted(Drift::NumericId), Effect::Applied),
    ("text-result-applied", Kind::Drifted(Drift::Text), Effect::Applied),
    ("extra-fields-applied", Kind::Drifted(Drift::Extra), Effect::Applied),
    ("other-applied", Kind::Drifted(Drift::Other), Effect::Applied),
    ("twice", Kind::Drifted(Drift::Twice), Effect::Applied),
    ("wrong-total", Kind::Drifted(Drift::Total), Effect::Applied),
    ("cursor-again", Kind::Drifted(Drift::Cursor), Effect::Applied),
    ("401", Kind::Expired, Effect::NotApplied),
    ("403", Kind::Denied, Effect::NotApplied),
    ("challenge", Kind::Challenge, Effect::NotApplied),
    ("stale-3", Kind::Stale { reads: 3, is_lost: false }, Effect::Applied),
    ("stale-3-reset", Kind::Stale { reads: 3, is_lost: true }, Effect::Applied),
    ("stale-9-reset", Kind::Stale { reads: 9, is_lost: true }, Effect::Applied),
    ("young-3", Kind::Young(3), Effect::Applied),
    ("replica", Kind::Replica, Effect::Applied),
];

/// Why a text names no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There is no such kind.
    #[error("unknown fault `{0}`\nhint: `larder local faults` lists them: {known}", known = names())]
    Kind(String),
    /// What stands after the `@` names no request.
    #[error("`{0}` is no request: a number from 1, `5+` for all from there on, or `*` for all")]
    Strike(String),
}

fn names() -> String {
    NAMED.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ")
}

impl FromStr for Fault {
    type Err = FaultError;

    /// Reads `reset-applied@3`, `401@5+` or `429@*`.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (name, at) = text.split_once('@').unwrap_or((text, "*"));
        let number = |text: &str| match text.parse() {
            Ok(0) | Err(_) => Err(FaultError::Strike(at.to_owned())),
            Ok(number) => Ok(number),
        };
        let strike = match (at, at.strip_suffix('+')) {
            ("*", _) => Strike::All,
            (_, Some(first)) => Strike::From(number(first)?),
            (_, None) => Strike::Request(number(at)?),
        };
        let found = NAMED.iter().find(|(known, ..)| *known == name);
        let (_, kind, effect) = found.ok_or_else(|| FaultError::Kind(name.to_owned()))?;
        Ok(Fault { kind: *kind, effect: *effect, strike })
    }
}

impl Strike {
    /// Whether it meets the request with this number.
    pub fn meets(self, number: u64) -> bool {
        match self {
            Strike::All => true,
            Strike::Request(only) => only == number,
            Strike::From(first) => first <= number,
        }
    }
}

impl Fault {
    /// Whether it strikes the request with this number.
    pub fn strikes(&self, sequence: u64) -> bool {
        self.strike.meets(sequence)
    }

    /// When a late request takes effect.
    pub(super) fn delay(&self) -> Option<Duration> {
        match self.kind {
            Kind::Late(seconds) => Some(Duration::from_secs(seconds)),
            _ => None,
        }
    }
}

impl Kind {
    /// In words, for people.
    pub fn words(self) -> String {
        match self {
            Kind::Reset => "the connection breaks before an answer".into(),
            Kind::Hang => "no answer ever comes".into(),
            Kind::SlowBody => "the body of the answer comes byte by byte and never ends".into(),
            Kind::Late(seconds) => format!("no answer comes, and it takes effect {seconds} s later"),
            Kind::ServerError(status) => format!("status {status} with an envelope"),
            Kind::Page(status) => format!("status {status} with a page of HTML"),
            Kind::Bodiless(status) => format!("status {status} without a body"),
            Kind::Unavailable => "status 503 with `Retry-After: 1`".into(),
            Kind::Throttled(0) => "status 429 without `Retry-After`".into(),
            Kind::Throttled(seconds) => format!("status 429 with `Retry-After: {seconds}`"),
            Kind::ThrottledUntil => "status 429 with a date in `Retry-After`".into(),
            Kind::NotJson => "status 200, and the body is no JSON".into(),
            Kind::Truncated => "status 200, and the body ends in the middle".into(),
            Kind::Empty => "status 200 without a body".into(),
            Kind::NoResult => "status 200, and the `result` is null".into(),
            Kind::Refused => "status 200 with `success: false`".into(),
            Kind::RefusedInside => "status 200 with `success: false` inside the `result`".into(),
            Kind::Drifted(Drift::NoId) => "the answer lacks what identifies a thing".into(),
            Kind::Drifted(Drift::NumericId) => "ids in the answer are numbers".into(),
            Kind::Drifted(Drift::Text) => "the `result` is a text".into(),
            Kind::Drifted(Drift::Extra) => "every object in the answer has fields that nobody knows".into(),
            Kind::Drifted(Drift::Other) => "the answer is about another thing".into(),
            Kind::Drifted(Drift::Twice) => "a list has one of its things twice, with another id".into(),
            Kind::Drifted(Drift::Total) => "the total of a list is 0, and its page is said to be full".into(),
            Kind::Drifted(Drift::Cursor) => "a list gives the same cursor on each page".into(),
            Kind::Expired => "status 401, as for a token that has expired".into(),
            Kind::Denied => "status 403, as for a token that lost a permission".into(),
            Kind::Challenge => "a firewall's challenge".into(),
            Kind::Stale { reads, is_lost } => {
                let lost = if is_lost { "the connection breaks, and " } else { "" };
                format!("{lost}what the request makes is missing from {reads} reads afterwards")
            }
            Kind::Young(requests) => {
                format!("what the request makes is not found by {requests} requests about it afterwards")
            }
            Kind::Replica => "a read of a database comes from a replica that has none of its rows yet".into(),
        }
    }
}

/// Every kind as a table in Markdown.
pub fn table() -> String {
    let mut table = String::from("| kind | what comes back | takes effect |\n|---|---|---|\n");
    for (name, kind, effect) in NAMED {
        let effect = match effect {
            Effect::Applied => "yes",
            Effect::NotApplied => "no",
        };
        let _ = writeln!(table, "| `{name}` | {} | {effect} |", kind.words());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_by_name() {
        let fault: Fault = "reset-applied@3".parse().unwrap();
        assert_eq!((fault.effect, fault.strikes(3), fault.strikes(4)), (Effect::Applied, true, false));
        assert!("429".parse::<Fault>().unwrap().strikes(77));
        let expired: Fault = "401@5+".parse().unwrap();
        assert_eq!([4, 5, 6].map(|sequence| expired.strikes(sequence)), [false, true, true]);
        assert!(matches!("401@0+".parse::<Fault>(), Err(FaultError::Strike(_))));
        assert!(matches!("rest@1".parse::<Fault>(), Err(FaultError::Kind(name)) if name == "rest"));
        assert!(matches!("500@0".parse::<Fault>(), Err(FaultError::Strike(_))));
    }
}
