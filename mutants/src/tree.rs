//! The copy of the project in which every mutant stands behind its switch.

use crate::find::{constants_of, mutants_of};
use crate::mutant::Mutant;
use crate::rooms;
use crate::splice::{Spliced, splice};
use anyhow::{Context, Result, bail};
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The module that says which mutant is on; `COUNT` is put before it.
const SWITCH: &str = include_str!("switch.rs.txt");

pub struct Tree {
    /// The project.
    pub root: PathBuf,
    /// Everything that is made here: the copy, what is built of it, and what was learned of it.
    pub work: PathBuf,
    pub mutants: Vec<Mutant>,
    sources: BTreeMap<String, String>,
}

impl Tree {
    pub fn read(root: &Path) -> Result<Tree> {
        let mut sources = BTreeMap::new();
        for file in rooms::files(root)? {
            let source = fs::read_to_string(root.join(&file))?;
            sources.insert(file, source);
        }
        let mut constants = Vec::new();
        for source in sources.values() {
            constants.extend(constants_of(source)?);
        }
        let mut mutants = Vec::new();
        for (file, source) in &sources {
            mutants.extend(mutants_of(file, source, &constants)?);
        }
        Ok(Tree { root: root.to_owned(), work: root.join("target/mutants"), mutants, sources })
    }

    pub fn copy(&self) -> PathBuf {
        self.work.join("tree")
    }

    /// Brings the copy up to date, with the switches of all mutants but those that do not compile.
    pub fn write(&self, left_out: &HashSet<String>) -> Result<BTreeMap<String, Spliced>> {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&self.root)
            .output()?;
        if !listed.status.success() {
            bail!("git can't list the files of the project");
        }
        let mut spliced = BTreeMap::new();
        for name in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|name| !name.is_empty()) {
            let from = self.root.join(name);
            if !from.is_file() || name.starts_with("mutants/") {
                continue;
            }
            if let Some(source) = self.sources.get(name) {
                let of_file = self.mutants.iter().enumerate().filter(|(_, mutant)| mutant.file == name);
                let chosen: Vec<_> = of_file.filter(|(_, mutant)| !left_out.contains(&mutant.id())).collect();
                let with_switches = splice(source, &chosen);
                write_changed(&self.copy().join(name), with_switches.text.as_bytes(), &from)?;
                spliced.insert(name.to_owned(), with_switches);
            } else {
                let mut bytes = fs::read(&from)?;
                if name == "src/lib.rs" {
                    bytes.extend_from_slice(b"\n#[doc(hidden)]\npub mod mutant;\n");
                }
                write_changed(&self.copy().join(name), &bytes, &from)?;
            }
        }
        let switch = SWITCH.replacen(
            "enum Mode",
            &format!("const COUNT: usize = {};\n\nenum Mode", self.mutants.len()),
            1,
        );
        write_changed(&self.copy().join("src/mutant.rs"), switch.as_bytes(), &self.root.join("Cargo.toml"))?;
        Ok(spliced)
    }
}

/// Writes a file that differs; what does not keeps its time, so that nothing is built again for it.
fn write_changed(path: &Path, bytes: &[u8], like: &Path) -> Result<()> {
    if fs::read(path).is_ok_and(|now| now == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("`{}` can't be written", path.display()))?;
    fs::set_permissions(path, fs::metadata(like)?.permissions())?;
    Ok(())
}
