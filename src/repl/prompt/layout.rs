//! The layout of the completion list.

use crate::escape::escape;
use crate::script::complete::Candidate;
use rustyline::completion::Pair;

/// Between what is written and what it is for.
pub(super) const GAP: &str = "  ";

/// As the line editor lists them: one a line where any has something to say, else in columns.
pub(super) fn laid_out(candidates: Vec<Candidate>, columns: usize) -> Vec<Pair> {
    let is_told = candidates.iter().any(|one| !one.about.is_empty());
    let shows = candidates.iter().map(|one| one.show.chars().count());
    let widest = shows.max().unwrap_or_default().min(columns / 2);
    let line = |one: &Candidate| {
        let show = escape(&one.show);
        if !is_told {
            return cut(&show, columns.saturating_sub(3));
        }
        let about = escape(one.about.trim_end_matches('.'));
        let text = cut(format!("{show:<widest$}{GAP}{about}").trim_end(), columns.saturating_sub(3));
        // The editor makes columns of what is narrower than half a line.
        format!("{text:<width$}", width = columns / 2)
    };
    candidates.iter().map(|one| Pair { display: line(one), replacement: one.insert.clone() }).collect()
}

/// A text of at most so many characters.
pub(super) fn cut(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    let kept: String = text.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_what_things_are_and_is_cut_to_the_line() {
        let list = vec![
            Candidate::new("kv::ensure(", "kv::ensure(title, [options])", "Makes sure that it exists."),
            Candidate::word("kv::list(", ""),
        ];
        let lines = |columns| -> Vec<String> {
            laid_out(list.clone(), columns).into_iter().map(|pair| pair.display).collect()
        };
        assert_eq!(
            lines(60),
            ["kv::ensure(title, [options])  Makes sure that it exists", "kv::list(                     ",]
        );
        assert_eq!(lines(40)[0], "kv::ensure(title, [options])  Makes…");
        let plain = laid_out(vec![Candidate::word("a", ""), Candidate::word("\u{1b}b", "")], 60);
        assert_eq!(plain.into_iter().map(|pair| pair.display).collect::<Vec<_>>(), ["a", "\\u{1b}b"]);
    }
}
