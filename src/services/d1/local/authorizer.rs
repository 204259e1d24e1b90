//! The SQLite authorizer: what D1 allows a statement to do, checked while the statement is prepared (D1-11, SQL-4).
//!
//! **Invariant:** the account's own statements run unguarded, a caller's never do.
//! **Invariant:** tables whose names begin with `_cf_` are never read or written by a caller.

use super::functions;
use parking_lot::Mutex;
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use std::sync::Arc;

/// What the authorizer is told, and what it saw of the statement being prepared.
#[derive(Clone, Debug, Default)]
pub(super) struct AuthorizerState {
    guarding: bool,
    module: Option<String>,
    /// The statement begins or ends a transaction.
    pub(super) transaction_control: bool,
    /// The statement sets or asks a pragma.
    pub(super) pragma: bool,
}

/// The engine's end of the authorizer.
#[derive(Clone, Debug, Default)]
pub(super) struct Guard(Arc<Mutex<AuthorizerState>>);

impl Guard {
    /// Puts an authorizer before every statement of `connection`.
    pub(super) fn install(connection: &mut Connection) -> rusqlite::Result<Guard> {
        let guard = Guard::default();
        let seen = guard.clone();
        connection.authorizer(Some(move |context: AuthContext<'_>| seen.decide(context)))?;
        Ok(guard)
    }

    /// Prepares a caller's statement, with everything forbidden that D1 forbids, and says what was seen of it.
    pub(super) fn prepare<T>(&self, prepare: impl FnOnce() -> T) -> (T, AuthorizerState) {
        self.with(|seen| *seen = AuthorizerState::default());
        let value = self.run(prepare);
        (value, self.with(|seen| seen.clone()))
    }

    /// Runs the statement prepared last; SQLite may prepare it again, and others that it needs.
    pub(super) fn run<T>(&self, step: impl FnOnce() -> T) -> T {
        self.with(|seen| seen.guarding = true);
        let value = step();
        self.with(|seen| seen.guarding = false);
        value
    }

    fn decide(&self, context: AuthContext<'_>) -> Authorization {
        let allowed = self.with(|seen| {
            if !seen.guarding {
                return true;
            }
            match context.action {
                AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => {
                    seen.transaction_control = true;
                }
                // R*Tree asks for it when a table is made.
                AuthAction::Pragma { pragma_name: "page_size", pragma_value: None }
                    if seen.module.as_deref().is_some_and(|module| module.starts_with("rtree")) =>
                {
                    return true;
                }
                AuthAction::Pragma { .. } => seen.pragma = true,
                AuthAction::CreateVtable { module_name, .. } => {
                    seen.module = Some(module_name.to_ascii_lowercase());
                }
                _ => {}
            }
            is_allowed(context)
        });
        if allowed { Authorization::Allow } else { Authorization::Deny }
    }

    fn with<T>(&self, look: impl FnOnce(&mut AuthorizerState) -> T) -> T {
        look(&mut self.0.lock())
    }
}

/// The virtual table modules D1 has (D1-14).
const MODULES: &[&str] = &["fts5", "fts5vocab", "rtree", "rtree_i32"];

fn is_allowed(context: AuthContext<'_>) -> bool {
    let database = match context.action {
        // In the place of the database stands the column that DROP COLUMN drops.
        AuthAction::AlterTable { database_name, .. } => Some(database_name),
        _ => context.database_name,
    };
    match database {
        None | Some("main") => {}
        // SQLite itself looks into the schema of the temporary database, even where there is none.
        Some("temp") => {
            return matches!(context.action, AuthAction::Read { .. } | AuthAction::Update { .. });
        }
        Some(_) => return false,
    }
    match context.action {
        AuthAction::Select | AuthAction::Recursive | AuthAction::Analyze { .. } => true,
        AuthAction::CreateTable { table_name: name }
        | AuthAction::DropTable { table_name: name }
        | AuthAction::AlterTable { table_name: name, .. }
        | AuthAction::CreateView { view_name: name }
        | AuthAction::DropView { view_name: name }
        | AuthAction::Reindex { index_name: name }
        | AuthAction::Insert { table_name: name }
        | AuthAction::Delete { table_name: name }
        | AuthAction::Update { table_name: name, .. }
        | AuthAction::Read { table_name: name, .. } => is_open(name),
        AuthAction::CreateIndex { index_name: name, table_name }
        | AuthAction::DropIndex { index_name: name, table_name }
        | AuthAction::CreateTrigger { trigger_name: name, table_name }
        | AuthAction::DropTrigger { trigger_name: name, table_name } => is_open(name) && is_open(table_name),
        AuthAction::CreateVtable { table_name, module_name }
        | AuthAction::DropVtable { table_name, module_name } => {
            is_open(table_name) && MODULES.iter().any(|module| module.eq_ignore_ascii_case(module_name))
        }
        // Inside CREATE the name is as written, elsewhere as registered.
        AuthAction::Function { function_name } => {
            functions::ALLOWED.contains(&function_name.to_ascii_lowercase().as_str())
        }
        AuthAction::Pragma { pragma_name, pragma_value } => is_allowed_pragma(pragma_name, pragma_value),
        // Temporary tables and what hangs on them, ATTACH and DETACH, transactions, and what SQLite may add.
        _ => false,
    }
}

/// Names are compared as D1 compares them: in lower case only.
fn is_allowed_pragma(name: &str, value: Option<&str>) -> bool {
    match name {
        "table_list" => true,
        "data_version" => value.is_none(),
        "case_sensitive_like"
        | "foreign_keys"
        | "defer_foreign_keys"
        | "ignore_check_constraints"
        | "legacy_alter_table"
        | "recursive_triggers"
        | "reverse_unordered_selects" => value.is_none_or(is_boolean),
        "table_info" | "table_xinfo" | "foreign_key_list" | "index_list" | "index_info" | "index_xinfo" => {
            value.is_some_and(is_open)
        }
        "foreign_key_check" | "quick_check" => value.is_none_or(is_open),
        "optimize" => value.is_none_or(|value| value.parse::<i32>().is_ok()),
        _ => false,
    }
}

fn is_boolean(value: &str) -> bool {
    let value = value.trim_matches(['\'', '"']).to_ascii_lowercase();
    ["true", "false", "yes", "no", "on", "off", "1", "0"].contains(&value.as_str())
}

/// Whether a caller may use what has this name.
pub(super) fn is_open(name: &str) -> bool {
    !name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("_cf_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pragmas_are_allowed_by_name_and_kind_of_argument() {
        for (name, value, allowed) in [
            ("table_list", None, true),
            ("TABLE_LIST", None, false),
            ("table_info", Some("users"), true),
            ("table_info", Some("_cf_KV"), false),
            ("table_info", None, false),
            ("foreign_keys", None, true),
            ("foreign_keys", Some("off"), true),
            ("defer_foreign_keys", Some("'TRUE'"), true),
            ("defer_foreign_keys", Some("2"), false),
            ("foreign_key_check", None, true),
            ("quick_check", Some("10"), true),
            ("optimize", Some("0x10"), false),
            ("optimize", Some("-1"), true),
            ("data_version", Some("1"), false),
            ("user_version", None, false),
            ("writable_schema", Some("on"), false),
            ("integrity_check", None, false),
            ("journal_mode", Some("off"), false),
        ] {
            assert_eq!(is_allowed_pragma(name, value), allowed, "{name} {value:?}");
        }
    }

    #[test]
    fn reserved_names_begin_with_cf_in_any_case() {
        assert!(is_open("users") && is_open("cf_x") && is_open("_cf"));
        assert!(!is_open("_cf_KV") && !is_open("_CF_kv"));
    }
}
