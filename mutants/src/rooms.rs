//! The rooms whose code is changed: those that decide what is written into an account, and what is shown of a secret.

use anyhow::{Context, Result};
use std::path::Path;

/// Each room with the files and folders that it is.
pub const ROOMS: [(&str, &[&str]); 9] = [
    ("reconcile", &["src/reconcile"]),
    ("http/retry", &["src/http/retry.rs"]),
    ("http/envelope", &["src/http/envelope.rs"]),
    ("migrations", &["src/services/d1/migrations/ledger/guard.rs", "src/services/d1/migrations/apply"]),
    ("op/permit", &["src/op/permit.rs"]),
    ("op/scheduler", &["src/op/scheduler.rs", "src/op/scheduler"]),
    ("secret", &["src/secret.rs", "src/secret"]),
    ("services/cf/path", &["src/services/cf/path.rs"]),
    ("script/resolver", &["src/script/resolver"]),
];

/// The room of a file.
pub fn room_of(file: &str) -> &'static str {
    let is_in = |paths: &[&str]| paths.iter().any(|path| is_below(file, path));
    ROOMS.iter().find(|(_, paths)| is_in(paths)).map_or("other", |(room, _)| *room)
}

fn is_below(file: &str, path: &str) -> bool {
    file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The files of all rooms that are compiled outside tests, in order.
pub fn files(tree: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for path in ROOMS.iter().flat_map(|(_, paths)| *paths) {
        collect(tree, path, &mut files)?;
    }
    files.sort();
    files.retain(|file| {
        let is_test = matches!(file.rsplit('/').next(), Some("tests.rs" | "fuzz.rs" | "proptests.rs"));
        !is_test && !file.contains("/tests/")
    });
    Ok(files)
}

fn collect(tree: &Path, path: &str, files: &mut Vec<String>) -> Result<()> {
    let full = tree.join(path);
    if full.is_file() {
        files.push(path.to_owned());
    } else {
        for entry in full.read_dir().with_context(|| format!("`{path}` can't be listed"))? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            if full.join(&*name).is_dir() || name.ends_with(".rs") {
                collect(tree, &format!("{path}/{name}"), files)?;
            }
        }
    }
    Ok(())
}
