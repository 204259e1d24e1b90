//! The thread on which scripts run.

use std::any::Any;
use std::io;

/// Only what is touched takes memory.
///
/// Calls need little: 51 kB each in a debug build (RHAI-7), so 64 of them some 3 MiB. Lists inside
/// lists need most: printing, comparing and dropping one goes down to its bottom, with up to 2 kB a level,
/// and the caps allow 100,000 levels. Running out of stack would end the process without a report.
pub const STACK_BYTES: usize = 256 * 1024 * 1024;

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Panicked {
    /// A bug; the text may quote values, so it goes through the redactor.
    #[error("a bug in Larder: {0}")]
    Bug(String),
    /// The system gave no thread.
    #[error("cannot start the script thread: {0}")]
    Thread(#[source] io::Error),
}

/// Runs `work` on a thread with a big stack and waits for it; a panic inside becomes an error.
///
/// Compile, run, explain the error and drop all values inside: a value may be nested too deep for any other
/// thread.
pub fn run_on_big_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Panicked> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name(String::from("script"))
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .map_err(Panicked::Thread)?;
        thread.join().map_err(|payload| Panicked::Bug(message(payload.as_ref())))
    })
}

/// The text a panic carries.
fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| String::from("no message"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_comes_back_and_borrowed_data_may_be_used() {
        let mut seen = vec![1];
        assert_eq!(
            run_on_big_stack(|| {
                seen.push(2);
                seen.len()
            })
            .unwrap(),
            2
        );
        assert_eq!(seen, [1, 2]);
    }

    #[test]
    fn a_panic_is_an_error() {
        let error = run_on_big_stack(|| {
            if true {
                panic!("index {}", 7)
            }
        })
        .unwrap_err();
        assert_eq!(error.to_string(), "a bug in Larder: index 7");
    }
}
