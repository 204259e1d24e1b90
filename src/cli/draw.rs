//! What went wrong in a recipe, where there is no report that contains it.

use crate::report::Console;
use crate::run::Performed;
use crate::script::diagnostics::{Color, render};

/// Shows what went wrong, where there is no report that does.
pub fn draw(performed: &Performed, console: &Console) {
    for diagnostic in &performed.ran.diagnostics {
        console.talk(&format!("{}\n", render(diagnostic, &performed.sources, Color::Always)));
    }
}
