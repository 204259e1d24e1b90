//! Ids for resources that a plan would create: well-formed, the same for the same key, and recognisable.

use crate::op::Key;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};

/// What people see in place of a placeholder.
pub const KNOWN_AFTER_APPLY: &str = "(known after apply)";

/// 32 hexadecimal characters, as KV namespaces have them.
pub fn hex32(key: &Key) -> String {
    let digest = Sha256::digest(format!("larder placeholder {key}"));
    hex::encode(&digest[..16])
}

/// A UUID, as D1 databases have them.
pub fn uuid(key: &Key) -> String {
    let hex = hex32(key);
    format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

/// Every placeholder of a run.
#[derive(Default)]
pub struct Placeholders(Mutex<PlaceholderIds>);

impl Placeholders {
    pub fn add(&self, id: &str) {
        self.0.lock().add(id);
    }

    /// Whether this id stands for something that only applying the plan would make.
    pub fn contains(&self, id: &str) -> bool {
        self.0.lock().contains(id)
    }

    /// Whether one stands anywhere in a text.
    pub fn stands_in(&self, text: &str) -> bool {
        matches!(self.0.lock().hide(text), Cow::Owned(_))
    }

    /// `text` with every placeholder replaced by what people may know.
    pub fn hide(&self, text: &str) -> String {
        self.0.lock().hide(text).into_owned()
    }
}

/// Ids that were made up. A text is looked through once, however many there are: at each of its places, for the ids of
/// each length.
#[derive(Default)]
pub struct PlaceholderIds {
    ids: HashSet<String>,
    /// The longest first.
    lengths: BTreeSet<Reverse<usize>>,
}

impl PlaceholderIds {
    pub fn add(&mut self, id: &str) {
        if !id.is_empty() && self.ids.insert(id.to_owned()) {
            self.lengths.insert(Reverse(id.len()));
        }
    }

    /// Whether it is one of them.
    pub fn contains(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// `text` with each of them replaced by what people may know.
    pub fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let (mut hidden, mut from) = (String::new(), 0);
        while let Some((at, length)) = self.next(text, from) {
            hidden.push_str(text.get(from..at).unwrap_or_default());
            hidden.push_str(KNOWN_AFTER_APPLY);
            from = at + length;
        }
        if from == 0 {
            return Cow::Borrowed(text);
        }
        hidden.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(hidden)
    }

    /// Where the next one begins, and its length.
    fn next(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        (from..text.len()).find_map(|at| Some((at, self.at(text, at)?)))
    }

    /// The length of the longest that begins there.
    fn at(&self, text: &str, at: usize) -> Option<usize> {
        let fits = |length: &usize| text.get(at..at + length).is_some_and(|part| self.ids.contains(part));
        self.lengths.iter().map(|Reverse(length)| *length).find(fits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_reproducible_and_hidden() {
        let key = Key::new("d1", "jobs");
        assert_eq!(uuid(&key), uuid(&key));
        assert_eq!(uuid(&key).len(), 36);
        assert_ne!(hex32(&key), hex32(&Key::new("kv", "jobs")));
        let placeholders = Placeholders::default();
        placeholders.add(&uuid(&key));
        assert!(placeholders.contains(&uuid(&key)) && !placeholders.contains(&hex32(&key)));
        let text = format!("id={}", uuid(&key));
        assert_eq!(placeholders.hide(&text), "id=(known after apply)");
        assert!(placeholders.stands_in(&text) && !placeholders.stands_in("id="));
    }

    #[test]
    fn made_up_ids_are_found_at_every_place_of_a_text() {
        let mut made_up = PlaceholderIds::default();
        assert_eq!(made_up.hide("nothing is known"), "nothing is known");
        for id in ["ab", "abc", "é1", ""] {
            made_up.add(id);
        }
        for (text, hidden) in [
            ("", ""),
            ("a", "a"),
            ("ab", "<>"),
            ("abab", "<><>"),
            ("xabcx", "x<>x"),
            ("aab", "a<>"),
            ("é", "é"),
            ("éé1é", "é<>é"),
            ("ab é1 abc", "<> <> <>"),
        ] {
            assert_eq!(made_up.hide(text), hidden.replace("<>", KNOWN_AFTER_APPLY), "{text}");
        }
    }
}
