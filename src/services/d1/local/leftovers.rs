//! Deletes database files that a killed process has left: of databases that were about to be created, or had just
//! been deleted.
//!
//! **Invariant:** only what is named as a database names its files is removed.

use super::record::is_uuid;
use crate::system::files;
use std::io;
use std::path::Path;

/// Removes the files of all databases but the `known` ones.
pub(super) fn remove(folder: &Path, known: &[String]) -> io::Result<()> {
    let is_left = |name: &str| {
        let uuid = name.split('.').next().unwrap_or_default();
        is_uuid(uuid) && !known.iter().any(|known| known == uuid)
    };
    for name in files::folders(folder)?.iter().filter(|name| is_left(name)) {
        files::remove_folder(&folder.join(name))?;
    }
    for path in files::walk(folder)? {
        if path.to_str().is_some_and(|name| !name.contains('/') && is_left(name)) {
            files::remove_file(&folder.join(path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_databases_that_are_not_there_go() {
        let folder = tempfile::tempdir().unwrap();
        let (known, left) = ("fff1b8c0-c656-42b8-ba94-3f5417d85f66", "aaa1b8c0-c656-42b8-ba94-3f5417d85f66");
        for uuid in [known, left] {
            files::make_folder(&folder.path().join(uuid)).unwrap();
            for name in
                [format!("{uuid}.sqlite"), format!("{uuid}.sqlite-wal"), format!("{uuid}/00000001.sqlite")]
            {
                files::write_whole(&folder.path().join(name), b"").unwrap();
            }
        }
        files::write_whole(&folder.path().join("notes.txt"), b"").unwrap();
        remove(folder.path(), &[known.to_owned()]).unwrap();
        let names: Vec<String> =
            files::walk(folder.path()).unwrap().iter().map(|path| path.display().to_string()).collect();
        let expected =
            [format!("{known}/00000001.sqlite"), format!("{known}.sqlite"), format!("{known}.sqlite-wal")];
        assert_eq!(names, [&expected[..], &["notes.txt".to_owned()]].concat());
        assert_eq!(files::folders(folder.path()).unwrap(), [known]);
    }
}
