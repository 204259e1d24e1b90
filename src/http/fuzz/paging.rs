//! Properties for arbitrary pages of a list: reading ends, with the items of the pages or with an error.

use super::super::client::{Client, IN_FLIGHT_MAX, Settings, Stop};
use super::super::credentials::Credentials;
use super::super::endpoint::{Class, Endpoint};
use super::super::in_process::InProcess;
use super::super::paging::Paging;
use super::super::transport::RawResponse;
use crate::events::Recorder;
use crate::secret::Secret;
use crate::system::ManualClock;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;

static LIST: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/things",
    permission: "",
    class: Class::Read,
    doing: "list the things",
    meanings: &[],
};
const NO_MORE: &str = r#"{"success":false,"errors":[{"code":10007,"message":"no more pages"}]}"#;

/// The body of an answer in each line; behind the last comes a refusal.
///
/// # Panics
/// Where the property is violated.
pub fn paging(text: &str) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_time().build() else { return };
    for paging in [Paging::Pages { per_page: 2 }, Paging::AsTold] {
        let left: VecDeque<String> = text.lines().map(str::to_owned).collect();
        let lines = left.len();
        let commas = text.matches(',').count();
        let left = Arc::new(Mutex::new((left, 0_usize)));
        let asked = left.clone();
        let answer = move |_| {
            let mut left = asked.lock();
            left.1 += 1;
            let (status, body) = left.0.pop_front().map_or((404, NO_MORE.to_owned()), |body| (200, body));
            Ok(RawResponse { status, headers: Vec::new(), body: body.into_bytes() })
        };
        let client = Client::new(Settings {
            transport: Arc::new(InProcess(answer)),
            account: "a".into(),
            credentials: Credentials::Token(Secret::new("t".into())),
            clock: Arc::new(ManualClock::seeded(1)),
            events: Arc::new(Recorder::default()),
            stop: Stop::default(),
        });
        let listed = runtime.block_on(client.list(LIST.call(), paging, ""));
        let requests = left.lock().1;
        // Pages are asked for together, of which the last may all be too many.
        assert!(requests <= lines + IN_FLIGHT_MAX, "{requests} requests for {lines} pages");
        // Items of a list are separated by commas.
        assert!(listed.map_or(0, |items| items.len()) <= commas + lines);
    }
}

#[cfg(test)]
mod tests {
    use super::paging;
    use proptest::prelude::*;

    #[test]
    fn the_kept_pages_are_read() {
        crate::system::corpus::replay("paging", paging);
    }

    const INFO: &str = r#""(page|per_page|count|total_count|total_pages)":(-?[0-9]{1,20}|null|1e400|"2")"#;

    /// Of each page: how many items, what is counted, and the cursor.
    fn pages() -> impl Strategy<Value = Vec<(usize, String, String)>> {
        let info = prop::string::string_regex(&format!("{INFO}(,{INFO})?")).unwrap();
        prop::collection::vec((0..4_usize, info, "[a-c]{0,2}"), 0..6)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn whatever_they_count(pages in pages()) {
            let page = |(items, info, cursor): &(usize, String, String)| {
                let items = vec!["{}"; *items].join(",");
                format!(r#"{{"success":true,"result":[{items}],"result_info":{{{info},"cursor":"{cursor}"}}}}"#)
            };
            paging(&pages.iter().map(page).collect::<Vec<_>>().join("\n"));
        }
    }
}
