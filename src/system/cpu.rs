//! The CPU time of a thread.

use std::time::Duration;

/// The time that the calling thread has had a processor; `None` where the system does not say (all but Linux).
#[cfg(target_os = "linux")]
#[allow(clippy::disallowed_methods)]
pub fn thread_time() -> Option<Duration> {
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    // Opened once for each thread: it is read every few dozen steps of a script, and an open file gives fresh numbers
    // from its start.
    thread_local! {
        static SCHEDSTAT: Option<File> = File::open("/proc/thread-self/schedstat").ok();
    }
    let mut buffer = [0; 128];
    let length = SCHEDSTAT.with(|file| file.as_ref()?.read_at(&mut buffer, 0).ok())?;
    let text = std::str::from_utf8(buffer.get(..length)?).ok()?;
    let nanoseconds = text.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// The time that the calling thread has had a processor; `None` where the system does not say.
#[cfg(not(target_os = "linux"))]
pub fn thread_time() -> Option<Duration> {
    None
}

/// How many threads can compute at a time.
pub fn parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_waits_does_not_compute() {
        let own = thread_time().unwrap();
        let (sender, receiver) = std::sync::mpsc::channel::<()>();
        let other = std::thread::spawn(move || {
            // Waits until this thread has computed for a while.
            let _ = receiver.recv();
            thread_time().unwrap()
        });
        while thread_time().unwrap() < own + Duration::from_millis(200) {
            std::hint::black_box(own);
        }
        drop(sender);
        assert!(other.join().unwrap() < Duration::from_millis(100));
    }
}
