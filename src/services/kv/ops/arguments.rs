//! The keys and entries of one call, validated by KV's rules before anything is sent.

use super::super::entry::{Entry, broken_rule};
use crate::op::{Failure, Mismatch, OptionError, Value};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// A longer key is not repeated in a message.
const SHOWN_MAX: usize = 80;
/// So many keys are named in a note; the rest is counted.
const NAMED_MAX: usize = 3;

pub(super) type Entries = BTreeMap<String, Entry>;

/// The entries of a map, which is the first argument.
pub(super) fn entries(map: &BTreeMap<String, Value>, now: Timestamp) -> Result<Entries, Failure> {
    let entry = |(key, value): (&String, &Value)| {
        check(key, key)?;
        let entry = Entry::of_map(value, now).map_err(|error| refused(error.under(key)))?;
        Ok((key.clone(), entry))
    };
    map.iter().map(entry).collect()
}

/// The keys of a list, which is the first argument; one that is there twice counts once.
pub(super) fn keys(list: &[Value]) -> Result<BTreeSet<String>, Failure> {
    let key = |(index, value): (usize, &Value)| {
        let place = format!("[{index}]");
        let Value::Str(key) = value else {
            return Err(refused(OptionError::at(&place, format!("must be text, not {}", value.type_name()))));
        };
        check(key, &place)?;
        Ok(key.clone())
    };
    list.iter().enumerate().map(key).collect()
}

fn check(key: &str, place: &str) -> Result<(), Failure> {
    let Some(rule) = broken_rule(key) else { return Ok(()) };
    let error = match key {
        "" => OptionError::new(Mismatch::Other(format!("an empty text is no key: {rule}"))),
        _ if key.len() > SHOWN_MAX => {
            let begin: String = key.chars().take(NAMED_MAX * 8).collect();
            OptionError::new(Mismatch::Other(format!("`{begin}...` is no key: {rule}")))
        }
        _ => OptionError::at(place, format!("is no key: {rule}")),
    };
    Err(refused(error))
}

pub(super) fn refused(error: OptionError) -> Failure {
    Failure::Option { index: 0, error }
}

/// `1 key`, `1500 keys`.
pub(super) fn count(number: usize) -> String {
    if number == 1 { "1 key".to_owned() } else { format!("{number} keys") }
}

/// The first few keys by name, and how many more there are.
pub(super) fn named<'a>(keys: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = keys.len().saturating_sub(NAMED_MAX);
    let shown = |key: &str| match key.len() {
        ..=SHOWN_MAX => format!("`{key}`"),
        _ => format!("`{}...`", key.chars().take(SHOWN_MAX / 2).collect::<String>()),
    };
    let words = keys.take(NAMED_MAX).map(shown).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{words} and {more} more") } else { words }
}
