//! Disables core dumps, so that secrets in memory are not written to disk.

/// From now on a crash leaves no core file, and other processes of the same user cannot read this one's memory or
/// environment. What the system cannot do stays as it was.
#[cfg(unix)]
pub fn keep_memory_private() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // The size of a page is read from a file that belongs to root afterwards.
        let _ = super::memory::resident_bytes();
        // A core that goes to a program through a pipe heeds no limit.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// Nothing: this system has no core files.
#[cfg(not(unix))]
pub fn keep_memory_private() {}
