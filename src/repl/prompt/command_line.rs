//! Parses the commands of the session and their arguments.

use super::Prompt;
use crate::repl::commands::{Argument, COMMANDS, named};
use crate::run::manual::{self, Topic};
use crate::script::complete::{Candidate, without_types};
use crate::script::docs::{Item, ItemKind};

impl Prompt {
    /// What the line can become, and where that begins; `None` where what follows the command is an entry.
    pub(super) fn command_line(&self, before: &str) -> Option<(usize, Vec<Candidate>)> {
        let Some(space) = before.find(char::is_whitespace) else {
            let all = COMMANDS.iter().map(|one| {
                let name = format!(":{}", one.name);
                let show = format!("{name} {}", one.usage);
                Candidate::new(name, show.trim_end(), one.summary)
            });
            return Some((0, all.filter(|one| one.insert.starts_with(before)).collect()));
        };
        let command = named(&before[1..space])?;
        let begin = space + (before.len() - space) - before[space..].trim_start().len();
        let typed = &before[begin..];
        let words = |words: &[&str]| words.iter().map(|word| Candidate::word(*word, "")).collect();
        let mut found: Vec<Candidate> = match command.argument {
            Argument::Entry => return None,
            Argument::Nothing => Vec::new(),
            Argument::Words(all) => words(all),
            Argument::Environment => self.environments.iter().map(|name| Candidate::word(name, "")).collect(),
            Argument::Path => self.completion(|on| on.paths(typed, "")),
            Argument::Topic => {
                let commands = COMMANDS.iter().map(|one| Candidate::word(one.name, one.summary));
                let topics = crate::repl::commands::topics();
                let own: Vec<Candidate> =
                    topics.map(|(name, about)| Candidate::word(name, about)).chain(commands).collect();
                let is_new = |topic: &Topic| own.iter().all(|one| one.insert != topic.name);
                let pages = manual::topics().into_iter().filter(is_new);
                let pages: Vec<Candidate> =
                    pages.map(|topic| Candidate::word(topic.name, topic.about)).collect();
                own.into_iter().chain(pages).collect()
            }
            Argument::Name => self.documented(typed),
        };
        found.retain(|one| one.insert.starts_with(typed));
        Some((begin, found))
    }

    /// Names of the reference: parts first, then what is in one.
    fn documented(&self, typed: &str) -> Vec<Candidate> {
        let reference = self.reference();
        let mut found: Vec<Candidate> = if typed.is_empty() {
            let sections = reference.sections.iter();
            sections.map(|section| Candidate::word(&section.name, &section.title)).collect()
        } else {
            // Options stand on the pages of their functions.
            let is_own = |item: &&Item| item.sort != ItemKind::Option || typed.contains('.');
            let items = reference.items().filter(is_own).filter(|item| item.name.starts_with(typed));
            let shown = |form: &String| without_types(form);
            items
                .map(|item| {
                    let show = item.forms.first().filter(|form| form.starts_with(&item.name)).map(shown);
                    Candidate::new(&item.name, show.unwrap_or_else(|| item.name.clone()), &item.summary)
                })
                .collect()
        };
        found.sort();
        found.dedup_by(|one, other| one.insert == other.insert);
        found
    }
}
