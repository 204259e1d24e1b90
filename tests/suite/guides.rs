//! The guides: each page quotes a session, `docs/guides/NAME/session.txt`, which is played on an account that a test serves.
//!
//! `LARDER_BLESS=1` renews the sessions, and in a second run the pages.

use super::project::Project;
use super::quotes::{quoted, renewed};
use super::sessions::{self, Typed, kept, session};
use super::source_tree::{read, root};
use regex::Regex;
use std::collections::BTreeSet;

/// Where the folders are that the pages quote.
const FOLDERS: &str = "docs/guides";
/// What a line begins with that says why the block below it is not played.
const REASON: &str = "Not run by a test: ";

macro_rules! guides {
    ($($test:ident in $name:literal,)*) => {
        /// Every guide that a test plays: `docs/NAME.md`.
        const GUIDES: &[&str] = &[$($name),*];

        $(#[test] fn $test() { play($name); })*
    };
}

guides! {
    a_first_account in "first-account",
    from_a_wrangler_script in "from-wrangler-script",
    from_terraform in "from-terraform",
    previews_for_pull_requests in "previews",
    drift_is_found in "drift",
    a_migration_is_rehearsed_on_a_copy in "rehearse",
}

fn play(guide: &str) {
    let folder = format!("{FOLDERS}/{guide}");
    let project = Project::copy_of(&folder).on_path().served();
    sessions::play(&project, &folder, Typed::is_wranglers);
}

#[test]
fn every_guide_quotes_what_is_there() {
    for guide in GUIDES {
        let page = format!("docs/{guide}.md");
        kept(&page, &renewed(&read(&page), FOLDERS));
    }
}

#[test]
fn every_block_of_a_guide_is_played_or_says_why_not() {
    for guide in GUIDES {
        let page = read(&format!("docs/{guide}.md"));
        let (mut above, mut is_open) = ("", false);
        for line in page.lines().filter(|line| !line.is_empty()) {
            if line.starts_with("```") {
                let is_told = is_open || quoted(above, FOLDERS).is_some() || above.starts_with(REASON);
                assert!(is_told, "{guide}: the block below {above:?} is neither a quote nor says `{REASON}`");
                is_open = !is_open;
            }
            above = line;
        }
    }
}

#[test]
fn every_command_of_a_session_is_in_its_guide() {
    let folders: BTreeSet<String> = std::fs::read_dir(root().join(FOLDERS))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(folders, GUIDES.iter().map(|name| (*name).to_owned()).collect());
    for guide in GUIDES {
        let mark = Regex::new(&format!(r"<!-- {guide} \$ ([0-9]+)(?:-([0-9]+))? -->")).unwrap();
        let number = |text: &str| text.parse::<usize>().unwrap();
        let page = read(&format!("docs/{guide}.md"));
        let shown: BTreeSet<usize> = mark
            .captures_iter(&page)
            .flat_map(|found| {
                number(&found[1])..=number(found.get(2).map_or(&found[1], |last| last.as_str()))
            })
            .collect();
        let all: BTreeSet<usize> = (1..=session(&format!("{FOLDERS}/{guide}")).len()).collect();
        assert_eq!(shown, all, "{guide}: commands of the session that its page shows");
    }
}
