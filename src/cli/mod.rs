//! The commands: one file each, with its arguments (their doc comments are the help) and one function.
//!
//! **Invariant:** only here do the rooms meet; a command decides nothing that a room could.

mod apply;
mod check;
mod comment;
mod completions;
mod confirm;
mod destroy;
mod diff;
mod doc;
mod diagnostics;
mod eval;
mod explain;
mod formats;
mod get;
mod globals;
mod help;
mod ids;
mod import;
mod init;
mod interrupt;
mod local;
mod account_reader;
mod ls;
mod lsp;
mod migrations;
mod online;
mod pager;
mod paragraphs;
mod question;
mod recipes;
mod repl;
mod repl_signals;
mod repl_session;
mod run;
mod command_context;
mod run_output;
mod steps;
mod sweep;
mod test;
mod token;
mod version;

use crate::op::RefusalBasis;
use crate::project::credentials;
use crate::report::{Color, Console, Exit};
use crate::run::Error;
use crate::run::exit;
use crate::secret::Redactor;
use crate::system::{Environment, arguments_of_process, keep_memory_private, prepare_limits};
use command_context::CommandContext;
use formats::Reports;
pub use globals::{Format, Globals};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// Provisions Cloudflare accounts from small recipes.
#[derive(clap::Parser)]
#[command(
    name = "larder",
    version,
    long_version = version::LONG,
    max_term_width = 100,
    disable_help_subcommand = true,
    mut_subcommands = paragraphs::in_paragraphs
)]
pub struct Arguments {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Run(run::Run),
    Plan(run::Plan),
    Destroy(destroy::Destroy),
    Sweep(sweep::Sweep),
    Apply(apply::Apply),
    Diff(diff::Diff),
    Check(check::Check),
    Test(test::Test),
    Ids(ids::Ids),
    Migrations(migrations::Migrations),
    Recipes(recipes::Recipes),
    Show(recipes::Show),
    Eject(recipes::Eject),
    Init(init::Init),
    Import(import::Import),
    Doc(doc::Doc),
    Definitions(doc::WriteDefinitions),
    Explain(explain::Explain),
    Eval(eval::Eval),
    Repl(repl::Repl),
    Ls(ls::Ls),
    Get(get::Get),
    Token(token::Token),
    Local(local::Local),
    Comment(comment::Comment),
    Lsp(lsp::Lsp),
    Completions(completions::Completions),
    Man(completions::Man),
    Help(help::Help),
}

/// Why a command ended early.
pub enum Stopped {
    /// It is still to be told.
    Error(Error),
    /// It was told already, and the exit is this.
    Told(Exit),
}

impl<E: Into<Error>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Stopped::Error(error.into())
    }
}

/// Tells why the arguments can't be understood, or the help that they ask for; gives the exit code.
pub fn refuse(error: &clap::Error, environment: &Environment) -> u8 {
    if !error.use_stderr() {
        // Help and version are no errors; clap prints each to its own stream.
        let _ = error.print();
        return exit::done(()).code();
    }
    // A token that was given as an argument is quoted back.
    let redactor = Arc::new(Redactor::default());
    for secret in credentials::secrets(environment) {
        redactor.register(&secret);
    }
    Console::of_process(Color::Auto, environment, redactor).talk(&error.render().ansi().to_string());
    exit::of_refusal(RefusalBasis::Config).code()
}

/// Runs a command; gives the exit code.
pub fn run(arguments: Arguments, environment: Environment) -> u8 {
    keep_memory_private();
    let Arguments { globals, command } = arguments;
    let shell = match CommandContext::new(globals, environment, arguments_of_process()) {
        Ok(shell) => shell,
        Err((console, error)) => {
            console.talk(&diagnostics::usage(&error));
            return exit::of_refusal(RefusalBasis::Config).code();
        }
    };
    if let Err(error) = prepare_limits() {
        shell.console.talk(&diagnostics::usage(&error.into()));
        return exit::of_refusal(RefusalBasis::Config).code();
    }
    let perform = || perform_command(command, &shell);
    // A panic was told when it happened.
    let Ok(result) = std::panic::catch_unwind(AssertUnwindSafe(perform)) else {
        return exit::of_panic().code();
    };
    let exit = match result {
        Ok(exit) | Err(Stopped::Told(exit)) => exit,
        Err(Stopped::Error(error)) => diagnostics::draw_error(&error, &shell),
    };
    diagnostics::lost_output(&shell.console, exit, false).code()
}

