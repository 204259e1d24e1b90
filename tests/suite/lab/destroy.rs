//! `destroy` of a small shop in a lab: what the command does, but for the question.
//!
//! **Invariant:** all that is asked, looked at and deleted goes over one road.

use super::{
    Carried, Clock, Facts, Finished, Lab, Mode, Naming, OnRoad, ProjectFile, Recipe, Redactor, Room,
    SERVICES, Setting, Sink, Sources, Terms, example, schema, services,
};
use larder::events::{Event, Recorder, Tee};
use larder::op::Guard;
use larder::reconcile::Data;
use larder::report::{self, Builder};
use larder::run::destroy::{self, Flags, Owners, Removal};
use larder::run::session::carry;
use larder::run::{Performed, exit};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Two environments; `CACHE` has no word of either in its name, nor has `RAW`, and the gateway is one for both.
const CONFIG: &str = r#"
app = "shop"
steps = ["kv", "r2", "vectorize", "ai_gateway", "d1"]
[kv]
namespaces = ["RAW", "CACHE"]
[r2]
buckets = ["files", "logs"]
[vectorize.indexes.main]
dimensions = 2
metric = "cosine"
[ai_gateway.gateways.main]
cache_ttl = 60
[d1.databases.db]
migrations = "workers/migrations"
[naming]
template = "{app}-{env}-{name}"
kv = "{name}"
ai_gateway = "{app}-gateway"
[environments.development]
alias = "dev"
[environments.staging]
naming = { kv = "{environment}-{name}" }
"#;

/// What `destroy -e development --with-data --also CACHE --yes` deletes, in the order of the recipe.
pub const GOES: [&str; 5] = ["CACHE", "shop-dev-files", "shop-dev-logs", "shop-dev-main", "shop-dev-db"];

impl Lab {
    /// Runs the bundled recipe for development of the shop.
    pub fn supply(&self, terms: Terms) -> Finished {
        let (facts, naming) = shop();
        self.run_in(&example(), facts, naming, terms, &bundled())
    }

    /// Destroys development of the shop, data and all.
    pub fn destroy(&self, terms: Terms) -> Finished {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let heading = report::Heading { mode: report::Mode::Destroy, ..self.heading(Mode::Destroy) };
        let builder = Arc::new(Builder::new(heading));
        let carried = Arc::new(Mutex::new(Vec::new()));
        let clock = Arc::new(OnRoad::new(self.clock.clone(), &terms));
        let context = |mode: Mode, events: Arc<dyn Sink>| {
            let Terms { road, stop, limiter, id, .. } = &terms;
            let (road, stop, limiter) = (road.clone(), stop.clone(), limiter.clone());
            let terms = Terms { mode, road, stop, limiter, id: id.clone(), permit: None };
            self.context(&example(), terms, clock.clone(), events, carried.clone())
        };
        let requests: Arc<dyn Sink> = Arc::new(Requests(builder.clone()));
        let recorder = Arc::new(Recorder::default());
        let asked = context(Mode::Destroy, Arc::new(Tee(vec![recorder.clone(), requests.clone()])));
        let (facts, naming) = shop();
        let setting = Setting {
            context: asked.clone(),
            runtime: runtime.handle().clone(),
            facts,
            naming,
            redactor: Arc::new(Redactor::default()),
            folder: Some(example()),
            sources: Sources::default(),
            ops: || Box::new(services::ops()),
        };
        let (ran, (mut named, skipped)) = larder::script::engine::run_on_big_stack(|| {
            let room = Room::new(setting, "bundled/provision.rhai");
            let ran = room.run(&bundled(), SERVICES);
            (ran, destroy::of_room(&room, &recorder.events()))
        })
        .unwrap();
        let performed = Performed { ran, ..Performed::default() };
        let mut said: Vec<String> =
            performed.ran.diagnostics.iter().map(|diagnostic| diagnostic.title.clone()).collect();
        let mut refused = None;
        if !performed.ends_a_run() {
            let flags = Flags { also: &["CACHE".to_owned()], with_shared: &[] };
            assert_eq!(flags.misnamed(&named), None);
            let owners = Owners { words: vec!["shop", "development", "dev"], other_workers: &[] };
            let seen = context(Mode::Destroy, requests);
            carry(&asked, &seen);
            destroy::judge(&mut named, &owners, &flags, &seen, runtime.handle());
            refused = destroy::refusal(&named, &Guard::Open, Data::Lost, true);
            let removal = Removal { named: &named, skipped: &skipped };
            if refused.is_some() {
                removal.preview(&context(Mode::Destroy, builder.clone()), runtime.handle());
            } else {
                let context = context(Mode::Apply, builder.clone());
                carry(&seen, &context);
                removal.run(&context, runtime.handle(), Data::Lost);
            }
        }
        let ending = match refused {
            Some(problem) => exit::ending_refused(Some(problem), exit::Ground::Account, true),
            None => exit::ending(&performed, None, false),
        };
        let report = builder.finish(&ending);
        let failed = report.ops().filter_map(|op| op.error.as_ref());
        said.extend(report.error.iter().chain(failed).map(|error| error.message.clone()));
        let carried: Vec<Carried> = std::mem::take(&mut *carried.lock().unwrap());
        let ours: BTreeSet<u64> = carried.iter().map(|one| one.sequence).collect();
        let history = self.account.history().into_iter().filter(|one| ours.contains(&one.sequence));
        Finished {
            report,
            value: None,
            said,
            sent: carried.iter().map(|one| one.request.clone()).collect(),
            history: history.collect(),
            carried,
            took: clock.elapsed(),
        }
    }
}

fn bundled() -> Recipe {
    let text = include_str!("../../../recipes/provision.rhai").to_owned();
    Recipe { name: "bundled/provision.rhai".into(), text }
}

fn shop() -> (Facts, Naming) {
    let file = ProjectFile::parse(&example(), "larder.toml", CONFIG, schema()).unwrap();
    super::facts_of(&file, "development")
}

/// Tells of the requests alone.
struct Requests(Arc<Builder>);

impl Sink for Requests {
    fn emit(&self, event: Event) {
        if let Event::Request(request) = event {
            self.0.emit(Event::Request(larder::events::RequestDone { op: None, ..request }));
        }
    }
}
