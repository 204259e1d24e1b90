//! `migrations baseline` and `migrations repair` in a simulation, without the prompt.

use super::{Carried, OnRoad, Session, Simulation, Terms, info, place, selected, taken};
use larder::local::RecordedExchange;
use larder::op::Failure;
use larder::run::Error;
use larder::run::migrations::{Ledgers, chosen, only};
use larder::services::d1::migrations::{Correction, Ledger, MigrationError, Migrations};
use larder::system::{Clock, files};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// One database, which is called what the project calls it.
const CONFIG: &str = r#"
app = "lab"
[d1.databases.db]
migrations = "migrations"
[naming]
template = "{name}"
[environments.development]
"#;

/// What became of a correction.
pub struct Corrected {
    /// How many corrections were written, or why they were not.
    pub result: Result<usize, Failure>,
    /// The requests, as the account has seen them.
    pub history: Vec<RecordedExchange>,
    /// What left the client, and what came back.
    pub asked: Vec<Carried>,
    /// For how long it paused.
    pub took: Duration,
}

/// What a ledger is to be told.
pub type Decide<'a> = dyn Fn(&Migrations, &Ledger) -> Result<Vec<Correction>, MigrationError> + Sync + 'a;

impl Simulation {
    /// Corrects the ledger of `db`, whose files are in `migrations`.
    pub fn correct(&self, terms: Terms, folder: &Path, decide: &Decide) -> Corrected {
        let file = folder.join("larder.toml");
        if !files::exists(&file) {
            files::write_whole(&file, CONFIG.as_bytes()).unwrap();
        }
        let carried = Arc::new(Mutex::new(Vec::new()));
        let clock = Arc::new(OnRoad::new(self.clock.clone(), &terms));
        let (place, target) = (place(folder), self.target(&terms, clock.clone(), carried.clone()));
        let selected = selected(&place.project().unwrap().unwrap(), "development");
        let session = Session { place: &place, selected: Some(&selected), root: folder, target };
        let correct = || {
            let declared = only(chosen(&place, &selected, None)?)?;
            let ledgers = Ledgers::open(&session, &selected, terms.mode, info(&terms))?;
            let database = ledgers.look_to_correct(declared, None)?;
            let decided = decide(&database.migrations, &database.ledger);
            let corrections = decided.map_err(|error| ledgers.failed(error.into()))?;
            if !corrections.is_empty() {
                ledgers.correct(&database, &corrections)?;
            }
            Ok(corrections.len())
        };
        let result = correct().map_err(|error| match error {
            Error::Failed { failure, .. } => *failure,
            Error::Usage(error) => panic!("{error:#}"),
            Error::Ended(_) => panic!("the files are refused"),
        });
        let (asked, carried) = taken(&carried);
        let ours: BTreeSet<u64> = carried.iter().map(|one| one.sequence).collect();
        let history = self.account.history().into_iter().filter(|one| ours.contains(&one.sequence));
        Corrected { result, history: history.collect(), asked, took: clock.elapsed() }
    }
}
