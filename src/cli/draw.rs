//! What went wrong, where there is no report that contains it.

use crate::report::Console;
use crate::run::Performed;
use crate::run::preflight::End;
use crate::script::diagnostics::{Color, Diagnostic, Sources, render};

/// Shows why a run may not begin.
pub fn draw_end(end: &End, console: &Console) {
    match end {
        End::Files(found) => draw_all(&found.diagnostics, &found.sources, console),
        End::Stopped(performed) => draw(performed, console),
        End::Refused(problem, _) => {
            let hint = problem.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
            console.talk(&format!("error: {}{hint}\n", problem.message));
        }
    }
}

/// Shows what went wrong in a recipe.
pub fn draw(performed: &Performed, console: &Console) {
    draw_all(&performed.ran.diagnostics, &performed.sources, console);
}

/// Shows diagnostics.
pub fn draw_all(diagnostics: &[Diagnostic], sources: &Sources, console: &Console) {
    for diagnostic in diagnostics {
        console.talk(&format!("{}\n", render(diagnostic, sources, Color::Always)));
    }
}
