//! Connects to the real API, or to the local account in this process.

use super::interrupt::Interrupt;
use super::{Selected, Workspace, in_memory, local};
use crate::events::Sink;
use crate::http::{
    CachedReads, Client, Credentials, Egress, InProcess, Limiter, Network, PassAccess, Permitted, Proxies,
    ProxyError, ReadCache, ReadOnly, RequestBudget, Roots, Settings, Stop, TokenSource, Transport,
    TransportError, TransportErrorKind, WaitPolicy,
};
use crate::local::{Account, AccountOptions, RequestLimit, Server};
use crate::op::{Context, Mode, Permit, Routes, RunInfo};
use crate::project::api_base::ApiBase;
use crate::project::credentials::CredentialsError;
use crate::project::{self, AccountClaim};
use crate::report::Plan;
use crate::secret::Secret;
use crate::services::Services;
use crate::system::{Clock, Environment, Root, SystemClock};
use anyhow::Context as _;
use secrecy::ExposeSecret;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Runtime;

/// A runtime, an account and the connection to it.
pub struct AccountConnection {
    pub runtime: Runtime,
    pub clock: Arc<dyn Clock>,
    pub account: String,
    /// The tokens that end the run.
    pub stop: Stop,
    pub interrupt: Interrupt,
    credentials: Credentials,
    network: Arc<dyn Transport>,
    limiter: Arc<Limiter>,
    /// What the passes of a run hand on.
    readings: Arc<ReadCache>,
    /// Says which folder is a home.
    environment: Environment,
    /// Keeps the local account answering.
    _server: Option<Server>,
    /// The account that answers in this process.
    embedded: Option<Arc<Account>>,
}

/// Since when a command runs, and what it may still send.
#[derive(Clone)]
pub struct Pace {
    clock: Arc<dyn Clock>,
    limiter: Arc<Limiter>,
}

/// The parts of a connection to an account that is open already.
pub struct Connection {
    pub runtime: Runtime,
    pub clock: Arc<dyn Clock>,
    pub account: String,
    pub credentials: Credentials,
    /// What carries requests, reads and writes.
    pub network: Arc<dyn Transport>,
    /// The budget of requests.
    pub limiter: Arc<Limiter>,
    /// The tokens that end the run.
    pub stop: Stop,
}

impl AccountConnection {
    /// Over a connection that is open; nothing but `stop` interrupts it.
    pub fn over(connection: Connection) -> AccountConnection {
        let Connection { runtime, clock, account, credentials, network, limiter, stop } = connection;
        AccountConnection {
            runtime,
            readings: ReadCache::new(clock.clone()),
            clock,
            account,
            stop,
            interrupt: Interrupt::default(),
            credentials,
            network,
            limiter,
            environment: Environment::default(),
            _server: None,
            embedded: None,
        }
    }

    /// Opens it; nothing is sent.
    pub fn open(
        place: &Workspace,
        selected: Option<&Selected>,
        root: &Path,
        interrupt: Interrupt,
    ) -> anyhow::Result<AccountConnection> {
        let (runtime, clock) = (threads()?, real_clock());
        let reached = if place.is_local() {
            embedded(place, root, &runtime, &clock)?
        } else {
            real(place, selected, &clock)?
        };
        let limiter = Limiter::new(place.options.patience, budget(&reached.base));
        let environment = place.environment.clone();
        Ok(AccountConnection {
            interrupt,
            environment,
            ..AccountConnection::of(reached, runtime, clock, limiter)
        })
    }

    /// The same for a session with a person at it, which may last.
    pub fn without_deadline(mut self) -> AccountConnection {
        let patience = WaitPolicy { deadline: None, ..self.limiter.patience() };
        self.limiter = Arc::new(Limiter::new(patience, self.limiter.budget()));
        self
    }

    /// What another connection of the same command needs to keep to one deadline and one request limit with this one.
    pub fn pace(&self) -> Pace {
        Pace { clock: self.clock.clone(), limiter: self.limiter.clone() }
    }

