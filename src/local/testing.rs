//! An account in memory for the tests of its services.

use super::account::{Account, AccountOptions};
use super::reply::Reply;
use super::request::Request;
use super::service::LocalService;
use crate::system::ManualClock;
use secrecy::ExposeSecret;
use serde_json::Value;
use std::sync::Arc;

pub(crate) use super::account::DEFAULT_ACCOUNT_ID;

/// An account in memory, its clock, and a token for everything.
pub(crate) struct TestAccount {
    pub(crate) account: Arc<Account>,
    pub(crate) clock: Arc<ManualClock>,
    token: String,
}

impl TestAccount {
    pub(crate) fn with(services: &[&'static dyn LocalService]) -> Self {
        let clock = Arc::new(ManualClock::seeded(1));
        let account = Account::open(None, services, clock.clone(), AccountOptions::default()).unwrap();
        let token = account.session_token().expose_secret().to_owned();
        TestAccount { account: Arc::new(account), clock, token }
    }

    /// A request with the session's token; `path` is below the account, as in `/r2/buckets?per_page=1`.
    pub(crate) fn request(&self, method: &str, path: &str) -> Request {
        Request::new(method, &format!("/client/v4/accounts/{DEFAULT_ACCOUNT_ID}{path}"))
            .with_header("authorization", &format!("Bearer {}", self.token))
    }

    pub(crate) fn send(&self, request: &Request) -> Reply {
        self.account.answer(request)
    }

    /// Status and body of the answer to a request with a JSON body (null: none).
    pub(crate) fn call(&self, method: &str, path: &str, body: impl Into<Value>) -> (u16, Value) {
        let body = body.into();
        let mut request = self.request(method, path);
        if !body.is_null() {
            request = request.with_body(body.to_string());
        }
        let reply = self.send(&request);
        (reply.status, reply.to_json())
    }

    /// The result of a request that must succeed.
    pub(crate) fn ok(&self, method: &str, path: &str, body: impl Into<Value>) -> Value {
        let (status, reply) = self.call(method, path, body);
        assert_eq!((status, &reply["success"]), (200, &Value::Bool(true)), "{method} {path}: {reply}");
        reply["result"].clone()
    }

    /// Status and first code of a request that must fail.
    pub(crate) fn refused(&self, method: &str, path: &str, body: impl Into<Value>) -> (u16, i64) {
        let (status, reply) = self.call(method, path, body);
        assert_eq!(reply["success"], false, "{method} {path}: {reply}");
        (status, reply["errors"][0]["code"].as_i64().unwrap())
    }

    /// Whether the last request changed the account, as its history says.
    pub(crate) fn last_changed(&self) -> bool {
        self.account.history().last().unwrap().changed
    }
}
