//! `--deadline`: one limit for everything that a run sends, whatever the server does.

use super::project::{PLAIN, Project};
use super::proxy::{self, Verdict};
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use std::time::{Duration, Instant};

/// Far below what a request that hangs is waited for otherwise.
const SOON: Duration = Duration::from_secs(15);

/// Runs a recipe with a second of time.
fn ends_in_time(project: &Project) {
    let begun = Instant::now();
    let output = project.run(&["run", "main", "-e", "dev", "--deadline", "1s"]).exit(1);
    let took = begun.elapsed();
    assert!(took < SOON, "it took {took:?}");
    output.stderr_has("the [TIME] that the run may take are over").stderr_has(
        "run again, which goes on where this one stopped, or give it more time with `--deadline`",
    );
}

#[test]
fn a_list_without_an_end_is_read_no_longer_than_that() {
    // As long as it takes for an account that answers slowly.
    let project =
        Project::new(PLAIN).recipe("print(kv::list().len);\n").served_with(Duration::from_millis(50), None);
    let address = proxy::start(project.address(), |seen| {
        let mut parts = seen.target.split(['?', '&']);
        let pages: u64 = parts.find_map(|part| part.strip_prefix("page=")?.parse().ok()).unwrap_or(1);
        let page = format!(
            r#"{{"success":true,"errors":[],"messages":[],"result":[{{"id":"{pages:032x}","title":"t{pages}"}}],"result_info":{{"page":{pages},"per_page":1,"count":1}}}}"#
        );
        Verdict::Instead(200, page.leak())
    });
    let project = project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"));
    ends_in_time(&project);
}

#[test]
fn a_read_that_hangs_is_waited_for_no_longer_than_that() {
    for request in [1, 2] {
        let project = Project::new(PLAIN).recipe("kv::list(); cf::get(\"/r2/buckets\");\n").served();
        // The accounts may be asked for first.
        let strike = FaultTarget::From(request);
        project.account().inject(Fault { kind: FaultKind::Hang, effect: FaultEffect::NotApplied, strike });
        ends_in_time(&project);
    }
}

#[test]
fn a_script_sleeps_no_longer_than_that() {
    ends_in_time(&Project::new(PLAIN).recipe("sleep(30); kv::ensure(\"A\");\n").served());
}

#[test]
fn two_environments_that_are_compared_have_one_deadline() {
    let project = Project::new("app = \"app\"\n[environments.a]\n[environments.b]\n")
        .recipe("sleep(1); cf::get(\"/r2/buckets\"); kv::ensure(name(\"kv\", \"A\"));\n")
        .served();
    let words = ["diff", "a", "b", "--recipe", "main", "--deadline"];
    project.run(&[&words[..], &["9s"]].concat()).exit(0);
    let output = project.run(&[&words[..], &["2s"]].concat()).exit(1);
    output.stderr_has("the [TIME] that the run may take are over");
}
