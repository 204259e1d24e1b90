//! The raw writes of a recipe, which every run repeats.
//!
//! **Invariant:** a raw write counts if it is done, in part too, or if that is not known.

use super::document::{Op, Report};
use super::status_words::counted;
use super::text_style::TextStyle;
use crate::events::Status;
use crate::op::Effect;
use crate::services::Services;

/// So many are named.
const NAMED_MAX: usize = 5;

/// `repeats 2 raw writes: ..`; nothing where no raw write was done.
pub(super) fn repeats(report: &Report, ink: &TextStyle) -> Option<String> {
    let written: Vec<&Op> = report.ops().filter(|op| is_raw_write(op) && has_written(op)).collect();
    if written.is_empty() {
        return None;
    }
    let mut named: Vec<(String, u64)> = Vec::new();
    for op in &written {
        let name = format!("`{}::{}` of `{}`", op.service, op.op, ink.show(&op.resource));
        match named.iter_mut().find(|(known, _)| *known == name) {
            Some((_, times)) => *times += 1,
            None => named.push((name, 1)),
        }
    }
    let more = named.len().saturating_sub(NAMED_MAX);
    named.truncate(NAMED_MAX);
    let mut names: Vec<String> = named
        .into_iter()
        .map(|(name, times)| if times == 1 { name } else { format!("{name} ({times} times)") })
        .collect();
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    let number = counted(written.len() as u64, "raw write", "raw writes");
    Some(format!("repeats {number}: {}", names.join(", ")))
}

fn is_raw_write(op: &Op) -> bool {
    Services::default().ops().any(|known| {
        known.effect == Effect::Write && (known.service, known.name) == (op.service.as_str(), op.op.as_str())
    })
}

fn has_written(op: &Op) -> bool {
    let is_partly = op.error.as_ref().is_some_and(|problem| problem.kind == "partial");
    op.has_changed() || (op.status == Status::Failed && (op.wrote || is_partly))
}
