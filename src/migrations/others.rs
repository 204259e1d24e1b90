//! What the ledgers of other tools have, which know files by the SHA-256 of their text or by their name.

use super::files::Migration;
use super::ledger::identifier;
use super::live::Object;
use super::reader::{Reader, rows_of};
use crate::http::ReadError;
use serde::Deserialize;

/// Each table, and what asks it for the files that it has. Wrangler's default is another ledger where the project names
/// its own.
const TABLES: [(&str, &str); 3] = [
    ("__drizzle_migrations", "SELECT hash AS file FROM {} ORDER BY created_at"),
    (
        "_prisma_migrations",
        "SELECT checksum AS file FROM {} WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY started_at",
    ),
    ("d1_migrations", "SELECT name AS file FROM {} ORDER BY id"),
];

/// The ledger of another tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Other {
    table: String,
    /// `None` where its rows can't be read.
    files: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Row {
    file: Option<String>,
}

impl Other {
    /// Reads those that there are.
    pub(super) async fn read(reader: &Reader<'_>, objects: &[Object]) -> Result<Vec<Other>, ReadError> {
        let mut found = Vec::new();
        for (table, sql) in TABLES {
            let is_it = |object: &&Object| {
                object.kind == "table"
                    && object.name.eq_ignore_ascii_case(table)
                    && !object.is_of_ledger(reader.tables)
            };
            let Some(object) = objects.iter().find(is_it) else { continue };
            let files = match reader.primary(&sql.replace("{}", &identifier(&object.name))).await {
                Ok(results) => {
                    let rows: Vec<Row> = rows_of(results.into_iter().next().unwrap_or_default())?;
                    Some(rows.into_iter().map(|row| row.file.unwrap_or_default()).collect())
                }
                // A table of that name which is none of theirs.
                Err(ReadError::Rejected(error)) if !error.is_denied() => None,
                Err(error) => return Err(error),
            };
            found.push(Other { table: object.name.clone(), files });
        }
        Ok(found)
    }

    /// Its name.
    pub(super) fn table(&self) -> &str {
        &self.table
    }

    /// Whether it has a file.
    pub(super) fn has(&self, file: &Migration) -> bool {
        self.files.iter().flatten().any(|known| *known == file.sha256 || *known == file.name)
    }

    /// What it has, and whether the file is among it.
    pub(super) fn words(&self, file: &Migration) -> String {
        let Some(files) = &self.files else {
            return format!("there is a table `{}`", self.table);
        };
        let rows = if files.len() == 1 { "1 row".to_owned() } else { format!("{} rows", files.len()) };
        let of_it = if self.has(file) { ", one of them of this file" } else { "" };
        format!("`{}` has {rows}{of_it}", self.table)
    }
}
