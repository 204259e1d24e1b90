//! The way back to before a run, as commands that can be pasted.

use crate::op::Surroundings;

/// Larder's command and wrangler's, for going back to `bookmark`.
pub fn way_back(surroundings: Option<&Surroundings>, id: &str, name: &str, bookmark: &str) -> String {
    let flags = surroundings.map(|here| [here.flags(), here.confirmation()].concat()).unwrap_or_default();
    format!(
        "`larder eval{flags} --write 'd1::restore(\"{id}\", \"{bookmark}\")'`, or `wrangler d1 time-travel restore {name} \
         --bookmark={bookmark}`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_holds_what_the_run_was_told() {
        let here = Surroundings {
            environment: Some("production".into()),
            is_protected: true,
            whereabouts: " --local".into(),
            ledgers: Vec::new(),
        };
        assert_eq!(
            way_back(Some(&here), "u-1", "jobs", "b"),
            "`larder eval -e production --local --confirm production --write 'd1::restore(\"u-1\", \"b\")'`, or \
             `wrangler d1 time-travel restore jobs --bookmark=b`"
        );
        assert_eq!(
            way_back(None, "u-1", "jobs", "b"),
            "`larder eval --write 'd1::restore(\"u-1\", \"b\")'`, or `wrangler d1 time-travel restore jobs --bookmark=b`"
        );
    }
}
