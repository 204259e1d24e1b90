//! `load`: loads a file of SQL into a database, completely and once, or not at all.
//!
//! What the server says of an import does not decide what became of it: it calls one failed whose connection to the
//! database was lost, and knows nothing of one that is done. So each load is marked in the same import, and the mark
//! is asked whatever the answer was, and removed when what has happened is known.
//!
//! **Invariant:** a load counts as done only if its mark was seen in the database, and as not done only if it was not.

mod mark;
mod text;

use super::super::api;
use super::super::api::transfer::{self, Hash, Upload};
use super::memory::remembered;
use crate::events::{Action, Event, Evidence};
use crate::http::{self, ApiError, Outcome, Outgoing, ReadError, TransportError, TransportErrorKind};
use crate::op::{Call, Context, Failure, NoOptions, OpResult, Pending, StartedOp, Value};
use crate::services::d1::migrations::{is_played, way_back};
use mark::{LoadProgress, Mark};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use text::LoadText;

/// An import whose answer was lost may still commit; each statement has 30 s (D1-20, A3).
const PAUSES_S: [u64; 7] = [0, 1, 2, 4, 8, 16, 5];
/// How often a file is sent again of which nothing is there.
const RESENDS_MAX: u32 = 2;
/// The same where the server says each time that it has failed.
const FAILURES_MAX: u32 = 2;
/// A database that is busy with a file, which may be this one, is asked again: for about ten minutes.
const BUSY_MAX: u32 = 300;
const BUSY_PAUSE: Duration = Duration::from_secs(2);

pub(super) fn load(call: Call, (file,): (String,), _: NoOptions) -> Result<StartedOp, Failure> {
    let writer = writer(&call.context, &file);
    // What this run writes is not there yet, or is that of an earlier run.
    let (text, sql) = match &writer {
        Some(_) => (None, None),
        None => LoadText::checked(&call.context, &file).map(|(text, sql)| (Some(text), sql))?,
    };
    let planned = match &writer {
        Some(_) => format!("`{file}` is not known before this run has written it"),
        None => format!("`{file}` is to be loaded"),
    };
    let (context, receiver) = (call.context, super::receiver(call.receiver)?);
    let memory = remembered(&context, &receiver)
        .and_then(|memory| Some((memory, sql.filter(|sql| is_played(sql))?, file.clone())));
    let mut started = StartedOp::on("d1", receiver, move |database| async move {
        let text = match text {
            Some(text) => text,
            None => read_later(&context, &file).await?,
        };
        let (id, name) = (database.text("id"), database.text("name"));
        let bookmark = api::bookmark(&context.client, id).await.ok();
        if let Some(bookmark) = bookmark.clone() {
            context.events.emit(Event::Bookmark { op: http::current_scope().op, bookmark });
        }
        let mark = Mark::of(&context.run.id, http::current_scope().op);
        let parcel = parcel(text, &mark).await?;
        let loading = Loading { context: &context, id, name, file: &file, mark, bookmark };
        loading.run(&parcel).await
    });
    started.needs.extend(writer);
    let started = StartedOp { planned: vec![planned], ..started };
    let Some((memory, sql, file)) = memory else { return Ok(started) };
    Ok(started.playing(move |have| async move { memory.load(have, sql, file).await }))
}

/// The op of this run that writes the file.
fn writer(context: &Context, file: &str) -> Option<Arc<Pending>> {
    // A dump replaces a link, and does not follow it.
    let paths = [context.root.place(file), context.root.resolve(file)];
    paths.into_iter().flatten().find_map(|path| context.files.writer(&path))
}

async fn read_later(context: &Arc<Context>, file: &str) -> Result<LoadText, Failure> {
    let (context, file) = (context.clone(), file.to_owned());
    apart(move || LoadText::checked(&context, &file).map(|(text, _)| text)).await
}

/// A file, ready to be sent with its mark.
struct PreparedLoad {
    parcel: Upload,
    bytes: u64,
    statements: u64,
}

