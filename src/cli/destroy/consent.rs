//! Whether what goes may go: flags, then a question where there is somebody to ask.

use super::super::question::{self, Heard};
use super::super::shell::Shell;
use super::named::{Fate, Named, problem};
use crate::events::Problem;
use crate::op::{Guard, RunInfo};
use crate::reconcile::Data;
use crate::report::Verbosity;
use crate::run::{Selected, Target};

/// What came of it.
pub enum Answer {
    /// It may go.
    Yes,
    /// Nothing may.
    No(Problem),
}

/// Why nothing may go, if so; `is_heard` where there is a yes already or somebody to ask.
pub fn refusal(named: &[Named], guard: &Guard, data: Data, is_heard: bool) -> Option<Problem> {
    // What could not be looked at can't be asked about.
    let unseen = named.iter().find_map(|named| match &named.fate {
        Fate::Stays(why) if !matches!(why.kind.as_str(), "shared" | "unclaimed") => Some((named, why)),
        _ => None,
    });
    if let Some((named, why)) = unseen {
        let message =
            format!("nothing was deleted: `{}` could not be looked at: {}", named.key.name, why.message);
        return Some(Problem { message, ..why.clone() });
    }
    let goes: Vec<&Named> = named.iter().filter(|named| named.goes()).collect();
    if goes.is_empty() {
        return None;
    }
    let (mut why, mut flags) = (Vec::new(), Vec::new());
    if let Guard::Closed { environment } = guard {
        why.push(("protected", format!("`{environment}` is protected")));
        flags.push(format!("--confirm {environment}"));
    }
    let holds = |named: &&&Named| matches!(named.fate, Fate::Goes { content: Some(_), .. });
    let full: Vec<String> = goes.iter().filter(holds).map(|named| format!("`{}`", named.key.name)).collect();
    if !full.is_empty() && data == Data::Kept {
        let verb = if full.len() == 1 { "holds" } else { "hold" };
        why.push(("data", format!("{} {verb} data", full.join(", "))));
        flags.push("--with-data".to_owned());
    }
    if !is_heard {
        why.push(("unasked", "there is nobody to ask".to_owned()));
        flags.push("--yes".to_owned());
    }
    let (kind, _) = why.first()?;
    let reasons: Vec<&str> = why.iter().map(|(_, reason)| reason.as_str()).collect();
    let message = format!("nothing was deleted: {}", reasons.join("; "));
    Some(problem(kind, message, Some(format!("`{}`", flags.join(" ")))))
}

/// Asks; `plan` is what goes, in words.
pub fn ask(
    shell: &Shell,
    selected: &Selected,
    target: &Target,
    info: &RunInfo,
    named: &[Named],
    data: Data,
    plan: impl FnOnce() -> String,
) -> Answer {
    let asks = question::is_anybody_there();
    if let Some(problem) = refusal(named, &info.guard, data, shell.globals.yes || asks) {
        return Answer::No(problem);
    }
    let going = named.iter().filter(|named| named.goes()).count();
    if going == 0 {
        return Answer::Yes;
    }
    if !shell.globals.yes || shell.globals.verbosity() > Verbosity::Quiet {
        shell.console.talk(&plan());
    }
    if shell.globals.yes {
        return Answer::Yes;
    }
    let environment = &selected.config.environment.name;
    match question::ask(&shell.console, target, &format!("delete {going} of `{environment}`?")) {
        Heard::Yes => Answer::Yes,
        Heard::No => {
            Answer::No(problem("unasked", "nothing was deleted: the answer was no".to_owned(), None))
        }
        Heard::Interrupted => Answer::No(problem(
            "interrupted",
            "nothing was deleted: the run was interrupted".to_owned(),
            None,
        )),
    }
}
