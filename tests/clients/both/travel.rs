//! Time Travel: a bookmark of one tool is one of the other, and what was taken back is applied again, once.

use super::order::{alike, command_of, contents, end, play, settled};
use super::zigzag::{applied, shop};
use crate::project::Project;
use crate::ran::Part;

/// What a command prints, with ids and bookmarks as they are.
fn said(project: &Project, command: &str) -> String {
    let output = command_of(project, command).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{said}");
    said
}

/// The text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before:?} in:\n{text}")).1;
    rest.split_once(after).unwrap_or_else(|| panic!("no {after:?} in:\n{rest}")).0
}

/// A database with one file applied and a second one in the folder, which fails on the data.
fn failing() -> Project {
    let project = shop();
    play(
        &project,
        "
        write migrations/0001_users.sql: CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('ada'), ('ada');
        0 larder run
        write migrations/0002_jobs.sql: CREATE TABLE jobs (id INTEGER);
        write migrations/0003_unique.sql: CREATE UNIQUE INDEX users_name ON users (name);
        ",
    );
    project
}

/// A run that fails prints the way back for either tool: each command, as it stands there, leads to the same state.
#[test]
fn the_way_back_that_larder_prints() {
    let _part = Part::begin("both tools: the way back");
    let ends = ["`larder ", "`wrangler "].map(|tool| {
        let project = failing();
        let output = command_of(&project, "larder run").output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(4), "{printed}");
        assert_eq!(applied(&project), ["0001_users.sql", "0002_jobs.sql"]);
        let command = format!("{}{}", &tool[1..], between(&printed, tool, "`"));
        said(&project, &command);
        assert_eq!(applied(&project), ["0001_users.sql"]);
        end(
            &project,
            "
            write migrations/0003_unique.sql: CREATE INDEX users_name ON users (name);
            0 larder run | `0002_jobs.sql` applied
            ",
        )
    });
    alike(ends.into());
}

/// wrangler's bookmark of before a run; both ledgers go back with the rows.
#[test]
fn a_bookmark_of_wranglers() {
    let _part = Part::begin("both tools: bookmarks");
    let project = failing();
    play(&project, "remove migrations/0003_unique.sql");
    let info = said(&project, "wrangler d1 time-travel info shop-db --json");
    let bookmark = between(&info, "\"bookmark\": \"", "\"");
    play(
        &project,
        &format!(
            "
            0 wrangler d1 migrations apply DB --remote
            0 larder run | 1 unchanged
            0 wrangler d1 time-travel restore shop-db --bookmark={bookmark}
            3 larder migrations status --exit-code | pending
            0 larder run | `0002_jobs.sql` applied
            0 larder eval -e top-level --write 'd1::find(\"shop-db\").restore(\"{bookmark}\")'
            0 wrangler d1 migrations apply DB --remote
            "
        ),
    );
    settled(&project, "larder run");
    assert_eq!(applied(&project), ["0001_users.sql", "0002_jobs.sql"]);
    assert_eq!(contents(&project)[0].2["rows"]["users"].as_array().unwrap().len(), 2);
}
