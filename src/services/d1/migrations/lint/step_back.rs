//! Finds down migrations, in files of their own or below a mark in the same file. They would be applied like any
//! other.

use super::super::files::folder::{Migration, Migrations};
use super::super::sql::script::Script;
use super::finding::LintFinding;

/// Comments by which other tools begin the step back: dbmate, goose, sql-migrate, rambler.
const MARKS: [&str; 4] = ["migrate:down", "+goose down", "+migrate down", "rambler down"];

/// The pending files that undo another file of the folder.
pub fn steps_back(migrations: &Migrations, pending: &[&Migration]) -> Vec<LintFinding> {
    let of_file = |file: &&Migration| {
        step_back(migrations, &file.name).or_else(|| marked(migrations.path(&file.name), &file.sql))
    };
    pending.iter().filter_map(of_file).collect()
}

fn step_back(migrations: &Migrations, name: &str) -> Option<LintFinding> {
    let stem = name.strip_suffix("down.sql").filter(|stem| stem.ends_with(['.', '/', '_', '-']))?;
    let forward = format!("{stem}up.sql");
    migrations.files.iter().find(|other| other.name == forward)?;
    let parts: Vec<&str> = stem.split('/').collect();
    let folders = "*/".repeat(parts.len() - 1);
    let last = parts.last()?;
    let star = if last.is_empty() { "" } else { "*" };
    let pattern = format!("{folders}{star}{}up.sql", last.get(last.len().saturating_sub(1)..)?);
    Some(LintFinding {
        path: migrations.path(name),
        line_column: None,
        words: format!("it undoes `{forward}`, and would be applied like any other file"),
        hint: format!(
            "let the pattern of the migrations (`migrations_pattern`) be `{pattern}`, which finds the steps forward alone"
        ),
    })
}

/// A file of which a part undoes the rest.
fn marked(path: String, script: &Script) -> Option<LintFinding> {
    let words = |comment: &str| {
        let text = comment.trim_start_matches(['-', '/', '*']).to_ascii_lowercase();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let is_mark = |comment: &String| MARKS.iter().any(|mark| words(comment).starts_with(mark));
    let comment = script.comments().iter().find(|comment| is_mark(comment))?;
    Some(LintFinding {
        path,
        line_column: None,
        words: format!("what stands below `{}` would be applied like the rest, and undo it", comment.trim()),
        hint: "leave the step back out of the file: neither Larder nor wrangler knows such marks".to_owned(),
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

    #[test]
    fn a_mark_in_the_file_begins_a_step_back_for_other_tools_only() {
        for mark in
            ["-- migrate:down", "-- +goose Down", "--  +migrate  DOWN notransaction", "/* rambler down */"]
        {
            let script = Script::new(format!("-- migrate:up\nCREATE TABLE a (x);\n{mark}\nDROP TABLE a;\n"));
            assert!(marked("m/1.sql".into(), &script).is_some(), "{mark}");
        }
        for text in
            ["-- to migrate: down below\nSELECT 1;", "-- migrate:up\nSELECT 1;", "SELECT '-- migrate:down';"]
        {
            assert_eq!(marked("m/1.sql".into(), &Script::new(text)), None, "{text}");
        }
    }
}
