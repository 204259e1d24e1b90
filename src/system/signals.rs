//! The signals that end a run.

use std::io;

/// Which signal came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopSignal {
    /// SIGINT, Ctrl-C.
    Interrupt,
    /// SIGTERM, SIGHUP; SIGXCPU, after which a limit on time ends the process.
    Terminate,
}

/// Waits for signals; made inside a runtime.
pub struct Signals {
    #[cfg(unix)]
    streams: [tokio::signal::unix::Signal; 4],
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on: the signals no longer end the process by themselves.
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            streams: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
                signal(SignalKind::from_raw(rustix::process::Signal::XCPU.as_raw()))?,
            ],
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> StopSignal {
        let [interrupt, terminate, hangup, time] = &mut self.streams;
        tokio::select! {
            _ = interrupt.recv() => StopSignal::Interrupt,
            _ = terminate.recv() => StopSignal::Terminate,
            _ = hangup.recv() => StopSignal::Terminate,
            _ = time.recv() => StopSignal::Terminate,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Listens from now on: Ctrl-C no longer ends the process by itself.
    pub fn listen() -> io::Result<Self> {
        Ok(Signals {})
    }

    /// The next one.
    pub async fn next(&mut self) -> StopSignal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => StopSignal::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}
