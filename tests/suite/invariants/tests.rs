//! Tests of the invariants' own checks: planted violations are found.

use super::*;
use larder::events::Problem;
use larder::http::{RawResponse, TransportError, TransportErrorKind};
use larder::system::files;
use std::process::{Command, Stdio};

fn undisturbed() -> (Simulation, Goal, Finished) {
    let simulation = Simulation::new(1);
    let finished = simulation.provision(Mode::Apply, "development");
    let goal = Goal::of(&simulation, &finished);
    (simulation, goal, finished)
}

/// The rules that are broken.
fn rules(wrong: &[String]) -> BTreeSet<&str> {
    wrong.iter().map(|one| one.split(':').next().unwrap()).collect()
}

/// Plants something into a good run; gives the rules that are found broken.
fn planted(plant: impl FnOnce(&mut Finished)) -> BTreeSet<String> {
    let (simulation, goal, mut finished) = undisturbed();
    assert_eq!(run(&finished, &goal, &simulation.account), Vec::<String>::new());
    plant(&mut finished);
    rules(&run(&finished, &goal, &simulation.account)).into_iter().map(str::to_owned).collect()
}

fn first_op(finished: &mut Finished) -> &mut Op {
    finished.report.steps.iter_mut().flat_map(|step| &mut step.ops).next().unwrap()
}

fn is(found: &BTreeSet<String>, expected: &[&str]) {
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_planted_into_a_run_is_found() {
    is(&planted(|run| run.report.exit = 5), &["T1", "T3"]);
    is(&planted(|run| run.report.exit = 1), &["T1", "T3"]);
    is(&planted(|run| run.report.changed = false), &["T1"]);
    is(&planted(|run| first_op(run).action = Action::None), &["T2"]);
    is(&planted(|run| first_op(run).resource = "other".into()), &["T2"]);
    is(
        &planted(|run| {
            let migrate = run.report.steps.iter_mut().flat_map(|step| &mut step.ops).last().unwrap();
            migrate.notes.retain(|note| !note.contains("0003"));
        }),
        &["T2"],
    );
    is(&planted(|run| run.history[0].method = "DELETE".into()), &["S3"]);
    is(
        &planted(|run| {
            let create = run.history.iter_mut().find(|one| one.changed).unwrap();
            create.body = create.body.replace("JOB_ANALYSIS_CACHE", "FOREIGN");
        }),
        &["S3", "T2"],
    );
    is(&planted(|run| run.took = Duration::from_secs(601)), &["L3"]);
    is(&planted(|run| (0..7).for_each(|_| run.history.extend(run.history.clone()))), &["L3"]);
}

#[test]
fn a_failure_without_its_words_is_found() {
    let problem = |message: &str, hint: Option<&str>| Problem {
        kind: "unknown".into(),
        message: message.into(),
        code: None,
        ray: None,
        hint: hint.map(str::to_owned),
        findings: Vec::new(),
    };
    let with = |op: &'static str, problem: Option<Problem>| {
        planted(move |run| {
            run.report.exit = 5;
            run.said.push("it is not known".into());
            let ops = run.report.steps.iter_mut().flat_map(|step| &mut step.ops);
            let op = ops.into_iter().find(|one| one.op == op).unwrap();
            let named =
                problem.map(|one| Problem { message: one.message.replace("NAME", &op.resource), ..one });
            (op.status, op.error) = (Status::Unknown, named);
        })
    };
    let query = Some("ask the ledger: `SELECT name FROM \"d1_migrations\"`");
    is(&with("ensure", Some(problem("`NAME`?", Some("run again")))), &[]);
    is(&with("ensure", None), &["T3"]);
    is(&with("ensure", Some(problem("who?", Some("run again")))), &["T3"]);
    is(&with("ensure", Some(problem("`NAME`?", None))), &["T3"]);
    // Its files are applied, and an unknown outcome of one names that one only; the notes name all.
    is(&with("migrate", Some(problem("`NAME`?", query))), &[]);
    is(&with("migrate", Some(problem("`NAME`?", Some("run again")))), &["T3"]);
}

