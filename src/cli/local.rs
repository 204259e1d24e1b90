//! `local`: the local account as a server.

use super::command_context::CommandContext;
use super::globals::Format;
use super::{Stopped, formats, interrupt};
use crate::local::fault::{Fault, FaultEffect, NAMED};
use crate::local::{Account, AccountOptions, RequestLimit, Served, Server};
use crate::op::Value;
use crate::report::Verbosity;
use crate::report::values::{FIRST, row};
use crate::run::{exit, local};
use crate::secret::Secret;
use crate::system::{SystemClock, end_process};
use anyhow::anyhow;
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The embedded local account: serve it to other clients, look at it, start it anew
#[derive(clap::Args)]
pub struct Local {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Serve it on 127.0.0.1, for wrangler, SDKs and a browser
    ///
    /// Prints the environment variables that point a client at it.
    ///
    /// Examples:
    ///   larder local serve
    ///   larder local serve --port 0 --permission 'D1 Read'
    ///   larder local serve -v --token .larder/token
    #[command(verbatim_doc_comment)]
    Serve {
        /// The port; 0 takes a free one
        #[arg(long, default_value_t = 8976)]
        port: u16,
        /// Issue a token with these permission groups only, for example `D1 Read`
        #[arg(long = "permission", value_name = "NAME")]
        permissions: Vec<String>,
        /// Keep the token in FILE: the one that is there, or a new one; without it each start has its own
        #[arg(long = "token", value_name = "FILE")]
        token: Option<PathBuf>,
        /// How long each answer takes, in milliseconds
        #[arg(long = "delay", value_name = "MS", default_value_t = 0)]
        delay_ms: u64,
        /// How much longer the first answer on each new connection takes, in milliseconds
        #[arg(long = "connection-delay", value_name = "MS", default_value_t = 0)]
        connection_delay_ms: u64,
        /// Play a fault: at the Nth request (`502-html-applied@3`), from it on (`401@5+`) or at all (`429@*`);
        /// `larder local faults` lists the kinds
        #[arg(long = "fault", value_name = "KIND@N")]
        faults: Vec<Fault>,
        /// How many requests it answers in five minutes before it says 429; 0 counts none
        #[arg(long, value_name = "N", default_value_t = RequestLimit::REAL.requests)]
        rate_limit: u64,
        /// How many bytes of an import or export it works off in a second, while D1 closes the database to everything
        /// else; 0 takes no time
        #[arg(long = "transfer-rate", value_name = "BYTES", default_value_t = 0)]
        transfer_bytes_per_s: u64,
    },
    /// List the faults that `serve --fault` can play
    ///
    /// Examples:
    ///   larder local faults
    #[command(verbatim_doc_comment)]
    Faults,
    /// List what is in it
    ///
    /// Examples:
    ///   larder local show
    ///   larder local show --format csv
    ///   larder local show --digest
    #[command(verbatim_doc_comment)]
    Show {
        /// Print only a digest of everything in it
        #[arg(long)]
        digest: bool,
    },
    /// Remove everything in it
    ///
    /// Examples:
    ///   larder local reset
    #[command(verbatim_doc_comment)]
    Reset,
}

impl Local {
    /// The formats that it has.
    pub fn formats(&self) -> &'static [Format] {
        match self.command {
            Command::Show { digest: false } | Command::Faults => formats::VALUES,
            Command::Show { digest: true } | Command::Serve { .. } | Command::Reset => formats::TEXT,
        }
    }

    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        match self.command {
            Command::Serve {
                port,
                permissions,
                token,
                delay_ms,
                connection_delay_ms,
                faults,
                rate_limit,
                transfer_bytes_per_s,
            } => {
                let latency = shell.options.latency.unwrap_or(Duration::from_millis(delay_ms));
                let limit = Some(RequestLimit { requests: rate_limit, ..RequestLimit::REAL })
                    .filter(|_| rate_limit > 0);
                let transfer_bytes_per_s = Some(transfer_bytes_per_s).filter(|rate| *rate > 0);
                let connection_latency = Duration::from_millis(connection_delay_ms);
                let options = AccountOptions {
                    latency,
                    connection_latency,
                    limit,
                    transfer_bytes_per_s,
                    ..AccountOptions::default()
                };
                let token = token.map(|file| shell.folder.join(file));
                serve(shell, port, TokenRequest { permissions, token }, options, faults)
            }
            Command::Faults => {
                faults(shell);
                Ok(())
            }
            Command::Show { digest } => show(shell, digest),
            Command::Reset => {
                local::reset(shell)?;
                shell.console.talk("the local account is empty\n");
                Ok(())
            }
        }
    }
}

