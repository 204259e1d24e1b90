//! `test`: the tests of recipes, each on a local account of its own.

mod document;
mod show;
mod suites;

use super::command_context::CommandContext;
use super::globals::Format;
use super::{Stopped, interrupt};
use crate::events::Problem;
use crate::report::{Exit, to_pretty};
use crate::run::exit;
use crate::run::test::{Update, test};
use document::Document;

/// Run the tests of recipes, each on a local account of its own
///
/// Tests are the functions called `test_..` of files called `NAME.test.rhai`, in the project's folder, in `tests` and in
/// `recipes`. Each begins with an empty account in memory, runs recipes on it and looks at what is there then; no flag and
/// no variable leads it to another account. They run side by side. Where one fails, the exit code is 1. `larder doc tests`
/// lists what they can call, `larder help tests` explains it.
///
/// Examples:
///   larder test
///   larder test tests/shop.test.rhai
///   larder test writes
///   larder test --update                   # writes snapshots as they are now
///   larder test --report tests.xml         # JUnit
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Test {
    /// Files and folders, or parts of the names of tests; default: all tests
    #[arg(value_name = "PATH|NAME")]
    asked: Vec<String>,
    /// Write the snapshots that differ or are missing, and remove those that nothing compares with
    #[arg(long)]
    update: bool,
}

impl Test {
    /// The formats that it has.
    pub const FORMATS: &[Format] = &[Format::Text, Format::Json];

    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let update = if self.update { Update::Write } else { Update::Keep };
        let tested = test(shell, &self.asked, update, &interrupt::silent())?;
        let document = Document::of(&tested);
        match shell.globals.format {
            Format::Json => shell.console.data(&to_pretty(&document, shell.console.redactor())),
            _ => show::show(shell, &tested),
        }
        show::annotate(shell, &tested);
        let suites = suites::of(&tested);
        let mut exit = exit::of_tested(&tested);
        for file in shell.globals.reports.iter().map(|file| file.below(&shell.folder)) {
            if let Err(error) = file.save_tests(&document, (&suites, tested.took), shell.console.redactor()) {
                let message = format!("can't write the report `{}`: {error}", file.path.display());
                shell.console.failure(&Problem::new("file", message));
                exit = exit::worst([exit, exit::of_findings(true)]);
            }
        }
        Ok(exit)
    }
}
