//! Decides for each statement of the pending files whether it may lose data.
//!
//! What SQLite says of a statement counts where it could be asked; else the files' own text does, and then every table that
//! was there before counts as one with rows.
//!
//! **Invariant:** a table whose emptiness let an unmarked statement through is needed empty when the statement is sent.

use super::super::files::folder::Migration;
use super::super::sql::kind::StatementKind;
use super::super::sql::script::Statement;
use super::super::sql::touched_tables::{IndirectLoss, TouchedTables};
use super::catalog::{Catalog, Names};
use super::destructive::{DataLoss, GATE, look};
use super::file::File;
use super::finding::LintFinding;
use rusqlite::Connection;
use std::collections::HashMap;

/// What stands at the gate.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// The tables as the statements so far have left them.
    pub catalog: Catalog,
    /// Tables that were asked for rows, and whether they have some: in lower case, as they were called before the first file.
    asked: HashMap<String, bool>,
    /// At the beginning of each file so far: what the tables of before were called.
    begins: Vec<(String, Names)>,
    /// Of each table into which files have put rows: the first of them.
    first_rows: HashMap<String, String>,
    pub passed: GateResult,
}

/// What the gate says.
#[derive(Clone, Debug, Default)]
pub struct GateResult {
    /// Keeps the files from being sent.
    pub refused: Vec<LintFinding>,
    /// Loses data, marked or not: file and finding.
    pub destructive: Vec<(String, LintFinding)>,
    /// What must have no rows.
    pub needs: EmptyTables,
}

impl Gate {
    /// Before the first file. Of `asked`, which were asked for rows, those in `filled` have some.
    pub fn new(catalog: Catalog, asked: &[String], filled: &[String]) -> Self {
        let asked = asked.iter().map(|name| (name.to_ascii_lowercase(), filled.contains(name))).collect();
        Gate { catalog, asked, ..Gate::default() }
    }

    pub fn begin_file(&mut self, file: &File) {
        self.catalog.begin_file();
        self.begins.push((file.name.clone(), self.catalog.names()));
    }

    /// Before each statement; `known` is what SQLite says of it, where it could be asked.
    pub fn pass(&mut self, file: &File, statement: &Statement, known: Option<(&TouchedTables, &Connection)>) {
        let kind = &statement.kind;
        let others = known.and_then(|(touched, database)| touched.losses(kind, database).ok());
        let others = others.unwrap_or_else(|| self.by_text(kind));
        let is_live = |(table, way): &(String, IndirectLoss)| match way {
            // The index of a search is made from rows that are elsewhere; only of tables with rows of their own is asked.
            IndirectLoss::Trigger(_) => self.has_rows(table).is_some(),
            _ => self.rows_in(table).is_some(),
        };
        let others = others.into_iter().filter(is_live).collect();
        let DataLoss { loss, empty } = look(kind, &self.catalog, others, |table| self.is_empty(table));
        if let Some((words, hint)) = loss {
            self.lose(file, statement, words, hint);
        }
        for table in empty {
            self.need(file, &table);
        }
        match known {
            Some((touched, _)) => {
                for table in touched.filled() {
                    self.fill(file, table);
                }
            }
            None => {
                if let StatementKind::Insert { into, .. } = kind {
                    self.fill(file, into);
                }
            }
        }
    }

    /// A statement loses something.
    pub fn lose(&mut self, file: &File, statement: &Statement, words: String, hint: String) {
        let finding = LintFinding::at(&file.path, statement, words, hint);
        if !file.is_marked() {
            self.passed.refused.push(finding.clone());
        }
        self.passed.destructive.push((file.name.clone(), finding));
    }

    /// A table is dropped whose copy has none of the values of the columns `left_out`.
    pub fn rebuild(&mut self, file: &File, statement: &Statement, table: &str, left_out: &[String]) {
        if left_out.is_empty() {
            return;
        }
        if self.is_empty(table) {
            return self.need(file, table);
        }
        let names: Vec<String> = left_out.iter().map(|name| format!("`{name}`")).collect();
        let plural = if names.len() == 1 { "" } else { "s" };
        let words = format!("the rebuild of `{table}` loses its column{plural} {}", names.join(", "));
        self.lose(file, statement, words, GATE.to_owned());
    }

    pub fn follow(&mut self, statement: &Statement) {
        self.catalog.follow(&statement.kind);
    }

    /// The table of before whose rows are in the one that has this name now.
    pub fn rows_in(&self, table: &str) -> Option<&str> {
        self.catalog.rows_in(table)
    }

    /// Whether the rows of before that are in this table are none.
    pub fn is_empty(&self, table: &str) -> bool {
        self.has_rows(table) == Some(false)
    }

