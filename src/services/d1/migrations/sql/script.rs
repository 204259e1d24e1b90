//! A text of SQL with its statements, split as SQLite does.
//!
//! Where a statement ends is decided by the tokens, with the rule that SQLite publishes for it (SQL-1): at a semicolon, and for a
//! trigger at the `END;` that follows a semicolon, which no `CASE ... END;` inside can be. What a statement is, the grammar
//! says; what the grammar's crate can't read and SQLite can is known by its first words.
//!
//! **Invariant:** between two statements stand blanks, comments and semicolons only.

use super::kind::StatementKind;
use super::lexer::{Token, Tokens, lex, place};
use sqlite3_parser::dialect::TokenType;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

#[derive(Clone, Debug)]
pub struct Statement {
    /// Without the final semicolon.
    pub text: String,
    /// Its bytes in the script.
    pub span: Range<usize>,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    pub kind: StatementKind,
    /// Its tokens, with their bytes in `text`.
    pub tokens: Vec<Token>,
}

impl Statement {
    /// What a token of it says.
    pub fn word(&self, token: &Token) -> &str {
        &self.text[token.span.clone()]
    }

    /// Whether it has such a token.
    pub fn has(&self, kind: TokenType) -> bool {
        self.tokens.iter().any(|token| token.kind == Some(kind))
    }
}

/// SQL that is cut into statements once, whoever asks for them: lint, rehearsal, guard, import, positions.
#[derive(Clone)]
pub struct Script(Arc<Inner>);

struct Inner {
    text: String,
    read: OnceLock<Read>,
}

struct Read {
    statements: Vec<Statement>,
    comments: Vec<String>,
    open_comment: Option<(usize, usize)>,
    semicolons: Vec<usize>,
}

impl Script {
    /// Nothing is read yet.
    pub fn new(text: impl Into<String>) -> Self {
        Script(Arc::new(Inner { text: text.into(), read: OnceLock::new() }))
    }

    /// As it was given.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// In order.
    pub fn statements(&self) -> &[Statement] {
        &self.read().statements
    }

    /// The texts of the comments.
    pub fn comments(&self) -> &[String] {
        &self.read().comments
    }

    /// Line and column of a comment that is never closed.
    pub fn open_comment(&self) -> Option<(usize, usize)> {
        self.read().open_comment
    }

    /// Where each semicolon ends, those inside triggers included.
    pub fn semicolons(&self) -> &[usize] {
        &self.read().semicolons
    }

    /// The text without what follows its last statement, and with one semicolon after that.
    pub fn through_last_statement(&self) -> String {
        let end = self.statements().last().map(|last| last.span.end);
        end.map(|end| self.text()[..end].to_owned() + ";").unwrap_or_default()
    }

    fn read(&self) -> &Read {
        self.0.read.get_or_init(|| read(&self.0.text))
    }
}

impl PartialEq for Script {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Script {}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(f)
    }
}

fn read(sql: &str) -> Read {
    let found = lex(sql);
    // SQLite takes a byte-order mark for a blank, the grammar's crate for a letter.
    let mut plain = sql.to_owned();
    for &mark in &found.marks {
        plain.replace_range(mark..mark + 3, "   ");
    }
    let statements = spans(sql, &found).into_iter().map(|(span, tokens)| {
        let (line, column) = place(sql, span.start);
        let kind = StatementKind::read(&plain[span.clone()]);
        let of_statement = |token: &Token| Token {
            kind: token.kind,
            span: token.span.start - span.start..token.span.end - span.start,
        };
        let tokens = found.all[tokens].iter().map(of_statement).collect();
        Statement { text: sql[span.clone()].to_owned(), span, line, column, kind, tokens }
    });
    Read {
        statements: statements.collect(),
        comments: found.comments.iter().map(|span| sql[span.clone()].to_owned()).collect(),
        open_comment: found.open_comment.map(|at| place(sql, at)),
        semicolons: found
            .all
            .iter()
            .filter(|token| token.kind == Some(TokenType::TK_SEMI))
            .map(|token| token.span.end)
            .collect(),
    }
}

