//! Reads and compiles a module from inside the project's folder.

use super::path::{ENDING, Module};
use super::{ImportError, library};
use crate::project::private_files::is_kept_apart;
use crate::project::similar_path;
use crate::script::engine::{self, limits::FILE_BYTES_MAX};
use crate::system::{Unsaved, files};
use rhai::{AST, ASTFlags, Engine, Position, Scope, Stmt};
use std::path::Path;
use std::sync::Arc;

/// A file that was read and compiled.
#[derive(Clone, Debug)]
pub struct Loaded {
    name: Arc<str>,
    pub ast: Arc<AST>,
}

impl Loaded {
    /// The name of the source: `std/naming`, or a path below the project's folder.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The text of a module; what is open in an editor is read as it stands there.
pub(super) fn read(root: Option<&Path>, module: &Module, unsaved: &Unsaved) -> Result<String, ImportError> {
    let name = match module {
        Module::Library(name) => {
            let text = library::text(name).ok_or_else(|| ImportError::NotInLibrary { name: name.clone() })?;
            return Ok(text.to_owned());
        }
        Module::Project(name) => name,
    };
    let root = root.ok_or(ImportError::NoProject)?;
    let unreadable = |error: std::io::Error| {
        let near = (error.kind() == std::io::ErrorKind::NotFound).then(|| near(root, name)).flatten();
        ImportError::Read { file: name.clone(), error, near }
    };
    // One that was never saved has no links to follow.
    let new = root.join(name);
    if !files::exists(&new)
        && !is_kept_apart(Path::new(name))
        && let Some(text) = unsaved.get(&new)
    {
        return Ok(text.to_string());
    }
    // What is checked is what is read: the path without links.
    let path = files::canonical(&root.join(name)).map_err(unreadable)?;
    if !path.starts_with(root) {
        return Err(ImportError::Outside { file: name.clone() });
    }
    if is_kept_apart(path.strip_prefix(root).unwrap_or(&path)) {
        return Err(ImportError::KeptApart { file: name.clone() });
    }
    if !files::is_regular_file(&path) {
        return Err(ImportError::NotAFile { file: name.clone() });
    }
    let text = match unsaved.get(&path) {
        Some(text) => text.to_string(),
        None => files::read_text(&path, FILE_BYTES_MAX).map_err(unreadable)?,
    };
    Ok(text.strip_prefix('\u{feff}').map_or_else(|| text.clone(), str::to_owned))
}

/// A module of the project or the library that may be meant, as an import has it.
fn near(root: &Path, name: &str) -> Option<String> {
    let stem = name.strip_suffix(ENDING).unwrap_or(name);
    let in_library = || library::library().find(|module| module.strip_prefix("std/") == Some(stem));
    let in_project = similar_path::file(root, name, ENDING);
    let in_project =
        in_project.map(|path| path.strip_suffix(ENDING).map_or_else(|| path.clone(), str::to_owned));
    in_project.or_else(|| in_library().map(str::to_owned))
}

/// The syntax tree of a module, refused when its top level does more than define.
pub(super) fn compile(engine: &Engine, name: &str, text: &str) -> Result<Loaded, ImportError> {
    let inside = |error| ImportError::Inside { file: name.to_owned(), error };
    let ast =
        engine::parse(engine, name, text, &Scope::new()).map_err(|error| inside(Box::new(error.into())))?;
    if let Some(&position) = not_a_definition(&ast).first() {
        return Err(ImportError::Statement { file: name.to_owned(), position });
    }
    Ok(Loaded { name: name.into(), ast: Arc::new(ast) })
}

/// The statements at the top level that are neither `const` nor `import`; functions are no statements.
///
/// A closure made at the top level of an imported file calls the wrong functions later (RHAI-10).
pub(in crate::script) fn not_a_definition(ast: &AST) -> Vec<Position> {
    let defines = |statement: &Stmt| match statement {
        Stmt::Noop(_) | Stmt::Import(..) => true,
        Stmt::Var(..) => statement.options().intersects(ASTFlags::CONSTANT),
        _ => false,
    };
    ast.statements().iter().filter(|statement| !defines(statement)).map(Stmt::position).collect()
}
