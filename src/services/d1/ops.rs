//! The ops of D1.

mod effective_settings;
mod statement_summary;
mod split;
mod dump;
mod load;
mod memory;
mod restore;
mod migrate_request;

use super::api::{self, transfer};
use super::params::Params;
use super::read_only;
use super::resource::Database;
use crate::events::Action;
use crate::http::Outcome;
use crate::op::{
    Call, Doc, Effect, Failure, HandleOrId, Mode, Op, OpResult, OptionMap, ReturnShape, StartedOp, Typed,
    Value,
};
use crate::reconcile::Resource;
use crate::services::d1::migrations::{self, Atomic, Expected, LatePolicy, Rehearsal};
use crate::services::written;
use memory::{PredictedResult, remembered};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use statement_summary::beginning;
use std::marker::PhantomData;

/// Every op of the service.
pub static OPS: &[Op] = &[
    Op::ensure::<Database>(
        &[&api::LIST, &api::GET, &api::CREATE, &api::UPDATE],
        Doc {
            summary: "Makes sure that a database of this name exists, with these options.",
            params: &[("name", "Unique in the account, 1 to 64 letters, digits, `_` and `-`.")],
            example: r#"d1::ensure("jobs").name"#,
            result: r#""jobs""#,
        },
    ),
    Op::find::<Database>(
        &[&api::LIST],
        Doc {
            summary: "The database of this name, or `()`.",
            params: &[("name", "As in the account.")],
            example: r#"d1::find("jobs")"#,
            result: "()",
        },
    ),
    Op::list::<Database>(
        &[&api::LIST],
        Doc {
            summary: "All databases of the account, by name.",
            params: &[],
            example: r#"d1::ensure("b"); d1::ensure("a"); d1::list().map(|db| db.name)"#,
            result: r#"["a", "b"]"#,
        },
    ),
    Op::delete::<Database>(
        &[&api::LIST, &api::DELETE],
        Doc {
            summary: "Removes a database with all its data; one that is gone is fine.",
            params: &[("database", "Its handle or name.")],
            example: r#"d1::ensure("old"); d1::delete("old"); d1::list().len"#,
            result: "0",
        },
    ),
    Op {
        service: "d1",
        name: "query",
        receiver: Some(Database::HANDLE),
        effect: Effect::Read,
        shape: ReturnShape::Data("array of maps"),
        endpoints: &[&api::QUERY],
        doc: Doc {
            summary: "The rows of one statement that only reads, each a map by column.",
            params: &[
                ("sql", "One `SELECT`, `VALUES`, `EXPLAIN` or informing `PRAGMA`."),
                ("params", "Values for `?1`, `?2`, ...; at most 100, none when left out."),
            ],
            example: r#"d1::ensure("jobs").query("SELECT ?1 AS answer", [42])"#,
            result: r#"[#{"answer": 42}]"#,
        },
        run: &Typed(query, PhantomData),
    },
    Op {
        service: "d1",
        name: "execute",
        receiver: Some(Database::HANDLE),
        effect: Effect::Write,
        shape: ReturnShape::Handle("D1Result"),
        endpoints: &[&api::EXECUTE],
        doc: Doc {
            summary: "Runs any statements as one transaction, once: a second run runs them again.",
            params: &[
                ("sql", "One or more statements."),
                ("params", "Values for `?1`, `?2`, ...; at most 100, none when left out."),
            ],
            example: r#"let db = d1::ensure("jobs"); db.execute("CREATE TABLE t (x)"); db.execute("INSERT INTO t VALUES (?1), (?2)", [1, 2]).changes"#,
            result: "2",
        },
        run: &Typed(execute, PhantomData),
    },
    Op {
        service: "d1",
        name: "migrate",
        receiver: Some(Database::HANDLE),
        effect: Effect::Ensure,
        shape: ReturnShape::Handle("D1Migrations"),
        endpoints: &[
            &api::QUERY,
            &api::BOOKMARK,
            &api::APPLY,
            &transfer::INIT,
            &transfer::UPLOAD,
            &transfer::INGEST,
            &transfer::POLL,
        ],
        doc: Doc {
            summary: "Applies the migrations that the database's ledger does not have yet, each exactly once.",
            params: &[("folder", "The migrations' folder, from the project's folder.")],
            example: r#"d1::ensure("jobs").migrate("migrations").applied"#,
            result: r#"["0001_init.sql"]"#,
        },
        run: &Typed(migrate, PhantomData),
    },
    Op {
        service: "d1",
        name: "load",
        receiver: Some(Database::HANDLE),
        effect: Effect::Write,
        shape: ReturnShape::Handle("D1Load"),
        endpoints: &[
            &api::BOOKMARK,
            &transfer::INIT,
            &transfer::UPLOAD,
            &transfer::INGEST,
            &transfer::POLL,
            &api::QUERY,
            &api::UNMARK,
        ],
        doc: Doc {
            summary: "Imports a file of SQL as one transaction: a second run imports it again. The database serves nothing else meanwhile.",
            params: &[("file", "A text file, from the project's folder; at most 5 GB.")],
            example: r#"let db = d1::ensure("jobs"); db.migrate("migrations"); db.load("seed.sql").statements"#,
            result: "2",
        },
        run: &Typed(load::load, PhantomData),
    },
    Op {
        service: "d1",
        name: "dump",
        receiver: Some(Database::HANDLE),
        effect: Effect::Ensure,
        shape: ReturnShape::Handle("D1Dump"),
        endpoints: &[&api::QUERY, &transfer::EXPORT, &transfer::DOWNLOAD],
        doc: Doc {
            summary: "Exports the database into a file of SQL that can be loaded, which is replaced whole. The database serves nothing else meanwhile.",
            params: &[("file", "From the project's folder; its name ends with `.sql`.")],
            example: r#"let db = d1::ensure("jobs"); db.execute("CREATE TABLE t (x)"); db.dump("jobs.sql").bytes"#,
            result: "52",
        },
        run: &Typed(dump::dump, PhantomData),
    },
    Op {
        service: "d1",
        name: "restore",
        receiver: Some(Database::HANDLE),
        effect: Effect::Write,
        shape: ReturnShape::Handle("D1Restore"),
        endpoints: &[&api::BOOKMARK, &api::RESTORE],
        doc: Doc {
            summary: "Brings the database back to a Time Travel bookmark: everything written since is gone. A protected environment must be confirmed on the command line.",
            params: &[(
                "to",
                "A bookmark, as in the report of the run that is undone, or the handle of a `migrate`, `load` or `restore`, for before it.",
            )],
            example: r#"let db = d1::ensure("jobs"); db.execute("CREATE TABLE a (x)"); let done = db.migrate("migrations"); db.restore(done); db.query("SELECT name FROM sqlite_master WHERE name IN ('a', 'jobs')")"#,
            result: r#"[#{"name": "a"}]"#,
        },
        run: &Typed(restore::restore, PhantomData),
    },
];

