//! A panic in a task of a run is reported as a bug in Larder. Also headers that once caused one.

use super::foreign_server::{Foreign, Options, Reply};
use super::project::PLAIN;
use super::simulation::{Arrival, Interceptor, Simulation, Terms};
use larder::http::WireRequest;
use larder::op::Mode;
use serde_json::json;
use std::sync::Arc;

/// Panics where a create is sent, as a bug in a service would.
struct Panics;

impl Interceptor for Panics {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        assert_ne!(request.endpoint.method, "POST", "a bug of the test's");
        deliver()
    }
}

#[test]
fn a_task_that_panics_ends_the_run_with_70_caught_or_not() {
    for script in [r#"kv::ensure("A");"#, r#"try { wait(kv::ensure("A")); } catch (e) { print(e.kind); }"#] {
        let folder = tempfile::tempdir().unwrap();
        let simulation = Simulation::new(1);
        let terms = Terms { road: Arc::new(Panics), ..simulation.terms(Mode::Apply) };
        let finished = simulation.script_on(terms, folder.path(), script);
        assert_eq!(finished.report.exit, 70, "{script}: {:?}", finished.said);
    }
}

/// Everything that a server can say about its limit, at the end of what a number holds.
#[test]
fn a_header_with_a_huge_number_is_a_long_wait_and_no_panic() {
    const MOST: &str = "18446744073709551615";
    for (name, value) in [
        ("ratelimit", format!("\"default\";r=0;t={MOST}")),
        ("ratelimit-policy", format!("\"default\";q=1;w={MOST}")),
        ("x-ratelimit-reset", MOST.to_owned()),
        ("x-ratelimit-limit", MOST.to_owned()),
        ("retry-after", MOST.to_owned()),
        ("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT".to_owned()),
    ] {
        let header = (name, value.clone());
        let rule = move |request: &super::foreign_server::Request| {
            let mut reply = match request.method.as_str() {
                "POST" => Reply::ok(&json!({ "id": "0f2ac74b498b48028cb68387c421e279", "title": "A" })),
                _ => return None,
            };
            if header.0.starts_with("x-ratelimit") {
                reply.headers.push(("x-ratelimit-remaining", "0".to_owned()));
            }
            reply.headers.push(header.clone());
            Some(reply)
        };
        let server = Foreign::start(Options { rule: Box::new(rule), ..Options::default() });
        let recipe = r#"let a = kv::ensure("A"); wait(a); kv::list();"#;
        let output = server.project(PLAIN).recipe(recipe).run(&["run", "main", "-e", "dev"]);
        assert!([0, 4].contains(&output.code), "{name}: {value}: {} {}", output.code, output.stderr);
        assert!(
            !output.stderr.contains("panic") && !output.stderr.contains("a bug in Larder"),
            "{}",
            output.stderr
        );
    }
}
