//! Faults that can be injected: failures of a network, an edge server or an overloaded service.
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

pub(super) use stale::{Stale, StaleReads};

/// What goes wrong (docs/faults.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
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
    Challenge,
    /// What the request makes is missing from this many reads afterwards.
    Stale {
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
pub enum FaultEffect {
    /// It does; only the answer is lost.
    Applied,
    NotApplied,
}

/// The requests that a fault applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultTarget {
    /// The one with this number.
    Request(u64),
    /// The one with this number, and all after it.
    From(u64),
    All,
}

/// A fault to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// Whether the request takes effect.
    pub effect: FaultEffect,
    pub strike: FaultTarget,
}

/// What comes back over the wire.
#[derive(Clone, Debug)]
pub enum Delivery {
    Reply(Reply),
    Broken,
    /// An answer whose body never ends.
    Slow(Reply),
    /// Nothing, ever.
    Never,
}

/// Every kind by name, in the variants that make sense.
pub const NAMED: &[(&str, FaultKind, FaultEffect)] = &[
    ("reset", FaultKind::Reset, FaultEffect::NotApplied),
    ("reset-applied", FaultKind::Reset, FaultEffect::Applied),
    ("hang", FaultKind::Hang, FaultEffect::NotApplied),
    ("hang-applied", FaultKind::Hang, FaultEffect::Applied),
    ("slow-body", FaultKind::SlowBody, FaultEffect::NotApplied),
    ("slow-body-applied", FaultKind::SlowBody, FaultEffect::Applied),
    ("late-1s", FaultKind::Late(1), FaultEffect::Applied),
    ("late-10s", FaultKind::Late(10), FaultEffect::Applied),
    ("late-29s", FaultKind::Late(29), FaultEffect::Applied),
    ("500", FaultKind::ServerError(500), FaultEffect::NotApplied),
    ("500-applied", FaultKind::ServerError(500), FaultEffect::Applied),
    ("502-html", FaultKind::Page(502), FaultEffect::NotApplied),
    ("502-html-applied", FaultKind::Page(502), FaultEffect::Applied),
    ("503", FaultKind::Unavailable, FaultEffect::NotApplied),
    ("503-applied", FaultKind::Unavailable, FaultEffect::Applied),
    ("504-html", FaultKind::Page(504), FaultEffect::NotApplied),
    ("504-html-applied", FaultKind::Page(504), FaultEffect::Applied),
    ("520-html", FaultKind::Page(520), FaultEffect::NotApplied),
    ("520-html-applied", FaultKind::Page(520), FaultEffect::Applied),
    ("521-html", FaultKind::Page(521), FaultEffect::NotApplied),
    ("522-html", FaultKind::Page(522), FaultEffect::NotApplied),
    ("523-html", FaultKind::Page(523), FaultEffect::NotApplied),
    ("524-html-applied", FaultKind::Page(524), FaultEffect::Applied),
    ("525-html", FaultKind::Page(525), FaultEffect::NotApplied),
    ("526-html", FaultKind::Page(526), FaultEffect::NotApplied),
    ("527-html", FaultKind::Page(527), FaultEffect::NotApplied),
    ("530-html", FaultKind::Page(530), FaultEffect::NotApplied),
    ("302-html-applied", FaultKind::Page(302), FaultEffect::Applied),
    ("304-empty-applied", FaultKind::Bodiless(304), FaultEffect::Applied),
    ("403-html", FaultKind::Page(403), FaultEffect::NotApplied),
    ("403-html-applied", FaultKind::Page(403), FaultEffect::Applied),
    ("404-html-applied", FaultKind::Page(404), FaultEffect::Applied),
    ("429-html-applied", FaultKind::Page(429), FaultEffect::Applied),
    ("429", FaultKind::Throttled(1), FaultEffect::NotApplied),
    ("429-bare", FaultKind::Throttled(0), FaultEffect::NotApplied),
    ("429-long", FaultKind::Throttled(300), FaultEffect::NotApplied),
    ("429-date", FaultKind::ThrottledUntil, FaultEffect::NotApplied),
    ("not-json", FaultKind::NotJson, FaultEffect::NotApplied),
    ("not-json-applied", FaultKind::NotJson, FaultEffect::Applied),
    ("200-html", FaultKind::Page(200), FaultEffect::NotApplied),
    ("200-html-applied", FaultKind::Page(200), FaultEffect::Applied),
    ("truncated", FaultKind::Truncated, FaultEffect::NotApplied),
    ("truncated-applied", FaultKind::Truncated, FaultEffect::Applied),
    ("empty", FaultKind::Empty, FaultEffect::NotApplied),
    ("empty-applied", FaultKind::Empty, FaultEffect::Applied),
    ("no-result", FaultKind::NoResult, FaultEffect::NotApplied),
    ("no-result-applied", FaultKind::NoResult, FaultEffect::Applied),
    ("refused", FaultKind::Refused, FaultEffect::NotApplied),
    ("refused-inside", FaultKind::RefusedInside, FaultEffect::NotApplied),
    ("no-id-applied", FaultKind::Drifted(Drift::NoId), FaultEffect::Applied),
    ("numeric-id-applied", FaultKind::Drifted(Drift::NumericId), FaultEffect::Applied),
    ("text-result-applied", FaultKind::Drifted(Drift::Text), FaultEffect::Applied),
    ("extra-fields-applied", FaultKind::Drifted(Drift::Extra), FaultEffect::Applied),
    ("other-applied", FaultKind::Drifted(Drift::Other), FaultEffect::Applied),
    ("twice", FaultKind::Drifted(Drift::Twice), FaultEffect::Applied),
    ("wrong-total", FaultKind::Drifted(Drift::Total), FaultEffect::Applied),
    ("cursor-again", FaultKind::Drifted(Drift::Cursor), FaultEffect::Applied),
    ("401", FaultKind::Expired, FaultEffect::NotApplied),
    ("403", FaultKind::Denied, FaultEffect::NotApplied),
    ("challenge", FaultKind::Challenge, FaultEffect::NotApplied),
    ("stale-3", FaultKind::Stale { reads: 3, is_lost: false }, FaultEffect::Applied),
    ("stale-3-reset", FaultKind::Stale { reads: 3, is_lost: true }, FaultEffect::Applied),
    ("stale-9-reset", FaultKind::Stale { reads: 9, is_lost: true }, FaultEffect::Applied),
    ("young-3", FaultKind::Young(3), FaultEffect::Applied),
    ("replica", FaultKind::Replica, FaultEffect::Applied),
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
            ("*", _) => FaultTarget::All,
            (_, Some(first)) => FaultTarget::From(number(first)?),
            (_, None) => FaultTarget::Request(number(at)?),
        };
        let found = NAMED.iter().find(|(known, ..)| *known == name);
        let (_, kind, effect) = found.ok_or_else(|| FaultError::Kind(name.to_owned()))?;
        Ok(Fault { kind: *kind, effect: *effect, strike })
    }
}

