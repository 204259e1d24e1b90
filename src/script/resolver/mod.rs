//! Resolves `import`: the compiled-in library, then the project's folder, and nothing else.
//!
//! Rhai's own resolver reads any path and lets a cycle overflow the stack (RHAI-8).
//!
//! **Invariant:** reads only regular files whose path, every link followed, lies below the project's folder.
//! **Invariant:** an imported file sees no variable of its importer.
//! **Invariant:** each file is read, compiled and run once.
//! **Invariant:** its functions see nothing but their own file, whoever calls them.

mod error;
mod exports;
mod library;
mod load;
mod path;

pub use error::ImportError;
pub(super) use exports::{ELSEWHERE, STAY_HERE, holds_function};
pub use library::{BUNDLED, is_compiled_in, library, text as library_text};
pub use load::Loaded;
pub(super) use load::not_a_definition;

use super::diagnostics::Sources;
use super::engine::limits::{IMPORT_DEPTH_MAX, MODULES_MAX};
use crate::system::Unsaved;
use parking_lot::Mutex;
use path::Module as Found;
use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Shared};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The resolver of one engine; clones share what they have read.
#[derive(Clone)]
pub struct Resolver(Arc<ResolverInner>);

struct ResolverInner {
    /// The project's folder with every link followed; `None` when there is no project.
    root: Option<PathBuf>,
    sources: Sources,
    unsaved: Unsaved,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    loaded: BTreeMap<String, Loaded>,
    modules: BTreeMap<String, Shared<Module>>,
    /// The files whose top level runs now, outermost first.
    running: Vec<String>,
}

type Outcome<T> = Result<T, Box<EvalAltResult>>;

impl Resolver {
    /// A resolver for the project in `root`; without one, only the library can be imported.
    pub fn new(root: Option<&Path>, sources: Sources) -> Self {
        Resolver::over(root, sources, Unsaved::default())
    }

    /// The same where texts of files are open in an editor.
    pub fn over(root: Option<&Path>, sources: Sources, unsaved: Unsaved) -> Self {
        let root = root.and_then(|root| crate::system::files::canonical(root).ok());
        Resolver(Arc::new(ResolverInner { root, sources, unsaved, state: Mutex::default() }))
    }

    /// Reads and compiles a file without running it; `from` is the source that imports it.
    ///
    /// Strict about variables, as `engine` is.
    pub fn load(&self, engine: &Engine, from: Option<&str>, path: &str) -> Result<Loaded, ImportError> {
        let found = Found::of(from, path)?;
        if let Some(loaded) = self.0.state.lock().loaded.get(found.name()) {
            return Ok(loaded.clone());
        }
        if self.0.state.lock().loaded.len() >= MODULES_MAX {
            return Err(ImportError::TooMany);
        }
        let text = self.text(&found)?;
        let loaded = load::compile(engine, found.name(), &text)?;
        self.0.state.lock().loaded.insert(found.name().to_owned(), loaded.clone());
        Ok(loaded)
    }

    /// The name and text of a file, remembered for diagnostics and not compiled.
    pub fn read(&self, from: Option<&str>, path: &str) -> Result<(String, String), ImportError> {
        let found = Found::of(from, path)?;
        let text = self.text(&found)?;
        Ok((found.name().to_owned(), text))
    }

    fn text(&self, found: &Found) -> Result<String, ImportError> {
        let text = load::read(self.0.root.as_deref(), found, &self.0.unsaved)?;
        self.0.sources.add(found.name(), &text);
        Ok(text)
    }

    /// Forgets what was read, so that a session sees edited files.
    pub fn forget(&self) {
        *self.0.state.lock() = State::default();
    }

    /// The project's folder, links followed.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.0.root.as_deref()
    }

    /// The text of every file that was read.
    pub fn sources(&self) -> &Sources {
        &self.0.sources
    }

    /// Runs the top level of a file: constants and further imports.
    fn run(&self, engine: &Engine, loaded: &Loaded) -> Result<Shared<Module>, ImportError> {
        let name = loaded.name();
        {
            let mut state = self.0.state.lock();
            if let Some(start) = state.running.iter().position(|running| running == name) {
                let mut chain = state.running[start..].to_vec();
                chain.push(name.to_owned());
                return Err(ImportError::Cycle { chain });
            }
            if state.running.len() >= IMPORT_DEPTH_MAX {
                return Err(ImportError::TooDeep);
            }
            state.running.push(name.to_owned());
        }
        let module = exports::run(engine, name, &loaded.ast);
        self.0.state.lock().running.pop();
        let module: Shared<Module> =
            module.map_err(|error| ImportError::Inside { file: name.to_owned(), error })?.into();
        self.0.state.lock().modules.insert(name.to_owned(), module.clone());
        Ok(module)
    }
}

impl ModuleResolver for Resolver {
    fn resolve(
        &self,
        engine: &Engine,
        from: Option<&str>,
        path: &str,
        at: Position,
    ) -> Outcome<Shared<Module>> {
        let raise = |error: ImportError| error.raise(from, path, at);
        let found = Found::of(from, path).map_err(raise)?;
        let ready = self.0.state.lock().modules.get(found.name()).cloned();
        if let Some(module) = ready {
            return Ok(module);
        }
        let loaded = self.load(engine, from, path).map_err(raise)?;
        self.run(engine, &loaded).map_err(raise)
    }
}

#[cfg(test)]
mod tests;
