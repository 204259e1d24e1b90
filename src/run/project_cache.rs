//! Reads each file of a project once per command: the schema, the project file and the wrangler configs.
//!
//! **Invariant:** a place and those that are made of it share it; what is written to the files meanwhile does not count.

use crate::project::wrangler::{WranglerError, WranglerFile};
use crate::project::{ProjectFile, ProjectSchema, ServiceTable};
use crate::script::file_texts::FileTexts;
use crate::services::{Service, Services};
use crate::system::Unsaved;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// What was read so far; nothing at first.
#[derive(Default)]
pub struct ProjectCache {
    schema: OnceLock<Arc<ProjectSchema>>,
    project: OnceLock<Option<Arc<ProjectFile>>>,
    worker_alone: OnceLock<Option<Arc<ProjectFile>>>,
    configs: Mutex<BTreeMap<PathBuf, WranglerFile>>,
    /// What recipes read with `file::`.
    pub(super) texts: FileTexts,
    /// Texts that are open in an editor.
    pub(super) unsaved: Unsaved,
}

impl ProjectCache {
    /// Nothing was read yet; texts that are open in an editor count in place of files, and the shape of the project file is
    /// known.
    pub fn over(unsaved: Unsaved, schema: Arc<ProjectSchema>) -> Self {
        ProjectCache { unsaved, schema: OnceLock::from(schema), ..ProjectCache::default() }
    }

    /// The shape of the project file.
    pub fn schema(&self, services: Services) -> Arc<ProjectSchema> {
        self.schema.get_or_init(|| Arc::new(schema(services))).clone()
    }

    /// The project file, read at the first call.
    pub(super) fn project(&self, read: impl FnOnce() -> Read) -> Read {
        once(&self.project, read)
    }

    /// What a wrangler config alone makes of a folder, read at the first call.
    pub(super) fn worker_alone(&self, read: impl FnOnce() -> Read) -> Read {
        once(&self.worker_alone, read)
    }

    /// A wrangler config, read at the first call.
    pub(super) fn config(
        &self,
        path: &Path,
        load: impl FnOnce() -> Result<WranglerFile, WranglerError>,
    ) -> Result<WranglerFile, WranglerError> {
        let mut configs = self.configs.lock();
        if let Some(config) = configs.get(path) {
            return Ok(config.clone());
        }
        let config = load()?;
        configs.insert(path.to_owned(), config.clone());
        Ok(config)
    }
}

/// The shape of the project file, from the services.
pub fn schema(services: Services) -> ProjectSchema {
    let table = |service: &'static Service| ServiceTable {
        name: service.name,
        schema: (service.table)().to_value(),
        binding: service.binding,
    };
    ProjectSchema::new(services.iter().map(table).collect())
}

/// A project, or none, or why it can't be read.
pub(super) type Read = anyhow::Result<Option<Arc<ProjectFile>>>;

/// A project that can't be read ends the command, so it is not kept.
fn once(kept: &OnceLock<Option<Arc<ProjectFile>>>, read: impl FnOnce() -> Read) -> Read {
    if let Some(project) = kept.get() {
        return Ok(project.clone());
    }
    let project = read()?;
    Ok(kept.get_or_init(|| project).clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconcile::{Browsing, Removal};
    use crate::run::{Workspace, WorkspaceOptions};
    use crate::services::kv::resource::Namespace;
    use crate::services::{SERVICES, Service, kv};
    use crate::system::{Environment, files};
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn place(folder: &Path, services: Services) -> Workspace {
        Workspace {
            options: WorkspaceOptions { env: Some("dev".to_owned()), ..WorkspaceOptions::default() },
            environment: Environment::default(),
            redactor: Arc::default(),
            folder: folder.to_owned(),
            command_line: Vec::new(),
            services,
            opened: Arc::default(),
        }
    }

    /// Everything that a command asks of its project.
    fn asked(place: &Workspace) -> Vec<String> {
        let selected = place.selected().unwrap().unwrap();
        let root = place.root().unwrap();
        let recipe = place.chosen_recipe(None, &root).unwrap();
        let other = place.with(Some("live".to_owned()), Vec::new()).needs_selected().unwrap();
        let local = place.on_local_account().every_environment().unwrap();
        let by_wrangler = place.goes_by_wrangler().unwrap();
        let names = [&selected, &other].map(|one| one.config.environment.name.clone());
        let rest = [recipe.name, local.len().to_string(), by_wrangler.to_string()];
        names.into_iter().chain(rest).collect()
    }

    #[test]
    fn a_project_is_read_once_for_all_that_a_command_asks() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("larder.toml", "app = \"shop\"\n[environments.dev]\n[environments.live]\n"),
            ("wrangler.toml", "name = \"shop\"\n[env.dev]\n[env.live]\n"),
        ] {
            let folder = tempfile::tempdir_in(folder.path()).unwrap();
            let path = folder.path().join(name);
            files::write_whole(&path, text.as_bytes()).unwrap();
            let place = place(folder.path(), Services::default());
            let before = asked(&place);
            files::write_whole(&path, b"no project at all").unwrap();
            assert_eq!(asked(&place), before, "{name}");
        }
    }

    #[test]
    fn the_shape_of_project_files_is_made_once() {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        static COUNTED: LazyLock<Service> = LazyLock::new(|| Service {
            table: || {
                MADE.fetch_add(1, Ordering::Relaxed);
                (kv::SERVICE.table)()
            },
            browsing: Browsing::of::<Namespace>(),
            removal: Removal::of::<Namespace>(&[]),
            ..kv::SERVICE
        });
        static SERVICES_COUNTED: LazyLock<Vec<&'static Service>> = LazyLock::new(|| {
            SERVICES.iter().map(|one| if one.name == COUNTED.name { &*COUNTED } else { *one }).collect()
        });
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("larder.toml");
        files::write_whole(&file, b"app = \"shop\"\n[environments.dev]\n[environments.live]\n").unwrap();
        let place = place(folder.path(), Services(SERVICES_COUNTED.as_slice()));
        asked(&place);
        asked(&place);
        place.empty_config();
        assert_eq!(MADE.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn without_a_project_every_table_is_there_and_empty() {
        let services = Services::default();
        let folder = tempfile::tempdir().unwrap();
        let config = place(folder.path(), services).empty_config();
        for service in services.iter() {
            assert!(config[service.name].is_object(), "{}: {config}", service.name);
        }
    }
}
