//! The first test of a project: a second run creates nothing.

use super::write_new;
use crate::system::files;
use anyhow::Context as _;
use serde_json::Value as Json;
use std::path::Path;

pub(super) const FILE: &str = "tests/project.test.rhai";

/// Writes it, where no such file is; gives whether it did.
pub(super) fn write(folder: &Path, recipe: &str, env: Option<&str>) -> anyhow::Result<bool> {
    let path = folder.join(FILE);
    let beside = path.parent().unwrap_or(folder);
    // What a link leads to is somebody else's, and a file of that name stays what it is.
    if files::is_link(beside) || files::is_regular_file(beside) {
        return Ok(false);
    }
    files::make_folder(beside).with_context(|| format!("can't make the folder of `{FILE}`"))?;
    write_new(folder, FILE, &text(recipe, env))
}

fn text(recipe: &str, env: Option<&str>) -> String {
    let options = env.map(|name| format!(", #{{ env: {} }}", Json::from(name))).unwrap_or_default();
    format!(
        "//! `larder test` runs these, each on an empty account in memory; `larder doc tests` lists what a test can call.\n\n\
         fn test_a_second_run_writes_nothing() {{\n    \
         let first = run(\"{recipe}\"{options});\n    \
         assert_eq(first.exit, 0);\n    \
         let second = run(\"{recipe}\"{options});\n    \
         assert_eq(second.exit, 0);\n    \
         assert_eq(second.writes, 0);\n\
         }}\n"
    )
}
