//! The pattern that finds the migrations of a folder.

use super::pattern::Pattern;

/// What tools call the file that takes a migration back: such a file is never named to be applied.
const BACK: [&str; 5] = ["down", "undo", "revert", "rollback", "back"];

/// The pattern that matches each of `names`, files of a folder from it, but for those that take a migration back; none
/// where there is no such pattern.
pub fn pattern_of(names: &[&str]) -> Option<String> {
    let (back, wanted): (Vec<&str>, Vec<&str>) = names.iter().copied().partition(|name| takes_back(name));
    let first = *wanted.first()?;
    let (folder, file) = first.rsplit_once('/').unwrap_or(("", first));
    let deep = "*/".repeat(first.matches('/').count());
    let ending = file.split_once('.').map_or(file, |(_, ending)| ending);
    let is_shared = wanted.len() > 1 || ["migration.sql", "up.sql"].contains(&file);
    let is_number = folder.starts_with(|letter: char| letter.is_ascii_digit());
    let mut patterns = Vec::new();
    patterns.extend((!folder.is_empty() && is_shared).then(|| format!("{deep}{file}")));
    patterns.extend((!folder.is_empty() && !is_number).then(|| format!("{folder}/*.sql")));
    patterns.extend(
        [&deep, "**/"].into_iter().flat_map(|deep| [format!("{deep}*.sql"), format!("{deep}*.{ending}")]),
    );
    patterns.into_iter().find(|text| {
        Pattern::parse(text, "").is_ok_and(|pattern| {
            wanted.iter().all(|name| pattern.matches(name)) && !back.iter().any(|name| pattern.matches(name))
        })
    })
}

/// Whether one of the words of its path says so: `0001_a/down.sql`, `0001_a.down.sql`, `rollback/0001_a.sql`.
fn takes_back(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_ascii_lowercase();
    let mut parts = stem.split(['/', '.']);
    parts.any(|part| {
        BACK.contains(&part)
            || BACK.iter().any(|back| part.strip_suffix(back).is_some_and(|rest| rest.ends_with(['_', '-'])))
    })
}

#[cfg(test)]
mod tests {
    use super::pattern_of;

    #[test]
    fn each_layout_has_its_pattern() {
        let found = |names: &[&str]| pattern_of(names).unwrap_or_default();
        assert_eq!(found(&["2026_a/migration.sql"]), "*/migration.sql", "drizzle, and prisma");
        assert_eq!(found(&["1_a/migration.sql", "2_b/migration.sql"]), "*/migration.sql");
        assert_eq!(found(&["1_a.sql", "2_b.sql"]), "*.sql");
        assert_eq!(found(&["sql/1_a.sql"]), "sql/*.sql");
        assert_eq!(found(&["sql/1_a.sql", "sql/2_b.sql"]), "sql/*.sql");
        assert_eq!(found(&["1_a/x.sql"]), "*/*.sql");
        assert_eq!(found(&["2025/1_a.sql", "2026/2_b.sql"]), "*/*.sql");
        assert_eq!(found(&["1_a/up.sql", "1_a/down.sql", "2_b/up.sql", "2_b/down.sql"]), "*/up.sql");
        assert_eq!(found(&["1_a.up.sql", "1_a.down.sql"]), "*.up.sql");
        assert_eq!(found(&["1_a.sql", "1_a_down.sql"]), "", "no pattern tells these apart");
        assert_eq!(found(&["1_a.sql", "more/2_b.sql"]), "**/*.sql");
        assert_eq!(found(&["1_a.SQL"]), "*.SQL");
        assert_eq!(found(&["1_a/down.sql"]), "");
    }
}
