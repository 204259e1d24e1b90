//! A fake D1 database on SQLite: a call is a transaction, and calls can be lost before, after and long before they
//! commit.

use crate::events::{Event, Recorder};
use crate::http::{
    self, Client, Credentials, InProcess, RawResponse, Settings, Stop, TransportError, TransportErrorKind,
    WireRequest,
};
use crate::op::{Context, Failure, Mode, OpResult, RunInfo};
use crate::secret::Secret;
use crate::services::d1::migrations::{
    Database, Expected, Migrations, Rehearsal, Settings as Asked, migrate,
};
use crate::system::{ManualClock, Root, files};
use parking_lot::{Mutex, MutexGuard};
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, fallible_iterator::FallibleIterator as _};
use serde_json::{Map, Value as Json, json};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// What happens to one guarded call.
pub(super) enum Fault {
    /// Nothing.
    None,
    /// It never arrives, and nobody says so.
    LostBefore,
    /// There is no connection.
    Unreachable,
    /// It is applied, and nobody says so.
    LostAfter,
    /// Nobody answers; it is applied just before the read that comes so many reads later.
    Late(usize),
    /// Somebody else runs this first.
    Rival(String),
    /// It is answered like this, without being run.
    Answer(u16, Json),
    /// It is answered like this, and meanwhile the run is stopped.
    Stopping(u16, Json),
    /// It is run, and answered like this.
    Lie(Json),
    /// It is no transaction: what stands before the statement that fails is kept.
    Torn,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) faults: VecDeque<Fault>,
    /// Calls that will commit before a later read, and before which.
    pub(super) late: Vec<(usize, String)>,
    /// `read`, `apply`, `bookmark`.
    pub(super) requests: Vec<&'static str>,
    /// So many reads are answered by a replica.
    pub(super) replica_reads: usize,
    /// After so many reads, so many are answered as the same was before, by a server that does not say who it is.
    pub(super) stale_reads: Option<(usize, usize)>,
    before: HashMap<String, Json>,
    /// Fails every read after so many.
    pub(super) reads_left: Option<usize>,
    /// What was uploaded to be imported.
    uploaded: String,
}

pub(super) struct Fake {
    pub(super) database: Mutex<Connection>,
    pub(super) state: Mutex<State>,
    folder: tempfile::TempDir,
    pub(super) clock: Arc<ManualClock>,
    events: Arc<Recorder>,
    stop: Stop,
}

impl Fake {
    /// That of a running app, which has a table: each file goes in a call of its own.
    pub(super) fn running(files: &[(&str, &str)]) -> Arc<Self> {
        let fake = Fake::new(files);
        fake.run_sql("CREATE TABLE app (x)").unwrap();
        fake
    }

    /// It has nothing yet.
    pub(super) fn new(files: &[(&str, &str)]) -> Arc<Self> {
        let fake = Fake {
            database: Mutex::new(Connection::open_in_memory().unwrap()),
            state: Mutex::default(),
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(ManualClock::seeded(1)),
            events: Arc::default(),
            stop: Stop::default(),
        };
        files::make_folder(&fake.folder.path().join("m")).unwrap();
        for (name, sql) in files {
            fake.write(name, sql);
        }
        Arc::new(fake)
    }

    pub(super) fn write(&self, name: &str, sql: &str) {
        files::write_whole(&self.folder.path().join("m").join(name), sql.as_bytes()).unwrap();
    }

