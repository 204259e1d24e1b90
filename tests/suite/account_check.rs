//! The account against the credentials, asked before the first write: only a list of accounts without this one refuses, and
//! what fails on the way there is not told as the failure of a write that was never sent.

use super::project::{Project, ops};
use super::proxy::{self, Seen, Verdict};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const SIX: &str =
    "app = \"shop\"\n[kv]\nnamespaces = [\"A\", \"B\", \"C\", \"D\", \"E\", \"F\"]\n[environments.dev]\n";
const OWNED: &str = r#"{"success":false,"result":null,"messages":[],"errors":[{"code":1001,"message":"List accounts endpoint does not support account owned tokens."}]}"#;
const DENIED: &str = r#"{"success":false,"result":null,"messages":[],"errors":[{"code":10000,"message":"Authentication error"}]}"#;
const DOWN: &str =
    r#"{"success":false,"result":null,"messages":[],"errors":[{"code":10001,"message":"internal error"}]}"#;
const NONE: &str = r#"{"success":true,"errors":[],"messages":[],"result":[],"result_info":{"page":1,"per_page":50,"count":0,"total_count":0}}"#;
const OTHERS: &str =
    r#"{"success":true,"errors":[],"messages":[],"result":[{"id":"ffffffffffffffffffffffffffffffff"}]}"#;

/// A project whose requests go through a proxy that decides about some of them.
fn behind(judge: impl FnMut(&Seen) -> Verdict + Send + 'static) -> Project {
    let project = Project::new(SIX).served();
    let address = proxy::start(project.address(), judge);
    project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"))
}

/// The same where only the list of accounts is decided about.
fn with_accounts(verdict: Verdict) -> Project {
    behind(move |seen| if seen.is("GET", "/v4/accounts", "") { verdict } else { Verdict::Pass })
}

fn writes(project: &Project) -> usize {
    project.history().unwrap().iter().filter(|one| one.method != "GET").count()
}

#[test]
fn a_list_of_accounts_that_fails_is_not_held_against_the_run() {
    for (verdict, detail) in [
        (Verdict::Answer(500, DOWN), "HTTP status 500: internal error"),
        (Verdict::Answer(200, "{}"), "HTTP status 200 with broken or unexpected JSON"),
        (Verdict::Page(502), "HTTP status 502"),
        (Verdict::Page(200), "HTTP status 200 with a page of HTML"),
    ] {
        let project = with_accounts(verdict);
        let report = project.report(&["run", "-e", "dev"]);
        let created = ops(&report)
            .into_iter()
            .filter(|(.., action, status)| (action.as_str(), status.as_str()) == ("create", "done"));
        assert_eq!((report["exit"].as_i64(), created.count()), (Some(0), 6), "{verdict:?}");
        let warnings = report["warnings"].as_array().unwrap();
        let expected = format!(
            "can't list the accounts: {detail}; it is not checked whether the credentials are for the account `{}`",
            project.account().id()
        );
        assert_eq!(warnings.len(), 1, "{verdict:?}: {warnings:?}");
        assert_eq!(warnings[0]["message"].as_str().unwrap(), expected);
        assert_eq!(writes(&project), 6, "{verdict:?}");
    }
}

#[test]
fn a_list_of_accounts_that_is_cut_off_is_not_held_against_the_run() {
    let project = with_accounts(Verdict::Close);
    project
        .run(&["run", "-e", "dev"])
        .exit(0)
        .kept("a list of accounts that is cut off is not held against the run");
    assert_eq!(writes(&project), 6);
}

/// A token that an account owns may not list accounts: that is its normal state, and no warning.
#[test]
fn a_token_that_may_not_list_accounts_is_taken_as_it_is() {
    for verdict in [Verdict::Answer(400, OWNED), Verdict::Answer(403, DENIED), Verdict::Answer(200, NONE)] {
        let project = with_accounts(verdict);
        let run = project.run(&["run", "-e", "dev"]).exit(0);
        assert_eq!(run.stderr, "", "{verdict:?}");
        assert_eq!(writes(&project), 6, "{verdict:?}");
    }
}

/// A page is no answer of the API, whatever its status: that nothing was checked is said.
#[test]
fn a_page_in_place_of_the_accounts_checks_nothing() {
    let project = with_accounts(Verdict::Page(403));
    let run = project.run(&["run", "-e", "dev"]).exit(0);
    run.stderr("warning: can't list the accounts: HTTP status 403 with a page of HTML; it is not checked whether the credentials are for the account `[ID]`\n");
    assert_eq!(writes(&project), 6);
}

#[test]
fn a_list_without_this_account_refuses_before_the_first_write_even_after_failures() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    let project = behind(move |seen| {
        if !seen.is("GET", "/v4/accounts", "") {
            return Verdict::Pass;
        }
        let is_early = counted.fetch_add(1, Ordering::SeqCst) < 2;
        if is_early { Verdict::Answer(500, DOWN) } else { Verdict::Answer(200, OTHERS) }
    });
    project
        .run(&["run", "-e", "dev"])
        .exit(1)
        .stderr("\
error: can't create the namespace for `shop-dev-A`: the credentials do not reach the account `[ID]`, but `[ID]`
 --> larder.toml:3:15
  |
3 | namespaces = [\"A\", \"B\", \"C\", \"D\", \"E\", \"F\"]
  |               ^^^
  |
  = note: in step `kv`
  = note: the same of 5 more: `shop-dev-B`, `shop-dev-C`, `shop-dev-D`, `shop-dev-E`, `shop-dev-F`
  = help: the account is `account_id` of the environment or `CLOUDFLARE_ACCOUNT_ID`: take credentials made for it
exit 1: nothing was changed
");
    // The look ahead of the run and its own ask may both have left.
    assert_eq!((writes(&project), asked.load(Ordering::SeqCst) >= 3), (0, true));
}

#[test]
fn a_saved_plan_is_applied_where_the_accounts_cannot_be_listed() {
    let project = with_accounts(Verdict::Answer(500, DOWN));
    project.run(&["plan", "-e", "dev", "--out", "plan.json"]).exit(0);
    project
        .run(&["apply", "plan.json"])
        .exit(0)
        .stderr("warning: can't list the accounts: HTTP status 500: internal error; it is not checked whether the credentials are for the account `[ID]`\n");
    assert_eq!(writes(&project), 6);
}

/// A list that all of a step's ops wait for: what failed is that list, and no write is named that was not sent.
#[test]
fn a_listing_that_fails_is_told_as_the_listing() {
    let project = behind(|seen| {
        let is_list = seen.is("GET", "/storage/kv/namespaces", "");
        if is_list { Verdict::Answer(500, DOWN) } else { Verdict::Pass }
    });
    let report = project.report(&["run", "-e", "dev"]);
    assert_eq!((report["exit"].as_i64(), writes(&project)), (Some(1), 0));
    let errors: Vec<&str> = report["steps"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|step| step["ops"].as_array().unwrap())
        .filter_map(|op| op["error"]["message"].as_str())
        .collect();
    assert_eq!(errors.len(), 6);
    for error in errors {
        assert!(
            error.starts_with("can't list the namespaces for `shop-dev-")
                && error.ends_with("`: HTTP status 500: internal error"),
            "{error}"
        );
    }
}
