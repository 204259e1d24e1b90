//! The tables at each point of the pending files, and which of them contain live data.
//!
//! **Invariant:** a table is live only if it was there before the first pending file, under whatever name, or if every row of
//! one that was is in it alone.

use super::super::sql::kind::{Reference, StatementKind};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

#[derive(Clone, Debug)]
struct Table {
    name: String,
    references: Vec<Reference>,
    /// What the table was called before the first pending file whose rows these are; `None` for rows of pending files.
    rows_of: Option<String>,
    /// The table of that name whose rows were copied into this one.
    copy_of: Option<String>,
    /// Columns that pending files have added.
    added: Vec<String>,
    /// Every row of it was copied.
    is_copied: bool,
    /// Rows were left out of a copy of it, or taken from the copy.
    is_copied_short: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Catalog {
    tables: Vec<Table>,
    /// A table that is not in here may still be there.
    is_partial: bool,
    /// Made anew when somebody asks after a table was renamed or dropped.
    names: OnceLock<Names>,
}

/// Live tables, by what they were called before the first pending file: their present names.
pub type Names = Arc<HashMap<String, String>>;

impl Catalog {
    /// Of what `statements` have made before, which need not be everything.
    pub fn of_history<'a>(statements: impl IntoIterator<Item = &'a StatementKind>) -> Self {
        let mut catalog = Catalog::default();
        for kind in statements {
            catalog.follow(kind);
        }
        catalog.is_partial = true;
        catalog.settle()
    }

