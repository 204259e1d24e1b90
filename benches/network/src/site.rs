//! A project in a folder of its own, and a local account that is served for it.

use crate::forwarder::Forwarder;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

const PROJECT: &str = r#"app = "shop"
steps = [["kv", "r2", "vectorize", "ai_gateway", "d1"]]
[kv]
namespaces = ["A", "B", "C", "D", "E", "F"]
[r2]
buckets = ["a", "b", "c"]
[vectorize.indexes.main]
dimensions = 768
metric = "cosine"
[ai_gateway.gateways.main]
cache_ttl = 3600
[d1.databases.db]
migrations = "migrations"
[environments.dev]
"#;

pub struct Site {
    folder: PathBuf,
    binary: PathBuf,
    server: Child,
    pub forwarder: Forwarder,
    pub account: String,
    pub token: String,
    migrations: usize,
}

impl Site {
    /// Six migrations, and an account with nothing in it.
    pub fn new(binary: &Path, latency: u64) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("larder-network-bench-{}-{number}", std::process::id()));
        fs::create_dir_all(folder.join("migrations")).expect("a folder");
        fs::write(folder.join("larder.toml"), PROJECT).expect("a project file");
        let mut server = Command::new(binary)
            .args(["local", "serve", "--port", "0", "--rate-limit", "0", "--delay", &latency.to_string()])
            .current_dir(&folder)
            .env_clear()
            .env("HOME", &folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a served account");
        let lines = BufReader::new(server.stdout.take().expect("its output")).lines();
        let variables: Vec<String> = lines.take(4).map(|line| line.expect("a variable")).collect();
        let value = |name: &str| {
            let line = variables.iter().find_map(|line| line.strip_prefix(&format!("{name}=")));
            line.unwrap_or_else(|| panic!("no {name} in {variables:?}")).to_owned()
        };
        let base = value("CLOUDFLARE_API_BASE_URL");
        let address = base.trim_start_matches("http://").split('/').next().unwrap_or_default();
        let forwarder = Forwarder::start(address.parse().expect("an address"));
        let (account, token) = (value("CLOUDFLARE_ACCOUNT_ID"), value("CLOUDFLARE_API_TOKEN"));
        let mut site =
            Site { folder, binary: binary.to_owned(), server, forwarder, account, token, migrations: 0 };
        (0..6).for_each(|_| site.add_migration());
        site
    }

    pub fn add_migration(&mut self) {
        self.migrations += 1;
        let number = self.migrations;
        let sql = format!("CREATE TABLE t{number} (id INTEGER PRIMARY KEY, name TEXT);\n");
        fs::write(self.folder.join(format!("migrations/{number:04}_t.sql")), sql).expect("a migration");
    }

    /// Larder in the folder, over the forwarder.
    pub fn larder(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).current_dir(&self.folder);
        command.env("CLOUDFLARE_API_BASE_URL", format!("http://{}/client/v4", self.forwarder.address));
        command.env("CLOUDFLARE_ACCOUNT_ID", &self.account).env("CLOUDFLARE_API_TOKEN", &self.token);
        command
    }

    /// Brings everything up to date.
    pub fn run_once(&self) {
        let output = self.larder(&["run", "-e", "dev"]).output().expect("a run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
        drop(fs::remove_dir_all(&self.folder));
    }
}
