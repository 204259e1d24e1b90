//! wrangler, with the command lines and outcomes that were recorded of it.

use super::installed::node;
use super::project::Project;
use super::ran::{Part, ran};

#[test]
fn wrangler_lists_what_it_created() {
    let _part = Part::begin("wrangler");
    let project = Project::empty().served();
    let run = |arguments: &[&str]| {
        ran(&project, node(&project, "wrangler/bin/wrangler.js", arguments)).exit(0).stdout
    };
    run(&["kv", "namespace", "create", "CACHE"]);
    assert!(run(&["kv", "namespace", "list"]).contains("\"title\": \"CACHE\""));
}
