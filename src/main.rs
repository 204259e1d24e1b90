//! The `larder` program: parse, run, exit code.

use clap::Parser;
use larder::cli::{self, Arguments};
use larder::system::Environment;
use std::process::ExitCode;

fn main() -> ExitCode {
    let environment = Environment::of_process();
    ExitCode::from(match Arguments::try_parse() {
        Ok(arguments) => cli::run(arguments, environment),
        Err(error) => cli::refuse(&error, &environment),
    })
}
