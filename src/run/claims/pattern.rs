//! The pattern of a name that contains a branch, derived from a name that a recipe made for some branch.

use crate::project::Branch;

/// What stands around the branch in a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<String>);

impl Pattern {
    /// The pattern of a name that was made for `branch`; `None` where the name is every branch's.
    pub(super) fn of(name: &str, branch: &str) -> Option<Self> {
        let pieces: Vec<String> = name.split(branch).map(str::to_owned).collect();
        (pieces.len() > 1).then_some(Pattern(pieces))
    }

    /// The branch whose name this is.
    pub(super) fn branch_of<'a>(&self, name: &'a str) -> Option<&'a str> {
        let holes = self.0.len().checked_sub(1)?;
        let around: usize = self.0.iter().map(String::len).sum();
        let length = name.len().checked_sub(around)?.checked_div(holes)?;
        let start = self.0.first()?.len();
        let branch = name.get(start..start + length)?;
        (Branch::is_plain(branch) && self.0.join(branch) == name).then_some(branch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_is_read_where_it_stood() {
        let of = |name: &str, real| Pattern::of(name, "branch-1").unwrap().branch_of(real).map(str::to_owned);
        assert_eq!(of("shop-branch-1-db", "shop-pr-7-db").as_deref(), Some("pr-7"));
        assert_eq!(of("branch-1.branch-1", "a.a").as_deref(), Some("a"));
        for real in ["shop--db", "shop-db", "shop-A-db", "shop-a-db-x", ""] {
            assert_eq!(of("shop-branch-1-db", real), None, "{real}");
        }
        assert_eq!(of("branch-1.branch-1", "a.b"), None);
        assert_eq!(Pattern::of("shop-db", "branch-1"), None);
    }
}