impl FaultTarget {
    /// Whether it meets the request with this number.
    pub fn meets(self, number: u64) -> bool {
        match self {
            FaultTarget::All => true,
            FaultTarget::Request(only) => only == number,
            FaultTarget::From(first) => first <= number,
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
            FaultKind::Late(seconds) => Some(Duration::from_secs(seconds)),
            _ => None,
        }
    }
}

impl FaultKind {
    /// In words, for people.
    pub fn words(self) -> String {
        match self {
            FaultKind::Reset => "the connection breaks before an answer".into(),
            FaultKind::Hang => "no answer ever comes".into(),
            FaultKind::SlowBody => "the body of the answer comes byte by byte and never ends".into(),
            FaultKind::Late(seconds) => format!("no answer comes, and it takes effect {seconds} s later"),
            FaultKind::ServerError(status) => format!("status {status} with an envelope"),
            FaultKind::Page(status) => format!("status {status} with a page of HTML"),
            FaultKind::Bodiless(status) => format!("status {status} without a body"),
            FaultKind::Unavailable => "status 503 with `Retry-After: 1`".into(),
            FaultKind::Throttled(0) => "status 429 without `Retry-After`".into(),
            FaultKind::Throttled(seconds) => format!("status 429 with `Retry-After: {seconds}`"),
            FaultKind::ThrottledUntil => "status 429 with a date in `Retry-After`".into(),
            FaultKind::NotJson => "status 200, and the body is no JSON".into(),
            FaultKind::Truncated => "status 200, and the body ends in the middle".into(),
            FaultKind::Empty => "status 200 without a body".into(),
            FaultKind::NoResult => "status 200, and the `result` is null".into(),
            FaultKind::Refused => "status 200 with `success: false`".into(),
            FaultKind::RefusedInside => "status 200 with `success: false` inside the `result`".into(),
            FaultKind::Drifted(Drift::NoId) => "the answer lacks what identifies a thing".into(),
            FaultKind::Drifted(Drift::NumericId) => "ids in the answer are numbers".into(),
            FaultKind::Drifted(Drift::Text) => "the `result` is a text".into(),
            FaultKind::Drifted(Drift::Extra) => {
                "every object in the answer has fields that nobody knows".into()
            }
            FaultKind::Drifted(Drift::Other) => "the answer is about another thing".into(),
            FaultKind::Drifted(Drift::Twice) => "a list has one of its things twice, with another id".into(),
            FaultKind::Drifted(Drift::Total) => {
                "the total of a list is 0, and its page is said to be full".into()
            }
            FaultKind::Drifted(Drift::Cursor) => "a list gives the same cursor on each page".into(),
            FaultKind::Expired => "status 401, as for a token that has expired".into(),
            FaultKind::Denied => "status 403, as for a token that lost a permission".into(),
            FaultKind::Challenge => "a firewall's challenge".into(),
            FaultKind::Stale { reads, is_lost } => {
                let lost = if is_lost { "the connection breaks, and " } else { "" };
                format!("{lost}what the request makes is missing from {reads} reads afterwards")
            }
            FaultKind::Young(requests) => {
                format!("what the request makes is not found by {requests} requests about it afterwards")
            }
            FaultKind::Replica => {
                "a read of a database comes from a replica that has none of its rows yet".into()
            }
        }
    }
}

/// Every kind as a table in Markdown.
pub fn table() -> String {
    let mut table = String::from("| kind | what comes back | takes effect |\n|---|---|---|\n");
    for (name, kind, effect) in NAMED {
        let effect = match effect {
            FaultEffect::Applied => "yes",
            FaultEffect::NotApplied => "no",
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
        assert_eq!((fault.effect, fault.strikes(3), fault.strikes(4)), (FaultEffect::Applied, true, false));
        assert!("429".parse::<Fault>().unwrap().strikes(77));
        let expired: Fault = "401@5+".parse().unwrap();
        assert_eq!([4, 5, 6].map(|sequence| expired.strikes(sequence)), [false, true, true]);
        assert!(matches!("401@0+".parse::<Fault>(), Err(FaultError::Strike(_))));
        assert!(matches!("rest@1".parse::<Fault>(), Err(FaultError::Kind(name)) if name == "rest"));
        assert!(matches!("500@0".parse::<Fault>(), Err(FaultError::Strike(_))));
    }
}
