//! Detects results that depend on time or random numbers: the two copies get different clocks and complementary
//! random numbers.
//!
//! Where a number may decide something, two databases may agree by chance; that it was drawn is told.

use parking_lot::Mutex;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The time of the twin: every part of it is another one, the day of the week included.
const LATER: &str =
    "strftime('%Y-%m-%d %H:%M:%f', 'now', '+1237 days', '+7 hours', '+13 minutes', '+17.319 seconds')";

/// Functions of time, and how many of their arguments come before the first time.
const OF_TIME: [(&str, usize); 9] = [
    ("date", 0),
    ("time", 0),
    ("datetime", 0),
    ("julianday", 0),
    ("unixepoch", 0),
    ("strftime", 1),
    ("current_date", 0),
    ("current_time", 0),
    ("current_timestamp", 0),
];

/// Which of the two a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopySide {
    /// The copy itself, with the time that it is.
    Copy,
    /// What it is compared with.
    Control,
}

/// So many random bytes name something, and decide nothing.
const NAMING_BYTES_MIN: usize = 4;

/// Replaces the functions that give something else each time; gives what is set when a number is drawn.
pub fn install(database: &Connection, side: CopySide) -> rusqlite::Result<Arc<AtomicBool>> {
    let drawn = Arc::new(AtomicBool::new(false));
    let mask = if side == CopySide::Control { u64::MAX } else { 0 };
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
    let numbers = Arc::new(Numbers::default());
    let (next, draws) = (numbers.clone(), drawn.clone());
    database.create_scalar_function("random", 0, flags, move |_| {
        draws.store(true, Ordering::SeqCst);
        Ok(i64::from_ne_bytes((next.next() ^ mask).to_ne_bytes()))
    })?;
    let draws = drawn.clone();
    database.create_scalar_function("randomblob", 1, flags, move |context| {
        let count = usize::try_from(context.get::<i64>(0).unwrap_or(1).clamp(1, 2_000_000)).unwrap_or(1);
        if count < NAMING_BYTES_MIN {
            draws.store(true, Ordering::SeqCst);
        }
        let bytes: Vec<u8> = (0..count).map(|_| (numbers.next() ^ mask).to_ne_bytes()[0]).collect();
        Ok(bytes)
    })?;
    if side == CopySide::Copy {
        return Ok(drawn);
    }
    let flags = flags | FunctionFlags::SQLITE_DETERMINISTIC;
    let clock = Arc::new(Mutex::new(Connection::open_in_memory()?));
    for (name, first) in OF_TIME {
        let clock = clock.clone();
        let arguments = if name.starts_with("current_") { 0 } else { -1 };
        database.create_scalar_function(name, arguments, flags, move |context| {
            at_another_time(&clock.lock(), name, first, context)
        })?;
    }
    database.create_scalar_function("timediff", 2, flags, move |context| {
        at_another_time(&clock.lock(), "timediff", 0, context)
    })?;
    Ok(drawn)
}

/// The function as SQLite has it, at another time.
fn at_another_time(
    clock: &Connection,
    name: &str,
    first: usize,
    context: &Context<'_>,
) -> rusqlite::Result<Value> {
    let now: String = clock.query_row(&format!("SELECT {LATER}"), [], |row| row.get(0))?;
    let is = |value: &Value, words: &[&str]| matches!(value, Value::Text(text) if words.iter().any(|word| text.eq_ignore_ascii_case(word)));
    let mut values =
        (0..context.len()).map(|at| context.get(at)).collect::<rusqlite::Result<Vec<Value>>>()?;
    let is_of_now = values.get(first).is_none_or(|value| is(value, &["subsec", "subsecond"]));
    if is_of_now && values.len() >= first {
        values.insert(first, Value::Text("now".to_owned()));
    }
    for value in &mut values {
        if is(value, &["now"]) {
            *value = Value::Text(now.clone());
        }
    }
    let function = match name {
        "current_date" => "date",
        "current_time" => "time",
        "current_timestamp" => "datetime",
        other => other,
    };
    let places = vec!["?"; values.len()].join(", ");
    clock.query_row(&format!("SELECT {function}({places})"), params_from_iter(values), |row| row.get(0))
}

/// Numbers of which each is unlike the one before; the same in both databases.
#[derive(Default)]
struct Numbers(AtomicU64);

impl Numbers {
    fn next(&self) -> u64 {
        let count = self.0.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
        let mut mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(sql: &str) -> (Value, Value) {
        let ask = |side| -> Value {
            let database = Connection::open_in_memory().unwrap();
            install(&database, side).unwrap();
            database.query_row(&format!("SELECT {sql}"), [], |row| row.get(0)).unwrap()
        };
        (ask(CopySide::Copy), ask(CopySide::Control))
    }

    #[test]
    fn what_rests_on_chance_or_time_differs() {
        for sql in [
            "random()",
            "random() % 2",
            "abs(random() % 3)",
            "random() > 0",
            "hex(randomblob(1))",
            "datetime()",
            "date('now')",
            "strftime('%w')",
            "strftime('%w', 'now')",
            "strftime('%m', 'NOW', '+1 day')",
            "unixepoch('subsec')",
            "julianday()",
            "CURRENT_TIME",
            "CURRENT_DATE",
            "CURRENT_TIMESTAMP",
            "timediff('now', '2020-01-01')",
        ] {
            let (copy, control) = both(sql);
            assert_ne!(copy, control, "{sql}");
            assert!(control != Value::Null, "{sql}");
        }
    }

    #[test]
    fn a_time_that_is_given_is_the_same() {
        for sql in [
            "datetime('2020-02-28', '+1 day')",
            "strftime('%w', 2451545.5)",
            "date('x')",
            "unixepoch('2020-01-01', 'subsec')",
            "timediff('2021-01-01', '2020-01-01')",
            "strftime('now %Y', '2020-01-01')",
            "typeof(randomblob(-1)) || length(randomblob(-1))",
        ] {
            let (copy, control) = both(sql);
            assert_eq!(copy, control, "{sql}");
        }
    }
}
