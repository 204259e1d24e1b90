//! `load`: a file of SQL into a database, whole and once, or not at all.
//!
//! What the server says of an import does not decide what became of it. So each load makes a table of its own first, in
//! the same import: it is there if and only if the file has taken effect, it keeps the file from taking effect twice, and it
//! is dropped again when that is known.
//!
//! **Invariant:** a load counts as done only if its mark was seen in the database.

use super::super::api::{self, transfer};
use crate::events::{Action, Event, Evidence};
use crate::http::{self, Client, Outcome, ReadError, Trouble};
use crate::migrations::{Reader, Tables, check_load, way_back};
use crate::op::{Call, Context, Done, Failure, NoOptions, Started, Value};
use crate::system::files;
use serde_json::json;
use std::time::Duration;

/// The API takes 5 GB; this much is kept in memory.
const BYTES_MAX: u64 = 256 << 20;
/// An import whose answer was lost may still commit; each statement has 30 s (Cloudflare API notes 6.2).
const PAUSES_S: [u64; 7] = [0, 1, 2, 4, 8, 16, 5];
const RESENDS_MAX: u32 = 2;
/// What a database file begins with.
const BINARY: &[u8] = b"SQLite format 3\0";

pub(super) fn load(call: Call, (file,): (String,), _: NoOptions) -> Result<Started, Failure> {
    let sql = read(&call.context, &file)?;
    check_load(&file, &sql)?;
    let context = call.context;
    Ok(Started::on("d1", super::receiver(call.receiver)?, move |database| async move {
        let (id, name) = (database.text("id"), database.text("name"));
        let bookmark = api::bookmark(&context.client, id).await.ok();
        if let Some(bookmark) = bookmark.clone() {
            context.events.emit(Event::Bookmark { op: http::current_scope().op, bookmark });
        }
        let mark =
            format!("larder_load_{}_{}", context.run.id.to_ascii_lowercase(), http::current_scope().op);
        let loading = Loading { context: &context, id, name, file: &file, mark, bookmark };
        loading.run(&sql).await
    }))
}

fn read(context: &Context, file: &str) -> Result<String, Failure> {
    let refuse = |why: String| {
        let hint =
            "the path is read from the project's folder; a file to load is UTF-8 text of at most 256 MiB";
        Failure::refused_with_hint("file", format!("can't load `{file}`: {why}"), hint)
    };
    let path = context.root.resolve(file).map_err(|error| refuse(error.to_string()))?;
    let bytes = files::read_bytes(&path, BYTES_MAX).map_err(|error| refuse(error.to_string()))?;
    if bytes.starts_with(BINARY) {
        return Err(refuse("it is a database file, and D1 takes SQL text".to_owned()));
    }
    let sql = String::from_utf8(bytes)
        .map_err(|error| refuse(format!("not UTF-8 at byte {}", error.utf8_error().valid_up_to())))?;
    if let Some(at) = sql.find('\0') {
        return Err(refuse(format!("it holds a NUL byte in line {}", sql[..at].matches('\n').count() + 1)));
    }
    Ok(sql.strip_prefix('\u{feff}').map_or_else(|| sql.clone(), str::to_owned))
}

struct Loading<'a> {
    context: &'a Context,
    id: &'a str,
    name: &'a str,
    file: &'a str,
    mark: String,
    bookmark: Option<String>,
}

