//! One small change of the code.

use std::fmt::Write;
use std::ops::Range;

/// What is put where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// This in place of the expression.
    Instead(String),
    /// The statement is left out.
    Dropped,
    /// The function ends with this before it begins.
    Returns(String),
    /// The arm of the `match` is never taken.
    ArmSkipped,
    /// The `if let` never matches.
    NeverMatches,
}

/// A change of one place in one file.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// The file, from the root of the tree.
    pub file: String,
    /// The function, with the type that it belongs to.
    pub function: String,
    /// What is changed, in bytes of the file; for an arm or an `if let` the place where the condition is put in.
    pub span: Range<usize>,
    pub line: usize,
    pub original: String,
    pub change: Change,
    /// Which one it is of those that read alike in the function, from 1.
    pub occurrence: usize,
}

impl Mutant {
    /// What names it from one day to the next: no line and no number that another change moves.
    pub fn id(&self) -> String {
        let original = short(&self.original);
        let mut id = format!("{} {}: ", self.file, self.function);
        // Writing to a string does not fail.
        let _ = match &self.change {
            Change::Instead(text) => write!(id, "`{original}` becomes `{}`", short(text)),
            Change::Dropped => write!(id, "`{original}` is left out"),
            Change::Returns(text) => write!(id, "returns `{text}`"),
            Change::ArmSkipped => write!(id, "the arm `{original}` is never taken"),
            Change::NeverMatches => write!(id, "`{original}` never matches"),
        };
        if self.occurrence > 1 {
            let _ = write!(id, " #{}", self.occurrence);
        }
        id
    }
}

/// The text in one line, its middle left out where it is long.
fn short(text: &str) -> String {
    const CHARS_MAX: usize = 90;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= CHARS_MAX {
        return text;
    }
    let (head, tail) = (&chars[..CHARS_MAX / 2], &chars[chars.len() - CHARS_MAX / 2..]);
    format!("{} ... {}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}

/// Numbers those that read alike.
pub fn count_alike(mutants: &mut [Mutant]) {
    let mut seen = std::collections::HashMap::new();
    for mutant in mutants {
        let count = seen.entry(mutant.id()).or_insert(0_usize);
        *count += 1;
        mutant.occurrence = *count;
    }
}
