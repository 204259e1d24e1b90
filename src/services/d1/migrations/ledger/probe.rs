//! Reads the ledger after a call whose answer was lost.

use super::reader::{Expected, Reader, words};
use super::rows::Ledger;
use crate::op::Context;
use std::time::Duration;

/// Before a guarded call is sent again: a late first one is then refused by its guard.
static EARLY_MS: [u64; 4] = [0, 200, 300, 500];
/// A statement may run for 30 s on the server, so a lost call may commit that late (D1-20, A3).
static LONG_MS: [u64; 7] = [0, 1_000, 2_000, 4_000, 8_000, 16_000, 5_000];
/// How often a call is sent again that has left no trace.
pub const RESENDS_MAX: u32 = 2;

/// For how long a lost call is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeTime {
    /// It is sent again if it is not seen.
    Early,
    /// Until it can no longer commit.
    Long,
}

impl ProbeTime {
    /// After a call that was sent again so often.
    pub fn after(resends: u32) -> Self {
        if resends < RESENDS_MAX { ProbeTime::Early } else { ProbeTime::Long }
    }
}

/// What a read of the ledger says about a call whose answer was lost.
pub enum Probe {
    /// It is not there.
    Unchanged,
    /// Something is: this call, or another.
    Changed(Ledger),
    /// Nobody can tell.
    Unreadable(String),
}

/// Reads the ledger until it is not as `before` any more, or patience ends; what can't be read is waited for long.
pub async fn look(context: &Context, reader: &Reader<'_>, before: &Ledger, patience: ProbeTime) -> Probe {
    if patience == ProbeTime::Early {
        let seen = read_until(context, reader, before, &EARLY_MS).await;
        if !matches!(seen, Probe::Unreadable(_)) {
            return seen;
        }
    }
    read_until(context, reader, before, &LONG_MS).await
}

async fn read_until(context: &Context, reader: &Reader<'_>, before: &Ledger, pauses_ms: &[u64]) -> Probe {
    let known = before.wrangler.is_some() && before.larder.is_some();
    let expect = if known { Expected::Tables } else { Expected::Nothing };
    let clock = context.client.clock();
    let begun = clock.elapsed();
    let mut seen = Probe::Unchanged;
    for pause in pauses_ms {
        if *pause > 0 {
            context.client.pause(Duration::from_millis(*pause)).await;
        }
        seen = match reader.read(expect).await {
            Ok(now) if now.has_rows_of(before) => Probe::Unchanged,
            Ok(now) => return Probe::Changed(now),
            Err(error) => Probe::Unreadable(words(error)),
        };
        // Reads that have waited themselves need not be waited for once more.
        let waited = clock.elapsed().saturating_sub(begun);
        if matches!(seen, Probe::Unreadable(_)) && waited >= Duration::from_millis(pauses_ms.iter().sum()) {
            break;
        }
    }
    seen
}
