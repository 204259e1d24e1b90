//! Checks the structure of the table under wrangler's name, and which columns a new row must fill.
//!
//! **Invariant:** a table that could only be given half a row is no ledger, and is refused before anything is sent.

use super::super::files::tables::Tables;
use super::super::sql::quoted::{identifier, literal};
use rusqlite::Connection;

/// Whose rows a table can take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerShape {
    /// A ledger, with what a row is given beside its `name`; wrangler's own asks for nothing more.
    Ledger(Vec<RequiredColumn>),
    /// Something that can't be this ledger, and why.
    Foreign(String),
}

/// A column that whoever writes a row has to fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequiredColumn {
    /// `id` is a text of five digits, as Alchemy writes it (CL-2).
    TextId,
    /// `id` is a number that SQLite does not give by itself.
    NumberId,
    /// `applied_at` has no default.
    AppliedAt,
}

impl Default for LedgerShape {
    fn default() -> Self {
        LedgerShape::Ledger(Vec::new())
    }
}

struct Column {
    name: String,
    kind: String,
    is_required: bool,
    has_default: bool,
    is_key: bool,
}

impl LedgerShape {
    /// Of the table or view that this statement made.
    pub fn of(create: &str) -> Self {
        let unread = |_| Err("its definition can't be read".to_owned());
        let given = columns(create).unwrap_or_else(unread).and_then(|columns| Self::of_columns(&columns));
        given.map_or_else(LedgerShape::Foreign, LedgerShape::Ledger)
    }

    /// Adds wrangler's row of a file.
    pub fn insert(&self, tables: &Tables, name: &str) -> String {
        let (table, name) = (identifier(&tables.wrangler), literal(name));
        let (mut columns, mut values) = (vec!["name"], vec![name]);
        for (column, value) in self.values(&table) {
            columns.push(column);
            values.push(value);
        }
        format!("INSERT INTO {table} ({})\nvalues ({});", columns.join(", "), values.join(", "))
    }

    /// The columns beside `name` of an `INSERT`, each with its value; `table` is quoted.
    fn values(&self, table: &str) -> Vec<(&'static str, String)> {
        let LedgerShape::Ledger(given) = self else { return Vec::new() };
        let next = |column: &str| format!("(SELECT ifnull(max({column}), 0) + 1 FROM {table})");
        let value = |given: &RequiredColumn| match given {
            RequiredColumn::TextId => {
                let next = "ifnull(max(CAST(id AS INTEGER)), 0) + 1";
                ("id", format!("(SELECT printf('%05d', {next}) FROM {table})"))
            }
            RequiredColumn::NumberId => ("id", next("id")),
            RequiredColumn::AppliedAt => ("applied_at", "CURRENT_TIMESTAMP".to_owned()),
        };
        given.iter().map(value).collect()
    }

    fn of_columns(columns: &[Column]) -> Result<Vec<RequiredColumn>, String> {
        let find = |name: &str| {
            let found = columns.iter().find(|column| column.name.eq_ignore_ascii_case(name));
            found.ok_or_else(|| format!("it has no column `{name}`"))
        };
        let (id, name, applied_at) = (find("id")?, find("name")?, find("applied_at")?);
        let mut given = Vec::new();
        if !id.has_default {
            given.extend(number(id)?);
        }
        if !applied_at.has_default {
            given.extend(time(applied_at)?);
        }
        let known = [&id.name, &name.name, &applied_at.name];
        let is_unknown =
            |column: &&Column| column.is_required && !column.has_default && !known.contains(&&column.name);
        match columns.iter().find(is_unknown) {
            Some(column) => Err(format!(
                "only the tool that made it knows what its column `{}` must be given",
                column.name
            )),
            None => Ok(given),
        }
    }
}

fn number(id: &Column) -> Result<Option<RequiredColumn>, String> {
    let kind = id.kind.to_ascii_uppercase();
    // Only this very word makes a key that SQLite numbers by itself (SQL-5).
    if kind == "INTEGER" && id.is_key {
        Ok(None)
    } else if ["TEXT", "CHAR", "CLOB"].iter().any(|word| kind.contains(word)) {
        Ok(Some(RequiredColumn::TextId))
    } else if kind.contains("INT") {
        Ok(Some(RequiredColumn::NumberId))
    } else {
        Err("its column `id` is neither an `INTEGER` nor a `TEXT`".to_owned())
    }
}