    /// Whether there are rows of before in this table; `None` where that was not asked.
    fn has_rows(&self, table: &str) -> Option<bool> {
        self.asked.get(&self.rows_in(table)?.to_ascii_lowercase()).copied()
    }

    /// An unmarked statement of `file` goes through because this table has no rows.
    pub fn need(&mut self, file: &File, table: &str) {
        let Some(rows) = self.catalog.rows_in(table).filter(|_| !file.is_marked()) else { return };
        // From there on the rows of earlier files are in it.
        let at = self.first_rows.get(rows).unwrap_or(&file.name).clone();
        let names =
            self.begins.iter().filter_map(|(file, names)| Some((file.clone(), names.get(rows)?.clone())));
        let need = EmptyTableNeed { at, names: names.collect() };
        if !self.passed.needs.0.contains(&need) {
            self.passed.needs.0.push(need);
        }
    }

    fn fill(&mut self, file: &File, table: &str) {
        // A copy adds no rows to those that were copied.
        if let Some(rows) = self.catalog.rows_in(table).filter(|_| self.catalog.is_live(table)) {
            self.first_rows.entry(rows.to_owned()).or_insert_with(|| file.name.clone());
        }
    }

    fn by_text(&self, kind: &StatementKind) -> Vec<(String, IndirectLoss)> {
        let deletes = match kind {
            StatementKind::DropTable { name }
            | StatementKind::Delete { from: name, .. }
            | StatementKind::Insert { into: name, replaces: true, .. } => Some(name),
            _ => None,
        };
        let dependents = deletes.map(|name| self.catalog.dependents(name)).unwrap_or_default();
        let way = |(table, action): (String, &str)| {
            let clause = format!("ON DELETE {action}");
            (
                table,
                if action == "CASCADE" {
                    IndirectLoss::Deleted(clause)
                } else {
                    IndirectLoss::Changed(clause)
                },
            )
        };
        dependents.into_iter().map(way).collect()
    }
}

/// Tables that must have no rows when files are applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmptyTables(Vec<EmptyTableNeed>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct EmptyTableNeed {
    /// The file whose call asks.
    at: String,
    /// What the table is called at the beginning of each file.
    names: HashMap<String, String>,
}

