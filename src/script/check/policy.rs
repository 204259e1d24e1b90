//! Checks that a recipe's `real_name` takes three parameters; otherwise it would never be called.

use super::files::File;
use crate::events::Site;
use crate::script::diagnostics::{Diagnostic, DiagnosticKind};

/// How it is written.
pub(in crate::script) const NAME: &str = "real_name";
pub(in crate::script) const PARAMETERS: [&str; 3] = ["kind", "logical", "env"];

/// What is wrong with it, in the recipe itself.
pub(super) fn check(name: &str, text: &str, file: &File) -> Option<Diagnostic> {
    let mut found = file.ast.iter_functions().filter(|function| function.name == NAME);
    let first = found.next()?.params.len();
    let is_right = |count: usize| count == PARAMETERS.len();
    if is_right(first) || found.any(|function| is_right(function.params.len())) {
        return None;
    }
    let (line, column) = place(text).unwrap_or((0, 0));
    let at = Site { file: name.to_owned(), line, column };
    let title =
        format!("`{NAME}` must take {} parameters, not {first}: it would never be asked", PARAMETERS.len());
    let help = format!("`fn {NAME}({}) {{ .. }}`", PARAMETERS.join(", "));
    Some(Diagnostic::error(DiagnosticKind::Arguments, at, title).help(help))
}

/// Where it is defined; the tree does not say.
fn place(text: &str) -> Option<(usize, usize)> {
    let defined = |line: &str| {
        let at = line.find(NAME)?;
        let before = line[..at].trim_end();
        (before == "fn" || before.ends_with(" fn")).then(|| line[..at].chars().count() + 1)
    };
    text.lines().enumerate().find_map(|(index, line)| Some((index + 1, defined(line)?)))
}