fn time(applied_at: &Column) -> Result<Option<RequiredColumn>, String> {
    let kind = applied_at.kind.to_ascii_uppercase();
    let is_number = ["INT", "REAL", "FLOA", "DOUB", "NUM", "DEC"].iter().any(|word| kind.contains(word));
    match (is_number, applied_at.is_required) {
        (false, _) => Ok(Some(RequiredColumn::AppliedAt)),
        (true, false) => Ok(None),
        (true, true) => Err("its column `applied_at` is a number of an unknown unit".to_owned()),
    }
}

/// A table's columns, as SQLite reads its definition.
fn columns(create: &str) -> rusqlite::Result<Result<Vec<Column>, String>> {
    let database = Connection::open_in_memory()?;
    database.execute_batch(create)?;
    let sql = "SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let made = database.query_row(sql, [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?))
    })?;
    let name = match made {
        (_, kind, _) if kind != "table" => return Ok(Err(format!("it is a {kind}"))),
        // Row ids say in what order the rows were written.
        (_, _, true) => return Ok(Err("it is a table `WITHOUT ROWID`".to_owned())),
        (name, ..) => name,
    };
    let mut columns = database.prepare(
        "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk FROM pragma_table_xinfo(?1) WHERE hidden = 0",
    )?;
    let rows = columns.query_map([name], |row| {
        Ok(Column {
            name: row.get(0)?,
            kind: row.get(1)?,
            is_required: row.get(2)?,
            has_default: row.get(3)?,
            is_key: row.get::<_, i64>(4)? > 0,
        })
    })?;
    rows.collect::<rusqlite::Result<_>>().map(Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(columns: &str) -> LedgerShape {
        LedgerShape::of(&format!("CREATE TABLE \"d1_migrations\" ({columns})"))
    }

    #[test]
    fn a_ledger_says_what_its_rows_must_be_given() {
        let ledger = |given: &[RequiredColumn]| LedgerShape::Ledger(given.to_vec());
        let rest = "name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL";
        for (columns, expected) in [
            (format!("id INTEGER PRIMARY KEY AUTOINCREMENT, {rest}"), ledger(&[])),
            (format!("id TEXT PRIMARY KEY, {rest}"), ledger(&[RequiredColumn::TextId])),
            (format!("id TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(8)))), {rest}"), ledger(&[])),
            (format!("id INT PRIMARY KEY, {rest}"), ledger(&[RequiredColumn::NumberId])),
            (
                format!("id INTEGER PRIMARY KEY, {rest}, note TEXT, kind TEXT NOT NULL DEFAULT 'm'"),
                ledger(&[]),
            ),
            (
                "id TEXT PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL".to_owned(),
                ledger(&[RequiredColumn::TextId, RequiredColumn::AppliedAt]),
            ),
            ("id INTEGER PRIMARY KEY, name, applied_at INTEGER".to_owned(), ledger(&[])),
        ] {
            assert_eq!(shape(&columns), expected, "{columns}");
        }
    }

    #[test]
    fn what_could_only_be_given_half_a_row_is_no_ledger() {
        let foreign = |columns: &str| match shape(columns) {
            LedgerShape::Foreign(why) => why,
            LedgerShape::Ledger(given) => panic!("{columns}: {given:?}"),
        };
        for (columns, why) in [
            ("id TEXT PRIMARY KEY, applied_at TEXT", "it has no column `name`"),
            ("id INTEGER PRIMARY KEY, name TEXT", "it has no column `applied_at`"),
            ("version TEXT, name TEXT, applied_at TEXT", "it has no column `id`"),
            ("id BLOB, name TEXT, applied_at TEXT", "its column `id` is neither an `INTEGER` nor a `TEXT`"),
            (
                "id INTEGER PRIMARY KEY, hash TEXT NOT NULL, name TEXT, applied_at TEXT",
                "only the tool that made it knows what its column `hash` must be given",
            ),
            (
                "id INTEGER PRIMARY KEY, name TEXT, applied_at INTEGER NOT NULL",
                "its column `applied_at` is a number of an unknown unit",
            ),
            // What drizzle-kit makes.
            ("id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric", "it has no column `name`"),
            ("nonsense(", "its definition can't be read"),
        ] {
            assert_eq!(foreign(columns), why);
        }
        for (create, why) in [
            (
                "CREATE TABLE m (id TEXT PRIMARY KEY, name TEXT, applied_at TEXT) WITHOUT ROWID",
                "it is a table `WITHOUT ROWID`",
            ),
            ("CREATE VIEW m AS SELECT 1 AS id, 'a' AS name, 'b' AS applied_at", "it is a view"),
        ] {
            assert_eq!(LedgerShape::of(create), LedgerShape::Foreign(why.to_owned()));
        }
    }
}
