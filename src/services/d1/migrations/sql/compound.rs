//! Rewrites triggers to a form that D1's splitter does not break.
//!
//! D1 takes the `END;` of a `CASE` inside a trigger for the trigger's, and then finds the rest incomplete; a `CASE` in
//! parentheses it leaves alone (D1-9). It knows a trigger by a `BEGIN` in upper case alone (D1-29). To SQLite all of these are
//! the same. Windows' line ends, which it trips over as well, are gone since the file was read.
//!
//! **Invariant:** only parentheses are added and a `begin` is raised, and only where SQLite reads the same statement.

use super::kind::StatementKind;
use super::lexer::{Token, place};
use super::script::{Script, is_trigger};
use sqlite3_parser::dialect::TokenType;
use std::ops::Range;

/// A file as it can be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct CompatibleScript {
    pub sql: Script,
    /// What was changed in it, by line and column.
    pub changed: Vec<(usize, usize, Rewrite)>,
    /// Line and column of each trigger that there is no such form of.
    pub unfit: Vec<(usize, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rewrite {
    /// A `CASE` was put in parentheses.
    Enclosed,
    /// A `begin` is in upper case.
    Raised,
}

impl Rewrite {
    /// In a note about the place.
    pub fn words(self) -> &'static str {
        match self {
            Rewrite::Enclosed => {
                "this `CASE` is sent in parentheses: D1 would take its `END;` for that of the trigger"
            }
            Rewrite::Raised => "this `begin` is sent as `BEGIN`: D1 knows a trigger by upper case alone",
        }
    }
}

/// One report has D1 cut a file of 61,313 bytes, where one of 32,965 went through (D1-10).
pub const QUERY_BYTES_MAX: usize = 60_000;

/// Why a file goes in as an import, which SQLite itself cuts; `None` for one that goes as a query.
pub fn needs_import(script: &Script) -> Option<String> {
    let bytes = script.text().len();
    if bytes > QUERY_BYTES_MAX {
        return Some(format!(
            "it has {bytes} bytes, and not much more than {QUERY_BYTES_MAX} are known to go through"
        ));
    }
    let (line, column) = *fit(script).unfit.first()?;
    Some(format!("D1 would cut the trigger in line {line}, column {column} at the `END;` of a `CASE`"))
}

/// Puts each `CASE ... END;` inside a trigger in parentheses, and its `begin` in upper case.
pub fn fit(script: &Script) -> CompatibleScript {
    let sql = script.text();
    let (mut text, mut copied) = (String::new(), 0);
    let (mut changed, mut unfit) = (Vec::new(), Vec::new());
    for statement in script.statements() {
        let span = &statement.span;
        if !is_trigger(&statement.text, &statement.tokens) {
            continue;
        }
        let Some(cases) = open_cases(&statement.tokens) else {
            unfit.push((statement.line, statement.column));
            continue;
        };
        let begin = low_begin(&statement.text, &statement.tokens);
        let edits = begin.map(|span| (span, Rewrite::Raised));
        let edits: Vec<(Range<usize>, Rewrite)> =
            edits.into_iter().chain(cases.into_iter().map(|span| (span, Rewrite::Enclosed))).collect();
        if edits.is_empty() {
            continue;
        }
        let whole = rewrite(&statement.text, &edits);
        if StatementKind::read(&whole) == StatementKind::Unread {
            unfit.push((statement.line, statement.column));
            continue;
        }
        changed.extend(edits.iter().map(|(place_in, edit)| {
            let (line, column) = place(sql, span.start + place_in.start);
            (line, column, *edit)
        }));
        text.push_str(&sql[copied..span.start]);
        text.push_str(&whole);
        copied = span.end;
    }
    if copied == 0 {
        return CompatibleScript { sql: script.clone(), changed, unfit };
    }
    text.push_str(&sql[copied..]);
    CompatibleScript { sql: Script::new(text), changed, unfit }
}

/// The `begin` of a trigger that is not in upper case: the first that a statement follows, since one that is a name, which it
/// may be, stands before something else.
fn low_begin(sql: &str, tokens: &[Token]) -> Option<Range<usize>> {
    let begins_statement = |kind: Option<TokenType>| {
        matches!(
            kind,
            Some(
                TokenType::TK_INSERT
                    | TokenType::TK_REPLACE
                    | TokenType::TK_UPDATE
                    | TokenType::TK_DELETE
                    | TokenType::TK_SELECT
                    | TokenType::TK_WITH
                    | TokenType::TK_VALUES
            )
        )
    };
    let begin = tokens
        .windows(2)
        .find(|pair| pair[0].kind == Some(TokenType::TK_BEGIN) && begins_statement(pair[1].kind))?;
    let span = begin[0].span.clone();
    (&sql[span.clone()] != "BEGIN").then_some(span)
}

