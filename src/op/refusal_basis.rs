//! What a refusal is based on. It decides the exit code of a run that has written nothing.

/// On what a refusal before the first write rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalBasis {
    /// On the project's files or the arguments, independent of the account.
    Config,
    /// On what is in the account, or on what was asked for in it.
    Account,
}

impl RefusalBasis {
    /// Of a refusal of that kind.
    pub(super) fn of(kind: &str) -> Self {
        match kind {
            "argument" | "option" | "name" | "property" | "step" | "steps" => RefusalBasis::Config,
            _ => RefusalBasis::Account,
        }
    }
}
