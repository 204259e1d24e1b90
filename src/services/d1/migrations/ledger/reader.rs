//! Reads the ledger of a database.
//!
//! SQLite can't read a table that may not exist, and the kind of a refusal is only told in words. So both tables are
//! read at once where they are expected, with the schema where that is wanted, and where that is refused the schema says
//! which of them there are.
//!
//! **Invariant:** whether a table exists is decided by the schema, never by the text of an error.

use super::super::files::tables::Tables;
use super::super::sql::quoted::literal;
use super::object::{Object, SCHEMA};
use super::rows::{Ledger, Row};
use super::shape::LedgerShape;
use crate::http::{Client, ReadError, TransportError, TransportErrorKind};
use crate::services::d1::api;
use crate::services::d1::wire::StatementResult;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::time::Duration;

/// Pauses before questions while a replica answers, which may lag behind.
const PAUSES_S: [u64; 5] = [0, 1, 2, 4, 8];

/// What a reader expects; it decides what is asked first and never what is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    Tables,
    /// Neither.
    Nothing,
}

/// What answers reads in the place of a database: its copy in a dry run.
pub trait CopyReader: Send + Sync {
    /// What the statements of `sql` give; `None` where one of them can't be run.
    fn read(&self, sql: &str) -> Option<Vec<StatementResult>>;
}

/// What a database has.
#[derive(Clone, Debug, Default)]
pub struct LedgerAndSchema {
    pub ledger: Ledger,
    pub objects: Vec<Object>,
}

/// Reads one database's ledger.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The API.
    pub client: &'a Client,
    pub id: &'a str,
    pub tables: &'a Tables,
    /// What is read in its place.
    pub copy: Option<&'a dyn CopyReader>,
}

#[derive(Deserialize)]
struct Applied {
    number: i64,
    name: Option<String>,
    #[serde(rename = "applied_at")]
    time: Option<Json>,
}

#[derive(Deserialize)]
struct Definition {
    sql: String,
}

impl Reader<'_> {
    /// The ledger as it is now: one request where the expectation holds.
    pub async fn read(&self, expect: Expected) -> Result<Ledger, ReadError> {
        if expect == Expected::Tables {
            match self.rows(true, true).await {
                Err(ReadError::Rejected(error)) if !error.is_denied() => {}
                other => return other,
            }
        }
        Ok(self.by_schema().await?.ledger)
    }

    /// The same with the schema, in as many requests.
    pub async fn look(&self, expect: Expected) -> Result<LedgerAndSchema, ReadError> {
        if expect == Expected::Tables {
            let mut sql = self.select(true, true);
            sql.push(SCHEMA.to_owned());
            match self.primary(&sql).await {
                Ok(mut results) => {
                    let schema = results.pop().unwrap_or_default();
                    return Ok(LedgerAndSchema {
                        ledger: ledger(true, true, results)?,
                        objects: objects(schema)?,
                    });
                }
                Err(ReadError::Rejected(error)) if !error.is_denied() => {}
                Err(error) => return Err(error),
            }
        }
        self.by_schema().await
    }

    /// Everything that was made by a statement, in the order in which it was made.
    pub async fn objects(&self) -> Result<Vec<Object>, ReadError> {
        objects(self.primary(&[SCHEMA.to_owned()]).await?.into_iter().next().unwrap_or_default())
    }

    async fn by_schema(&self) -> Result<LedgerAndSchema, ReadError> {
        let objects = self.objects().await?;
        // A view may stand where the ledger is looked for.
        let has_rows = |object: &&Object| matches!(object.kind.as_str(), "table" | "view");
        let find = |name: &str| {
            objects.iter().filter(has_rows).find(|object| object.name.eq_ignore_ascii_case(name))
        };
        let (wrangler, larder) = (find(&self.tables.wrangler), find(&self.tables.larder).is_some());
        let shape = wrangler.map(|table| LedgerShape::of(&table.sql));
        let ledger = match (shape, larder) {
            (Some(shape @ LedgerShape::Foreign(_)), _) => {
                Ledger { wrangler: Some(Vec::new()), shape, ..Ledger::default() }
            }
            (None, false) => {
                let is_empty_database = !objects.iter().any(|object| has_rows(&object));
                Ledger { is_empty_database, ..Ledger::default() }
            }
            (wrangler, larder) => self.rows(wrangler.is_some(), larder).await?,
        };
        Ok(LedgerAndSchema { ledger, objects })
    }

    /// How many objects the schema has of a table: itself and its indexes; 0 where there is none.
    pub async fn objects_of(&self, table: &str) -> Result<usize, ReadError> {
        let sql = format!("SELECT name FROM sqlite_master WHERE tbl_name = {}", literal(table));
        let found = self.primary(&[sql]).await?;
        Ok(found.first().map_or(0, |result| result.results.len()))
    }

    async fn rows(&self, wrangler: bool, larder: bool) -> Result<Ledger, ReadError> {
        ledger(wrangler, larder, self.primary(&self.select(wrangler, larder)).await?)
    }

    fn select(&self, wrangler: bool, larder: bool) -> Vec<String> {
        let mut sql = Vec::new();
        sql.extend(wrangler.then(|| self.tables.select_wrangler()));
        sql.extend(larder.then(|| self.tables.select_larder()));
        sql.extend(wrangler.then(|| self.tables.select_shape()));
        sql
    }

    /// Asks until the primary answers (D1-28, A6); gives a result for each statement.
    pub async fn primary(&self, statements: &[String]) -> Result<Vec<StatementResult>, ReadError> {
        let sql = &statements.join(";\n");
        if let Some(copy) = self.copy {
            return copy.read(sql).ok_or_else(|| malformed("the copy of the database can't be read"));
        }
        for pause in PAUSES_S {
            if pause > 0 {
                self.client.pause(Duration::from_secs(pause)).await;
            }
            let results = api::query(self.client, self.id, sql, &[]).await?;
            if results.iter().any(|result| result.success == Some(false)) {
                return Err(malformed("a statement failed inside an accepted read"));
            }
            if results.len() != statements.len() {
                return Err(malformed("not as many results as statements"));
            }
            if results.iter().all(|result| result.meta.served_by_primary != Some(false)) {
                return Ok(results);
            }
        }
        Err(malformed("only a replica answers, which may lag behind"))
    }
}

