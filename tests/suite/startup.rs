//! Start-up is cheap: TLS, runtime and engine are created when they are needed.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The quickest of several runs: everything slower is the machine's doing. One thread works, so wall time bounds CPU time.
fn quickest(program: &str, argument: &str) -> Duration {
    let run = || {
        let begun = Instant::now();
        let status = Command::new(program).arg(argument).stdout(Stdio::null()).status().unwrap();
        assert!(status.success());
        begun.elapsed()
    };
    (0..100).map(|_| run()).min().unwrap()
}

#[test]
fn the_version_takes_a_few_ms_over_an_empty_program() {
    let empty = quickest("true", "");
    let larder = quickest(env!("CARGO_BIN_EXE_larder"), "--version");
    let over = larder.saturating_sub(empty);
    // An unoptimized build takes about 4 ms where nothing else runs, and more beside other tests.
    let most = Duration::from_millis(if cfg!(debug_assertions) { 10 } else { 5 });
    assert!(over <= most, "{over:?} over an empty program ({empty:?})");
}
