//! The account: authenticates requests, lets services answer them inside transactions, and records them.
//!
//! **Invariant:** requests are applied to the store one at a time; neither waiting (latency) nor work apart holds it.

mod play;
mod tokens;

pub use tokens::IssueError;

use super::credentials::{self, Caller, PresentedCredential};
use super::deferred::DeferredWork;
use super::digest;
use super::exchange::{Exchange, View};
use super::fault::{Fault, Stale};
use super::history::{Applied, History, RecordedExchange};
use super::identity::Identity;
use super::ids::sha256_hex;
use super::limit::{Meter, RequestLimit};
use super::permissions::PermissionGroup;
use super::reply::{ErrorReply, Reply};
use super::request::{BASE_PATH, Request};
use super::route::{Access, Route, RouteHandler};
use super::router::{RouteMatch, Router};
use super::served::{Log, Served};
use super::service::{LocalService, Resource};
use super::store::{OpenError, Store};
use super::unroutable::Unroutable;
use super::workers::Workers;
use crate::system::Clock;
use crate::system::files::{self, Spool};
use parking_lot::Mutex;
use rusqlite::Connection;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::any::Any;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The account's id unless another is given.
pub const DEFAULT_ACCOUNT_ID: &str = "0123456789abcdef0123456789abcdef";

/// Services that every account has.
const OWN: [&dyn LocalService; 2] = [&Identity, &Workers];

/// How an account behaves.
#[derive(Clone, Debug)]
pub struct AccountOptions {
    /// 32 lower-case hex characters.
    pub account_id: String,
    /// Added to every request that is answered asynchronously: half on the way in, half on the way out.
    pub latency: Duration,
    /// Passes once more on each new connection, before its first request is read.
    pub connection_latency: Duration,
    /// How many requests it answers in a while; `None` does not count them.
    pub limit: Option<RequestLimit>,
    /// Bytes per second of D1's imports and exports, during which the database is closed; `None` takes no time.
    pub transfer_bytes_per_s: Option<u64>,
}

impl Default for AccountOptions {
    fn default() -> Self {
        AccountOptions {
            account_id: DEFAULT_ACCOUNT_ID.into(),
            latency: Duration::ZERO,
            connection_latency: Duration::ZERO,
            limit: None,
            transfer_bytes_per_s: None,
        }
    }
}

/// An embedded Cloudflare account.
pub struct Account {
    options: AccountOptions,
    /// Where it is kept; `None` in memory.
    folder: Option<PathBuf>,
    clock: Arc<dyn Clock>,
    services: Vec<&'static dyn LocalService>,
    groups: Vec<PermissionGroup>,
    router: Router,
    session: SecretString,
    session_hash: String,
    history: History,
    faults: Mutex<Vec<Fault>>,
    /// Requests that take effect later than they came: when, their number, what they are.
    late: Mutex<Vec<(Duration, u64, Request)>>,
    /// What is there, and some reads do not show yet.
    stale: Mutex<Vec<Stale>>,
    meter: Mutex<Meter>,
    unroutable: Unroutable,
    log: Log,
    inner: Mutex<Inner>,
}

/// What only one request touches at a time.
struct Inner {
    store: Store,
    states: Vec<Box<dyn Any + Send>>,
}

/// What a request has come to inside its transaction.
enum Handled {
    Answered(Reply),
    Apart(DeferredWork),
}

/// A request that may be answered.
struct AdmittedRequest {
    service: usize,
    route: Route,
    parameters: BTreeMap<&'static str, String>,
    caller: Option<Caller>,
}

