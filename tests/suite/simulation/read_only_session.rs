//! A read-only session.

use super::{Mode, OnRoad, Selected, Session, Simulation, info, place};
use larder::op::RunInfo;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;

impl Simulation {
    /// Opens a session in an environment of a project.
    pub fn looking(&self, folder: &Path, selected: &Selected, look: impl FnOnce(&Session, &RunInfo)) {
        let terms = self.terms(Mode::Plan);
        let clock = Arc::new(OnRoad::new(self.clock.clone(), &terms));
        let (place, target) = (place(folder), self.target(&terms, clock, Arc::new(Mutex::new(Vec::new()))));
        let session = Session { place: &place, selected: Some(selected), root: folder, target };
        look(&session, &info(&terms));
    }
}
