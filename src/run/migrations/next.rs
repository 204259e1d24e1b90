//! The next file of a folder of migrations, numbered and empty.

use super::declared::{Declared, check, having, named};
use super::of_files;
use crate::run::folders::FolderExpectation;
use crate::run::{Error, Workspace};
use crate::services::d1::migrations::{Migrations, Settings};
use crate::system::{Clock as _, SystemClock, files};
use anyhow::{Context as _, anyhow};

/// Makes it in the folder of a database, or in the only one; gives its path from the project's folder.
pub fn next(place: &Workspace, name: &str, database: Option<&str>) -> Result<String, Error> {
    let root = place.root()?;
    let declared = &folder(place, database)?;
    let root = place.repository(&root)?;
    root.make_folder(&declared.folder)?;
    let pattern = declared.pattern.as_deref();
    let settings = Settings { folder: &declared.folder, pattern, ..Settings::default() };
    let migrations = Migrations::discover(&root, &settings).map_err(of_files)?;
    let next = migrations.next(name, pattern).map_err(of_files)?;
    let shown = format!("{}/{}", declared.folder.trim_end_matches('/'), next.name);
    let path = root.resolve(&declared.folder)?.join(&next.name);
    if let Some(folder) = path.parent() {
        files::make_folder(folder).with_context(|| format!("can't make the folder of `{shown}`"))?;
    }
    let text = format!("-- Migration number: {:04} \t {}\n", next.number, SystemClock::default().now());
    files::write_new(&path, text.as_bytes()).with_context(|| format!("can't write `{shown}`"))?;
    Ok(shown)
}

/// The database whose folder is meant; environments may share one.
fn folder(place: &Workspace, database: Option<&str>) -> Result<Declared, Error> {
    let mut found: Vec<Declared> = Vec::new();
    let environments = place.every_environment()?;
    for selected in having(&environments, database)? {
        let databases = named(selected, database)?;
        check(place, selected, &databases, FolderExpectation::Anything)?;
        for one in databases {
            if !found.iter().any(|known| known.folder == one.folder && known.pattern == one.pattern) {
                found.push(one);
            }
        }
    }
    match (found.pop(), found.is_empty(), database) {
        (Some(one), true, _) => Ok(one),
        (.., None) => {
            Err(anyhow!("the project has several folders of migrations\nhint: `--database NAME` chooses one")
                .into())
        }
        (.., Some(_)) => {
            Err(anyhow!("the environments have different folders\nhint: `-e ENV` chooses one").into())
        }
    }
}
