//! The programs that are measured, and how each is called.

use crate::clients::Clients;
use crate::site::Site;
use std::process::Command;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    Larder,
    SdkSequence,
    SdkParallel,
    Alchemy,
    Wrangler,
    CurlSequence,
    CurlTogether,
}

/// The listings that a no-op needs, below the account.
const LISTINGS: [&str; 5] =
    ["storage/kv/namespaces", "r2/buckets", "vectorize/v2/indexes", "ai-gateway/gateways", "d1/database"];

/// Keeps programs of npm from asking questions and from calling home.
const QUIET: [(&str, &str); 9] = [
    ("CI", "true"),
    ("NO_COLOR", "1"),
    ("DO_NOT_TRACK", "1"),
    ("NO_UPDATE_NOTIFIER", "1"),
    ("WRANGLER_SEND_METRICS", "false"),
    ("WRANGLER_HIDE_BANNER", "true"),
    ("ALCHEMY_TELEMETRY_DISABLED", "1"),
    // Its state lies in the folder, and is gone with it.
    ("ALCHEMY_CI_STATE_STORE_CHECK", "false"),
    ("NODE_NO_WARNINGS", "1"),
];

impl Client {
    /// What the table calls it.
    pub fn name(self, clients: &Clients) -> String {
        let package = |label: &str, package: &str, rest: &str| {
            let version = clients.version(package).map(|version| format!(" {version}")).unwrap_or_default();
            format!("{label}{version}{rest}")
        };
        match self {
            Client::Larder => "larder".to_owned(),
            Client::SdkSequence => package("SDK", "cloudflare", ", in sequence"),
            Client::SdkParallel => package("SDK", "cloudflare", ", in parallel"),
            Client::Alchemy => package("alchemy", "alchemy", " --adopt"),
            Client::Wrangler => package("wrangler", "wrangler", ", one call each"),
            Client::CurlSequence => "curl, the listings in sequence".to_owned(),
            Client::CurlTogether => "curl, the listings together".to_owned(),
        }
    }

    /// Why this machine does not have it.
    pub fn missing(self, clients: &Clients) -> Option<String> {
        match self {
            Client::Larder => None,
            Client::CurlSequence | Client::CurlTogether => {
                match Command::new("curl").arg("--version").output() {
                    Ok(_) => None,
                    Err(error) => Some(format!("`curl` cannot be started: {error}")),
                }
            }
            Client::SdkSequence | Client::SdkParallel | Client::Alchemy | Client::Wrangler => {
                clients.missing.clone()
            }
        }
    }

    /// The call in a site.
    pub fn command(self, site: &Site, clients: &Clients) -> Command {
        let script = |name: &str| clients.folder.join(name);
        let node = |name: &str, argument: &str| {
            let own = clients.programs().join("node");
            let program = if own.exists() { own } else { "node".into() };
            let mut command = Command::new(program);
            command.arg(script(name)).arg(argument);
            command
        };
        let mut command = match self {
            Client::Larder => {
                let mut command = Command::new(&site.binary);
                command.args(["run", "-e", "dev"]);
                command
            }
            Client::SdkSequence => node("sdk.mjs", "sequence"),
            Client::SdkParallel => node("sdk.mjs", "parallel"),
            Client::Alchemy => node("alchemy.mjs", "--adopt"),
            Client::Wrangler => {
                let mut command = Command::new("sh");
                command.arg(script("wrangler-job.sh")).arg(clients.programs().join("wrangler"));
                command
            }
            Client::CurlSequence => curl(site, &[]),
            Client::CurlTogether => curl(site, &["--parallel"]),
        };
        site.point(&mut command);
        if !matches!(self, Client::Larder) {
            command.envs(QUIET);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(clients.programs()).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(folders).expect("a path"));
        command
    }
}

fn curl(site: &Site, options: &[&str]) -> Command {
    let mut command = Command::new("curl");
    command.args(["--silent", "--no-progress-meter", "--fail"]).args(options);
    command.args(["--header", &format!("authorization: Bearer {}", site.token)]);
    for listing in LISTINGS {
        let url = format!("http://{}/client/v4/accounts/{}/{listing}", site.forwarder.address, site.account);
        command.args(["--output", "/dev/null", &url]);
    }
    command
}
