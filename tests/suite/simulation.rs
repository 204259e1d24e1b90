//! Runs recipes in this process against a local account in memory: no sockets, and a clock that skips pauses.

use super::beacon_service;
use super::source_tree::example;
use larder::events::{Event, OpFinished, Recorder, Sink, Tee};
use larder::http::{
    Credentials, InProcess, Limiter, RawResponse, Stop, Transport, TransportError, TransportErrorKind,
    WireRequest, current_scope,
};
use larder::local::fault::Delivery;
use larder::local::{Account, AccountOptions, RecordedExchange, Request};
use larder::op::{Mode, RunInfo};
use larder::project::{ProjectFile, ProjectSchema};
use larder::report::{self, Builder, Heading, Plan, Report, RunEnding};
use larder::run::apply::apply;
use larder::run::bindings::goes_by_bindings;
use larder::run::job::{NoPrompt, RunJob};
use larder::run::preflight::PreflightEnd;
use larder::run::{
    self, AccountConnection, Connection, ProjectCache, RecipeRun, Selected, Session, Workspace, exit,
};
use larder::script::run::{Recipe, ScriptResult};
use larder::secret::Secret;
use larder::system::{Clock, Environment, ManualClock, Root, Unsaved, files};
use parking_lot::Mutex;
use secrecy::ExposeSecret;
use std::collections::BTreeSet;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

mod destroy;
mod importing;
mod ledger;
mod read_only_session;
mod passes;
mod value;
mod waves;
pub use destroy::GOES;
pub use ledger::{Corrected, Decide};
pub use waves::Waves;

/// An account and a clock.
pub struct Simulation {
    pub account: Arc<Account>,
    pub clock: Arc<ManualClock>,
    runs: AtomicU64,
}

/// What a run's requests and pauses pass through, so that a test can hold them, put them in an order, or end them.
pub trait Interceptor: Send + Sync {
    /// Lets a request through by calling `deliver`, or not.
    fn travel(&self, _: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        deliver()
    }

    /// Lets a pause pass.
    fn pause(&self, pass: &mut dyn FnMut()) {
        pass();
    }

    /// The run has ended.
    fn leave(&self) {}
}

/// Nothing in the way.
pub struct Open;

impl Interceptor for Open {}

/// What comes back to the client.
pub type Arrival = Result<RawResponse, TransportError>;

/// A request that left the client, and what came back.
#[derive(Clone)]
pub struct Carried {
    /// Its number in the account's history; 0 of one that did not arrive.
    pub sequence: u64,
    /// The op that sent it; 0 for what is fetched ahead.
    pub op: u64,
    pub request: WireRequest,
    pub arrival: Arrival,
}

/// What differs from one run of a lab to another.
pub struct Terms {
    pub mode: Mode,
    pub road: Arc<dyn Interceptor>,
    pub stop: Stop,
    pub limiter: Arc<Limiter>,
    /// As ledgers and reports have it.
    pub id: String,
    /// What a run is held to, if it is.
    pub permit: Option<Plan>,
}

/// What became of a run.
pub struct Finished {
    pub report: Report,
    /// The script's value, as it would be written.
    pub value: Option<String>,
    /// Every diagnostic's title.
    pub said: Vec<String>,
    /// How each op ended.
    pub ended: Vec<OpFinished>,
    /// What left the client, in order; a plan's gate comes before.
    pub sent: Vec<WireRequest>,
    /// The requests of this run, as the account has seen them.
    pub history: Vec<RecordedExchange>,
    /// The same, with what came back, in the order of the answers.
    pub carried: Vec<Carried>,
    /// The same, and what has not arrived.
    pub asked: Vec<Carried>,
    /// For how long it paused.
    pub took: Duration,
}

impl Finished {
    /// Requests that changed the account.
    pub fn changes(&self) -> usize {
        self.history.iter().filter(|exchanged| exchanged.changed).count()
    }
}

impl Simulation {
    pub fn new(seed: u64) -> Self {
        // Of a file, D1 does so much in a second that a test needs no large one.
        Simulation::with(
            seed,
            AccountOptions { transfer_bytes_per_s: Some(1 << 20), ..AccountOptions::default() },
        )
    }