fn receiver(target: Option<HandleOrId>) -> Result<HandleOrId, Failure> {
    let target = target.ok_or_else(|| Failure::Bug("a method without its receiver".into()))?;
    target.of_hex_id("d1", "D1 database")
}

fn query(call: Call, (sql,): (String,), Params(params): Params) -> Result<StartedOp, Failure> {
    read_only::check(&sql)?;
    let (context, receiver) = (call.context, receiver(call.receiver)?);
    let memory = remembered(&context, &receiver);
    let started = StartedOp::on("d1", receiver, move |database| async move {
        let name = database.text("name");
        if let Some(memory) = &memory {
            match memory.ask(&database, &sql, &params).await? {
                PredictedResult::Rows(rows) => return Ok(OpResult::unchanged(rows)),
                PredictedResult::Nothing => return Err(memory.not_known()),
                PredictedResult::Unchanged => {}
            }
        }
        let results = api::query(&context.client, database.text("id"), &sql, &params).await;
        let results = results.map_err(|error| Failure::of_read(name, error))?;
        let rows = results.into_iter().next().unwrap_or_default().results;
        let rows: Json = rows.into_iter().map(Json::Object).collect();
        Ok(OpResult::unchanged(Value::from(rows)))
    });
    Ok(started.remembering())
}