impl Account {
    /// Opens the account kept in `folder`, or one in memory.
    pub fn open(
        folder: Option<&Path>,
        services: &[&'static dyn LocalService],
        clock: Arc<dyn Clock>,
        options: AccountOptions,
    ) -> Result<Account, OpenError> {
        if !is_account_id(&options.account_id) {
            return Err(OpenError::AccountId(options.account_id));
        }
        let services: Vec<&'static dyn LocalService> = OWN.iter().chain(services).copied().collect();
        let store = Store::open(folder, &services, clock.as_ref())?;
        let states = services
            .iter()
            .map(|service| open_state(*service, folder, &store.connection))
            .collect::<Result<_, _>>()?;
        let session = credentials::random_value(&store.connection)?;
        Ok(Account {
            options,
            folder: folder.map(Path::to_owned),
            clock,
            router: Router::new(&services),
            groups: super::service::groups(&services),
            services,
            session_hash: sha256_hex(session.expose_secret().as_bytes()),
            session,
            history: History::default(),
            faults: Mutex::default(),
            late: Mutex::default(),
            stale: Mutex::default(),
            meter: Mutex::default(),
            unroutable: Unroutable::default(),
            log: Log::default(),
            inner: Mutex::new(Inner { store, states }),
        })
    }

    pub fn id(&self) -> &str {
        &self.options.account_id
    }

    /// Whether a request with this method, for this path below the account, is answered; else the methods that are.
    pub fn route(&self, method: &str, path: &str) -> Result<(), Vec<&'static str>> {
        match self.router.find(method, &format!("/accounts/{}{path}", self.id())) {
            RouteMatch::Route { .. } => Ok(()),
            RouteMatch::WrongMethod(methods) => Err(methods),
            RouteMatch::Nothing => Err(Vec::new()),
        }
    }

    /// Every route: its method, and its path below `/client/v4`.
    pub fn routes(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.router.all()
    }

    /// Reports requests without a route, each once.
    pub fn on_unroutable(&self, listener: impl Fn(&str) + Send + Sync + 'static) {
        self.unroutable.listen(Box::new(listener));
    }

    /// Reports every request that its server has answered.
    pub fn on_served(&self, listener: impl Fn(&Served) + Send + Sync + 'static) {
        self.log.listen(Box::new(listener));
    }

    /// Answers at once, without sockets and without latency.
    pub fn answer(&self, request: &Request) -> Reply {
        let sequence = self.receive(request);
        let reply = self.apply(sequence, request);
        self.answered(sequence);
        reply
    }

    /// Every request so far, in order of arrival.
    pub fn history(&self) -> Vec<RecordedExchange> {
        self.history.all()
    }

    /// Blocks until this holds of the history, or the time is over; gives whether it holds.
    pub fn wait_until(&self, limit: Duration, holds: impl Fn(&[RecordedExchange]) -> bool) -> bool {
        self.history.wait_until(limit, holds)
    }

    /// Every resource, as (service, resource), for `larder local show`.
    pub fn resources(&self) -> Result<Vec<(&'static str, Resource)>, ErrorReply> {
        let mut inner = self.inner.lock();
        let mut all = Vec::new();
        for (at, service) in self.services.iter().enumerate() {
            let mut resources = service.resources(&mut self.view(&mut inner, at))?;
            resources.sort();
            all.extend(resources.into_iter().map(|resource| (service.name(), resource)));
        }
        Ok(all)
    }

    /// What services keep beside what their resources hold, in words.
    pub fn kept_beside(&self) -> Result<Vec<String>, ErrorReply> {
        let mut inner = self.inner.lock();
        let mut kept = Vec::new();
        for (at, service) in self.services.iter().enumerate() {
            kept.extend(service.kept_beside(&mut self.view(&mut inner, at))?);
        }
        Ok(kept)
    }

    /// SHA-256 of everything the account holds, without ids, times and history: equal for two accounts in one state.
    pub fn digest(&self) -> Result<String, ErrorReply> {
        Ok(digest::digest(&self.contents()?))
    }

