//! A chain of scenarios as text: what is done, one thing after the other, with one account and one folder, and what each
//! leads to.
//!
//! ```text
//! === kv-namespace-create
//! >> wrangler.toml
//! name = "app"
//! @ fault 429
//! $ wrangler kv namespace create sessions
//! --- exit 0
//! > POST /storage/kv/namespaces {"title":"sessions"} -> 200
//! --- stdout
//! Success!
//! ```
//!
//! `>> PATH` writes a file, up to the next line with a sign; `>>| PATH` one without its last newline. `<sessions>` is the id of
//! the resource so named. What `@` can do stands in `chain`.

use super::super::source_tree::read;

/// The title of what the account holds when a chain is over.
pub const AFTERWARDS: &str = "afterwards";

/// A chain.
pub struct Corpus {
    /// What stands before the first scenario.
    pub head: String,
    pub scenarios: Vec<Scenario>,
}

/// One command of a chain.
pub struct Scenario {
    pub title: String,
    /// The lines that say what is done.
    pub input: String,
    /// The lines that say what came of it.
    pub outcome: String,
}

/// One thing that a scenario does.
pub enum Step {
    /// Writes a file.
    File { path: String, text: String },
    /// Prepares the command, or the account for it.
    Prepare(String),
    /// Runs a client.
    Run(String),
}

/// Where a chain is kept.
pub fn path(name: &str) -> String {
    format!("tests/clients/wrangler/{name}.txt")
}

impl Corpus {
    /// Reads a chain.
    pub fn of(name: &str) -> Self {
        let text = read(&path(name));
        let (head, rest) = text.split_once("\n=== ").unwrap_or((&text, ""));
        let sections = rest.split("\n=== ").filter(|section| !section.is_empty());
        let scenarios = sections.map(Scenario::of).filter(|one| one.title != AFTERWARDS).collect();
        Corpus { head: head.trim_end().to_owned(), scenarios }
    }
}

impl Scenario {
    fn of(section: &str) -> Self {
        let (title, body) = section.split_once('\n').unwrap_or((section, ""));
        let (input, outcome) = match body.split_once("--- exit ") {
            Some((input, outcome)) => (input, format!("--- exit {}", outcome.trim_end())),
            None => (body, String::new()),
        };
        Scenario { title: title.to_owned(), input: input.trim_end().to_owned(), outcome }
    }

    /// What it does, in order.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for line in self.input.lines() {
            match (line.get(..2), line.get(2..).unwrap_or_default()) {
                (Some(">>"), path) => steps.push(Step::File { path: path.to_owned(), text: String::new() }),
                (Some("@ "), what) => steps.push(Step::Prepare(what.to_owned())),
                (Some("$ "), command) => steps.push(Step::Run(command.to_owned())),
                _ => match steps.last_mut() {
                    Some(Step::File { text, .. }) => text.extend([line, "\n"]),
                    _ => panic!("{}: {line:?} is no step", self.title),
                },
            }
        }
        for step in &mut steps {
            let Step::File { path, text } = step else { continue };
            if path.starts_with('|') {
                text.truncate(text.trim_end_matches('\n').len());
            }
            *path = path.trim_start_matches('|').trim().to_owned();
        }
        steps
    }

    /// The command line.
    pub fn command(&self) -> String {
        let commands = self.steps().into_iter().filter_map(|step| match step {
            Step::Run(command) => Some(command),
            _ => None,
        });
        let commands: Vec<String> = commands.collect();
        assert_eq!(commands.len(), 1, "{}: a scenario has one command", self.title);
        commands.concat()
    }
}

/// A command line in words, as a shell splits it: quotes hold a word together.
pub fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, ' ') => words.push(String::new()),
            (_, letter) => words.last_mut().unwrap().push(letter),
        }
    }
    assert!(quote.is_none(), "an open quote: {line}");
    words
}
