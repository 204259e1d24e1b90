//! Statements that lose data, and the one gate for them: the comment `-- larder:destructive` in the file that is reviewed.
//!
//! What a pending file has made itself may go without it, and so may anything in a database that had nothing in it: there,
//! files are history that is told again.
//!
//! **Invariant:** nothing but the file opens the gate: no flag, no option, no answer at a prompt.

use super::catalog::Catalog;
use super::kind::Kind;

/// The comment that lets a file lose data.
const MARKER: &str = "larder:destructive";

/// How to open it.
pub(super) const GATE: &str = "if that is meant, say so in the file, with a line `-- larder:destructive`";

/// Whether a comment is the marker; after it may stand why.
pub(super) fn is_marker(comment: &str) -> bool {
    let words = comment.strip_prefix("--").unwrap_or_default().trim_start();
    let rest = words.strip_prefix(MARKER);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c == ':' || c.is_whitespace()))
}

/// What a statement loses that was there before, and what to do; `None` where it loses nothing.
pub(super) fn look(kind: &Kind, catalog: &Catalog) -> Option<(String, String)> {
    let gate = GATE.to_owned();
    match kind {
        Kind::DropTable { name } if catalog.is_live(name) => {
            let dependents = catalog.dependents(name);
            let is_rebuilt = catalog.is_copied(name);
            if dependents.is_empty() {
                return (!is_rebuilt)
                    .then(|| (format!("`DROP TABLE {name}` loses the table with its rows"), gate));
            }
            let changed = losses(&dependents);
            let hint = if is_rebuilt {
                format!(
                    "D1 can't switch foreign keys off: change the table with `ALTER TABLE`, or take the others' rows aside; {GATE}"
                )
            } else {
                gate
            };
            let why =
                if is_rebuilt { format!("rebuilding `{name}`") } else { format!("`DROP TABLE {name}`") };
            Some((format!("{why} {changed}"), hint))
        }
        Kind::DropColumn { table, column } if catalog.is_live_column(table, column) => {
            Some((format!("`DROP COLUMN` loses `{table}.{column}` with its data"), gate))
        }
        Kind::Delete { from, is_bounded: false } if catalog.is_live(from) => {
            let dependents = catalog.dependents(from);
            let more =
                if dependents.is_empty() { String::new() } else { format!(" and {}", losses(&dependents)) };
            Some((format!("`DELETE FROM {from}` loses every row{more}"), gate))
        }
        _ => None,
    }
}

/// What happens to the rows of other tables.
fn losses(dependents: &[(String, &'static str)]) -> String {
    let part = |verb: &str, action: &'static str| {
        let tables = dependents.iter().filter(|(_, does)| *does == action);
        let tables = tables.map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        (!tables.is_empty()).then(|| format!("{verb} the rows of {tables} (`ON DELETE {action}`)"))
    };
    let parts = [part("deletes", "CASCADE"), part("changes", "SET NULL"), part("changes", "SET DEFAULT")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use super::super::ledger::Tables;
    use super::super::lint::{File, Linted, lint};
    use super::super::statements::read;
    use super::*;

    const SCHEMA: [&str; 4] = [
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name)",
        "CREATE TABLE posts (user REFERENCES users ON DELETE CASCADE)",
        "CREATE TABLE likes (user REFERENCES users ON DELETE SET NULL)",
        "CREATE TABLE logs (x)",
    ];

    fn file(sql: &str) -> File {
        File { name: "1.sql".into(), path: "m/1.sql".into(), script: read(sql) }
    }

    fn linted(sql: &str) -> Linted {
        lint(&[file(sql)], &Tables::named(None).unwrap(), Catalog::of_schema(SCHEMA))
    }

    /// The one finding, with its hint.
    fn refused(sql: &str) -> String {
        let refused = linted(sql).refused;
        let [finding] = &refused[..] else { panic!("{sql}: {refused:?}") };
        format!("{finding}; {}", finding.hint)
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
            ("DELETE FROM logs", format!("m/1.sql:1:1: `DELETE FROM logs` loses every row; {GATE}")),
            (
                "ALTER TABLE users DROP COLUMN name",
                format!("m/1.sql:1:1: `DROP COLUMN` loses `users.name` with its data; {GATE}"),
            ),
            (
                "CREATE TABLE n (id);\nINSERT INTO n SELECT id FROM users;\nDROP TABLE users;\nALTER TABLE n RENAME TO users",
                format!("m/1.sql:3:1: rebuilding `users` {takes}; {aside}; {GATE}"),
            ),
        ] {
            assert_eq!(refused(sql), expected);
            for marker in ["-- larder:destructive\n", "--larder:destructive: it is empty\n"] {
                let linted = linted(&format!("{marker}{sql}"));
                assert_eq!((linted.refused.len(), linted.destructive.len()), (0, 1), "{sql}");
            }
            for text in
                ["-- larder:destructively\n", "SELECT '-- larder:destructive';", "/* larder:destructive */"]
            {
                assert_eq!(linted(&format!("{text}{sql}")).refused.len(), 1, "{text}{sql}");
            }
        }
    }
}
