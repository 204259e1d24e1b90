//! The ledgers of other tools, and wrangler's ledgers that the project does not name.
//!
//! They know files by the SHA-256 of their text or by their name (CL-5). A pending file that one of them has was run: to run it
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

/// The ledger of another tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherLedger {
    table: String,
    /// Wrangler, or Larder, can go on with it.
    is_wranglers: bool,
    /// `None` where its rows can't be read.
    files: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Row {
    file: Option<String>,
}

impl OtherLedger {
    /// Reads those that there are.
    pub async fn read(reader: &Reader<'_>, objects: &[Object]) -> Result<Vec<OtherLedger>, ReadError> {
        let mut found = Vec::new();
        let is_other = |object: &&Object| object.kind == "table" && !object.is_of_ledger(reader.tables);
        for object in objects.iter().filter(is_other) {
            let is_it = |(table, _): &&(&str, &str)| object.name.eq_ignore_ascii_case(table);
            let known = TABLES.iter().find(is_it).map(|(_, sql)| *sql);
            let Some(sql) = known.or_else(|| is_wranglers(object).then_some(OF_WRANGLER)) else { continue };
            let files = match reader.primary(&[sql.replace("{}", &identifier(&object.name))]).await {
                Ok(results) => {
                    let rows: Vec<Row> = rows_of(results.into_iter().next().unwrap_or_default())?;
                    Some(rows.into_iter().map(|row| row.file.unwrap_or_default()).collect::<Vec<_>>())
                }
                // A table of that name which is none of theirs.
                Err(ReadError::Rejected(error)) if !error.is_denied() => None,
                Err(error) => return Err(error),
            };
            found.push(OtherLedger { table: object.name.clone(), is_wranglers: known.is_none(), files });
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
        self.files.iter().flatten().any(|known| *known == file.sha256 || *known == file.name)
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
    TABLES.iter().any(|(name, _)| table.name.eq_ignore_ascii_case(name)) || is_wranglers(table)
}

/// Whether a table is called or defined as wrangler does it.
fn is_wranglers(object: &Object) -> bool {
    let tables = Tables::default();
    object.name.eq_ignore_ascii_case(&tables.wrangler)
        || object.sql.contains("applied_at")
            && Structure::read(&object.sql, [])
                .is_some_and(|table| Some(table) == Structure::read(&tables.create_wrangler(), []))
}
