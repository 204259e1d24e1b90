//! Resource limits of the process (`ulimit`): raised as far as possible, and checked before a run, since one that
//! hits them could not end cleanly.

/// A limit with which nothing could be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    /// Of open files.
    #[error(
        "this process may open {limit} files, and needs {FILES_MIN}\nhint: raise the limit: `ulimit -n {FILES_WANTED}`"
    )]
    Files {
        /// The limit.
        limit: u64,
    },
    /// Of addresses, or of data.
    #[error(
        "this process may use {} MiB of memory, and needs {}\nhint: raise the limit: `ulimit {flag} unlimited`",
        limit >> 20,
        needed >> 20
    )]
    Memory {
        /// The limit, in bytes.
        limit: u64,
        /// What it has to be.
        needed: u64,
        /// What a shell calls it.
        flag: &'static str,
    },
}

/// A local account with 20 databases in use has about 150 open, and a run without one far fewer.
const FILES_MIN: u64 = 256;
/// Where more is allowed and less is set, this many are taken.
const FILES_WANTED: u64 = 1024;

/// Raises what may be raised. A file that grows over its limit is then an error of the write, and not the end of the process.
#[cfg(unix)]
pub fn prepare_limits() -> Result<(), LimitError> {
    use rustix::process::{Resource, getrlimit};
    // What threads reserve, which is little of it, and what a script and a rehearsal may use: an allocation that fails ends the
    // process at once. Measured: 1.4 GiB of addresses with 20 databases of a local account.
    const ADDRESSES_MIN: u64 = 2 << 30;
    const DATA_MIN: u64 = 512 << 20;
    if let Some(limit) = raised(Resource::Nofile, FILES_WANTED).filter(|limit| *limit < FILES_MIN) {
        return Err(LimitError::Files { limit });
    }
    for (resource, needed, flag) in [(Resource::As, ADDRESSES_MIN, "-v"), (Resource::Data, DATA_MIN, "-d")] {
        if let Some(limit) = raised(resource, needed).filter(|limit| *limit < needed) {
            return Err(LimitError::Memory { limit, needed, flag });
        }
    }
    if getrlimit(Resource::Fsize).current.is_some() {
        hear_of_large_files();
    }
    Ok(())
}

/// Nothing: this system has no such limits.
#[cfg(not(unix))]
pub fn prepare_limits() -> Result<(), LimitError> {
    Ok(())
}

/// The limit after it was raised to what is wanted, or as far as that is allowed; `None` where there is none.
#[cfg(unix)]
fn raised(resource: rustix::process::Resource, wanted: u64) -> Option<u64> {
    use rustix::process::{Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(resource);
    let limit = current?;
    if limit >= wanted {
        return Some(limit);
    }
    let allowed = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    Some(match setrlimit(resource, Rlimit { current: Some(allowed), maximum }) {
        Ok(()) => allowed,
        Err(_) => limit,
    })
}

/// A signal that is heard does not end the process; nothing else is wanted of this one.
#[cfg(unix)]
fn hear_of_large_files() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
    let _inside = runtime.enter();
    // What was once listened to stays so after the listener is gone.
    let _ = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
}
