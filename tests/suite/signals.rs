//! Interruptions: nothing new is begun, what is under way is awaited, the report is written, and it never ends with 0.

use super::project::{PLAIN, Project};
use serde_json::Value as Json;
use std::process::Command;
use std::time::{Duration, Instant};

/// Sends a signal and waits for the end; gives the exit code and the time it took.
fn interrupt(project: &Project, signal: &str, ready: impl Fn() -> bool) -> (i32, Duration) {
    let mut child = project.spawn(&["run", "main", "-e", "dev", "--report", "report.json"]);
    let begun = Instant::now();
    while !ready() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never came to the point");
        std::thread::yield_now();
    }
    let sent = Instant::now();
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    let code = child.wait().unwrap().code().unwrap();
    (code, sent.elapsed())
}

fn report(project: &Project) -> Json {
    let text = larder::system::files::read_text(&project.path().join("report.json"), 1 << 20).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_write_under_way_is_awaited_and_nothing_new_begun() {
    let recipe = "let a = kv::ensure(\"A\");\nwait(a);\nkv::ensure(\"B\");\n";
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let project = Project::new(PLAIN).recipe(recipe).served_with(Duration::from_millis(400), None);
        let sent = || project.account().history().iter().any(|one| one.method == "POST");
        let (ended, _) = interrupt(&project, signal, sent);
        let report = report(&project);
        assert_eq!((ended, &report["exit"]), (code, &Json::from(code)), "{report:#}");
        assert_eq!((&report["changed"], &report["complete"]), (&Json::from(true), &Json::from(false)));
        let titles: Vec<String> =
            project.account().resources().unwrap().into_iter().map(|(_, one)| one.name).collect();
        assert_eq!(titles, ["A"]);
    }
}

#[test]
fn a_loop_ends_at_once() {
    let project = Project::new(PLAIN).recipe("kv::ensure(\"A\").id;\nloop { }\n").served();
    let answered =
        || project.account().history().iter().any(|one| one.method == "POST" && one.answered.is_some());
    let (code, took) = interrupt(&project, "-INT", answered);
    assert_eq!(code, 130);
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(report(&project)["steps"][0]["ops"][0]["status"], "done");
}

#[test]
fn a_write_that_is_never_answered_is_unknown() {
    let project = Project::new(PLAIN).recipe("kv::ensure(\"A\");\n").served();
    project.account().inject("hang-applied@2".parse().unwrap());
    let sent = || project.account().history().iter().any(|one| one.method == "POST");
    let (code, took) = interrupt(&project, "-INT", sent);
    let report = report(&project);
    assert_eq!((code, &report["summary"]["unknown"]), (5, &Json::from(1)), "{report:#}");
    assert!(took < Duration::from_secs(9), "a CI runner kills after 10 s: {took:?}");
}

#[test]
fn a_closed_standard_output_is_no_crash() {
    let project = Project::new(PLAIN).recipe("for i in 0..200 { kv::ensure(`N${i}`); }\n");
    let mut child = project.spawn(&["run", "main", "-e", "dev", "--local"]);
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_eq!(
        project.local().resources().unwrap().len(),
        200,
        "what was asked is done all the same: {stderr}"
    );
}
