//! The branches to keep, as `--set branch=` takes them.
//!
//! **Invariant:** a list that is empty keeps nothing, and is refused: it rather comes from a command that has failed.

use crate::escape::{clip, escape};
use crate::project::problem::ProjectProblem;
use crate::project::{Branch, EnvNames};
use anyhow::anyhow;
use std::collections::BTreeSet;

/// A list of branches in a file.
pub struct BranchList<'a> {
    /// As messages name the file.
    pub name: &'a str,
    /// One branch a line; `#` begins a comment.
    pub text: &'a str,
}

/// The branches that are kept: those of the command line, and those of a file.
pub fn keep(
    named: &[String],
    file: Option<&BranchList>,
    environments: &[EnvNames],
) -> anyhow::Result<BTreeSet<String>> {
    let mut kept = BTreeSet::new();
    for entry in named.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty()) {
        kept.insert(checked(entry, "`--keep`", environments)?);
    }
    if let Some(BranchList { name, text }) = file {
        let mut is_any = false;
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let entry = line.split('#').next().unwrap_or_default().trim();
            if !entry.is_empty() {
                kept.insert(checked(entry, &format!("line {} of {name}", number + 1), environments)?);
                is_any = true;
            }
        }
        if !is_any {
            return Err(anyhow!("{name} names no branch, so that none would be kept\nhint: {EMPTY}"));
        }
    }
    if kept.is_empty() {
        return Err(anyhow!(
            "no branch is named that is kept\nhint: `--keep pr-7,pr-9`, or `--keep-file FILE` with one branch a line; {EMPTY}"
        ));
    }
    Ok(kept)
}

/// No branch is longer; what is may be a whole file of another make.
const SHOWN_CHARS_MAX: usize = 100;

const EMPTY: &str = "where all are gone, keep one that never is, such as `main`";

fn checked(entry: &str, place: &str, environments: &[EnvNames]) -> anyhow::Result<String> {
    let is_environment = environments.iter().any(|one| one.name == entry || one.alias == entry);
    if Branch::is_plain(entry) || is_environment {
        return Ok(entry.to_owned());
    }
    let shown = clip(escape(entry), SHOWN_CHARS_MAX).into_owned();
    let wrong = ProjectProblem::BadBranch { found: shown };
    let hint = "write each branch as its runs have it in `--set branch=`";
    Err(anyhow!("{place} is no list of branches: {wrong}\nhint: {hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(named: &[&str], text: Option<&str>) -> Result<Vec<String>, String> {
        let named: Vec<String> = named.iter().map(|one| (*one).to_owned()).collect();
        let file = text.map(|text| BranchList { name: "`keep.txt`", text });
        let environment = EnvNames {
            app: "shop".into(),
            name: "Production_1".into(),
            alias: "prod".into(),
            is_protected: false,
            branch: Branch::None,
            worker: None,
            account_id: None,
        };
        let kept = keep(&named, file.as_ref(), &[environment]);
        let first = |error: anyhow::Error| error.to_string().lines().next().unwrap().to_owned();
        kept.map(|kept| kept.into_iter().collect()).map_err(first)
    }

    #[test]
    fn branches_are_taken_from_both_lists() {
        let file = "\u{feff}# open\r\npr-9 # the last\r\n\r\n  main\r\nProduction_1\r\n";
        assert_eq!(
            kept(&["pr-7", " a ", ""], Some(file)).unwrap(),
            ["Production_1", "a", "main", "pr-7", "pr-9"]
        );
    }

    #[test]
    fn a_list_without_a_branch_is_refused() {
        let none = "no branch is named that is kept";
        assert_eq!(kept(&[], None).unwrap_err(), none);
        assert_eq!(kept(&["", " "], None).unwrap_err(), none);
        for text in ["", "\n \n", "# pr-7\n", "\u{feff}"] {
            let empty = "`keep.txt` names no branch, so that none would be kept";
            assert_eq!(kept(&["pr-7"], Some(text)).unwrap_err(), empty, "{text:?}");
        }
    }

    #[test]
    fn what_no_run_could_be_of_is_refused() {
        for entry in
            ["feature/x", "PR-7", "-a", "a_b", "pr 7", "é", "[\"pr-7\"]", "origin/HEAD -> origin/main"]
        {
            assert!(
                kept(&[entry], None).unwrap_err().starts_with("`--keep` is no list of branches: "),
                "{entry}"
            );
        }
        let bare = kept(&[], Some("pr-7\rpr-8\rfeat\u{1b}[2J")).unwrap_err();
        assert!(
            bare.contains("`pr-7\\rpr-8\\rfeat\\u{1b}[2J`") && !bare.contains(char::is_control),
            "{bare:?}"
        );
        assert!(kept(&[], Some("pr-7\nA/b\n")).unwrap_err().starts_with("line 2 of `keep.txt` is no list"));
    }
}
