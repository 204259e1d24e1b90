//! Converts the text of an `import` to a module name, without file access.

use super::ImportError;

/// The ending of a recipe's file.
pub(super) const ENDING: &str = ".rhai";

/// Where a module's text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Module {
    /// In the compiled-in library, by name: `std/naming`.
    Library(String),
    /// A file below the project's folder, by its path with the ending: `recipes/parts.rhai`.
    Project(String),
}

impl Module {
    /// The name of the source; a library module has no ending, so that it cannot be taken for a file.
    pub(super) fn name(&self) -> &str {
        match self {
            Module::Library(name) | Module::Project(name) => name,
        }
    }

    /// Reads `import "path"` in the file `from`.
    ///
    /// `std/` leads into the library, `./` and `../` start at the importing file, all else at the project's
    /// folder.
    pub(super) fn of(from: Option<&str>, path: &str) -> Result<Self, ImportError> {
        let bad = |reason| ImportError::Path { path: path.to_owned(), reason };
        if path.starts_with('/') || path.starts_with('~') {
            return Err(bad("absolute paths are not allowed"));
        }
        if path.contains(['\\', ':']) || path.contains(char::is_control) {
            return Err(bad(
                "only letters, digits and `/` make a path; no backslash, colon or control character",
            ));
        }
        let relative = path.starts_with("./") || path.starts_with("../");
        // A session has no folder of its own: its sources are named like `<repl:3>`.
        let importer = from.filter(|from| relative && !from.starts_with('<'));
        let in_library = match importer {
            Some(from) => from.starts_with("std/") && !from.ends_with(ENDING),
            None => path.starts_with("std/"),
        };
        let folder = importer.and_then(|from| from.rsplit_once('/')).map_or("", |(folder, _)| folder);
        let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
        // The library is a jail of its own: `..` must not lead out of `std/` and back in as a project file.
        let floor = usize::from(in_library);
        for part in path.strip_suffix(ENDING).unwrap_or(path).split('/') {
            match part {
                "" => return Err(bad("a part of the path is empty")),
                "." => {}
                ".." if parts.len() <= floor => {
                    return Err(bad(if in_library {
                        "it leads out of the library"
                    } else {
                        "it leads out of the project"
                    }));
                }
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        let joined = parts.join("/");
        if joined.is_empty() || joined == "std" && in_library {
            return Err(bad("it names a folder, not a file"));
        }
        Ok(if in_library { Module::Library(joined) } else { Module::Project(joined + ENDING) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(from: &str, path: &str) -> Result<String, &'static str> {
        match Module::of(Some(from).filter(|from| !from.is_empty()), path) {
            Ok(Module::Library(name)) => Ok(format!("library {name}")),
            Ok(Module::Project(name)) => Ok(format!("project {name}")),
            Err(ImportError::Path { reason, .. }) => Err(reason),
            Err(_) => Err("another error"),
        }
    }

    #[test]
    fn library_project_and_relative_paths() {
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(of("recipes/a.rhai", "std/naming"), ok("library std/naming"));
        assert_eq!(of("recipes/a.rhai", "parts/b"), ok("project parts/b.rhai"));
        assert_eq!(of("recipes/a.rhai", "parts/b.rhai"), ok("project parts/b.rhai"));
        assert_eq!(of("recipes/a.rhai", "./b"), ok("project recipes/b.rhai"));
        assert_eq!(of("recipes/sub/a.rhai", "../b"), ok("project recipes/b.rhai"));
        assert_eq!(of("recipes/a.rhai", "../std/b"), ok("project std/b.rhai"));
        assert_eq!(of("std/provision", "./naming"), ok("library std/naming"));
        assert_eq!(of("std/b.rhai", "./c"), ok("project std/c.rhai"));
        assert_eq!(of("<repl:3>", "./c"), ok("project c.rhai"));
        assert_eq!(of("<a/b>", "./c"), ok("project c.rhai"));
        assert_eq!(of("bundled/a", "./c"), ok("project bundled/c.rhai"));
        assert_eq!(of("", "std"), ok("project std.rhai"));
        assert_eq!(of("", "a~"), ok("project a~.rhai"));
        assert_eq!(of("", "./c"), ok("project c.rhai"));
    }

    #[test]
    fn ways_out_are_closed() {
        let out = Err("it leads out of the project");
        assert_eq!(of("recipes/a.rhai", "../../x"), out);
        assert_eq!(of("recipes/a.rhai", "a/../../x"), out);
        assert_eq!(of("", ".."), out);
        assert_eq!(of("", "std/../x"), Err("it leads out of the library"));
        assert_eq!(of("", "std/../../x"), Err("it leads out of the library"));
        assert_eq!(of("std/provision", "../x"), Err("it leads out of the library"));
        assert_eq!(of("", "/etc/passwd"), Err("absolute paths are not allowed"));
        assert_eq!(of("", "~/x"), Err("absolute paths are not allowed"));
        assert_eq!(of("", "a//etc/x"), Err("a part of the path is empty"));
        assert_eq!(of("", ""), Err("a part of the path is empty"));
        assert_eq!(of("", "./"), Err("a part of the path is empty"));
        assert_eq!(of("", "std/"), Err("a part of the path is empty"));
        assert_eq!(of("", "std/."), Err("it names a folder, not a file"));
        assert_eq!(of("", "."), Err("it names a folder, not a file"));
        for path in ["C:\\x", "\\\\host\\x", "a\0b", "file:x", "a\nb"] {
            assert!(of("", path).unwrap_err().starts_with("only letters"), "{path:?}");
        }
    }
}
