//! The account's request limit: a run keeps to it, waits for it and says so, or fails saying when to come back. The local
//! account counts, and its history decides.

use super::project::Project;
use super::simulation::{Arrival, Finished, Interceptor, Simulation, Terms};
use larder::http::{Limiter, RequestBudget, WaitPolicy, WireRequest};
use larder::local::{AccountOptions, Request, RequestLimit};
use larder::op::Mode;
use std::sync::Arc;
use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

fn limited() -> Simulation {
    Simulation::with(1, AccountOptions { limit: Some(RequestLimit::REAL), ..AccountOptions::default() })
}

fn patience(deadline: Duration, is_short: bool) -> WaitPolicy {
    WaitPolicy { deadline: Some(deadline), is_short }
}

/// Makes so many namespaces and buckets.
fn make(simulation: &Simulation, number: u32, limiter: Limiter, road: Arc<dyn Interceptor>) -> Finished {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "for at in 0..{number} {{ if at % 2 == 0 {{ kv::ensure(`n${{at}}`) }} else {{ r2::ensure(`bucket-${{at}}`) }} }}"
    );
    let terms = Terms { limiter: Arc::new(limiter), road, ..simulation.terms(Mode::Apply) };
    simulation.script_on(terms, folder.path(), &script)
}

fn open() -> Arc<dyn Interceptor> {
    Arc::new(super::simulation::Open)
}

/// Requests that the account refused because they were too many.
fn refused(finished: &Finished) -> usize {
    finished.history.iter().filter(|one| one.status == Some(429)).count()
}

fn warnings(finished: &Finished) -> Vec<&str> {
    finished.report.warnings.iter().map(|warning| warning.message.as_str()).collect()
}

#[test]
fn a_thousand_resources_stay_below_the_limit() {
    let simulation = limited();
    let finished = make(&simulation, 1000, Limiter::new(patience(8 * MINUTE, false), None), open());
    let report = &finished.report;
    assert_eq!((report.exit, report.summary.create, report.requests.retries), (0, 1000, 0));
    assert!(finished.history.len() <= 1200, "{} requests", finished.history.len());
    assert_eq!((refused(&finished), finished.took, warnings(&finished)), (0, Duration::ZERO, vec![]));
}

#[test]
fn a_run_over_the_limit_waits_and_says_so() {
    let simulation = limited();
    let finished = make(&simulation, 1300, Limiter::new(patience(8 * MINUTE, false), None), open());
    assert_eq!((finished.report.exit, finished.report.summary.create), (0, 1300), "{:?}", finished.said);
    assert_eq!((refused(&finished), finished.took), (0, Duration::from_secs(301)));
    assert_eq!(warnings(&finished), ["waited 5 min 1 s: the limit of 1200 requests in 300 s is used up"]);
}

#[test]
fn what_others_have_used_counts() {
    let simulation = limited();
    for _ in 0..1100 {
        let request = Request::new("GET", "/client/v4/accounts/0123456789abcdef0123456789abcdef/r2/buckets");
        simulation.account.deliver(&request);
    }
    let finished = make(
        &simulation,
        150,
        Limiter::new(patience(8 * MINUTE, false), Some(RequestBudget::CLOUDFLARE)),
        open(),
    );
    assert_eq!((finished.report.exit, refused(&finished)), (0, 0));
    assert_eq!(finished.took, Duration::from_secs(301));
}

/// A server that keeps its limit to itself.
struct Silent;

impl Interceptor for Silent {
    fn travel(&self, _: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        let mut arrival = deliver();
        if let Ok(answer) = &mut arrival {
            answer.headers.retain(|(name, _)| !name.starts_with("ratelimit"));
        }
        arrival
    }
}

#[test]
fn without_headers_the_run_counts_for_itself() {
    let simulation = limited();
    let limiter = Limiter::new(patience(8 * MINUTE, false), Some(RequestBudget::CLOUDFLARE));
    let finished = make(&simulation, 1300, limiter, Arc::new(Silent));
    assert_eq!((finished.report.exit, refused(&finished)), (0, 0));
    assert_eq!(finished.took, Duration::from_secs(301));
    // One that does not count is refused, keeps the pause that it is told, and gets there all the same.
    let simulation = limited();
    let finished = make(&simulation, 1300, Limiter::new(patience(8 * MINUTE, false), None), Arc::new(Silent));
    assert_eq!((finished.report.exit, finished.report.summary.create), (0, 1300), "{:?}", finished.said);
    assert!(refused(&finished) >= 1);
    assert!(finished.took >= Duration::from_mins(5) && finished.took < 8 * MINUTE, "{:?}", finished.took);
}

#[test]
fn a_wait_that_is_too_long_is_not_begun() {
    for patience in [patience(5 * MINUTE, false), patience(8 * MINUTE, true)] {
        let simulation = limited();
        let finished = make(&simulation, 1300, Limiter::new(patience, None), open());
        assert_eq!((finished.report.exit, refused(&finished)), (4, 0));
        assert_eq!(finished.history.len(), 1200);
        let said = "too many requests: the limit of 1200 requests in 300 s is used up, come back in 301 s";
        assert!(finished.said.iter().any(|one| one.ends_with(said)), "{:?}", finished.said);
        // What was done is in the report, and the next run does the rest.
        assert_eq!(usize::try_from(finished.report.summary.create).unwrap(), finished.changes());
        drop(larder::system::Clock::sleep(simulation.clock.as_ref(), 6 * MINUTE));
        let again = make(&simulation, 1300, Limiter::default(), open());
        assert_eq!((again.report.exit, again.changes() + finished.changes()), (0, 1300));
    }
}

#[test]
fn the_command_fails_at_once_when_it_may_not_wait() {
    let limit = Some(RequestLimit { requests: 20, ..RequestLimit::REAL });
    for flags in [["--no-wait", "--yes"], ["--deadline", "20s"]] {
        let project =
            Project::example().served_as(AccountOptions { limit, ..AccountOptions::default() }, None);
        let mut command = vec!["run", "-e", "development"];
        command.extend(flags);
        let output = project.run(&command).exit(4);
        output
            .stderr_has(
                "too many requests: the limit of 20 requests in [TIME] is used up, come back in [TIME]",
            )
            .stderr_has("help: the request limit is one for all of the account's tokens and the dashboard");
        assert_eq!(project.account().history().iter().filter(|one| one.status == Some(429)).count(), 0);
    }
}
