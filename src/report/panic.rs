//! Reports a panic as a bug, with secrets masked. The standard hook would print the values as they are.

use super::console::Console;
use crate::escape::escape;
use crate::secret::Masked;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::sync::Arc;

/// From now on a panic of any thread is told through the redactor of `console`, with a backtrace where
/// `RUST_BACKTRACE` asks for one.
pub fn tell_panics(console: Arc<Console>) {
    std::panic::set_hook(Box::new(move |info| {
        // Not through the console itself: it may be what panicked, with its lock held.
        let out = Masked::new(console.redactor().clone(), io::stderr().lock());
        let _ = tell(&console, info, &Backtrace::capture(), out);
    }));
}

fn tell(
    console: &Console,
    info: &PanicHookInfo<'_>,
    backtrace: &Backtrace,
    mut out: Masked<impl Write>,
) -> io::Result<()> {
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    let message = console.redactor().redact(info.payload_as_str().unwrap_or("no message"));
    let message = console.veiled(&escape(&message)).into_owned();
    let thread = thread.name().unwrap_or("without a name");
    writeln!(out, "panic in the thread `{thread}` at {place}: {message}")?;
    if backtrace.status() == BacktraceStatus::Captured {
        write!(out, "{backtrace}")?;
    }
    out.finish().map(drop)
}