/// A command's name and the formats that it has.
fn formats_of(command: &Command) -> (&'static str, &'static [Format]) {
    match command {
        Command::Run(_) => ("run", formats::RUN),
        Command::Plan(_) => ("plan", formats::RUN),
        Command::Destroy(_) => ("destroy", formats::RUN),
        Command::Sweep(_) => ("sweep", formats::RUN),
        Command::Apply(_) => ("apply", formats::RUN),
        Command::Diff(_) => ("diff", formats::DOCUMENT),
        Command::Check(command) => ("check", command.formats()),
        Command::Test(_) => ("test", test::Test::FORMATS),
        Command::Ids(_) => ("ids", ids::FORMATS),
        Command::Migrations(command) => ("migrations", command.formats()),
        Command::Recipes(_) => ("recipes", formats::VALUES),
        Command::Show(_) => ("show", formats::TEXT),
        Command::Eject(_) => ("eject", formats::TEXT),
        Command::Init(_) => ("init", formats::TEXT),
        Command::Import(_) => ("import", formats::TEXT),
        Command::Doc(command) => ("doc", command.formats()),
        Command::Definitions(_) => ("definitions", formats::DOCUMENT),
        Command::Explain(_) => ("explain", formats::TEXT),
        Command::Eval(_) => ("eval", formats::VALUES),
        Command::Repl(_) => ("repl", formats::VALUES),
        Command::Ls(_) => ("ls", formats::VALUES),
        Command::Get(_) => ("get", formats::VALUES),
        Command::Token(_) => ("token", formats::DOCUMENT),
        Command::Local(command) => ("local", command.formats()),
        Command::Comment(_) => ("comment", formats::TEXT),
        Command::Lsp(_) => ("lsp", formats::TEXT),
        Command::Completions(_) => ("completions", formats::TEXT),
        Command::Man(_) => ("man", formats::TEXT),
        Command::Help(_) => ("help", formats::TEXT),
    }
}

/// What a command does with `--report`.
fn reports_of(command: &Command) -> Reports {
    match command {
        Command::Run(_) | Command::Plan(_) | Command::Destroy(_) | Command::Sweep(_) | Command::Apply(_) => {
            Reports::Written
        }
        Command::Test(_) => Reports::OfTests,
        Command::Check(_) => Reports::Ignored,
        _ => Reports::None,
    }
}

fn perform_command(command: Command, shell: &CommandContext) -> Result<Exit, Stopped> {
    let (name, has) = formats_of(&command);
    formats::check(shell.globals.format, name, has)?;
    formats::check_reports(&shell.globals.reports, name, reports_of(&command))?;
    match command {
        Command::Run(command) => command.run(shell),
        Command::Plan(command) => command.run(shell),
        Command::Destroy(command) => command.run(shell),
        Command::Sweep(command) => command.run(shell),
        Command::Apply(command) => command.run(shell),
        Command::Diff(command) => command.run(shell),
        Command::Check(command) => command.run(shell),
        Command::Test(command) => command.run(shell),
        Command::Ids(command) => command.run(shell),
        Command::Migrations(command) => command.run(shell),
        Command::Recipes(command) => command.run(shell).map(exit::done),
        Command::Show(command) => command.run(shell).map(exit::done),
        Command::Eject(command) => command.run(shell).map(exit::done),
        Command::Init(command) => command.run(shell).map(exit::done),
        Command::Import(command) => command.run(shell).map(exit::done),
        Command::Doc(command) => command.run(shell).map(exit::done),
        Command::Definitions(command) => command.run(shell).map(exit::done),
        Command::Explain(command) => command.run(shell).map(exit::done),
        Command::Eval(command) => command.run(shell),
        Command::Repl(command) => command.run(shell),
        Command::Ls(command) => command.run(shell),
        Command::Get(command) => command.run(shell),
        Command::Token(command) => command.run(shell),
        Command::Local(command) => command.run(shell).map(exit::done),
        Command::Comment(command) => command.run(shell),
        Command::Lsp(command) => command.run(shell),
        Command::Completions(command) => command.run(shell).map(exit::done),
        Command::Man(command) => command.run(shell).map(exit::done),
        Command::Help(command) => command.run(shell).map(exit::done),
    }
}
