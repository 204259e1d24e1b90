//! Faults that the account can play: what a network, an edge or an overloaded service does to a request.
//!
//! A fault strikes one request, counted from 1 in the order of arrival, or all of them. Where it makes sense it comes in
//! two variants: the request was applied, or it was not.
//!
//! **Invariant:** a fault that is not applied leaves the account as it was; one that is applied changes it once.

use super::reply::Reply;
use serde_json::{Value, json};
use std::str::FromStr;
use std::time::Duration;

/// What goes wrong (reliability notes 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The connection breaks before an answer.
    Reset,
    /// No answer ever comes.
    Hang,
    /// No answer comes, and the request takes effect this many seconds later.
    Late(u64),
    /// A 5xx status with an envelope.
    ServerError(u16),
    /// A 5xx status with a page of HTML.
    Page(u16),
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
    /// 401, as for a token that has expired.
    Expired,
    /// 403, as for a token that lost a permission.
    Denied,
    /// A firewall's challenge.
    Challenge,
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
    /// Nothing, ever.
    Never,
}

/// Every kind by name, in the variants that make sense.
pub const NAMED: &[(&str, Kind, Effect)] = &[
    ("reset", Kind::Reset, Effect::NotApplied),
    ("reset-applied", Kind::Reset, Effect::Applied),
    ("hang", Kind::Hang, Effect::NotApplied),
    ("hang-applied", Kind::Hang, Effect::Applied),
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
    ("429", Kind::Throttled(1), Effect::NotApplied),
    ("429-bare", Kind::Throttled(0), Effect::NotApplied),
    ("429-long", Kind::Throttled(300), Effect::NotApplied),
    ("429-date", Kind::ThrottledUntil, Effect::NotApplied),
    ("not-json", Kind::NotJson, Effect::NotApplied),
    ("not-json-applied", Kind::NotJson, Effect::Applied),
    ("truncated", Kind::Truncated, Effect::NotApplied),
    ("truncated-applied", Kind::Truncated, Effect::Applied),
    ("empty", Kind::Empty, Effect::NotApplied),
    ("empty-applied", Kind::Empty, Effect::Applied),
    ("no-result", Kind::NoResult, Effect::NotApplied),
    ("no-result-applied", Kind::NoResult, Effect::Applied),
    ("refused", Kind::Refused, Effect::NotApplied),
    ("401", Kind::Expired, Effect::NotApplied),
    ("403", Kind::Denied, Effect::NotApplied),
    ("challenge", Kind::Challenge, Effect::NotApplied),
];

/// Why a text names no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There is no such kind.
    #[error("unknown fault `{0}`\nhint: {known}", known = names())]
    Kind(String),
    /// After the `@` stands neither a number from 1 nor `*`.
    #[error("`{0}` is no request: a number from 1, or `*` for all")]
    Strike(String),
}

fn names() -> String {
    NAMED.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ")
}

impl FromStr for Fault {
    type Err = FaultError;

    /// Reads `reset-applied@3` or `429@*`.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (name, at) = text.split_once('@').unwrap_or((text, "*"));
        let strike = match at {
            "*" => Strike::All,
            number => match number.parse() {
                Ok(0) | Err(_) => return Err(FaultError::Strike(at.to_owned())),
                Ok(number) => Strike::Request(number),
            },
        };
        let found = NAMED.iter().find(|(known, ..)| *known == name);
        let (_, kind, effect) = found.ok_or_else(|| FaultError::Kind(name.to_owned()))?;
        Ok(Fault { kind: *kind, effect: *effect, strike })
    }
}

impl Fault {
    /// Whether it strikes the request with this number.
    pub fn strikes(&self, sequence: u64) -> bool {
        match self.strike {
            Strike::All => true,
            Strike::Request(number) => number == sequence,
        }
    }

    /// When a late request takes effect.
    pub(super) fn delay(&self) -> Option<Duration> {
        match self.kind {
            Kind::Late(seconds) => Some(Duration::from_secs(seconds)),
            _ => None,
        }
    }

    /// What comes back in place of `answer`, which is there if the request was applied.
    pub(super) fn deliver(&self, now: jiff::Timestamp, ray: &str) -> Delivery {
        let json = |status, code: i64, message: &str| {
            let body = json!({
                "success": false, "errors": [{ "code": code, "message": message }], "messages": [], "result": null,
            });
            Reply::json(status, &body)
        };
        let html = |status, text: &str| Reply::raw(status, "text/html", format!("<html>{text}</html>"));
        let ok = |body: &str| Reply::raw(200, "application/json", body);
        let reply = match self.kind {
            Kind::Reset => return Delivery::Broken,
            Kind::Hang | Kind::Late(_) => return Delivery::Never,
            Kind::ServerError(status) => json(status, 10001, "internal error"),
            Kind::Page(status) => html(status, "gateway"),
            Kind::Unavailable => json(503, 10043, "unavailable").with_header("retry-after", "1"),
            Kind::Throttled(0) => json(429, 10100, "More than 1200 requests per 300 seconds"),
            Kind::Throttled(seconds) => {
                json(429, 971, "Please wait and consider throttling your request speed")
                    .with_header("retry-after", &seconds.to_string())
            }
            Kind::ThrottledUntil => {
                let until = now.saturating_add(Duration::from_secs(2)).unwrap_or(now);
                let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&until);
                json(429, 971, "Please wait").with_header("retry-after", &date.unwrap_or_default())
            }
            Kind::NotJson => ok("upstream said hello"),
            Kind::Truncated => ok("{\"success\":true,\"result\":{\"id\":\"0"),
            Kind::Empty => ok(""),
            Kind::NoResult => Reply::json(
                200,
                &json!({ "success": true, "errors": [], "messages": [], "result": Value::Null }),
            ),
            Kind::Refused => json(200, 10001, "refused"),
            Kind::Expired => json(401, 9109, "Invalid access token"),
            Kind::Denied => json(403, 10000, "Authentication error"),
            Kind::Challenge => html(403, "challenge").with_header("cf-mitigated", "challenge"),
        };
        Delivery::Reply(reply.with_header("cf-ray", ray))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_by_name() {
        let fault: Fault = "reset-applied@3".parse().unwrap();
        assert_eq!((fault.effect, fault.strikes(3), fault.strikes(4)), (Effect::Applied, true, false));
        assert!("429".parse::<Fault>().unwrap().strikes(77));
        assert!(matches!("rest@1".parse::<Fault>(), Err(FaultError::Kind(name)) if name == "rest"));
        assert!(matches!("500@0".parse::<Fault>(), Err(FaultError::Strike(_))));
    }
}
