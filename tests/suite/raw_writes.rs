//! Ops that run alone, `cf::` above all: they may change and read anything, so what comes after them sees it, and a plan
//! does not pretend to know it.

use super::project::{PLAIN, Project};
use super::simulation::{Finished, Simulation};
use larder::op::Mode;
use serde_json::json;
use std::time::Duration;

fn run(simulation: &Simulation, mode: Mode, text: &str) -> Finished {
    simulation.script(tempfile::tempdir().unwrap().path(), mode, text)
}

/// What a plan says of the place where it ends.
fn unknown(text: &str) -> Vec<String> {
    let planned = run(&Simulation::new(1), Mode::Plan, text);
    assert_eq!((planned.report.exit, planned.report.complete), (0, false), "{text}: {:?}", planned.said);
    planned.said
}

#[test]
fn a_listing_waits_for_the_raw_write_before_it() {
    let recipe = "let before = kv::list().len;\ncf::post(\"/storage/kv/namespaces\", #{ title: \"RAW\" });\n\
                  output(\"before\", before);\noutput(\"after\", kv::list().len);\n";
    let project = Project::new(PLAIN).recipe(recipe).served_with(Duration::from_millis(60), None);
    let report = project.report(&["run", "main", "-e", "dev"]);
    assert_eq!(report["outputs"], json!({"before": 0, "after": 1}));
}

#[test]
fn a_plan_does_not_know_what_a_raw_write_leads_to() {
    let post = r#"cf::post("/storage/kv/namespaces", #{ title: "RAW" });"#;
    for (read, what) in [
        (r#"kv::find("RAW").name"#, "the data of `kv/RAW`"),
        (r#"kv::find("OTHER")"#, "the data of `kv/OTHER`"),
        (r#"r2::find("abc")"#, "the data of `r2/abc`"),
        ("kv::list().len", "what `kv` holds"),
        (r#"cf::get("/storage/kv/namespaces").len"#, "the data of `cf/storage/kv/namespaces`"),
    ] {
        assert_eq!(unknown(&format!("{post} {read}")), [format!("{what} is only known after apply")]);
    }
}

#[test]
fn a_plan_does_not_read_past_what_it_would_create() {
    let read = r#"cf::get("/storage/kv/namespaces").len"#;
    assert_eq!(unknown(&format!(r#"kv::ensure("A"); {read}"#)).len(), 1);
    let simulation = Simulation::new(1);
    run(&simulation, Mode::Apply, r#"kv::ensure("A");"#);
    let planned = run(&simulation, Mode::Plan, &format!(r#"kv::ensure("A"); {read}"#));
    assert_eq!((planned.value.as_deref(), planned.said.len()), (Some("1"), 0));
}
