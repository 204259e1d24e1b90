//! The table of what is tested has the judge of each row, as its tests have it.

use crate::suite::source_tree::{read, root};
use larder::system::files;

const PAGE: &str = "docs/how-tested.md";

/// The sources of a module of tests: its file, and those of its folder.
fn sources(module: &str) -> String {
    let path = match module.strip_prefix("clients::") {
        Some(module) => format!("tests/clients/{module}"),
        None => format!("tests/suite/{module}"),
    };
    let mut text = String::new();
    let file = format!("{path}.rs");
    if root().join(&file).exists() {
        text += &read(&file);
    }
    if root().join(&path).is_dir() {
        let inner = files::walk(&root().join(&path)).unwrap();
        let inner = inner.iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
        inner.for_each(|inner| text += &read(&format!("{path}/{}", inner.display())));
    }
    text
}

#[test]
fn each_row_names_the_judge_that_its_tests_have() {
    let page = read(PAGE);
    let table = page.split("<!-- judges -->").nth(1).unwrap().split("<!-- /judges -->").next().unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| | "))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert!(rows.len() >= 10, "{rows:?}");
    for row in rows {
        let [what, judge, _, _, tests] = row[..] else { panic!("{row:?}") };
        for module in tests.split(", ").map(|name| name.trim_matches('`')) {
            let sources = sources(module);
            assert!(
                sources.contains("#[test]") || sources.contains("mod "),
                "{what}: there is no `{module}`"
            );
            let is_foreign = ["stub_api::", "foreign_server::"].iter().any(|name| sources.contains(name));
            let holds = match judge {
                "the local account" => sources.contains("simulation::") && !is_foreign,
                "a stand-in" => is_foreign,
                "real clients" => module.starts_with("clients::"),
                "no server" => !is_foreign && !module.starts_with("clients::"),
                other => panic!("{what}: there is no judge `{other}`"),
            };
            assert!(holds, "{what}: the judge of `{module}` is not {judge}");
        }
    }
}
