//! `get`: shows one resource of the account with all its settings.

use super::Stopped;
use super::account_reader::looked;
use super::command_context::CommandContext;
use super::formats::of_values;
use super::globals::Format;
use crate::events::Problem;
use crate::op::{RefusalBasis, Value};
use crate::report::Exit;
use crate::report::values::{View, render};
use crate::run::get::{Document, GetQuery, NothingToShow, find, service, value};
use crate::run::ls::{Account, AccountReader};
use crate::run::{Error, Session, exit};

/// Show one thing of the account with all its settings
///
/// By its name, else by its id. In a project, it is said which environments name it. What may be a credential is not shown.
/// Where several jurisdictions have the name, all of them are shown.
///
/// Examples:
///   larder get kv SESSIONS
///   larder get r2 exports --jurisdiction eu
///   larder get ai_gateway main --format json
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[allow(clippy::doc_markdown)] // A shell would take the marks for its own.
pub struct Get {
    /// The service, as `kv` or `r2`
    service: String,
    /// A name or an id
    name: String,
    /// Only the one whose data must stay there; `default` for the one whose data may be anywhere
    #[arg(long, value_name = "NAME")]
    jurisdiction: Option<String>,
    /// The recipe whose names count; default: the one that `run` would take
    #[arg(long)]
    recipe: Option<String>,
    /// Nothing cut
    #[arg(long)]
    all: bool,
}

impl Get {
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        let service = service(shell.services, &self.service)?;
        looked(shell, vec![service], self.recipe.as_deref(), |session, look, account| {
            self.show(shell, session, look, account)
        })
    }

    fn show(
        &self,
        shell: &CommandContext,
        session: &Session,
        look: &AccountReader,
        mut account: Account,
    ) -> Result<Exit, Stopped> {
        let (jurisdiction, flags) = (self.jurisdiction.as_deref(), shell.flags());
        let wanted = GetQuery { name: &self.name, jurisdiction, flags: &flags };
        let rows = match find(&mut account, &wanted) {
            Ok(rows) => rows,
            Err(NothingToShow::Refused) => return Ok(exit::of_refusal(RefusalBasis::Account)),
            Err(NothingToShow::NotThere(problem)) => return Ok(told(shell, &problem)),
        };
        let rows = look.whole(session, rows).map_err(|failure| Error::failed(session, failure))?;
        let view = View::of(&shell.console, of_values(shell.globals.format));
        let view = View { all: self.all, whole: "--all", ..view };
        let values: Vec<Value> = rows.iter().map(|row| value(&account, row)).collect();
        match shell.globals.format {
            Format::Text => {
                let texts: Vec<String> = values.iter().map(|value| render(value, &view)).collect();
                shell.console.data(&texts.join("\n"));
            }
            Format::Json => shell.console.document(&Document::of(&account, &rows, &session.target.account)),
            _ => shell.console.data(&render(&Value::List(values), &view)),
        }
        Ok(exit::done(()))
    }
}

fn told(shell: &CommandContext, problem: &Problem) -> Exit {
    shell.console.failure(problem);
    exit::of_refusal(RefusalBasis::Account)
}
