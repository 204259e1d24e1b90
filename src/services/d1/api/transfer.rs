//! Imports into and exports from a database: announced, transferred by a presigned link, and polled until they are
//! complete (D1-22, D1-23).
//!
//! The database serves nothing else meanwhile, and the server gives up an import that nobody asks about for 15 s. That it
//! knows nothing of an import any more is said of one that is done and of one that came to nothing alike, and an import
//! ends in an error also where only the connection to the database was lost. So no end decides anything: the caller
//! proves by what is in the database.
//!
//! **Invariant:** nothing takes effect before the file is ingested, but for a file that the server has already.

mod export_file;

use super::super::wire::Transfer;
use crate::http::{
    ApiError, Class, Client, Endpoint, ErrorItem, Incoming as _, Outcome, Outgoing, ReadError,
    TransportError, TransportErrorKind,
};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

pub use export_file::{ExportFile, Hash};

const READ: &str = "D1 Read";
const WRITE: &str = "D1 Write";
const IMPORT: &str = "/accounts/{account_id}/d1/database/{database_id}/import";

/// The hash of a file that is to come; one that is here already is ingested at once.
pub static INIT: Endpoint = Endpoint {
    method: "POST",
    path: IMPORT,
    permission: WRITE,
    class: Class::Guarded,
    doing: "announce the file",
    meanings: &[],
};

/// The file, to the link that the announcement has given.
pub static UPLOAD: Endpoint = Endpoint {
    method: "PUT",
    path: "{upload_url}",
    permission: WRITE,
    class: Class::Replace,
    doing: "upload the file",
    meanings: &[],
};

/// Runs the file: all of it, or nothing.
pub static INGEST: Endpoint = Endpoint {
    method: "POST",
    path: IMPORT,
    permission: WRITE,
    class: Class::Guarded,
    doing: "import the file",
    meanings: &[],
};

/// How the import stands.
pub static POLL: Endpoint = Endpoint {
    method: "POST",
    path: IMPORT,
    permission: WRITE,
    class: Class::Read,
    doing: "ask how the import stands",
    meanings: &[],
};

/// Begins an export, and asks how it stands.
pub static EXPORT: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/d1/database/{database_id}/export",
    permission: READ,
    class: Class::Read,
    doing: "export the database",
    meanings: &[],
};

/// The file, from the link that the export has given.
pub static DOWNLOAD: Endpoint = Endpoint {
    method: "GET",
    path: "{signed_url}",
    permission: READ,
    class: Class::Read,
    doing: "download the export",
    meanings: &[],
};

/// Between two questions; the first come sooner.
const PAUSES_MS: [u64; 4] = [250, 500, 1000, 2000];
/// How often a database is asked that is busy with somebody else's file: about ten minutes.
const BUSY_MAX: usize = 300;
/// How often a file is announced whose answers are lost.
const INIT_MAX: usize = 3;
/// How often a file is downloaded that arrives damaged.
const DOWNLOADS_MAX: usize = 3;

/// A callback for the progress of a transfer.
pub type Progress<'a> = &'a (dyn Fn(String) + Send + Sync);

/// A file that goes in, with the hash that it is announced by.
pub struct Upload {
    file: Outgoing,
    etag: String,
}

impl Upload {
    /// A file whose hash was made while it was read.
    pub fn new(file: Outgoing, hash: Hash) -> Self {
        Upload { file, etag: hash.hex() }
    }

    pub fn of_text(text: &str) -> Self {
        let mut hash = Hash::default();
        hash.add(text.as_bytes());
        Upload::new(Outgoing::default().text(text.as_bytes()), hash)
    }
}

