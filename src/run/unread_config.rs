//! Finds a wrangler config beside a project file that does not name it, so that nothing of it is read.

use super::{Selected, Workspace};
use crate::events::Site;
use crate::project::file::PROJECT_FILE;
use crate::project::wrangler::{self, WranglerFile};
use crate::script::diagnostics::{Diagnostic, DiagnosticKind};
use crate::system::files;

/// The warning, if the config binds what a recipe could make.
pub fn warning(place: &Workspace, selected: &Selected) -> anyhow::Result<Option<Diagnostic>> {
    let folder = &selected.folder;
    if !selected.config.wrangler.is_empty() || !files::exists(&folder.join(PROJECT_FILE)) {
        return Ok(None);
    }
    let Some(path) = wrangler::find(folder) else { return Ok(None) };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
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
    let title = format!(
        "`{name}` lies beside `{PROJECT_FILE}`, which does not name it: `{binding}` and what else it binds is not read"
    );
    let help = format!(
        "`wrangler = \"{name}\"` at the top of `{PROJECT_FILE}`; with `recipe = \"wrangler\"` beside it a run makes what is bound"
    );
    Ok(Some(Diagnostic::error(DiagnosticKind::Value, at, title).warning().help(help)))
}
