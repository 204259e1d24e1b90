//! The table of exit codes. The caller decides which of them a command ends with.

use std::fmt::Write as _;

/// What stopped a run from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT, Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0
    Done,
    /// 1
    Failed,
    /// 2
    Usage,
    /// 3
    Differences,
    /// 4
    FailedAfterChanges,
    /// 5
    Unknown,
    /// 70
    Bug,
    /// 130 or 143
    Interrupted(Signal),
}

impl Exit {
    /// Every exit, by code.
    pub const ALL: [Exit; 9] = [
        Exit::Done,
        Exit::Failed,
        Exit::Usage,
        Exit::Differences,
        Exit::FailedAfterChanges,
        Exit::Unknown,
        Exit::Bug,
        Exit::Interrupted(Signal::Interrupt),
        Exit::Interrupted(Signal::Terminate),
    ];

    /// The one with a code.
    pub fn of_code(code: u8) -> Option<Exit> {
        Exit::ALL.into_iter().find(|exit| exit.code() == code)
    }

    /// Nothing where everything asked was done.
    pub fn unless_done(self) -> Option<Exit> {
        Some(self).filter(|exit| *exit != Exit::Done)
    }

    /// The number the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Differences => 3,
            Exit::FailedAfterChanges => 4,
            Exit::Unknown => 5,
            Exit::Bug => 70,
            Exit::Interrupted(Signal::Interrupt) => 130,
            Exit::Interrupted(Signal::Terminate) => 143,
        }
    }

    /// What it means, in one line of the manual's table.
    pub fn meaning(self) -> &'static str {
        match self {
            Exit::Done => "everything asked was done (failures that the recipe caught are in the report)",
            Exit::Failed => {
                "failed or refused, nothing changed; a plan that found a conflict; findings of check or test; \
                 a missing permission"
            }
            Exit::Usage => "usage, project file, recipe or credentials",
            Exit::Differences => {
                "with `--exit-code`: there are differences (plan, diff, migrations status, ids)"
            }
            Exit::FailedAfterChanges => {
                "failed after changes, or the report could not be written after changes; running again is safe, but \
                 for raw writes (`put`, `execute`, `load`, `restore`, `cf::`), which it repeats"
            }
            Exit::Unknown => "the outcome of a write is unknown, also when interrupted",
            Exit::Bug => "a bug in Larder",
            Exit::Interrupted(_) => "interrupted; `changed` in the report says whether anything was written",
        }
    }

    /// What kind of end it is, where how things stand does not say it.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Exit::Failed => "failed or refused; ",
            Exit::Usage => "the recipe, the project's files or the credentials are wrong; ",
            Exit::FailedAfterChanges => "failed; ",
            _ => "",
        }
    }

    /// The worse of two.
    #[must_use]
    pub fn combine(self, other: Exit) -> Exit {
        if other.rank() > self.rank() { other } else { self }
    }

    /// The table of the manual, in Markdown.
    pub fn table() -> String {
        let mut table = String::from("| code | meaning |\n|---|---|\n");
        for exit in Exit::ALL.into_iter().filter(|exit| *exit != Exit::Interrupted(Signal::Terminate)) {
            let code = match exit {
                Exit::Interrupted(_) => "130, 143".to_owned(),
                other => other.code().to_string(),
            };
            let _ = writeln!(table, "| {code} | {} |", exit.meaning());
        }
        table
    }

    /// Worst highest. 2 stands above 1 and below 4: it is only possible before the first write.
    fn rank(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Differences => 1,
            Exit::Failed => 2,
            Exit::Usage => 3,
            Exit::FailedAfterChanges => 4,
            Exit::Interrupted(_) => 5,
            Exit::Unknown => 6,
            Exit::Bug => 7,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_wins() {
        let order = [70, 5, 130, 4, 2, 1, 3, 0];
        let by_code = |code: u8| Exit::ALL.into_iter().find(|exit| exit.code() == code).unwrap();
        for (at, worse) in order.into_iter().enumerate() {
            for better in order.into_iter().skip(at) {
                assert_eq!(by_code(worse).combine(by_code(better)).code(), worse);
                assert_eq!(by_code(better).combine(by_code(worse)).code(), worse);
            }
        }
        assert_eq!(by_code(143).combine(by_code(4)).code(), 143);
        assert_eq!(by_code(130).combine(by_code(143)).code(), 130, "the first signal counts");
    }

    #[test]
    fn table_is_the_one_of_the_readme() {
        let table = Exit::table();
        let rows: Vec<&str> = table.lines().collect();
        assert_eq!(rows.len(), 10);
        assert_eq!(rows[..2], ["| code | meaning |", "|---|---|"]);
        assert_eq!(rows[4], "| 2 | usage, project file, recipe or credentials |");
        assert!(rows[9].starts_with("| 130, 143 | interrupted; `changed`"), "{}", rows[9]);
    }
}
