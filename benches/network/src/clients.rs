//! The programs that npm installs, as pinned by `clients/package-lock.json`, in a folder beside this program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FILES: &[(&str, &str)] = &[
    ("package.json", include_str!("../clients/package.json")),
    ("package-lock.json", include_str!("../clients/package-lock.json")),
    (".npmrc", include_str!("../clients/.npmrc")),
    ("sdk.mjs", include_str!("../clients/sdk.mjs")),
    ("alchemy.mjs", include_str!("../clients/alchemy.mjs")),
    ("wrangler-job.sh", include_str!("../clients/wrangler-job.sh")),
];

/// Written once all is installed, with the lock file that it was installed from.
const INSTALLED: &str = "installed";

/// Where the programs are.
pub struct Clients {
    pub folder: PathBuf,
    /// Why there are none.
    pub missing: Option<String>,
}

impl Clients {
    /// Installs what is not there yet.
    pub fn install() -> Self {
        let own = std::env::current_exe().expect("the path of this program");
        let folder = own.with_file_name("clients");
        fs::create_dir_all(&folder).expect("a folder for the clients");
        let stamp = folder.join(INSTALLED);
        let lock = FILES[1].1;
        let is_installed = fs::read_to_string(&stamp).is_ok_and(|text| text == lock);
        for (name, text) in FILES {
            fs::write(folder.join(name), text).expect("a file of the clients");
        }
        let missing = if is_installed { None } else { npm(&folder).err() };
        if missing.is_none() {
            fs::write(stamp, lock).expect("a file of the clients");
        }
        Clients { folder, missing }
    }

    /// The folder that a path has in front, for programs that look for `node`.
    pub fn programs(&self) -> PathBuf {
        self.folder.join("node_modules/.bin")
    }

    /// The version of an installed package.
    pub fn version(&self, package: &str) -> Option<String> {
        let text = fs::read_to_string(self.folder.join("node_modules").join(package).join("package.json"));
        let text = text.ok()?;
        let (_, rest) = text.split_once("\"version\"")?;
        rest.split('"').nth(1).map(str::to_owned)
    }
}

fn npm(folder: &Path) -> Result<(), String> {
    eprintln!("installing the clients in {}", folder.display());
    let mut command = Command::new("npm");
    command.args(["ci", "--loglevel=error"]).current_dir(folder).stdout(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`npm ci` ended with {status}")),
        Err(error) => Err(format!("`npm` cannot be started: {error}")),
    }
}
