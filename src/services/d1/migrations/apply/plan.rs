//! Plans the migration of a database, on the copy of the dry run.
//!
//! **Invariant:** nothing is read twice.

use super::super::files::folder::{Migrations, Rehearsal};
use super::super::ledger::reader::{Expected, LedgerAndSchema, Reader};
use super::super::ledger::rows::Ledger;
use super::super::rehearse::database::RehearsalDatabase;
use super::super::rehearse::rehearsal_copy::RehearsalCopy;
use super::super::schema::live;
use super::database::Database;
use super::drift_note;
use super::one_transaction::one_call;
use super::prefetch::look;
use super::rehearsal::{RehearsalTarget, furnish};
use super::result::{nothing_pending, planned};
use super::review::{review, reviewed};
use crate::http::ReadError;
use crate::op::{Context, Failure, OpResult};
use crate::reconcile::Placeholders;
use std::sync::Arc;

/// Plans the migrations of a database, of which `copy` has what was played so far.
pub async fn plan(
    context: &Context,
    database: Database<'_>,
    migrations: &Migrations,
    copy: &Arc<RehearsalCopy>,
) -> Result<OpResult, Failure> {
    let planning = Planning {
        context,
        database,
        migrations,
        copy,
        account: Reader { client: &context.client, id: database.id, tables: &migrations.tables, copy: None },
        is_new: context.extension::<Placeholders>().contains(database.id),
    };
    let done = planning.run().await?;
    // What was not rehearsed is not on the copy.
    let is_played = migrations.rehearsal == Rehearsal::Run && !copy.is_over();
    Ok(OpResult { is_played, ..done })
}

struct Planning<'a> {
    context: &'a Context,
    database: Database<'a>,
    migrations: &'a Migrations,
    copy: &'a Arc<RehearsalCopy>,
    account: Reader<'a>,
    is_new: bool,
}

impl Planning<'_> {
    async fn run(&self) -> Result<OpResult, Failure> {
        let (database, migrations) = (self.database, self.migrations);
        if self.copy.is_over() {
            return Err(self.not_known());
        }
        furnish(&self.context.client, (database.id, database.name), self.copy).await?;
        let on = RehearsalTarget::Copy(self.copy.clone());
        let is_first = self.copy.is_untouched();
        if is_first && self.is_new {
            let ledger = Ledger { is_empty_database: true, ..Ledger::default() };
            if migrations.pending(database.name, &ledger)?.is_empty() {
                return Ok(nothing_pending(database, migrations, &ledger));
            }
            self.copy.begin_new().map_err(|_| self.not_known())?;
            let found = LedgerAndSchema { ledger, objects: Vec::new() };
            let review = review(database.name, migrations, &found, None, &on).await?;
            let ledger = found.ledger;
            one_call(self.context, database, &review.migrations, &ledger)?;
            // The ledger is read before the first file and after the last.
            return planned(database, &ledger, review, 2);
        }
        if is_first {
            let mut found = self.look().await?;
            drift_note::warn(self.context, database, migrations, &found).await;
            let review = reviewed(database, migrations, &self.account, &mut found, &on).await?;
            let ledger = found.ledger;
            let Some(review) = review else { return Ok(nothing_pending(database, migrations, &ledger)) };
            one_call(self.context, database, &review.migrations, &ledger)?;
            return planned(database, &ledger, review, 1 + u64::from(!ledger.is_empty_database));
        }
        self.build().await?;
        let reader = Reader { copy: Some(self.copy.as_ref()), ..self.account };
        let found = reader.look(Expected::Nothing).await.map_err(|_| self.not_known())?;
        let ledger = &found.ledger;
        if migrations.pending(database.name, ledger)?.is_empty() {
            return Ok(nothing_pending(database, migrations, ledger));
        }
        let review = review(database.name, migrations, &found, Some(&reader), &on).await?;
        one_call(self.context, database, &review.migrations, ledger)?;
        planned(database, ledger, review, 1 + u64::from(!ledger.is_empty_database))
    }

    /// Makes the copy of what is there, or completes it by this ledger.
    async fn build(&self) -> Result<(), Failure> {
        let (copy, tables) = (self.copy.clone(), self.migrations.tables.clone());
        if self.is_new {
            return Ok(());
        }
        if copy.is_built() {
            if copy.has_made_up_ledger(&tables) {
                let seen = self.account.read(Expected::Tables).await.map_err(|error| self.of_read(error))?;
                if !copy.put_ledger(&tables, &seen) {
                    return Err(self.not_known());
                }
            }
            return Ok(());
        }
        if self.migrations.rehearsal == Rehearsal::Skip {
            return Err(self.not_known());
        }
        let LedgerAndSchema { ledger: seen, objects } = self.look().await?;
        let stage = RehearsalDatabase::build(&objects, &tables).map_err(|_| self.not_known())?;
        let names = stage.tables().map_err(|_| self.not_known())?;
        let filled = live::filled(&self.account, &names).await.map_err(|error| self.of_read(error))?;
        let begin = move || copy.begin(stage, objects, &filled, &seen);
        match tokio::task::spawn_blocking(begin).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(self.not_known()),
            Err(error) => Err(Failure::Bug(format!("a rehearsal ended early: {error}"))),
        }
    }

    /// What the account has.
    async fn look(&self) -> Result<LedgerAndSchema, Failure> {
        let found = look(self.context, self.database, &self.migrations.tables).await;
        found.map_err(|error| self.of_read(error))
    }

    fn of_read(&self, error: ReadError) -> Failure {
        Failure::of_read(self.database.name, error)
    }

    fn not_known(&self) -> Failure {
        Failure::not_known(format!("what `d1::migrate` does to `d1/{}`", self.database.name))
    }
}
