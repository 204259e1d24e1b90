//! D1's restrictions and additional functions, for rehearsals.
//!
//! Written apart from the local account's, which these are tried against (D1-11, D1-14, D1-15).
//!
//! **Invariant:** the rehearsal's own statements run unguarded.

use super::touched_tables::{TableChange, TouchedTable, TouchedTables};
use parking_lot::Mutex;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Virtual tables that D1 has.
const MODULES: &[&str] = &["fts5", "fts5vocab", "rtree", "rtree_i32"];

/// Functions of SQLite that D1 does not hand out.
const WITHHELD: &[&str] = &[
    "load_extension",
    "fts3_tokenizer",
    "sqlite_version",
    "sqlite_source_id",
    "sqlite_compileoption_get",
    "sqlite_compileoption_used",
    "sqlite_log",
    "sqlite_offset",
];

/// D1's (D1-17, D1-18, D1-19). A function may take more arguments than the 32 that are documented: the service was
/// seen to take 126, and SQLite takes 127.
const LIMITS: [(Limit, i32); 10] = [
    (Limit::SQLITE_LIMIT_LENGTH, 2_000_000),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (Limit::SQLITE_LIMIT_COLUMN, 100),
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 5),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 127),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN_BYTES_MAX),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 100),
    (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 10),
];

/// The longest pattern of `LIKE` and `GLOB`.
pub const PATTERN_BYTES_MAX: i32 = 50;

type OfOne = fn(f64) -> f64;
type OfTwo = fn(f64, f64) -> f64;

#[rustfmt::skip]
const OF_ONE: &[(&str, OfOne)] = &[
    ("acos", f64::acos), ("acosh", f64::acosh), ("asin", f64::asin), ("asinh", f64::asinh), ("atan", f64::atan),
    ("atanh", f64::atanh), ("ceil", f64::ceil), ("ceiling", f64::ceil), ("cos", f64::cos), ("cosh", f64::cosh),
    ("degrees", f64::to_degrees), ("exp", f64::exp), ("floor", f64::floor), ("ln", f64::ln), ("log", f64::log10),
    ("log10", f64::log10), ("log2", f64::log2), ("radians", f64::to_radians), ("sin", f64::sin), ("sinh", f64::sinh),
    ("sqrt", f64::sqrt), ("tan", f64::tan), ("tanh", f64::tanh), ("trunc", f64::trunc),
];

const OF_TWO: &[(&str, OfTwo)] = &[
    ("atan2", f64::atan2),
    ("log", |base, x| x.log(base)),
    ("mod", |x, y| x % y),
    ("pow", f64::powf),
    ("power", f64::powf),
];

#[derive(Debug, Default)]
struct Switches {
    are_on: AtomicBool,
    have_denied: AtomicBool,
    have_looked_elsewhere: AtomicBool,
    touches: Mutex<Vec<TouchedTable>>,
}

/// Turns the restrictions on and off.
#[derive(Clone, Debug, Default)]
pub struct Restrictions(Arc<Switches>);

impl Restrictions {
    /// Gives a connection D1's functions and limits, and restrictions that are off.
    pub fn install(database: &mut Connection) -> rusqlite::Result<Self> {
        functions(database)?;
        for (limit, value) in LIMITS {
            database.set_limit(limit, value)?;
        }
        let restrictions = Restrictions::default();
        let switch = restrictions.clone();
        database.authorizer(Some(move |context: AuthContext<'_>| {
            if !switch.0.are_on.load(Ordering::SeqCst) {
                return Authorization::Allow;
            }
            switch.0.touches.lock().extend(touch(&context));
            if looks_elsewhere(&context) {
                switch.0.have_looked_elsewhere.store(true, Ordering::SeqCst);
            }
            if is_denied(&context) {
                switch.0.have_denied.store(true, Ordering::SeqCst);
                Authorization::Deny
            } else {
                Authorization::Allow
            }
        }))?;
        Ok(restrictions)
    }

    /// Runs `work` with the restrictions on.
    pub fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        self.0.have_denied.store(false, Ordering::SeqCst);
        self.0.touches.lock().clear();
        self.0.are_on.store(true, Ordering::SeqCst);
        let result = work();
        self.0.are_on.store(false, Ordering::SeqCst);
        result
    }

    /// What the statement that was prepared last may touch.
    pub fn touched(&self) -> TouchedTables {
        TouchedTables(self.0.touches.lock().clone())
    }

    /// Whether anything so far has asked for what is not in rows; from now on it counts anew.
    pub fn have_looked_elsewhere(&self) -> bool {
        self.0.have_looked_elsewhere.swap(false, Ordering::SeqCst)
    }

    /// Whether they have stopped what ran last; SQLite's code does not always say so.
    pub fn have_denied(&self) -> bool {
        self.0.have_denied.load(Ordering::SeqCst)
    }
}