    /// What [`Account::digest`] is made of: every resource with the service it belongs to and all that it holds.
    pub fn contents(&self) -> Result<Vec<(&'static str, Resource, Value)>, ErrorReply> {
        let mut inner = self.inner.lock();
        let mut contents = Vec::new();
        for (at, service) in self.services.iter().enumerate() {
            let mut view = self.view(&mut inner, at);
            for resource in service.resources(&mut view)? {
                let content = service.content(&mut view, &resource)?;
                contents.push((service.name(), resource, content));
            }
        }
        Ok(contents)
    }

    /// Where the body of a request is kept aside, if it is a file; an account in memory takes it into memory.
    pub(super) fn aside(&self, method: &str, path: &str) -> Option<io::Result<Spool>> {
        let path = path.strip_prefix(BASE_PATH).unwrap_or_default();
        match self.router.find(method, path) {
            RouteMatch::Route { route, .. } if route.takes_file => self.folder.as_deref().map(Spool::within),
            _ => None,
        }
    }

    pub(super) fn log(&self) -> &Log {
        &self.log
    }

    /// How the path of a request is shown: without what would open something.
    pub(super) fn shown(&self, method: &str, path: &str) -> String {
        let below = path.strip_prefix(BASE_PATH).unwrap_or(path);
        match self.router.find(method, below) {
            RouteMatch::Route { route: Route { access: Access::Public, path, .. }, .. } => path.to_owned(),
            _ => below.to_owned(),
        }
    }

    fn receive(&self, request: &Request) -> u64 {
        self.history.receive(request, self.clock.elapsed())
    }

    fn answered(&self, sequence: u64) {
        self.history.answer(sequence, self.clock.elapsed());
    }

    fn apply(&self, sequence: u64, request: &Request) -> Reply {
        let mut inner = self.inner.lock();
        let mut applied = Applied { route: None, status: 0, code: None, changed: false };
        let result = self
            .admit(&inner, request, &mut applied.route)
            .and_then(|admitted| self.settle(&mut inner, request, admitted, &mut applied.changed));
        // Still inside the lock: the times in the history are in the order in which requests took effect.
        match result {
            Ok(Handled::Answered(reply)) => self.end(sequence, applied, Ok(reply)),
            Err(failure) => self.end(sequence, applied, Err(failure)),
            Ok(Handled::Apart(work)) => {
                drop(inner);
                work.run(|worked| {
                    applied.changed |= worked.as_ref().is_ok_and(|worked| worked.changed);
                    self.end(sequence, applied, worked.map(|worked| worked.reply))
                })
            }
        }
    }

    /// Notes what became of a request.
    fn end(&self, sequence: u64, mut applied: Applied, result: Result<Reply, ErrorReply>) -> Reply {
        applied.code = result.as_ref().err().and_then(ErrorReply::code);
        let reply = result.unwrap_or_else(Reply::from);
        applied.status = reply.status;
        self.history.apply(sequence, self.clock.elapsed(), &applied);
        reply.marked(sequence)
    }

    /// Whether the request may be answered at all, and by whom (API-5, API-6).
    fn admit(
        &self,
        inner: &Inner,
        request: &Request,
        seen: &mut Option<&'static str>,
    ) -> Result<AdmittedRequest, ErrorReply> {
        let path = request.path.strip_prefix(BASE_PATH).unwrap_or_default();
        let found = self.router.find(&request.method, path);
        if let RouteMatch::Route {
            service,
            route: route @ Route { access: Access::Public, .. },
            parameters,
        } = found
        {
            *seen = Some(route.path);
            return Ok(AdmittedRequest { service, route, parameters, caller: None });
        }
        let presented = credentials::presented(request)?;
        let (service, route, parameters) = match found {
            RouteMatch::Route { service, route, parameters } => (service, route, parameters),
            RouteMatch::WrongMethod(methods) => {
                return Err(self.unroutable.method(self.id(), request, &methods));
            }
            RouteMatch::Nothing => return Err(self.unroutable.path(self.id(), request)),
        };
        *seen = Some(route.path);
        let account_id = parameters.get("account_id");
        if account_id.is_some_and(|id| !is_account_id(id)) {
            return Err(self.unroutable.path(self.id(), request));
        }
        let Access::Token { permission, unknown, forbidden } = route.access else {
            return Ok(AdmittedRequest { service, route, parameters, caller: None });
        };
        let caller = self.caller(inner, presented, request)?.ok_or_else(|| ErrorReply::from(unknown))?;
        let elsewhere = account_id.is_some_and(|id| *id != self.options.account_id);
        if elsewhere || permission.is_some_and(|permission| !caller.may(permission)) {
            return Err(forbidden.into());
        }
        Ok(AdmittedRequest { service, route, parameters, caller: Some(caller) })
    }

