//! A transport that answers reads from earlier passes over the recipe, and stores its own reads for the next pass.
//!
//! **Invariant:** only answers are kept that the client has an answer of: no refusal for credentials, which may be renewed,
//! none for the request limit, and nothing broken.

use super::call::Body;
use super::envelope;
use super::error::TransportError;
use super::read_cache::{Pass, PassAccess, ReadCache, ReadKey};
use super::scope;
use super::transport::{RawResponse, Transport, WireRequest};
use super::write_scope::WriteScope;
use crate::system::Clock;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Answers from the reads of earlier passes, and keeps its own reads for the next.
pub struct CachedReads {
    pass: Pass,
    behind: Arc<dyn Transport>,
    /// The last read was sent: the script may be where no pass was before.
    is_live: AtomicBool,
    has_written: AtomicBool,
}

impl CachedReads {
    /// The gate of the next pass of a run, before another transport.
    pub fn new(readings: &Arc<ReadCache>, run: &str, access: PassAccess, behind: Arc<dyn Transport>) -> Self {
        let pass = readings.pass(run, access);
        CachedReads { pass, behind, is_live: AtomicBool::default(), has_written: AtomicBool::default() }
    }

    async fn read(&self, request: WireRequest) -> Result<RawResponse, TransportError> {
        self.is_live.store(true, Ordering::Relaxed);
        let Some(question) = ReadKey::of(&request) else { return self.behind.send(request).await };
        let (endpoint, expects, path) = (request.endpoint, request.expects, request.path.clone());
        let asked = self.pass.ask(question);
        let answer = self.behind.send(request).await?;
        let now = self.pass.clock().now();
        if envelope::judge(endpoint, expects, (&path, &Body::Empty), &answer, now).is_lasting() {
            self.pass.keep(&asked, answer.clone());
        }
        Ok(answer)
    }

    /// A read may have been under way all the while, so that what is kept is forgotten before and after.
    async fn write(&self, request: WireRequest) -> Result<RawResponse, TransportError> {
        let touched = WriteScope::by(&request, scope::current().is_alone());
        self.has_written.store(true, Ordering::Relaxed);
        self.pass.forget(&touched);
        let answer = self.behind.send(request).await;
        self.pass.forget(&touched);
        answer
    }
}

