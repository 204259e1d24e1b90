//! Changes the code of the rooms that decide what is written in small ways, and says which changes no test notices.
//!
//! The project is copied once, with every change behind a switch of its own, and built once. Then each change is turned on
//! for the tests that come by it, until one fails.

mod cases;
mod compile;
mod find;
mod hunt;
mod kept;
mod mutant;
mod report;
mod rooms;
mod splice;
mod tree;

use anyhow::{Context, Result};
use cases::Baseline;
use clap::Parser;
use hunt::Hunt;
use std::path::Path;
use std::process::ExitCode;
use tree::Tree;

/// Says which small changes of the code no test notices.
#[derive(Parser)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
struct Arguments {
    /// Only changes whose name holds this text, e.g. `src/op/permit.rs` or `Permit::check`.
    #[arg(long)]
    only: Vec<String>,
    /// Only so many of them; always the same ones.
    #[arg(long)]
    sample: Option<usize>,
    /// So long a change is looked at that no test has noticed.
    #[arg(long, default_value_t = 120)]
    seconds: u64,
    /// Tests at a time.
    #[arg(long, default_value_t = 2)]
    threads: usize,
    /// Of the suite's tests only those whose name holds this text, e.g. `suite::plan_files`; unit tests stay.
    #[arg(long)]
    suite: Vec<String>,
    /// Unit tests only; the suite is not even built.
    #[arg(long)]
    unit: bool,
    /// Runs every test without a change again, although that was done before.
    #[arg(long)]
    fresh: bool,
    /// Lists the changes and stops.
    #[arg(long)]
    list: bool,
    /// Leaves out the changes that are kept as explained.
    #[arg(long)]
    skip_kept: bool,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the package stands in no project")?;
    let tree = Tree::read(root)?;
    let kept = kept::read(root)?;
    if arguments.list {
        for mutant in &tree.mutants {
            println!("{}", mutant.id());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let left_out = compile::leave_out(&tree)?;
    let built = compile::build(&tree, arguments.unit)?;
    let baseline =
        Baseline { threads: arguments.threads, is_fresh: arguments.fresh, suite: &arguments.suite };
    let cases = baseline.cases(&tree, &built)?;
    let mut numbers: Vec<usize> = (0..tree.mutants.len())
        .filter(|number| {
            let id = tree.mutants[*number].id();
            !left_out.contains(&id)
                && (arguments.only.is_empty() || arguments.only.iter().any(|text| id.contains(text.as_str())))
                && !(arguments.skip_kept && kept.contains_key(&id))
        })
        .collect();
    if let Some(count) = arguments.sample {
        numbers.sort_by_key(|number| hash(&tree.mutants[*number].id()));
        numbers.truncate(count);
    }
    let fates = Hunt::new(&tree, &cases, arguments.seconds)?.all(&numbers, arguments.threads)?;
    let is_fine = report::report(&tree, &left_out, &fates, &kept);
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// FNV-1a: the same on every machine and in every version.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
