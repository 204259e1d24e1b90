//! Checks that the inputs of a saved plan are unchanged: the files before anything is sent, the account by a new
//! plan before the first write.

use super::session::short_name;
use super::{RecipeRun, Session};
use crate::events::{Event, Problem, Sink};
use crate::op::Context;
use crate::project::file::PROJECT_FILE;
use crate::report::{Input, Plan, sha256};
use crate::script::diagnostics::Sources;
use crate::script::run::Recipe;
use crate::services::d1::migrations;
use crate::system::{files, flag, word};

/// Every file that a plan of `recipe` rests on, but for migrations, which its ops list.
pub fn inputs(session: &Session, recipe: &Recipe, sources: &Sources) -> Vec<Input> {
    let mut inputs = vec![input(&recipe.name, &recipe.text)];
    let imported = sources.all().into_iter().filter(|(name, _)| *name != recipe.name);
    inputs.extend(imported.map(|(name, text)| input(&name, &text)));
    let wrangler = session.selected.iter().flat_map(|selected| &selected.config.wrangler);
    for path in [PROJECT_FILE].into_iter().chain(wrangler.map(String::as_str)) {
        let is_quoted = inputs.iter().any(|known| known.path == path);
        if !is_quoted
            && files::exists(&session.root.join(path))
            && let Ok(text) = session.place.text_of(path, session.root)
        {
            inputs.push(input(path, &text));
        }
    }
    inputs
}

fn input(path: &str, text: &str) -> Input {
    Input { path: path.to_owned(), sha256: sha256(text.trim_start_matches('\u{feff}')) }
}

/// Why a plan does not fit any more, before anything is sent.
pub fn moved(plan: &Plan, session: &Session) -> Option<Problem> {
    let Session { place, target, root, .. } = session;
    if !plan.complete {
        let message = "the plan is incomplete: it ends before the recipe does";
        let environment = plan.env.as_ref().map(|name| format!(" {}", flag("-e", name))).unwrap_or_default();
        let (recipe, flags) = (word(&short_name(&plan.recipe)), &place.options.whereabouts);
        let hint = format!("`larder plan {recipe}{environment}{flags}` says where, and why");
        return Some(problem(message.to_owned(), &hint));
    }
    if plan.account != target.account {
        let message = format!("the plan is of the account `{}`, not of `{}`", plan.account, target.account);
        return Some(problem(message, "apply it with the credentials that it was made with"));
    }
    let of_inputs = plan.inputs.iter().filter_map(|known| {
        let now = place.text_of(&known.path, root).map(|text| input(&known.path, &text).sha256);
        change(&known.path, now.ok().as_deref(), &known.sha256)
    });
    let mut changes: Vec<String> = of_inputs.collect();
    let root = target.root(root).ok();
    for op in plan.ops() {
        let Some(folder) = &op.folder else { continue };
        for file in &op.migrations {
            let now = root.as_ref().and_then(|root| {
                root.name(folder).ok()?;
                migrations::sha256_of(root, folder, &file.name).ok()
            });
            let path = format!("{}/{}", folder.trim_end_matches('/'), file.name);
            changes.extend(change(&path, now.as_deref(), &file.sha256));
        }
    }
    changes.sort();
    changes.dedup();
    let message = format!("the plan does not fit any more: {}", changes.join(", "));
    (!changes.is_empty()).then(|| problem(message, "nothing was sent: look at a new plan, and apply that"))
}

/// Why a plan does not fit any more, after the recipe was planned again: everything that would be done otherwise.
pub fn differs(performed: &RecipeRun, context: &Context) -> Option<Problem> {
    let permit = context.permit.as_ref()?;
    if performed.bug.is_some() || performed.signal.is_some() {
        return None;
    }
    let findings = permit.moved();
    let ends_early = performed.ran.incomplete;
    if findings.is_empty() && !ends_early {
        return None;
    }
    let mut ways = Vec::new();
    match findings.len() {
        0 => {}
        1 => ways.push("1 op is not what was planned".to_owned()),
        count => ways.push(format!("{count} ops are not what was planned")),
    }
    if ends_early {
        ways.push("it ends before the recipe does now".to_owned());
    }
    let message = format!("the plan does not fit any more: {}", ways.join(", and "));
    let hint = "nothing was written: look at a new plan, and apply that";
    Some(Problem { findings, ..problem(message, hint) })
}

fn change(path: &str, now: Option<&str>, planned: &str) -> Option<String> {
    match now {
        None => Some(format!("`{path}` can't be read")),
        Some(now) if now != planned => Some(format!("`{path}` has changed")),
        Some(_) => None,
    }
}

fn problem(message: String, hint: &str) -> Problem {
    Problem::new("moved", message).with_hint(hint)
}

/// Warns of what the plan lists and the run has not come to.
pub fn tell_left(context: &Context, events: &dyn Sink) {
    for one in context.permit.iter().flat_map(crate::op::Permit::left) {
        let message = format!(
            "the plan lists `{}::{}` of `{}`, which was not asked for",
            one.service, one.op, one.resource
        );
        events.emit(Event::Warning { message, at: Some(one.at.clone()) });
    }
}
