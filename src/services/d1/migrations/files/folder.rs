//! Reads the migrations of a folder in order.

use super::super::database_flags::{DatabaseFlags, DatabaseName};
use super::super::error::MigrationError;
use super::super::sql::script::Script;
use super::layout::pattern_of;
use super::order;
use super::pattern::Pattern;
use super::tables::Tables;
use super::text::MigrationText;
use crate::project::similar_path;
use crate::system::{Root, RootError, files, plain};
use schemars::JsonSchema;
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::{Component, Path};

/// A larger file belongs into an import.
const BYTES_MAX: u64 = 5 << 20;

/// Whether pending files are run in memory before they are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rehearsal {
    /// On the live schema, which takes up to two requests.
    #[default]
    Run,
    /// Not at all.
    Skip,
}

/// Whether a file may be applied after one that sorts after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LatePolicy {
    /// Not unless the recipe or the run says so.
    #[default]
    Refuse,
    /// It is applied late, and recorded so.
    Allow,
}

/// What one transaction holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Atomic {
    /// One file, as wrangler does it.
    #[default]
    File,
    /// Every pending file: all or none.
    All,
}

/// What a recipe says about its migrations.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings<'a> {
    /// From the project's folder.
    pub folder: &'a str,
    /// Wrangler's `migrations_pattern`; `*.sql` when left out.
    pub pattern: Option<&'a str>,
    /// Wrangler's `migrations_table`; `d1_migrations` when left out.
    pub table: Option<&'a str>,
    /// The last migration to apply; all when left out.
    pub to: Option<&'a str>,
    /// Whether pending files are rehearsed.
    pub rehearsal: Rehearsal,
    /// Whether a file may come late.
    pub late: LatePolicy,
    /// What one transaction holds.
    pub atomic: Atomic,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its path from the folder, with `/`: what ledgers know it by.
    pub name: String,
    /// As it is sent.
    pub sql: Script,
    /// What ledgers know its text by.
    pub sha256: String,
}

/// The migrations of a folder, in order, and the ledger that they belong to.
#[derive(Clone, Debug)]
pub struct Migrations {
    /// As the recipe names it.
    pub folder: String,
    pub tables: Tables,
    /// In order; all of the folder.
    pub files: Vec<Migration>,
    /// How many of them are asked for, from the first.
    pub asked: usize,
    /// Things worth knowing about the folder.
    pub notes: Vec<String>,
    /// Whether pending files are rehearsed.
    pub rehearsal: Rehearsal,
    /// Whether a file may come late.
    pub late: LatePolicy,
    /// What one transaction holds.
    pub atomic: Atomic,
    /// How a command line means their database.
    pub reach: DatabaseFlags,
}

impl Migrations {
    /// Their database, by its name in the account.
    pub fn named(&self, database: &str) -> DatabaseName {
        DatabaseName::new(database, &self.reach)
    }

    /// Where a migration is, from the project's folder.
    pub fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder.trim_end_matches('/'))
    }

    /// Reads a folder, out of whose project no link leads.
    pub fn discover(root: &Root, settings: &Settings) -> Result<Self, MigrationError> {
        let tables = Tables::named(settings.table)?;
        let folder = settings.folder;
        let pattern_text = settings.pattern.unwrap_or("*.sql");
        let pattern = Pattern::parse(pattern_text, folder)?;
        let names = names(root, folder)?;
        let mut matching: Vec<&String> = names.iter().filter(|name| pattern.matches(name)).collect();
        matching.sort_by(|one, other| order::compare(one, other));
        let found: Vec<Migration> =
            matching.into_iter().map(|name| read(root, folder, name)).collect::<Result<_, _>>()?;
        let notes = notes(&names, &found, folder, pattern_text)?;
        let asked = match settings.to {
            None => found.len(),
            Some(to) => match found.iter().position(|file| file.name == to) {
                Some(index) => index + 1,
                None => {
                    return Err(MigrationError::NoSuchFile { to: to.to_owned(), folder: folder.to_owned() });
                }
            },
        };
        let Settings { rehearsal, late, atomic, .. } = *settings;
        Ok(Migrations {
            folder: folder.to_owned(),
            tables,
            files: found,
            asked,
            notes,
            rehearsal,
            late,
            atomic,
            reach: DatabaseFlags::default(),
        })
    }
}

/// What ledgers know the text of a migration by, as it is now.
pub fn sha256_of(root: &Root, folder: &str, name: &str) -> Result<String, MigrationError> {
    Ok(read(root, folder, name)?.sha256)
}

/// The names of all files below a folder.
fn names(root: &Root, folder: &str) -> Result<Vec<String>, MigrationError> {
    let path = root.resolve(folder).map_err(|error| unusable(root, folder, error))?;
    if files::is_regular_file(&path) {
        return Err(MigrationError::NoFolder { path: folder.to_owned() });
    }
    let unreadable = |source| MigrationError::Unreadable { path: folder.to_owned(), source };
    files::walk(&path).map_err(unreadable)?.iter().map(|path| name(folder, path)).collect()
}

/// Where there is none of that name, one of almost that name may be meant.
fn unusable(root: &Root, folder: &str, error: RootError) -> MigrationError {
    let is_absent =
        matches!(&error, RootError::Unreadable { source, .. } if source.kind() == ErrorKind::NotFound);
    let wanted = plain(Path::new(folder)).display().to_string();
    match is_absent.then(|| similar_path::folder(root.path(), &wanted, ".sql")).flatten() {
        Some(near) => MigrationError::OtherName { error, near },
        None => error.into(),
    }
}

