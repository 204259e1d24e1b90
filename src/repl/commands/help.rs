//! `:help`: the commands, and short texts about topics.

use super::entry::{Argument, Command, CommandReply};
use super::topics::{about, topics};
use super::{COMMANDS, named};
use crate::escape::wrap::COLUMNS;
use crate::project::did_you_mean;
use crate::repl::Exploration;
use crate::run::manual;
use std::fmt::Write as _;

pub(super) const COMMAND: Command = Command {
    name: "help",
    short: &["h", "?"],
    usage: "[TOPIC]",
    argument: Argument::Topic,
    summary: "this list; more about a command, a topic or a function",
    about: "",
    run: |exploration, asked| Ok(help(exploration, asked.trim_start_matches(':'))),
};

fn help(exploration: &Exploration<'_>, asked: &str) -> CommandReply {
    if asked.is_empty() {
        return CommandReply::data(list());
    }
    if let Some(command) = named(asked) {
        let about = if command.about.is_empty() { String::new() } else { format!("\n{}", command.about) };
        return CommandReply::data(format!("{}{about}", line(command)));
    }
    if let Some(text) = about(asked) {
        return CommandReply::data(text.to_owned());
    }
    let columns = exploration.width().unwrap_or(COLUMNS);
    if let Some(page) = manual::page(asked, columns) {
        return CommandReply::data(page);
    }
    if let Ok(page) = exploration.reference().page(asked) {
        return CommandReply::data(page);
    }
    let names = topics().map(|(name, _)| name).chain(COMMANDS.iter().map(|command| command.name));
    let pages = manual::topics();
    let names = names.chain(pages.iter().map(|topic| topic.name));
    let hint = match did_you_mean(asked, names) {
        Some(near) => format!("did you mean `:help {near}`?"),
        None => "`:help` lists what there is".to_owned(),
    };
    CommandReply::failed(format!("there is no help about `{asked}`\nhint: {hint}\n"))
}

fn list() -> String {
    let mut text: String = COMMANDS.iter().map(line).collect();
    text.push_str("\nTopics, as in `:help values`\n");
    for (name, about) in topics() {
        let _ = writeln!(text, "{name:<16} {about}");
    }
    text.push_str("The manual has more topics, as `:help migrations`; `larder help` lists them.\n");
    text
}

fn line(command: &Command) -> String {
    let usage = format!(":{} {}", command.name, command.usage);
    format!("{:<16} {}\n", usage.trim_end(), command.summary)
}
