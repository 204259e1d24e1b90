//! The delay after a lost answer: writes that cannot take effect twice are sent again soon, the others wait.

use super::parallel_cases;
use super::simulation::{Arrival, Finished, Interceptor, Simulation, Terms};
use larder::http::{TransportError, TransportErrorKind, WireRequest};
use larder::local::fault::{Fault, FaultEffect, FaultKind, FaultTarget};
use larder::op::Mode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The bundled recipe, of which one request meets a connection that the server has closed.
fn run(at: u64, effect: FaultEffect) -> Finished {
    let simulation = Simulation::new(at);
    simulation.account.inject(Fault { kind: FaultKind::Reset, effect, strike: FaultTarget::Request(at) });
    simulation.provision(Mode::Apply, "development")
}

#[test]
fn a_connection_that_was_closed_in_silence_costs_less_than_3_s_wherever_it_happens() {
    let simulation = Simulation::new(1);
    let calm = simulation.provision(Mode::Apply, "development");
    assert_eq!((calm.report.exit, calm.took), (0, Duration::ZERO));
    let requests = calm.history.len() as u64;
    assert!(requests >= 20, "only {requests} requests");
    let cells: Vec<(u64, FaultEffect)> = (1..=requests)
        .flat_map(|at| [FaultEffect::Applied, FaultEffect::NotApplied].map(|effect| (at, effect)))
        .collect();
    let wrong = parallel_cases::each(&cells, |(at, effect)| {
        let finished = run(*at, *effect);
        let (exit, took) = (finished.report.exit, finished.took);
        let is_right = exit == 0 && took < Duration::from_secs(3);
        if is_right {
            Ok(())
        } else {
            Err(format!("{at} {effect:?}: exit {exit} after {took:?}: {:?}", finished.said))
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_not_sent_a_third_time_is_looked_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = Simulation::new(1);
    let finished = simulation.script_on(
        Terms { road: Arc::new(OnlyCreates), ..simulation.terms(Mode::Apply) },
        folder.path(),
        r#"kv::ensure("A");"#,
    );
    assert_eq!(finished.report.exit, 5, "{:?}", finished.said);
    let posts = finished.asked.iter().filter(|one| one.request.endpoint.method == "POST").count();
    assert_eq!(posts, 2);
    assert!((31..=32).contains(&finished.took.as_secs()), "{:?}", finished.took);
}

/// Breaks every create before the account sees it.
struct OnlyCreates;

impl Interceptor for OnlyCreates {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        if request.endpoint.method == "POST" {
            return Err(TransportError::new(TransportErrorKind::Broken, "connection reset"));
        }
        deliver()
    }
}

/// What an update adds has a name of its own, and what it replaces is the same twice.
#[test]
fn an_update_that_is_lost_is_sent_again() {
    let index = r#"vectorize::ensure("docs", #{ dimensions: 3, metric: "cosine", metadata_indexes: #{ url: "string" } });"#;
    for (before, recipe, path) in [
        ("", index, "/metadata_index/create"),
        (
            r#"vectorize::ensure("docs", #{ dimensions: 3, metric: "cosine" });"#,
            index,
            "/metadata_index/create",
        ),
        (r#"ai_gateway::ensure("gw");"#, r#"ai_gateway::ensure("gw", #{ cache_ttl: 60 });"#, "/gateways/gw"),
    ] {
        for arrives in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let simulation = Simulation::new(1);
            simulation.script(folder.path(), Mode::Apply, before);
            let road = Arc::new(LosesFirst { path, arrives, lost: AtomicBool::default() });
            let terms = Terms { road, ..simulation.terms(Mode::Apply) };
            let finished = simulation.script_on(terms, folder.path(), recipe);
            let told = format!("{path} {arrives}: {:?}", finished.said);
            assert_eq!(finished.report.exit, 0, "{told}");
            assert!(finished.took < Duration::from_secs(3), "{:?} {told}", finished.took);
            let again = simulation.script(folder.path(), Mode::Apply, recipe);
            assert_eq!((again.report.exit, again.report.requests.writes), (0, 0), "{told}");
        }
    }
}

/// Loses the answer to the first write below a path.
struct LosesFirst {
    path: &'static str,
    arrives: bool,
    lost: AtomicBool,
}

impl Interceptor for LosesFirst {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        let is_meant = request.endpoint.is_write() && request.path.ends_with(self.path);
        if !is_meant || self.lost.swap(true, Ordering::SeqCst) {
            return deliver();
        }
        if self.arrives {
            let _ = deliver();
        }
        Err(TransportError::new(TransportErrorKind::Broken, "connection reset"))
    }
}
