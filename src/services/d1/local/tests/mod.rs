//! The service through its routes, on an account in memory.

mod apart;
mod atomicity;
mod control;
mod facts;
mod restrictions;
mod statements;
mod time_travel;
mod transfer;

use super::D1;
use crate::local::{Account, AccountOptions, DEFAULT_ACCOUNT_ID, Reply, Request};
use crate::system::{Clock, ManualClock};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// An account with D1 and a token for everything.
pub(super) struct Host {
    account: Account,
    clock: Arc<ManualClock>,
    token: String,
}

impl Host {
    pub(super) fn new() -> Self {
        Host::open(None)
    }

    pub(super) fn open(folder: Option<&Path>) -> Self {
        // Of a file, D1 does so much in a second that a test needs no large one.
        Host::with(
            folder,
            AccountOptions { transfer_bytes_per_s: Some(1 << 20), ..AccountOptions::default() },
        )
    }

    pub(super) fn with(folder: Option<&Path>, options: AccountOptions) -> Self {
        let clock = Arc::new(ManualClock::seeded(1));
        let account = Account::open(folder, &[&D1], clock.clone(), options).unwrap();
        let token = account.session_token().expose_secret().to_owned();
        Host { account, clock, token }
    }

    pub(super) fn account(&self) -> &Account {
        &self.account
    }

    /// Lets time pass.
    pub(super) fn pass(&self, seconds: u64) {
        drop(self.clock.sleep(Duration::from_secs(seconds)));
    }

    /// Status and body of a request below the account's D1 path.
    pub(super) fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let reply = self.answer(method, path, body);
        (reply.status, reply.to_json())
    }

    /// The body of an answer as it is on the wire.
    pub(super) fn text(&self, method: &str, path: &str, body: &Value) -> String {
        String::from_utf8(self.answer(method, path, body).body).unwrap()
    }

    fn answer(&self, method: &str, path: &str, body: &Value) -> Reply {
        let target = format!("/client/v4/accounts/{DEFAULT_ACCOUNT_ID}/d1/database{path}");
        let request = Request::new(method, &target)
            .with_header("authorization", &format!("Bearer {}", self.token))
            .with_body(body.to_string());
        self.account.answer(&request)
    }

    /// The result of a request that must succeed.
    pub(super) fn ok(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, envelope) = self.send(method, path, body);
        assert_eq!((status, &envelope["success"]), (200, &json!(true)), "{envelope}");
        envelope["result"].clone()
    }

    /// Status, code and message of a request that must fail.
    pub(super) fn refused(&self, method: &str, path: &str, body: &Value) -> (u16, i64, String) {
        let (status, envelope) = self.send(method, path, body);
        assert_eq!(envelope["success"], json!(false), "{envelope}");
        let error = &envelope["errors"][0];
        (status, error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
    }

    /// A database of that name.
    pub(super) fn database(&self, name: &str) -> Database<'_> {
        let created = self.ok("POST", "", &json!({"name": name}));
        Database { host: self, uuid: created["uuid"].as_str().unwrap().to_owned() }
    }

    /// Whether the latest request changed the account.
    pub(super) fn changed(&self) -> bool {
        self.account.history().last().unwrap().changed
    }
}

/// One database of a [`Host`].
pub(super) struct Database<'a> {
    pub(super) host: &'a Host,
    pub(super) uuid: String,
}

impl Database<'_> {
    /// The elements of the answer to `/query`.
    pub(super) fn query(&self, sql: &str) -> Vec<Value> {
        let result = self.host.ok("POST", &format!("/{}/query", self.uuid), &json!({"sql": sql}));
        result.as_array().unwrap().clone()
    }

    /// The rows of the only statement.
    pub(super) fn rows(&self, sql: &str) -> Value {
        let [element] = self.query(sql).try_into().unwrap();
        element["results"].clone()
    }

    /// The only value of the only row.
    pub(super) fn value(&self, sql: &str) -> Value {
        let rows = self.rows(sql);
        assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
        rows[0].as_object().unwrap().values().next().unwrap().clone()
    }

    /// The message with which `/query` refuses, which must be a 400 with 7500.
    pub(super) fn error(&self, sql: &str) -> String {
        self.error_of(&json!({"sql": sql}))
    }

    /// The same for a whole body.
    pub(super) fn error_of(&self, body: &Value) -> String {
        let (status, code, message) = self.host.refused("POST", &format!("/{}/query", self.uuid), body);
        assert_eq!((status, code), (400, 7500), "{message}");
        assert!(!self.host.changed());
        message
    }

    /// What callers have made.
    pub(super) fn tables(&self) -> Value {
        self.rows("SELECT name FROM sqlite_schema WHERE name NOT LIKE '^_cf^_%' ESCAPE '^' ORDER BY name")
    }
}
