//! The survivors that are known, each with the reason why no test kills it.

use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::path::Path;

/// Where they are kept, from the root of the project.
pub const FILE: &str = "mutants/survivors.txt";

/// By id. A block is a reason, in lines that begin with `#`, and the ids that it holds for; an empty line ends it.
pub fn read(root: &Path) -> Result<BTreeMap<String, String>> {
    parse(&std::fs::read_to_string(root.join(FILE)).unwrap_or_default())
}

fn parse(text: &str) -> Result<BTreeMap<String, String>> {
    let mut kept = BTreeMap::new();
    let mut reason = String::new();
    let mut has_ids = false;
    for (index, line) in text.lines().map(str::trim).enumerate() {
        let line_number = index + 1;
        if line.is_empty() {
            reason.clear();
            has_ids = false;
        } else if let Some(more) = line.strip_prefix('#') {
            if has_ids {
                bail!("{FILE}:{line_number}: an empty line is missing between two reasons");
            }
            reason = [reason.as_str(), more.trim()].join(" ");
        } else if reason.is_empty() {
            bail!("{FILE}:{line_number}: `{line}` has no reason");
        } else {
            has_ids = true;
            if kept.insert(line.to_owned(), reason.trim().to_owned()).is_some() {
                bail!("{FILE}:{line_number}: `{line}` is there twice");
            }
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_reason_holds_for_the_lines_below_it() {
        let kept = parse("# The same\n# either way.\na\nb\n\n# Words only.\nc\n").unwrap();
        let kept: Vec<_> = kept.iter().map(|(id, reason)| (id.as_str(), reason.as_str())).collect();
        assert_eq!(
            kept,
            [("a", "The same either way."), ("b", "The same either way."), ("c", "Words only.")]
        );
    }

    #[test]
    fn what_has_no_reason_is_refused() {
        let error = parse("# One.\na\n\nb\n").unwrap_err();
        assert_eq!(error.to_string(), "mutants/survivors.txt:4: `b` has no reason");
    }

    #[test]
    fn one_that_is_there_twice_is_refused() {
        let error = parse("# One.\na\na\n").unwrap_err();
        assert_eq!(error.to_string(), "mutants/survivors.txt:3: `a` is there twice");
    }
}