#[test]
fn a_failure_that_names_another_request_is_found() {
    // The first create fails, and its op says so in these words.
    let with = |kind: &'static str, message: &'static str| {
        planted(move |run| {
            let failed = run.asked.iter_mut().find(|one| !is_read(one)).unwrap();
            failed.arrival = Err(TransportError::new(TransportErrorKind::Broken, "reset"));
            let message = message.replace("DOING", failed.request.endpoint.doing);
            let ended = run.ended.iter_mut().find(|done| done.id == failed.op).unwrap();
            ended.error = Some(Problem::new(kind, message));
        })
    };
    is(&with("unreachable", "can't DOING for `A`: reset"), &[]);
    is(&with("conflict", "`A` exists and can't be changed"), &[]);
    is(&with("unreachable", "can't list the namespaces for `A`: reset"), &["T4"]);
    is(&with("rejected", "`A` is refused"), &["T4"]);
}

#[test]
fn a_lost_write_that_comes_again_without_a_look_is_found() {
    let lost = Err(TransportError::new(TransportErrorKind::Broken, "reset"));
    let throttled = Ok(RawResponse { status: 429, ..RawResponse::default() });
    let resent = |arrival: super::super::simulation::Arrival, look: bool| {
        planted(|run| {
            let at = run.carried.iter().position(|one| !is_read(one)).unwrap();
            let mut first = run.carried[at].clone();
            first.arrival = arrival;
            let look = look.then(|| run.carried.iter().find(|one| is_read(one)).unwrap().clone());
            let look = look.map(|mut one| {
                one.request.path.clone_from(&first.request.path);
                one
            });
            run.carried.splice(at..at, std::iter::once(first).chain(look));
        })
    };
    is(&resent(lost.clone(), false), &["S4"]);
    is(&resent(lost, true), &[]);
    is(&resent(throttled, false), &[]);
}

#[test]
fn what_is_planted_into_an_account_is_found() {
    for (sql, rule) in [
        ("DELETE FROM d1_migrations WHERE name = '0003_applications.sql'", "is in one ledger only"),
        ("DELETE FROM larder_migrations WHERE seq = 3", "a gap before row 4"),
        ("UPDATE larder_migrations SET name = 'x' WHERE seq = 2", "is in one ledger only"),
    ] {
        let (simulation, goal, _) = undisturbed();
        assert_eq!((account(&simulation.account), goal.is_reached(&simulation.account)), (vec![], true));
        let resources = simulation.account.resources().unwrap();
        let (_, database) = resources.iter().find(|(service, _)| *service == "d1").unwrap();
        rows(&simulation.account, &database.id, sql).unwrap();
        let wrong = account(&simulation.account);
        assert!(wrong.iter().any(|one| one.contains(rule)), "{sql}: {wrong:?}");
        assert!(!goal.is_reached(&simulation.account));
    }
}

#[test]
fn what_is_planted_into_a_folder_or_beside_it_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let allowed = BTreeMap::from([(
        "report.json".to_owned(),
        vec![None, Some(b"old".to_vec()), Some(b"new".to_vec())],
    )]);
    let found = |content: &[u8]| {
        files::write_whole(&path.join("report.json"), content).unwrap();
        super::folder(path, &allowed).len()
    };
    assert_eq!((super::folder(path, &allowed).len(), found(b"old"), found(b"ne")), (0, 0, 1));
    files::write_whole(&path.join(".tmpABC"), b"").unwrap();
    assert_eq!(found(b"new"), 1);
    assert_eq!(orphans(path), Vec::<String>::new());
    let mut child = Command::new("cat").current_dir(path).stdin(Stdio::piped()).spawn().unwrap();
    assert_eq!(orphans(path).len(), 1);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(orphans(path), Vec::<String>::new());
}