    fn caller(
        &self,
        inner: &Inner,
        presented: PresentedCredential<'_>,
        request: &Request,
    ) -> Result<Option<Caller>, ErrorReply> {
        if matches!(presented, PresentedCredential::Token(_)) && presented.hash() == self.session_hash {
            let id = self.session_hash[..32].to_owned();
            return Ok(Some(Caller { id, name: "session".into(), permissions: self.groups.clone() }));
        }
        Ok(credentials::find(&inner.store.connection, &self.groups, presented, request)?)
    }

    fn settle(
        &self,
        inner: &mut Inner,
        request: &Request,
        admitted: AdmittedRequest,
        changed: &mut bool,
    ) -> Result<Handled, ErrorReply> {
        let Inner { store, states } = inner;
        let before = store.connection.total_changes();
        let transaction = store.connection.transaction()?;
        let unroutable = || self.unroutable.path(self.id(), request);
        let state = states.get_mut(admitted.service).map(Box::as_mut).ok_or_else(unroutable)?;
        let mut exchange = Exchange {
            request,
            view: View {
                store: &transaction,
                account_id: &self.options.account_id,
                groups: &self.groups,
                clock: self.clock.as_ref(),
                transfer_bytes_per_s: self.options.transfer_bytes_per_s,
                folder: self.folder.as_deref(),
                state,
            },
            caller: admitted.caller.as_ref(),
            parameters: admitted.parameters,
            changed: false,
        };
        let result = match admitted.route.answer {
            RouteHandler::Transaction(answer) => answer(&mut exchange).map(Handled::Answered),
            RouteHandler::Apart(answer) => answer(&mut exchange).map(Handled::Apart),
        };
        let elsewhere = exchange.changed;
        // Dropped without a commit, the transaction rolls back.
        if !matches!(&result, Ok(Handled::Answered(Reply { status: ..400, .. }) | Handled::Apart(_))) {
            *changed = elsewhere;
            return result;
        }
        let has_written = transaction.total_changes() != before;
        if has_written {
            files::commit_step().map_err(|error| ErrorReply::of_full_disk(&error))?;
        }
        transaction.commit()?;
        if has_written {
            // What is committed stays, whatever becomes of the answer.
            let _ = files::commit_step();
        }
        *changed = elsewhere || has_written;
        result
    }

    fn view<'a>(&'a self, inner: &'a mut Inner, at: usize) -> View<'a> {
        View {
            store: &inner.store.connection,
            account_id: &self.options.account_id,
            groups: &self.groups,
            clock: self.clock.as_ref(),
            transfer_bytes_per_s: self.options.transfer_bytes_per_s,
            folder: self.folder.as_deref(),
            state: inner.states[at].as_mut(),
        }
    }
}

fn open_state(
    service: &dyn LocalService,
    folder: Option<&Path>,
    store: &Connection,
) -> Result<Box<dyn Any + Send>, OpenError> {
    let folder = folder.map(|folder| folder.join(service.name()));
    let open = || {
        if let Some(folder) = &folder {
            files::make_private_folder(folder)?;
        }
        service.open(folder.as_deref(), store)
    };
    open().map_err(|source| OpenError::Folder { folder: folder.clone().unwrap_or_default(), source })
}

fn is_account_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.options.account_id).finish_non_exhaustive()
    }
}
