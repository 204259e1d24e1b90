//! A bench that refuses every run, for test files that are only checked.

use super::{Bench, Counted, SnapshotResult, TestRunRequest};
use crate::op::Failure;
use crate::secret::Secret;
use serde_json::Value as Json;

/// It refuses everything.
pub(super) struct Idle;

impl Bench for Idle {
    fn run(&self, _: TestRunRequest) -> Result<Json, Failure> {
        Err(refused())
    }

    fn fault(&self, _: &str, _: Counted) -> Result<(), Failure> {
        Err(refused())
    }

    fn variable(&self, _: &str, _: &Secret) {}

    fn snapshot(&self, _: &str, _: &str) -> SnapshotResult {
        SnapshotResult::Missing
    }
}

fn refused() -> Failure {
    Failure::Bug("a test file that is only checked was run".to_owned())
}
