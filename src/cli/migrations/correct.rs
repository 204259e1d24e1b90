//! What `baseline` and `repair` have in common: show what would be written, ask, write, say what the ledger says.

use super::super::Stopped;
use super::super::confirm::Confirm;
use super::super::globals::Format;
use super::super::question::{self, Heard};
use super::super::shell::Shell;
use super::databases::{Database, Ledgers, chosen};
use super::document::{Document, MIGRATIONS_SCHEMA, Made};
use crate::events::Recorder;
use crate::migrations::{self, Correction, Expect, correct};
use crate::op::{Failure, Guard, Mode};
use crate::report::Exit;
use crate::run::Session;
use crate::run::exit;
use std::sync::Arc;

/// A correction to be made.
pub struct Correcting<'a> {
    /// Where the command works.
    pub shell: &'a Shell,
    /// The database that is named.
    pub database: Option<&'a str>,
    /// The last file.
    pub to: Option<&'a str>,
    /// What was confirmed.
    pub confirm: Confirm,
}

type Decide<'a> = &'a dyn Fn(&Ledgers, &Database) -> Result<Vec<Correction>, Stopped>;

impl Correcting<'_> {
    /// Makes what `decide` says.
    pub fn run(&self, decide: Decide) -> Result<Exit, Stopped> {
        let shell = self.shell;
        super::check_format(shell)?;
        let selected = shell.needs_selected()?;
        let guard = self.confirm.guard(Some(&selected))?;
        let declared = super::databases::only(chosen(shell, &selected, self.database)?)?;
        let session = shell.open(Some(&selected), &selected.folder)?;
        session.listen();
        let info = session.info(Guard::default());
        let context = session.context(Mode::Apply, Arc::new(Recorder::default()), info)?;
        let ledgers = Ledgers { shell, selected: &selected, session: &session, context };
        let database = ledgers.look(declared, self.to)?;
        let Some(id) = &database.id else {
            let hint = format!("`{}` makes it, and applies its migrations", database.migrations.reach.run());
            let message = format!("the database `{}` does not exist yet", database.name);
            return Err(ledgers.told(&Failure::refused_with_hint("migration", message, hint)));
        };
        let corrections = decide(&ledgers, &database)?;
        if corrections.is_empty() {
            self.tell(&database, &corrections, false);
            return Ok(Exit::Done);
        }
        self.show(&database, &corrections);
        guard.check("correct its ledger").map_err(|failure| ledgers.told(&failure))?;
        self.ask(&session)?;
        let expect = Expect::Tables;
        let reached = migrations::Database { id, name: &database.name, expect };
        let written =
            correct(&ledgers.context, reached, &database.migrations, &database.ledger, &corrections);
        session.runtime().block_on(written).map_err(|failure| ledgers.told(&failure))?;
        self.tell(&database, &corrections, true);
        Ok(Exit::Done)
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
            Heard::Yes => return Ok(()),
            Heard::No | Heard::Interrupted => shell.console.talk("nothing was written\n"),
        }
        Err(Stopped::Told(exit::of_no(session.signal())))
    }
}
