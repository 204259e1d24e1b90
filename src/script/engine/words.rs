//! Keywords of Rhai that recipes may not use.

/// Words of the language that recipes do not have: `eval` runs text that nobody checked, and `f = f.curry(f)`
/// doubles what `f` holds with each step, until one step takes a minute.
pub const DISABLED_WORDS: &[&str] = &["eval", "curry"];
