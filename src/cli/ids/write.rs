//! `ids --write`: asks before an id in a config is replaced.

use crate::cli::Stopped;
use crate::cli::command_context::CommandContext;
use crate::cli::question::{self, Reply};
use crate::events::Problem;
use crate::run::ids::BindingIds;
use crate::run::ids::write::{Edited, Writing};
use crate::run::{Selected, Session, exit};

pub fn write(
    shell: &CommandContext,
    selected: &Selected,
    session: &Session,
    found: &BindingIds,
) -> Result<(), Stopped> {
    let Writing { edited, unchanged } = Writing::of(selected, &found.lines)?;
    for why in unchanged {
        shell.console.talk(&format!("{why}\n"));
    }
    ask(shell, session, &edited, found.played.context.client.met_local_account())?;
    for one in edited {
        let done = one.write(shell, selected)?;
        shell.console.talk(&format!("{done}\n"));
    }
    Ok(())
}

/// Asks where what is written takes the place of something, or is worth nothing elsewhere.
fn ask(shell: &CommandContext, session: &Session, edited: &[Edited], is_local: bool) -> Result<(), Stopped> {
    let is_replaced = edited.iter().any(|one| !one.replaced.is_empty());
    if edited.is_empty() || (!is_replaced && !is_local) {
        return Ok(());
    }
    for line in edited.iter().flat_map(|one| &one.replaced) {
        shell.console.talk(&format!("{line}\n"));
    }
    if shell.globals.yes {
        return Ok(());
    }
    let why = is_local.then_some("the server is a local account, whose ids are nowhere else");
    if question::is_anybody_there() {
        let why = why.map(|why| format!("{why}: ")).unwrap_or_default();
        let names: Vec<String> = edited.iter().map(|one| format!("`{}`", one.file.name())).collect();
        let asked = format!("{why}write into {}?", names.join(", "));
        if question::ask(&shell.console, session, &asked) == Reply::Yes {
            return Ok(());
        }
        shell.console.talk("nothing was written\n");
        return Err(Stopped::Told(exit::of_no(session.signal())));
    }
    let why = why.unwrap_or("ids would be replaced");
    let problem = Problem::new("unasked", format!("nothing was written: {why}"));
    shell.console.failure(&problem.with_hint("`--yes`"));
    Err(Stopped::Told(exit::of_no(None)))
}
