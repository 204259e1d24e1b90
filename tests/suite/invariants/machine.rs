//! What a run leaves on the machine: files and processes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// F1 and H1: what lies in a folder is what lay there, old or complete and new, and nothing else.
pub fn folder(path: &Path, allowed: &BTreeMap<String, Vec<Option<Vec<u8>>>>) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in names(path) {
        if !allowed.contains_key(&name) {
            wrong.push(format!("H1: {name} was left behind"));
        }
    }
    for (name, forms) in allowed {
        let now = larder::system::files::read_bytes(&path.join(name), 1 << 24).ok();
        if !forms.contains(&now) {
            wrong.push(format!("F1: {name} is neither old nor new: {now:?}"));
        }
    }
    wrong
}

/// Every file below a folder, hidden ones too.
pub fn names(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left = vec![folder.to_owned()];
    while let Some(at) = left.pop() {
        for entry in std::fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// H2: processes that are still at work in a folder.
pub fn orphans(folder: &Path) -> Vec<String> {
    let folder = std::fs::canonicalize(folder).unwrap();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let at_work =
        |path: &Path| std::fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&folder));
    let processes = processes.flatten().map(|entry| entry.path()).filter(|path| at_work(path));
    processes.map(|path| format!("H2: {} is still at work", path.display())).collect()
}
