//! What a handler receives: the request, and the store inside the request's transaction.

use super::credentials::Caller;
use super::ids;
use super::permissions::PermissionGroup;
use super::reply::ErrorReply;
use super::request::Request;
use crate::system::Clock;
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::Value;
use std::any::Any;
use std::collections::BTreeMap;
use std::path::Path;

/// The account as one service sees it.
pub struct View<'a> {
    /// The account's store; inside a request, its open transaction. Never committed or rolled back by a service.
    pub store: &'a Connection,
    pub account_id: &'a str,
    /// Every permission group that there is.
    pub(super) groups: &'a [PermissionGroup],
    pub(super) clock: &'a dyn Clock,
    /// How many bytes of a file are worked off in a second; `None` takes no time.
    pub transfer_bytes_per_s: Option<u64>,
    /// Where the account is kept; `None` in memory.
    pub folder: Option<&'a Path>,
    pub(super) state: &'a mut (dyn Any + Send),
}

impl View<'_> {
    /// The time by the account's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The time as Cloudflare writes it: `2026-11-22T07:35:07.719652Z`.
    pub fn now_text(&self) -> String {
        format!("{:.6}", self.now())
    }

    /// What the service's [`open`](super::LocalService::open) gave.
    pub fn state<T: 'static>(&mut self) -> Result<&mut T, ErrorReply> {
        self.state
            .downcast_mut()
            .ok_or_else(|| ErrorReply::new(500, 10001, "internal error: the state is of another service"))
    }

    /// A fresh id of 32 lower-case hex characters, never given before by this account; it begins with `10ca1`.
    pub fn new_id(&self) -> Result<String, ErrorReply> {
        Ok(ids::new_id(self.store)?)
    }

    /// A fresh UUID of version 8, so that it can be told from one of the real account.
    pub fn new_uuid(&self) -> Result<String, ErrorReply> {
        let id = ids::new_id(self.store)?;
        Ok(format!("{}-{}-8{}-a{}-{}", &id[..8], &id[8..12], &id[13..16], &id[17..20], &id[20..]))
    }
}

/// One request being answered.
pub struct Exchange<'a> {
    /// The request as it came.
    pub request: &'a Request,
    /// The account as the route's service sees it.
    pub view: View<'a>,
    /// Who asks; `None` on public routes.
    pub caller: Option<&'a Caller>,
    pub(super) parameters: BTreeMap<&'static str, String>,
    pub(super) changed: bool,
}

impl<'a> Exchange<'a> {
    /// The account's store, inside the request's transaction.
    pub fn store(&self) -> &'a Connection {
        self.view.store
    }

    /// A path parameter, percent-decoded; empty when the route has none of that name.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// A query parameter, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        self.request.query(name)
    }

    /// The body as JSON, whatever its content type.
    pub fn json(&self) -> Option<Value> {
        self.request.json()
    }

    /// Says that something outside the account's store has changed; changes inside it are seen without that.
    pub fn mark_changed(&mut self) {
        self.changed = true;
    }

    /// Where this account is reached, for links in answers: `http://127.0.0.1:8787/client/v4`.
    pub fn base_url(&self) -> String {
        format!("http://{}/client/v4", self.request.header("host").unwrap_or("127.0.0.1"))
    }
}
