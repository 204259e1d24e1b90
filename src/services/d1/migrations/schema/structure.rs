//! The structure of a table, independent of how its statement is written.
//!
//! The statement is run in a database of its own, which is then asked: two clients write the same table in many ways. What
//! no pragma gives (checks, collations, expressions of generated columns) is taken from the tokens.

use super::super::sql::restrictions::Restrictions;
use super::default::default;
use super::normal_form::normal;
use super::table_clauses::TableClauses;
use rusqlite::{Connection, params};
use std::collections::{BTreeMap, BTreeSet};

/// What `pragma_table_xinfo` calls a generated column that is stored.
const GENERATED_STORED: i64 = 3;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Structure {
    columns: Vec<Column>,
    primary_key: Vec<String>,
    uniques: BTreeSet<Vec<String>>,
    foreign_keys: Vec<ForeignKey>,
    /// In normal form, and as written.
    checks: BTreeMap<String, String>,
    /// `STRICT`, `WITHOUT ROWID`, `AUTOINCREMENT`.
    options: BTreeSet<&'static str>,
    /// What constraints do in a conflict, or only at the end.
    clauses: BTreeSet<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    name: String,
    /// Type, default and all else, in normal form.
    what: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct ForeignKey {
    from: Vec<String>,
    table: String,
    /// `None`: the primary key.
    to: Vec<Option<String>>,
    on_update: String,
    on_delete: String,
}

/// Something that another table lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MissingPart {
    Column(String),
    /// Anything else, in words.
    Other(String),
}

impl Structure {
    /// Of the table that `sql` makes, with the unique indexes among `indexes`; `None` where that can't be known here.
    pub fn read<'a>(sql: &str, indexes: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut database = Connection::open_in_memory().ok()?;
        Restrictions::install(&mut database).ok()?;
        database.execute_batch(sql).ok()?;
        for index in indexes {
            // An index that can't be made here makes nothing unique here.
            let _ = database.execute_batch(index);
        }
        Structure::of(&database, sql).ok()
    }

    fn of(database: &Connection, sql: &str) -> rusqlite::Result<Self> {
        let list = "SELECT name, wr, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
            AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
        let (table, is_without_rowid, is_strict): (String, bool, bool) =
            database.query_row(list, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let written = TableClauses::read(sql);
        let mut options = BTreeSet::new();
        options.extend(is_strict.then_some("STRICT"));
        options.extend(is_without_rowid.then_some("WITHOUT ROWID"));
        options.extend(written.is_counted.then_some("AUTOINCREMENT"));
        let (columns, primary_key) = columns(database, &table, &written, is_without_rowid)?;
        let mut uniques = uniques(database, &table)?;
        // The primary key is unique anyway.
        uniques.remove(&primary_key);
        Ok(Structure {
            columns,
            primary_key,
            uniques,
            foreign_keys: foreign_keys(database, &table)?,
            checks: written.checks,
            options,
            clauses: written.clauses,
        })
    }

    /// Whether it has a column of that name.
    pub fn has_column(&self, name: &str) -> bool {
        self.column(name).is_some()
    }

    fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// What `other`, the live table `table`, lacks of this one; it may have more.
    pub fn lacked_by(&self, other: &Structure, table: &str) -> Vec<MissingPart> {
        let mut lacks = Vec::new();
        let mut lack = |words: String| lacks.push(MissingPart::Other(words));
        for column in &self.columns {
            if let Some(there) = other.column(&column.name).filter(|there| there.what != column.what) {
                let (name, is, made) = (&column.name, shown(&there.what), shown(&column.what));
                lack(format!("the column `{table}.{name}` is {is} and not {made}"));
            }
        }
        if self.primary_key != other.primary_key {
            let (is, made) = (list(&other.primary_key), list(&self.primary_key));
            lack(format!("the primary key of `{table}` is {is} and not {made}"));
        }
        for columns in self.uniques.difference(&other.uniques) {
            lack(format!("`{table}` has no `UNIQUE {}`", list(columns)));
        }
        for key in self.foreign_keys.iter().filter(|key| !other.foreign_keys.iter().any(|one| one.is(key))) {
            lack(format!("`{table}` has no `{key}`"));
        }
        for (_, check) in self.checks.iter().filter(|(normal, _)| !other.checks.contains_key(*normal)) {
            lack(format!("`{table}` has no `CHECK ({check})`"));
        }
        for clause in self.clauses.difference(&other.clauses) {
            lack(format!("`{table}` has no `{clause}`"));
        }
        for clause in other.clauses.difference(&self.clauses) {
            lack(format!("`{table}` has `{clause}`"));
        }
        for option in self.options.difference(&other.options) {
            lack(format!("`{table}` is not `{option}`"));
        }
        for option in other.options.difference(&self.options) {
            lack(format!("`{table}` is `{option}`"));
        }
        let missing = self.columns.iter().filter(|column| !other.has_column(&column.name));
        let missing: Vec<MissingPart> =
            missing.map(|column| MissingPart::Column(column.name.clone())).collect();
        [missing, lacks].concat()
    }
}

impl Structure {
    /// What `live`, the table `table`, has beside this one, in words.
    pub fn exceeded_by(&self, live: &Structure, table: &str) -> Vec<String> {
        let mut found = Vec::new();
        for column in live.columns.iter().filter(|column| !self.has_column(&column.name)) {
            found.push(format!("the column `{table}.{}`", column.name));
        }
        let has = |what: String| format!("`{table}` has `{what}`,");
        for columns in live.uniques.difference(&self.uniques) {
            found.push(has(format!("UNIQUE {}", list(columns))) + " which");
        }
        for key in live.foreign_keys.iter().filter(|key| !self.foreign_keys.iter().any(|one| one.is(key))) {
            found.push(has(key.to_string()) + " which");
        }
        for (_, check) in live.checks.iter().filter(|(normal, _)| !self.checks.contains_key(*normal)) {
            found.push(has(format!("CHECK ({check})")) + " which");
        }
        found.into_iter().map(|what| what + " is in none of the files").collect()
    }
}

