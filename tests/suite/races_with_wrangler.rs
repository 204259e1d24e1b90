//! Wrangler and Larder on one database, in every order: whatever comes between, the database ends the same.

use super::simulation::{Arrival, Finished, Interceptor, Simulation};
use super::source_tree::read;
use larder::http::WireRequest;
use larder::local::{Account, Request};
use larder::op::Mode;
use larder::system::files;
use parking_lot::Mutex;
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};
use std::sync::Arc;

const FILES: [(&str, &str); 3] = [
    ("0001_log.sql", "CREATE TABLE log (x TEXT);\nINSERT INTO log VALUES ('one');\n"),
    ("0002_jobs.sql", "CREATE TABLE jobs (id INTEGER PRIMARY KEY);\r\nINSERT INTO log VALUES ('two');\r\n"),
    ("0003_more.sql", "ALTER TABLE jobs ADD COLUMN title TEXT;\nINSERT INTO log VALUES ('three');\n"),
];

const SCRIPT: &str = "d1::ensure(\"jobs\").migrate(\"m\");";

type File = (String, String);

/// `wrangler d1 migrations apply`, request by request, as it was recorded.
struct Wrangler {
    account: Arc<Account>,
    id: String,
    files: Vec<File>,
    /// Files to send; `None` before the ledger was read.
    pending: Option<Vec<File>>,
    sent: Vec<String>,
    is_over: bool,
}

impl Wrangler {
    fn new(account: &Arc<Account>, id: &str, files: &[File]) -> Self {
        let (account, id, files) = (account.clone(), id.to_owned(), files.to_vec());
        Wrangler { account, id, files, pending: None, sent: Vec::new(), is_over: false }
    }

    /// Sends its next request, if there is one.
    fn step(&mut self) {
        if self.is_over {
            return;
        }
        if self.sent.is_empty() {
            self.send("CREATE TABLE IF NOT EXISTS \"d1_migrations\"(\n\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n\t\tname       TEXT UNIQUE,\n\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n);");
            return;
        }
        let Some(pending) = &mut self.pending else {
            let answer = self.send("SELECT *\n\t\tFROM \"d1_migrations\"\n\t\tORDER BY id");
            let rows = answer["result"][0]["results"].as_array().unwrap();
            let applied: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
            let is_new = |(name, _): &&File| !applied.contains(&name.as_str());
            self.pending = Some(self.files.iter().filter(is_new).cloned().collect());
            self.is_over = self.pending.as_ref().unwrap().is_empty();
            return;
        };
        let (name, text) = pending.remove(0);
        self.is_over = pending.is_empty();
        // Line ends outside quotes; there are none inside here.
        let text = text.replace("\r\n", "\n");
        let answer = self.send(&format!("{text}\nINSERT INTO \"d1_migrations\" (name)\nvalues ('{name}');"));
        // At the first failure it stops.
        self.is_over |= answer["success"] != true;
    }

    fn run(mut self) -> Vec<String> {
        while !self.is_over {
            self.step();
        }
        self.sent
    }

    fn send(&mut self, sql: &str) -> Json {
        self.sent.push(sql.to_owned());
        query(&self.account, &self.id, sql)
    }
}

fn query(account: &Account, id: &str, sql: &str) -> Json {
    let token = format!("Bearer {}", account.session_token().expose_secret());
    let target = format!("/client/v4/accounts/{}/d1/database/{id}/query", account.id());
    let request = Request::new("POST", &target).with_header("authorization", &token);
    account.answer(&request.with_body(json!({ "sql": sql }).to_string().into_bytes())).to_json()
}

