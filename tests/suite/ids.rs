//! `ids` says what is there only if it could look.

use super::project::Project;
use larder::local::fault::{Effect, Fault, Kind, Strike};
use larder::system::files;
use serde_json::{Value as Json, json};
use std::time::Duration;

const CONFIG: &str = "app = \"app\"\nwrangler = \"wrangler.toml\"\n[naming]\ntemplate = \"{name}\"\n[kv]\n\
                      namespaces = [\"A\"]\n[environments.development]\nalias = \"dev\"\nwrangler_env = \"dev\"\n";
const WORKER: &str = "name = \"w\"\n[[env.dev.kv_namespaces]]\nbinding = \"A\"\nid = \"\"\n";
const REFUSED: &str = "error: can't list the namespaces for `A`: Authentication error\n";

fn project(permissions: Option<&[&str]>) -> Project {
    Project::new(CONFIG).file("wrangler.toml", WORKER).served_with(Duration::ZERO, permissions)
}

#[test]
fn what_could_not_be_looked_at_is_not_called_missing() {
    let project = project(Some(&["D1 Read"]));
    for more in [&[][..], &["--exit-code"], &["--write"], &["--format", "json"]] {
        let output = project.run(&[&["ids", "-e", "dev"], more].concat()).exit(1);
        assert_eq!(output.stdout, "", "{more:?}");
        assert!(output.stderr.starts_with(REFUSED), "{more:?}: {}", output.stderr);
    }
    let kept = files::read_text(&project.path().join("wrangler.toml"), 1 << 16).unwrap();
    assert_eq!(kept, WORKER);
}

#[test]
fn what_is_missing_is_said_and_counts_as_a_difference() {
    let project = project(None);
    let told = "`A` does not exist yet: `A`\n";
    let table = "kv         A  A  (does not exist yet)\n";
    project.run(&["ids", "-e", "dev"]).exit(0).says(table, told);
    project.run(&["ids", "-e", "dev", "--exit-code"]).exit(3).says(table, told);
    assert!(project.account().history().iter().all(|one| one.method == "GET"));
}

#[test]
fn a_lost_answer_is_asked_for_again() {
    let project = project(None).recipe("kv::ensure(\"A\");\n");
    let id = project.api("POST", "/storage/kv/namespaces", &json!({"title": "A"}));
    let lost = Fault { kind: Kind::Reset, effect: Effect::NotApplied, strike: Strike::Request(2) };
    project.account().inject(lost);
    let output =
        project.command(&["ids", "-e", "dev", "--recipe", "main", "--format", "json"]).output().unwrap();
    let printed: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, json!({"A": {"id": id["id"], "kind": "kv", "name": "A"}}));
    assert_eq!(project.account().history().len(), 3, "the create, the lost listing, the listing");
}