    /// The same at the pace of an earlier connection of the command.
    #[must_use]
    pub fn at(self, pace: Pace) -> AccountConnection {
        let Pace { clock, limiter } = pace;
        AccountConnection { readings: ReadCache::new(clock.clone()), clock, limiter, ..self }
    }

    /// Gives the run the time back that a question to a person took.
    pub fn excuse(&self, asked: std::time::Duration) {
        self.limiter.excuse(asked);
    }

    /// One that reaches nothing.
    pub fn offline() -> anyhow::Result<AccountConnection> {
        let runtime = started(&mut tokio::runtime::Builder::new_current_thread())?;
        Ok(AccountConnection::nowhere(runtime, || "this command sends nothing"))
    }

    /// One for what may need no account: a request fails, and is noted.
    pub fn unreachable(asked: Arc<AtomicBool>, interrupt: Interrupt) -> anyhow::Result<AccountConnection> {
        let target = AccountConnection::nowhere(threads()?, move || {
            asked.store(true, Ordering::SeqCst);
            "there is no account to ask"
        });
        Ok(AccountConnection { interrupt, ..target })
    }

    /// Requests are held back; `why` is asked at each.
    fn nowhere(
        runtime: Runtime,
        why: impl Fn() -> &'static str + Send + Sync + 'static,
    ) -> AccountConnection {
        AccountConnection::over(Connection {
            runtime,
            clock: real_clock(),
            account: "0".repeat(32),
            credentials: Credentials::Token(Secret::new(String::new())),
            network: Arc::new(InProcess(move |_| {
                Err(TransportError::new(TransportErrorKind::Withheld, why()))
            })),
            limiter: Arc::default(),
            stop: Stop::default(),
        })
    }

    /// An empty account in memory.
    pub fn trial(services: Services, interrupt: Interrupt) -> anyhow::Result<AccountConnection> {
        let (runtime, clock) = (threads()?, real_clock());
        let account = Account::open(None, &services.locals(), clock.clone(), AccountOptions::default())?;
        let reached = serve(account, &runtime)?;
        Ok(AccountConnection {
            interrupt,
            ..AccountConnection::of(reached, runtime, clock, Limiter::default())
        })
    }

    /// One in memory that is asked without a socket.
    pub fn in_memory(services: Services, interrupt: Interrupt) -> anyhow::Result<AccountConnection> {
        let clock = real_clock();
        let account = Account::open(None, &services.locals(), clock.clone(), AccountOptions::default())?;
        let token = Secret::new(account.session_token().expose_secret().to_owned());
        let target = AccountConnection::over(Connection {
            runtime: threads()?,
            clock,
            account: account.id().to_owned(),
            credentials: Credentials::Token(token),
            network: in_memory::transport(Arc::new(account)),
            limiter: Arc::default(),
            stop: Stop::default(),
        });
        Ok(AccountConnection { interrupt, ..target })
    }

    /// On an account in this process that is there already, over a transport that leads to it.
    pub fn on(
        account: &Arc<Account>,
        network: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
        stop: &Stop,
        interrupt: &Interrupt,
    ) -> anyhow::Result<AccountConnection> {
        let token = Secret::new(account.session_token().expose_secret().to_owned());
        let target = AccountConnection::over(Connection {
            // One thread: what is sent side by side arrives in one order.
            runtime: started(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all())?,
            clock,
            account: account.id().to_owned(),
            credentials: Credentials::Token(token),
            network,
            limiter: Arc::default(),
            stop: stop.clone(),
        });
        Ok(AccountConnection { interrupt: interrupt.clone(), embedded: Some(account.clone()), ..target })
    }

    /// Over the network.
    fn of(
        reached: ConnectionParts,
        runtime: Runtime,
        clock: Arc<dyn Clock>,
        limiter: Limiter,
    ) -> AccountConnection {
        let ConnectionParts { credentials, account, base, egress, served } = reached;
        let connection = Connection {
            runtime,
            clock,
            account,
            credentials,
            network: Arc::new(Network::new(&base.url, base.is_loopback, egress)),
            limiter: Arc::new(limiter),
            stop: Stop::default(),
        };
        let (server, embedded) = served.unzip();
        AccountConnection { _server: server, embedded, ..AccountConnection::over(connection) }
    }