    /// One whose account behaves otherwise.
    pub fn with(seed: u64, options: AccountOptions) -> Self {
        let clock = Arc::new(ManualClock::seeded(seed));
        let account =
            Account::open(None, &beacon_service::services().locals(), clock.clone(), options).unwrap();
        Simulation { account: Arc::new(account), clock, runs: AtomicU64::new(0) }
    }

    /// Nothing in the way, and a run id that no other run of the lab has.
    pub fn terms(&self, mode: Mode) -> Terms {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        Terms {
            mode,
            road: Arc::new(Open),
            stop: Stop::default(),
            limiter: Arc::default(),
            id: format!("01TEST{number:04}"),
            permit: None,
        }
    }

    /// Runs the bundled recipe for an environment of the example.
    pub fn provision(&self, mode: Mode, environment: &str) -> Finished {
        self.provision_on(self.terms(mode), environment)
    }

    /// The same, on other terms.
    pub fn provision_on(&self, terms: Terms, environment: &str) -> Finished {
        let text = include_str!("../../recipes/provision.rhai").to_owned();
        let recipe = Recipe { name: "bundled/provision.rhai".into(), text };
        self.run_in(&example(), Some(&project(environment)), terms, &recipe)
    }

    /// Runs a recipe for an environment of the example.
    pub fn run(&self, mode: Mode, environment: &str, recipe: &Recipe) -> Finished {
        let selected = if goes_by_bindings(recipe) { by_wrangler(environment) } else { project(environment) };
        self.run_in(&example(), Some(&selected), self.terms(mode), recipe)
    }

    /// Runs a script in a folder without a project file.
    pub fn script(&self, folder: &Path, mode: Mode, text: &str) -> Finished {
        self.script_on(self.terms(mode), folder, text)
    }

    /// The same, on other terms.
    pub fn script_on(&self, terms: Terms, folder: &Path, text: &str) -> Finished {
        let recipe = Recipe { name: "<example>".into(), text: text.into() };
        self.run_in(folder, None, terms, &recipe)
    }

    /// Runs a recipe in a folder, for an environment of a project if there is one.
    pub fn run_in(
        &self,
        folder: &Path,
        selected: Option<&Selected>,
        terms: Terms,
        recipe: &Recipe,
    ) -> Finished {
        let carried = Arc::new(Mutex::new(Vec::new()));
        let clock = Arc::new(OnRoad::new(self.clock.clone(), &terms));
        let target = self.target(&terms, clock.clone(), carried.clone());
        self.run_over(target, &clock, &carried, (folder, selected), &terms, recipe)
    }

    /// The same over a target of its own, into whose list goes what it carries.
    fn run_over(
        &self,
        target: AccountConnection,
        clock: &OnRoad,
        carried: &Mutex<Vec<Carried>>,
        (folder, selected): (&Path, Option<&Selected>),
        terms: &Terms,
        recipe: &Recipe,
    ) -> Finished {
        let builder = Arc::new(Builder::new(self.heading(terms.mode)));
        let heard = Arc::new(Recorder::default());
        let events: Arc<dyn Sink> = Arc::new(Tee(vec![builder.clone(), heard.clone()]));
        let (info, mode, place) = (info(terms), terms.mode, place(folder));
        let session = Session { place: &place, selected, root: folder, target };
        let held = terms.permit.as_ref();
        let job = RunJob { mode, recipe, info, events, choice: Arc::default(), held, consent: &NoPrompt };
        let (ending, value, said) = match apply(&session, &job).unwrap() {
            Ok(performed) | Err(PreflightEnd::Stopped(performed)) => came_to(performed),
            Err(PreflightEnd::Refused(problem, basis)) => {
                let said = vec![problem.message.clone()];
                (exit::ending_refused(Some(problem), basis, false), None, said)
            }
            Err(PreflightEnd::Held(problem)) => panic!("nobody is asked: {}", problem.message),
            Err(PreflightEnd::Files(found)) => panic!("{:?}", found.diagnostics),
        };
        let (asked, carried) = taken(carried);
        let ours: BTreeSet<u64> = carried.iter().map(|one| one.sequence).collect();
        let history = self.account.history().into_iter().filter(|one| ours.contains(&one.sequence));
        Finished {
            report: builder.finish(&ending, exit::of_report),
            value,
            sent: carried.iter().map(|one| one.request.clone()).collect(),
            said,
            ended: ended(&heard),
            history: history.collect(),
            carried,
            asked,
            took: clock.elapsed(),
        }
    }

