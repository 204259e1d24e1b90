//! Test doubles: reads that are answered without being sent, and pauses that have already passed.

use super::call::Call;
use super::client::Client;
use super::envelope::Attempt;
use super::scope::Scope;
use super::transport::RawResponse;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// The header by which a local account makes itself known.
const LOCAL_ACCOUNT_HEADER: &str = "larder-local-account";

impl Client {
    /// Lets the time pass that a script asks for.
    pub async fn sleep(&self, duration: Duration) {
        let left = self.limiter().left(self.settings.clock.elapsed(), false);
        self.settings.transport.sleep(self.settings.clock.as_ref(), duration.min(left)).await;
    }

    /// What came of a read that was answered without being sent: it takes no turn, and nobody hears of it.
    pub(super) async fn known(&self, call: &Call, scope: &Scope) -> Option<Attempt> {
        let is_over = self.settings.stop.hard.is_cancelled();
        if is_over || call.endpoint.is_write() || call.is_fresh || scope.has_written() {
            return None;
        }
        let request = self.request(call).ok().filter(|request| !request.leads_elsewhere())?;
        let answer = self.settings.transport.known(&request).await?;
        self.meet(&answer);
        Some(self.judge(call, Ok(answer)))
    }

    /// A local account makes itself known in every answer.
    pub(super) fn meet(&self, answer: &RawResponse) {
        if answer.header(LOCAL_ACCOUNT_HEADER).is_some() {
            self.is_local.store(true, Ordering::Relaxed);
        }
    }
}
