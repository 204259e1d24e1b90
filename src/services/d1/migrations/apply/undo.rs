//! The commands that restore the database to its state before a run.

use super::super::ledger::reader::words;
use super::super::ledger::rows::Ledger;
use super::database::Database;
use crate::events::Event;
use crate::http;
use crate::op::{Context, RunEnvironment};
use crate::services::d1::api;
use crate::system::word;

/// Larder's command and wrangler's, for going back to `bookmark`.
pub fn way_back(run_environment: Option<&RunEnvironment>, id: &str, name: &str, bookmark: &str) -> String {
    let flags = run_environment.map(|here| [here.flags(), here.confirmation()].concat()).unwrap_or_default();
    let entry = word(&format!("d1::restore(\"{id}\", \"{bookmark}\")"));
    let write = ["--write ", &entry].concat();
    let (name, bookmark) = (word(name), word(&["--bookmark=", bookmark].concat()));
    format!("`larder eval{flags} {write}`, or `wrangler d1 time-travel restore {name} {bookmark}`")
}

/// The instructions that restore the database to its state before the run.
#[derive(Clone, Debug, Default)]
pub struct UndoInstructions {
    /// The bookmark of before the first statement.
    pub bookmark: Option<String>,
    pub note: Option<String>,
}

impl UndoInstructions {
    /// Asks for it before the first statement.
    pub async fn ask(context: &Context, database: Database<'_>, ledger: &Ledger) -> Self {
        if ledger.is_empty_database {
            return UndoInstructions::default();
        }
        match api::bookmark(&context.client, database.id).await {
            Ok(bookmark) => {
                let op = http::current_scope().op;
                context.events.emit(Event::Bookmark { op, bookmark: bookmark.clone() });
                let run_environment = context.run_environment.get();
                let commands = way_back(run_environment, database.id, database.name, &bookmark);
                let note = Some(format!("the way back to before this run: {commands}"));
                UndoInstructions { bookmark: Some(bookmark), note }
            }
            Err(error) => {
                let note = Some(format!("there is no Time Travel bookmark: {}", words(error)));
                UndoInstructions { bookmark: None, note }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_holds_what_the_run_was_told() {
        let here = RunEnvironment {
            environment: Some("production".into()),
            is_protected: true,
            whereabouts: " --local".into(),
            ledgers: Vec::new(),
        };
        assert_eq!(
            way_back(Some(&here), "u-1", "jobs", "b"),
            "`larder eval -e production --local --confirm production --write 'd1::restore(\"u-1\", \"b\")'`, or \
             `wrangler d1 time-travel restore jobs --bookmark=b`"
        );
        assert_eq!(
            way_back(None, "u-1", "jobs", "b"),
            "`larder eval --write 'd1::restore(\"u-1\", \"b\")'`, or `wrangler d1 time-travel restore jobs --bookmark=b`"
        );
    }
}
