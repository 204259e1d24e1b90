//! The flags that every command takes.

use crate::http::{Protocol, WaitPolicy};
use crate::report::{Color, ReportFile, Verbosity};
use crate::run::WorkspaceOptions;
use crate::system::word;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// How results are written to standard output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// Of a run: one JSON event a line, as they happen; of values: one JSON value a line.
    Ndjson,
    /// Of values: a header, then a line for each row.
    Csv,
    /// Of `ids`: bindings for a `wrangler.toml`.
    Toml,
    /// Of `ids`: `NAME=id` lines.
    Dotenv,
    /// Of `check`: SARIF 2.1.0, as code scanning takes it.
    Sarif,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum When {
    #[default]
    Auto,
    Always,
    Never,
}

/// Flags of every command.
#[derive(clap::Args, Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // A switch is a bool.
pub struct Globals {
    /// The project's folder; default: the nearest one above with a `larder.toml`
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true)]
    pub directory: Option<PathBuf>,
    /// The environment, by name or alias
    #[arg(short, long, value_name = "NAME", global = true)]
    pub env: Option<String>,
    /// Work on the embedded local account, kept in `.larder/local` of the project or in DIR
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true, global = true)]
    pub local: Option<Option<PathBuf>>,
    /// With --local: how long each answer takes, for example `80ms`
    #[arg(long, value_name = "TIME", value_parser = duration, global = true, requires = "local")]
    pub latency: Option<Duration>,
    /// Set a value of the project file for this run, for example `vars.region=weur`
    #[arg(long = "set", value_name = "KEY=VALUE", global = true)]
    pub sets: Vec<String>,
    /// Write a report here, whatever the exit code; its ending says which: `.json`, `.ndjson` (events), `.xml` (JUnit)
    /// or `.html`
    #[arg(long = "report", value_name = "FILE", value_parser = ReportFile::parse, global = true)]
    pub reports: Vec<ReportFile>,
    /// How results are written to standard output
    #[arg(long, value_enum, default_value_t, global = true)]
    pub format: Format,
    /// Whether to colour
    #[arg(long, value_enum, default_value_t, global = true)]
    color: When,
    /// Say only what failed, and the summary
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say each request, too
    #[arg(short, long, global = true)]
    verbose: bool,
    /// In GitHub Actions: no masks, annotations, outputs and summary
    #[arg(long, global = true)]
    pub no_github: bool,
    #[command(flatten)]
    pace: TimeOptions,
    /// Answer every question with yes
    #[arg(long, global = true)]
    pub yes: bool,
    /// Read environment variables from FILE; those that are set already win
    #[arg(long = "env-file", value_name = "FILE", global = true)]
    pub env_files: Vec<PathBuf>,
    /// Trust this host, named by `CLOUDFLARE_API_BASE_URL`, with the credentials
    #[arg(long = "trust-api", value_name = "HOST", global = true)]
    pub trust_api: Option<String>,
}

/// How long a run may take, and whether it waits.
#[derive(clap::Args, Clone, Debug)]
struct TimeOptions {
    /// How long a run may take, for example `8m`: nothing is sent later, but to see what became of a write
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "8m", global = true)]
    deadline: Duration,
    /// Fail instead of waiting for the account's request limit
    #[arg(long, global = true)]
    no_wait: bool,
    /// Speak HTTP/1.1 with the API, where something on the way can't do HTTP/2
    #[arg(long, global = true)]
    http1: bool,
    /// Say where the time of a run went: the answers it waited for one after another, and each step
    #[arg(long, global = true)]
    timing: bool,
}

impl Globals {
    /// What they ask of a run.
    pub fn options(&self) -> WorkspaceOptions {
        WorkspaceOptions {
            is_folder_named: self.directory.is_some(),
            env: self.env.clone(),
            local: self.local.clone(),
            latency: self.latency,
            sets: self.sets.clone(),
            trust_api: self.trust_api.clone(),
            whereabouts: self.whereabouts(),
            patience: WaitPolicy { deadline: Some(self.pace.deadline), is_short: self.pace.no_wait },
            protocol: if self.pace.http1 { Protocol::Http1 } else { Protocol::Negotiated },
        }
    }

    /// Whether to colour.
    pub fn color(&self) -> Color {
        match self.color {
            When::Auto => Color::Auto,
            When::Always => Color::Always,
            When::Never => Color::Never,
        }
    }

    /// What a command line needs to work in the same folder, on the same account and with the same values as this one.
    fn whereabouts(&self) -> String {
        let mut flags = String::new();
        let mut add = |flag: &str, value: &dyn std::fmt::Display| {
            let value = value.to_string();
            // `--local` alone has none.
            let value = if value.is_empty() { value } else { word(&value) };
            let _ = write!(flags, " {flag}{value}");
        };
        if let Some(folder) = &self.directory {
            add("-C ", &folder.display());
        }
        match &self.local {
            Some(Some(folder)) => add("--local=", &folder.display()),
            Some(None) => add("--local", &""),
            None => {}
        }
        self.sets.iter().for_each(|set| add("--set ", set));
        self.env_files.iter().for_each(|file| add("--env-file ", &file.display()));
        flags
    }

    /// Whether a run says where its time went.
    pub fn timing(&self) -> bool {
        self.pace.timing
    }

    /// How much is said.
    pub fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        }
    }
}

/// `80ms`, `2s` or `8m`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time such as `80ms`, `2s` or `8m`");
    let units = [("ms", 1), ("s", 1000), ("m", 60_000)];
    let (number, unit) =
        units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit))).ok_or_else(wrong)?;
    let ms = number.parse::<u64>().ok().and_then(|number| number.checked_mul(*unit)).ok_or_else(wrong)?;
    Ok(Duration::from_millis(ms))
}