/// The ledger, of what its tables gave.
fn ledger(wrangler: bool, larder: bool, results: Vec<StatementResult>) -> Result<Ledger, ReadError> {
    let mut results = results.into_iter();
    let mut ledger = Ledger::default();
    if wrangler {
        let rows: Vec<Applied> = rows_of(results.next().unwrap_or_default())?;
        let time = |row: &Applied| row.time.as_ref().and_then(Json::as_str).map(str::to_owned);
        ledger.applied_at = rows.iter().map(time).collect();
        ledger.last_row = rows.last().map(|row| row.number);
        ledger.wrangler = Some(rows.into_iter().map(|row| row.name.unwrap_or_default()).collect());
    }
    if larder {
        ledger.larder = Some(rows_of::<Row>(results.next().unwrap_or_default())?);
    }
    if wrangler {
        let definition = rows_of::<Definition>(results.next().unwrap_or_default())?.into_iter().next();
        ledger.shape = definition.map(|one| LedgerShape::of(&one.sql)).unwrap_or_default();
    }
    Ok(ledger)
}

/// What the schema gave; SQLite's own tables are made by SQLite.
fn objects(result: StatementResult) -> Result<Vec<Object>, ReadError> {
    let objects: Vec<Object> = rows_of(result)?;
    let is_own =
        |object: &Object| !object.name.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("sqlite_"));
    Ok(objects.into_iter().filter(is_own).collect())
}

/// The rows of one statement.
pub fn rows_of<T: DeserializeOwned>(result: StatementResult) -> Result<Vec<T>, ReadError> {
    let rows = result.results.into_iter().map(Json::Object).collect();
    serde_json::from_value(Json::Array(rows))
        .map_err(|error| malformed(&format!("unexpected rows in the ledger: {error}")))
}

/// What went wrong with a read, in words.
pub fn words(error: ReadError) -> String {
    match error {
        ReadError::Rejected(error) => error.message(),
        ReadError::Failed(trouble) => trouble.detail,
    }
}

fn malformed(words: &str) -> ReadError {
    let mut trouble = TransportError::new(TransportErrorKind::Malformed, words);
    trouble.endpoint = Some(&api::QUERY);
    ReadError::Failed(trouble)
}
