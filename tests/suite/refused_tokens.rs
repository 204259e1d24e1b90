//! Tokens that the API refuses are reported with the reason, and a missing permission is named only where it is the
//! reason.

use super::outputs::kept;
use super::project::{Project, filtered};
use super::proxy::{self, Seen, Verdict};
use parking_lot::Mutex;
use std::sync::Arc;

const CONFIG: &str = "app = \"shop\"\n[kv]\nnamespaces = [\"A\"]\n[environments.dev]\n";
const DENIED: &str = r#"{"success":false,"result":null,"messages":[],"errors":[{"code":10000,"message":"Authentication error"}]}"#;
const LOCATION: &str = r#"{"success":false,"result":null,"messages":[],"errors":[{"code":9109,"message":"Cannot use the access token from location: 203.0.113.7"}]}"#;
const FORMAT: &str = r#"{"success":false,"result":null,"messages":[],"errors":[{"code":6003,"message":"Invalid request headers","error_chain":[{"code":6111,"message":"Invalid format for Authorization header"}]}]}"#;
const KEY: &str = r#"{"success":false,"result":null,"messages":[],"errors":[{"code":6003,"message":"Invalid request headers","error_chain":[{"code":6103,"message":"Invalid format for X-Auth-Key header"}]}]}"#;
const UNKNOWN: &str =
    r#"{"success":false,"result":null,"messages":[],"errors":[{"code":1000,"message":"Invalid API Token"}]}"#;
const EXPIRED: &str = r#"{"success":true,"errors":[],"messages":[],"result":{"id":"ed17574386854bf78a67040be0a770b0","status":"expired","expires_on":"2026-01-31T00:00:00Z"}}"#;
const DISABLED: &str = r#"{"success":true,"errors":[],"messages":[],"result":{"id":"ed17574386854bf78a67040be0a770b0","status":"disabled"}}"#;
const ACTIVE: &str = r#"{"success":true,"errors":[],"messages":[],"result":{"id":"ed17574386854bf78a67040be0a770b0","status":"active"}}"#;
const OTHERS: &str =
    r#"{"success":true,"errors":[],"messages":[],"result":[{"id":"ffffffffffffffffffffffffffffffff"}]}"#;

/// What a run says on standard error, and the writes that came by.
fn said(judge: impl Fn(&Seen) -> Verdict + Send + 'static) -> (String, usize) {
    let project = Project::new(CONFIG).served();
    let writes = Arc::new(Mutex::new(0));
    let counted = writes.clone();
    let address = proxy::start(project.address(), move |seen| {
        *counted.lock() += usize::from(seen.method != "GET");
        judge(seen)
    });
    let project = project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"));
    let stderr = project.run(&["run", "-e", "dev"]).exit(1).stderr;
    let writes = *writes.lock();
    (filtered(&stderr, project.path()), writes)
}

#[test]
fn what_is_wrong_with_the_token_itself_is_said() {
    let all = |verdict: Verdict| said(move |_| verdict);
    for (verdict, what) in [
        (Verdict::Answer(400, FORMAT), "no token"),
        (Verdict::Answer(400, KEY), "no key"),
        (Verdict::Answer(403, LOCATION), "another address"),
        (Verdict::Answer(401, UNKNOWN), "an unknown token"),
    ] {
        let (stderr, writes) = all(verdict);
        kept(&format!("what is wrong with the token itself is said: {what}"), &stderr);
        assert_eq!(writes, 0);
    }
}

#[test]
fn a_refusal_without_a_reason_is_looked_into() {
    let verified = |verify: Verdict, accounts: Verdict| {
        said(move |seen| match seen.target.split('?').next().unwrap() {
            path if path.ends_with("/tokens/verify") => verify,
            path if path.ends_with("/v4/accounts") => accounts,
            _ => Verdict::Answer(403, DENIED),
        })
    };
    let none = Verdict::Answer(403, DENIED);
    for (verify, accounts, what) in [
        (Verdict::Answer(200, EXPIRED), none, "expired"),
        (Verdict::Answer(200, DISABLED), none, "disabled"),
        (Verdict::Answer(401, UNKNOWN), none, "unknown"),
        (Verdict::Answer(200, ACTIVE), Verdict::Answer(200, OTHERS), "of other accounts"),
        (Verdict::Answer(200, ACTIVE), none, "active"),
    ] {
        let (stderr, writes) = verified(verify, accounts);
        kept(&format!("a refusal without a reason is looked into: {what}"), &stderr);
        assert_eq!(writes, 0);
    }
}

#[test]
fn an_account_id_may_have_blanks_around_it_wherever_it_is_written() {
    let project = Project::new(CONFIG).served();
    let id = project.account().id().to_owned();
    let run = |written: &str, project: &Project| {
        project.run_with(&["run", "-e", "dev"], &[("CLOUDFLARE_ACCOUNT_ID", written)]).exit(0);
    };
    for written in [format!("{id}\n"), format!(" {id}\r\n"), format!("\t{id}")] {
        run(&written, &project);
    }
    project.write("larder.toml", &CONFIG.replace("app =", &format!("account_id = \" {id}\\n\"\napp =")));
    run(&id, &project);
    project.write("vars.env", &format!("CLOUDFLARE_ACCOUNT_ID=\"{id}\n\"\n"));
    project
        .run_with(&["run", "-e", "dev", "--env-file", "vars.env"], &[("CLOUDFLARE_ACCOUNT_ID", "")])
        .exit(0);
}

#[test]
fn many_failures_of_one_cause_are_one_with_a_count() {
    let names: Vec<String> = (0..40).map(|n| format!("\"N{n}\"")).collect();
    let config = CONFIG.replace("\"A\"", &names.join(", "));
    let project = super::github::in_job(Project::new(&config)).served();
    let address = proxy::start(project.address(), |_| Verdict::Answer(403, DENIED));
    let project = project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"));
    let output = project.run(&["run", "-e", "dev", "--report", "page.html", "--report", "all.json"]).exit(1);
    output.kept("many failures of one cause are one with a count");
    let summary = super::github::text_of(&project, "job/summary");
    kept("many failures of one cause are one with a count, 2", &filtered(&summary, project.path()));
    let page = super::github::text_of(&project, "page.html");
    assert_eq!(page.matches("<div class=\"failure\">").count(), 1, "{page}");
    assert_eq!(page.matches("the same of 39 more").count(), 2, "{page}");
    let report: serde_json::Value =
        serde_json::from_str(&super::github::text_of(&project, "all.json")).unwrap();
    assert_eq!(report["steps"][0]["ops"].as_array().unwrap().len(), 40, "the document keeps each");
}
