//! The words for what happened to a resource.

use super::document::Op;
use crate::events::{Action, Status};

/// What became of it, in a word.
pub(super) fn outcome(op: &Op) -> &'static str {
    match op.status {
        Status::Done => verb(op.action, false),
        Status::Planned => verb(op.action, true),
        Status::Conflict => "conflict",
        Status::Failed => "failed",
        Status::Unknown => "unknown",
        Status::Skipped => "skipped",
    }
}

/// What was or would be done, in a word.
pub(super) fn verb(action: Action, future: bool) -> &'static str {
    match (action, future) {
        (Action::Create, false) => "created",
        (Action::Create, true) => "to create",
        (Action::Update, false) => "updated",
        (Action::Update, true) => "to update",
        (Action::Delete, false) => "deleted",
        (Action::Delete, true) => "to delete",
        (Action::Apply, false) => "applied",
        (Action::Apply, true) => "to apply",
        (Action::Write, false) => "written",
        (Action::Write, true) => "to write",
        (Action::None, _) => "unchanged",
    }
}

/// What stands behind a number of migration files.
pub(super) fn applied(count: u64, future: bool) -> &'static str {
    match (count, future) {
        (1, false) => "migration applied",
        (_, false) => "migrations applied",
        (1, true) => "migration to apply",
        (_, true) => "migrations to apply",
    }
}

/// `1 read`, `2 reads`.
pub(super) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
