//! The project of a document; for a single recipe, its folder.
//!
//! **Invariant:** the variables of the process are not seen here, and with them no credentials.

use super::documents::Document;
use crate::project::ProjectSchema;
use crate::project::file::PROJECT_FILE;
use crate::project::wrangler;
use crate::run::reference::reference;
use crate::run::runtime_settings::{of_any, offline_room};
use crate::run::workspace::schema;
use crate::run::{ProjectCache, Selected, Workspace, WorkspaceOptions, test};
use crate::script::check::ProjectDeclarations;
use crate::script::complete::{Completion, SessionScope};
use crate::script::docs::Reference;
use crate::script::host::HostFacts;
use crate::script::naming::Naming;
use crate::script::resolver::is_compiled_in;
use crate::script::run::{Recipe, ScriptRuntime};
use crate::script::testing::is_test;
use crate::services::Services;
use crate::system::{Environment, Unsaved, files};
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// Those that texts were opened of.
pub(super) struct Projects {
    pub(super) services: Services,
    /// The folders that the client works in, links followed.
    pub(super) folders: Vec<PathBuf>,
    schema: Arc<ProjectSchema>,
    unsaved: Unsaved,
    /// Made when somebody asks.
    reference: Rc<OnceCell<Reference>>,
    known: BTreeMap<PathBuf, Rc<Project>>,
}

pub(super) struct Project {
    pub(super) root: PathBuf,
    pub(super) place: Workspace,
    room: OnceCell<Option<ScriptRuntime>>,
    test_room: OnceCell<Option<ScriptRuntime>>,
    declared: OnceCell<Option<ProjectDeclarations>>,
    environments: OnceCell<Vec<Selected>>,
    facts: OnceCell<(HostFacts, Naming)>,
    reference: Rc<OnceCell<Reference>>,
}

impl Projects {
    pub(super) fn new(services: Services, unsaved: Unsaved) -> Self {
        let schema = Arc::new(schema(services));
        let (reference, known) = (Rc::default(), BTreeMap::new());
        Projects { services, folders: Vec::new(), schema, unsaved, reference, known }
    }

    /// The one that a text belongs to.
    pub(super) fn of(&mut self, document: &Document) -> Rc<Project> {
        let root = self.root(document.path.as_deref());
        if let Some(known) = self.known.get(&root) {
            return known.clone();
        }
        let opened = Arc::new(ProjectCache::over(self.unsaved.clone(), self.schema.clone()));
        let place = Workspace {
            options: WorkspaceOptions { is_folder_named: true, ..WorkspaceOptions::default() },
            environment: Environment::default(),
            redactor: Arc::default(),
            folder: root.clone(),
            command_line: Vec::new(),
            services: self.services,
            opened,
        };
        // The ids of a config belong to an account, and none is asked.
        let place = place.on_local_account();
        let project = Rc::new(Project {
            root: root.clone(),
            place,
            room: OnceCell::new(),
            test_room: OnceCell::new(),
            declared: OnceCell::new(),
            environments: OnceCell::new(),
            facts: OnceCell::new(),
            reference: self.reference.clone(),
        });
        self.known.insert(root, project.clone());
        project
    }

    /// Whether a text belongs to a project.
    pub(super) fn is_of(&self, document: &Document, project: &Project) -> bool {
        self.root(document.path.as_deref()) == project.root
    }

    /// Files have changed: what was read of them is read again.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    /// The folder of the nearest project file; without one, that of the nearest wrangler config in the folder that the client
    /// works in, or that folder itself.
    fn root(&self, path: Option<&Path>) -> PathBuf {
        let first = || self.folders.first().cloned().unwrap_or_default();
        let Some(folder) = path.and_then(Path::parent) else { return first() };
        let has_project = |folder: &&Path| files::exists(&folder.join(PROJECT_FILE));
        if let Some(root) = folder.ancestors().find(has_project) {
            return root.to_owned();
        }
        let around = self.folders.iter().filter(|around| folder.starts_with(around));
        let Some(around) = around.max_by_key(|around| around.components().count()) else {
            return folder.to_owned();
        };
        let mut inside = folder.ancestors().take_while(|folder| folder.starts_with(around));
        inside.find(|folder| wrangler::find(folder).is_some()).unwrap_or(around).to_owned()
    }
}

impl Project {
    /// What checks the source of that name; `None` where the system gives it nothing to work with.
    pub(super) fn room(&self, source: &str) -> Option<&ScriptRuntime> {
        let none = Recipe { name: String::new(), text: String::new() };
        let (place, root) = (&self.place, &self.root);
        let room = if is_test(source) {
            self.test_room.get_or_init(|| test::room(place, root, &none).ok())
        } else {
            self.room.get_or_init(|| offline_room(place, root, &none).ok())
        };
        room.as_ref()
    }

    /// What the project file declares; `None` where there is none, or one that can't be read.
    pub(super) fn declared(&self) -> Option<&ProjectDeclarations> {
        self.declared.get_or_init(|| self.place.declared().ok().flatten()).as_ref()
    }

    /// Every environment that can be worked with.
    pub(super) fn environments(&self) -> &[Selected] {
        self.environments.get_or_init(|| {
            let all = self.place.all_environments().unwrap_or_default();
            all.into_iter().filter_map(|(_, selected)| selected.ok()).collect()
        })
    }

    /// What is said of everything that can be written.
    pub(super) fn reference(&self) -> &Reference {
        self.reference.get_or_init(|| reference(self.place.services))
    }

    /// Asks of what is known where a recipe is written; `left` is what stands around that.
    pub(super) fn completion<T>(
        &self,
        source: &str,
        left: &SessionScope,
        ask: impl FnOnce(&Completion<'_>) -> T,
    ) -> Option<T> {
        let room = self.room(source)?;
        let (facts, naming) = self.facts.get_or_init(|| of_any(&self.place, self.environments()));
        let completion = Completion {
            services: self.place.services,
            known: &room.known,
            facts,
            naming,
            resolver: &room.resolver,
            source: Some(source),
            folder: &self.root,
            reference: self.reference(),
            left,
            // No account is asked.
            listed: &|_| Arc::default(),
        };
        Some(ask(&completion))
    }

    /// The file that a source is, if it is one.
    pub(super) fn path_of(&self, name: &str) -> Option<PathBuf> {
        if is_compiled_in(name) || name.starts_with('<') {
            return None;
        }
        files::canonical(&self.root.join(name)).ok()
    }

    /// What the source of a text is called.
    pub(super) fn name_of(&self, document: &Document) -> String {
        let path = document.path.as_deref().map(|path| path.strip_prefix(&self.root).unwrap_or(path));
        match path {
            Some(path) => path.to_string_lossy().replace('\\', "/"),
            // As a session's: it has no folder of its own.
            None => format!("<{}>", document.uri.path()),
        }
    }
}
