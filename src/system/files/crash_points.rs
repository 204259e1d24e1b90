//! Crash points for tests: they end the process, or fail the disk, before a step of a file write. Release builds do
//! not contain them.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

static FILES: AtomicU64 = AtomicU64::new(0);
static COMMITS: AtomicU64 = AtomicU64::new(0);

/// Told of each step of a file write before it is taken: `LARDER_TEST_FILES=kill@3` ends the process before the third, as a
/// kill would, and `full@3` fails it as a full disk does.
pub(super) fn step() -> io::Result<()> {
    if cfg!(debug_assertions) { told(&FILES, "LARDER_TEST_FILES") } else { Ok(()) }
}

/// The same before and after each commit of a store, which writes its files itself: `LARDER_TEST_COMMITS`.
pub fn commit_step() -> io::Result<()> {
    if cfg!(debug_assertions) { told(&COMMITS, "LARDER_TEST_COMMITS") } else { Ok(()) }
}

fn told(taken: &AtomicU64, variable: &str) -> io::Result<()> {
    let step = taken.fetch_add(1, Ordering::SeqCst) + 1;
    let asked = std::env::var(variable).unwrap_or_default();
    match asked.split_once('@') {
        Some((fate, at)) if at.parse() == Ok(step) => match fate {
            "kill" => std::process::abort(),
            _ => Err(io::ErrorKind::StorageFull.into()),
        },
        _ => Ok(()),
    }
}
