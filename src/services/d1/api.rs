//! D1 calls.
//!
//! **Invariant:** `/query` is one path with three classes; only SQL that Larder knows to read goes out as a read.

pub mod transfer;

use super::wire::{Bookmark, Database, Restored, StatementResult};
use crate::http::{Class, Client, CodeMeaning, Endpoint, Outcome, Paging, ReadError};
use serde_json::{Value as Json, json};

const READ: &str = "D1 Read";
const WRITE: &str = "D1 Write";

/// Databases of the account.
pub static LIST: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/d1/database",
    permission: READ,
    class: Class::Read,
    doing: "list the databases",
    meanings: &[],
};

/// One database, by id or name; some answer 7400 where others answer 7404 (D1-1).
pub static GET: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/d1/database/{database_id}",
    permission: READ,
    class: Class::Read,
    doing: "read the settings",
    meanings: &[(7404, CodeMeaning::NotFound), (7400, CodeMeaning::NotFound)],
};

/// A new database; the name is unique (7502).
pub static CREATE: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/d1/database",
    permission: WRITE,
    class: Class::Ensure,
    doing: "create the database",
    meanings: &[(7502, CodeMeaning::Exists), (7404, CodeMeaning::NotFound)],
};

/// The one setting that can change (D1-4).
pub static UPDATE: Endpoint = Endpoint {
    method: "PATCH",
    path: "/accounts/{account_id}/d1/database/{database_id}",
    permission: WRITE,
    class: Class::Replace,
    doing: "change the settings",
    meanings: &[],
};

/// A database with all its data.
pub static DELETE: Endpoint = Endpoint {
    method: "DELETE",
    path: "/accounts/{account_id}/d1/database/{database_id}",
    permission: WRITE,
    class: Class::Delete,
    doing: "delete the database",
    meanings: &[(7404, CodeMeaning::NotFound)],
};

/// SQL that only reads. The endpoint asks for the same permission whatever the SQL is.
pub static QUERY: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/d1/database/{database_id}/query",
    permission: WRITE,
    class: Class::Read,
    doing: "read the rows",
    meanings: &[],
};

/// Any SQL, sent once.
pub static EXECUTE: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/d1/database/{database_id}/query",
    permission: WRITE,
    class: Class::Raw,
    doing: "run the statements",
    meanings: &[],
};

/// SQL whose first statement fails when it was applied already.
pub static APPLY: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/d1/database/{database_id}/query",
    permission: WRITE,
    class: Class::Guarded,
    doing: "apply the migration",
    meanings: &[],
};

/// Corrections of the migrations' ledger, whose first statement fails when they were made already.
pub static CORRECT: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/d1/database/{database_id}/query",
    permission: WRITE,
    class: Class::Guarded,
    doing: "correct the ledger",
    meanings: &[],
};

/// Where the database's history stands now (D1-25).
pub static BOOKMARK: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/d1/database/{database_id}/time_travel/bookmark",
    permission: READ,
    class: Class::Read,
    doing: "read the Time Travel bookmark",
    meanings: &[],
};

/// Back to a place in the history: everything since is gone (D1-25).
pub static RESTORE: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/d1/database/{database_id}/time_travel/restore",
    permission: WRITE,
    class: Class::Raw,
    doing: "restore the database",
    meanings: &[],
};

/// A table goes that is Larder's own, and may be gone already.
pub static UNMARK: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/d1/database/{database_id}/query",
    permission: WRITE,
    class: Class::Delete,
    doing: "remove the mark of the load",
    meanings: &[],
};

pub async fn list(client: &Client) -> Result<Vec<Database>, ReadError> {
    client.list_of(LIST.call(), Paging::Pages { per_page: 1000 }, "").await
}

/// One database, by id or name; `None` where there is none.
pub async fn get(client: &Client, id_or_name: &str) -> Result<Option<Database>, ReadError> {
    match client.read(GET.call().path("database_id", id_or_name)).await {
        Ok(database) => Ok(Some(database)),
        Err(ReadError::Rejected(error)) if error.meaning() == Some(CodeMeaning::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

pub async fn create(
    client: &Client,
    name: &str,
    location: Option<&str>,
    jurisdiction: Option<&str>,
) -> Outcome<Database> {
    let mut body = json!({ "name": name });
    if let Some(location) = location {
        body["primary_location_hint"] = Json::from(location);
    }
    if let Some(jurisdiction) = jurisdiction {
        body["jurisdiction"] = Json::from(jurisdiction);
    }
    client.write(CREATE.call().json(body)).await
}

/// Turns read replicas on or off.
pub async fn set_read_replication(client: &Client, id: &str, mode: &str) -> Outcome<Database> {
    let body = json!({ "read_replication": { "mode": mode } });
    client.write(UPDATE.call().path("database_id", id).json(body)).await
}

/// Deletes a database and all its data.
pub async fn delete(client: &Client, id: &str) -> Outcome<()> {
    client.removal(&DELETE.call().path("database_id", id)).await
}

/// Runs SQL that only reads; the caller has made sure of that.
pub async fn query(
    client: &Client,
    id: &str,
    sql: &str,
    params: &[Json],
) -> Result<Vec<StatementResult>, ReadError> {
    client.read(QUERY.call().path("database_id", id).json(body(sql, params))).await
}

/// Runs any SQL, once.
pub async fn execute(client: &Client, id: &str, sql: &str, params: &[Json]) -> Outcome<Vec<StatementResult>> {
    client.write(EXECUTE.call().path("database_id", id).json(body(sql, params))).await
}

/// Runs SQL that guards itself against being applied twice.
pub async fn apply(client: &Client, id: &str, sql: &str) -> Outcome<Vec<StatementResult>> {
    client.write(APPLY.call().path("database_id", id).json(body(sql, &[]))).await
}

/// Corrects the migrations' ledger, with SQL that guards itself against being applied twice.
pub async fn correct(client: &Client, id: &str, sql: &str) -> Outcome<Vec<StatementResult>> {
    client.write(CORRECT.call().path("database_id", id).json(body(sql, &[]))).await
}

/// Where the history stands now.
pub async fn bookmark(client: &Client, id: &str) -> Result<String, ReadError> {
    let answer: Bookmark = client.read(BOOKMARK.call().path("database_id", id).fresh()).await?;
    Ok(answer.bookmark)
}

/// Goes back to `bookmark`, once.
pub async fn restore(client: &Client, id: &str, bookmark: &str) -> Outcome<Restored> {
    client.write(RESTORE.call().path("database_id", id).query("bookmark", bookmark)).await
}

/// Drops a table of Larder's own; one that is gone is fine.
pub async fn unmark(client: &Client, id: &str, table: &str) -> Outcome<Vec<StatementResult>> {
    let sql = format!("DROP TABLE IF EXISTS \"{table}\"");
    client.write(UNMARK.call().path("database_id", id).json(body(&sql, &[]))).await
}

fn body(sql: &str, params: &[Json]) -> Json {
    if params.is_empty() { json!({ "sql": sql }) } else { json!({ "sql": sql, "params": params }) }
}
