//! The commands: one file each, with its arguments (their doc comments are the help) and one function.
//!
//! **Invariant:** only here do the rooms meet; a command decides nothing that a room could.

mod apply;
mod bindings;
mod check;
mod completions;
mod confirm;
pub mod destroy;
mod diff;
mod doc;
mod elsewhere;
mod eval;
mod globals;
mod held;
mod ids;
mod init;
mod interrupt;
mod local;
mod migration_folders;
mod migrations;
mod online;
mod partial;
mod perform;
mod place;
mod question;
mod recipes;
mod repl;
mod repl_signals;
mod run;
mod stage;
mod target;
mod token;

use crate::project::credentials;
use crate::report::{Color, Console, Exit, GitHub};
use crate::secret::Redactor;
use crate::system::{Environment, arguments_of_process, keep_memory_private};
pub use globals::{Format, Globals};
use place::Place;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// Provisions Cloudflare accounts from small recipes.
#[derive(clap::Parser)]
#[command(name = "larder", version, max_term_width = 100)]
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
    Apply(apply::Apply),
    Diff(diff::Diff),
    Check(check::Check),
    Ids(ids::Ids),
    Migrations(migrations::Migrations),
    Recipes(recipes::Recipes),
    Show(recipes::Show),
    Eject(recipes::Eject),
    Init(init::Init),
    Doc(doc::Doc),
    Eval(eval::Eval),
    Repl(repl::Repl),
    Token(token::Token),
    Local(local::Local),
    Completions(completions::Completions),
    Man(completions::Man),
}

/// Why a command ended early.
#[derive(Debug)]
pub enum Stopped {
    /// Usage, project file, recipe or credentials.
    Usage(anyhow::Error),
    /// It was told already, and the exit is this.
    Told(Exit),
}

impl<E: Into<anyhow::Error>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Stopped::Usage(error.into())
    }
}

/// Tells why the arguments can't be understood, or the help that they ask for; gives the exit code.
pub fn refuse(error: &clap::Error, environment: &Environment) -> u8 {
    if !error.use_stderr() {
        // Help and version are no errors; clap prints each to its own stream.
        let _ = error.print();
        return Exit::Done.code();
    }
    // A token that was given as an argument is quoted back.
    let redactor = Arc::new(Redactor::default());
    for secret in credentials::secrets(environment) {
        redactor.register(&secret);
    }
    Console::of_process(Color::Auto, environment, redactor).talk(&error.render().ansi().to_string());
    Exit::Usage.code()
}

/// Runs a command; gives the exit code.
pub fn run(arguments: Arguments, environment: Environment) -> u8 {
    keep_memory_private();
    let Arguments { globals, command } = arguments;
    let place = match Place::new(globals, environment, arguments_of_process()) {
        Ok(place) => place,
        Err((console, error)) => {
            console.talk(&error_text(&error));
            return Exit::Usage.code();
        }
    };
    let perform = || perform_command(command, &place);
    // A panic was told when it happened.
    let Ok(result) = std::panic::catch_unwind(AssertUnwindSafe(perform)) else { return Exit::Bug.code() };
    match result {
        Ok(exit) | Err(Stopped::Told(exit)) => exit.code(),
        Err(Stopped::Usage(error)) => {
            let text = error_text(&error);
            place.console.talk(&text);
            if place.github.is_some() {
                GitHub::refuse(&place.console, &text);
            }
            Exit::Usage.code()
        }
    }
}

fn perform_command(command: Command, place: &Place) -> Result<Exit, Stopped> {
    match command {
        Command::Run(command) => command.run(place),
        Command::Plan(command) => command.run(place),
        Command::Destroy(command) => command.run(place),
        Command::Apply(command) => command.run(place),
        Command::Diff(command) => command.run(place),
        Command::Check(command) => command.run(place),
        Command::Ids(command) => command.run(place),
        Command::Migrations(command) => command.run(place),
        Command::Recipes(command) => command.run(place),
        Command::Show(command) => command.run(place),
        Command::Eject(command) => command.run(place),
        Command::Init(command) => command.run(place),
        Command::Doc(command) => command.run(place),
        Command::Eval(command) => command.run(place),
        Command::Repl(command) => command.run(place),
        Command::Token(command) => command.run(place),
        Command::Local(command) => command.run(place),
        Command::Completions(command) => command.run(place),
        Command::Man(command) => command.run(place),
    }
}

/// What rendered itself stands alone; the rest is one line and its hints.
fn error_text(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Typed errors say their cause themselves, contexts do not.
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    if text.starts_with("error") { format!("{text}\n") } else { format!("error: {text}\n") }
}
