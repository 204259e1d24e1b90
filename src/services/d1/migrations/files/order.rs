//! The order of migrations: wrangler's (WR-5).

use std::cmp::Ordering;

/// Compares two names, path segment by path segment: by the number before the first `_`, numbered before unnumbered,
/// then by UTF-16 code units, as JavaScript does.
pub fn compare(one: &str, other: &str) -> Ordering {
    let (mut ones, mut others) = (one.split('/'), other.split('/'));
    loop {
        match (ones.next(), others.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(one), Some(other)) => {
                let order = segment(one, other);
                if order != Ordering::Equal {
                    return order;
                }
            }
        }
    }
}

fn segment(one: &str, other: &str) -> Ordering {
    let numbers = match (number(one), number(other)) {
        (Some(one), Some(other)) => one.cmp(&other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    };
    numbers.then_with(|| one.encode_utf16().cmp(other.encode_utf16()))
}

/// `parseInt` of what stands before the first `_`.
pub fn number(segment: &str) -> Option<i128> {
    let text = segment.split('_').next().unwrap_or_default().trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    if end == 0 { None } else { Some(digits[..end].parse().map_or(i128::MAX, |number: i128| sign * number)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(names: &[&'static str]) -> Vec<&'static str> {
        let mut names = names.to_vec();
        names.sort_by(|one, other| compare(one, other));
        names
    }

    #[test]
    fn numbers_count_as_numbers_and_come_first() {
        assert_eq!(
            sorted(&["seed.sql", "10_c.sql", "9_b.sql", "0001_a.sql", "Zeta.sql", "1_b.sql", "1.sql"]),
            ["0001_a.sql", "1.sql", "1_b.sql", "9_b.sql", "10_c.sql", "Zeta.sql", "seed.sql"]
        );
    }

    #[test]
    fn folders_are_compared_first() {
        assert_eq!(
            sorted(&["0010_b/migration.sql", "2_a/migration.sql", "2_a/0_first.sql", "0003.sql"]),
            ["2_a/0_first.sql", "2_a/migration.sql", "0003.sql", "0010_b/migration.sql"]
        );
    }

    #[test]
    fn ties_are_broken_by_code_units() {
        // U+FF21 is one unit above the surrogates of U+1F600.
        assert_eq!(sorted(&["1_\u{ff21}", "1_\u{1f600}"]), ["1_\u{1f600}", "1_\u{ff21}"]);
        assert_eq!(sorted(&["20260101000000000000000000000000000000000000_b", "3_a"])[0], "3_a");
    }
}