fn execute(call: Call, (sql,): (String,), Params(params): Params) -> Result<StartedOp, Failure> {
    let (context, subject, receiver) = (call.context, beginning(&sql), receiver(call.receiver)?);
    let memory = remembered(&context, &receiver).map(|memory| (memory, sql.clone(), params.clone()));
    let started = StartedOp::on("d1", receiver, move |database| async move {
        let (id, name) = (database.text("id"), database.text("name"));
        let results = match api::execute(&context.client, id, &sql, &params).await {
            Outcome::Applied(results) => results,
            other => written(name, other)?,
        };
        if let Some(index) = results.iter().position(|result| result.success == Some(false)) {
            let words = results[index].error.as_deref().unwrap_or("the server does not say why");
            let message = format!("statement {} failed on `{name}`: {words}", index + 1);
            let hint = "read the data back: the server accepted the call as a whole";
            return Err(Failure::refused_with_hint("rejected", message, hint));
        }
        let last = results.last().cloned().unwrap_or_default();
        let value = json!({
            "id": id,
            "name": name,
            "changes": results.iter().filter_map(|result| result.meta.changes).fold(0, i64::saturating_add),
            "last_row_id": last.meta.last_row_id,
            "rows": last.results,
            "statements": results.len(),
        });
        Ok(OpResult::written(Value::from(value), Action::Write))
    });
    let started = StartedOp { subject, ..started };
    let Some((memory, sql, params)) = memory else { return Ok(started) };
    Ok(started.playing(move |have| async move { memory.execute(have, sql, params).await }))
}

/// Options of `migrate`.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
struct MigrateOptions {
    /// Wrangler's `migrations_table`; the project's for this database, else `d1_migrations`, when left out.
    table: Option<String>,
    /// Wrangler's `migrations_pattern`, from the migrations' folder; the project's for this database, else `*.sql`, when left out.
    pattern: Option<String>,
    /// The last migration to apply; all when left out.
    to: Option<String>,
    /// Run pending files in memory first, on the live schema; `true` when left out.
    rehearse: Option<bool>,
    /// Apply a file although one that sorts after it is applied already; `false` when left out.
    allow_out_of_order: Option<bool>,
    /// What one transaction holds: `"file"`, each file, or `"all"` that is pending; `"file"` when left out.
    atomic: Option<Atomic>,
}

impl OptionMap for MigrateOptions {}

fn migrate(call: Call, (folder,): (String,), options: MigrateOptions) -> Result<StartedOp, Failure> {
    let MigrateOptions { table, pattern, to, rehearse, allow_out_of_order, atomic } = options;
    let run = &call.context.run;
    let is_late_allowed = run.allow_out_of_order || allow_out_of_order == Some(true);
    let is_rehearsed = !run.skip_rehearsal && rehearse != Some(false);
    let asked = effective_settings::RequestedSettings {
        folder: &folder,
        pattern: pattern.as_deref(),
        table: table.as_deref(),
    };
    let asked = effective_settings::agreed(&call, asked)?;
    let wanted = migrate_request::MigrateRequest {
        folder: asked.folder.to_owned(),
        pattern: asked.pattern.map(Into::into),
        table: asked.table.map(Into::into),
        to,
        rehearsal: if is_rehearsed { Rehearsal::Run } else { Rehearsal::Skip },
        late: if is_late_allowed { LatePolicy::Allow } else { LatePolicy::Refuse },
        atomic: atomic.unwrap_or_default(),
        reach: effective_settings::reach(&call),
    };
    let writer = wanted.writer(&call.context);
    // What this run writes there is not there yet.
    let found = if writer.is_some() { None } else { Some(wanted.discover(&call.context)?) };
    let (context, receiver, needs) = (call.context, receiver(call.receiver)?, writer.clone());
    let memory = remembered(&context, &receiver);
    let mut started = StartedOp::on("d1", receiver, move |database| async move {
        let migrations = match (found, writer) {
            (Some(found), _) => found,
            (None, Some(writer)) if context.mode == Mode::Plan => return Err(wanted.not_known(&writer)),
            (None, _) => wanted.discover(&context)?,
        };
        // An older listing than its last migration decides what is asked first and nothing else.
        let is_new = matches!(database.get("num_tables"), Some(Value::Int(0)));
        let expect = if is_new { Expected::Nothing } else { Expected::Tables };
        let database = migrations::Database { id: database.text("id"), name: database.text("name"), expect };
        match memory {
            Some(memory) => migrations::plan(&context, database, &migrations, &memory.copy()).await,
            None => migrations::migrate(&context, database, &migrations).await,
        }
    });
    started.needs.extend(needs);
    Ok(started.after_group())
}