impl ForeignKey {
    fn is(&self, other: &ForeignKey) -> bool {
        let is_same_target = |(one, other): (&Option<String>, &Option<String>)| {
            one.is_none() || other.is_none() || one == other
        };
        (&self.from, &self.table, &self.on_update, &self.on_delete)
            == (&other.from, &other.table, &other.on_update, &other.on_delete)
            && self.to.iter().zip(&other.to).all(is_same_target)
    }
}

impl std::fmt::Display for ForeignKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FOREIGN KEY {} REFERENCES {}", list(&self.from), self.table)?;
        let to: Vec<String> = self.to.iter().flatten().cloned().collect();
        if !to.is_empty() {
            write!(f, " {}", list(&to))?;
        }
        for (verb, action) in [("UPDATE", &self.on_update), ("DELETE", &self.on_delete)] {
            if action != "NO ACTION" {
                write!(f, " ON {verb} {action}")?;
            }
        }
        Ok(())
    }
}

fn list(names: &[String]) -> String {
    format!("({})", names.join(", "))
}

fn shown(what: &str) -> String {
    if what.is_empty() { "without a type".to_owned() } else { format!("`{what}`") }
}

fn columns(
    database: &Connection,
    table: &str,
    written: &TableClauses,
    is_without_rowid: bool,
) -> rusqlite::Result<(Vec<Column>, Vec<String>)> {
    let mut statement = database.prepare(
        "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid",
    )?;
    let mut rows = statement.query(params![table])?;
    let (mut columns, mut key) = (Vec::new(), BTreeMap::new());
    while let Some(row) = rows.next()? {
        let (name, kind): (String, String) = (row.get(0)?, normal(&row.get::<_, String>(1)?));
        let position: i64 = row.get(4)?;
        let mut what: Vec<String> = vec![kind.to_ascii_uppercase()];
        what.extend(row.get::<_, bool>(2)?.then(|| "NOT NULL".to_owned()));
        let default = row.get::<_, Option<String>>(3)?.and_then(|value| default(&kind, &value));
        what.extend(default.map(|value| format!("DEFAULT {value}")));
        what.extend(written.of_columns.get(&name.to_ascii_lowercase()).into_iter().flatten().cloned());
        what.extend((row.get::<_, i64>(5)? == GENERATED_STORED).then(|| "STORED".to_owned()));
        what.retain(|word| !word.is_empty());
        if position > 0 {
            key.insert(position, name.to_ascii_lowercase());
        }
        columns.push(Column { name, what: what.join(" ") });
    }
    let key: Vec<String> = key.into_values().collect();
    let by_index = "SELECT EXISTS (SELECT 1 FROM pragma_index_list(?1) WHERE origin = 'pk')";
    let has_index: bool = database.query_row(by_index, params![table], |row| row.get(0))?;
    if let ([only], false) = (&key[..], is_without_rowid) {
        // The rowid is never null, whether or not the statement says so.
        for column in columns.iter_mut().filter(|column| column.name.eq_ignore_ascii_case(only)) {
            if column.what.starts_with("INTEGER NOT NULL") {
                column.what = column.what.replacen("INTEGER NOT NULL", "INTEGER", 1);
            }
            // With this word it is a column like others, and not the rowid.
            if has_index && column.what == "INTEGER" {
                column.what.push_str(" PRIMARY KEY DESC");
            }
        }
    }
    Ok((columns, key))
}

/// Which columns are unique together.
fn uniques(database: &Connection, table: &str) -> rusqlite::Result<BTreeSet<Vec<String>>> {
    let mut statement = database.prepare(
        "SELECT name FROM pragma_index_list(?1) WHERE \"unique\" = 1 AND partial = 0 AND origin <> 'pk'",
    )?;
    let names = statement.query_map(params![table], |row| row.get::<_, String>(0))?;
    let mut found = BTreeSet::new();
    for name in names {
        let mut statement = database.prepare("SELECT name FROM pragma_index_info(?1) ORDER BY seqno")?;
        let columns = statement.query_map(params![name?], |row| row.get::<_, Option<String>>(0))?;
        let columns: Option<Vec<String>> = columns.collect::<rusqlite::Result<_>>()?;
        // An expression has no name.
        found.extend(columns.map(|columns| lower(&columns)));
    }
    Ok(found)
}

fn foreign_keys(database: &Connection, table: &str) -> rusqlite::Result<Vec<ForeignKey>> {
    let mut statement = database.prepare(
        "SELECT id, \"table\", \"from\", \"to\", on_update, on_delete FROM pragma_foreign_key_list(?1) ORDER BY id, seq",
    )?;
    let mut rows = statement.query(params![table])?;
    let mut found: BTreeMap<i64, ForeignKey> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let text = |index: usize| row.get::<_, String>(index);
        let key = ForeignKey {
            from: Vec::new(),
            table: text(1)?.to_ascii_lowercase(),
            to: Vec::new(),
            on_update: text(4)?,
            on_delete: text(5)?,
        };
        let key = found.entry(row.get(0)?).or_insert(key);
        key.from.push(text(2)?.to_ascii_lowercase());
        key.to.push(row.get::<_, Option<String>>(3)?.map(|name| name.to_ascii_lowercase()));
    }
    Ok(found.into_values().collect())
}

fn lower(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests;
