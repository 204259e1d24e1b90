//! The line differences of two texts.

use similar::{ChangeTag, TextDiff};

/// Lines around a difference.
const CONTEXT: usize = 2;
/// More lines are not shown.
const LINES_MAX: usize = 60;

/// The lines in which they differ, `-` of the first, `+` of the second, with those around them.
pub(super) fn differences(left: &str, right: &str) -> Vec<String> {
    let (left, right) = (format!("{left}\n"), format!("{right}\n"));
    let compared = TextDiff::from_lines(&left, &right);
    let mut lines = Vec::new();
    for (index, group) in compared.grouped_ops(CONTEXT).iter().enumerate() {
        if index > 0 {
            lines.push("...".to_owned());
        }
        for change in group.iter().flat_map(|op| compared.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(format!("{sign} {}", change.value().trim_end_matches('\n')).trim_end().to_owned());
        }
    }
    let more = lines.len().saturating_sub(LINES_MAX);
    if more > 0 {
        lines.truncate(LINES_MAX);
        lines.push(format!("... and {more} more lines"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown_with_the_lines_around_it() {
        let left: Vec<String> = (1..=12).map(|number| format!("line {number}")).collect();
        let mut right = left.clone();
        right[1] = "second".to_owned();
        right[10].clear();
        let shown = differences(&left.join("\n"), &right.join("\n"));
        let expected = [
            "  line 1",
            "- line 2",
            "+ second",
            "  line 3",
            "  line 4",
            "...",
            "  line 9",
            "  line 10",
            "- line 11",
            "+",
            "  line 12",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_long_difference_is_cut() {
        let many =
            |word: &str| (0..100).map(|number| format!("{word} {number}")).collect::<Vec<_>>().join("\n");
        let shown = differences(&many("old"), &many("new"));
        assert_eq!((shown.len(), shown.last().map(String::as_str)), (61, Some("... and 140 more lines")));
    }
}