/// Whether something is asked that is not in rows: a database of D1 has tables of Cloudflare's in its schema, and a
/// connection that others have used.
fn looks_elsewhere(context: &AuthContext<'_>) -> bool {
    match context.action {
        AuthAction::Read { table_name, .. } => {
            table_name.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("sqlite_"))
                || table_name.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("pragma_"))
        }
        AuthAction::Pragma { .. } => true,
        AuthAction::Function { function_name } => ["changes", "total_changes", "last_insert_rowid"]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(function_name)),
        _ => false,
    }
}

/// A table of the database that is touched, those of SQLite itself left out.
fn touch(context: &AuthContext<'_>) -> Option<TouchedTable> {
    let (table, does) = match context.action {
        AuthAction::Insert { table_name } => (table_name, TableChange::Insert),
        AuthAction::Delete { table_name } => (table_name, TableChange::Delete),
        AuthAction::Update { table_name, column_name } => {
            (table_name, TableChange::Update(column_name.to_owned()))
        }
        _ => return None,
    };
    let is_own = table.get(..7).is_some_and(|begin| begin.eq_ignore_ascii_case("sqlite_"));
    let trigger = context.accessor.map(str::to_owned);
    (!is_own).then(|| TouchedTable { table: table.to_owned(), does, trigger })
}

/// What the lint can't see in a statement's first words.
fn is_denied(context: &AuthContext<'_>) -> bool {
    match context.action {
        AuthAction::Function { function_name } => {
            WITHHELD.iter().any(|name| name.eq_ignore_ascii_case(function_name))
        }
        AuthAction::CreateVtable { module_name, .. } => {
            !MODULES.iter().any(|name| name.eq_ignore_ascii_case(module_name))
        }
        AuthAction::Attach { .. }
        | AuthAction::Detach { .. }
        | AuthAction::Transaction { .. }
        | AuthAction::Savepoint { .. }
        | AuthAction::CreateTempIndex { .. }
        | AuthAction::CreateTempTable { .. }
        | AuthAction::CreateTempTrigger { .. }
        | AuthAction::CreateTempView { .. } => true,
        _ => false,
    }
}

/// SQLite's mathematical functions, which D1 is built with.
fn functions(database: &Connection) -> rusqlite::Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    for &(name, function) in OF_ONE {
        database.create_scalar_function(name, 1, flags, move |context| {
            Ok(context.get::<Option<f64>>(0).unwrap_or_default().map(function).filter(|x| !x.is_nan()))
        })?;
    }
    for &(name, function) in OF_TWO {
        database.create_scalar_function(name, 2, flags, move |context| {
            let of = |at| context.get::<Option<f64>>(at).unwrap_or_default();
            Ok(of(0).zip(of(1)).map(|(x, y)| function(x, y)).filter(|x| !x.is_nan()))
        })?;
    }
    database.create_scalar_function("pi", 0, flags, |_| Ok(std::f64::consts::PI))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_d1_denies_is_denied_while_it_is_on() {
        let mut database = Connection::open_in_memory().unwrap();
        let restrictions = Restrictions::install(&mut database).unwrap();
        for sql in [
            "SELECT sqlite_version()",
            "CREATE VIRTUAL TABLE f USING fts4(x)",
            "ATTACH ':memory:' AS other",
            "CREATE TEMP TABLE t (x)",
            "BEGIN",
        ] {
            assert!(restrictions.during(|| database.prepare(sql).map(drop)).is_err(), "{sql}");
            assert!(restrictions.have_denied(), "{sql}");
            assert!(database.prepare(sql).is_ok(), "{sql}");
        }
        restrictions
            .during(|| database.execute_batch("CREATE VIRTUAL TABLE f USING FTS5(x); CREATE TABLE t (x)"))
            .unwrap();
    }

    #[test]
    fn d1s_functions_and_limits_are_there() {
        let mut database = Connection::open_in_memory().unwrap();
        Restrictions::install(&mut database).unwrap();
        let text = |sql: &str| database.query_row(sql, [], |row| row.get::<_, Option<f64>>(0)).unwrap();
        assert_eq!(text("SELECT log(2, 8) + floor(1.5) + sqrt(16)"), Some(8.0));
        assert_eq!(text("SELECT sqrt(-1)"), None);
        let columns: Vec<String> = (0..101).map(|index| format!("c{index}")).collect();
        let error = database.execute_batch(&format!("CREATE TABLE t ({})", columns.join(", "))).unwrap_err();
        assert!(error.to_string().starts_with("too many columns on t"), "{error}");
    }
}
