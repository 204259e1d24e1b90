//! Reproduces the mistakes of D1's statement splitter (D1-9, D1-29).
//!
//! SQLite's tail pointer says what a statement is. What D1 makes of it differs for a trigger: it ends the trigger at the
//! first `END` before a semicolon, whatever it ends, and knows no trigger at all where Windows' line ends stand in it or its
//! `begin` is not in upper case; then its first semicolon ends it. Either way SQLite is given a piece, and says that the
//! input is incomplete. Imports are not split like that.
//!
//! **Invariant:** a statement that is no trigger is always left whole.

/// Whether D1 would give SQLite only a piece of this one statement, which a semicolon may follow.
pub(super) fn cuts(statement: &str) -> bool {
    let pieces = pieces(statement);
    let words: Vec<&SplitToken<'_>> = pieces.iter().filter(|piece| piece.is_word).collect();
    let Some(begin) = begin(&words) else { return false };
    let mut inside = pieces.iter().filter(|piece| piece.at > words[begin].at && !piece.is_quoted);
    let has_windows_line_end = inside.any(|piece| statement[piece.at..].starts_with("\r\n"));
    let body = &words[begin + 1..];
    let first_end = body.windows(2).position(|pair| pair[0].is("END") && pair[1].text == ";");
    // The trigger's own is its last word.
    words[begin].text != "BEGIN" || has_windows_line_end || first_end.is_some_and(|at| at + 2 < body.len())
}

/// A word, quoted text, or a single character; comments are taken apart like anything else that is not quoted.
#[derive(Clone, Copy, Debug)]
struct SplitToken<'a> {
    at: usize,
    text: &'a str,
    is_quoted: bool,
    /// A word or a character that means something.
    is_word: bool,
}

impl SplitToken<'_> {
    fn is(&self, other: &str) -> bool {
        self.text.eq_ignore_ascii_case(other)
    }
}

/// Which word begins the body of a trigger; `None` for anything else.
fn begin(words: &[&SplitToken<'_>]) -> Option<usize> {
    let is = |at: usize, name: &str| words.get(at).is_some_and(|word| word.is(name));
    let kind = 1 + usize::from(is(1, "TEMP") || is(1, "TEMPORARY"));
    if !is(0, "CREATE") || !is(kind, "TRIGGER") {
        return None;
    }
    words.iter().position(|word| word.is("BEGIN"))
}

fn pieces(sql: &str) -> Vec<SplitToken<'_>> {
    let mut pieces = Vec::new();
    let (mut at, mut comment_end) = (0, 0);
    while let Some(first) = sql[at..].chars().next() {
        let rest = &sql[at..];
        if at >= comment_end {
            comment_end = comment(rest).map_or(0, |length| at + length);
        }
        let is_comment = at < comment_end;
        let is_quoted = !is_comment && matches!(first, '\'' | '"' | '`' | '[');
        let length = match first {
            '[' if is_quoted => rest.find(']').map_or(rest.len(), |end| end + 1),
            // A doubled quote reads as two texts, which comes to the same.
            quote if is_quoted => rest[1..].find(quote).map_or(rest.len(), |end| end + 2),
            _ if is_of_word(first) => rest.find(|next: char| !is_of_word(next)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let is_word = !is_quoted && !is_comment && !first.is_whitespace();
        pieces.push(SplitToken { at, text: &rest[..length], is_quoted, is_word });
        at += length;
    }
    pieces
}

/// The length of the comment that begins here.
fn comment(rest: &str) -> Option<usize> {
    if rest.starts_with("--") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    let inner = rest.strip_prefix("/*")?;
    Some(inner.find("*/").map_or(rest.len(), |end| end + 4))
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "CREATE TRIGGER r AFTER INSERT ON t BEGIN ";

    #[test]
    fn a_trigger_is_cut_at_the_first_end_before_a_semicolon() {
        for body in [
            "UPDATE t SET a = CASE WHEN b THEN 1 END; END",
            "SELECT 1; SELECT CASE b WHEN 1 THEN 2 end ; SELECT 3; END",
            "UPDATE t SET a = CASE WHEN b THEN 1 END /* x */ ; END;",
        ] {
            assert!(cuts(&format!("{HEAD}{body}")), "{body}");
        }
        for body in [
            "SELECT 1; END",
            "SELECT 1; END;",
            "UPDATE t SET a = (CASE WHEN b THEN 1 END); END",
            "UPDATE t SET a = CASE WHEN b THEN 1 END WHERE c; END",
            "SELECT 'END;', \"END;\", [END;]; -- END;\n END",
        ] {
            assert!(!cuts(&format!("{HEAD}{body}")), "{body}");
        }
    }

    #[test]
    fn a_trigger_is_known_by_its_begin_in_upper_case_alone() {
        for (begin, is_cut) in [("BEGIN", false), ("begin", true), ("Begin", true)] {
            assert_eq!(
                cuts(&format!("create trigger r after insert on t {begin} select 1; end")),
                is_cut,
                "{begin}"
            );
        }
    }

    #[test]
    fn windows_line_ends_in_a_trigger_and_nowhere_else() {
        assert!(cuts("create temp trigger r AFTER INSERT ON t BEGIN\r\nSELECT 1;\r\nEND"));
        assert!(!cuts("CREATE TRIGGER r AFTER INSERT ON t BEGIN\nSELECT 'a\r\nb';\nEND"));
        assert!(cuts("CREATE TRIGGER r AFTER INSERT ON t BEGIN -- it's\r\nSELECT 1; END"));
        assert!(!cuts("-- a\r\nCREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END"));
        assert!(!cuts("SELECT 1,\r\n2"));
        assert!(!cuts("CREATE TABLE t (\r\na)"));
        assert!(!cuts("SELECT CASE WHEN 1 THEN 2 END;"));
    }
}