/// Those that have a name.
fn faults(shell: &CommandContext) {
    let rows = NAMED.iter().map(|(name, kind, effect)| {
        let effect = if *effect == FaultEffect::Applied { "applied" } else { "not applied" };
        row([
            ("name", Value::Str((*name).to_owned())),
            ("effect", Value::Str(effect.to_owned())),
            ("what", Value::Str(kind.words())),
        ])
    });
    formats::print(shell, rows.collect(), FIRST);
}

/// What token is asked for.
struct TokenRequest {
    permissions: Vec<String>,
    /// The file that it is kept in.
    token: Option<PathBuf>,
}

impl TokenRequest {
    fn token(&self, account: &Account) -> Result<SecretString, Stopped> {
        let permissions: Vec<&str> = self.permissions.iter().map(String::as_str).collect();
        Ok(match &self.token {
            Some(file) => local::token::kept(account, file, &permissions)?,
            None if permissions.is_empty() => account.session_token(),
            None => account.issue_token(&permissions)?,
        })
    }
}

/// Tells of what clients ask for, on standard error.
fn listen(shell: &CommandContext, account: &Account) {
    let console = shell.console.clone();
    account.on_unroutable(move |lacking| console.talk(&format!("{lacking}\n")));
    if shell.globals.verbosity() < Verbosity::Verbose {
        return;
    }
    let console = shell.console.clone();
    account.on_served(move |Served { method, path, status, took }| {
        let answer = status.map_or("no answer".to_owned(), |status| status.to_string());
        console.talk(&format!("{method} {path} {answer} in {} ms\n", took.as_millis()));
    });
}

fn serve(
    shell: &CommandContext,
    port: u16,
    asked: TokenRequest,
    options: AccountOptions,
    faults: Vec<Fault>,
) -> Result<(), Stopped> {
    let root = shell.root()?;
    let account = Arc::new(local::open(shell, &root, Arc::new(SystemClock::default()), options)?);
    for fault in faults {
        account.inject(fault);
    }
    let token = asked.token(&account)?;
    listen(shell, &account);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let server = Server::start(account.clone(), runtime.handle(), port)?;
    let base_url = server.base_url();
    // Either signal ends it as it was meant to end, from when somebody can know of it.
    let (ears, mut signals) = interrupt::ears()?;
    // wrangler reads the first variable, Cloudflare's SDKs the second (WR-15, CL-1): without it they would send the token to
    // the real API. The token opens nothing but this account, and people have to paste it: the one secret that is printed.
    shell.console.data(&format!(
        "CLOUDFLARE_API_BASE_URL={base_url}\nCLOUDFLARE_BASE_URL={base_url}\nCLOUDFLARE_ACCOUNT_ID={}\nCLOUDFLARE_API_TOKEN={}\n",
        account.id(),
        token.expose_secret()
    ));
    shell.console.redactor().register(&Secret::new(token.expose_secret().to_owned()));
    shell.console.talk(&format!("a page of what is in it: http://{}/\n", server.address()));
    let ask = ears.block_on(signals.next());
    // A request that does not end keeps the rest of this from ending.
    let given_up = async move {
        interrupt::last_words(None, &mut signals).await;
        end_process(exit::of_signal(interrupt::signal_of(ask)).code());
    };
    std::thread::Builder::new().spawn(move || ears.block_on(given_up))?;
    drop(server);
    Ok(())
}

/// For people, nothing is said of an empty account.
fn print(shell: &CommandContext, rows: Vec<Value>) {
    if shell.globals.format != Format::Text || !rows.is_empty() {
        formats::print(shell, rows, &["service", "kind", "name", "id"]);
    }
}

fn show(shell: &CommandContext, digest: bool) -> Result<(), Stopped> {
    let Some(account) = local::kept(shell)? else {
        shell.console.talk("there is no local account yet: `--local` makes one\n");
        if !digest {
            print(shell, Vec::new());
        }
        return Ok(());
    };
    let failed =
        |failure: crate::local::ErrorReply| anyhow!("can't read the local account: {:?}", failure.code());
    if digest {
        shell.console.data(&format!("{}\n", account.digest().map_err(failed)?));
        return Ok(());
    }
    let text = |text: &str| Value::Str(text.to_owned());
    let resources = account.resources().map_err(failed)?;
    let rows = resources.iter().map(|(service, resource)| {
        row([
            ("service", text(service)),
            ("kind", text(resource.kind)),
            ("name", text(&resource.name)),
            ("id", text(&resource.id)),
        ])
    });
    print(shell, rows.collect());
    for kept in account.kept_beside().map_err(failed)? {
        shell.console.talk(&format!("{kept}\n"));
    }
    Ok(())
}