impl Loading<'_> {
    async fn run(&self, sql: &str) -> Result<Done, Failure> {
        let text = format!("CREATE TABLE \"{}\" (x);\n{sql}", self.mark);
        let scope = http::current_scope();
        let mut lost: Option<Trouble> = None;
        let mut queries = 0;
        for _ in 0..=RESENDS_MAX {
            scope.set_in_doubt(true);
            let outcome = self.send(&text).await;
            let is_told = matches!(outcome, Outcome::Applied(_));
            match outcome {
                Outcome::NotSent(trouble) if lost.is_none() => {
                    scope.set_in_doubt(false);
                    self.rolled_back(scope.op);
                    return Err(Failure::of_trouble(self.name, trouble));
                }
                // An earlier one may have been applied: the mark refuses the second.
                Outcome::Rejected(error) if lost.is_none() => {
                    scope.set_in_doubt(false);
                    self.rolled_back(scope.op);
                    return Err(Failure::Rejected { resource: self.name.to_owned(), error });
                }
                Outcome::Applied(number) => queries = number,
                Outcome::Unknown(trouble) => lost = Some(trouble),
                Outcome::NotSent(_) | Outcome::Rejected(_) => {}
            }
            match self.look(is_told).await {
                Ok(true) => {
                    scope.set_in_doubt(false);
                    return Ok(self.done(sql, queries).await);
                }
                Ok(false) if is_told => {
                    let why = "the server says that it is complete, and nothing of it is there";
                    return Err(self.unknown(why));
                }
                Ok(false) => {}
                Err(error) => {
                    let why = lost.map_or_else(String::new, |trouble| format!("{}, and ", trouble.detail));
                    return Err(self.unknown(&format!("{why}the database can't be read: {}", words(error))));
                }
            }
        }
        Err(self.unknown(&lost.map_or_else(String::new, |trouble| trouble.detail)))
    }

    async fn send(&self, text: &str) -> Outcome<u64> {
        let op = http::current_scope().op;
        let tell = |message: String| self.context.events.emit(Event::Progress { op, message });
        transfer::import(&self.context.client, self.id, text, &tell).await
    }

    /// Whether the mark is there; where nothing has said so, it is looked for until it can no longer come.
    async fn look(&self, is_told: bool) -> Result<bool, ReadError> {
        let client: &Client = &self.context.client;
        let tables = Tables::named(None).map_err(|error| unread(&error.to_string()))?;
        let reader = Reader { client, id: self.id, tables: &tables };
        let mut seen = Ok(false);
        for pause in PAUSES_S {
            if pause > 0 {
                client.clock().sleep(Duration::from_secs(pause)).await;
            }
            seen = reader.has_table(&self.mark).await;
            if matches!(seen, Ok(true)) || (is_told && seen.is_ok()) {
                break;
            }
        }
        seen
    }

    async fn done(&self, sql: &str, queries: u64) -> Done {
        let mut notes = vec![format!("`{}` loaded", self.file)];
        notes.extend(self.bookmark.iter().map(|bookmark| {
            let commands = way_back(self.context.surroundings.get(), self.id, self.name, bookmark);
            format!("the way back to before it: {commands}")
        }));
        if !matches!(api::unmark(&self.context.client, self.id, &self.mark).await, Outcome::Applied(_)) {
            notes.push(format!(
                "the table `{}` is left behind: it holds nothing and can be dropped",
                self.mark
            ));
        }
        let value = json!({
            "id": self.id,
            "name": self.name,
            "file": self.file,
            "bytes": sql.len(),
            // The first is the mark.
            "statements": queries.saturating_sub(1),
            "bookmark": self.bookmark,
        });
        let evidence = Some(Evidence::Probe);
        Done { evidence, notes, ..Done::written(Value::from(value), Action::Write) }
    }

    fn rolled_back(&self, op: u64) {
        self.context.events.emit(Event::RolledBack { op });
    }

    fn unknown(&self, why: &str) -> Failure {
        Failure::Unknown {
            resource: self.name.to_owned(),
            why: format!("the import of `{}` has no known end: {why}", self.file),
            check: format!(
                "wait a minute and ask `SELECT count(*) FROM sqlite_master WHERE name = '{}'`: 1 says that the file is in, 0 \
                 that nothing of it is; then drop that table",
                self.mark
            ),
        }
    }
}

fn unread(words: &str) -> ReadError {
    ReadError::Failed(Trouble::new(crate::http::TroubleKind::Malformed, words))
}

fn words(error: ReadError) -> String {
    match error {
        ReadError::Rejected(error) => error.message(),
        ReadError::Failed(trouble) => trouble.detail,
    }
}
