//! The common part of `baseline` and `repair`: shows what would be written, asks, writes, and reports the ledger
//! afterwards.

use super::super::Stopped;
use super::super::command_context::CommandContext;
use super::super::confirm::Confirm;
use super::super::globals::Format;
use super::super::question::{self, Reply};
use super::document::{Document, MIGRATIONS_SCHEMA, Made};
use crate::op::{Guard, Mode};
use crate::run::migrations::{Database, Ledgers, chosen, only};
use crate::run::{Session, exit};
use crate::services::d1::migrations::Correction;

/// A correction to be made.
pub struct CorrectionRequest<'a> {
    /// Where the command works.
    pub shell: &'a CommandContext,
    /// The database that is named.
    pub database: Option<&'a str>,
    /// The last file.
    pub to: Option<&'a str>,
    /// What was confirmed.
    pub confirm: Confirm,
}

type Decide<'a> = &'a dyn Fn(&Ledgers, &Database) -> Result<Vec<Correction>, Stopped>;

impl CorrectionRequest<'_> {
    /// Makes what `decide` gives.
    pub fn run(&self, decide: Decide) -> Result<(), Stopped> {
        let shell = self.shell;
        let selected = shell.needs_selected()?;
        let guard = self.confirm.guard(Some(&selected))?;
        let declared = only(chosen(shell, &selected, self.database)?)?;
        let session = shell.open(Some(&selected), &selected.folder)?;
        let ledgers = Ledgers::open(&session, &selected, Mode::Apply, session.info(Guard::default()))?;
        let database = ledgers.look_to_correct(declared, self.to)?;
        let corrections = decide(&ledgers, &database)?;
        if corrections.is_empty() {
            self.tell(&database, &corrections, false);
            return Ok(());
        }
        self.show(&database, &corrections);
        guard.check("correct its ledger").map_err(|failure| ledgers.failed(failure))?;
        self.ask(&session)?;
        ledgers.correct(&database, &corrections)?;
        self.tell(&database, &corrections, true);
        Ok(())
    }

    fn show(&self, database: &Database, corrections: &[Correction]) {
        if self.shell.globals.format == Format::Text {
            self.shell.console.data(&format!("{} -> {}\n", database.declared.logical, database.name));
            for correction in corrections {
                self.shell.console.data(&format!("  {correction}\n"));
            }
        }
    }

    fn tell(&self, database: &Database, corrections: &[Correction], written: bool) {
        let environment = &self.shell.console;
        match (self.shell.globals.format, written) {
            (Format::Json, _) => {
                let made = |one: &Correction| Made { file: one.file().to_owned(), does: one.to_string() };
                environment.document(&Document::Correction {
                    schema: MIGRATIONS_SCHEMA.to_owned(),
                    logical: database.declared.logical.clone(),
                    name: database.name.clone(),
                    id: database.id.clone(),
                    written,
                    corrections: corrections.iter().map(made).collect(),
                });
            }
            (_, true) => environment.data("written, and read back from the ledger\n"),
            (_, false) => environment.data(&format!(
                "{} -> {}: there is nothing to record\n",
                database.declared.logical, database.name
            )),
        }
    }

    /// A ledger is written only after a yes.
    fn ask(&self, session: &Session) -> Result<(), Stopped> {
        let shell = self.shell;
        if shell.globals.yes {
            return Ok(());
        }
        if !question::is_anybody_there() {
            shell
                .console
                .talk("error: nothing was written: there is nobody to ask\nhint: `--yes` writes it\n");
            return Err(Stopped::Told(exit::of_no(None)));
        }
        match question::ask(&shell.console, session, "write this?") {
            Reply::Yes => return Ok(()),
            Reply::No | Reply::Interrupted => shell.console.talk("nothing was written\n"),
        }
        Err(Stopped::Told(exit::of_no(session.signal())))
    }
}
