//! A project in a folder of its own, and a local account that is served for it.

use crate::cases::{Begins, Case};
use crate::client::Client;
use crate::clients::Clients;
use crate::forwarder::Forwarder;
use crate::project::add_migration;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Where Alchemy keeps its state, if it is let.
const ALCHEMY_STATE: &str = ".alchemy";

/// A folder that goes when this does.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("larder-network-bench-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder");
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

pub struct Site {
    // The server ends before its folder goes.
    server: Server,
    folder: Folder,
    pub binary: PathBuf,
    pub forwarder: Forwarder,
    pub account: String,
    pub token: String,
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let id = i32::try_from(self.0.id()).expect("a process id");
        // One that has ended already is no harm.
        let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        drop(self.0.wait());
    }
}

/// How long things take in a site.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delays {
    pub answer_ms: u64,
    /// Before the first byte of a connection passes.
    pub connection_ms: u64,
}

impl Site {
    pub fn new(binary: &Path, folder: Folder, delays: Delays) -> Self {
        let mut server = Command::new(binary)
            .args(["local", "serve", "--port", "0", "--rate-limit", "0"])
            .args(["--delay", &delays.answer_ms.to_string()])
            .current_dir(&folder.0)
            .env_clear()
            .env("HOME", &folder.0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a served account");
        let lines = BufReader::new(server.stdout.take().expect("its output")).lines();
        let server = Server(server);
        let variables: Vec<String> = lines.take(4).map(|line| line.expect("a variable")).collect();
        let value = |name: &str| {
            let line = variables.iter().find_map(|line| line.strip_prefix(&format!("{name}=")));
            line.unwrap_or_else(|| panic!("no {name} in {variables:?}")).to_owned()
        };
        let base = value("CLOUDFLARE_API_BASE_URL");
        let address = base.trim_start_matches("http://").split('/').next().unwrap_or_default();
        let connection_delay = Duration::from_millis(delays.connection_ms);
        let forwarder = Forwarder::start(address.parse().expect("an address"), connection_delay);
        let (account, token) = (value("CLOUDFLARE_ACCOUNT_ID"), value("CLOUDFLARE_API_TOKEN"));
        Site { server, folder, binary: binary.to_owned(), forwarder, account, token }
    }

    /// What a case begins with, as the client itself has left it, or Larder where only the account counts.
    pub fn prepared(binary: &Path, case: &Case, client: Client, clients: &Clients) -> Folder {
        let folder = Folder::new();
        case.project.write(&folder.0);
        if case.begins == Begins::Empty {
            return folder;
        }
        let site = Site::new(binary, folder, Delays::default());
        let maker = if client == Client::Alchemy { Client::Alchemy } else { Client::Larder };
        finish(maker.command(&site, clients));
        if case.begins != (Begins::Done { knows_id: false }) {
            let mut command = Command::new(binary);
            command.args(["ids", "-e", "dev", "--write", "--yes"]);
            site.point(&mut command);
            finish(command);
        }
        let Site { server, folder, .. } = site;
        drop(server);
        // A job begins with a fresh checkout, and `--adopt` is for what is there already.
        drop(fs::remove_dir_all(folder.0.join(ALCHEMY_STATE)));
        if case.begins == Begins::Behind {
            add_migration(&folder.0, case.project.migrations + 1);
        }
        folder
    }

    /// Makes a command work in the folder, over the forwarder, with no variables but these.
    pub fn point(&self, command: &mut Command) {
        let base = format!("http://{}/client/v4", self.forwarder.address);
        command.current_dir(&self.folder.0).env_clear().env("HOME", &self.folder.0);
        command.env("CLOUDFLARE_API_BASE_URL", &base).env("CLOUDFLARE_BASE_URL", &base);
        command.env("CLOUDFLARE_ACCOUNT_ID", &self.account).env("CLOUDFLARE_API_TOKEN", &self.token);
    }
}

fn finish(mut command: Command) {
    let output = command.output().expect("a process");
    assert!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
}

/// A folder with the same in it.
pub fn copy_of(folder: &Folder) -> Folder {
    let copy = Folder::new();
    copy_all(&folder.0, &copy.0);
    copy
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().expect("a type").is_dir() {
            copy_all(&source, &target);
        } else {
            fs::copy(&source, &target).expect("a copy");
        }
    }
}