/// Imports a file. `Applied` is the number of its statements as the server counts. It, `Unknown`, and `Rejected` where the
/// file [may have run](may_have_run), are to be proved.
pub async fn import(client: &Client, id: &str, parcel: &Upload, tell: Progress<'_>) -> Outcome<u64> {
    let Upload { file, etag } = parcel;
    let answer = match init(client, id, etag, tell).await {
        Outcome::Applied(answer) => answer,
        Outcome::NotSent(trouble) => return Outcome::NotSent(trouble),
        Outcome::Rejected(error) => return Outcome::Rejected(error),
        Outcome::Unknown(trouble) => return Outcome::Unknown(trouble),
    };
    let (Some(link), Some(filename)) = (&answer.upload_url, &answer.filename) else {
        return follow(client, id, answer, tell).await;
    };
    tell(format!("uploading {} bytes", file.bytes()));
    match upload(client, link, file, etag).await {
        Outcome::Applied(()) => {}
        Outcome::Rejected(error) => return Outcome::Rejected(error),
        // Without the next step a file that lies there does nothing.
        Outcome::NotSent(trouble) | Outcome::Unknown(trouble) => return Outcome::NotSent(trouble),
    }
    tell("importing".to_owned());
    let body = json!({ "action": "ingest", "filename": filename, "etag": etag });
    match client.write::<Transfer>(INGEST.call().path("database_id", id).json(body)).await {
        Outcome::Applied(begun) => follow(client, id, begun, tell).await,
        // What came of it the server can still be asked; an error may be that of another import.
        Outcome::Unknown(trouble) => {
            match follow(client, id, Transfer { status: active(), ..answer }, tell).await {
                Outcome::Unknown(_) | Outcome::Rejected(_) => Outcome::Unknown(trouble),
                known => known,
            }
        }
        Outcome::NotSent(trouble) => Outcome::NotSent(trouble),
        Outcome::Rejected(error) => Outcome::Rejected(error),
    }
}

fn active() -> Option<String> {
    Some("active".to_owned())
}

/// Announces the file, as often as the database is busy with another.
async fn init(client: &Client, id: &str, etag: &str, tell: Progress<'_>) -> Outcome<Transfer> {
    let (mut busy, mut lost) = (0, 0);
    loop {
        let body = json!({ "action": "init", "etag": etag });
        let outcome = client.write::<Transfer>(INIT.call().path("database_id", id).json(body)).await;
        let words = match &outcome {
            Outcome::Applied(answer) if answer.success == Some(false) => {
                answer.error.clone().unwrap_or_default()
            }
            Outcome::Rejected(error) => error.message(),
            Outcome::Unknown(_) if lost + 1 < INIT_MAX => {
                lost += 1;
                pause(client, lost).await;
                continue;
            }
            Outcome::Applied(_) | Outcome::NotSent(_) | Outcome::Unknown(_) => return outcome,
        };
        if !is_busy(&words) {
            return match outcome {
                Outcome::Applied(_) => Outcome::Rejected(refusal(&INIT, &[words])),
                other => other,
            };
        }
        if busy >= BUSY_MAX || client.stop().soft.is_cancelled() {
            let mut trouble = TransportError::new(TransportErrorKind::Throttled, words);
            trouble.endpoint = Some(&INIT);
            return Outcome::NotSent(trouble);
        }
        tell("waiting for another import or export".to_owned());
        pause(client, busy).await;
        busy += 1;
    }
}

async fn upload(client: &Client, link: &str, file: &Outgoing, etag: &str) -> Outcome<()> {
    match client.outcome(&UPLOAD.call().file(file).to(link)).await {
        Outcome::Applied(answer) if answer.etag.as_deref().is_none_or(|found| found == etag) => {
            Outcome::Applied(())
        }
        Outcome::Applied(_) => {
            let mut trouble =
                TransportError::new(TransportErrorKind::Malformed, "the file has arrived damaged");
            trouble.endpoint = Some(&UPLOAD);
            Outcome::Unknown(trouble)
        }
        other @ (Outcome::NotSent(_) | Outcome::Rejected(_) | Outcome::Unknown(_)) => other.map(drop),
    }
}

