//! Imports whose answer is not what became of them: each ending, with and without effect. What the run says is what the
//! database has.

use super::outputs::kept;
use super::project::{PLAIN, Project};
use super::proxy::{self, Verdict};
use super::simulation::{Arrival, Finished, Interceptor, Simulation};
use super::transfers::{count, folder, marks, simulation};
use larder::http::{RawResponse, TransportError, TransportErrorKind, WireRequest};
use larder::local::{Account, Request};
use larder::op::Mode;
use larder::report::Report;
use larder::system::files;
use parking_lot::Mutex;
use secrecy::ExposeSecret;
use serde_json::json;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

const LOAD: &str = r#"d1::find("jobs").load("seed.sql").statements"#;
const ACTIVE: &str = r#"{"success":true,"type":"import","status":"active","at_bookmark":"b","messages":[]}"#;
const LOST: &str = r#"{"success":true,"type":"import","status":"error","at_bookmark":"b","messages":[],"errors":["Network connection lost."],"error":"Network connection lost."}"#;
const REFUSED: &str = r#"{"success":true,"type":"import","status":"error","at_bookmark":"b","messages":[],"errors":["no such table: nowhere: SQLITE_ERROR"]}"#;

/// What an order to run a file does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Runs {
    Now,
    Never,
    /// Before the database is asked for the mark this often.
    Late(usize),
    /// Its first two statements only, although it is one import.
    Partly,
}