    /// What the account answers that is in this process, if there is one.
    pub fn routes(&self) -> Option<Routes> {
        let account = self.embedded.clone()?;
        Some(Routes(Arc::new(move |method: &str, path: &str| account.route(method, path))))
    }

    /// Whether who asks has a global key, not a token.
    pub fn is_key(&self) -> bool {
        matches!(self.credentials, Credentials::Key { .. })
    }

    /// A run's context; what only looks gets a transport that lets only reads through.
    pub fn context(
        &self,
        mode: Mode,
        events: Arc<dyn Sink>,
        root: &Path,
        run: RunInfo,
    ) -> anyhow::Result<Arc<Context>> {
        let events = self.interrupt.watched(events);
        let client = match mode {
            Mode::Apply => self.client(self.network.clone(), PassAccess::Writes, &run, events.clone()),
            Mode::Plan | Mode::Destroy => self.reading(&run, events.clone()),
        };
        let client = if mode == Mode::Apply { client.pinned() } else { client };
        let root = self.root(root)?;
        Ok(Context::new(client, mode, events, root, run))
    }

    /// The context of a run that applies a plan; its transport lets no other write through.
    pub fn held(
        &self,
        permit: Permit,
        events: Arc<dyn Sink>,
        root: &Path,
        run: RunInfo,
    ) -> anyhow::Result<Arc<Context>> {
        let events = self.interrupt.watched(events);
        let permitted = Arc::new(Permitted(self.network.clone()));
        let client = self.client(permitted, PassAccess::Writes, &run, events.clone()).pinned();
        let root = self.root(root)?;
        Ok(Context::held(client, Mode::Apply, events, root, run, permit))
    }

    /// The context of a silent plan that a run follows; it is compared with `plan`, if there is one.
    pub fn rehearsal(
        &self,
        plan: Option<&Plan>,
        events: Arc<dyn Sink>,
        root: &Path,
        run: RunInfo,
    ) -> anyhow::Result<Arc<Context>> {
        let client = self.reading(&run, events.clone()).pinned();
        let root = self.root(root)?;
        Ok(match plan {
            Some(plan) => Context::held(client, Mode::Plan, events, root, run, plan.permit()),
            None => Context::new(client, Mode::Plan, events, root, run),
        })
    }

    /// The project's folder, in its repository.
    pub fn root(&self, root: &Path) -> anyhow::Result<Root> {
        Root::in_repository(root, &self.environment).context("can't enter the project's folder")
    }

    /// A client of a pass that only reads.
    fn reading(&self, run: &RunInfo, events: Arc<dyn Sink>) -> Client {
        self.client(Arc::new(ReadOnly(self.network.clone())), PassAccess::Reads, run, events)
    }

    /// A client of the next pass of a run, over that transport.
    fn client(
        &self,
        behind: Arc<dyn Transport>,
        access: PassAccess,
        run: &RunInfo,
        events: Arc<dyn Sink>,
    ) -> Client {
        let transport = Arc::new(CachedReads::new(&self.readings, &run.id, access, behind));
        Client::new(Settings {
            transport,
            account: self.account.clone(),
            credentials: self.credentials.clone(),
            clock: self.clock.clone(),
            events,
            stop: self.stop.clone(),
        })
        .with_limiter(self.limiter.clone())
    }
}

/// A server on this machine reports its own limit.
fn budget(base: &ApiBase) -> Option<RequestBudget> {
    (!base.is_loopback).then_some(RequestBudget::CLOUDFLARE)
}

/// The parts of a connection.
struct ConnectionParts {
    credentials: Credentials,
    account: String,
    base: ApiBase,
    egress: Egress,
    /// The account in this process, and what lets it answer.
    served: Option<(Server, Arc<Account>)>,
}

/// Where the requests of a command run.
fn threads() -> anyhow::Result<Runtime> {
    started(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all())
}

fn started(builder: &mut tokio::runtime::Builder) -> anyhow::Result<Runtime> {
    builder.build().context("can't start the runtime")
}

fn real_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::default())
}

