//! The page about faults is generated from the list of faults.

use crate::suite::project::Project;
use larder::local::fault::{NAMED, table};
use larder::system::files;
use std::path::Path;

#[test]
fn the_page_has_every_kind() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/faults.md");
    let page = files::read_text(&path, 1 << 20).unwrap();
    let (head, rest) = page.split_once("<!-- kinds -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- end of kinds -->").unwrap();
    let wanted = format!("{head}<!-- kinds -->\n{}<!-- end of kinds -->{tail}", table());
    if larder::system::Environment::of_process().get("LARDER_BLESS").is_some() {
        files::write_whole(&path, wanted.as_bytes()).unwrap();
        return;
    }
    assert!(
        page == wanted,
        "docs/faults.md is out of date: LARDER_BLESS=1 cargo test --test it the_page_has"
    );
}

#[test]
fn the_command_lists_every_kind() {
    let listed = Project::empty().run(&["local", "faults"]).exit(0);
    let lines: Vec<&str> = listed.stdout.lines().collect();
    assert_eq!(lines.len(), 1 + NAMED.len());
    let columns = [
        "name                  effect       what",
        "reset                 not applied  the connection breaks before an answer",
    ];
    assert_eq!(lines[..2], columns);
    Project::empty()
        .run(&["local", "serve", "--fault", "rest@1"])
        .exit(2)
        .kept("the command lists every kind");
}