/// What a request about the import is answered.
#[derive(Clone, Copy, Debug)]
enum Said {
    /// The envelope's result.
    Result(&'static str),
    /// A refusal with this status, code and message.
    Error(u16, i64, &'static str),
    /// Nothing.
    Lost,
    /// What the account says.
    Truth,
}

/// One order to run a file: what it does, its answer, and the answer to each question about it.
type Attempt = (Runs, Said, Said);

/// Stands between the client and the account's imports.
struct Between {
    account: Arc<Account>,
    attempts: Mutex<VecDeque<Attempt>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    polled: Option<Said>,
    /// The text on its way, and where to.
    upload: String,
    late: Option<(usize, WireRequest)>,
    /// How often the database is closed to questions.
    closed: usize,
    /// How often the account was told to run a file.
    orders: usize,
}

impl Between {
    fn new(simulation: &Simulation, attempts: &[Attempt]) -> Self {
        let attempts = Mutex::new(attempts.iter().copied().collect());
        Between { account: simulation.account.clone(), attempts, state: Mutex::default() }
    }

    fn closed(mut self, times: usize) -> Self {
        self.state.get_mut().closed = times;
        self
    }

    /// Sends a request as somebody else would.
    fn send(&self, path: &str, body: &[u8]) {
        let token = format!("Bearer {}", self.account.session_token().expose_secret());
        let request = Request::new("POST", &format!("/client/v4{path}"))
            .with_header("authorization", &token)
            .with_body(body);
        let reply = self.account.answer(&request);
        assert_eq!(reply.status, 200, "{}", reply.to_json());
    }
}

fn answer(said: Said, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
    let (status, body) = match said {
        Said::Result(result) => {
            (200, format!(r#"{{"success":true,"errors":[],"messages":[],"result":{result}}}"#))
        }
        Said::Error(status, code, message) => {
            let errors = json!([{"code": code, "message": message}]);
            (status, json!({"success": false, "errors": errors, "messages": [], "result": null}).to_string())
        }
        Said::Lost => return Err(TransportError::new(TransportErrorKind::Broken, "connection reset")),
        Said::Truth => return deliver(),
    };
    Ok(RawResponse { status, body: body.into_bytes(), ..RawResponse::default() })
}

impl Interceptor for Between {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        let mut state = self.state.lock();
        match request.endpoint.doing {
            "upload the file" => {
                state.upload = String::from_utf8(request.whole_body().unwrap()).unwrap();
                deliver()
            }
            "announce the file" if state.upload.is_empty() => deliver(),
            // The second time the account has the file, and runs it at once.
            "import the file" | "announce the file" => {
                state.orders += 1;
                let next = self.attempts.lock().pop_front();
                let (runs, said, polled) = next.unwrap_or((Runs::Now, Said::Truth, Said::Truth));
                state.polled = Some(polled);
                match runs {
                    Runs::Now if !matches!(said, Said::Truth) => drop(deliver()),
                    Runs::Late(looks) => state.late = Some((looks, request.clone())),
                    Runs::Partly => {
                        let begin: Vec<&str> = state.upload.lines().take(2).collect();
                        let path = request.path.replace("/import", "/query");
                        self.send(&path, json!({"sql": begin.join("\n")}).to_string().as_bytes());
                    }
                    Runs::Now | Runs::Never => {}
                }
                answer(said, deliver)
            }
            "ask how the import stands" => answer(state.polled.unwrap_or(Said::Truth), deliver),
            "read the rows" if state.closed > 0 => {
                state.closed -= 1;
                answer(Said::Error(400, 7500, "Currently processing a long-running import."), deliver)
            }
            "read the rows" => {
                if let Some((looks, order)) = state.late.take() {
                    match looks {
                        0 => self.send(&order.path, &order.body),
                        _ => state.late = Some((looks - 1, order)),
                    }
                }
                deliver()
            }
            _ => deliver(),
        }
    }
}

/// Runs a script; also how often the account was told to run a file.
fn run(simulation: &Simulation, folder: &Path, script: &str, road: Between) -> (Finished, usize) {
    let road = Arc::new(road);
    let terms = super::simulation::Terms { road: road.clone(), ..simulation.terms(Mode::Apply) };
    let finished = simulation.script_on(terms, folder, script);
    let orders = road.state.lock().orders;
    (finished, orders)
}

/// The last op's notes, its error's message, and its hint.
fn told(report: &Report) -> (Vec<String>, String, String) {
    let op = report.ops().last().unwrap();
    let error = op.error.clone();
    let hint = error.as_ref().and_then(|error| error.hint.clone()).unwrap_or_default();
    (op.notes.clone(), error.map(|error| error.message).unwrap_or_default(), hint)
}

#[test]
fn an_import_that_is_called_failed_is_in_if_its_mark_is() {
    let (active, poll) = (Said::Result(ACTIVE), Said::Result(LOST));
    let own = r#"{"success":true,"type":"import","status":"error","errors":["table larder_load_x already exists: SQLITE_ERROR"]}"#;
    let not_done = r#"{"success":false,"type":"import","status":"complete","error":"internal error"}"#;
    let idle = r#"{"success":false,"error":"Not currently importing anything."}"#;
    for (attempt, note) in [
        ((Runs::Now, active, poll), "Network connection lost"),
        ((Runs::Now, Said::Result(LOST), Said::Truth), "Network connection lost"),
        ((Runs::Late(3), Said::Result(LOST), Said::Truth), "Network connection lost"),
        // A transient text is no failure: what became of the file is not known.
        ((Runs::Now, Said::Error(400, 7500, "Network connection lost."), Said::Truth), ""),
        ((Runs::Now, Said::Result(not_done), Said::Truth), "internal error"),
        ((Runs::Now, Said::Result(own), Said::Truth), "table larder_load_x already exists: SQLITE_ERROR"),
        ((Runs::Now, active, Said::Result(idle)), ""),
        ((Runs::Now, active, Said::Lost), ""),
        ((Runs::Late(2), active, Said::Lost), ""),
        ((Runs::Now, Said::Lost, Said::Result(REFUSED)), ""),
        ((Runs::Now, active, Said::Error(404, 7404, "Not Found")), ""),
        ((Runs::Late(4), active, Said::Result(r#"{"success":true,"status":"complete"}"#)), ""),
    ] {
        let folder = folder();
        let simulation = simulation(folder.path());
        let (finished, orders) = run(&simulation, folder.path(), LOAD, Between::new(&simulation, &[attempt]));
        let (notes, error, _) = told(&finished.report);
        assert_eq!((finished.report.exit, error.as_str()), (0, ""), "{attempt:?}: {notes:?}");
        assert_eq!(orders, 1, "{attempt:?}");
        let held = (count(&simulation, folder.path()), marks(&simulation, folder.path()));
        assert_eq!((held.0.as_str(), held.1.as_str()), ("2", "0"), "{attempt:?}");
        let called = format!("the server called it failed (`{note}`), and all of it is in");
        assert_eq!(notes.contains(&called), !note.is_empty(), "{attempt:?}: {notes:?}");
        let is_counted = !matches!(attempt.2, Said::Result(result) if result.contains("complete"));
        assert!(!is_counted || finished.value.as_deref() == Some("2"), "{attempt:?}: {:?}", finished.value);
    }
}

#[test]
fn an_import_that_failed_and_left_nothing_is_sent_again_under_its_mark() {
    let folder = folder();
    let lab_of = || simulation(folder.path());
    let lost = (Runs::Never, Said::Result(LOST), Said::Truth);
    let simulation = lab_of();
    let (finished, orders) = run(&simulation, folder.path(), LOAD, Between::new(&simulation, &[lost]));
    assert_eq!((finished.report.exit, orders), (0, 2), "{:?}", finished.said);
    assert_eq!(
        (count(&simulation, folder.path()).as_str(), marks(&simulation, folder.path()).as_str()),
        ("2", "0")
    );

    let simulation = lab_of();
    let (finished, orders) = run(&simulation, folder.path(), LOAD, Between::new(&simulation, &[lost; 3]));
    assert_eq!((finished.report.exit, finished.report.changed, orders), (1, false, 2));
    let (_, error, hint) = told(&finished.report);
    assert_eq!(error, "can't import the file for `jobs`: Network connection lost");
    assert_eq!(
        hint,
        "nothing of `seed.sql` is in: it was looked for until it could no longer come; run again later"
    );
    assert!(finished.took.as_secs() >= 2 * 36, "{:?}", finished.took);
    assert_eq!(
        (count(&simulation, folder.path()).as_str(), marks(&simulation, folder.path()).as_str()),
        ("0", "0")
    );

    let complete = (Runs::Never, Said::Result(r#"{"success":true,"status":"complete"}"#), Said::Truth);
    let simulation = lab_of();
    let (finished, _) = run(&simulation, folder.path(), LOAD, Between::new(&simulation, &[complete; 3]));
    let (_, error, hint) = told(&finished.report);
    assert_eq!(finished.report.exit, 5);
    assert_eq!(
        error,
        "it is not known whether `jobs` was written: the import of `seed.sql` has no known end: the server says that it is \
         complete, and nothing of it is there"
    );
    kept("an import that failed and left nothing is sent again under its mark", &hint);
}

#[test]
fn a_statement_that_sqlite_refuses_ends_a_load_at_once() {
    let plain = r#"{"success":false,"error":"no such table: nowhere: SQLITE_ERROR"}"#;
    for said in [
        Said::Result(REFUSED),
        Said::Result(plain),
        Said::Error(400, 7500, "no such table: nowhere: SQLITE_ERROR"),
    ] {
        let folder = folder();
        let simulation = simulation(folder.path());
        let (finished, orders) = run(
            &simulation,
            folder.path(),
            LOAD,
            Between::new(&simulation, &[(Runs::Never, said, Said::Truth)]),
        );
        assert_eq!((finished.report.exit, finished.report.changed, orders), (1, false, 1), "{said:?}");
        assert_eq!(finished.said, ["can't import the file for `jobs`: no such table: nowhere: SQLITE_ERROR"]);
        assert!(finished.took.as_secs() < 2, "{:?}", finished.took);
    }
    let folder = folder();
    let simulation = simulation(folder.path());
    let denied = (Runs::Never, Said::Error(403, 7403, "not authorized"), Said::Truth);
    let (finished, _) = run(&simulation, folder.path(), LOAD, Between::new(&simulation, &[denied; 3]));
    assert_eq!((finished.report.exit, finished.report.changed), (1, false));
    assert!(!finished.sent.iter().any(|request| request.endpoint.doing == "read the rows"), "it never ran");
}

#[test]
fn a_part_of_a_file_is_called_a_part() {
    let folder = folder();
    let simulation = simulation(folder.path());
    let partly = (Runs::Partly, Said::Result(LOST), Said::Truth);
    let (finished, _) = run(&simulation, folder.path(), LOAD, Between::new(&simulation, &[partly]));
    let (notes, error, hint) = told(&finished.report);
    assert_eq!((finished.report.exit, finished.report.changed), (4, true), "{error}");
    assert_eq!(error, "a part of `seed.sql` is in `jobs`, and not the rest: Network connection lost");
    assert_eq!(
        hint,
        "bring the database back to before it, or write what is missing; then look why it ended"
    );
    assert!(notes[0].starts_with("the way back to before it: "), "{notes:?}");
    assert_eq!(
        (count(&simulation, folder.path()).as_str(), marks(&simulation, folder.path()).as_str()),
        ("1", "0")
    );
}

#[test]
fn a_database_that_is_busy_with_the_file_is_waited_for() {
    let folder = folder();
    let simulation = simulation(folder.path());
    let road = Between::new(&simulation, &[(Runs::Now, Said::Result(ACTIVE), Said::Lost)]).closed(60);
    let (finished, orders) = run(&simulation, folder.path(), LOAD, road);
    assert_eq!((finished.report.exit, orders), (0, 1), "{:?}", finished.said);
    assert_eq!(count(&simulation, folder.path()), "2");
}

#[test]
fn a_migration_that_goes_in_as_an_import_is_proved_by_the_ledger() {
    let folder = tempfile::tempdir().unwrap();
    files::make_folder(&folder.path().join("m")).unwrap();
    let file = "CREATE TABLE a (x, end);\nCREATE TRIGGER r AFTER INSERT ON a BEGIN SELECT CASE WHEN NEW.end THEN 1 ELSE NEW.end END; END;\n\
        INSERT INTO a VALUES (1, 2);\n";
    files::write_whole(&folder.path().join("m/0001_a.sql"), file.as_bytes()).unwrap();
    let script = r#"d1::ensure("jobs").migrate("m").applied"#;
    let rows = r#"d1::find("jobs").query("SELECT (SELECT count(*) FROM a) || ' ' || (SELECT count(*) FROM d1_migrations) AS n")[0].n"#;
    for (attempt, sent) in [
        ((Runs::Now, Said::Result(LOST), Said::Truth), 1),
        ((Runs::Now, Said::Result(ACTIVE), Said::Result(LOST)), 1),
        ((Runs::Now, Said::Error(400, 7500, "Network connection lost."), Said::Truth), 1),
        ((Runs::Late(3), Said::Result(LOST), Said::Truth), 1),
        ((Runs::Never, Said::Result(LOST), Said::Truth), 2),
    ] {
        let simulation = Simulation::new(1);
        let (finished, orders) =
            run(&simulation, folder.path(), script, Between::new(&simulation, &[attempt]));
        assert_eq!((finished.report.exit, orders), (0, sent), "{attempt:?}: {:?}", finished.said);
        assert_eq!(finished.value.as_deref(), Some("[\"0001_a.sql\"]"), "{attempt:?}");
        let held = simulation.script(folder.path(), Mode::Apply, rows).value;
        assert_eq!(held.as_deref(), Some("\"1 1\""), "{attempt:?}");
    }
    let simulation = Simulation::new(1);
    let refused = (Runs::Never, Said::Result(REFUSED), Said::Truth);
    let (finished, orders) = run(&simulation, folder.path(), script, Between::new(&simulation, &[refused]));
    assert_eq!(finished.said, ["can't apply `0001_a.sql` to `jobs`: no such table: nowhere: SQLITE_ERROR"]);
    assert_eq!((finished.report.exit, orders), (4, 1), "the database was made");
}

#[test]
fn the_report_of_an_import_that_is_called_failed_is_true() {
    const ENDED: &str = r#"{"success":true,"errors":[],"messages":[],"result":{"success":true,"type":"import","status":"error","at_bookmark":"b","messages":[],"errors":["Network connection lost."],"error":"Network connection lost."}}"#;
    let project = Project::new(PLAIN)
        .file("seed.sql", "INSERT INTO t VALUES (1);\n")
        .recipe(r#"d1::ensure("jobs").load("seed.sql");"#)
        .served();
    let made = project.api("POST", "/d1/database", &json!({"name": "jobs"}));
    let query = format!("/d1/database/{}/query", made["uuid"].as_str().unwrap());
    project.api("POST", &query, &json!({"sql": "CREATE TABLE t (x)"}));
    let address = proxy::start(project.address(), |seen| {
        if seen.is("POST", "/import", "\"ingest\"") { Verdict::Instead(200, ENDED) } else { Verdict::Pass }
    });
    let project = project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4"));
    let report = project.report(&["run", "main", "-e", "development"]);
    let ops = report["steps"][0]["ops"].as_array().unwrap();
    assert_eq!((&report["exit"], &report["changed"]), (&json!(0), &json!(true)), "{report:#}");
    assert_eq!(
        [&ops[1]["op"], &ops[1]["action"], &ops[1]["status"], &ops[1]["evidence"]],
        ["load", "write", "done", "probe"]
    );
    let rows = "SELECT (SELECT count(*) FROM t) AS rows, (SELECT count(*) FROM sqlite_master WHERE name LIKE 'larder%') AS marks";
    let held = project.api("POST", &query, &json!({"sql": rows}));
    assert_eq!(held[0]["results"], json!([{"rows": 1, "marks": 0}]));
    let text = project.run(&["run", "main", "-e", "development"]).exit(0).stdout;
    kept("the report of an import that is called failed is true", &text);
}
