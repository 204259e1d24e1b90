//! Suggests an existing file or folder with a similar path.

use super::meant::did_you_mean;
use super::nested_configs::LEFT_OUT;
use crate::system::files;
use std::collections::BTreeSet;
use std::path::Path;

/// A project with more is not searched to its end.
const ENTRIES_MAX: usize = 5000;

/// The path of a file below `folder` that is meant by `wanted`: one of almost that name beside it, one of that name, or of
/// almost that, in another folder. Only files whose names end like this are meant.
pub fn file(folder: &Path, wanted: &str, ending: &str) -> Option<String> {
    let found = files::some_below(folder, &LEFT_OUT, ENTRIES_MAX);
    let paths: Vec<&str> =
        found.iter().filter_map(|path| path.to_str()).filter(|path| path.ends_with(ending)).collect();
    among(&paths, wanted)
}

/// The same of a folder, of those that hold such files, at whatever depth.
pub fn folder(folder: &Path, wanted: &str, ending: &str) -> Option<String> {
    let found = files::some_below(folder, &LEFT_OUT, ENTRIES_MAX);
    let paths = found.iter().filter_map(|path| path.to_str()).filter(|path| path.ends_with(ending));
    let above = paths.flat_map(|path| Path::new(path).ancestors().skip(1)).filter_map(Path::to_str);
    let folders: BTreeSet<&str> = above.filter(|path| !path.is_empty()).collect();
    among(&folders.into_iter().collect::<Vec<_>>(), wanted)
}

fn among(paths: &[&str], wanted: &str) -> Option<String> {
    let (above, name) = parts(wanted);
    let beside: Vec<&str> = paths
        .iter()
        .map(|path| parts(path))
        .filter(|(other, _)| *other == above)
        .map(|(_, name)| name)
        .collect();
    let beside = || near_name(name, &beside).map(|near| format!("{above}{near}"));
    let of_name = |name: &str| paths.iter().find(|path| parts(path).1 == name).map(ToString::to_string);
    let names: Vec<&str> = paths.iter().map(|path| parts(path).1).collect();
    beside().or_else(|| of_name(name)).or_else(|| of_name(near_name(name, &names)?))
}

/// The folder with its `/`, and the name.
fn parts(path: &str) -> (&str, &str) {
    path.split_at(path.rfind('/').map_or(0, |at| at + 1))
}

/// What the names end with alike does not make them alike.
fn near_name<'a>(name: &str, others: &[&'a str]) -> Option<&'a str> {
    let (stem, ending) = name.split_at(name.find('.').unwrap_or(name.len()));
    let stems = others.iter().filter_map(|other| other.strip_suffix(ending));
    let near = did_you_mean(stem, stems)
        .and_then(|near| others.iter().find(|other| other.strip_suffix(ending) == Some(near)));
    let rest = others.iter().copied().filter(|other| !other.ends_with(ending));
    near.copied().or_else(|| did_you_mean(name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_near_one_is_found_before_one_of_that_name_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["data/tenants.json", "old/tenant.json", "node_modules/x/other.json", "data/limits.toml"]
        {
            let path = folder.path().join(path);
            files::make_folder(path.parent().unwrap()).unwrap();
            files::write_whole(&path, b"").unwrap();
        }
        let near = |wanted: &str, ending: &str| file(folder.path(), wanted, ending);
        assert_eq!(near("data/tenant.json", "").as_deref(), Some("data/tenants.json"));
        assert_eq!(near("limits.toml", "").as_deref(), Some("data/limits.toml"));
        assert_eq!(near("other.json", ""), None);
        assert_eq!(near("dat/limits.tml", "").as_deref(), Some("data/limits.toml"));
        assert_eq!(near("data/tenants.jsn", "").as_deref(), Some("data/tenants.json"));
        // The ending alone makes no name near.
        assert_eq!(near("data/x.json", ""), None);
        assert_eq!(near("data/limits.tom", ".json"), None);
        assert_eq!(near("a.toml", ""), None);
    }

    #[test]
    fn a_folder_that_holds_such_files_is_near_and_no_other() {
        let root = tempfile::tempdir().unwrap();
        for path in ["migrations/0001_a.sql", "packages/db/drizzle/0001/migration.sql", "migrating/notes.md"]
        {
            let path = root.path().join(path);
            files::make_folder(path.parent().unwrap()).unwrap();
            files::write_whole(&path, b"").unwrap();
        }
        let near = |wanted: &str| folder(root.path(), wanted, ".sql");
        assert_eq!(near("migration").as_deref(), Some("migrations"));
        assert_eq!(near("db/migrations").as_deref(), Some("migrations"));
        assert_eq!(near("drizzle").as_deref(), Some("packages/db/drizzle"));
        assert_eq!(near("migratings").as_deref(), Some("migrations"));
        assert_eq!(near("sql"), None);
    }
}