impl Transport for CachedReads {
    fn send(
        &self,
        request: WireRequest,
    ) -> Pin<Box<dyn Future<Output = Result<RawResponse, TransportError>> + Send + '_>> {
        match (request.endpoint.is_write(), self.pass.access) {
            (false, _) => Box::pin(self.read(request)),
            (true, PassAccess::Writes) => Box::pin(self.write(request)),
            // What is behind lets no write through.
            (true, PassAccess::Reads) => self.behind.send(request),
        }
    }

    fn known(&self, request: &WireRequest) -> Pin<Box<dyn Future<Output = Option<RawResponse>> + Send + '_>> {
        let question = ReadKey::of(request);
        Box::pin(async move {
            let answer = self.pass.taken(&question?).await?;
            self.is_live.store(false, Ordering::Relaxed);
            Some(answer)
        })
    }

    /// Where a pass before has slept, and all since is as it was there, the time has passed already.
    fn sleep<'a>(
        &'a self,
        clock: &'a dyn Clock,
        duration: Duration,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        let is_live = self.is_live.load(Ordering::Relaxed) || self.has_written.load(Ordering::Relaxed);
        let question = ReadKey::Sleep(duration);
        if !is_live && self.pass.take(&question).is_some() {
            return Box::pin(async {});
        }
        let sleep = clock.sleep(duration);
        Box::pin(async move {
            sleep.await;
            self.pass.keep(&self.pass.ask(question), RawResponse::default());
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::Call;
    use super::super::client::{Client, Settings, Stop};
    use super::super::credentials::Credentials;
    use super::super::endpoint::{Class, Endpoint};
    use super::super::in_process::InProcess;
    use super::*;
    use crate::events::Recorder;
    use crate::secret::Secret;
    use crate::system::ManualClock;
    use std::sync::atomic::AtomicUsize;

    static GET: Endpoint = Endpoint {
        method: "GET",
        path: "/accounts/{account_id}/things",
        permission: "",
        class: Class::Read,
        doing: "",
        meanings: &[],
    };

    static CREATE: Endpoint = Endpoint {
        method: "POST",
        path: "/accounts/{account_id}/others",
        permission: "",
        class: Class::Raw,
        doing: "",
        meanings: &[],
    };

    /// How many requests were sent when a client has made these calls for one op, with what a pass before has read three times.
    async fn sent(calls: &[Call]) -> usize {
        let count = Arc::new(AtomicUsize::new(0));
        let sent = count.clone();
        let behind: Arc<dyn Transport> = Arc::new(InProcess(move |_| {
            sent.fetch_add(1, Ordering::Relaxed);
            Ok(RawResponse {
                status: 200,
                body: br#"{"success":true,"result":[]}"#.to_vec(),
                ..RawResponse::default()
            })
        }));
        let clock = Arc::new(ManualClock::seeded(1));
        let readings = ReadCache::new(clock.clone());
        let client = |access| {
            Client::new(Settings {
                transport: Arc::new(CachedReads::new(&readings, "run", access, behind.clone())),
                account: "a".into(),
                credentials: Credentials::Token(Secret::new("t".into())),
                clock: clock.clone(),
                events: Arc::new(Recorder::default()),
                stop: Stop::default(),
            })
        };
        let first = client(PassAccess::Reads);
        for _ in 0..3 {
            first.answer(&GET.call()).await.unwrap();
        }
        count.store(0, Ordering::Relaxed);
        let last = client(PassAccess::Writes);
        scope::scoped(scope::Scope::of(1), async {
            for call in calls {
                last.outcome(call).await.read().unwrap();
            }
        })
        .await;
        count.load(Ordering::Relaxed)
    }

    #[tokio::test]
    async fn what_an_op_reads_after_its_own_write_is_asked_of_the_account() {
        assert_eq!(sent(&[GET.call(), GET.call()]).await, 0);
        assert_eq!(sent(&[GET.call(), CREATE.call(), GET.call()]).await, 2);
    }

    #[tokio::test]
    async fn what_is_to_be_fresh_is_asked_of_the_account() {
        assert_eq!(sent(&[GET.call(), GET.call().fresh()]).await, 1);
        // What was read before is older than the answer that came.
        assert_eq!(sent(&[GET.call().fresh(), GET.call()]).await, 2);
    }

    /// Whether an answer is handed on.
    async fn is_kept(status: u16, headers: &[(&str, &str)], body: &str) -> bool {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = RawResponse { status, headers, body: body.into() };
        let behind: Arc<dyn Transport> = Arc::new(InProcess(move |_| Ok(answer.clone())));
        let readings = ReadCache::new(Arc::new(ManualClock::seeded(1)));
        let first = CachedReads::new(&readings, "run", PassAccess::Reads, behind.clone());
        first.send(WireRequest::of(&GET)).await.unwrap();
        let last = CachedReads::new(&readings, "run", PassAccess::Writes, behind);
        last.known(&WireRequest::of(&GET)).await.is_some()
    }

    #[tokio::test]
    async fn what_is_an_answer_is_kept() {
        assert!(is_kept(200, &[], r#"{"success":true,"result":[]}"#).await);
        assert!(is_kept(404, &[], r#"{"success":false,"errors":[{"code":10007}]}"#).await);
        assert!(is_kept(400, &[], r#"{"success":false,"errors":[{"code":7400}]}"#).await);
    }

    #[tokio::test]
    async fn what_may_be_otherwise_at_once_is_not() {
        let refused = r#"{"success":false,"errors":[{"code":10000,"message":"Authentication error"}]}"#;
        for (status, headers, body) in [
            (401, &[] as &[_], refused),
            (403, &[], refused),
            (403, &[("cf-mitigated", "challenge")], "<html>"),
            (429, &[("retry-after", "1")], r#"{"success":false,"errors":[{"code":971}]}"#),
            (200, &[], "<!doctype html>"),
            (200, &[], r#"{"success":tr"#),
            (200, &[], ""),
            (500, &[], r#"{"success":false,"errors":[{"code":1}]}"#),
            (503, &[], "<html>"),
        ] {
            assert!(!is_kept(status, headers, body).await, "{status} {body}");
        }
    }
}
