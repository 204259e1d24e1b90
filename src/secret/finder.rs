//! Finds secrets in a text, however their characters are quoted.

use super::escapes::{BYTES_MAX, Reading, fold, is_mark, readings};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SearchForm {
    /// The text, as it is where nothing in it is quoted.
    pub(super) text: String,
    /// Whether it may be broken into lines anywhere.
    pub(super) is_foldable: bool,
}

/// Finds forms. They are held by how they begin: most places of a text are none where one does.
#[derive(Default)]
pub(super) struct Finder {
    forms: Vec<SearchForm>,
    by_first: HashMap<u8, Vec<usize>>,
    by_pair: HashMap<[u8; 2], Vec<usize>>,
    /// The longest that a form can be in a text.
    pub(super) bytes_max: usize,
}

impl Finder {
    /// Looks for this, too.
    pub(super) fn add(&mut self, form: SearchForm) {
        let [first, second, ..] = form.text.as_bytes() else { return };
        let number = self.forms.len();
        self.by_first.entry(*first).or_default().push(number);
        self.by_pair.entry([*first, *second]).or_default().push(number);
        self.bytes_max = self.bytes_max.max(form.text.len() * BYTES_MAX);
        self.forms.push(form);
    }

    /// Where forms are, in order; they may overlap.
    pub(super) fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for (at, &byte) in text.iter().enumerate() {
            if is_mark(byte) {
                readings(text, at, &mut |reading| {
                    let numbers = reading.bytes().first().and_then(|first| self.by_first.get(first));
                    self.try_all(numbers, text, at, reading, &mut found);
                });
                continue;
            }
            let next = text.get(at + 1).copied().unwrap_or_default();
            let numbers = if is_mark(next) || is_blank(next) {
                self.by_first.get(&byte)
            } else {
                self.by_pair.get(&[byte, next])
            };
            readings(text, at, &mut |reading| self.try_all(numbers, text, at, reading, &mut found));
        }
        found
    }

    fn try_all(
        &self,
        numbers: Option<&Vec<usize>>,
        text: &[u8],
        at: usize,
        begin: Reading,
        found: &mut Vec<Range<usize>>,
    ) {
        let forms = numbers.into_iter().flatten().filter_map(|number| self.forms.get(*number));
        found.extend(forms.filter_map(|form| Some(at..form.end(text, at, begin)?)));
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

impl SearchForm {
    /// Where it ends in the text if it begins there with what was read; the longest of all ways to read it.
    fn end(&self, text: &[u8], at: usize, begin: Reading) -> Option<usize> {
        let wanted = self.text.as_bytes();
        let mut longest = None;
        let mut left = Vec::new();
        let mut seen = HashSet::new();
        let go_on = |left: &mut Vec<(usize, usize)>, from: usize, at: usize, reading: Reading| {
            if wanted.get(from..).is_some_and(|rest| rest.starts_with(reading.bytes())) {
                left.push((from + reading.bytes().len(), at + reading.length));
            }
        };
        go_on(&mut left, 0, at, begin);
        while let Some((from, at)) = left.pop() {
            if from == wanted.len() {
                longest = longest.max(Some(at));
                continue;
            }
            // Only where there were several ways can one be come to twice.
            if !left.is_empty() && !seen.insert((from, at)) {
                continue;
            }
            let fold = if self.is_foldable { fold(text, at) } else { 0 };
            if fold > 0 {
                left.push((from, at + fold));
            }
            readings(text, at, &mut |reading| go_on(&mut left, from, at, reading));
        }
        longest
    }
}
