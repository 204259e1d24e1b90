//! The retry table: what is sent again, after which delay, and the outcome of a request.

use super::endpoint::Class;
use super::envelope::{ApiResponse, Attempt};
use super::error::{ApiError, TransportError, TransportErrorKind};
use super::outcome::Outcome;
use std::time::Duration;

/// Attempts for one request, the first included.
pub(super) const ATTEMPTS_MAX: u32 = 4;
/// No request is repeated later than this after its op began, or last got on.
pub(super) const DEADLINE: Duration = Duration::from_mins(5);
const BASE: Duration = Duration::from_millis(250);
const CAP: Duration = Duration::from_secs(8);

/// Whether a request of that class is sent again after that attempt.
pub(super) fn again(class: Class, attempt: &Attempt) -> bool {
    match attempt {
        Attempt::Answered(_) | Attempt::Refused(_) => false,
        // That a service has not begun is its own word.
        Attempt::NotSent(trouble) => {
            trouble.may_pass() && (class != Class::Raw || trouble.kind != TransportErrorKind::Busy)
        }
        Attempt::Throttled(_) => class != Class::Raw,
        Attempt::Lost(trouble) if trouble.kind == TransportErrorKind::TooLarge => false,
        Attempt::Lost(_) => match class {
            Class::Read | Class::Replace | Class::Delete => true,
            Class::Ensure | Class::Guarded | Class::Raw => false,
        },
    }
}

/// What a request ends as whose last attempt that is; `lost` is an earlier one that may have been applied.
pub(super) fn ends(last: Attempt, lost: Option<TransportError>) -> Outcome<ApiResponse> {
    match (last, lost) {
        (Attempt::Answered(answer), _) => Outcome::Applied(answer),
        (Attempt::Lost(trouble), _) => Outcome::Unknown(trouble),
        // What came after a lost attempt proves nothing, but for a delete that finds nothing left.
        (Attempt::Refused(error), Some(lost)) if !is_gone(&error) => Outcome::Unknown(lost),
        (Attempt::Refused(error), lost) => {
            Outcome::Rejected(ApiError { follows_loss: lost.is_some(), ..error })
        }
        (Attempt::NotSent(_) | Attempt::Throttled(_), Some(lost)) => Outcome::Unknown(lost),
        (Attempt::NotSent(trouble), None) => Outcome::NotSent(trouble),
        (Attempt::Throttled(error), None) => Outcome::NotSent(throttled(&error)),
    }
}

fn is_gone(error: &ApiError) -> bool {
    error.endpoint.class == Class::Delete && error.is_gone()
}

/// A refusal for the request limit: nothing has looked at the request.
pub(super) fn throttled(error: &ApiError) -> TransportError {
    let wait = error.retry_after.map(|wait| format!(", come back in {} s", wait.as_secs()));
    TransportError {
        kind: TransportErrorKind::Throttled,
        detail: format!("too many requests{}", wait.unwrap_or_default()),
        endpoint: Some(error.endpoint),
        ray: error.ray.clone(),
        retry_after: error.retry_after,
    }
}

/// The pause before attempt number `next` (2, 3, ...): full jitter under a doubling ceiling.
pub(super) fn pause(next: u32, chance: f64) -> Duration {
    BASE.saturating_mul(1 << (next - 2).min(16)).min(CAP).mul_f64(chance)
}

/// A run's retries are paid from one purse, so that an outage is not amplified.
#[derive(Debug)]
pub(super) struct RetryBudget(u32);

impl RetryBudget {
    const COST: u32 = 5;
    const FULL: u32 = 50;

    pub(super) fn full() -> Self {
        RetryBudget(Self::FULL)
    }

    /// Pays for one retry, if it can.
    pub(super) fn pay(&mut self) -> bool {
        let paid = self.0 >= Self::COST;
        self.0 -= if paid { Self::COST } else { 0 };
        paid
    }

    /// Gives back what the retries of an answered request have cost.
    pub(super) fn refund(&mut self, retries: u32) {
        self.0 = retries.saturating_mul(Self::COST).saturating_add(self.0).min(Self::FULL);
    }
}

#[cfg(test)]
mod tests;
