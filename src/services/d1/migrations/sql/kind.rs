//! Classifies statements for lint, rehearsal and plan.
//!
//! **Invariant:** a name here has no quotes and no `main.` before it.

use super::lexer::{lex, unquoted};
use sqlite3_parser::ast::{
    AlterTableBody, Cmd, ColumnConstraint, CreateTableBody, Expr, ForeignKeyClause, FromClause, InsertBody,
    Literal, Name, OneSelect, PragmaBody, QualifiedName, RefAct, RefArg, ResolveType, ResultColumn, Select,
    SelectTable, Stmt, TableConstraint,
};
use sqlite3_parser::lexer::sql::Parser;
use sqlite3_parser::{Bump, FallibleIterator as _};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The table that it points at.
    pub to: String,
    /// What becomes of the row when that which it points at is deleted: `CASCADE`, `SET NULL`, `SET DEFAULT`; `None`
    /// where the row stays as it is.
    pub on_delete: Option<&'static str>,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// Begins or ends a transaction.
    Transaction,
    /// `ATTACH`, `DETACH`.
    Attachment,
    Vacuum,
    /// Sets or asks a pragma.
    Pragma {
        name: String,
        /// What it is set to or asked about.
        value: Option<String>,
    },
    /// Makes something in the temporary database.
    Temporary,
    CreateTable {
        name: String,
        references: Vec<Reference>,
        /// The table of which every row is copied.
        copies: Option<String>,
    },
    AddColumn {
        table: String,
        column: String,
        /// The default, if it has one, as the file has it.
        default: Option<String>,
        references: Vec<Reference>,
    },
    DropColumn {
        table: String,
        column: String,
    },
    RenameTable {
        from: String,
        to: String,
    },
    DropTable {
        name: String,
    },
    Insert {
        into: String,
        /// The table of which every row is copied.
        copies: Option<String>,
        /// A row that is in its way is deleted.
        replaces: bool,
    },
    Delete {
        from: String,
        /// Not all of them.
        is_bounded: bool,
    },
    Update {
        table: String,
        /// Not all of them.
        is_bounded: bool,
    },
    Other,
    /// The grammar's crate can't read it; SQLite may.
    Unread,
}

impl StatementKind {
    /// What one statement does.
    pub fn read(text: &str) -> StatementKind {
        if text.contains('\0') {
            // The grammar's crate panics at a name that holds one.
            return by_words(text);
        }
        let arena = Bump::new();
        match Parser::new(&arena, text.as_bytes()).next() {
            Ok(Some(Cmd::Stmt(statement))) => of(&statement),
            Ok(Some(Cmd::Explain(_) | Cmd::ExplainQueryPlan(_))) => StatementKind::Other,
            Ok(None) | Err(_) => by_words(text),
        }
    }

    /// The table that it names as the one whose rows or columns it changes.
    pub fn target(&self) -> Option<&str> {
        match self {
            StatementKind::DropTable { name: table }
            | StatementKind::AddColumn { table, .. }
            | StatementKind::DropColumn { table, .. }
            | StatementKind::Insert { into: table, .. }
            | StatementKind::Delete { from: table, .. }
            | StatementKind::Update { table, .. } => Some(table),
            _ => None,
        }
    }
}

