//! The state of a database in a dry run: what is executed, loaded and migrated is played on its copy.
//!
//! **Invariant:** what is known of a database that the run would create is what the run will read.

use super::super::api;
use crate::op::{Context, Failure, HandleOrId, Key, Mode, OpResult, Value};
use crate::reconcile::Placeholders;
use crate::services::d1::migrations::{CopyAnswer, PlayResult, RehearsalCopy, WriteResult, furnish};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// What a query gives in a dry run.
pub(super) enum PredictedResult {
    Rows(Value),
    /// Only applying tells.
    Nothing,
    /// What the database says: the run has not changed it.
    Unchanged,
}

/// Where a dry run remembers what is done to a database.
pub(super) struct DatabaseMemory {
    context: Arc<Context>,
    of: Key,
}

/// Nothing is remembered where things are done, or of a database by its id.
pub(super) fn remembered(context: &Arc<Context>, receiver: &HandleOrId) -> Option<DatabaseMemory> {
    let HandleOrId::Handle(database) = receiver else { return None };
    let is_planned = context.mode == Mode::Plan;
    is_planned.then(|| DatabaseMemory { context: context.clone(), of: database.key.clone() })
}

impl DatabaseMemory {
    pub(super) fn copy(&self) -> Arc<RehearsalCopy> {
        self.context.memory.of::<RehearsalCopy>(&self.of)
    }

    /// What can't be answered.
    pub(super) fn not_known(&self) -> Failure {
        Failure::not_known(format!("the data of `{}`", self.of))
    }

    /// What a query gives.
    pub(super) async fn ask(
        &self,
        database: &Value,
        sql: &str,
        params: &[Json],
    ) -> Result<PredictedResult, Failure> {
        let copy = self.copy();
        if !self.is_new(database) {
            return Ok(if copy.is_untouched() {
                PredictedResult::Unchanged
            } else {
                PredictedResult::Nothing
            });
        }
        let (sql, params) = (sql.to_owned(), params.to_vec());
        match apart(move || copy.ask(&sql, &params)).await? {
            CopyAnswer::Rows(rows) => Ok(PredictedResult::Rows(value(rows))),
            CopyAnswer::NotKnown => Ok(PredictedResult::Nothing),
            CopyAnswer::Fails(why) => {
                let message = format!("can't {} for `{}`: {why}", api::QUERY.doing, self.of.name);
                Err(Failure::refused("rejected", message))
            }
        }
    }

    /// What `execute` would do.
    pub(super) async fn execute(
        self,
        have: Vec<Value>,
        sql: String,
        params: Vec<Json>,
    ) -> Result<Option<OpResult>, Failure> {
        let Some(written) = self.play("run the statements", &have, sql, params).await? else {
            return Ok(None);
        };
        let WriteResult { changes, last_row_id, rows, statements } = written;
        let mut known = Map::from_iter([("name".to_owned(), Json::from(self.of.name.as_str()))]);
        // Only of statements that were run it is known how many there are.
        known.extend((statements > 0).then(|| ("statements".to_owned(), Json::from(statements))));
        known.extend(changes.map(|changes| ("changes".to_owned(), Json::from(changes))));
        known.extend(last_row_id.map(|id| ("last_row_id".to_owned(), Json::from(id))));
        known.extend(rows.map(|rows| {
            let rows = rows.into_iter().map(Json::Object).collect();
            ("rows".to_owned(), rows)
        }));
        Ok(Some(OpResult { value: Value::from(Json::Object(known)), ..OpResult::default() }))
    }

    /// What `load` would do.
    pub(super) async fn load(
        self,
        have: Vec<Value>,
        sql: String,
        file: String,
    ) -> Result<Option<OpResult>, Failure> {
        let bytes = sql.len();
        let doing = format!("load `{file}`");
        if self.play(&doing, &have, sql, Vec::new()).await?.is_none() {
            return Ok(None);
        }
        let known = json!({ "name": self.of.name, "file": file, "bytes": bytes });
        Ok(Some(OpResult { value: Value::from(known), ..OpResult::default() }))
    }

    async fn play(
        &self,
        doing: &str,
        have: &[Value],
        sql: String,
        params: Vec<Json>,
    ) -> Result<Option<WriteResult>, Failure> {
        let (copy, database) = (self.copy(), have.first());
        let is_new = database.is_some_and(|database| self.is_new(database));
        if let Some(database) = database {
            furnish(&self.context.client, (database.text("id"), &self.of.name), &copy).await?;
        }
        match apart(move || copy.play(is_new, &sql, &params)).await? {
            PlayResult::Done(written) => Ok(Some(written)),
            PlayResult::Over => Ok(None),
            PlayResult::Fails(why) => Err(Failure::refused_with_hint(
                "rejected",
                format!("can't {doing} for `{}`: {why}", self.of.name),
                "nothing was sent: it fails on a copy of the database, whatever rows there are",
            )),
        }
    }

    fn is_new(&self, database: &Value) -> bool {
        self.context.extension::<Placeholders>().contains(database.text("id"))
    }
}

fn value(rows: Vec<Map<String, Json>>) -> Value {
    Value::from(Json::Array(rows.into_iter().map(Json::Object).collect()))
}

/// It may take seconds, which are not the other ops'.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let working = tokio::task::spawn_blocking(work);
    working.await.map_err(|error| Failure::Bug(format!("a rehearsal ended early: {error}")))
}
