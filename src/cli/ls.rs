//! `ls`: what is in the account.

use super::Stopped;
use super::account_reader::looked;
use super::command_context::CommandContext;
use super::formats::of_values;
use super::globals::Format;
use crate::op::Value;
use crate::report::Exit;
use crate::report::values::{View, render};
use crate::run::get::service;
use crate::run::ls::{Account, AccountEntry, Document};
use crate::run::{Session, exit};
use anyhow::anyhow;
use std::fmt::Write as _;

/// List what is in the account, and who names it
///
/// Everything that the account has of each service, or of those that are given, in all jurisdictions. In a project, each
/// environment's recipe is asked what it names, without writing: what no environment names is named by nobody. Without one,
/// the account is listed as it is. Ends with 1 where a service could not be listed, and with `--unnamed` where an environment
/// could not be asked for all its names: then it is not known what nobody names.
///
/// Examples:
///   larder ls
///   larder ls kv r2
///   larder ls -e production --unnamed --format csv
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Ls {
    /// Services, as `kv` or `r2`; default: all
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// Only what no environment of the project names
    #[arg(long)]
    unnamed: bool,
    /// The recipe whose names count; default: the one that `run` would take
    #[arg(long)]
    recipe: Option<String>,
    /// Every column, and nothing cut
    #[arg(long)]
    all: bool,
}

impl Ls {
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let mut services = Vec::new();
        for name in &self.services {
            let found = service(shell.services, name)?;
            if services.iter().all(|known: &&crate::services::Service| known.name != found.name) {
                services.push(found);
            }
        }
        if services.is_empty() {
            services = shell.services.iter().collect();
        }
        looked(shell, services, self.recipe.as_deref(), |session, _, account| {
            self.show(shell, session, account)
        })
    }

    fn show(&self, shell: &CommandContext, session: &Session, mut account: Account) -> Result<Exit, Stopped> {
        let count = match account.environments {
            Some(_) if account.is_known => {
                format!("{} of {} named by nobody\n", account.unnamed(), account.rows.len())
            }
            Some(_) => {
                format!("of {} of {} it is not known who names them\n", account.unnamed(), account.rows.len())
            }
            None => String::new(),
        };
        if self.unnamed {
            if account.environments.is_none() {
                let why =
                    "nothing says what is named: there is no environment to ask\nhint: leave `--unnamed` out";
                return Err(anyhow!(why).into());
            }
            account.rows.retain(|row| row.named_by.is_empty());
        }
        let view = View::of(&shell.console, of_values(shell.globals.format));
        let view = View { all: self.all, whole: "--all", ..view };
        match shell.globals.format {
            Format::Text => shell.console.data(&format!("{}{count}", text(&account, &view, self.unnamed))),
            Format::Json => shell.console.document(&Document::of(&account, &session.target.account)),
            // A table without rows has its columns.
            Format::Csv if account.rows.is_empty() => {
                let rows = render(&Value::List(vec![account.blank()]), &view);
                shell.console.data(rows.split_inclusive('\n').next().unwrap_or_default());
            }
            _ => shell.console.data(&render(&account.values(account.rows.iter()), &view)),
        }
        let is_open = self.unnamed && !account.is_known;
        Ok(exit::of_findings(!account.refused.is_empty() || is_open))
    }
}

/// A table for each service; with `are_few`, only for those that have something.
fn text(account: &Account, view: &View, are_few: bool) -> String {
    let mut text = String::new();
    for listed in account.asked.iter().copied() {
        let rows: Vec<&AccountEntry> = account.rows_of(listed.name).collect();
        let is_refused = account.refused.iter().any(|refused| refused.service.name == listed.name);
        if is_refused || (are_few && rows.is_empty()) {
            continue;
        }
        let what = match rows.len() {
            0 => "none".to_owned(),
            1 => format!("1 {}", listed.resource),
            count => format!("{count} {}", listed.resources),
        };
        let _ = writeln!(text, "{}: {what}", listed.name);
        if !rows.is_empty() {
            text += &render(&without_service(account.values(rows.into_iter())), view);
        }
        text.push('\n');
    }
    text
}

/// Rows of one service: which it is stands above them, and a column that says nothing of any is left out.
fn without_service(rows: Value) -> Value {
    let Value::List(mut rows) = rows else { return rows };
    let is_open = rows.iter().all(|row| matches!(row.get("jurisdiction"), None | Some(Value::Unit)));
    let is_by_name = rows.iter().all(|row| row.text("id") == row.text("name"));
    for row in &mut rows {
        if let Value::Map(columns) = row {
            columns.retain(|column, _| match column.as_str() {
                "service" => false,
                "jurisdiction" => !is_open,
                "id" => !is_by_name,
                _ => true,
            });
            for open in columns.values_mut().filter(|value| matches!(value, Value::Unit)) {
                *open = Value::Str("default".to_owned());
            }
        }
    }
    Value::List(rows)
}