    fn heading(&self, mode: Mode) -> Heading {
        Heading {
            larder: "test".into(),
            run: "test".into(),
            mode: if mode == Mode::Plan { report::Mode::Plan } else { report::Mode::Apply },
            recipe: None,
            env: None,
            account: Some(self.account.id().to_owned()),
            is_local: false,
            started_at: self.clock.now(),
        }
    }

    /// The account, as a run reaches it.
    fn target(
        &self,
        terms: &Terms,
        clock: Arc<OnRoad>,
        carried: Arc<Mutex<Vec<Carried>>>,
    ) -> AccountConnection {
        let (account, timer, road) = (self.account.clone(), clock.clone(), terms.road.clone());
        let network = Arc::new(InProcess(move |request: WireRequest| {
            let mut arrived = Vec::new();
            let arrival = road.travel(&request, &mut || {
                let (number, arrival) = carry(&account, &request);
                arrived.push(number);
                arrival
            });
            if matches!(&arrival, Err(trouble) if trouble.kind == TransportErrorKind::Timeout) {
                // The wait itself: the clock jumps to where the client gives up.
                drop(timer.sleep(Duration::from_secs(30)));
            }
            let op = current_scope().op;
            let kept =
                |sequence| Carried { sequence, op, request: request.clone(), arrival: arrival.clone() };
            arrived.extend(arrived.is_empty().then_some(0));
            carried.lock().extend(arrived.into_iter().map(kept));
            arrival
        }));
        self.reached(terms, clock, network)
    }

    /// The account over a transport.
    fn reached(&self, terms: &Terms, clock: Arc<OnRoad>, network: Arc<dyn Transport>) -> AccountConnection {
        let token = self.account.session_token().expose_secret().to_owned();
        AccountConnection::over(Connection {
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
            clock,
            account: self.account.id().to_owned(),
            credentials: Credentials::Token(Secret::new(token)),
            network,
            limiter: terms.limiter.clone(),
            stop: terms.stop.clone(),
        })
    }
}

/// What was asked, and what of it has arrived.
fn taken(asked: &Mutex<Vec<Carried>>) -> (Vec<Carried>, Vec<Carried>) {
    let asked: Vec<Carried> = std::mem::take(&mut *asked.lock());
    let carried = asked.iter().filter(|one| one.sequence > 0).cloned().collect();
    (asked, carried)
}

/// How ops have ended.
fn ended(heard: &Recorder) -> Vec<OpFinished> {
    let ended = |event| if let Event::OpFinished(done) = event { Some(done) } else { None };
    heard.events().into_iter().filter_map(ended).collect()
}

/// The run, as ledgers and reports have it.
fn info(terms: &Terms) -> RunInfo {
    RunInfo {
        id: terms.id.clone(),
        version: "test",
        now: "2026-01-01T00:00:00.25Z".parse().unwrap(),
        ..RunInfo::default()
    }
}

/// A folder to work in, without environment variables.
pub fn place(folder: &Path) -> Workspace {
    Workspace {
        options: run::WorkspaceOptions::default(),
        environment: Environment::default(),
        redactor: Arc::default(),
        folder: folder.to_owned(),
        command_line: Vec::new(),
        services: beacon_service::services(),
        opened: Arc::new(ProjectCache::over(Unsaved::default(), schema())),
    }
}

/// The lab's clock, as a run sees it: its pauses pass the run's road, and those of others are not its own time.
struct OnRoad {
    clock: Arc<ManualClock>,
    road: Arc<dyn Interceptor>,
    own: Mutex<(Duration, fastrand::Rng)>,
}

