//! Groups failures with one cause into one message with a count.
//!
//! **Invariant:** every op that is given is in exactly one group, and a group has one cause: all but the resource's name is
//! the same.

use super::document::Op;
use super::text_style::TextStyle;
use crate::events::Status;

/// So many of the others are named.
const NAMED_MAX: usize = 5;

/// Fewer others than this are told each by itself: their lines may say more than their number.
pub(super) const ALIKE_MIN: usize = 3;

/// Ops that failed for one reason.
pub(super) struct FailureGroup<'a> {
    /// The first, which stands for all.
    pub(super) first: &'a Op,
    pub(super) others: Vec<&'a Op>,
}

/// Groups ops by why they failed, in the order of the first; one without an error is alone, and so is each of a few.
pub(super) fn alike<'a>(ops: impl IntoIterator<Item = &'a Op>) -> Vec<FailureGroup<'a>> {
    let mut groups: Vec<(Option<Cause>, FailureGroup<'a>)> = Vec::new();
    for op in ops {
        let cause = cause(op);
        match groups.iter_mut().find(|(known, _)| cause.is_some() && *known == cause) {
            Some((_, group)) => group.others.push(op),
            None => groups.push((cause, FailureGroup { first: op, others: Vec::new() })),
        }
    }
    let told = groups
        .into_iter()
        .flat_map(|(_, group)| if group.others.len() < ALIKE_MIN { group.apart() } else { vec![group] });
    told.collect()
}

type Cause = (String, String, Status, String, Option<i64>, Option<String>);

/// Why an op failed, without the name of what it is about.
pub(super) fn cause(op: &Op) -> Option<Cause> {
    let problem = op.error.as_ref()?;
    // What is wrong in a file is a matter of its own.
    if op.resource.is_empty() || !problem.findings.is_empty() {
        return None;
    }
    let name = format!("`{}`", op.resource);
    let unnamed = |text: &String| text.replace(&name, "``");
    let (message, hint) = (unnamed(&problem.message), problem.hint.as_ref().map(unnamed));
    Some((op.service.clone(), message, op.status, problem.kind.clone(), problem.code, hint))
}

impl<'a> FailureGroup<'a> {
    fn apart(self) -> Vec<FailureGroup<'a>> {
        let alone = |first| FailureGroup { first, others: Vec::new() };
        std::iter::once(self.first).chain(self.others).map(alone).collect()
    }

    /// `the same of 499 more: A, B, .. and 494 more`; nothing where it is alone.
    pub(super) fn more(&self, ink: &TextStyle) -> Option<String> {
        let names = self.others.iter().take(NAMED_MAX).map(|op| format!("`{}`", ink.show(&op.resource)));
        let left = self.others.len().saturating_sub(NAMED_MAX);
        let left = (left > 0).then(|| format!("and {left} more"));
        let names: Vec<String> = names.chain(left).collect();
        (!names.is_empty()).then(|| format!("the same of {} more: {}", self.others.len(), names.join(", ")))
    }
}
