//! Which files are migrations: wrangler's `migrations_pattern`, without the rarer forms of its glob language.

use super::error::MigrationError;

/// Alternatives, each a list of path segments.
pub(super) struct Pattern(Vec<Vec<String>>);

impl Pattern {
    /// Reads a pattern; one that begins with the folder, as in a wrangler config, means the same without it.
    pub(super) fn parse(pattern: &str, folder: &str) -> Result<Self, MigrationError> {
        let refuse = |why| Err(MigrationError::Pattern { pattern: pattern.to_owned(), why });
        if pattern.contains(['[', ']', '(', ')', '!', '\\', '|']) {
            return refuse("`[`, `(`, `!`, `|` and `\\` have no meaning here");
        }
        let tidy = |path: &str| path.trim_start_matches("./").trim_end_matches('/').to_owned();
        let whole = tidy(pattern);
        let inside = whole.strip_prefix(&tidy(folder)).and_then(|rest| rest.strip_prefix('/'));
        let Some(alternatives) = expand(inside.unwrap_or(&whole)) else {
            return refuse("a `{` or `}` stands alone");
        };
        if alternatives.iter().any(String::is_empty) {
            return refuse("it is empty");
        }
        Ok(Pattern(alternatives.iter().map(|text| text.split('/').map(str::to_owned).collect()).collect()))
    }

    /// Whether the file of that name, from the folder, is a migration.
    pub(super) fn matches(&self, name: &str) -> bool {
        let segments: Vec<&str> = name.split('/').collect();
        self.0.iter().any(|pattern| path(pattern, &segments))
    }
}

/// `a{b,c}` as `ab` and `ac`; `None` where braces do not match.
fn expand(text: &str) -> Option<Vec<String>> {
    let Some(open) = text.find('{') else {
        return (!text.contains('}')).then(|| vec![text.to_owned()]);
    };
    let (mut depth, mut begin, mut parts) = (0, open + 1, Vec::new());
    for (at, character) in text.char_indices().skip_while(|(at, _)| *at < open) {
        match character {
            '{' => depth += 1,
            ',' if depth == 1 => {
                parts.push(&text[begin..at]);
                begin = at + 1;
            }
            '}' if depth == 1 => {
                parts.push(&text[begin..at]);
                let whole = |part: &&str| expand(&format!("{}{part}{}", &text[..open], &text[at + 1..]));
                return parts.iter().map(whole).collect::<Option<Vec<_>>>().map(|all| all.concat());
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn path(pattern: &[String], segments: &[&str]) -> bool {
    match (pattern.split_first(), segments.split_first()) {
        (None, None) => true,
        (Some((first, rest)), _) if first == "**" => {
            path(rest, segments) || segments.split_first().is_some_and(|(_, left)| path(pattern, left))
        }
        (Some((first, rest)), Some((segment, left))) => {
            let (glob, text): (Vec<char>, Vec<char>) = (first.chars().collect(), segment.chars().collect());
            word(&glob, &text) && path(rest, left)
        }
        _ => false,
    }
}

fn word(glob: &[char], text: &[char]) -> bool {
    match (glob.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), _) => {
            word(rest, text) || text.split_first().is_some_and(|(_, left)| word(glob, left))
        }
        (Some(('?', rest)), Some((_, left))) => word(rest, left),
        (Some((one, rest)), Some((other, left))) => one == other && word(rest, left),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matching<'a>(pattern: &str, names: &[&'a str]) -> Vec<&'a str> {
        let pattern = Pattern::parse(pattern, "./db/migrations").unwrap();
        names.iter().copied().filter(|name| pattern.matches(name)).collect()
    }

    #[test]
    fn a_star_stays_in_its_folder() {
        let names = ["1.sql", "1.txt", "a/migration.sql", "a/b/migration.sql"];
        assert_eq!(matching("*.sql", &names), ["1.sql"]);
        assert_eq!(matching("*/migration.sql", &names), ["a/migration.sql"]);
        assert_eq!(matching("**/*.sql", &names), ["1.sql", "a/migration.sql", "a/b/migration.sql"]);
        assert_eq!(matching("?.{sql,txt}", &names), ["1.sql", "1.txt"]);
        assert_eq!(matching("{*.sql,{a,b}/migration.sql}", &names), ["1.sql", "a/migration.sql"]);
    }

    #[test]
    fn the_folder_may_stand_before_it() {
        assert_eq!(matching("db/migrations/*.sql", &["1.sql"]), ["1.sql"]);
        assert_eq!(matching("./db/migrations/*/m.sql", &["1.sql", "a/m.sql"]), ["a/m.sql"]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for pattern in ["[0-9]*.sql", "!x", "+(a).sql", "{a.sql", "a}.sql", ""] {
            assert!(Pattern::parse(pattern, "m").is_err(), "{pattern}");
        }
    }
}
