//! The beginning of a statement, as its label in reports.
//!
//! **Invariant:** no literal and no comment is in it, and no word is cut: a part of a secret is a secret, too.

const CHARS_MAX: usize = 48;

/// Words that a name follows: only behind one of them is text in double quotes a name and not, as SQLite may read it, a
/// string (SQL-6).
const BEFORE_NAMES: [&str; 11] =
    ["into", "from", "table", "update", "join", "exists", "index", "view", "trigger", "on", "column"];

/// The first words of a text of SQL, up to its first value; `None` where there are none.
pub(super) fn beginning(sql: &str) -> Option<String> {
    let (mut text, mut last, mut rest) = (String::new(), "", sql);
    while let Some((blank, word)) = next(&mut rest) {
        let blank = if text.is_empty() { "" } else { blank };
        let chars = text.chars().count() + blank.len() + word.chars().count();
        if is_value(word, last) || chars > CHARS_MAX {
            return Some(format!("{text} ...").trim_start().to_owned());
        }
        text = text + blank + word;
        last = word;
    }
    Some(text).filter(|text| !text.is_empty())
}

fn is_value(word: &str, last: &str) -> bool {
    match word.chars().next() {
        Some('"') => !BEFORE_NAMES.iter().any(|known| known.eq_ignore_ascii_case(last)),
        Some('\'' | '=' | '<' | '>' | '0'..='9') => true,
        _ => word.eq_ignore_ascii_case("values"),
    }
}

/// The next word and what stands before it: a name, a quoted text, or one other character; comments are blanks.
fn next<'a>(rest: &mut &'a str) -> Option<(&'static str, &'a str)> {
    let before = rest.len();
    loop {
        *rest = rest.trim_start();
        if let Some(comment) = rest.strip_prefix("--") {
            *rest = comment.find('\n').map_or("", |end| &comment[end..]);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            *rest = comment.find("*/").map_or("", |end| &comment[end + 2..]);
        } else {
            break;
        }
    }
    let blank = if rest.len() < before { " " } else { "" };
    let first = rest.chars().next()?;
    let is_name = |c: char| c.is_alphanumeric() || "_$.".contains(c);
    let end = match first {
        '"' | '`' | '\'' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
        '[' => rest.find(']').map_or(rest.len(), |end| end + 1),
        c if is_name(c) => rest.find(|c| !is_name(c)).unwrap_or(rest.len()),
        c => c.len_utf8(),
    };
    let (word, after) = rest.split_at(end);
    *rest = after;
    Some((blank, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_told_up_to_its_first_value() {
        for (sql, begins) in [
            ("DELETE FROM jobs", "DELETE FROM jobs"),
            ("INSERT INTO t VALUES ('s3cret')", "INSERT INTO t ..."),
            ("INSERT INTO t (a, b) VALUES (1, 2)", "INSERT INTO t (a, b) ..."),
            ("UPDATE t SET pin = 1234", "UPDATE t SET pin ..."),
            ("UPDATE t\n  SET x=?1", "UPDATE t SET x ..."),
            ("DELETE FROM t WHERE name LIKE \"s3cret\"", "DELETE FROM t WHERE name LIKE ..."),
            ("INSERT INTO \"t\" SELECT \"s3cret\"", "INSERT INTO \"t\" SELECT ..."),
            ("DELETE FROM t WHERE a LIKE'73'", "DELETE FROM t WHERE a LIKE ..."),
            ("DELETE FROM t WHERE a IN (x'73')", "DELETE FROM t WHERE a IN (x ..."),
            ("-- s3cret\n/* s3cret */ DROP TABLE [a b]", "DROP TABLE [a b]"),
            ("SELECT 's3cret", "SELECT ..."),
            ("PRAGMA optimize; DELETE FROM t", "PRAGMA optimize; DELETE FROM t"),
        ] {
            assert_eq!(beginning(sql).as_deref(), Some(begins));
        }
        assert_eq!(beginning(" -- nothing"), None);
        assert_eq!(beginning("/* s3cret"), None);
    }

    #[test]
    fn a_long_one_is_cut_between_words() {
        let columns = ["column_name"; 9].join(", ");
        let long = beginning(&format!("ALTER TABLE users ADD {columns}")).unwrap();
        assert_eq!(long, "ALTER TABLE users ADD column_name, column_name, ...");
        assert_eq!(beginning(&format!("DROP TABLE {}", "t".repeat(99))).unwrap(), "DROP TABLE ...");
        assert_eq!(beginning(&"t".repeat(99)).unwrap(), "...");
    }
}
