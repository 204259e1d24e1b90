//! The texts that diagnostics quote.

use crate::events::Site;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The engine counts no more lines; a text that goes on begins anew before that.
const LINES_MAX: usize = 60_000;

/// Source name to text; clones share one table, since the resolver adds files while the recipe runs.
#[derive(Clone, Debug, Default)]
pub struct Sources(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    texts: BTreeMap<String, Arc<str>>,
    parts: Vec<NamedLines>,
}

/// Lines of a text that goes on, which people know as lines of another one.
#[derive(Clone, Debug)]
struct NamedLines {
    whole: String,
    /// Its first line in the whole, from 1.
    first: usize,
    name: String,
    /// Its first line in the text of its name, from 1.
    line: usize,
}

impl Sources {
    /// Remembers a text; a later one of the same name replaces it.
    pub fn add(&self, name: &str, text: &str) {
        self.0.lock().texts.insert(name.to_owned(), text.into());
    }

    /// Adds a text at the end of the one called `whole`, as the lines from `line` of the one called `name`. Gives how many
    /// lines stand before it.
    pub fn append(&self, whole: &str, text: &str, name: &str, line: usize) -> usize {
        let mut table = self.0.lock();
        let mut all = table.texts.get(whole).map(ToString::to_string).unwrap_or_default();
        let lines = text.lines().count().max(1);
        if all.lines().count() + lines > LINES_MAX {
            all.clear();
            table.parts.retain(|part| part.whole != whole);
        }
        let before = all.lines().count();
        all.push_str(text);
        all.push('\n');
        table.texts.insert(whole.to_owned(), all.into());
        let (whole, name) = (whole.to_owned(), name.to_owned());
        table.parts.push(NamedLines { whole, first: before + 1, name, line });
        before
    }

    /// A place as people know it: one in a part of a text that goes on, in the text of the part.
    pub fn original(&self, at: Site) -> Site {
        let table = self.0.lock();
        // What is missing at the end of a part is missed after it.
        let is_in = |part: &&NamedLines| part.whole == at.file && part.first <= at.line;
        match table.parts.iter().rev().find(is_in) {
            Some(part) => {
                Site { file: part.name.clone(), line: part.line + at.line - part.first, column: at.column }
            }
            None => at,
        }
    }

    pub fn clear(&self) {
        *self.0.lock() = Table::default();
    }

    /// The text of a source.
    pub fn get(&self, name: &str) -> Option<Arc<str>> {
        self.0.lock().texts.get(name).cloned()
    }

    /// Every source and its text, by name.
    pub fn all(&self) -> Vec<(String, Arc<str>)> {
        self.0.lock().texts.iter().map(|(name, text)| (name.clone(), text.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_text_that_goes_on_are_those_of_its_parts() {
        let sources = Sources::default();
        assert_eq!(sources.append("<all>", "a\nb", "<1>", 1), 0);
        assert_eq!(sources.append("<all>", "c", "file.rhai", 7), 2);
        assert_eq!(sources.append("<all>", "", "<2>", 1), 3);
        assert_eq!(sources.append("<all>", "d", "<3>", 1), 4);
        let at = |line| sources.original(Site { file: "<all>".into(), line, column: 2 });
        let shown: Vec<String> = (0..=6).map(|line| at(line).to_string()).collect();
        assert_eq!(shown, ["<all>", "<1>:1:2", "<1>:2:2", "file.rhai:7:2", "<2>:1:2", "<3>:1:2", "<3>:2:2"]);
        assert_eq!(sources.append("<all>", &"x\n".repeat(LINES_MAX), "<4>", 1), 0);
        assert_eq!(at(2).to_string(), "<4>:2:2");
    }
}
