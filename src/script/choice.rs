//! The steps that a run takes: `--only` and `--skip`.
//!
//! A step inside of another belongs to it: `--only` names outermost steps, `--skip` any.
//!
//! **Invariant:** every step that a recipe came to is known here, also those that were left out.

use crate::op::Failure;
use crate::project::did_you_mean;
use parking_lot::Mutex;

/// The steps that a run takes, and those that the recipe has.
#[derive(Debug, Default)]
pub struct StepChoice {
    /// These and no others, if there are any.
    pub only: Vec<String>,
    pub skip: Vec<String>,
    seen: Mutex<SeenSteps>,
}

#[derive(Debug, Default)]
struct SeenSteps {
    /// Name, and how many steps it stands in.
    steps: Vec<(String, usize)>,
    depth: usize,
}

impl Clone for StepChoice {
    /// The same choice for another run, which has seen nothing yet.
    fn clone(&self) -> Self {
        StepChoice::new(self.only.clone(), self.skip.clone())
    }
}

impl StepChoice {
    /// Takes `only` these, if there are any, but not those to `skip`.
    pub fn new(only: Vec<String>, skip: Vec<String>) -> Self {
        StepChoice { only, skip, seen: Mutex::default() }
    }

    /// Whether anything is left out.
    pub fn is_partial(&self) -> bool {
        !self.only.is_empty() || !self.skip.is_empty()
    }

    /// Records that the recipe has this step, and returns whether it is selected.
    pub fn takes(&self, name: &str) -> bool {
        let mut seen = self.seen.lock();
        let depth = seen.depth;
        if !seen.steps.iter().any(|step| step.0 == name && step.1 == depth) {
            seen.steps.push((name.to_owned(), depth));
        }
        self.would_take(name, depth > 0)
    }

    /// Whether a step is taken that stands inside of another, or does not.
    pub fn would_take(&self, name: &str, is_inside: bool) -> bool {
        let is_named = |names: &[String]| names.iter().any(|known| known == name);
        let is_meant = is_inside || self.only.is_empty() || is_named(&self.only);
        is_meant && !is_named(&self.skip)
    }

    /// What is asked for from now on stands inside of a step.
    pub fn enter(&self) {
        self.seen.lock().depth += 1;
    }

    /// The step is over.
    pub fn leave(&self) {
        let mut seen = self.seen.lock();
        seen.depth = seen.depth.saturating_sub(1);
    }

    /// Whether every name is one of a step that the recipe came to.
    pub fn check(&self) -> Result<(), Failure> {
        let seen = self.seen.lock();
        let asked = self.only.iter().map(|name| (name, "--only"));
        for (name, flag) in asked.chain(self.skip.iter().map(|name| (name, "--skip"))) {
            let mut found = seen.steps.iter().filter(|(step, _)| step == name).peekable();
            if found.peek().is_none() {
                let known = || seen.steps.iter().map(|(step, _)| step.as_str());
                let hint = match did_you_mean(name, known()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if seen.steps.is_empty() => "it has no steps".to_owned(),
                    None => format!("there are: {}", known().collect::<Vec<_>>().join(", ")),
                };
                let message = format!("the recipe has no step `{name}`, which `{flag}` names");
                return Err(Failure::refused_with_hint("step", message, hint));
            }
            if flag == "--only" && found.all(|(_, depth)| *depth > 0) {
                let message = format!("the step `{name}`, which `--only` names, stands inside of another");
                let hint = "name the outermost step, and `--skip` what it should leave out";
                return Err(Failure::refused_with_hint("step", message, hint));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(only: &[&str], skip: &[&str]) -> StepChoice {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        StepChoice::new(names(only), names(skip))
    }

    /// Comes to `kv`, to `d1` with `seed` in it, and to `r2`; gives those that are taken.
    fn taken(choice: &StepChoice) -> Vec<&'static str> {
        let mut taken = Vec::new();
        for step in ["kv", "d1", "r2"] {
            if choice.takes(step) {
                taken.push(step);
                choice.enter();
                if step == "d1" && choice.takes("seed") {
                    taken.push("seed");
                }
                choice.leave();
            }
        }
        taken
    }

    #[test]
    fn a_step_takes_what_is_inside_with_it() {
        assert_eq!(taken(&choice(&[], &[])), ["kv", "d1", "seed", "r2"]);
        assert_eq!(taken(&choice(&["d1"], &[])), ["d1", "seed"]);
        assert_eq!(taken(&choice(&["d1", "r2"], &["seed"])), ["d1", "r2"]);
        assert_eq!(taken(&choice(&[], &["kv", "d1"])), ["r2"]);
        assert_eq!(taken(&choice(&["kv"], &["kv"])), Vec::<&str>::new());
    }

    #[test]
    fn names_of_no_step_and_inner_names_are_mistakes() {
        let said = |choice: StepChoice| {
            taken(&choice);
            choice.check().map_err(|failure| format!("{failure}: {}", failure.hint().unwrap_or_default()))
        };
        assert_eq!(said(choice(&["d1"], &["seed"])), Ok(()));
        assert_eq!(
            said(choice(&["kw"], &[])),
            Err("the recipe has no step `kw`, which `--only` names: did you mean `kv`?".into())
        );
        assert_eq!(
            said(choice(&[], &["queues"])),
            Err("the recipe has no step `queues`, which `--skip` names: there are: kv, d1, seed, r2".into())
        );
        // A name inside of a step that is left out is not come to.
        assert!(said(choice(&["seed"], &[])).unwrap_err().starts_with("the recipe has no step `seed`"));
        let inner = choice(&["seed", "d1"], &[]);
        assert_eq!(
            said(inner),
            Err("the step `seed`, which `--only` names, stands inside of another: name the outermost step, and `--skip` what it should leave out".into())
        );
    }
}
