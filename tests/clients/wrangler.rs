//! wrangler, with the command lines and outcomes that were recorded of it.

use super::installed::node;
use super::project::Project;

#[test]
fn wrangler_lists_what_it_created() {
    let project = Project::empty().served();
    let run = |arguments: &[&str]| {
        let output = node(&project, "wrangler/bin/wrangler.js", arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run(&["kv", "namespace", "create", "CACHE"]);
    assert!(run(&["kv", "namespace", "list"]).contains("\"title\": \"CACHE\""));
}
