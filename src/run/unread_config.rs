//! Finds a wrangler config that the project file does not name, beside it or in the folder below it where the command is
//! given, so that nothing of it is read.

use super::{Selected, Workspace};
use crate::events::Site;
use crate::project::file::PROJECT_FILE;
use crate::project::wrangler::{self, WranglerFile};
use crate::script::diagnostics::{Diagnostic, DiagnosticKind};
use crate::system::files;
use std::path::{Path, PathBuf};

/// The warning, if the config binds what a recipe could make.
pub fn warning(place: &Workspace, selected: &Selected) -> anyhow::Result<Option<Diagnostic>> {
    let folder = &selected.folder;
    if !files::exists(&folder.join(PROJECT_FILE)) {
        return Ok(None);
    }
    let Some(path) = unnamed(place, selected) else { return Ok(None) };
    let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
    let kinds = place.services.binding_kinds();
    // A config that can't be read binds nothing that is known.
    let Ok(config) = WranglerFile::load(&place.repository(folder)?, &path, &name, &kinds) else {
        return Ok(None);
    };
    let mut services = place.services.iter();
    let Some(binding) = services.find_map(|service| config.first_binding(service.name)) else {
        return Ok(None);
    };
    let at = Site { file: PROJECT_FILE.to_owned(), line: 1, column: 1 };
    let is_beside = path.parent() == Some(folder);
    let place = if is_beside { "lies beside" } else { "lies below" };
    let title = format!(
        "`{name}` {place} `{PROJECT_FILE}`, which does not name it: `{binding}` and what else it binds is not read"
    );
    let add = match selected.config.wrangler.as_slice() {
        [] => {
            format!(
                "`wrangler = \"{name}\"` at the top of `{PROJECT_FILE}`; with `recipe = \"wrangler\"` beside it a run makes what is bound"
            )
        }
        _ => format!("`\"{name}\"` in the list `wrangler` of `{PROJECT_FILE}`"),
    };
    let help = if is_beside { add } else { format!("{add}; or `-C .`, which goes by that config alone") };
    Ok(Some(Diagnostic::error(DiagnosticKind::Value, at, title).warning().help(help)))
}

/// Where the command is given, or beside a project file that names no config at all.
fn unnamed(place: &Workspace, selected: &Selected) -> Option<PathBuf> {
    let folder = selected.folder.as_path();
    let named = &selected.config.wrangler;
    let is_named = |path: &Path| {
        let real = files::canonical(path).ok();
        named.iter().any(|name| files::canonical(&folder.join(name)).ok() == real)
    };
    let is_below = place.folder != folder && place.folder.starts_with(folder);
    let here = || wrangler::find(&place.folder).filter(|path| !is_named(path));
    let beside = || wrangler::find(folder).filter(|_| named.is_empty());
    is_below.then(here).flatten().or_else(beside)
}