impl EmptyTables {
    /// The tables that must have no rows for a call of these files, as they are called then.
    pub fn before(&self, files: &[&Migration]) -> Vec<String> {
        let Some(first) = files.first() else { return Vec::new() };
        let mut found: Vec<String> = Vec::new();
        for need in self.0.iter().filter(|need| files.iter().any(|file| file.name == need.at)) {
            found.extend(need.names.get(&first.name).filter(|name| !found.contains(name)).cloned());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::files::folder::fixture::migrations;
    use super::super::super::sql::script::Script;
    use super::super::destructive::GATE;
    use super::*;

    const SCHEMA: [(&str, &str); 4] = [
        ("users", "CREATE TABLE users (id INTEGER PRIMARY KEY, name)"),
        ("posts", "CREATE TABLE posts (user REFERENCES users ON DELETE CASCADE)"),
        ("likes", "CREATE TABLE likes (user REFERENCES users ON DELETE SET NULL)"),
        ("logs", "CREATE TABLE logs (x)"),
    ];

    /// What the text of files alone says, where these tables have no rows.
    fn passed(files: &[(&str, &str)], empty: &[&str]) -> GateResult {
        let asked: Vec<String> = SCHEMA.iter().map(|(name, _)| (*name).to_owned()).collect();
        let filled: Vec<String> =
            asked.iter().filter(|name| !empty.contains(&name.as_str())).cloned().collect();
        let mut gate = Gate::new(Catalog::of_schema(SCHEMA), &asked, &filled);
        for (name, sql) in files {
            let file = File { name: (*name).into(), path: format!("m/{name}"), script: Script::new(*sql) };
            gate.begin_file(&file);
            for statement in file.script.statements() {
                gate.pass(&file, statement, None);
                gate.follow(statement);
            }
        }
        gate.passed
    }

    fn one(sql: &str) -> GateResult {
        passed(&[("1.sql", sql)], &[])
    }

    #[test]
    fn what_loses_data_needs_the_marker() {
        let takes = "deletes the rows of `posts` (`ON DELETE CASCADE`) and changes the rows of `likes` (`ON DELETE SET NULL`)";
        let aside = "D1 can't switch foreign keys off: change the table with `ALTER TABLE`, or take the others' rows aside";
        for (sql, expected) in [
            (
                "DROP TABLE logs",
                format!("m/1.sql:1:1: `DROP TABLE logs` loses the table with its rows; {GATE}"),
            ),
            ("DROP TABLE \"Users\"", format!("m/1.sql:1:1: `DROP TABLE Users` {takes}; {GATE}")),
            (
                "DELETE FROM users",
                format!("m/1.sql:1:1: `DELETE FROM users` loses every row and {takes}; {GATE}"),
            ),
            ("DELETE FROM users WHERE id = 1", format!("m/1.sql:1:1: `DELETE FROM users` {takes}; {GATE}")),
            (
                "REPLACE INTO users VALUES (1, 'x')",
                format!("m/1.sql:1:1: replacing rows of `users` {takes}; {GATE}"),
            ),
            ("DELETE FROM logs", format!("m/1.sql:1:1: `DELETE FROM logs` loses every row; {GATE}")),
            (
                "ALTER TABLE users DROP COLUMN name",
                format!("m/1.sql:1:1: `DROP COLUMN` loses `users.name` with its data; {GATE}"),
            ),
            (
                "CREATE TABLE n (id);\nINSERT INTO n SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE n RENAME TO users",
                format!("m/1.sql:3:1: rebuilding `users` {takes}; {aside}; {GATE}"),
            ),
            (
                "CREATE TABLE n (x); INSERT INTO n SELECT x FROM logs;\nDROP TABLE logs;\nDROP TABLE n",
                format!("m/1.sql:3:1: `DROP TABLE n` loses the table with its rows; {GATE}"),
            ),
        ] {
            let refused = one(sql).refused;
            let [finding] = &refused[..] else { panic!("{sql}: {refused:?}") };
            assert_eq!(format!("{finding}; {}", finding.hint), expected);
            for marker in ["-- larder:destructive\n", "--larder:destructive: it is empty\n"] {
                let passed = one(&format!("{marker}{sql}"));
                assert_eq!((passed.refused.len(), passed.destructive.len()), (0, 1), "{sql}");
            }
            for text in [
                "-- larder:destructively\n",
                "-- larder:destructive is not wanted here\n",
                "SELECT '-- larder:destructive';",
                "/* larder:destructive */",
            ] {
                assert_eq!(one(&format!("{text}{sql}")).refused.len(), 1, "{text}{sql}");
            }
        }
    }

    #[test]
    fn what_loses_nothing_that_was_there_passes() {
        for sql in [
            "DELETE FROM logs WHERE x = 1",
            "CREATE TABLE scratch (a); DROP TABLE scratch",
            "DROP TABLE IF EXISTS never_there",
            "ALTER TABLE users ADD COLUMN c; ALTER TABLE users DROP COLUMN c",
            "CREATE TABLE n (x); INSERT INTO n SELECT x FROM logs; DROP TABLE logs; ALTER TABLE n RENAME TO logs",
            "ALTER TABLE logs RENAME TO o; CREATE TABLE logs (x); INSERT INTO logs SELECT x FROM o; DROP TABLE o",
            "INSERT INTO users VALUES (1, 'x') ON CONFLICT DO UPDATE SET name = 'x'",
        ] {
            let passed = one(sql);
            assert_eq!((passed.refused, passed.needs), (vec![], EmptyTables::default()), "{sql}");
        }
    }

    /// The tables that the call of the second of two files asks for, or that of both.
    fn needed(files: &[(&str, &str)], empty: &[&str]) -> (Vec<String>, Vec<String>, Vec<String>) {
        let passed = passed(files, empty);
        assert_eq!(passed.refused, [], "{files:?}");
        let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
        let files = migrations(&names).files;
        let before = |files: &[&Migration]| passed.needs.before(files);
        (before(&[&files[0]]), before(&[&files[1]]), before(&[&files[0], &files[1]]))
    }

    #[test]
    fn tables_whose_emptiness_lets_a_statement_through_are_needed_empty() {
        let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let drop = [("1", "SELECT 1"), ("2", "DROP TABLE logs")];
        assert_eq!(needed(&drop, &["logs"]), (of(&[]), of(&["logs"]), of(&["logs"])));
        // Nothing hangs on rows that are not there.
        let delete = [("1", "DELETE FROM users WHERE id = 1"), ("2", "SELECT 1")];
        assert_eq!(needed(&delete, &["users"]).0, ["users"]);
        assert_eq!(needed(&delete, &["posts", "likes"]).0, ["posts", "likes"]);
        // It is called otherwise by then.
        let renamed = [("1", "ALTER TABLE logs RENAME TO notes"), ("2", "DELETE FROM notes")];
        assert_eq!(needed(&renamed, &["logs"]), (of(&[]), of(&["notes"]), of(&["logs"])));
        // The rows of the first file are in it by then.
        let seeded = [("1", "INSERT INTO logs VALUES (1)"), ("2", "DELETE FROM logs")];
        assert_eq!(needed(&seeded, &["logs"]), (of(&["logs"]), of(&[]), of(&["logs"])));
        let marked = [("1", "-- larder:destructive\nDROP TABLE logs"), ("2", "SELECT 1")];
        assert_eq!(needed(&marked, &["logs"]).2, of(&[]));
    }
}
