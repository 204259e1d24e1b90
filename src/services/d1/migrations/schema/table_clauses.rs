//! The clauses of a `CREATE TABLE` that no pragma returns: checks, collations, generated columns, conflict clauses,
//! and deferred constraints.

use super::super::sql::lexer::{lex, unquoted};
use super::normal_form::normal;
use std::collections::{BTreeMap, BTreeSet};

/// What only the text of a `CREATE TABLE` gives.
#[derive(Default)]
pub struct TableClauses {
    /// Each in normal form, and as written.
    pub checks: BTreeMap<String, String>,
    /// `COLLATE` and `AS`, by the name of the column.
    pub of_columns: BTreeMap<String, BTreeSet<String>>,
    /// `UNIQUE (a) ON CONFLICT IGNORE`, `FOREIGN KEY (a) DEFERRABLE INITIALLY DEFERRED`.
    pub clauses: BTreeSet<String>,
    /// `AUTOINCREMENT`.
    pub is_counted: bool,
}

impl TableClauses {
    /// Reads it from the tokens, since the grammar's crate can't read every table.
    pub fn read(sql: &str) -> Self {
        let tokens = lex(sql).all;
        let texts: Vec<&str> = tokens.iter().map(|token| &sql[token.span.clone()]).collect();
        let is_counted = texts.iter().any(|text| text.eq_ignore_ascii_case("AUTOINCREMENT"));
        let mut written = TableClauses { is_counted, ..TableClauses::default() };
        let (mut depth, mut column, mut is_first, mut begin) = (0_usize, String::new(), true, 0);
        for (index, text) in texts.iter().enumerate() {
            match *text {
                "(" => {
                    depth += 1;
                    continue;
                }
                ")" => {
                    depth = depth.saturating_sub(1);
                    continue;
                }
                _ if depth != 1 => continue,
                "," => {
                    is_first = true;
                    continue;
                }
                _ => {}
            }
            if std::mem::take(&mut is_first) {
                column = unquoted(text).to_ascii_lowercase();
                begin = index;
                if !text.eq_ignore_ascii_case("CHECK") {
                    continue;
                }
            }
            written.take(&column, index, &texts);
            written.clauses.extend(clause(&column, &texts[begin..=index]));
        }
        written
    }

    fn take(&mut self, column: &str, index: usize, texts: &[&str]) {
        match texts[index].to_ascii_uppercase().as_str() {
            "CHECK" => self.check(index, texts),
            "COLLATE" => {
                let collation = texts.get(index + 1).map(|name| unquoted(name).to_ascii_uppercase());
                if let Some(collation) = collation.filter(|name| name != "BINARY") {
                    self.more(column, format!("COLLATE {collation}"));
                }
            }
            "AS" => self.more(column, format!("AS ({})", normal(&inside(index + 1, texts).join(" ")))),
            _ => {}
        }
    }

    fn more(&mut self, column: &str, words: String) {
        self.of_columns.entry(column.to_owned()).or_default().insert(words);
    }

    fn check(&mut self, index: usize, texts: &[&str]) {
        let words = inside(index + 1, texts).join(" ");
        if !words.is_empty() {
            self.checks.insert(normal(&words), words);
        }
    }
}

/// What the end of a definition so far says of the constraint before it, which is of `column` where it names none.
fn clause(column: &str, texts: &[&str]) -> Option<String> {
    let upper: Vec<String> = texts.iter().map(|text| text.to_ascii_uppercase()).collect();
    let upper: Vec<&str> = upper.iter().map(String::as_str).collect();
    let (before, words) = match &upper[..] {
        [before @ .., "ON", "CONFLICT", action] if *action != "ABORT" => {
            (before, format!("ON CONFLICT {action}"))
        }
        [.., "NOT", "DEFERRABLE", "INITIALLY", "DEFERRED"] => return None,
        [before @ .., "DEFERRABLE", "INITIALLY", "DEFERRED"] => {
            (before, "DEFERRABLE INITIALLY DEFERRED".to_owned())
        }
        _ => return None,
    };
    let outside = outside(before);
    let last_of = |words: &[&str]| outside.iter().rev().find(|at| words.contains(&before[**at])).copied();
    // The columns of a foreign key stand before what it points at, those of other keys after their own words.
    let (what, key) = if words.starts_with("DEFERRABLE") {
        // It is of the last foreign key, whatever stands between them.
        last_of(&["REFERENCES"])?;
        ("FOREIGN KEY", last_of(&["FOREIGN"]).map(|at| at + 1))
    } else {
        match last_of(&["NULL", "UNIQUE", "KEY", "CHECK"])? {
            at if before[at] == "NULL" && at > 0 && before[at - 1] == "NOT" => ("NOT NULL", None),
            at if before[at] == "UNIQUE" => ("UNIQUE", Some(at)),
            at if before[at] == "KEY" => ("PRIMARY KEY", Some(at)),
            // SQLite heeds none of a check.
            _ => return None,
        }
    };
    let names = |open: usize| {
        let inside = inside(open, texts);
        let first = inside.split(|text| *text == ",").filter_map(|part| part.first());
        first.map(|name| unquoted(name).to_ascii_lowercase()).collect::<Vec<_>>().join(", ")
    };
    let open = key.map(|key| key + 1).filter(|open| before.get(*open) == Some(&"("));
    let columns = open.map_or_else(|| column.to_owned(), names);
    Some(format!("{what} ({columns}) {words}"))
}

/// Which of the words are in no parentheses.
fn outside(texts: &[&str]) -> Vec<usize> {
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match *text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth == 0 => found.push(index),
            _ => {}
        }
    }
    found
}

/// What stands between the parenthesis at `open` and its end.
fn inside<'a>(open: usize, texts: &[&'a str]) -> Vec<&'a str> {
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for text in texts.iter().skip(open) {
        match *text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            break;
        }
        found.push(*text);
    }
    found.split_off(found.len().min(1))
}
