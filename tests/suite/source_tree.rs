//! Reads the source files for tests about them, without comments and tests.

use larder::system::files;
use regex::Regex;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One file of `src`.
pub struct Source {
    /// `src/http/client.rs`
    pub path: String,
    /// Without comment lines and tests.
    pub code: String,
}

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the repository.
pub fn read(path: &str) -> String {
    files::read_text(&root().join(path), 4 << 20).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The example app, whose recipe the sweeps run.
pub fn example() -> PathBuf {
    root().join("examples/jobmatch-ai")
}

/// Its files, without what npm installs there.
pub fn example_files() -> Vec<PathBuf> {
    let mut paths = files::walk(&example()).unwrap();
    paths.retain(|path| {
        !path.components().any(|part| ["node_modules", "dist"].contains(&part.as_os_str().to_str().unwrap()))
    });
    paths
}

/// Every text of the repository: all but what is built, recorded by git or left by a run.
pub fn repository() -> Vec<String> {
    let beside = ["target", ".git", ".larder", "node_modules"];
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if files::is_regular_file(&root().join(&name)) {
            paths.push(name);
        } else if !beside.contains(&name.as_str()) {
            let found = files::walk(&root().join(&name)).unwrap();
            paths.extend(found.iter().map(|path| format!("{name}/{}", path.to_str().unwrap())));
        }
    }
    paths.retain(|path| !path.split('/').any(|part| beside.contains(&part)) && !path.ends_with(".png"));
    assert!(paths.len() > 300, "only {} files", paths.len());
    paths
}

/// Every source file that is part of the product.
pub fn sources() -> Vec<Source> {
    let found = files::walk(&root().join("src")).unwrap();
    let paths: Vec<String> = found.iter().map(|path| format!("src/{}", path.to_str().unwrap())).collect();
    let rust: Vec<&String> = paths.iter().filter(|path| path.ends_with(".rs")).collect();
    let of_tests: BTreeSet<String> = rust.iter().flat_map(|path| test_modules(path)).collect();
    let is_test = |path: &str| {
        of_tests.iter().any(|module| {
            path.strip_prefix(module.as_str()).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        })
    };
    let product = rust.into_iter().filter(|path| !is_test(path));
    product.map(|path| Source { path: path.clone(), code: code(&read(path)) }).collect()
}

/// The modules that a file declares for tests only, as paths without ending.
fn test_modules(path: &str) -> Vec<String> {
    let declared = Regex::new(r"#\[cfg\(test\)\]\s*(?:pub(?:\([a-z]+\))? )?mod ([a-z_0-9]+);").unwrap();
    let text = read(path);
    let folder = path.strip_suffix("/mod.rs").or(path.strip_suffix(".rs")).unwrap_or(path);
    let folder = if matches!(path, "src/lib.rs" | "src/main.rs") { "src" } else { folder };
    declared.captures_iter(&text).map(|found| format!("{folder}/{}", &found[1])).collect()
}

/// The text without comment lines and the tests at its end.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let after = text[end..].lines().skip_while(|line| *line != "}").skip(1);
    assert_eq!(after.collect::<Vec<_>>(), Vec::<&str>::new(), "something stands behind the tests");
    let lines = text[..end].lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.fold(String::new(), |code, line| code + line + "\n")
}
