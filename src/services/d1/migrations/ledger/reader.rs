//! Reads the ledger of a database.
//!
//! SQLite can't read a table that may not exist, and the kind of a refusal is only told in words. So both tables are
//! read at once where they are expected, and where that is refused the schema says which of them there are.
//!
//! **Invariant:** whether a table exists is decided by the schema, never by the text of an error.

use super::super::files::tables::Tables;
use super::super::sql::quoted::literal;
use super::rows::{Ledger, Row};
use super::shape::Shape;
use crate::http::{Client, ReadError, Trouble, TroubleKind};
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
pub enum Expect {
    /// Both tables.
    Tables,
    /// Neither.
    Nothing,
}

/// What answers reads in the place of a database: its copy in a dry run.
pub trait StandIn: Send + Sync {
    /// What the statements of `sql` give; `None` where one of them can't be run.
    fn read(&self, sql: &str) -> Option<Vec<StatementResult>>;
}

/// Reads one database's ledger.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The API.
    pub client: &'a Client,
    /// The database's id.
    pub id: &'a str,
    /// The ledger's tables.
    pub tables: &'a Tables,
    /// What is read in its place.
    pub copy: Option<&'a dyn StandIn>,
}

#[derive(Deserialize)]
struct Applied {
    number: i64,
    name: Option<String>,
    #[serde(rename = "applied_at")]
    time: Option<Json>,
}

#[derive(Deserialize)]
struct Table {
    name: String,
    sql: Option<String>,
}

#[derive(Deserialize)]
struct Definition {
    sql: String,
}

impl Reader<'_> {
    /// The ledger as it is now: one request where the expectation holds.
    pub async fn read(&self, expect: Expect) -> Result<Ledger, ReadError> {
        if expect == Expect::Tables {
            match self.rows(true, true).await {
                Err(ReadError::Rejected(error)) if !error.is_denied() => {}
                other => return other,
            }
        }
        // A view may stand where the ledger is looked for.
        let schema =
            self.primary("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'view')").await?;
        let tables: Vec<Table> = rows_of(schema.into_iter().next().unwrap_or_default())?;
        let find = |name: &str| tables.iter().find(|table| table.name.eq_ignore_ascii_case(name));
        if let Some(sql) = find(&self.tables.wrangler).and_then(|table| table.sql.as_deref())
            && let shape @ Shape::Foreign(_) = Shape::of(sql)
        {
            return Ok(Ledger { wrangler: Some(Vec::new()), shape, ..Ledger::default() });
        }
        let internal = |name: &str| name.starts_with("_cf_") || name.starts_with("sqlite_");
        match (find(&self.tables.wrangler).is_some(), find(&self.tables.larder).is_some()) {
            (false, false) => Ok(Ledger {
                is_empty_database: tables.iter().all(|table| internal(&table.name)),
                ..Ledger::default()
            }),
            (wrangler, larder) => self.rows(wrangler, larder).await,
        }
    }

    /// How many objects the schema has of a table: itself and its indexes; 0 where there is none.
    pub async fn objects_of(&self, table: &str) -> Result<usize, ReadError> {
        let sql = format!("SELECT name FROM sqlite_master WHERE tbl_name = {}", literal(table));
        let found = self.primary(&sql).await?;
        Ok(found.first().map_or(0, |result| result.results.len()))
    }

    async fn rows(&self, wrangler: bool, larder: bool) -> Result<Ledger, ReadError> {
        let mut sql = Vec::new();
        sql.extend(wrangler.then(|| self.tables.select_wrangler()));
        sql.extend(larder.then(|| self.tables.select_larder()));
        sql.extend(wrangler.then(|| self.tables.select_shape()));
        let mut results = self.primary(&sql.join(";\n")).await?.into_iter();
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
            ledger.shape = definition.map(|one| Shape::of(&one.sql)).unwrap_or_default();
        }
        Ok(ledger)
    }

    /// Asks until the primary answers (reliability notes 5, fault 27).
    pub async fn primary(&self, sql: &str) -> Result<Vec<StatementResult>, ReadError> {
        if let Some(copy) = self.copy {
            return copy.read(sql).ok_or_else(|| malformed("the copy of the database can't be read"));
        }
        for pause in PAUSES_S {
            if pause > 0 {
                self.client.clock().sleep(Duration::from_secs(pause)).await;
            }
            let results = api::query(self.client, self.id, sql, &[]).await?;
            if results.iter().any(|result| result.success == Some(false)) {
                return Err(malformed("a statement failed inside an accepted read"));
            }
            if results.iter().all(|result| result.meta.served_by_primary != Some(false)) {
                return Ok(results);
            }
        }
        Err(malformed("only a replica answers, which may lag behind"))
    }
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
    let mut trouble = Trouble::new(TroubleKind::Malformed, words);
    trouble.endpoint = Some(&api::QUERY);
    ReadError::Failed(trouble)
}