/// The same for a text that proves itself: an error that is no statement's leaves open what became of it.
pub async fn import_guarded(client: &Client, id: &str, text: &str, tell: Progress<'_>) -> Outcome<u64> {
    match import(client, id, &Upload::of_text(text), tell).await {
        Outcome::Rejected(error) if may_have_run(&error) && !is_of_a_statement(&error) => {
            let mut trouble = TransportError::new(TransportErrorKind::Server, error.message());
            trouble.endpoint = Some(error.endpoint);
            trouble.ray = error.ray;
            Outcome::Unknown(trouble)
        }
        outcome
        @ (Outcome::NotSent(_) | Outcome::Rejected(_) | Outcome::Applied(_) | Outcome::Unknown(_)) => outcome,
    }
}

/// Whether the error is about a file that the server was told to run, and not about the request.
pub fn may_have_run(error: &ApiError) -> bool {
    std::ptr::eq(error.endpoint, &raw const INGEST) && !error.is_denied() && matches!(error.code(), 0 | 7500)
}

/// Whether SQLite has refused a statement: D1 ends its words with the name of SQLite's code (D1-8).
pub fn is_of_a_statement(error: &ApiError) -> bool {
    let has_code = |item: &ErrorItem| {
        item.message.rsplit_once(": ").is_some_and(|(_, code)| code.starts_with("SQLITE_"))
    };
    error.items.iter().any(has_code)
}

/// Asks until the import is over.
async fn follow(client: &Client, id: &str, mut answer: Transfer, tell: Progress<'_>) -> Outcome<u64> {
    let mut bookmark = answer.at_bookmark.clone();
    let mut asked = 0;
    loop {
        let words = answer.error.clone().unwrap_or_default();
        let is_failed = answer.success == Some(false);
        match answer.status.as_deref() {
            Some("complete") if !is_failed => {
                let queries = answer.result.unwrap_or_default().num_queries;
                return Outcome::Applied(queries.unwrap_or_default());
            }
            Some("error" | "complete") => {
                let errors = if answer.errors.is_empty() { vec![words] } else { answer.errors };
                return Outcome::Rejected(refusal(&INGEST, &errors));
            }
            Some("active") => {}
            _ if is_busy(&words) => {}
            _ => {
                let error = refusal(&INGEST, std::slice::from_ref(&words));
                if is_of_a_statement(&error) {
                    return Outcome::Rejected(error);
                }
                let words = if words.is_empty() {
                    "the server does not say how the import stands".to_owned()
                } else {
                    words
                };
                let mut trouble = TransportError::new(TransportErrorKind::Malformed, words);
                trouble.endpoint = Some(&POLL);
                return Outcome::Unknown(trouble);
            }
        }
        let told = answer.messages.last().cloned();
        tell(told.map_or_else(|| "importing".to_owned(), |message| format!("importing: {message}")));
        pause(client, asked).await;
        asked += 1;
        let body = json!({ "action": "poll", "current_bookmark": bookmark });
        answer = match client.read::<Transfer>(POLL.call().fresh().path("database_id", id).json(body)).await {
            Ok(answer) => answer,
            Err(ReadError::Failed(trouble)) => return Outcome::Unknown(trouble),
            Err(ReadError::Rejected(error)) if is_busy(&error.message()) => {
                Transfer { status: active(), ..Transfer::default() }
            }
            Err(ReadError::Rejected(error)) => {
                let mut trouble = TransportError::new(TransportErrorKind::Malformed, error.message());
                trouble.endpoint = Some(&POLL);
                return Outcome::Unknown(trouble);
            }
        };
        bookmark = answer.at_bookmark.clone().or(bookmark);
    }
}

/// What an export leaves out, and of which tables it is.
#[derive(Clone, Debug, Default)]
pub struct ExportFilter {
    /// Leave out the schema.
    pub no_schema: bool,
    /// Leave out the rows.
    pub no_data: bool,
    /// All, when empty.
    pub tables: Vec<String>,
}

