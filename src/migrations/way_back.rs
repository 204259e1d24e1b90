//! The way back to before a run, as commands that can be pasted.

use crate::op::Surroundings;
use std::fmt::Write as _;

/// Larder's command and wrangler's, for going back to `bookmark`.
pub fn way_back(surroundings: Option<&Surroundings>, id: &str, name: &str, bookmark: &str) -> String {
    let flags = flags(surroundings);
    format!(
        "`larder eval{flags} --write 'd1::restore(\"{id}\", \"{bookmark}\")'`, or `wrangler d1 time-travel restore {name} \
         --bookmark={bookmark}`"
    )
}

/// What a command is told to work where the run does.
pub(super) fn flags(surroundings: Option<&Surroundings>) -> String {
    let mut flags = String::new();
    if let Some(surroundings) = surroundings {
        if let Some(environment) = &surroundings.environment {
            let _ = write!(flags, " -e {environment}");
            if surroundings.is_protected {
                let _ = write!(flags, " --confirm {environment}");
            }
        }
        if surroundings.is_local {
            flags.push_str(" --local");
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_holds_what_the_run_was_told() {
        let here = Surroundings {
            environment: Some("production".into()),
            is_protected: true,
            is_local: true,
            ledgers: Vec::new(),
        };
        assert_eq!(
            way_back(Some(&here), "u-1", "jobs", "b"),
            "`larder eval -e production --confirm production --local --write 'd1::restore(\"u-1\", \"b\")'`, or \
             `wrangler d1 time-travel restore jobs --bookmark=b`"
        );
        assert_eq!(
            way_back(None, "u-1", "jobs", "b"),
            "`larder eval --write 'd1::restore(\"u-1\", \"b\")'`, or `wrangler d1 time-travel restore jobs --bookmark=b`"
        );
    }
}
