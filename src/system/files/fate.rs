//! Tests of the binary end it, or its disk, before a step of its file writes; a release has nothing of this.

#[cfg(debug_assertions)]
use std::io;
#[cfg(debug_assertions)]
use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(debug_assertions)]
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// Told of each step before it is taken: `LARDER_TEST_FILES=kill@3` ends the process before the third, as a kill
/// would, and `full@3` fails it as a full disk does.
#[cfg(debug_assertions)]
pub(super) fn step() -> io::Result<()> {
    let step = TAKEN.fetch_add(1, Ordering::SeqCst) + 1;
    let asked = std::env::var("LARDER_TEST_FILES").unwrap_or_default();
    match asked.split_once('@') {
        Some((fate, at)) if at.parse() == Ok(step) => match fate {
            "kill" => std::process::abort(),
            _ => Err(io::ErrorKind::StorageFull.into()),
        },
        _ => Ok(()),
    }
}

/// Nothing happens to a release.
#[cfg(not(debug_assertions))]
pub(super) fn step() -> std::io::Result<()> {
    Ok(())
}