/// Exports a database, and downloads the file.
pub async fn export(
    client: &Client,
    id: &str,
    part: &ExportFilter,
    kept: &Arc<ExportFile>,
    tell: Progress<'_>,
) -> Result<(), ReadError> {
    let options = json!({ "no_schema": part.no_schema, "no_data": part.no_data, "tables": part.tables });
    let mut bookmark: Option<String> = None;
    let (mut busy, mut asked) = (0, 0);
    loop {
        let mut body = json!({ "output_format": "polling", "dump_options": options });
        if let Some(bookmark) = &bookmark {
            body["current_bookmark"] = Json::from(bookmark.as_str());
        }
        let answer =
            match client.read::<Transfer>(EXPORT.call().fresh().path("database_id", id).json(body)).await {
                Ok(answer) => answer,
                Err(ReadError::Rejected(error)) if is_busy(&error.message()) => {
                    Transfer { success: Some(false), error: Some(error.message()), ..Transfer::default() }
                }
                Err(error) => return Err(error),
            };
        let words = answer.error.clone().unwrap_or_default();
        match answer.status.as_deref() {
            Some("complete") => {
                let Some(link) = answer.result.and_then(|result| result.signed_url) else {
                    let mut trouble =
                        TransportError::new(TransportErrorKind::Malformed, "an export without a link");
                    trouble.endpoint = Some(&EXPORT);
                    return Err(ReadError::Failed(trouble));
                };
                tell("downloading".to_owned());
                return download(client, &link, kept).await;
            }
            Some("active") => {
                bookmark = answer.at_bookmark.or(bookmark);
                let told = answer.messages.last().cloned();
                tell(told.map_or_else(|| "exporting".to_owned(), |message| format!("exporting: {message}")));
                pause(client, asked).await;
                asked += 1;
            }
            _ if is_busy(&words) && busy < BUSY_MAX && !client.stop().soft.is_cancelled() => {
                tell("waiting for another import or export".to_owned());
                pause(client, busy).await;
                busy += 1;
            }
            _ => return Err(ReadError::Rejected(refusal(&EXPORT, &[words]))),
        }
    }
}

/// Downloads a file, as often as it arrives damaged.
async fn download(client: &Client, link: &str, kept: &Arc<ExportFile>) -> Result<(), ReadError> {
    for _ in 0..DOWNLOADS_MAX {
        let answer = client.answer(&DOWNLOAD.call().to(link).kept_in(kept.clone())).await?;
        // An account that is asked without a network gives all of it at once.
        let is_here = answer.bytes.is_empty();
        let added = if is_here { Ok(()) } else { kept.begin().and_then(|()| kept.part(&answer.bytes)) };
        if added.is_ok() && kept.is_whole(answer.etag.as_deref()) {
            return Ok(());
        }
    }
    let mut trouble = TransportError::new(TransportErrorKind::Malformed, "the file arrives damaged");
    trouble.endpoint = Some(&DOWNLOAD);
    Err(ReadError::Failed(trouble))
}

/// D1 has no code for it: `Currently processing a long-running import.`, and `export.` likewise.
pub fn is_busy(words: &str) -> bool {
    words.contains("Currently processing a long-running")
}

fn refusal(endpoint: &'static Endpoint, words: &[String]) -> ApiError {
    let said = words.iter().filter(|words| !words.is_empty());
    let items: Vec<ErrorItem> =
        said.map(|words| ErrorItem { message: words.clone(), ..ErrorItem::default() }).collect();
    ApiError { endpoint, status: 200, items, ray: None, retry_after: None, follows_loss: false }
}

async fn pause(client: &Client, asked: usize) {
    let ms = PAUSES_MS[asked.min(PAUSES_MS.len() - 1)];
    client.pause(Duration::from_millis(ms)).await;
}