/// What can be told without the grammar: what must not get past the lint because of a clause that the crate is too old
/// for.
fn by_words(text: &str) -> StatementKind {
    let found = lex(text).all;
    let words: Vec<&str> = found.iter().map(|token| &text[token.span.clone()]).collect();
    let upper: Vec<String> = words.iter().take(6).map(|word| word.to_ascii_uppercase()).collect();
    let upper: Vec<&str> = upper.iter().map(String::as_str).collect();
    let name = |index: usize| words.get(index).map(|word| unquoted(word)).unwrap_or_default();
    match upper[..] {
        ["BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "SAVEPOINT" | "RELEASE", ..] => StatementKind::Transaction,
        ["ATTACH" | "DETACH", ..] => StatementKind::Attachment,
        ["VACUUM", ..] => StatementKind::Vacuum,
        ["PRAGMA", ..] => StatementKind::Pragma { name: name(1), value: None },
        ["CREATE", "TEMP" | "TEMPORARY", ..] => StatementKind::Temporary,
        ["DROP", "TABLE", "IF", "EXISTS", ..] => StatementKind::DropTable { name: name(4) },
        ["DROP", "TABLE", ..] => StatementKind::DropTable { name: name(2) },
        ["DELETE", "FROM", ..] => StatementKind::Delete { from: name(2), is_bounded: false },
        ["ALTER", "TABLE", _, "DROP", "COLUMN", _] => {
            StatementKind::DropColumn { table: name(2), column: name(5) }
        }
        _ => StatementKind::Unread,
    }
}

fn of(statement: &Stmt) -> StatementKind {
    match statement {
        Stmt::Begin(..) | Stmt::Commit(_) | Stmt::Rollback { .. } | Stmt::Savepoint(_) | Stmt::Release(_) => {
            StatementKind::Transaction
        }
        Stmt::Attach { .. } | Stmt::Detach(_) => StatementKind::Attachment,
        Stmt::Vacuum(..) => StatementKind::Vacuum,
        Stmt::Pragma(name, body) => {
            StatementKind::Pragma { name: plain(&name.name), value: value(body.as_ref()) }
        }
        Stmt::CreateTable { temporary: true, .. }
        | Stmt::CreateTrigger { temporary: true, .. }
        | Stmt::CreateView { temporary: true, .. } => StatementKind::Temporary,
        Stmt::CreateTable { tbl_name: name, .. }
        | Stmt::CreateTrigger { trigger_name: name, .. }
        | Stmt::CreateView { view_name: name, .. }
        | Stmt::CreateVirtualTable { tbl_name: name, .. }
        | Stmt::CreateIndex { idx_name: name, .. }
            if name.db_name.as_ref().is_some_and(|schema| plain(schema).eq_ignore_ascii_case("temp")) =>
        {
            StatementKind::Temporary
        }
        Stmt::CreateTable { tbl_name, body, .. } => {
            let copies = match body {
                CreateTableBody::AsSelect(select) => copied(select),
                CreateTableBody::ColumnsAndConstraints { .. } => None,
            };
            StatementKind::CreateTable { name: named(tbl_name), references: references(body), copies }
        }
        Stmt::CreateVirtualTable { tbl_name, .. } => {
            StatementKind::CreateTable { name: named(tbl_name), references: Vec::new(), copies: None }
        }
        Stmt::AlterTable(table, body) => altered(named(table), body),
        Stmt::DropTable { tbl_name, .. } => StatementKind::DropTable { name: named(tbl_name) },
        Stmt::Insert { with, or_conflict, tbl_name, body, .. } => {
            let copies = match body {
                InsertBody::Select(select, None) if with.is_none() && or_conflict.is_none() => copied(select),
                _ => None,
            };
            let replaces = matches!(or_conflict, Some(ResolveType::Replace));
            StatementKind::Insert { into: named(tbl_name), copies, replaces }
        }
        Stmt::Delete { tbl_name, where_clause, limit, .. } => StatementKind::Delete {
            from: named(tbl_name),
            is_bounded: limit.is_some() || where_clause.as_ref().is_some_and(bounds),
        },
        Stmt::Update { tbl_name, where_clause, limit, from, .. } => StatementKind::Update {
            table: named(tbl_name),
            is_bounded: limit.is_some() || from.is_some() || where_clause.as_ref().is_some_and(bounds),
        },
        _ => StatementKind::Other,
    }
}

fn altered(table: String, body: &AlterTableBody) -> StatementKind {
    match body {
        AlterTableBody::RenameTo(to) => StatementKind::RenameTable { from: table, to: plain(to) },
        AlterTableBody::DropColumn(column) => StatementKind::DropColumn { table, column: plain(column) },
        AlterTableBody::AddColumn(column) => {
            let constraints = column.constraints.iter().map(|named| &named.constraint);
            let default = constraints.clone().find_map(|one| match one {
                ColumnConstraint::Default(value) => Some(value.to_string()),
                _ => None,
            });
            let references = constraints.filter_map(|one| match one {
                ColumnConstraint::ForeignKey { clause, .. } => Some(reference(clause)),
                _ => None,
            });
            StatementKind::AddColumn {
                table,
                column: plain(&column.col_name),
                default,
                references: references.collect(),
            }
        }
        _ => StatementKind::Other,
    }
}

/// The table of which `select` gives every row.
fn copied(select: &Select) -> Option<String> {
    let one = &select.body;
    match &one.select {
        OneSelect::Select {
            distinctness: None,
            from: Some(FromClause { select: Some(SelectTable::Table(table, ..)), joins, .. }),
            where_clause,
            group_by: None,
            having: None,
            ..
        } if joins.as_ref().is_none_or(|joins| joins.iter().next().is_none())
            && !where_clause.is_some_and(bounds)
            && one.compounds.is_none()
            && select.limit.is_none()
            && select.with.is_none() =>
        {
            Some(named(table))
        }
        _ => None,
    }
}

/// The values that an `INSERT ... SELECT` or `CREATE TABLE ... AS` takes from a table; `None` where they are all that it has, or can't be read.
pub fn selected(text: &str) -> Option<Vec<String>> {
    let arena = Bump::new();
    let Ok(Some(Cmd::Stmt(
        Stmt::Insert { body: InsertBody::Select(select, _), .. }
        | Stmt::CreateTable { body: CreateTableBody::AsSelect(select), .. },
    ))) = Parser::new(&arena, text.as_bytes()).next()
    else {
        return None;
    };
    let OneSelect::Select { columns, .. } = &select.body.select else { return None };
    let value = |column: &ResultColumn| match column {
        ResultColumn::Expr(value, _) => Some(value.to_string()),
        ResultColumn::Star | ResultColumn::TableStar(_) => None,
    };
    columns.iter().map(value).collect()
}

/// `WHERE 1` and `WHERE true` leave nothing out.
fn bounds(condition: &Expr) -> bool {
    match condition {
        Expr::Literal(Literal::Numeric("1")) => false,
        Expr::Id(id) => !id.0.eq_ignore_ascii_case("true"),
        _ => true,
    }
}

fn references(body: &CreateTableBody) -> Vec<Reference> {
    let CreateTableBody::ColumnsAndConstraints { columns, constraints, .. } = body else { return Vec::new() };
    let of_columns =
        columns.iter().flat_map(|column| column.constraints).filter_map(|named| match &named.constraint {
            ColumnConstraint::ForeignKey { clause, .. } => Some(reference(clause)),
            _ => None,
        });
    let of_table = constraints.iter().copied().flatten().filter_map(|named| match &named.constraint {
        TableConstraint::ForeignKey { clause, .. } => Some(reference(clause)),
        _ => None,
    });
    of_columns.chain(of_table).collect()
}

fn reference(clause: &ForeignKeyClause) -> Reference {
    let on_delete = clause.args.iter().rev().find_map(|argument| match argument {
        RefArg::OnDelete(act) => Some(match act {
            RefAct::Cascade => Some("CASCADE"),
            RefAct::SetNull => Some("SET NULL"),
            RefAct::SetDefault => Some("SET DEFAULT"),
            RefAct::Restrict | RefAct::NoAction => None,
        }),
        _ => None,
    });
    Reference { to: plain(&clause.tbl_name), on_delete: on_delete.flatten() }
}

fn value(body: Option<&PragmaBody>) -> Option<String> {
    let (PragmaBody::Equals(value) | PragmaBody::Call(value)) = body?;
    Some(unquoted(&value.to_string()))
}

fn named(name: &QualifiedName) -> String {
    plain(&name.name)
}

fn plain(name: &Name) -> String {
    unquoted(name.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cascade(to: &str) -> Reference {
        Reference { to: to.into(), on_delete: Some("CASCADE") }
    }

    #[test]
    fn statements_are_known_for_what_they_do() {
        let own = str::to_owned;
        for (sql, kind) in [
            ("BEGIN IMMEDIATE", StatementKind::Transaction),
            ("release x", StatementKind::Transaction),
            ("ATTACH 'x' AS y", StatementKind::Attachment),
            ("VACUUM", StatementKind::Vacuum),
            (
                "PRAGMA Foreign_Keys = OFF",
                StatementKind::Pragma { name: own("Foreign_Keys"), value: Some(own("OFF")) },
            ),
            (
                "PRAGMA table_info('a')",
                StatementKind::Pragma { name: own("table_info"), value: Some(own("a")) },
            ),
            ("CREATE TEMP VIEW v AS SELECT 1", StatementKind::Temporary),
            ("CREATE TABLE temp.t (x)", StatementKind::Temporary),
            (
                "CREATE TABLE \"a b\" (x REFERENCES p ON DELETE CASCADE, FOREIGN KEY (x) REFERENCES [q] (y) ON UPDATE CASCADE)",
                StatementKind::CreateTable {
                    name: own("a b"),
                    references: vec![cascade("p"), Reference { to: own("q"), on_delete: None }],
                    copies: None,
                },
            ),
            (
                "CREATE VIRTUAL TABLE f USING fts5(x)",
                StatementKind::CreateTable { name: own("f"), references: vec![], copies: None },
            ),
            (
                "CREATE TABLE n AS SELECT * FROM t WHERE true",
                StatementKind::CreateTable { name: own("n"), references: vec![], copies: Some(own("t")) },
            ),
            (
                "CREATE TABLE n AS SELECT * FROM t WHERE a > 1",
                StatementKind::CreateTable { name: own("n"), references: vec![], copies: None },
            ),
            (
                "ALTER TABLE main.t ADD c TEXT DEFAULT (lower('A'))",
                StatementKind::AddColumn {
                    table: own("t"),
                    column: own("c"),
                    default: Some(own("(lower ('A'))")),
                    references: vec![],
                },
            ),
            (
                "ALTER TABLE t DROP COLUMN `c`",
                StatementKind::DropColumn { table: own("t"), column: own("c") },
            ),
            ("ALTER TABLE t RENAME TO u", StatementKind::RenameTable { from: own("t"), to: own("u") }),
            ("DROP TABLE IF EXISTS 't'", StatementKind::DropTable { name: own("t") }),
            (
                "INSERT INTO n SELECT a, b FROM t ORDER BY a",
                StatementKind::Insert { into: own("n"), copies: Some(own("t")), replaces: false },
            ),
            (
                "INSERT INTO n SELECT a FROM t WHERE a > 1",
                StatementKind::Insert { into: own("n"), copies: None, replaces: false },
            ),
            (
                "INSERT OR IGNORE INTO n SELECT a FROM t",
                StatementKind::Insert { into: own("n"), copies: None, replaces: false },
            ),
            (
                "INSERT INTO n SELECT a FROM t JOIN u",
                StatementKind::Insert { into: own("n"), copies: None, replaces: false },
            ),
            (
                "REPLACE INTO n VALUES (1)",
                StatementKind::Insert { into: own("n"), copies: None, replaces: true },
            ),
            (
                "INSERT INTO n VALUES (1)",
                StatementKind::Insert { into: own("n"), copies: None, replaces: false },
            ),
            ("DELETE FROM t WHERE TRUE", StatementKind::Delete { from: own("t"), is_bounded: false }),
            ("DELETE FROM t WHERE a = 1", StatementKind::Delete { from: own("t"), is_bounded: true }),
            ("UPDATE t SET a = 1 WHERE 1", StatementKind::Update { table: own("t"), is_bounded: false }),
            ("EXPLAIN DROP TABLE t", StatementKind::Other),
            ("SELECT 1", StatementKind::Other),
            ("SELEC 1", StatementKind::Unread),
            ("DROP TABLE t CASCADE", StatementKind::DropTable { name: own("t") }),
        ] {
            assert_eq!(StatementKind::read(sql), kind, "{sql}");
        }
    }
}
