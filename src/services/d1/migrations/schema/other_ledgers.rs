//! The ledgers of other tools, and wrangler's ledgers that the project does not name.
//!
//! They know files by the SHA-256 of their text or by their name (CL-5, CL-8). A pending file that one of them has was run: to run it
//! again would do its work twice, which no look at the schema shows where it only writes rows.

use super::super::files::folder::{Migration, Migrations};
use super::super::files::tables::Tables;
use super::super::ledger::object::Object;
use super::super::ledger::reader::{Reader, rows_of};
use super::super::lint::finding::LintFinding;
use super::super::sql::quoted::identifier;
use super::structure::Structure;
use crate::http::ReadError;
use serde::Deserialize;
use serde_json::Value as Json;

/// Each table, and what asks it for the files that it has.
const TABLES: [(&str, &str); 2] = [
    ("__drizzle_migrations", "SELECT hash AS file FROM {} ORDER BY created_at"),
    (
        "_prisma_migrations",
        "SELECT checksum AS file FROM {} WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY started_at",
    ),
];

/// The same, of a table that wrangler has made, whatever it is called.
const OF_WRANGLER: &str = "SELECT name AS file FROM {} ORDER BY id";

/// Alchemy's, as it makes the table; older ones of that name have `name` alone, or a file's name for an id (CL-8).
const ALCHEMY: &str = "__alchemy_migrations";
const CREATE_ALCHEMY: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, hash text NOT NULL, created_at numeric, name text, applied_at TEXT)";
const OF_ALCHEMY: &str = "SELECT * FROM {}";

/// The file of Alchemy's migration that is a folder, which it knows by the folder's name.
const IN_FOLDER: &str = "/migration.sql";

/// The ledger of another tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherLedger {
    table: String,
    /// Wrangler, or Larder, can go on with it.
    is_wranglers: bool,
    /// By what each row knows its file; `None` where its rows can't be read.
    files: Option<Vec<Row>>,
}

/// What a row may have of a file; other columns may have anything.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Row {
    #[serde(default)]
    file: Json,
    #[serde(default)]
    name: Json,
    #[serde(default)]
    hash: Json,
    #[serde(default)]
    id: Json,
}

impl Row {
    fn is_of(&self, file: &Migration) -> bool {
        let folder = file.name.strip_suffix(IN_FOLDER).unwrap_or(&file.name);
        let mut known = [&self.file, &self.name, &self.hash, &self.id].into_iter().filter_map(Json::as_str);
        known.any(|known| known == file.sha256 || known == file.name || known == folder)
    }
}

impl OtherLedger {
    /// Reads those that there are.
    pub async fn read(reader: &Reader<'_>, objects: &[Object]) -> Result<Vec<OtherLedger>, ReadError> {
        let mut found = Vec::new();
        let is_other = |object: &&Object| object.kind == "table" && !object.is_of_ledger(reader.tables);
        for object in objects.iter().filter(is_other) {
            let is_it = |(table, _): &&(&str, &str)| object.name.eq_ignore_ascii_case(table);
            let known = TABLES.iter().find(is_it).map(|(_, sql)| *sql);
            let is_wranglers = is_wranglers(object);
            let alchemys = || is_alchemys(object).then_some(OF_ALCHEMY);
            let sql = known.or_else(alchemys).or_else(|| is_wranglers.then_some(OF_WRANGLER));
            let Some(sql) = sql else { continue };
            let files = match reader.primary(&[sql.replace("{}", &identifier(&object.name))]).await {
                Ok(results) => Some(rows_of(results.into_iter().next().unwrap_or_default())?),
                // A table of that name which is none of theirs.
                Err(ReadError::Rejected(error)) if !error.is_denied() => None,
                Err(error) => return Err(error),
            };
            found.push(OtherLedger { table: object.name.clone(), is_wranglers, files });
        }
        Ok(found)
    }

    /// What keeps the first of the `pending` files from being run that one of them has.
    pub fn refusal(
        others: &[OtherLedger],
        migrations: &Migrations,
        pending: &[&Migration],
    ) -> Option<LintFinding> {
        let mut known = pending.iter().map(|file| (file, others.iter().find(|other| other.has(file))));
        let (file, other) = known.find_map(|(file, other)| Some((file, other?)))?;
        let (table, own) = (&other.table, &migrations.tables.wrangler);
        let back = if other.is_wranglers {
            format!("name `{table}` as the migrations' table again, or record ")
        } else {
            "record ".to_owned()
        };
        Some(LintFinding {
            path: migrations.path(&file.name),
            line_column: None,
            words: format!(
                "`{table}`, another ledger in this database, has this file, and `{own}` has no row of it: to run it would \
                 do its work again"
            ),
            hint: format!(
                "{back}what is applied already with `{}`, which runs nothing; a file that only has \
                 the same name needs another one",
                migrations.reach.writing("migrations baseline")
            ),
        })
    }

    pub fn table(&self) -> &str {
        &self.table
    }

    /// Whether it has a file.
    pub fn has(&self, file: &Migration) -> bool {
        self.files.iter().flatten().any(|row| row.is_of(file))
    }

    /// What it has, and whether the file is among it.
    pub fn words(&self, file: &Migration) -> String {
        let Some(files) = &self.files else {
            return format!("there is a table `{}`", self.table);
        };
        let rows = if files.len() == 1 { "1 row".to_owned() } else { format!("{} rows", files.len()) };
        let of_it = if self.has(file) { ", one of them of this file" } else { "" };
        format!("`{}` has {rows}{of_it}", self.table)
    }
}

/// Whether a table is the ledger of some tool.
pub fn is_ledger(table: &Object) -> bool {
    let is_named = TABLES.iter().any(|(name, _)| table.name.eq_ignore_ascii_case(name));
    is_named || is_wranglers(table) || is_alchemys(table)
}

/// Whether a table is called or defined as Alchemy does it; drizzle defines its own alike, which is asked for first.
fn is_alchemys(object: &Object) -> bool {
    object.name.eq_ignore_ascii_case(ALCHEMY)
        || object.sql.contains("applied_at")
            && Structure::read(&object.sql, [])
                .is_some_and(|table| Some(table) == Structure::read(CREATE_ALCHEMY, []))
}

/// Whether a table is called or defined as wrangler does it.
fn is_wranglers(object: &Object) -> bool {
    let tables = Tables::default();
    object.name.eq_ignore_ascii_case(&tables.wrangler)
        || object.sql.contains("applied_at")
            && Structure::read(&object.sql, [])
                .is_some_and(|table| Some(table) == Structure::read(&tables.create_wrangler(), []))
}
