//! What is sent again, and after how long: the one table (reliability notes 3.4).

use super::endpoint::Class;
use super::envelope::Attempt;
use std::time::Duration;

/// Attempts for one request, the first included.
pub(super) const ATTEMPTS_MAX: u32 = 4;
/// A server that asks for a longer pause is told to people instead of waited for.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_mins(1);
/// No request is repeated later than this after its first attempt.
pub(super) const DEADLINE: Duration = Duration::from_mins(5);
const BASE: Duration = Duration::from_millis(250);
const CAP: Duration = Duration::from_secs(8);

/// Whether a request of that class is sent again after that attempt.
pub(super) fn again(class: Class, attempt: &Attempt) -> bool {
    match attempt {
        Attempt::Answered(_) | Attempt::Refused(_) => false,
        Attempt::NotSent(trouble) => trouble.may_pass(),
        Attempt::Throttled(_) => class != Class::Raw,
        Attempt::Lost(_) => match class {
            Class::Read | Class::Replace | Class::Delete => true,
            Class::Ensure | Class::Guarded | Class::Raw => false,
        },
    }
}

/// The pause before attempt number `next` (2, 3, ...): full jitter under a doubling ceiling.
pub(super) fn pause(next: u32, chance: f64) -> Duration {
    BASE.saturating_mul(1 << (next - 2).min(16)).min(CAP).mul_f64(chance)
}

/// A run's retries are paid from one purse, so that an outage is not amplified.
#[derive(Debug)]
pub(super) struct Purse(u32);

impl Purse {
    const COST: u32 = 5;
    const FULL: u32 = 50;

    pub(super) fn full() -> Self {
        Purse(Self::FULL)
    }

    /// Pays for one retry, if it can.
    pub(super) fn pay(&mut self) -> bool {
        let paid = self.0 >= Self::COST;
        self.0 -= if paid { Self::COST } else { 0 };
        paid
    }

    /// Gives back what the retries of an answered request have cost.
    pub(super) fn refund(&mut self, retries: u32) {
        self.0 = (self.0 + retries * Self::COST).min(Self::FULL);
    }
}

#[cfg(test)]
mod tests {
    use super::super::endpoint::Endpoint;
    use super::super::envelope;
    use super::super::error::{Trouble, TroubleKind};
    use super::super::transport::RawAnswer;
    use super::*;

    const CLASSES: [Class; 6] =
        [Class::Read, Class::Ensure, Class::Replace, Class::Delete, Class::Guarded, Class::Raw];

    static ANY: Endpoint =
        Endpoint { method: "POST", path: "/", permission: "", class: Class::Raw, doing: "", meanings: &[] };

    fn row(attempt: &Attempt) -> String {
        CLASSES.map(|class| if again(class, attempt) { 'y' } else { '-' }).iter().collect()
    }

    #[test]
    fn every_status_has_its_row() {
        let mut table: Vec<(String, Vec<u16>)> = Vec::new();
        for status in 100..600 {
            let answer = RawAnswer { status, body: br#"{"success":true}"#.to_vec(), ..RawAnswer::default() };
            let row = row(&envelope::read(&ANY, false, &answer, jiff::Timestamp::UNIX_EPOCH));
            match table.iter_mut().find(|(known, _)| *known == row) {
                Some((_, statuses)) => statuses.push(status),
                None => table.push((row, vec![status])),
            }
        }
        let shown: Vec<String> = table
            .iter()
            .map(|(row, statuses)| format!("{row} {} statuses from {}", statuses.len(), statuses[0]))
            .collect();
        assert_eq!(
            shown,
            ["------ 398 statuses from 100", "y-yy-- 101 statuses from 408", "yyyyy- 1 statuses from 429"]
        );
    }

    #[test]
    fn every_trouble_has_its_row() {
        let rows = [
            (TroubleKind::Connect, "yyyyyy"),
            (TroubleKind::Certificate, "------"),
            (TroubleKind::Interrupted, "------"),
            (TroubleKind::Withheld, "------"),
            (TroubleKind::OtherAccount, "------"),
            (TroubleKind::Timeout, "y-yy--"),
            (TroubleKind::Broken, "y-yy--"),
            (TroubleKind::Malformed, "y-yy--"),
        ];
        for (kind, expected) in rows {
            let trouble = Trouble::new(kind, "");
            let attempt = if trouble.was_sent() { Attempt::Lost(trouble) } else { Attempt::NotSent(trouble) };
            assert_eq!(row(&attempt), expected, "{kind:?}");
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
        let mut purse = Purse::full();
        assert_eq!((0..12).filter(|_| purse.pay()).count(), 10);
        purse.refund(1);
        assert!(purse.pay());
        assert!(!purse.pay());
    }
}