/// What is worth knowing of the files that are no migrations; all of them being left out is a mistake.
fn notes(
    names: &[String],
    found: &[Migration],
    folder: &str,
    pattern: &str,
) -> Result<Vec<String>, MigrationError> {
    let is_left = |name: &&str| !found.iter().any(|file| file.name == *name);
    let left: Vec<&str> = names.iter().map(String::as_str).filter(is_left).collect();
    if found.is_empty() {
        let is_sql = |name: &&str| {
            Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("sql"))
        };
        let others: Vec<&str> = left.into_iter().filter(is_sql).collect();
        let Some(first) = others.first() else {
            return Ok(vec![format!("no file in `{folder}` matches `{pattern}`")]);
        };
        return Err(MigrationError::NoMatch {
            folder: folder.to_owned(),
            pattern: pattern.to_owned(),
            first: (*first).to_owned(),
            others: others.len() - 1,
            would: pattern_of(&others),
        });
    }
    // Two layouts in one folder, as after an upgrade of drizzle-kit (CL-5).
    let nested: Vec<&str> = left.into_iter().filter(|name| name.ends_with("/migration.sql")).collect();
    let note = |first: &&str| match nested.len() - 1 {
        0 => format!("`{first}` does not match `{pattern}`, and is not applied"),
        more => format!("`{first}` and {more} more do not match `{pattern}`, and are not applied"),
    };
    Ok(nested.first().map(note).into_iter().collect())
}

fn name(folder: &str, path: &Path) -> Result<String, MigrationError> {
    let part = |part: Component| part.as_os_str().to_str().map(str::to_owned);
    path.components().map(part).collect::<Option<Vec<_>>>().map(|parts| parts.join("/")).ok_or_else(|| {
        MigrationError::Unreadable {
            path: format!("{folder}/{}", path.display()),
            source: std::io::Error::new(std::io::ErrorKind::InvalidData, "its name is not UTF-8"),
        }
    })
}

fn read(root: &Root, folder: &str, name: &str) -> Result<Migration, MigrationError> {
    let path = format!("{}/{name}", folder.trim_end_matches('/'));
    let text = files::read_text(&root.resolve(&path)?, BYTES_MAX)
        .map_err(|source| MigrationError::Unreadable { path, source })?;
    let MigrationText { sql, sha256 } = MigrationText::decode(name, &text)?;
    Ok(Migration { name: name.to_owned(), sql, sha256 })
}

#[cfg(test)]
pub mod fixture {
    use super::*;

    /// Files of these names, each with a text of its own.
    pub fn migrations(names: &[&str]) -> Migrations {
        let file = |name: &&str| Migration {
            name: (*name).into(),
            sql: Script::new(format!("SELECT {name}")),
            sha256: format!("sha of {name}"),
        };
        Migrations {
            folder: "m".into(),
            tables: Tables::named(None).unwrap(),
            files: names.iter().map(file).collect(),
            asked: names.len(),
            notes: Vec::new(),
            rehearsal: Rehearsal::Skip,
            late: LatePolicy::Refuse,
            atomic: Atomic::File,
            reach: DatabaseFlags::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(paths: &[&str]) -> (tempfile::TempDir, Root) {
        let folder = tempfile::tempdir().unwrap();
        for path in paths {
            let path = folder.path().join(path);
            files::make_folder(path.parent().unwrap()).unwrap();
            files::write_whole(&path, b"SELECT 1;\n").unwrap();
        }
        let root = Root::new(folder.path()).unwrap();
        (folder, root)
    }

    fn found(root: &Root, settings: &Settings) -> Vec<String> {
        let migrations = Migrations::discover(root, settings).unwrap();
        migrations.files.into_iter().map(|file| file.name).collect()
    }

    #[test]
    fn the_folder_is_read_in_order_and_not_deeper() {
        let (_keep, root) =
            project(&["m/10_b.sql", "m/9_a.sql", "m/readme.md", "m/old/1_x.sql", "m/.2_h.sql"]);
        let settings = Settings { folder: "m", ..Settings::default() };
        assert_eq!(found(&root, &settings), ["9_a.sql", "10_b.sql"]);
        assert_eq!(found(&root, &Settings { pattern: Some("m/*/*.sql"), ..settings }), ["old/1_x.sql"]);
        let migrations = Migrations::discover(&root, &Settings { to: Some("9_a.sql"), ..settings }).unwrap();
        assert_eq!((migrations.files.len(), migrations.asked), (2, 1));
        let error = Migrations::discover(&root, &Settings { to: Some("8.sql"), ..settings }).unwrap_err();
        assert_eq!(error.to_string(), "there is no migration `8.sql` in `m`");
    }

    #[test]
    fn a_pattern_that_leaves_every_file_out_is_refused_with_the_one_that_finds_them() {
        let (_keep, root) = project(&["m/0001_a/migration.sql", "m/0002_b/migration.sql"]);
        let settings = Settings { folder: "m", ..Settings::default() };
        let error = Migrations::discover(&root, &settings).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no file in `m` matches `*.sql`, though it holds `0001_a/migration.sql` and 1 more"
        );
        assert_eq!(error.hint(), "`#{ pattern: \"*/migration.sql\" }` after the folder finds what is there");
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_read_from_outside() {
        let (keep, root) = project(&["p/m/1.sql", "secret.sql"]);
        drop(root);
        let root = Root::new(&keep.path().join("p")).unwrap();
        std::os::unix::fs::symlink("../../secret.sql", keep.path().join("p/m/2.sql")).unwrap();
        for folder in ["m", "../p/../", "none"] {
            let error = Migrations::discover(&root, &Settings { folder, ..Settings::default() }).unwrap_err();
            assert!(matches!(error, MigrationError::Folder(_)), "{folder}: {error}");
        }
    }
}
