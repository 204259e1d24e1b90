//! Steps back that lie beside their steps forward: a pattern that finds both would apply them in turn.

use super::super::files::folder::{Migration, Migrations};
use super::finding::Finding;

/// The pending files that undo another file of the folder.
pub fn steps_back(migrations: &Migrations, pending: &[&Migration]) -> Vec<Finding> {
    pending.iter().filter_map(|file| step_back(migrations, &file.name)).collect()
}

fn step_back(migrations: &Migrations, name: &str) -> Option<Finding> {
    let stem = name.strip_suffix("down.sql").filter(|stem| stem.ends_with(['.', '/', '_', '-']))?;
    let forward = format!("{stem}up.sql");
    migrations.files.iter().find(|other| other.name == forward)?;
    let parts: Vec<&str> = stem.split('/').collect();
    let folders = "*/".repeat(parts.len() - 1);
    let last = parts.last()?;
    let star = if last.is_empty() { "" } else { "*" };
    let pattern = format!("{folders}{star}{}up.sql", last.get(last.len().saturating_sub(1)..)?);
    Some(Finding {
        path: migrations.path(name),
        line_column: None,
        words: format!("it undoes `{forward}`, and would be applied like any other file"),
        hint: format!(
            "let the pattern of the migrations (`migrations_pattern`) be `{pattern}`, which finds the steps forward alone"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::files::folder::fixture::migrations;
    use super::*;

    #[test]
    fn what_undoes_another_file_is_found_however_it_is_named() {
        for (forward, back, pattern) in [
            ("1_a.up.sql", "1_a.down.sql", "*.up.sql"),
            ("1_a/up.sql", "1_a/down.sql", "*/up.sql"),
            ("x/1_a-up.sql", "x/1_a-down.sql", "*/*-up.sql"),
        ] {
            let folder = migrations(&[back, forward]);
            let pending: Vec<&Migration> = folder.files.iter().collect();
            let found = steps_back(&folder, &pending);
            let [finding] = &found[..] else { panic!("{found:?}") };
            assert_eq!(finding.path, format!("m/{back}"));
            assert!(finding.hint.contains(&format!("`{pattern}`")), "{}", finding.hint);
        }
        let lone = migrations(&["1_a.down.sql", "2_breakdown.sql", "2_breakup.sql"]);
        assert_eq!(steps_back(&lone, &lone.files.iter().collect::<Vec<_>>()), []);
    }
}