    pub(super) fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(super) fn fault(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().faults.extend(faults);
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    /// The requests so far, and none from now on.
    pub(super) fn requests(&self) -> String {
        std::mem::take(&mut self.state().requests).join(" ")
    }

    pub(super) fn sleeps(&self) -> Vec<u64> {
        self.clock.sleeps().iter().map(std::time::Duration::as_secs).collect()
    }

    pub(super) fn sleeps_ms(&self) -> Vec<u128> {
        self.clock.sleeps().iter().map(std::time::Duration::as_millis).collect()
    }

    /// Warnings, bookmarks and progress so far, in words, and none from now on.
    pub(super) fn told(&self) -> Vec<String> {
        let words = |event: Event| match event {
            Event::Warning { message, .. } | Event::Progress { message, .. } => Some(message),
            Event::Bookmark { bookmark, .. } => Some(format!("bookmark {bookmark}")),
            _ => None,
        };
        self.events.take().into_iter().filter_map(words).collect()
    }

    /// The first column of every row, joined.
    pub(super) fn rows(&self, sql: &str) -> String {
        let database = self.database.lock();
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
        let text = |value: rusqlite::types::Value| match value {
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Text(text) => text,
            other => format!("{other:?}"),
        };
        rows.map(|row| text(row.unwrap())).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn run_sql(&self, sql: &str) -> Result<Vec<Json>, String> {
        run(&self.database.lock(), sql)
    }

    pub(super) fn context(self: &Arc<Self>, mode: Mode, run: &str) -> Arc<Context> {
        let (fake, events) = (self.clone(), self.events.clone());
        let client = Client::new(Settings {
            transport: Arc::new(InProcess(move |request| fake.answer(&request))),
            account: "0123456789abcdef0123456789abcdef".into(),
            credentials: Credentials::Token(Secret::new("token".into())),
            clock: self.clock.clone(),
            events: events.clone(),
            stop: self.stop.clone(),
        });
        let root = Root::new(self.folder.path()).unwrap();
        let run = RunInfo { id: run.into(), version: "0.1.0", ..RunInfo::default() };
        Context::new(client, mode, events, root, run)
    }

    pub(super) fn migrate_as(self: &Arc<Self>, mode: Mode, run: &str) -> Result<OpResult, Failure> {
        // What a rehearsal asks and says is tried apart.
        let asked = Asked { folder: "m", rehearsal: Rehearsal::Skip, ..Asked::default() };
        self.migrate_asked(mode, run, &asked)
    }

    pub(super) fn migrate_asked(
        self: &Arc<Self>,
        mode: Mode,
        run: &str,
        asked: &Asked,
    ) -> Result<OpResult, Failure> {
        let context = self.context(mode, run);
        let migrations = Migrations::discover(&context.root, asked).unwrap();
        let database = Database { id: "uuid", name: "jobs", expect: Expected::Tables };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(migrate(&context, database, &migrations))
    }

    pub(super) fn migrate(self: &Arc<Self>) -> Result<OpResult, Failure> {
        self.migrate_as(Mode::Apply, "01J")
    }

    fn answer(&self, request: &WireRequest) -> Result<RawResponse, TransportError> {
        if request.path.ends_with("/bookmark") {
            self.state().requests.push("bookmark");
            return Ok(yes(&json!({ "bookmark": "00000001-b" })));
        }
        if let Some(file) = &request.file {
            self.state().uploaded = String::from_utf8(file.whole().unwrap()).unwrap();
            return Ok(RawResponse { status: 200, ..RawResponse::default() });
        }
        let body: Json = serde_json::from_slice(&request.body).unwrap();
        if let Some(action) = body["action"].as_str() {
            return Ok(yes(&self.import(action)));
        }
        let sql = body["sql"].as_str().unwrap();
        if request.endpoint.is_write() { self.apply(sql) } else { self.read(sql) }
    }

    fn read(&self, sql: &str) -> Result<RawResponse, TransportError> {
        let mut state = self.state();
        state.requests.push("read");
        for (left, _) in &mut state.late {
            *left -= 1;
        }
        let due: Vec<String> =
            state.late.extract_if(.., |(left, _)| *left == 0).map(|(_, sql)| sql).collect();
        for sql in due {
            let _ = self.run_sql(&sql);
        }
        if let Some(left) = &mut state.reads_left {
            if *left == 0 {
                return Err(TransportError::new(TransportErrorKind::Connect, "no route to host"));
            }
            *left -= 1;
        }
        let replica = state.replica_reads > 0;
        state.replica_reads = state.replica_reads.saturating_sub(1);
        if let Some((fresh, stale)) = &mut state.stale_reads {
            if *fresh > 0 {
                *fresh -= 1;
            } else if *stale > 0 {
                *stale -= 1;
                return Ok(yes(&state.before[sql]));
            }
        }
        match self.run_sql(sql) {
            Ok(mut results) => {
                state.before.insert(sql.to_owned(), Json::Array(results.clone()));
                for result in &mut results {
                    result["meta"]["served_by_primary"] = Json::from(!replica);
                }
                Ok(yes(&Json::Array(results)))
            }
            Err(message) => Ok(no(&message)),
        }
    }

    /// A step of an import. What was uploaded is run when it is asked how it stands.
    fn import(&self, step: &str) -> Json {
        if step == "init" {
            return json!({ "filename": "f", "upload_url": "https://upload.example/f" });
        }
        if step == "ingest" {
            return json!({ "status": "active", "success": true, "at_bookmark": "b" });
        }
        let mut state = self.state();
        state.requests.push(if http::current_scope().is_writing() { "import in doubt" } else { "import" });
        self.run_sql(&state.uploaded).unwrap();
        json!({ "status": "complete", "success": true, "result": { "num_queries": 1 } })
    }

    fn apply(&self, sql: &str) -> Result<RawResponse, TransportError> {
        let mut state = self.state();
        state.requests.push("apply");
        let fault = state.faults.pop_front().unwrap_or(Fault::None);
        let lost = || Err(TransportError::new(TransportErrorKind::Broken, "connection reset"));
        match fault {
            Fault::LostBefore => return lost(),
            Fault::Unreachable => {
                return Err(TransportError::new(TransportErrorKind::Connect, "no route to host"));
            }
            Fault::LostAfter => {
                self.run_sql(sql).unwrap();
                return lost();
            }
            Fault::Late(reads) => {
                state.late.push((reads, sql.to_owned()));
                return lost();
            }
            Fault::Answer(status, body) => return Ok(answer(status, &body)),
            Fault::Stopping(status, body) => {
                self.stop.soft.cancel();
                return Ok(answer(status, &body));
            }
            Fault::Lie(body) => {
                self.run_sql(sql).unwrap();
                return Ok(answer(200, &body));
            }
            Fault::Rival(sql) => {
                self.run_sql(&sql).unwrap();
            }
            Fault::Torn => {
                let torn = statements(&self.database.lock(), sql).map_err(|error| said(&error));
                return Ok(torn.map_or_else(|message| no(&message), |results| yes(&Json::Array(results))));
            }
            Fault::None => {}
        }
        Ok(self.run_sql(sql).map_or_else(|message| no(&message), |results| yes(&Json::Array(results))))
    }
}

fn yes(result: &Json) -> RawResponse {
    answer(200, &json!({ "success": true, "errors": [], "messages": [], "result": result }))
}

fn no(message: &str) -> RawResponse {
    let errors = json!([{ "code": 7500, "message": message }]);
    answer(400, &json!({ "success": false, "errors": errors, "messages": [], "result": null }))
}

fn answer(status: u16, body: &Json) -> RawResponse {
    RawResponse { status, body: body.to_string().into_bytes(), ..RawResponse::default() }
}

/// A message as D1 words it.
fn said(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqlInputError { msg, offset, .. } if *offset >= 0 => {
            format!("{msg} at offset {offset}: SQLITE_ERROR")
        }
        rusqlite::Error::SqliteFailure(_, Some(words)) => format!("{words}: SQLITE_CONSTRAINT"),
        other => other.to_string(),
    }
}

/// Every statement in one transaction.
fn run(database: &Connection, sql: &str) -> Result<Vec<Json>, String> {
    let transaction = database.unchecked_transaction().unwrap();
    let results = statements(&transaction, sql).map_err(|error| said(&error))?;
    transaction.commit().map_err(|error| error.to_string())?;
    Ok(results)
}

fn statements(database: &Connection, sql: &str) -> rusqlite::Result<Vec<Json>> {
    let mut results = Vec::new();
    let mut batch = Batch::new(database, sql);
    while let Some(mut statement) = batch.next()? {
        let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut map = Map::new();
            for (index, name) in names.iter().enumerate() {
                let value = match row.get_ref(index)? {
                    ValueRef::Null | ValueRef::Blob(_) => Json::Null,
                    ValueRef::Integer(number) => Json::from(number),
                    ValueRef::Real(number) => Json::from(number),
                    ValueRef::Text(text) => Json::from(String::from_utf8_lossy(text)),
                };
                map.insert(name.clone(), value);
            }
            found.push(Json::Object(map));
        }
        results.push(json!({ "success": true, "results": found, "meta": {} }));
    }
    Ok(results)
}