    /// Of a schema that is known whole: each table's name, and the statement that made it.
    pub fn of_schema<'a>(tables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut catalog = Catalog::default();
        for (name, sql) in tables {
            let references = match StatementKind::read(sql) {
                StatementKind::CreateTable { references, .. } => references,
                _ => Vec::new(),
            };
            catalog.make(name, references);
        }
        catalog.settle()
    }

    fn settle(mut self) -> Self {
        self.names = OnceLock::new();
        for table in &mut self.tables {
            table.rows_of = Some(table.name.clone());
            table.copy_of = None;
            table.added.clear();
            (table.is_copied, table.is_copied_short) = (false, false);
        }
        self
    }

    /// Forgets what one file has copied: a table that a later file drops is not saved by it.
    pub fn begin_file(&mut self) {
        for table in &mut self.tables {
            (table.is_copied, table.is_copied_short) = (false, false);
            table.copy_of = None;
        }
    }

    /// Whether a table may hold data that no pending file has put there.
    pub fn is_live(&self, name: &str) -> bool {
        self.find(name).map_or(self.is_partial, |table| table.rows_of.is_some())
    }

    /// What the table was called before the first pending file whose rows are in the table of this name, which may be a copy.
    pub fn rows_in(&self, name: &str) -> Option<&str> {
        let table = self.find(name)?;
        table.rows_of.as_deref().or(table.copy_of.as_deref())
    }

    pub fn names(&self) -> Names {
        let live =
            || self.tables.iter().filter_map(|table| Some((table.rows_of.clone()?, table.name.clone())));
        self.names.get_or_init(|| Arc::new(live().collect())).clone()
    }

    /// Whether a column of a live table was there before.
    pub fn is_live_column(&self, table: &str, column: &str) -> bool {
        let is_added = |table: &Table| table.added.iter().any(|added| added.eq_ignore_ascii_case(column));
        self.is_live(table) && !self.find(table).is_some_and(is_added)
    }

    /// Whether every row of the table is in another one.
    pub fn is_copied(&self, name: &str) -> bool {
        self.find(name).is_some_and(|table| table.is_copied)
    }

    /// Whether a copy of the table has some of its rows only.
    pub fn is_copied_short(&self, name: &str) -> bool {
        self.find(name).is_some_and(|table| table.is_copied_short)
    }

    /// The tables with rows of before whose rows change when those of `name` are deleted, and how: also by way of others.
    pub fn dependents(&self, name: &str) -> Vec<(String, &'static str)> {
        let mut found: Vec<(String, &'static str)> = Vec::new();
        let mut deleted = vec![name.to_owned()];
        while let Some(parent) = deleted.pop() {
            for table in self.tables.iter().filter(|table| self.rows_in(&table.name).is_some()) {
                let is_known = found.iter().any(|(known, _)| known.eq_ignore_ascii_case(&table.name));
                let action = table.references.iter().find_map(|reference| {
                    reference.on_delete.filter(|_| reference.to.eq_ignore_ascii_case(&parent))
                });
                if let (Some(action), false, false) =
                    (action, is_known, table.name.eq_ignore_ascii_case(name))
                {
                    found.push((table.name.clone(), action));
                    if action == "CASCADE" {
                        deleted.push(table.name.clone());
                    }
                }
            }
        }
        found
    }

    fn make(&mut self, name: &str, references: Vec<Reference>) {
        let name = name.to_owned();
        let (rows_of, copy_of, added) = (None, None, Vec::new());
        let (is_copied, is_copied_short) = (false, false);
        self.tables.push(Table { name, references, rows_of, copy_of, added, is_copied, is_copied_short });
    }

    /// Takes notice of a statement.
    pub fn follow(&mut self, kind: &StatementKind) {
        match kind {
            StatementKind::CreateTable { name, references, copies } if self.find(name).is_none() => {
                self.make(name, references.clone());
                if let Some(from) = copies {
                    self.copy(from, name);
                }
            }
            StatementKind::AddColumn { table, column, references, .. } => {
                if let Some(table) = self.find_mut(table) {
                    table.added.push(column.clone());
                    table.references.extend(references.iter().cloned());
                }
            }
            StatementKind::RenameTable { from, to } => {
                self.names = OnceLock::new();
                for table in &mut self.tables {
                    if table.name.eq_ignore_ascii_case(from) {
                        table.name.clone_from(to);
                    }
                    // SQLite follows the name in the foreign keys of others.
                    for reference in &mut table.references {
                        if reference.to.eq_ignore_ascii_case(from) {
                            reference.to.clone_from(to);
                        }
                    }
                }
            }
            StatementKind::DropTable { name } => self.drop_table(name),
            StatementKind::Insert { into, copies: Some(from), .. } => self.copy(from, into),
            // A copy that loses rows is none.
            StatementKind::Delete { from, .. } => self.forget_copy(from),
            _ => {}
        }
    }

    fn copy(&mut self, from: &str, into: &str) {
        // Into itself is no copy, into a live table no rebuild.
        let is_new = self.find(into).is_some_and(|table| table.rows_of.is_none());
        let Some(from) = self.find_mut(from).filter(|_| is_new) else { return };
        from.is_copied = true;
        let rows = from.rows_of.clone().or_else(|| from.copy_of.clone());
        if let Some(into) = self.find_mut(into) {
            into.copy_of = rows;
        }
    }

    /// Takes notice of a statement that leaves out rows of the table which it copies.
    pub fn follow_short(&mut self, kind: &StatementKind) {
        let (StatementKind::Insert { copies: Some(from), .. }
        | StatementKind::CreateTable { copies: Some(from), .. }) = kind
        else {
            return self.follow(kind);
        };
        if let StatementKind::CreateTable { name, references, .. } = kind
            && self.find(name).is_none()
        {
            self.make(name, references.clone());
        }
        if let Some(from) = self.find_mut(from) {
            from.is_copied_short = true;
        }
    }

    /// Something has taken rows out of what was copied into a table.
    fn forget_copy(&mut self, into: &str) {
        let Some(rows) = self.find_mut(into).and_then(|table| table.copy_of.take()) else { return };
        let is_elsewhere = self.tables.iter().any(|table| table.copy_of.as_ref() == Some(&rows));
        for original in self.tables.iter_mut().filter(|table| table.rows_of.as_ref() == Some(&rows)) {
            original.is_copied &= is_elsewhere;
            original.is_copied_short = true;
        }
    }

    /// Where its rows were copied, the copy holds people's data from now on.
    fn drop_table(&mut self, name: &str) {
        let gone = self.tables.iter().position(|table| table.name.eq_ignore_ascii_case(name));
        let Some(gone) = gone.map(|at| self.tables.remove(at)) else { return };
        self.names = OnceLock::new();
        let rows = gone.rows_of.filter(|_| gone.is_copied);
        for table in self.tables.iter_mut().filter(|table| rows.is_some() && table.copy_of == rows) {
            table.rows_of.clone_from(&rows);
        }
    }

    fn find(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }

    fn find_mut(&mut self, name: &str) -> Option<&mut Table> {
        self.tables.iter_mut().find(|table| table.name.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: [&str; 4] = [
        "CREATE TABLE users (id)",
        "CREATE TABLE posts (id, user REFERENCES \"Users\" ON DELETE CASCADE, parent REFERENCES posts ON DELETE CASCADE)",
        "CREATE TABLE likes (post REFERENCES posts ON DELETE SET NULL)",
        "CREATE TABLE logs (user REFERENCES users)",
    ];

    fn follow(catalog: &mut Catalog, sql: &str) {
        catalog.follow(&StatementKind::read(sql));
    }

    fn of_schema() -> Catalog {
        Catalog::of_schema(["users", "posts", "likes", "logs"].into_iter().zip(SCHEMA))
    }

    #[test]
    fn names_are_those_of_now_whenever_they_are_asked_for() {
        let mut catalog = of_schema();
        assert_eq!((catalog.names().len(), catalog.names()["users"].as_str()), (4, "users"));
        follow(&mut catalog, "CREATE TABLE more (id)");
        assert_eq!(catalog.names().len(), 4, "what a pending file makes has no rows of before");
        follow(&mut catalog, "ALTER TABLE users RENAME TO people");
        assert_eq!(catalog.names()["users"], "people");
        follow(&mut catalog, "INSERT INTO more SELECT id FROM people");
        follow(&mut catalog, "DROP TABLE people");
        assert_eq!(catalog.names()["users"], "more");
        follow(&mut catalog, "DROP TABLE logs");
        assert!(!catalog.names().contains_key("logs"));
    }

    #[test]
    fn what_hangs_on_a_table_is_found_through_others() {
        let mut catalog = of_schema();
        let expected = vec![("posts".to_owned(), "CASCADE"), ("likes".to_owned(), "SET NULL")];
        assert_eq!(catalog.dependents("USERS"), expected);
        assert_eq!(catalog.dependents("posts"), expected[1..]);
        follow(&mut catalog, "ALTER TABLE users RENAME TO people");
        assert_eq!(catalog.dependents("people"), expected);
        assert!(catalog.is_live("people") && !catalog.is_live("users"));
    }

    #[test]
    fn what_pending_files_made_holds_nobodys_data() {
        let mut catalog = of_schema();
        follow(&mut catalog, "CREATE TABLE new_users (id)");
        follow(&mut catalog, "ALTER TABLE users ADD COLUMN email");
        assert!(!catalog.is_live("new_users") && !catalog.is_live("nowhere"));
        assert!(catalog.is_live_column("users", "id") && !catalog.is_live_column("users", "EMAIL"));
        follow(&mut catalog, "INSERT INTO new_users SELECT id FROM users");
        assert!(catalog.is_copied("users"));
        catalog.begin_file();
        assert!(!catalog.is_copied("users"));
        follow(&mut catalog, "INSERT INTO posts SELECT id, 1, 1 FROM users");
        assert!(!catalog.is_copied("users"));
    }

    #[test]
    fn a_rebuilt_table_holds_the_rows_of_the_one_that_it_replaces() {
        let mut catalog = of_schema();
        follow(&mut catalog, "CREATE TABLE n (id, parent REFERENCES posts ON DELETE CASCADE)");
        follow(&mut catalog, "INSERT INTO n SELECT id, 1 FROM posts");
        assert_eq!((catalog.rows_in("n"), catalog.is_live("n")), (Some("posts"), false));
        assert_eq!(catalog.dependents("posts")[0], ("likes".to_owned(), "SET NULL"));
        assert_eq!(catalog.dependents("posts")[1], ("n".to_owned(), "CASCADE"));
        follow(&mut catalog, "DROP TABLE posts");
        follow(&mut catalog, "ALTER TABLE n RENAME TO posts");
        catalog.begin_file();
        assert!(catalog.is_live("posts") && !catalog.is_copied("posts"));
        assert_eq!(catalog.names()["posts"], "posts");
        follow(&mut catalog, "ALTER TABLE posts RENAME TO articles");
        assert_eq!((catalog.rows_in("articles"), catalog.rows_in("posts")), (Some("posts"), None));
    }

    #[test]
    fn a_history_need_not_know_everything() {
        let kinds: Vec<StatementKind> = SCHEMA.iter().map(|sql| StatementKind::read(sql)).collect();
        let catalog = Catalog::of_history(&kinds);
        assert!(catalog.is_live("users") && catalog.is_live("made_by_hand"));
    }
}
