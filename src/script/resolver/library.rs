//! The modules that are compiled in.

/// What the names of bundled recipes begin with.
pub const BUNDLED: &str = "bundled/";

/// Whether a source is a part of the program, which nobody can edit: a module of the library or a bundled recipe.
pub fn is_compiled_in(name: &str) -> bool {
    name.starts_with(BUNDLED) || text(name).is_some()
}

/// Name and text of each module of the standard library.
const LIBRARY: &[(&str, &str)] = &[
    ("std/naming", include_str!("../../../stdlib/naming.rhai")),
    ("std/provision", include_str!("../../../stdlib/provision.rhai")),
];

/// The names of the modules, sorted.
pub fn library() -> impl Iterator<Item = &'static str> {
    LIBRARY.iter().map(|(name, _)| *name)
}

/// The text of a module.
pub fn text(name: &str) -> Option<&'static str> {
    LIBRARY.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::files;
    use std::path::Path;

    #[test]
    fn modules_and_bundled_recipes_are_compiled_in() {
        let names = ["std/naming", "bundled/a", "std/nothing", "recipes/bundled/", "naming"];
        assert_eq!(names.map(is_compiled_in), [true, true, false, false, false]);
    }

    #[test]
    fn the_table_is_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib");
        let in_folder: Vec<String> = files::walk(&folder)
            .unwrap()
            .iter()
            .map(|path| format!("std/{}", path.with_extension("").to_str().unwrap()))
            .collect();
        assert_eq!(library().collect::<Vec<_>>(), in_folder);
    }
}
