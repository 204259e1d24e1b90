//! The note under a value that is not shown completely.

use super::View;
use super::cell::cut;
use crate::report::text_style::{DIM, paint};

/// A line under a value.
pub(super) fn below(line: &str, view: &View) -> String {
    match view.width {
        Some(width) => format!("{}\n", paint(DIM, &cut(line, width))),
        None => format!("{line}\n"),
    }
}

/// Says that something is hidden or cut, and how to see it; `hidden` names it, if it has a name.
pub(super) fn not_all(hidden: &str, view: &View) -> String {
    let said = if hidden.is_empty() { "not all is shown" } else { hidden };
    below(&format!("{said}; `{}` shows everything", view.whole), view)
}