fn owned(files: &[(&str, &str)]) -> Vec<File> {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

/// An account with the database `jobs`, and a folder.
struct Scene {
    simulation: Simulation,
    folder: tempfile::TempDir,
    id: String,
}

impl Scene {
    fn new() -> Self {
        let (simulation, folder) = (Simulation::new(1), tempfile::tempdir().unwrap());
        files::make_folder(&folder.path().join("m")).unwrap();
        let made = simulation.script(folder.path(), Mode::Apply, "d1::ensure(\"jobs\").id");
        let id = made.value.unwrap().trim_matches('"').to_owned();
        Scene { simulation, folder, id }
    }

    fn write(&self, (name, text): (&str, &str)) {
        files::write_whole(&self.folder.path().join("m").join(name), text.as_bytes()).unwrap();
    }

    fn larder(&self) -> Finished {
        self.simulation.script(self.folder.path(), Mode::Apply, SCRIPT)
    }

    fn wrangler(&self, files: &[(&str, &str)]) -> Wrangler {
        Wrangler::new(&self.simulation.account, &self.id, &owned(files))
    }

    /// The first columns of all rows.
    fn rows(&self, sql: &str) -> Vec<String> {
        let answer = query(&self.simulation.account, &self.id, sql);
        let rows = answer["result"][0]["results"].as_array().unwrap_or_else(|| panic!("{sql}: {answer}"));
        rows.iter().map(|row| row.as_object().unwrap().values().next().unwrap().to_string()).collect()
    }

    /// Each file's effects are there once, both ledgers say so, and both tools have nothing left to do.
    #[track_caller]
    fn check(&self, told: &str) {
        let done = self.larder();
        assert_eq!(done.said, Vec::<String>::new(), "{told}");
        let wrangler = self.wrangler(&FILES).run();
        assert_eq!(wrangler.len(), 2, "{told}: wrangler has something left to do");
        let again = self.larder();
        assert_eq!((again.changes(), again.said.len()), (0, 0), "{told}");
        assert_eq!(
            self.rows("SELECT x FROM log ORDER BY rowid"),
            ["\"one\"", "\"two\"", "\"three\""],
            "{told}"
        );
        assert_eq!(
            self.rows("SELECT sql FROM sqlite_master WHERE name IN ('log', 'jobs') ORDER BY name"),
            ["\"CREATE TABLE jobs (id INTEGER PRIMARY KEY, title TEXT)\"", "\"CREATE TABLE log (x TEXT)\""],
            "{told}"
        );
        let names = self.rows("SELECT name FROM d1_migrations ORDER BY id");
        assert_eq!(names, FILES.map(|(name, _)| format!("{name:?}")), "{told}");
        let tables = self.rows("SELECT name FROM sqlite_master WHERE name = 'larder_migrations'");
        if !tables.is_empty() {
            // Each row says how many of wrangler's came before its own, and they are numbered without a gap.
            let rows =
                self.rows("SELECT seq || ' ' || before || ' ' || name FROM larder_migrations ORDER BY seq");
            for (index, row) in rows.iter().enumerate() {
                let mut parts = row.trim_matches('"').splitn(3, ' ');
                assert_eq!(parts.next().unwrap(), (index + 1).to_string(), "{told}");
                let before: usize = parts.next().unwrap().parse().unwrap();
                assert_eq!(parts.next().unwrap(), FILES[before].0, "{told}");
            }
        }
    }
}

fn recorded(file: &str) -> Vec<String> {
    let lines = read(&format!("tests/traffic/{file}.jsonl"));
    let body = |line: &str| {
        let line: Json = serde_json::from_str(line).unwrap();
        let body: Json = serde_json::from_str(line["body"].as_str().unwrap_or("null")).unwrap();
        body["sql"].as_str().map(str::to_owned)
    };
    lines.lines().filter_map(body).collect()
}

#[test]
fn the_actor_sends_what_wrangler_sends() {
    let scene = Scene::new();
    let mut files: Vec<File> = Vec::new();
    for (recording, requests) in [
        ("d1-migrations-apply--first", 4),
        ("d1-migrations-apply--noop", 2),
        ("d1-migrations-apply--failure-mid", 4),
        ("d1-migrations-apply--after-fix", 4),
        ("d1-migrations-list--after", 2),
    ] {
        let bodies = recorded(recording);
        assert_eq!(bodies.len(), requests, "{recording}");
        for body in &bodies[2..] {
            let (text, row) = body.rsplit_once("\nINSERT INTO \"d1_migrations\" (name)\nvalues ('").unwrap();
            let name = row.strip_suffix("');").unwrap().to_owned();
            files.retain(|(known, _)| *known != name);
            files.push((name, text.to_owned()));
        }
        files.sort();
        let sent = Wrangler::new(&scene.simulation.account, &scene.id, &files).run();
        assert_eq!(sent, bodies, "{recording}");
    }
}

/// Who deploys after a file has come into the folder; after the last one, Larder does so in any case.
const DEPLOYS: [&[bool]; 5] = [&[], &[false], &[true], &[true, false], &[false, true]];

#[test]
fn whoever_deploys_whatever_the_database_ends_the_same() {
    let mut seen = 0;
    for first in DEPLOYS {
        for second in DEPLOYS {
            for third in &DEPLOYS[..2] {
                seen += 1;
                deploy(&[first, second, third]);
            }
        }
    }
    assert_eq!(seen, 50);
}

fn deploy(stages: &[&[bool]; 3]) {
    let scene = Scene::new();
    let mut told = Vec::new();
    for (index, (file, deploys)) in FILES.iter().zip(stages).enumerate() {
        scene.write(*file);
        for is_larder in *deploys {
            if *is_larder {
                let done = scene.larder();
                assert_eq!(done.said, Vec::<String>::new(), "{told:?}");
                told.push(format!("larder {}", index + 1));
            } else {
                scene.wrangler(&FILES[..=index]).run();
                told.push(format!("wrangler {}", index + 1));
            }
        }
    }
    scene.check(&told.join(", "));
}

/// Lets wrangler send its requests before chosen ones of Larder's.
struct Between {
    wrangler: Mutex<Wrangler>,
    /// Before which of Larder's requests wrangler sends each of its own.
    schedule: Vec<usize>,
    count: Mutex<usize>,
}

impl Interceptor for Between {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        if request.path.ends_with("/query") {
            let mut count = self.count.lock();
            for _ in self.schedule.iter().filter(|at| **at == *count) {
                self.wrangler.lock().step();
            }
            *count += 1;
        }
        deliver()
    }
}