/// Each statement's bytes, and which of the tokens are its own.
fn spans(sql: &str, found: &Tokens) -> Vec<(Range<usize>, Range<usize>)> {
    let mut spans = Vec::new();
    let mut first = 0;
    let kind = |index: usize| found.all[index].kind;
    for (index, token) in found.all.iter().enumerate() {
        if token.kind != Some(TokenType::TK_SEMI) {
            continue;
        }
        if first < index {
            let ends_trigger = index >= first + 2
                && kind(index - 1) == Some(TokenType::TK_END)
                && kind(index - 2) == Some(TokenType::TK_SEMI);
            if is_trigger(sql, &found.all[first..index]) && !ends_trigger {
                continue;
            }
            spans.push((found.all[first].span.start..found.all[index - 1].span.end, first..index));
        }
        first = index + 1;
    }
    if let (Some(begin), Some(end)) = (found.all.get(first), found.all.last()) {
        // An open trigger may end in semicolons, which belong to it.
        spans.push((begin.span.start..end.span.end, first..found.all.len()));
    }
    spans
}

/// `[EXPLAIN [QUERY PLAN]] CREATE [TEMP | TEMPORARY] TRIGGER`.
pub fn is_trigger(sql: &str, tokens: &[Token]) -> bool {
    let mut words = tokens.iter().map(|token| sql[token.span.clone()].to_ascii_uppercase()).peekable();
    if words.next_if(|word| word == "EXPLAIN").is_some() && words.next_if(|word| word == "QUERY").is_some() {
        words.next_if(|word| word == "PLAN");
    }
    if words.next_if(|word| word == "CREATE").is_none() {
        return false;
    }
    words.next_if(|word| word == "TEMP" || word == "TEMPORARY");
    words.next_if(|word| word == "TRIGGER").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<String> {
        Script::new(sql).statements().iter().map(|statement| statement.text.clone()).collect()
    }

    #[test]
    fn a_trigger_is_one_statement() {
        let trigger = "CREATE TRIGGER r AFTER UPDATE ON t WHEN CASE NEW.a WHEN 1 THEN 0 ELSE 1 END BEGIN\n\
             UPDATE t SET b = CASE WHEN a THEN 1 ELSE 2 END;\nSELECT ';END;'; -- END;\nEND";
        let sql = format!("CREATE TABLE t (a, b);{trigger};;SELECT 1");
        assert_eq!(texts(&sql), ["CREATE TABLE t (a, b)", trigger, "SELECT 1"]);
        assert_eq!(
            texts(&format!("explain query plan {trigger} ; x")),
            [&format!("explain query plan {trigger}"), "x"]
        );
    }

    #[test]
    fn places_and_kinds() {
        let script = Script::new("\u{feff}-- a\r\nSELECT 'ü;';  DROP TABLE t\n/* b");
        let [select, drop] = script.statements() else { panic!("{script:?}") };
        assert_eq!((select.line, select.column, &select.kind), (2, 1, &StatementKind::Other));
        assert_eq!(
            (drop.line, drop.column, &drop.kind),
            (2, 15, &StatementKind::DropTable { name: "t".into() })
        );
        assert_eq!(script.comments(), ["-- a\r", "/* b"]);
        assert_eq!(script.open_comment(), Some((3, 1)));
        assert_eq!(Script::new("SELECT 1;\u{feff} VACUUM").statements()[1].kind, StatementKind::Vacuum);
    }

    #[test]
    fn nothing_is_no_statement() {
        for sql in ["", ";", " ; ;\n", "-- x", "/* x; */", "\u{feff}", "/* open;"] {
            assert_eq!(texts(sql), Vec::<String>::new(), "{sql:?}");
        }
    }

    #[test]
    fn what_is_open_is_the_last_statement() {
        assert_eq!(texts("SELECT 1; SELECT 'a; b"), ["SELECT 1", "SELECT 'a; b"]);
        let open = "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; SELECT 2;";
        assert_eq!(texts(open), [open]);
        assert_eq!(Script::new(open).statements()[0].kind, StatementKind::Unread);
    }
}