/// Who a run is; a secret of theirs is known to the redactor before anything can say it.
fn credentials(place: &Workspace, clock: &Arc<dyn Clock>) -> Result<Credentials, CredentialsError> {
    use crate::project::credentials::{Credentials as Resolved, resolve};

    let resolved = resolve(&place.environment, clock.now())?;
    let token = match resolved {
        Resolved::Token(token) | Resolved::WranglerLogin { token, .. } => token,
        Resolved::Key { email, key } => {
            place.redactor.register(&key);
            return Ok(Credentials::Key { email, key });
        }
    };
    place.redactor.register(&token);
    let (environment, redactor, clock) = (place.environment.clone(), place.redactor.clone(), clock.clone());
    // A file or a login may hold another token by now; a variable gives the same, which changes nothing.
    let again = move || match resolve(&environment, clock.now()) {
        Ok(Resolved::Token(token) | Resolved::WranglerLogin { token, .. }) => {
            redactor.register(&token);
            Some(token)
        }
        Ok(Resolved::Key { .. }) | Err(_) => None,
    };
    Ok(Credentials::Renewed(Arc::new(TokenSource::new(token, again))))
}

/// The account in this process; real credentials are not even looked at.
fn embedded(
    place: &Workspace,
    root: &Path,
    runtime: &Runtime,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<ConnectionParts> {
    let latency = place.options.latency.unwrap_or_default();
    let options = AccountOptions { latency, limit: Some(RequestLimit::REAL), ..AccountOptions::default() };
    let reached = serve(local::open(place, root, clock.clone(), options)?, runtime)?;
    if let Credentials::Token(token) = &reached.credentials {
        place.redactor.register(token);
    }
    Ok(reached)
}

/// Lets an account answer on a port of its own.
fn serve(account: Account, runtime: &Runtime) -> anyhow::Result<ConnectionParts> {
    let token = Secret::new(account.session_token().expose_secret().to_owned());
    let id = account.id().to_owned();
    let account = Arc::new(account);
    let server = Server::start(account.clone(), runtime.handle(), 0)?;
    let base = ApiBase { url: server.base_url(), is_loopback: true };
    let (credentials, egress) = (Credentials::Token(token), Egress::default());
    Ok(ConnectionParts { credentials, account: id, base, egress, served: Some((server, account)) })
}

fn real(
    place: &Workspace,
    selected: Option<&Selected>,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<ConnectionParts> {
    let base = project::api_base::resolve(&place.environment, place.options.trust_api.as_deref())?;
    let (mut claims, mut blanks) = (Vec::new(), Vec::new());
    if let Some(selected) = selected {
        let named = selected.config.environment.account_id.clone();
        claims.extend(named.map(|id| AccountClaim { place: project::file::PROJECT_FILE.to_owned(), id }));
        blanks.extend(selected.config.environment.account_blank.clone());
        for (file, worker) in &selected.workers {
            file.check_account(selected.config.environment.wrangler_env.as_deref())?;
            claims.extend(worker.account.clone());
            blanks.extend(worker.account_blank.clone());
        }
    }
    let credentials = credentials(place, clock)?;
    let account = project::account::resolve(&place.environment, &claims, &blanks)?;
    let egress = egress(place, &base)?;
    Ok(ConnectionParts { credentials, account: account.as_str().to_owned(), base, egress, served: None })
}

/// The way to the API; this machine is reached without a proxy.
fn egress(place: &Workspace, base: &ApiBase) -> Result<Egress, ProxyError> {
    let environment = &place.environment;
    let proxies = if base.is_loopback { Proxies::default() } else { Proxies::of(environment)? };
    if let Some(password) = proxies.password() {
        place.redactor.register(&password);
    }
    Ok(Egress { protocol: place.options.protocol, roots: Roots::of(environment), proxies })
}

/// A run's id, which sorts by time.
pub fn run_info(clock: &dyn Clock) -> RunInfo {
    let now = clock.now();
    let ms = u64::try_from(now.as_millisecond()).unwrap_or_default();
    let id = ulid::Ulid::from_parts(ms, fastrand::u128(..)).to_string();
    RunInfo { id, version: env!("CARGO_PKG_VERSION"), now, ..RunInfo::default() }
}
