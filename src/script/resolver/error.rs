//! Why a file cannot be imported.

use super::library;
use crate::events::Site;
use crate::op::Failure;
use crate::project::did_you_mean;
use crate::script::diagnostics::{Raised, Thrown, site_at};
use crate::script::engine::limits::{FILE_BYTES_MAX, IMPORT_DEPTH_MAX, MODULES_MAX};
use rhai::{EvalAltResult, Position};
use std::io;

/// Why a file cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The path itself is refused.
    #[error("cannot import `{path}`: {reason}")]
    Path {
        path: String,
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// The library has no such module.
    #[error("the library has no module `{name}`")]
    NotInLibrary { name: String },
    /// There is no project folder to import from.
    #[error("without a project folder, only the library (`std/..`) can be imported")]
    NoProject,
    /// A link leads out of the project.
    #[error("cannot import `{file}`: a link leads out of the project")]
    Outside {
        /// Below the project's folder.
        file: String,
    },
    /// It contains secrets, which an error message would quote, or belongs to a tool.
    #[error("cannot import `{file}`: it holds secrets, or is a tool's own")]
    KeptApart {
        /// Below the project's folder.
        file: String,
    },
    /// A folder, pipe or device.
    #[error("cannot import `{file}`: it is not a regular file")]
    NotAFile {
        /// Below the project's folder.
        file: String,
    },
    /// The file cannot be read.
    #[error("cannot read `{file}`: {}", reason(.error))]
    Read {
        /// Below the project's folder.
        file: String,
        /// The error of the system.
        #[source]
        error: io::Error,
        /// What is there and may be meant, as an import has it.
        near: Option<String>,
    },
    /// Files import each other in a circle.
    #[error("files import each other in a circle: {}", .chain.join(" -> "))]
    Cycle {
        /// The names, the first one again at the end.
        chain: Vec<String>,
    },
    /// Files import each other too deep.
    #[error("files import each other more than {IMPORT_DEPTH_MAX} deep")]
    TooDeep,
    /// Too many different files.
    #[error("more than {MODULES_MAX} files are imported")]
    TooMany,
    /// The file does something at its top level.
    #[error("an imported file holds only `fn`, `const` and `import` at its top level")]
    Statement { file: String, position: Position },
    /// The file was read, but its text does not compile or its top level fails.
    #[error("{error}")]
    Inside {
        file: String,
        /// What happened in it.
        error: Box<EvalAltResult>,
    },
}

impl ImportError {
    /// The error as Rhai wants it: always `ErrorInModule`, since its collections panic on anything else (RHAI-9).
    pub(super) fn raise(self, from: Option<&str>, path: &str, at: Position) -> Box<EvalAltResult> {
        let (file, inner) = match self {
            ImportError::Inside { file, error } => (file, error),
            ImportError::Statement { ref file, position } => {
                let inner = Thrown::raise(self.raised(site_at(file, position)), position);
                (file.clone(), inner)
            }
            other => {
                let raised = other.raised(site_at(from.unwrap_or_default(), at));
                (path.to_owned(), Thrown::raise(raised, at))
            }
        };
        Box::new(EvalAltResult::ErrorInModule(file, inner, at))
    }

    /// The error as a value that scripts can catch and diagnostics can show; `at` is where it is shown.
    pub(in crate::script) fn raised(&self, at: Site) -> Raised {
        let message = self.to_string();
        let failure = match self.way_out() {
            Some(hint) => Failure::refused_with_hint(Failure::IMPORT, message, hint),
            None => Failure::refused(Failure::IMPORT, message),
        };
        Raised::of_call(failure, 0, at)
    }

    fn way_out(&self) -> Option<String> {
        match self {
            ImportError::NotInLibrary { name } => Some(match did_you_mean(name, library()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has: {}", library().collect::<Vec<_>>().join(", ")),
            }),
            ImportError::Read { near: Some(near), .. } => Some(format!("did you mean `{near}`?")),
            ImportError::Statement { .. } => {
                Some("put it into a function, and call that from the recipe".to_owned())
            }
            ImportError::Cycle { .. } => Some("move what both need into a third file".to_owned()),
            ImportError::Path { reason, .. } if reason.contains("project") || reason.contains("absolute") => {
                Some("a recipe imports `std/..` and files of its project".to_owned())
            }
            _ => None,
        }
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => String::from("there is no such file"),
        io::ErrorKind::FileTooLarge => format!("it is larger than {} KiB", FILE_BYTES_MAX / 1024),
        _ => error.to_string(),
    }
}