/// Every way to put `left` things in order before `slots` others.
fn schedules(left: usize, first: usize, slots: usize) -> Vec<Vec<usize>> {
    if left == 0 {
        return vec![Vec::new()];
    }
    let with =
        |at: usize| schedules(left - 1, at, slots).into_iter().map(move |rest| [vec![at], rest].concat());
    (first..slots).flat_map(with).collect()
}

#[test]
fn whatever_request_comes_between_the_database_ends_the_same() {
    // Larder's requests for two files: read, probe, rehearsal, two files, read; wrangler's: table, read, two files.
    let schedules = schedules(4, 0, 7);
    assert_eq!(schedules.len(), 210);
    for schedule in schedules {
        let scene = Scene::new();
        for file in FILES {
            scene.write(file);
        }
        let told = format!("{schedule:?}");
        let two = &FILES[..2];
        let mut terms = scene.simulation.terms(Mode::Apply);
        let between =
            Arc::new(Between { wrangler: Mutex::new(scene.wrangler(two)), schedule, count: Mutex::new(0) });
        terms.road = between.clone();
        let script = "d1::ensure(\"jobs\").migrate(\"m\", #{ to: \"0002_jobs.sql\" });";
        let done = scene.simulation.script_on(terms, scene.folder.path(), script);
        assert_eq!(done.said, Vec::<String>::new(), "{told}");
        scene.check(&told);
    }
}

#[test]
fn two_hundred_files_cost_two_calls_and_two_reads() {
    let scene = Scene::new();
    let write = |number: usize| {
        let text = format!("CREATE TABLE t{number} (x);\n");
        scene.write((&format!("{number:04}_t.sql"), &text));
    };
    (1..=200).for_each(write);
    let asked = |done: &Finished| {
        let paths = done.sent.iter().map(|request| request.path.rsplit('/').next().unwrap().to_owned());
        let count = |part: &str| paths.clone().filter(|path| path == part).count();
        (count("query"), count("bookmark"), done.changes())
    };
    // A database that was there, with nothing in it: one read, the files in as few calls as hold them, one read.
    let done = scene.larder();
    assert_eq!((done.said.len(), asked(&done)), (0, (4, 0, 2)));
    // Nothing to do: one read.
    assert_eq!(asked(&scene.larder()), (1, 0, 0));
    // One that was just made needs no look.
    let script = "d1::ensure(\"other\").migrate(\"m\");";
    let done = scene.simulation.script(scene.folder.path(), Mode::Apply, script);
    assert_eq!((done.said.len(), asked(&done)), (0, (4, 0, 3)));
    // One that is used: no row can matter to a new table, and the way back is asked for.
    write(201);
    let done = scene.larder();
    assert_eq!((done.said.len(), asked(&done)), (0, (3, 1, 1)));
    let script = "d1::ensure(\"jobs\").migrate(\"m\", #{ rehearse: false });";
    write(202);
    let done = scene.simulation.script(scene.folder.path(), Mode::Apply, script);
    assert_eq!((done.said.len(), asked(&done)), (0, (3, 1, 1)));
}

#[test]
fn nothing_to_do_creates_nothing() {
    let scene = Scene::new();
    let done = scene.larder();
    assert_eq!((done.said.len(), done.changes()), (0, 0));
    assert_eq!(
        scene.rows("SELECT name FROM sqlite_master WHERE name LIKE '%migrations'"),
        Vec::<String>::new()
    );
}
