//! The local account of a project: its folder, and how it is opened and emptied.

pub mod token;

use super::Workspace;
use crate::local::{self, Account, AccountOptions, OpenError};
use crate::system::{Clock, SystemClock, files};
use anyhow::Context as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why it can't be worked with.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// There is no folder for it.
    #[error("can't make the folder `{}`", .folder.display())]
    Folder {
        folder: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The folder that is the project's own is somewhere else.
    #[error("`{}` is a link, and the local account is not kept behind one\nhint: `--local=DIR` names another folder", .0.display())]
    Linked(PathBuf),
    /// It can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// Where it is kept.
pub fn folder(place: &Workspace, root: &Path) -> PathBuf {
    match &place.options.local {
        Some(Some(folder)) => place.folder.join(folder),
        _ => root.join(".larder").join("local"),
    }
}

/// The same; one that nobody has named is no link to what belongs to somebody else.
fn own_folder(place: &Workspace, root: &Path) -> Result<PathBuf, LocalError> {
    let folder = folder(place, root);
    let is_named = matches!(place.options.local, Some(Some(_)));
    let mut own = [root.join(".larder"), folder.clone()].into_iter().filter(|_| !is_named);
    match own.find(|path| files::is_link(path)) {
        Some(link) => Err(LocalError::Linked(link)),
        None => Ok(folder),
    }
}

/// Opens it; an empty one is made where there is none.
pub fn open(
    place: &Workspace,
    root: &Path,
    clock: Arc<dyn Clock>,
    options: AccountOptions,
) -> Result<Account, LocalError> {
    let folder = own_folder(place, root)?;
    files::make_folder(&folder).map_err(|source| LocalError::Folder { folder: folder.clone(), source })?;
    Ok(Account::open(Some(&folder), &place.services.locals(), clock, options)?)
}

/// Opens it where there is one.
pub fn kept(place: &Workspace) -> anyhow::Result<Option<Account>> {
    let root = place.root()?;
    if !files::exists(&own_folder(place, &root)?) {
        return Ok(None);
    }
    Ok(Some(open(place, &root, Arc::new(SystemClock::default()), AccountOptions::default())?))
}

/// Removes everything in it.
pub fn reset(place: &Workspace) -> anyhow::Result<()> {
    let root = place.root()?;
    let folder = own_folder(place, &root)?;
    if !files::exists(&folder) {
        return Ok(());
    }
    // Opening it claims it: nobody else works on it while it is removed. One that is broken can be removed, too.
    let account = match open(place, &root, Arc::new(SystemClock::default()), AccountOptions::default()) {
        Err(error @ LocalError::Open(OpenError::InUse { .. })) => return Err(error.into()),
        opened => opened.ok(),
    };
    local::remove(&folder, &place.services.locals())
        .with_context(|| format!("can't empty the folder `{}`", folder.display()))?;
    drop(account);
    Ok(())
}
