//! The migration settings that a project declares for its databases. A recipe may not contradict them.

/// The migrations of one database, as the project has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredLedger {
    pub logical: String,
    /// The names and ids that bindings give it.
    pub names: Vec<String>,
    /// Of these the ids that the account of this run may have.
    pub ids: Vec<String>,
    /// Its folder, from the project's folder.
    pub folder: Option<String>,
    /// Whether that is written, and not wrangler's default.
    pub is_folder_written: bool,
    /// Which files are migrations, from the folder.
    pub pattern: Option<String>,
    pub table: String,
    /// The source of the setting: `the binding `DB` at wrangler.toml:3:11`.
    pub said_by: String,
}

impl DeclaredLedger {
    /// Whether it is of the database with that name or id in the account.
    pub fn is_of(&self, logical: Option<&str>, name: &str) -> bool {
        logical == Some(self.logical.as_str()) || self.names.iter().any(|known| known == name)
    }
}
