//! The name of the next migration, as wrangler would give it (WR-7).

use super::super::error::MigrationError;
use super::folder::Migrations;
use super::order;
use super::pattern::Pattern;

/// A migration that is not written yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextMigration {
    /// From the folder, with `/`.
    pub name: String,
    /// One more than the highest in the folder.
    pub number: i128,
}

impl Migrations {
    /// The next one: four digits and the title; a folder of that name where the pattern asks for folders.
    pub fn next(&self, title: &str, pattern: Option<&str>) -> Result<NextMigration, MigrationError> {
        let title = title.trim().replace(char::is_whitespace, "_");
        let is_wrong = |c: char| c.is_control() || matches!(c, '/' | '\\' | '\'' | '"');
        if title.is_empty() || title.contains(is_wrong) {
            return Err(MigrationError::Title { title });
        }
        let first = |name: &str| order::number(name.split('/').next().unwrap_or_default());
        let highest = self.files.iter().filter_map(|file| first(&file.name)).max();
        let number = highest.unwrap_or(0).max(0).saturating_add(1);
        let stem = format!("{number:04}_{}", title.strip_suffix(".sql").unwrap_or(&title));
        let text = pattern.unwrap_or("*.sql");
        let pattern = Pattern::parse(text, &self.folder)?;
        let layouts = [format!("{stem}.sql"), format!("{stem}/migration.sql")];
        let name = layouts.into_iter().find(|name| pattern.matches(name));
        let pattern = || text.to_owned();
        Ok(NextMigration { name: name.ok_or_else(|| MigrationError::Layout { pattern: pattern() })?, number })
    }
}

#[cfg(test)]
mod tests {
    use super::super::folder::fixture::migrations;

    fn next(names: &[&str], title: &str, pattern: Option<&str>) -> Result<String, String> {
        let next = migrations(names).next(title, pattern);
        next.map(|next| next.name).map_err(|error| error.to_string())
    }

    #[test]
    fn the_number_follows_the_highest() {
        assert_eq!(next(&[], "init", None).unwrap(), "0001_init.sql");
        assert_eq!(
            next(&["0009_a.sql", "10_b.sql", "x.sql"], "add a table", None).unwrap(),
            "0011_add_a_table.sql"
        );
        assert_eq!(next(&["12345_a.sql"], "b.sql", None).unwrap(), "12346_b.sql");
    }

    #[test]
    fn the_layout_is_the_patterns() {
        let nested = ["0001_a/migration.sql"];
        assert_eq!(next(&nested, "b", Some("*/migration.sql")).unwrap(), "0002_b/migration.sql");
        assert_eq!(next(&nested, "b", Some("m/*/*.sql")).unwrap(), "0002_b/migration.sql");
        assert_eq!(next(&[], "b", Some("{*.sql,*/migration.sql}")).unwrap(), "0001_b.sql");
        assert_eq!(
            next(&[], "b", Some("*.ddl")).unwrap_err(),
            "no file that Larder could name matches `*.ddl`"
        );
    }

    #[test]
    fn a_title_is_a_file_name() {
        for title in ["", "  ", "a/b", "a\\b", "a'b", "a\u{7}"] {
            assert!(next(&[], title, None).is_err(), "{title:?}");
        }
    }
}
