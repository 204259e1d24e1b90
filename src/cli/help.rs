//! `help`: the manual, and the help of commands.

use super::command_context::CommandContext;
use super::{Arguments, Stopped, pager};
use crate::escape::wrap::COLUMNS;
use crate::project::did_you_mean;
use crate::run::manual::{page, topics};
use crate::run::reference::reference;
use anyhow::anyhow;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt::Write as _;

/// Lines of text have no more columns, however wide the terminal is.
const COLUMNS_MAX: usize = 100;

/// Print a page of the manual, or the help of a command
///
/// Without a topic, commands and topics are listed. The pages are those of the folder `docs`, and a part of the program. Where
/// a command and a page have one name, both are printed.
///
/// Examples:
///   larder help
///   larder help plans
///   larder help local serve
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Help {
    /// A topic of the manual, or a command
    #[arg(value_parser = Topics, hide_possible_values = true)]
    topic: Vec<String>,
}

impl Help {
    pub fn run(self, shell: &CommandContext) -> Result<(), Stopped> {
        let columns = shell.console.stdout_columns().unwrap_or(COLUMNS).min(COLUMNS_MAX);
        if self.topic.is_empty() {
            pager::print(&shell.console, &overview());
            return Ok(());
        }
        let asked = self.topic.join("-");
        let of_command = help_of(&self.topic);
        let of_topic = page(&asked, columns);
        if of_command.is_none() && of_topic.is_none() {
            return Err(self.unknown(shell).into());
        }
        let parts = [of_command, of_topic];
        pager::print(&shell.console, &parts.into_iter().flatten().collect::<Vec<_>>().join("\n"));
        Ok(())
    }

    fn unknown(&self, shell: &CommandContext) -> anyhow::Error {
        let asked = self.topic.join(" ");
        let names = names();
        let near = did_you_mean(&self.topic.join("-"), names.iter().map(String::as_str));
        let hint = match near {
            Some(near) => format!("did you mean `larder help {near}`?"),
            None if reference(shell.services).page(&asked).is_ok() => {
                format!("`larder doc {asked}` explains it")
            }
            None => {
                "`larder help` lists commands and topics; `larder doc WORD` searches the functions".to_owned()
            }
        };
        anyhow!("there is no topic and no command `{asked}`\nhint: {hint}")
    }
}

/// What clap prints for `larder COMMAND --help`, if there is such a command.
fn help_of(words: &[String]) -> Option<String> {
    let mut command = Arguments::command();
    for word in words {
        command = command.find_subcommand(word)?.clone();
    }
    let line = ["larder"].into_iter().chain(words.iter().map(String::as_str)).chain(["--help"]);
    let help = Arguments::try_parse_from(line).err()?;
    (help.kind() == ErrorKind::DisplayHelp).then(|| help.render().ansi().to_string())
}

fn overview() -> String {
    let command = Arguments::command();
    let mut text = "Commands: `larder help COMMAND`, or `larder COMMAND --help`\n".to_owned();
    let width = names().iter().map(String::len).max().unwrap_or(0);
    for one in command.get_subcommands() {
        let about = one.get_about().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(text, "  {:<width$}  {about}", one.get_name());
    }
    text.push_str("\nTopics of the manual: `larder help TOPIC`\n");
    let mut section = "";
    for topic in topics() {
        if topic.section != section {
            section = topic.section;
            let _ = writeln!(text, "\n  {section}");
        }
        let _ = writeln!(text, "  {:<width$}  {}", topic.name, topic.about);
    }
    text.push_str("\n`larder doc WORD` searches the functions of recipes, `larder explain CODE` explains an error or a lint.\n");
    text
}

/// Every topic and command, once.
fn names() -> BTreeSet<String> {
    let topics = topics().into_iter().map(|topic| topic.name.to_owned());
    let command = Arguments::command();
    topics.chain(command.get_subcommands().map(|one| one.get_name().to_owned())).collect()
}

/// Any word; completions offer those that there are.
#[derive(Clone)]
struct Topics;

impl TypedValueParser for Topics {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(topics().into_iter().map(|topic| PossibleValue::new(topic.name))))
    }
}