impl OnRoad {
    fn new(clock: Arc<ManualClock>, terms: &Terms) -> Self {
        let seed = terms.id.bytes().fold(0_u64, |seed, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
        let own = Mutex::new((Duration::ZERO, fastrand::Rng::with_seed(seed)));
        OnRoad { clock, road: terms.road.clone(), own }
    }
}

impl Clock for OnRoad {
    fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    fn elapsed(&self) -> Duration {
        self.own.lock().0
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.road.pause(&mut || drop(self.clock.sleep(duration)));
        self.own.lock().0 += duration;
        Box::pin(tokio::task::yield_now())
    }

    fn chance(&self) -> f64 {
        self.own.lock().1.f64()
    }
}

/// A request as the account sees it: its number there, and what the network makes of its delivery.
fn carry(account: &Account, request: &WireRequest) -> (u64, Arrival) {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&request.query).finish();
    let mark = if query.is_empty() { "" } else { "?" };
    let below = format!("/client/v4{}{mark}{query}", request.path);
    let target = request.link.as_ref().map_or(below, larder::http::Link::target);
    let mut seen = Request::new(request.endpoint.method, &target).with_body(request.whole_body().unwrap());
    for (name, value) in &request.headers {
        seen = seen.with_header(name, value);
    }
    let (sequence, delivery) = account.deliver(&seen);
    let arrival = match delivery {
        Delivery::Reply(reply) => {
            Ok(RawResponse { status: reply.status, headers: reply.headers, body: reply.body })
        }
        Delivery::Broken => Err(TransportError::new(TransportErrorKind::Broken, "connection reset")),
        Delivery::Never | Delivery::Slow(_) => {
            Err(TransportError::new(TransportErrorKind::Timeout, "no answer in time"))
        }
    };
    (sequence, arrival)
}

/// The schema of the project file, with the service that only tests have; made once for all tests.
pub fn schema() -> Arc<ProjectSchema> {
    static SCHEMA: LazyLock<Arc<ProjectSchema>> =
        LazyLock::new(|| Arc::new(run::workspace::schema(beacon_service::services())));
    SCHEMA.clone()
}

fn project(environment: &str) -> Selected {
    static FILE: LazyLock<ProjectFile> = LazyLock::new(|| {
        ProjectFile::load(&Root::new(&example()).unwrap(), "larder.toml", schema()).unwrap()
    });
    selected(&FILE, environment)
}

/// The example with nothing but its wrangler config, as the recipe that goes by bindings has it.
fn by_wrangler(environment: &str) -> Selected {
    let text = files::read_text(&example().join("larder.toml"), 1 << 20).unwrap();
    let is_kept = |line: &&str| line.starts_with("app") || line.starts_with("wrangler");
    let head: Vec<&str> = text.lines().filter(is_kept).collect();
    let environments = &text[text.find("[environments.development]").unwrap()..];
    let environments: Vec<&str> = environments
        .lines()
        .filter(|line| !line.starts_with("steps") && !line.starts_with("naming"))
        .collect();
    // What a wrangler config does not say of an index.
    let index = "[vectorize.indexes.VECTORIZE]\ndimensions = 768\nmetric = \"cosine\"";
    let text = format!("{}\n{index}\n{}", head.join("\n"), environments.join("\n"));
    selected_of(&example(), &text, environment)
}

/// An environment of a project file, of which only the text is there.
pub fn selected_of(folder: &Path, text: &str, environment: &str) -> Selected {
    selected(&ProjectFile::parse(folder, "larder.toml", text, schema()).unwrap(), environment)
}

fn selected(file: &ProjectFile, environment: &str) -> Selected {
    let chosen = file.select(Some(environment), &Environment::default()).unwrap();
    place(&file.folder).select(file, chosen).unwrap()
}

/// How a recipe ends, its value as it would be written, and every diagnostic's title.
fn came_to(performed: RecipeRun) -> (RunEnding, Option<String>, Vec<String>) {
    assert_eq!(performed.bug, None);
    let ending = exit::ending(&performed, None, false);
    let ScriptResult { value, diagnostics, .. } = performed.ran;
    let said = diagnostics.into_iter().map(|diagnostic| diagnostic.title).collect();
    (ending, value.map(|value| value::plain(&value)), said)
}
