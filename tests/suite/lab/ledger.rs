//! `migrations baseline` and `migrations repair` in a lab: what the commands do, but for the question.

use super::{Carried, Lab, OnRoad, Terms, info};
use larder::events::Recorder;
use larder::local::Exchanged;
use larder::migrations::{self, Correction, Expect, Ledger, MigrationError, Migrations, Reader, Settings};
use larder::op::Failure;
use larder::services::d1::api;
use larder::system::Clock;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What became of a correction.
pub struct Corrected {
    /// How many corrections were written, or why they were not.
    pub result: Result<usize, Failure>,
    /// The requests, as the account has seen them.
    pub history: Vec<Exchanged>,
    /// For how long it paused.
    pub took: Duration,
}

/// What a ledger is to be told.
pub type Decide<'a> = dyn Fn(&Migrations, &Ledger) -> Result<Vec<Correction>, MigrationError> + Sync + 'a;

impl Lab {
    /// Corrects the ledger of `db`, whose files are in `migrations`.
    pub fn correct(&self, terms: Terms, folder: &Path, decide: &Decide) -> Corrected {
        let carried = Arc::new(Mutex::new(Vec::new()));
        let clock = Arc::new(OnRoad::new(self.clock.clone(), &terms));
        let events = Arc::new(Recorder::default());
        let target = self.target(&terms, clock.clone(), carried.clone());
        let context = target.context(terms.mode, events, folder, info(&terms)).unwrap();
        let settings = Settings { folder: "migrations", ..Settings::default() };
        let files = Migrations::discover(&context.root, &settings).unwrap();
        let result = target.runtime.block_on(async {
            let read = |error| Failure::of_read("db", error);
            let found = api::get(&context.client, "db").await.map_err(read)?;
            let id = found.ok_or_else(|| Failure::refused("migration", "no `db`"))?.uuid;
            let reader = Reader { client: &context.client, id: &id, tables: &files.tables };
            let seen = reader.read(Expect::Tables).await.map_err(read)?;
            let corrections = decide(&files, &seen)?;
            if !corrections.is_empty() {
                let database = migrations::Database { id: &id, name: "db", expect: Expect::Tables };
                migrations::correct(&context, database, &files, &seen, &corrections).await?;
            }
            Ok(corrections.len())
        });
        let carried: Vec<Carried> = std::mem::take(&mut *carried.lock().unwrap());
        let ours: BTreeSet<u64> = carried.iter().map(|one| one.sequence).collect();
        let history = self.account.history().into_iter().filter(|one| ours.contains(&one.sequence));
        Corrected { result, history: history.collect(), took: clock.elapsed() }
    }
}
