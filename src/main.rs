//! The `larder` program: parse, run, exit code.

use clap::Parser;
use larder::cli::{self, Arguments};
use larder::system::Environment;
use std::process::ExitCode;

fn main() -> ExitCode {
    let environment = Environment::of_process();
    match Arguments::try_parse() {
        Ok(arguments) => ExitCode::from(cli::run(arguments, environment)),
        Err(error) => {
            // Help and version are no errors; clap prints each to its own stream.
            let code = if error.use_stderr() { 2 } else { 0 };
            let _ = error.print();
            ExitCode::from(code)
        }
    }
}
