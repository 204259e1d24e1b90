//! `destroy` of the shop in a simulation, confirmed.
//!
//! **Invariant:** all that is asked, looked at and deleted goes over one road.

use super::super::source_tree::example;
use super::{
    Finished, Mode, OnRoad, Recipe, Selected, Session, Simulation, Terms, ended, info, place, selected_of,
    taken,
};
use larder::events::{Problem, Recorder, Sink, Tee};
use larder::op::RefusalBasis;
use larder::project::ProjectFile;
use larder::reconcile::DataPolicy;
use larder::report::{self, Builder};
use larder::run::RecipeRun;
use larder::run::destroy::{DestroyConsent, DestroyJob, DestroyPlan, Flags, destroy};
use larder::run::dry_run::DryRun;
use larder::run::exit;
use larder::run::preflight::PreflightEnd;
use larder::run::sweep::{self, sweep};
use larder::system::{Clock as _, Environment};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

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

/// An environment for each branch.
const BRANCHES: &str = r#"
app = "shop"
steps = ["kv", "r2", "vectorize", "d1"]
[kv]
namespaces = ["CACHE"]
[r2]
buckets = ["files"]
[vectorize.indexes.main]
dimensions = 2
metric = "cosine"
[d1.databases.db]
migrations = "workers/migrations"
[environments.preview]
alias = "pre"
naming = { template = "{app}-{env}-{branch}-{name}" }
[environments.development]
alias = "dev"
"#;

/// `--yes`.
struct Yes;

impl DestroyConsent for Yes {
    fn is_heard(&self) -> bool {
        true
    }

    fn refuses(&self, _: &DestroyPlan) -> anyhow::Result<Option<Problem>> {
        Ok(None)
    }
}

impl Simulation {
    /// Runs the bundled recipe for development of the shop.
    pub fn supply(&self, terms: Terms) -> Finished {
        self.run_in(&example(), Some(&shop()), terms, &bundled())
    }

    /// Destroys development of the shop, data and all.
    pub fn destroy(&self, terms: Terms) -> Finished {
        self.destroy_in(&example(), &shop(), terms, &bundled(), &["CACHE".to_owned()])
    }

    /// Destroys what a recipe names in an environment, data and all.
    pub fn destroy_in(
        &self,
        root: &Path,
        selected: &Selected,
        terms: Terms,
        recipe: &Recipe,
        also: &[String],
    ) -> Finished {
        let flags = Flags { also, with_shared: &[] };
        self.removal(root, selected, terms, recipe, |run| {
            let job = DestroyJob { run, selected, flags: &flags, data: DataPolicy::Lost, consent: &Yes };
            destroy(&job)
        })
    }

    /// Sweeps what branches have left but for one, data and all.
    pub fn sweep(&self, terms: Terms, kept: &str) -> Finished {
        let (selected, keep) = (branches(), BTreeSet::from([kept.to_owned()]));
        self.removal(&example(), &selected, terms, &bundled(), |run| {
            let (data, selected, keep) = (DataPolicy::Lost, &selected, &keep);
            sweep(&sweep::SweepJob { run, selected, keep, data, consent: &Yes })
        })
    }

    /// Removes something by what a recipe names.
    fn removal(
        &self,
        root: &Path,
        selected: &Selected,
        terms: Terms,
        recipe: &Recipe,
        remove: impl FnOnce(&DryRun) -> anyhow::Result<Result<RecipeRun, PreflightEnd>>,
    ) -> Finished {
        let heading = report::Heading { mode: report::Mode::Destroy, ..self.heading(Mode::Destroy) };
        let builder = Arc::new(Builder::new(heading));
        let heard = Arc::new(Recorder::default());
        let events: Arc<dyn Sink> = Arc::new(Tee(vec![builder.clone(), heard.clone()]));
        let carried = Arc::new(Mutex::new(Vec::new()));
        let clock = Arc::new(OnRoad::new(self.clock.clone(), &terms));
        let (place, target) = (place(root), self.target(&terms, clock.clone(), carried.clone()));
        let session = Session { place: &place, selected: Some(selected), root, target };
        let info = info(&terms);
        let run = DryRun::of_names(&session, recipe, &info, events);
        let mut said = Vec::new();
        let ending = match remove(&run).unwrap() {
            Ok(performed) => exit::ending(&performed, None, false),
            Err(PreflightEnd::Held(problem)) => {
                exit::ending_refused(Some(problem), RefusalBasis::Account, true)
            }
            Err(PreflightEnd::Stopped(performed)) => {
                said.extend(performed.ran.diagnostics.iter().map(|one| one.title.clone()));
                exit::ending(&performed, None, false)
            }
            Err(PreflightEnd::Refused(problem, RefusalBasis::Account)) => {
                said.push(problem.message.clone());
                exit::ending_refused(Some(problem), RefusalBasis::Account, false)
            }
            Err(PreflightEnd::Refused(problem, basis)) => panic!("{basis:?}: {}", problem.message),
            Err(PreflightEnd::Files(found)) => panic!("{:?}", found.diagnostics),
        };
        let report = builder.finish(&ending, exit::of_report);
        let failed = report.ops().filter_map(|op| op.error.as_ref());
        said.extend(report.error.iter().chain(failed).map(|error| error.message.clone()));
        let (asked, carried) = taken(&carried);
        let ours: BTreeSet<u64> = carried.iter().map(|one| one.sequence).collect();
        let history = self.account.history().into_iter().filter(|one| ours.contains(&one.sequence));
        Finished {
            report,
            value: None,
            said,
            ended: ended(&heard),
            sent: carried.iter().map(|one| one.request.clone()).collect(),
            history: history.collect(),
            carried,
            asked,
            took: clock.elapsed(),
        }
    }
}

fn bundled() -> Recipe {
    let text = include_str!("../../../recipes/provision.rhai").to_owned();
    Recipe { name: "bundled/provision.rhai".into(), text }
}

fn shop() -> Selected {
    selected_of(&example(), CONFIG, "development")
}

fn branches() -> Selected {
    let file = ProjectFile::parse(&example(), "larder.toml", BRANCHES, super::schema()).unwrap();
    let chosen = file.select(Some("preview"), &Environment::default()).unwrap();
    place(&file.folder).of_branches(&file, chosen).unwrap()
}
