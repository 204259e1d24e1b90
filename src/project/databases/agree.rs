//! Compares the project file's settings of a database with those of its binding.

use super::path::is_same;
use super::{DEFAULT_TABLE, Database, MigrationSetting, SERVICE, SettingsFile};
use crate::events::Site;
use crate::project::config::Config;
use crate::project::source::LocatedText;
use crate::project::wrangler::Binding;
use serde_json::Value;
use std::path::Path;
use thiserror::Error;

/// A setting of migrations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    Folder,
    Pattern,
    Table,
}

impl SettingKind {
    /// The project file's key.
    pub fn key(self) -> &'static str {
        match self {
            SettingKind::Folder => "migrations",
            SettingKind::Pattern => "migrations_pattern",
            SettingKind::Table => "migrations_table",
        }
    }

    /// What a binding says of it.
    pub(super) fn of(self, binding: &Binding) -> Option<&LocatedText> {
        match self {
            SettingKind::Folder => binding.migrations.dir.as_ref(),
            SettingKind::Pattern => binding.migrations.pattern.as_ref(),
            SettingKind::Table => binding.migrations.table.as_ref(),
        }
    }
}

/// What two places say differently about the migrations of one database.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Difference {
    /// The project file and a binding.
    #[error("`{}` of the database `{logical}` is `{ours}` here, and {} for the Worker's binding `{binding}`", setting.key(), theirs(their_value, *is_written))]
    Project {
        setting: SettingKind,
        /// The database in the project file.
        logical: String,
        /// What the project file says.
        ours: String,
        at: Site,
        binding: String,
        /// What its entry says, or the default.
        their_value: String,
        /// Whether its entry says it.
        is_written: bool,
        their_at: Site,
    },
    /// Two bindings of one database.
    #[error("the bindings `{first}` and `{other}` are of one database, and have different migrations: `{}` and `{}`", first_value.value, other_value.value)]
    Bindings {
        setting: SettingKind,
        first: String,
        first_value: LocatedText,
        other: String,
        other_value: LocatedText,
    },
}

fn theirs(value: &str, is_written: bool) -> String {
    if is_written { format!("`{value}`") } else { format!("the default, `{value}`,") }
}

impl Difference {
    /// Where it is told.
    pub fn at(&self) -> &Site {
        match self {
            Difference::Project { at, .. } => at,
            Difference::Bindings { other_value, .. } => &other_value.at,
        }
    }

    /// What to do, so that nothing is applied again.
    pub fn hint(&self) -> String {
        let (setting, one, other, place) = match self {
            Difference::Project { setting, ours, their_value, their_at, .. } => {
                (setting, ours, their_value, their_at)
            }
            Difference::Bindings { setting, first_value, other_value, .. } => {
                (setting, &other_value.value, &first_value.value, &first_value.at)
            }
        };
        let place = format!("the other stands at {place}");
        match setting {
            SettingKind::Table => format!(
                "write in both the table that the database has, or everything is applied again: `SELECT name FROM sqlite_master WHERE name IN ({}, {})` shows it; {place}",
                quoted(one),
                quoted(other)
            ),
            SettingKind::Folder | SettingKind::Pattern => format!("write the same in both; {place}"),
        }
    }
}

/// A name as SQL has it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A database of the project file, with what its binding says.
pub(super) fn agree(
    config: &Config,
    logical: &str,
    settings: &Value,
    bound: Option<Database>,
    folder: &Path,
    differences: &mut Vec<Difference>,
) -> Database {
    let said = |setting: SettingKind| {
        let at = config.location(&[SERVICE, "databases", logical, setting.key()])?;
        let value = settings[setting.key()].as_str()?.to_owned();
        Some(MigrationSetting { value, at, by: SettingsFile::Project, is_written: true })
    };
    let ours = [SettingKind::Folder, SettingKind::Pattern, SettingKind::Table]
        .map(|setting| (setting, said(setting)));
    let is_late_allowed = settings["allow_out_of_order"].as_bool() == Some(true);
    let mut database = bound.unwrap_or_else(|| Database {
        logical: String::new(),
        is_declared: true,
        real_name: None,
        bindings: Vec::new(),
        folder: None,
        default_folder: None,
        dir: None,
        pattern: None,
        table: None,
        is_late_allowed,
    });
    logical.clone_into(&mut database.logical);
    (database.is_declared, database.is_late_allowed) = (true, is_late_allowed);
    for (setting, ours) in ours {
        let Some(ours) = ours else { continue };
        let theirs = theirs_of(&database, setting);
        if let (Some(binding), Some(theirs)) = (database.bindings.first(), theirs)
            && !is_equal(setting, &ours, &theirs, folder)
        {
            differences.push(Difference::Project {
                setting,
                logical: logical.to_owned(),
                ours: ours.value.clone(),
                at: ours.at.clone(),
                binding: binding.binding.clone(),
                their_value: theirs.value,
                is_written: theirs.is_written,
                their_at: theirs.at,
            });
            continue;
        }
        let place = match setting {
            SettingKind::Folder => &mut database.folder,
            SettingKind::Pattern => &mut database.pattern,
            SettingKind::Table => &mut database.table,
        };
        if place.as_ref().is_none_or(|known| !known.is_written) {
            *place = Some(ours);
        }
    }
    database
}

/// What the binding says and counts: a folder and a pattern where they are written, a table also by default.
fn theirs_of(database: &Database, setting: SettingKind) -> Option<MigrationSetting> {
    let binding = database.bindings.first()?;
    let said = match setting {
        SettingKind::Folder => database.folder.clone().filter(|said| said.is_written),
        SettingKind::Pattern => database.pattern.clone(),
        SettingKind::Table => database.table.clone(),
    };
    let default = || MigrationSetting {
        value: DEFAULT_TABLE.to_owned(),
        at: binding.location.clone(),
        by: SettingsFile::Project,
        is_written: false,
    };
    said.or_else(|| (setting == SettingKind::Table).then(default))
}

fn is_equal(setting: SettingKind, ours: &MigrationSetting, theirs: &MigrationSetting, folder: &Path) -> bool {
    match setting {
        SettingKind::Folder => is_same(&ours.value, &theirs.value, folder),
        SettingKind::Pattern => ours.value.trim_start_matches("./") == theirs.value,
        SettingKind::Table => ours.value == theirs.value,
    }
}
