//! Pauses of procedures that ask or send once more.
//!
//! **Invariant:** none ends later than the run may go on: what would come after it is refused as late.

use super::client::Client;
use super::scope;
use std::time::Duration;

impl Client {
    /// Lets time pass before a read; one that shows what became of a write may come a little after the run's time.
    pub async fn pause(&self, duration: Duration) {
        self.pass(duration, scope::current().has_written()).await;
    }

    /// Lets time pass before a write.
    pub async fn pause_before_write(&self, duration: Duration) {
        self.pass(duration, false).await;
    }

    async fn pass(&self, duration: Duration, is_look: bool) {
        let clock = &self.settings.clock;
        let left = self.limiter.left(clock.elapsed(), is_look);
        clock.sleep(duration.min(left)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::{Settings, Stop};
    use super::super::credentials::Credentials;
    use super::super::in_process::InProcess;
    use super::super::limiter::{Limiter, WaitPolicy};
    use super::super::scope::{Scope, scoped};
    use super::super::transport::RawResponse;
    use super::*;
    use crate::events::Recorder;
    use crate::secret::Secret;
    use crate::system::{Clock as _, ManualClock};
    use std::sync::Arc;

    const S: Duration = Duration::from_secs(1);

    /// The pauses of four times half a minute, in a run that may take so long.
    fn pauses(deadline: Option<Duration>, is_written: bool) -> [Vec<u64>; 2] {
        [false, true].map(|is_before_write| {
            let clock = Arc::new(ManualClock::seeded(1));
            let client = Client::new(Settings {
                transport: Arc::new(InProcess(|_| Ok(RawResponse::default()))),
                account: "0".repeat(32),
                credentials: Credentials::Token(Secret::new("token".into())),
                clock: clock.clone(),
                events: Arc::new(Recorder::default()),
                stop: Stop::default(),
            });
            let client =
                client.with_limiter(Arc::new(Limiter::new(WaitPolicy { deadline, is_short: false }, None)));
            let scope = Scope::of(1);
            if is_written {
                scope.sending(true);
            }
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(scoped(scope, async {
                for _ in 0..4 {
                    if is_before_write {
                        client.pause_before_write(30 * S).await;
                    } else {
                        client.pause(30 * S).await;
                    }
                }
            }));
            assert_eq!(clock.elapsed(), clock.sleeps().iter().sum::<Duration>());
            clock.sleeps().iter().map(Duration::as_secs).collect()
        })
    }

    #[test]
    fn no_pause_ends_after_the_deadline() {
        assert_eq!(pauses(Some(40 * S), false), [[30, 10, 0, 0], [30, 10, 0, 0]]);
        assert_eq!(pauses(None, false), [[30; 4]; 2]);
    }

    #[test]
    fn a_look_at_what_was_written_has_some_more_time() {
        assert_eq!(pauses(Some(20 * S), true), [[30, 30, 30, 20], [20, 0, 0, 0]]);
    }
}
