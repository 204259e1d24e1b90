//! The SQL functions of D1: the allowed names, and the mathematical functions, which the bundled SQLite lacks.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};

/// Names as SQLite hands them to the authorizer. workerd lists them one by one; `load_extension`, which it lists but
/// SQLite is built without there, is left out (D1-15).
#[rustfmt::skip]
pub(super) const ALLOWED: &[&str] = &[
    // Core
    "abs", "changes", "char", "coalesce", "concat", "concat_ws", "format", "glob", "hex", "ifnull", "iif", "instr",
    "last_insert_rowid", "length", "like", "likelihood", "likely", "lower", "ltrim", "nullif", "octet_length", "printf",
    "quote", "random", "randomblob", "replace", "round", "rtrim", "sign", "soundex", "substr", "substring",
    "total_changes", "trim", "typeof", "unhex", "unicode", "unlikely", "upper", "zeroblob",
    // Date and time
    "date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff", "current_date", "current_time",
    "current_timestamp",
    // Aggregate and window
    "avg", "count", "group_concat", "max", "min", "string_agg", "sum", "total", "row_number", "rank", "dense_rank",
    "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value", "last_value", "nth_value",
    // Mathematics
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "ceil", "ceiling", "cos", "cosh", "degrees", "exp",
    "floor", "ln", "log", "log10", "log2", "mod", "pi", "pow", "power", "radians", "sin", "sinh", "sqrt", "tan", "tanh",
    "trunc",
    // JSON
    "json", "json_array", "json_array_length", "json_error_position", "json_extract", "->", "->>", "json_insert",
    "json_object", "json_patch", "json_remove", "json_replace", "json_set", "json_type", "json_valid", "json_quote",
    "json_group_array", "json_group_object", "json_each", "json_tree",
    // Full text and R*Tree
    "match", "highlight", "bm25", "snippet", "rtreecheck",
    // What SQLite's own ALTER TABLE calls
    "sqlite_rename_column", "sqlite_rename_table", "sqlite_rename_test", "sqlite_drop_column", "sqlite_rename_quotefix",
];

type Unary = fn(f64) -> f64;
type Binary = fn(f64, f64) -> f64;

const ONE_ARGUMENT: &[(&str, Unary)] = &[
    ("acos", f64::acos),
    ("acosh", f64::acosh),
    ("asin", f64::asin),
    ("asinh", f64::asinh),
    ("atan", f64::atan),
    ("atanh", f64::atanh),
    ("cos", f64::cos),
    ("cosh", f64::cosh),
    ("degrees", f64::to_degrees),
    ("exp", f64::exp),
    ("ln", f64::ln),
    ("log", f64::log10),
    ("log10", f64::log10),
    ("log2", f64::log2),
    ("radians", f64::to_radians),
    ("sin", f64::sin),
    ("sinh", f64::sinh),
    ("sqrt", f64::sqrt),
    ("tan", f64::tan),
    ("tanh", f64::tanh),
];

/// These leave integers as they are.
const ROUNDING: &[(&str, Unary)] =
    &[("ceil", f64::ceil), ("ceiling", f64::ceil), ("floor", f64::floor), ("trunc", f64::trunc)];

const TWO_ARGUMENTS: &[(&str, Binary)] = &[
    ("atan2", f64::atan2),
    // SQLite's order is base first.
    ("log", |base, x| x.ln() / base.ln()),
    ("mod", |x, y| x % y),
    ("pow", f64::powf),
    ("power", f64::powf),
];

/// Registers SQLite's mathematical functions: null for what is no number and for what has no value.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    for &(name, function) in ONE_ARGUMENT {
        connection.create_scalar_function(name, 1, flags, move |context| {
            Ok(number(context, 0).and_then(|x| real(function(x))))
        })?;
    }
    for &(name, function) in ROUNDING {
        connection.create_scalar_function(name, 1, flags, move |context| {
            Ok(match context.get_raw(0) {
                ValueRef::Integer(integer) => Value::Integer(integer),
                _ => number(context, 0).and_then(|x| real(function(x))).map_or(Value::Null, Value::Real),
            })
        })?;
    }
    for &(name, function) in TWO_ARGUMENTS {
        connection.create_scalar_function(name, 2, flags, move |context| {
            let (x, y) = (number(context, 0), number(context, 1));
            Ok(x.zip(y).and_then(|(x, y)| real(function(x, y))))
        })?;
    }
    connection.create_scalar_function("pi", 0, flags, |_| Ok(std::f64::consts::PI))
}

/// The argument as a number; text that is not wholly one is none.
fn number(context: &Context<'_>, at: usize) -> Option<f64> {
    match context.get_raw(at) {
        #[allow(clippy::cast_precision_loss)]
        ValueRef::Integer(integer) => Some(integer as f64),
        ValueRef::Real(real) => Some(real),
        ValueRef::Text(text) => std::str::from_utf8(text).ok()?.trim().parse().ok(),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

fn real(x: f64) -> Option<f64> {
    (!x.is_nan()).then_some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mathematics_as_sqlite_documents_it() {
        let connection = Connection::open_in_memory().unwrap();
        register(&connection).unwrap();
        let value = |sql: &str| -> Value {
            connection.query_row(&format!("SELECT {sql}"), [], |row| row.get(0)).unwrap()
        };
        assert_eq!(value("ceil(1.2)"), Value::Real(2.0));
        assert_eq!(value("floor(7)"), Value::Integer(7));
        assert_eq!(value("trunc(-1.7)"), Value::Real(-1.0));
        assert_eq!(value("pow(2, 10)"), Value::Real(1024.0));
        assert_eq!(value("log(2, 8)"), Value::Real(3.0));
        assert_eq!(value("log(1000)"), Value::Real(3.0));
        assert_eq!(value("mod(11, 3.5)"), Value::Real(0.5));
        assert_eq!(value("sqrt('16')"), Value::Real(4.0));
        assert_eq!(value("sqrt(-1)"), Value::Null);
        assert_eq!(value("sin('x')"), Value::Null);
        assert_eq!(value("pi()"), Value::Real(std::f64::consts::PI));
    }

    #[test]
    fn every_registered_function_is_allowed() {
        let one = ONE_ARGUMENT.iter().chain(ROUNDING).map(|(name, _)| *name);
        let two = TWO_ARGUMENTS.iter().map(|(name, _)| *name);
        let missing: Vec<_> = one.chain(two).filter(|name| !ALLOWED.contains(name)).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }
}
