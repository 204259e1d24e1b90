//! Looks for a guarded call whose answer was lost.

use super::reader::{Expect, Reader, words};
use super::rows::Ledger;
use crate::op::Context;
use std::time::Duration;

/// A statement may run for 30 s on the server, so a lost call may commit that late (reliability notes 3.3).
const PAUSES_S: [u64; 7] = [0, 1, 2, 4, 8, 16, 5];
/// How often a call is sent again that has left no trace.
pub const RESENDS_MAX: u32 = 2;

/// What a read of the ledger says about a call whose answer was lost.
pub enum Seen {
    /// It is not there.
    Unchanged,
    /// Something is: this call, or another.
    Changed(Ledger),
    /// Nobody can tell.
    Unreadable(String),
}

/// Reads the ledger until it is not as `before` any more, or the call can no longer commit.
pub async fn look(context: &Context, reader: &Reader<'_>, before: &Ledger) -> Seen {
    let known = before.wrangler.is_some() && before.larder.is_some();
    let expect = if known { Expect::Tables } else { Expect::Nothing };
    let clock = context.client.clock();
    let begun = clock.elapsed();
    let mut seen = Seen::Unchanged;
    for pause in PAUSES_S {
        if pause > 0 {
            clock.sleep(Duration::from_secs(pause)).await;
        }
        seen = match reader.read(expect).await {
            Ok(now) if now.has_rows_of(before) => Seen::Unchanged,
            Ok(now) => return Seen::Changed(now),
            Err(error) => Seen::Unreadable(words(error)),
        };
        // Reads that have waited themselves need not be waited for once more.
        let waited = clock.elapsed().saturating_sub(begun).as_secs();
        if matches!(seen, Seen::Unreadable(_)) && waited >= PAUSES_S.iter().sum() {
            break;
        }
    }
    seen
}