/// Reads the file once more as it is sent: what has become of it since it was checked is seen before anything is sent.
async fn parcel(text: LoadText, mark: &Mark) -> Result<PreparedLoad, Failure> {
    let (before, mark) = (mark.before(), mark.clone());
    apart(move || {
        let mut hash = Hash::default();
        hash.add(before.as_bytes());
        let survey = text.survey(|part| hash.add(part))?;
        let after = mark.after(&survey.closing);
        hash.add(after.as_bytes());
        let file =
            Outgoing::default().text(before.as_bytes()).file(&text.source, text.begin).text(after.as_bytes());
        let (bytes, statements) = (text.bytes(), survey.statements);
        Ok(PreparedLoad { parcel: Upload::new(file, hash), bytes, statements })
    })
    .await
}

/// A large file takes its time, which is not the other ops'.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let working = tokio::task::spawn_blocking(work);
    working.await.map_err(|error| Failure::Bug(error.to_string()))?
}

struct Loading<'a> {
    context: &'a Context,
    id: &'a str,
    name: &'a str,
    file: &'a str,
    mark: Mark,
    bookmark: Option<String>,
}

/// What one attempt was answered.
enum ImportResult {
    /// The import is complete, with so many statements.
    Complete(u64),
    Failed(ApiError),
    /// Nothing that can be used.
    Nothing(TransportError),
}

/// How long the mark is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MarkSearch {
    /// Once: the import is over.
    Once,
    /// Until it can no longer come.
    Long,
}

