//! Checks that the `result` of a response has the expected structure.
//!
//! A body that is no envelope may be a whim of the way, and a read of it is sent again. An envelope of another form is
//! what the API now says: it would say it again, so it is told at once, with the place in it.

use super::error::{TransportError, TransportErrorKind};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// Decodes a `result`.
pub(super) fn read<T: DeserializeOwned>(result: &Json) -> Result<T, TransportError> {
    serde_path_to_error::deserialize(result).map_err(|error| {
        let place = match error.path().to_string().as_str() {
            "." => String::new(),
            place => format!(" at `{place}`"),
        };
        let words = plain(&error.inner().to_string());
        TransportError::new(TransportErrorKind::Malformed, format!("an unexpected `result`{place}: {words}"))
    })
}

/// Without words that only those know who write the program.
fn plain(words: &str) -> String {
    let words = words.replace("a sequence", "a list");
    match words.split_once("expected struct ") {
        Some((before, _)) => format!("{before}expected a map"),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::Call;
    use super::super::client::{Client, Settings, Stop};
    use super::super::credentials::Credentials;
    use super::super::endpoint::{Class, Endpoint};
    use super::super::error::ReadError;
    use super::super::in_process::InProcess;
    use super::super::outcome::Outcome;
    use super::super::transport::{RawResponse, WireRequest};
    use super::*;
    use crate::events::Recorder;
    use crate::secret::Secret;
    use crate::system::ManualClock;
    use serde::Deserialize;
    use serde_json::json;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Thing {
        id: String,
        size: Option<u32>,
        parts: Option<Vec<Thing>>,
    }

    fn words<T: DeserializeOwned + std::fmt::Debug>(result: &Json) -> String {
        read::<T>(result).unwrap_err().detail
    }

    #[test]
    fn the_place_is_named() {
        let cases = [
            (json!(null), ": invalid type: null, expected a map"),
            (json!({}), ": missing field `id`"),
            (json!({"size": 1}), ": missing field `id`"),
            (json!({"id": 7}), " at `id`: invalid type: integer `7`, expected a string"),
            (json!({"id": "x", "size": "y"}), " at `size`: invalid type: string \"y\", expected u32"),
            (json!({"id": "x", "parts": {}}), " at `parts`: invalid type: map, expected a list"),
            (
                json!({"id": "x", "parts": [{"id": "y"}, {"id": []}]}),
                " at `parts[1].id`: invalid type: list, expected a string",
            ),
            (json!({"id": "x", "parts": [{"id": "y"}, {}]}), " at `parts[1]`: missing field `id`"),
        ];
        for (result, told) in cases {
            let told = told.replace("type: list", "type: sequence");
            assert_eq!(words::<Thing>(&result), format!("an unexpected `result`{told}"), "{result}");
        }
        let list = json!([{"id": "x"}, {"id": "y"}, null]);
        assert_eq!(
            words::<Vec<Thing>>(&list),
            "an unexpected `result` at `[2]`: invalid type: null, expected a map"
        );
    }

    const fn endpoint(class: Class) -> Endpoint {
        Endpoint { method: "POST", path: "/", permission: "", class, doing: "", meanings: &[] }
    }

    static READ: Endpoint = endpoint(Class::Read);
    static REPLACE: Endpoint = endpoint(Class::Replace);
    static ENSURE: Endpoint = endpoint(Class::Ensure);

    /// How often a call is sent to who answers so, and what comes of it.
    fn sent<T>(body: &'static str, send: impl AsyncFnOnce(&Client) -> T) -> (u32, T) {
        let count = Arc::new(AtomicU32::new(0));
        let counts = count.clone();
        let transport = InProcess(move |_: WireRequest| {
            counts.fetch_add(1, Ordering::SeqCst);
            Ok(RawResponse { status: 200, body: body.into(), ..RawResponse::default() })
        });
        let client = Client::new(Settings {
            transport: Arc::new(transport),
            account: "0".repeat(32),
            credentials: Credentials::Token(Secret::new("token".into())),
            clock: Arc::new(ManualClock::seeded(1)),
            events: Arc::new(Recorder::default()),
            stop: Stop::default(),
        });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let came = runtime.block_on(send(&client));
        (count.load(Ordering::SeqCst), came)
    }

    #[test]
    fn only_what_is_no_envelope_is_asked_for_again() {
        let read = |body| sent(body, async |client: &Client| client.read::<Thing>(READ.call()).await);
        let write = |body, call: Call| {
            let (count, outcome) = sent(body, async |client: &Client| client.write::<Thing>(call).await);
            (count, matches!(outcome, Outcome::Unknown(_)))
        };
        for body in ["<html>", "", "{\"success\":tr", "[]", "{}", "{\"result\":{}}"] {
            let (count, came) = read(body);
            assert!(count == 4 && matches!(came, Err(ReadError::Failed(_))), "{body}: {count}, {came:?}");
            assert_eq!(write(body, REPLACE.call()), (4, true), "{body}");
            assert_eq!(write(body, ENSURE.call()), (1, true), "{body}");
        }
        for body in [
            r#"{"success":true}"#,
            r#"{"success":true,"result":{"id":7}}"#,
            r#"{"success":true,"result":[]}"#,
        ] {
            let (count, came) = read(body);
            let Err(ReadError::Failed(trouble)) = came else { panic!("{body}: {came:?}") };
            assert_eq!((count, trouble.endpoint.is_some()), (1, true), "{body}");
            assert!(trouble.detail.starts_with("an unexpected `result`"), "{body}: {}", trouble.detail);
            // Whether it was done is looked for, not asked once more.
            assert_eq!(write(body, REPLACE.call()), (1, true), "{body}");
            assert_eq!(write(body, ENSURE.call()), (1, true), "{body}");
        }
    }
}
