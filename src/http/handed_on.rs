//! The gate through which one pass over a recipe hands what it has read to the next.
//!
//! **Invariant:** only answers are kept that the client has an answer of: no refusal for credentials, which may be renewed,
//! none for the request limit, and nothing broken.

use super::envelope::{self, Attempt};
use super::error::Trouble;
use super::readings::{Access, Pass, Question, Readings};
use super::scope;
use super::touched::Touched;
use super::transport::{RawAnswer, Transport, WireRequest};
use crate::system::Clock;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Answers from what the passes before have read, and keeps what it reads itself for the next.
pub struct HandedOn {
    pass: Pass,
    behind: Arc<dyn Transport>,
    /// The last read was sent: the script may be where no pass was before.
    is_live: AtomicBool,
    has_written: AtomicBool,
}

impl HandedOn {
    /// The gate of the next pass of a run, before another transport.
    pub fn new(readings: &Arc<Readings>, run: &str, access: Access, behind: Arc<dyn Transport>) -> Self {
        let pass = readings.pass(run, access);
        HandedOn { pass, behind, is_live: AtomicBool::default(), has_written: AtomicBool::default() }
    }

    async fn read(&self, request: WireRequest) -> Result<RawAnswer, Trouble> {
        self.is_live.store(true, Ordering::Relaxed);
        let Some(question) = Question::of(&request) else { return self.behind.send(request).await };
        let (endpoint, is_raw) = (request.endpoint, request.is_raw);
        let asked = self.pass.ask(question);
        let answer = self.behind.send(request).await?;
        let is_kept = match envelope::read(endpoint, is_raw, &answer, self.pass.clock().now()) {
            Attempt::Answered(_) => true,
            Attempt::Refused(error) => !error.is_denied(),
            Attempt::Throttled(_) | Attempt::Lost(_) | Attempt::NotSent(_) => false,
        };
        if is_kept {
            self.pass.keep(asked, answer.clone());
        }
        Ok(answer)
    }

    /// A read may have been under way all the while, so that what is kept is forgotten before and after.
    async fn write(&self, request: WireRequest) -> Result<RawAnswer, Trouble> {
        let touched = Touched::by(&request, scope::current().is_alone());
        self.has_written.store(true, Ordering::Relaxed);
        self.pass.forget(&touched);
        let answer = self.behind.send(request).await;
        self.pass.forget(&touched);
        answer
    }
}

impl Transport for HandedOn {
    fn send(
        &self,
        request: WireRequest,
    ) -> Pin<Box<dyn Future<Output = Result<RawAnswer, Trouble>> + Send + '_>> {
        match (request.endpoint.is_write(), self.pass.access) {
            (false, _) => Box::pin(self.read(request)),
            (true, Access::Writes) => Box::pin(self.write(request)),
            // What is behind lets no write through.
            (true, Access::Reads) => self.behind.send(request),
        }
    }

    fn known(&self, request: &WireRequest) -> Option<RawAnswer> {
        let answer = self.pass.take(&Question::of(request)?)?;
        self.is_live.store(false, Ordering::Relaxed);
        Some(answer)
    }

    /// Where a pass before has slept, and all since is as it was there, the time has passed already.
    fn sleep<'a>(
        &'a self,
        clock: &'a dyn Clock,
        duration: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        let is_live = self.is_live.load(Ordering::Relaxed) || self.has_written.load(Ordering::Relaxed);
        let question = Question::Sleep(duration);
        if !is_live && self.pass.take(&question).is_some() {
            return Box::pin(async {});
        }
        let sleep = clock.sleep(duration);
        Box::pin(async move {
            sleep.await;
            self.pass.keep(self.pass.ask(question), RawAnswer::default());
        })
    }
}
