//! The request limit of an account (API-10).
//!
//! **Invariant:** a request over the limit is refused before anything looks at it, and shuts the account for a whole window.

use super::reply::{ErrorReply, Reply};
use std::time::Duration;

/// The code of a refusal.
pub(super) const CODE: i64 = 10100;

/// So many requests in a window of so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLimit {
    /// Requests in one window.
    pub requests: u64,
    /// How long a window is.
    pub window: Duration,
}

impl RequestLimit {
    /// Cloudflare's own, for all of a user's tokens and the dashboard together.
    pub const REAL: RequestLimit = RequestLimit { requests: 1200, window: Duration::from_mins(5) };
}

/// Counts requests; a window begins with the first request after the last has ended.
#[derive(Debug, Default)]
pub(super) struct Meter {
    ends: Duration,
    count: u64,
}

/// Where a request stands in its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RemainingRequests {
    /// How many may follow it; `None` when it is itself too much.
    requests: Option<u64>,
    /// Until the next window.
    time: Duration,
}

impl Meter {
    pub(super) fn count(&mut self, limit: RequestLimit, now: Duration) -> RemainingRequests {
        if now >= self.ends {
            *self = Meter { ends: now + limit.window, count: 0 };
        }
        self.count += 1;
        if self.count > limit.requests {
            // The first that is too much starts the wait; those that knock meanwhile do not prolong it.
            if self.count == limit.requests + 1 {
                self.ends = now + limit.window;
            }
            return RemainingRequests { requests: None, time: self.ends.saturating_sub(now) };
        }
        RemainingRequests { requests: Some(limit.requests - self.count), time: self.ends.saturating_sub(now) }
    }
}

impl RemainingRequests {
    pub(super) fn is_over(self) -> bool {
        self.requests.is_none()
    }

    /// The refusal of a request that is too much.
    pub(super) fn refusal(self, limit: RequestLimit) -> Reply {
        let RequestLimit { requests, window } = limit;
        let text = format!(
            "More than {requests} requests per {} seconds reached. Please wait and consider throttling your request speed",
            window.as_secs()
        );
        let reply = Reply::from(ErrorReply::new(429, CODE, text));
        self.tell(limit, reply).with_header("retry-after", &self.seconds().to_string())
    }

    /// The answer with what is left.
    pub(super) fn tell(self, limit: RequestLimit, reply: Reply) -> Reply {
        let (left, seconds) = (self.requests.unwrap_or(0), self.seconds());
        reply.with_header("ratelimit", &format!("\"default\";r={left};t={seconds}")).with_header(
            "ratelimit-policy",
            &format!("\"default\";q={};w={}", limit.requests, limit.window.as_secs()),
        )
    }

    /// Rounded up.
    fn seconds(self) -> u64 {
        self.time.as_secs() + u64::from(self.time.subsec_nanos() > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_begins_with_its_first_request_and_one_too_many_shuts_it() {
        let limit = RequestLimit { requests: 2, window: Duration::from_mins(5) };
        let mut meter = Meter::default();
        let mut left = |ms| {
            let left = meter.count(limit, Duration::from_millis(ms));
            (left.requests, left.seconds())
        };
        assert_eq!([left(0), left(10_500)], [(Some(1), 300), (Some(0), 290)]);
        assert_eq!([left(100_000), left(200_000), left(399_999)], [(None, 300), (None, 200), (None, 1)]);
        assert_eq!([left(400_000), left(400_000)], [(Some(1), 300), (Some(0), 300)]);
    }

    #[test]
    fn a_refusal_says_when_to_come_back() {
        let left = RemainingRequests { requests: None, time: Duration::from_millis(211_001) };
        let reply = left.refusal(RequestLimit::REAL);
        assert_eq!((reply.status, &reply.to_json()["errors"][0]["code"]), (429, &CODE.into()));
        let header = |name| reply.header(name).unwrap().to_owned();
        assert_eq!(
            [header("retry-after"), header("ratelimit"), header("ratelimit-policy")],
            ["212", "\"default\";r=0;t=212", "\"default\";q=1200;w=300"]
        );
    }
}
