//! The settings of a project whose recipe is `wrangler`, taken from its wrangler configs: environments, paths, a
//! name for the app.
//!
//! **Invariant:** what the project file says itself always wins, and no environment of the configs is there twice.

use super::environment::{TOP_LEVEL, is_identifier};
use super::source::Sources;
use super::tree::{Node, toml};
use super::wrangler::WranglerFile;
use toml_edit::{Array, DocumentMut, table, value};

/// The recipe that goes by a wrangler config, and the word for it in the project file.
pub const RECIPE: &str = "wrangler";

/// `own`, the project file's tree, laid over what the configs give; the first names the app.
pub(super) fn complete(files: &[WranglerFile], own: &Node, sources: &mut Sources) -> Node {
    let name = files.first().map(WranglerFile::name).unwrap_or_default();
    let source = sources.add(&name, &document(files, own).to_string());
    let (mut tree, _) = toml::parse(sources, source);
    tree.merge(own);
    Node { span: own.span, ..tree }
}

fn document(files: &[WranglerFile], own: &Node) -> DocumentMut {
    let mut document = DocumentMut::new();
    let name = files.first().and_then(WranglerFile::worker_name).filter(|name| is_identifier(name));
    document["app"] = value(name.unwrap_or("worker"));
    let names: Vec<String> = files.iter().map(WranglerFile::name).collect();
    document["wrangler"] = value(names.into_iter().collect::<Array>());
    document["environments"] = table();
    let can_be = |environment: &&String| is_identifier(environment) && !is_taken(own, environment);
    for environment in
        files.iter().flat_map(WranglerFile::environments).collect::<Vec<_>>().iter().filter(can_be)
    {
        document["environments"][environment] = table();
    }
    if !has_top_level(own) {
        document["environments"][TOP_LEVEL] = table();
        document["environments"][TOP_LEVEL]["wrangler_env"] = value("");
    }
    document
}

/// Whether an environment of the project file stands for this one of the config, or answers to its name.
fn is_taken(own: &Node, environment: &str) -> bool {
    let declared = own.get("environments").map(Node::entries).unwrap_or_default();
    declared.iter().any(|entry| {
        let text = |key: &str| entry.node.text(key);
        entry.key == environment
            || text("wrangler_env") == Some(environment)
            || text("alias") == Some(environment)
    })
}

fn has_top_level(own: &Node) -> bool {
    let declared = own.get("environments").map(Node::entries).unwrap_or_default();
    declared.iter().any(|entry| entry.node.text("wrangler_env") == Some("") || entry.key == TOP_LEVEL)
}
