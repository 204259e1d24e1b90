//! Answers requests without a route. The response has the API's error codes, and a message that no client mistakes
//! for a wrong path, since the real API may well have the route.
//!
//! **Invariant:** who listens hears of a method and path once.

use super::reply::ErrorReply;
use super::request::{BASE_PATH, Request};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// So many are told, however many there are.
const TOLD_MAX: usize = 100;

type Listener = Box<dyn Fn(&str) + Send + Sync>;

/// What is refused for want of a route, and who hears of it.
#[derive(Default)]
pub(super) struct Unroutable {
    listener: OnceLock<Listener>,
    told: Mutex<BTreeSet<String>>,
}

impl Unroutable {
    /// Whoever listens first is told.
    pub(super) fn listen(&self, listener: Listener) {
        // A second one hears nothing.
        let _ = self.listener.set(listener);
    }

    /// No route has this path (API-7).
    pub(super) fn path(&self, account_id: &str, request: &Request) -> ErrorReply {
        let path = &request.path;
        let message = match self.lacking(account_id, request, &[]) {
            Some(lacking) => lacking,
            None => format!("Could not route to {path}, perhaps your object identifier is invalid?"),
        };
        ErrorReply::new(400, 7003, message).and(7000, "No route for that URI")
    }

    /// Routes with this path have other methods.
    pub(super) fn method(&self, account_id: &str, request: &Request, methods: &[&str]) -> ErrorReply {
        let message = match self.lacking(account_id, request, methods) {
            Some(lacking) => format!("Method not allowed: {lacking}"),
            None => "Method not allowed".to_owned(),
        };
        ErrorReply::new(405, 10405, message)
    }

    /// What is missing, in words; `None` of a path that is of another account.
    fn lacking(&self, account_id: &str, request: &Request, methods: &[&str]) -> Option<String> {
        let Some(path) = request.path.strip_prefix(BASE_PATH) else {
            let (method, path) = (&request.method, &request.path);
            let lacking = format!(
                "the local account has no route for {method} {path}: its base URL ends in {BASE_PATH}"
            );
            self.tell(&lacking);
            return Some(lacking);
        };
        let path = path.strip_prefix(&format!("/accounts/{account_id}")).unwrap_or(path);
        if path.starts_with("/accounts/") {
            return None;
        }
        let lacking = lacking(&request.method, path, methods);
        self.tell(&lacking);
        Some(lacking)
    }

    fn tell(&self, lacking: &str) {
        let Some(listener) = self.listener.get() else { return };
        let mut told = self.told.lock();
        if told.len() < TOLD_MAX && told.insert(lacking.to_owned()) {
            listener(lacking);
        }
    }
}

/// That a local account has no route for this method and path, which are below the account; it may have other methods of it.
pub fn lacking(method: &str, path: &str, methods: &[&str]) -> String {
    let why = match methods {
        [] => "this needs a real account".to_owned(),
        methods => format!("it has that path for {} only", methods.join(", ")),
    };
    format!("the local account has no route for {method} {path}: {why}")
}
