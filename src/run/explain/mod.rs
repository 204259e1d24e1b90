//! Explains kinds of errors and lints, each with an example that produces it.
//!
//! **Invariant:** this is the one registry: a kind that a report can have, and a lint, without an explanation here fails a
//! test.

use crate::project::did_you_mean;

/// The explanations, as people write them: `=== CODE`, `error: ` or `lint: ` and a summary, the text, and an example.
const TEXTS: [&str; 4] = [
    include_str!("account.txt"),
    include_str!("lints.txt"),
    include_str!("recipes.txt"),
    include_str!("runs.txt"),
];

/// What a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// Something was not done.
    Error,
    /// Something runs and is hardly meant.
    Lint,
}

#[derive(Clone, Debug)]
pub struct Explained {
    /// The `kind` of reports, the `rule` of findings, the name of the lint.
    pub code: &'static str,
    pub sort: CodeKind,
    pub summary: &'static str,
    /// What it means, and the way out.
    pub text: &'static str,
    /// How it comes about; `None` where no recipe does it.
    pub example: Option<Example>,
}

/// Files and commands that end in the error, or the finding.
#[derive(Clone, Debug)]
pub struct Example {
    /// Paths and texts; a project file without anything special in it is left out.
    pub files: Vec<(&'static str, &'static str)>,
    /// A fault that `larder local serve --fault` plays meanwhile.
    pub fault: Option<&'static str>,
    /// The commands; the last one produces it.
    pub commands: Vec<&'static str>,
}

/// All of them, sorted.
pub fn all() -> Vec<Explained> {
    let mut all: Vec<Explained> =
        TEXTS.iter().flat_map(|text| text.split("=== ").skip(1)).filter_map(explained).collect();
    all.sort_by_key(|one| one.code);
    all
}

/// The explanation of a code; the error is a hint.
pub fn of(code: &str) -> Result<Explained, String> {
    let all = all();
    if let Some(found) = all.iter().find(|one| one.code == code) {
        return Ok(found.clone());
    }
    let names = || all.iter().map(|one| one.code);
    let word = code.to_lowercase();
    let about: Vec<&str> =
        all.iter().filter(|one| one.summary.to_lowercase().contains(&word)).map(|one| one.code).collect();
    Err(match did_you_mean(code, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if !word.is_empty() && !about.is_empty() => format!("it stands in: {}", about.join(", ")),
        None => "`larder explain` lists all".to_owned(),
    })
}

/// What a code is about, in one sentence.
pub fn summary(code: &str) -> Option<&'static str> {
    of(code).ok().map(|one| one.summary)
}

fn explained(section: &'static str) -> Option<Explained> {
    let (code, rest) = section.split_once('\n')?;
    let (head, rest) = rest.split_once('\n')?;
    let (sort, summary) = head.split_once(": ")?;
    let sort = if sort == "lint" { CodeKind::Lint } else { CodeKind::Error };
    let begin = rest.find("\n>> ").map_or(rest.len(), |at| at + 1);
    let (text, rest) = rest.split_at(begin);
    Some(Explained { code, sort, summary, text: text.trim(), example: example(rest) })
}

fn example(text: &'static str) -> Option<Example> {
    let mut example = Example { files: Vec::new(), fault: None, commands: Vec::new() };
    let begin = text.find("\nfault ").or_else(|| text.find("\n$ "))?;
    let (files, commands) = text.split_at(begin + 1);
    for file in files.split(">> ").skip(1) {
        example.files.extend(file.split_once('\n'));
    }
    for line in commands.lines() {
        example.commands.extend(line.strip_prefix("$ "));
        example.fault = line.strip_prefix("fault ").or(example.fault);
    }
    Some(example)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::check::Lint;

    #[test]
    fn every_lint_is_explained_as_one_and_no_code_twice() {
        let all = all();
        let lints: Vec<&str> =
            all.iter().filter(|one| one.sort == CodeKind::Lint).map(|one| one.code).collect();
        assert_eq!(lints, Lint::ALL.map(Lint::name));
        let mut codes: Vec<&str> = all.iter().map(|one| one.code).collect();
        codes.dedup();
        assert_eq!(codes.len(), all.len());
    }

    #[test]
    fn every_explanation_has_a_way_out_and_an_example_where_a_recipe_does_it() {
        for one in all() {
            assert!(one.text.contains("\nWay out: "), "{}", one.code);
            assert!(!one.summary.ends_with('.') && one.summary.len() < 110, "{}", one.code);
            assert_eq!(one.example.is_none(), ["bug", "partial"].contains(&one.code), "{}", one.code);
        }
    }

    #[test]
    fn what_is_near_or_about_it_is_named() {
        assert_eq!(of("conflct").unwrap_err(), "did you mean `conflict`?");
        assert_eq!(of("protected").unwrap().code, "protected");
        assert_eq!(of("wrote").unwrap_err(), "`larder explain` lists all");
        assert_eq!(of("qqq zzz").unwrap_err(), "`larder explain` lists all");
        assert_eq!(of("constant").unwrap_err(), "it stands in: unused");
    }
}
