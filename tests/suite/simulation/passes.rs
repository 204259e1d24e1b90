//! Two passes of one run, as a dry run and the pass that runs are: the first only reads, and may be of another script, so
//! that a test says what is handed on.

use super::value::plain;
use super::{Mode, OnRoad, Recipe, Session, Simulation, info, place};
use larder::report::{Builder, Report};
use larder::run::{RecipeRun, exit};
use larder::script::host::Bound;
use larder::system::Clock;
use parking_lot::Mutex;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What became of the second pass.
pub struct Second {
    pub report: Report,
    /// The script's value, as it would be written.
    pub value: Option<String>,
    /// Every diagnostic's title.
    pub said: Vec<String>,
    /// What it sent below the account, in order: method and path, without the query.
    pub sent: Vec<String>,
    /// How long each of the two took.
    pub took: [Duration; 2],
}

impl Simulation {
    /// Plays a script in a pass that only reads, lets something happen, and plays a script for real.
    pub fn passes(
        &self,
        folder: &Path,
        [first, second]: [&str; 2],
        between: impl FnOnce(&dyn Clock),
    ) -> Second {
        let terms = self.terms(Mode::Apply);
        let carried = Arc::new(Mutex::new(Vec::new()));
        let clock = Arc::new(OnRoad::new(self.clock.clone(), &terms));
        let (place, target) = (place(folder), self.target(&terms, clock.clone(), carried.clone()));
        let session = Session { place: &place, selected: None, root: folder, target };
        let play = |mode: Mode, text: &str| {
            let builder = Arc::new(Builder::new(self.heading(mode)));
            let context = session.context(mode, builder.clone(), info(&terms)).unwrap();
            let recipe = Recipe { name: "<example>".into(), text: text.into() };
            let performed = session.perform(session.setting(context, Bound::default()), &recipe);
            assert_eq!(performed.bug, None);
            (builder, performed)
        };
        let (_, performed) = play(Mode::Plan, first);
        assert!(performed.ran.diagnostics.is_empty(), "{:?}", titles(&performed));
        let begun = clock.elapsed();
        between(clock.as_ref());
        carried.lock().clear();
        let resumed = clock.elapsed();
        let (builder, performed) = play(Mode::Apply, second);
        let took = [begun, clock.elapsed().saturating_sub(resumed)];
        let report = builder.finish(&exit::ending(&performed, None, false), exit::of_report);
        let account = format!("/accounts/{}", self.account.id());
        let said = titles(&performed);
        let carried = std::mem::take(&mut *carried.lock());
        let below = carried.iter().filter_map(|one| {
            let path = one.request.path.strip_prefix(&account)?;
            Some(format!("{} {path}", one.request.endpoint.method))
        });
        let sent = below.collect();
        Second { report, value: performed.ran.value.map(|value| plain(&value)), said, sent, took }
    }
}

fn titles(performed: &RecipeRun) -> Vec<String> {
    performed.ran.diagnostics.iter().map(|diagnostic| diagnostic.title.clone()).collect()
}
