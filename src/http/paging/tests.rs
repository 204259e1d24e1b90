use super::super::client::{Settings, Stop};
use super::super::credentials::Credentials;
use super::super::endpoint::{Class, Endpoint};
use super::super::transport::{RawResponse, Transport, WireRequest};
use super::*;
use crate::events::Recorder;
use crate::secret::Secret;
use crate::system::ManualClock;
use parking_lot::Mutex;
use serde_json::json;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

static LIST: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/things",
    permission: "",
    class: Class::Read,
    doing: "list the things",
    meanings: &[],
};

/// How many requests there were, how often one began while none was under way, and how many were at most.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sent {
    requests: usize,
    waves: usize,
    most: usize,
    under_way: usize,
}

/// A list of so many items, in pages as they are asked for, whose answers come when all that go together are sent.
struct Slow(u64, Arc<Mutex<Sent>>);

impl Transport for Slow {
    fn send(
        &self,
        request: WireRequest,
    ) -> Pin<Box<dyn Future<Output = Result<RawResponse, TransportError>> + Send + '_>> {
        let of = |name: &str| {
            request.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.parse().unwrap())
        };
        let (number, size): (u64, u64) = (of("page").unwrap(), of("per_page").unwrap());
        let rows = (((number - 1) * size).min(self.0)..(number * size).min(self.0))
            .map(|at| json!({ "id": at.to_string() }));
        let rows: Vec<Json> = rows.collect();
        let info = json!({ "page": number, "per_page": size, "count": rows.len(), "total_count": self.0 });
        let body = json!({ "success": true, "result": rows, "result_info": info }).to_string().into_bytes();
        Box::pin(async move {
            {
                let mut sent = self.1.lock();
                sent.requests += 1;
                sent.waves += usize::from(sent.under_way == 0);
                sent.under_way += 1;
                sent.most = sent.most.max(sent.under_way);
            }
            tokio::task::yield_now().await;
            self.1.lock().under_way -= 1;
            Ok(RawResponse { status: 200, body, ..RawResponse::default() })
        })
    }
}

fn read(total: u64, per_page: u64) -> (Result<usize, String>, Sent) {
    let sent = Arc::new(Mutex::new(Sent::default()));
    let client = Client::new(Settings {
        transport: Arc::new(Slow(total, sent.clone())),
        account: "a".into(),
        credentials: Credentials::Token(Secret::new("token".into())),
        clock: Arc::new(ManualClock::seeded(1)),
        events: Arc::new(Recorder::default()),
        stop: Stop::default(),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let listed = runtime.block_on(client.list(LIST.call(), Paging::Pages { per_page }, ""));
    let listed = listed.map(|items| items.len()).map_err(|error| match error {
        ReadError::Failed(trouble) => trouble.detail,
        ReadError::Rejected(error) => error.message(),
    });
    let sent = *sent.lock();
    (listed, sent)
}

#[test]
fn ten_thousand_namespaces_are_listed_in_two_waves() {
    let (listed, sent) = read(10_000, 1_000);
    assert_eq!(listed, Ok(10_000));
    // The last page is full: the one after it is asked for beside it.
    assert_eq!((sent.requests, sent.waves, sent.most), (11, 2, 10));
    let (listed, sent) = read(9_999, 1_000);
    assert_eq!((listed, sent.requests, sent.waves), (Ok(9_999), 10, 2));
    let (listed, sent) = read(999, 1_000);
    assert_eq!((listed, sent.requests, sent.waves), (Ok(999), 1, 1));
}

#[test]
fn no_more_go_together_than_a_client_may_have_under_way() {
    let (listed, sent) = read(100_000, 1_000);
    assert_eq!(listed, Ok(100_000));
    assert!(sent.most <= IN_FLIGHT_MAX && sent.waves <= 5, "{sent:?}");
    let (listed, sent) = read(100_001, 1_000);
    assert_eq!(listed, Err("the list has more than 100000 items or 1000 pages".into()));
    assert_eq!(sent.requests, 1);
}