/// The outermost `CASE ... END` that a semicolon follows; `None` where that can't be told, because `end` is a name, too.
fn open_cases(tokens: &[Token]) -> Option<Vec<Range<usize>>> {
    let has_cases = tokens.iter().any(|token| token.kind == Some(TokenType::TK_CASE));
    let mut open: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.kind {
            Some(TokenType::TK_CASE) => open.push(token.span.start),
            Some(TokenType::TK_END) => {
                let next = tokens.get(index + 1).and_then(|next| next.kind);
                let is_followed = next == Some(TokenType::TK_SEMI);
                match open.pop() {
                    Some(begin) if is_followed => found.push(begin..token.span.end),
                    None if is_followed && has_cases => return None,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    Some(found)
}

/// In the order of their places.
fn rewrite(text: &str, edits: &[(Range<usize>, Rewrite)]) -> String {
    let mut whole = String::with_capacity(text.len() + 2 * edits.len());
    let mut copied = 0;
    for (span, edit) in edits {
        whole.push_str(&text[copied..span.start]);
        match edit {
            Rewrite::Raised => whole.push_str("BEGIN"),
            Rewrite::Enclosed => {
                whole.push('(');
                whole.push_str(&text[span.clone()]);
                whole.push(')');
            }
        }
        copied = span.end;
    }
    whole + &text[copied..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn a_case_before_a_semicolon_is_enclosed() {
        let sql = "SELECT CASE WHEN 1 THEN 2 END;\nCREATE TRIGGER r AFTER UPDATE ON t BEGIN\n  UPDATE t SET a = \
             CASE WHEN NEW.a THEN CASE b WHEN 1 THEN 2 END ELSE 3 end /* x */ ;\n  SELECT (CASE a WHEN 1 THEN 2 END);\n  \
             UPDATE t SET a = CASE WHEN b THEN 1 END WHERE b;\nEND;\n";
        let fitted = fit(&Script::new(sql));
        let case = "CASE WHEN NEW.a THEN CASE b WHEN 1 THEN 2 END ELSE 3 end";
        assert_eq!(fitted.sql.text(), sql.replace(case, &format!("({case})")));
        assert_eq!((fitted.changed, fitted.unfit), (vec![(3, 20, Rewrite::Enclosed)], vec![]));
        assert_eq!(fit(&fitted.sql).sql, fitted.sql);
    }

    #[test]
    fn a_begin_is_raised_and_a_name_is_not() {
        let fitted = |sql: &str| {
            let fitted = fit(&Script::new(sql));
            assert_eq!(fitted.unfit, []);
            (fitted.sql.text().to_owned(), fitted.changed)
        };
        let low =
            "create trigger r after insert on t when new.a\nbegin\n  select case a when 1 then 2 end;\nend;";
        let raised =
            low.replace("begin", "BEGIN").replace("case a when 1 then 2 end", "(case a when 1 then 2 end)");
        assert_eq!(fitted(low), (raised, vec![(2, 1, Rewrite::Raised), (3, 10, Rewrite::Enclosed)]));
        let names = "CREATE TRIGGER begin AFTER UPDATE OF begin ON begin WHEN begin BEGIN UPDATE begin SET begin = 1; END";
        assert_eq!(fitted(names), (names.to_owned(), vec![]));
        let last = "CREATE TRIGGER r AFTER UPDATE ON begin WHEN begin Begin WITH begin AS (SELECT 1) SELECT 1 FROM begin; END";
        let place = last.find("Begin").unwrap() + 1;
        assert_eq!(fitted(last), (last.replace("Begin", "BEGIN"), vec![(1, place, Rewrite::Raised)]));
    }

    #[test]
    fn both_forms_do_the_same() {
        let sql = "CREATE TABLE t (a, b); CREATE TRIGGER r AFTER INSERT ON t begin UPDATE t SET b = CASE WHEN NEW.a > 1 \
             THEN 'big' ELSE 'small' END; END; INSERT INTO t (a) VALUES (1); INSERT INTO t (a) VALUES (2);";
        let run = |sql: &str| {
            let database = Connection::open_in_memory().unwrap();
            database.execute_batch(sql).unwrap();
            database.query_row("SELECT group_concat(b) FROM t", [], |row| row.get::<_, String>(0)).unwrap()
        };
        assert_ne!(fit(&Script::new(sql)).sql.text(), sql);
        assert_eq!(run(fit(&Script::new(sql)).sql.text()), run(sql));
        assert_eq!(run(sql), "big,big");
    }

    #[test]
    fn a_column_named_end_is_not_mistaken() {
        let sql = "CREATE TRIGGER r AFTER INSERT ON t BEGIN UPDATE t SET end = 1; SELECT end; END";
        assert_eq!(
            fit(&Script::new(sql)),
            CompatibleScript { sql: Script::new(sql), changed: vec![], unfit: vec![] }
        );
        let odd = "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT CASE WHEN end THEN 1 ELSE end END; END";
        assert_eq!(
            fit(&Script::new(odd)),
            CompatibleScript { sql: Script::new(odd), changed: vec![], unfit: vec![(1, 1)] }
        );
    }
}