impl Loading<'_> {
    async fn run(&self, loaded: &PreparedLoad) -> Result<OpResult, Failure> {
        let scope = http::current_scope();
        let (mut last, mut failures) = (None, 0);
        for attempt in 0..=RESENDS_MAX {
            scope.set_in_doubt(true);
            let said = match self.send(&loaded.parcel).await {
                Outcome::Applied(queries) => ImportResult::Complete(queries),
                Outcome::NotSent(trouble) if attempt == 0 => {
                    return Err(self.nothing(Failure::of_trouble(self.name, trouble)));
                }
                // It was never told to run the file.
                Outcome::Rejected(error) if attempt == 0 && !transfer::may_have_run(&error) => {
                    return Err(self.nothing(self.rejected(error)));
                }
                Outcome::Rejected(error) => ImportResult::Failed(error),
                Outcome::NotSent(trouble) | Outcome::Unknown(trouble) => ImportResult::Nothing(trouble),
            };
            let is_over = matches!(&said, ImportResult::Failed(error) if transfer::is_of_a_statement(error));
            let seen = self.look(if is_over { MarkSearch::Once } else { MarkSearch::Long }).await;
            match (seen, said) {
                (Ok(LoadProgress::All), said) => {
                    scope.set_in_doubt(false);
                    return Ok(self.done(loaded, &said).await);
                }
                (Ok(LoadProgress::Part), said) => {
                    scope.set_in_doubt(false);
                    return Err(self.partly(&said).await);
                }
                (Ok(LoadProgress::Nothing), ImportResult::Failed(error)) if is_over => {
                    return Err(self.nothing(self.rejected(error)));
                }
                (Ok(LoadProgress::Nothing), said) => {
                    failures += u32::from(matches!(said, ImportResult::Failed(_)));
                    last = Some(said);
                }
                (Err(error), said) => {
                    let why = said.words().map_or_else(String::new, |words| format!("{words}, and "));
                    return Err(self.unknown(&format!("{why}the database can't be read: {}", words(error))));
                }
            }
            if failures == FAILURES_MAX {
                break;
            }
        }
        Err(match last {
            Some(ImportResult::Failed(error)) => {
                let hint = format!(
                    "nothing of `{}` is in: it was looked for until it could no longer come; run again later",
                    self.file,
                );
                let (resource, error) = (self.name.to_owned(), Box::new(error));
                self.nothing(Failure::Rejected { resource, error, hint: Some(hint) })
            }
            Some(ImportResult::Nothing(trouble)) => self.unknown(&trouble.detail),
            Some(ImportResult::Complete(_)) | None => {
                self.unknown("the server says that it is complete, and nothing of it is there")
            }
        })
    }

    async fn send(&self, parcel: &Upload) -> Outcome<u64> {
        let op = http::current_scope().op;
        let tell = |message: String| self.context.events.emit(Event::Progress { op, message });
        transfer::import(&self.context.client, self.id, parcel, &tell).await
    }

    /// Looks for the mark. A database that is busy with a file may still be at this one, and is waited for.
    async fn look(&self, look: MarkSearch) -> Result<LoadProgress, ReadError> {
        let client = &self.context.client;
        let mut pauses = PAUSES_S.into_iter().skip(1);
        let mut busy = 0;
        loop {
            let seen = self.mark.look(client, self.id).await;
            match &seen {
                Ok(LoadProgress::All) => return seen,
                Ok(_) if look == MarkSearch::Once => return seen,
                Err(ReadError::Failed(trouble))
                    if trouble.kind == TransportErrorKind::Busy && busy < BUSY_MAX =>
                {
                    busy += 1;
                    client.pause(BUSY_PAUSE).await;
                    continue;
                }
                _ => {}
            }
            match pauses.next() {
                Some(pause) => client.pause(Duration::from_secs(pause)).await,
                None => return seen,
            }
        }
    }

    async fn done(&self, loaded: &PreparedLoad, said: &ImportResult) -> OpResult {
        let mut notes = vec![format!("`{}` loaded", self.file)];
        if let ImportResult::Failed(error) = said {
            notes.push(format!("the server called it failed (`{}`), and all of it is in", error.message()));
        }
        notes.extend(self.way_back());
        notes.extend(self.unmark().await);
        let statements = match said {
            ImportResult::Complete(queries) => queries.saturating_sub(Mark::STATEMENTS),
            ImportResult::Failed(_) | ImportResult::Nothing(_) => loaded.statements,
        };
        let value = json!({
            "id": self.id,
            "name": self.name,
            "file": self.file,
            "bytes": loaded.bytes,
            "statements": statements,
            "bookmark": self.bookmark,
        });
        let evidence = Some(Evidence::Probe);
        OpResult { evidence, notes, ..OpResult::written(Value::from(value), Action::Write) }
    }

    /// A part of the file is in: what D1 promises of an import does not hold.
    async fn partly(&self, said: &ImportResult) -> Failure {
        let why = said.words().unwrap_or_else(|| "the server says that it is complete".to_owned());
        let message = format!("a part of `{}` is in `{}`, and not the rest: {why}", self.file, self.name);
        let hint = "bring the database back to before it, or write what is missing; then look why it ended";
        let cause = Box::new(Failure::refused_with_hint("partial", message, hint));
        let notes = self.way_back().into_iter().chain(self.unmark().await).collect();
        Failure::Partly { cause, action: Action::Write, migrations: Vec::new(), notes }
    }

    fn way_back(&self) -> Option<String> {
        let bookmark = self.bookmark.as_deref()?;
        let commands = way_back(self.context.run_environment.get(), self.id, self.name, bookmark);
        Some(format!("the way back to before it: {commands}"))
    }

    /// Removes the mark; or what is to be said of one that stays.
    async fn unmark(&self) -> Option<String> {
        let table = self.mark.table();
        match api::unmark(&self.context.client, self.id, table).await {
            Outcome::Applied(_) => None,
            Outcome::NotSent(_) | Outcome::Rejected(_) | Outcome::Unknown(_) => {
                Some(format!("the table `{table}` is left behind: it holds nothing and can be dropped"))
            }
        }
    }

    fn rejected(&self, error: ApiError) -> Failure {
        Failure::rejected(self.name, error)
    }

    /// A failure that has changed nothing.
    fn nothing(&self, failure: Failure) -> Failure {
        let scope = http::current_scope();
        scope.set_in_doubt(false);
        self.context.events.emit(Event::RolledBack { op: scope.op });
        failure
    }

    fn unknown(&self, why: &str) -> Failure {
        Failure::Unknown {
            resource: self.name.to_owned(),
            why: format!("the import of `{}` has no known end: {why}", self.file),
            check: format!(
                "wait a minute and ask `SELECT count(*) FROM sqlite_master WHERE tbl_name = '{}'`: 2 says that the file \
                 is in, 1 that a part of it is, 0 that nothing is; then drop that table",
                self.mark.table()
            ),
        }
    }
}

impl ImportResult {
    /// Why there is no end that can be believed.
    fn words(&self) -> Option<String> {
        match self {
            ImportResult::Complete(_) => None,
            ImportResult::Failed(error) => Some(error.message()),
            ImportResult::Nothing(trouble) => Some(trouble.detail.clone()),
        }
    }
}

fn words(error: ReadError) -> String {
    match error {
        ReadError::Rejected(error) => error.message(),
        ReadError::Failed(trouble) => trouble.detail,
    }
}
