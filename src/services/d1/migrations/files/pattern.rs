//! Which files are migrations: wrangler's `migrations_pattern`, without the rarer forms of its glob language.
//!
//! **Invariant:** what is taken means what it means to wrangler (WR-6); anything else is refused.

use super::super::error::MigrationError;
use globset::{ErrorKind, GlobBuilder, GlobMatcher};

/// A pattern that is understood.
pub struct Pattern(GlobMatcher);

impl Pattern {
    /// Reads a pattern; one that begins with the folder, as in a wrangler config, means the same without it.
    pub fn parse(pattern: &str, folder: &str) -> Result<Self, MigrationError> {
        let refuse = |why| MigrationError::Pattern { pattern: pattern.to_owned(), why };
        let tidy = |path: &str| path.trim_start_matches("./").trim_end_matches('/').to_owned();
        let whole = tidy(pattern);
        let inside = whole.strip_prefix(&tidy(folder)).and_then(|rest| rest.strip_prefix('/'));
        let text = checked(inside.unwrap_or(&whole)).map_err(refuse)?;
        let glob = GlobBuilder::new(&text).literal_separator(true).empty_alternates(true).build();
        let glob = glob.map_err(|error| {
            refuse(match error.kind() {
                ErrorKind::UnclosedClass => "a `[` is not closed",
                ErrorKind::InvalidRange(..) => "a range in `[..]` runs backwards",
                ErrorKind::UnclosedAlternates | ErrorKind::UnopenedAlternates => "a `{` or `}` stands alone",
                _ => "it is no pattern",
            })
        })?;
        Ok(Pattern(glob.compile_matcher()))
    }

    /// Whether the file of that name, from the folder, is a migration.
    pub fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

/// The pattern as the library takes it, or why it is refused: there, a class may match the `/` between folders.
fn checked(pattern: &str) -> Result<String, &'static str> {
    if pattern.is_empty() {
        return Err("it is empty");
    }
    let mut text = String::new();
    let mut rest = pattern;
    // For each open brace, whether it has a comma.
    let mut braces: Vec<bool> = Vec::new();
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        match letter {
            '(' | ')' | '!' | '\\' | '|' => return Err("`(`, `!`, `|` and `\\` have no meaning here"),
            '[' => {
                let class;
                (class, rest) = split_class(rest)?;
                text.push_str(&class);
                continue;
            }
            '{' => braces.push(false),
            ',' => braces.iter_mut().last().into_iter().for_each(|has_comma| *has_comma = true),
            '.' if !braces.is_empty() && rest.starts_with('.') => return Err("`{a..b}` has no meaning here"),
            '}' if braces.pop() == Some(false) => return Err("a `{..}` holds no `,`"),
            _ => {}
        }
        text.push(letter);
    }
    Ok(text)
}

/// The class that begins before `rest`, and what follows it.
fn split_class(rest: &str) -> Result<(String, &str), &'static str> {
    let (inside, after) = rest.split_once(']').ok_or("a `[` is not closed")?;
    let negated = inside.strip_prefix(['!', '^']);
    let letters = negated.unwrap_or(inside);
    if letters.is_empty() || letters.starts_with('-') || letters.contains(['[', '/', '\\']) {
        return Err("a `[..]` holds letters and ranges such as `0-9`");
    }
    let all: Vec<char> = letters.chars().collect();
    if negated.is_none() && all.windows(3).any(|of| of[1] == '-' && (of[0]..=of[2]).contains(&'/')) {
        return Err("a range in `[..]` has the `/` in it");
    }
    Ok((if negated.is_some() { format!("[!/{letters}]") } else { format!("[{letters}]") }, after))
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
        assert_eq!(matching("{**/*.sql,x}", &names), ["1.sql", "a/migration.sql", "a/b/migration.sql"]);
        assert_eq!(matching("1.{,s}ql", &names), ["1.sql"]);
    }

    #[test]
    fn the_folder_may_stand_before_it() {
        assert_eq!(matching("db/migrations/*.sql", &["1.sql"]), ["1.sql"]);
        assert_eq!(matching("./db/migrations/*/m.sql", &["1.sql", "a/m.sql"]), ["a/m.sql"]);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for pattern in ["!x", "+(a).sql", "{a.sql", "a}.sql", ""] {
            assert!(Pattern::parse(pattern, "m").is_err(), "{pattern}");
        }
        let classes =
            ["[a.sql", "[].sql", "[]a].sql", "[!].sql", "[[:digit:]].sql", "[a/b].sql", "[9-0].sql"];
        for pattern in classes.into_iter().chain(["[+-9].sql", "[!-a].sql", "{a}.sql", "{}", "{1..3}.sql"]) {
            assert!(Pattern::parse(pattern, "m").is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_class_is_one_letter_of_a_name() {
        let names = ["1.sql", "a.sql", "-.sql", "12.sql", "a/b.sql", "1/b.sql"];
        assert_eq!(matching("[0-9].sql", &names), ["1.sql"]);
        assert_eq!(matching("[0-9]*.sql", &names), ["1.sql", "12.sql"]);
        assert_eq!(matching("[!0-9].sql", &names), ["a.sql", "-.sql"]);
        assert_eq!(matching("[^0-9].sql", &names), ["a.sql", "-.sql"]);
        assert_eq!(matching("[a-z-].sql", &names), ["a.sql", "-.sql"]);
        assert_eq!(matching("[0-9a]/b.sql", &names), ["a/b.sql", "1/b.sql"]);
        assert_eq!(matching("a[!x]b.sql", &names), [""; 0], "no class has the `/` in it");
        assert_eq!(matching("{[0-9],[a-b]}.sql", &names), ["1.sql", "a.sql"]);
    }

    /// Nine stars took seconds on a name of 40 letters; thirty would not have ended.
    #[test]
    fn many_stars_are_no_work() {
        let name = "a".repeat(40);
        for (pattern, fits) in
            [("*a".repeat(9) + "*b", false), ("*a".repeat(30), true), ("**/*a*a*a*a/".repeat(9) + "b", false)]
        {
            assert_eq!(Pattern::parse(&pattern, "m").unwrap().matches(&name), fits, "{pattern}");
        }
    }
}
