//! Help is true: every command shows examples, and each of them parses; completions and man pages come from the same.

use super::project::Project;
use clap::{CommandFactory, Parser};
use larder::cli::Arguments;

/// Every command that does something, as typed.
fn commands(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        let path = format!("{path} {}", inner.get_name());
        if inner.get_subcommands().next().is_none() {
            found.push((path.clone(), inner.clone()));
        }
        commands(inner, &path, found);
    }
}

/// The words of a line as a shell splits them, up to a redirection or a comment.
pub fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '#' | '>' | '<' | '|') if word.is_none() => break,
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[test]
fn every_command_shows_examples_that_parse() {
    let mut found = Vec::new();
    commands(&Arguments::command(), "larder", &mut found);
    assert!(found.len() >= 14, "{}", found.len());
    let mut wrong = Vec::new();
    for (path, command) in &mut found {
        let help = command.render_long_help().to_string();
        let (_, examples) = help.split_once("Examples:\n").unwrap_or_default();
        let examples = examples.lines().take_while(|line| !line.is_empty()).map(str::trim);
        let examples: Vec<&str> = examples.filter(|line| line.starts_with(path.as_str())).collect();
        if examples.is_empty() {
            wrong.push(format!("`{path} --help` has no example"));
        }
        for example in examples {
            if let Err(error) = Arguments::try_parse_from(words(example)) {
                wrong.push(format!("{example}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The long help of a command, of those below it, and of their options.
fn long_helps(command: &clap::Command, found: &mut Vec<String>) {
    found.extend(command.get_long_about().map(ToString::to_string));
    found.extend(command.get_arguments().filter_map(clap::Arg::get_long_help).map(ToString::to_string));
    command.get_subcommands().for_each(|inner| long_helps(inner, found));
}

#[test]
fn long_help_is_broken_by_the_terminal_alone() {
    let mut found = Vec::new();
    long_helps(&Arguments::command(), &mut found);
    assert!(found.len() > 30, "{}", found.len());
    let is_prose = |line: &&str| !line.is_empty() && !line.starts_with(' ');
    let lines = found.iter().flat_map(|text| text.lines().zip(text.lines().skip(1)));
    let broken: Vec<_> = lines.filter(|(line, next)| is_prose(line) && is_prose(next)).collect();
    assert_eq!(broken, Vec::<(&str, &str)>::new());
    // What is indented is there to be copied; a terminal of 80 columns does not break it.
    let copied = found.iter().flat_map(|text| text.lines()).filter(|line| line.starts_with(' '));
    assert_eq!(copied.filter(|line| line.len() > 80).collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn long_help_is_as_wide_as_the_terminal() {
    let project = Project::empty();
    let help = |columns: &str| {
        let help = project.run_with(&["run", "--help"], &[("COLUMNS", columns)]).exit(0).stdout;
        help.split_once("\n\nExamples:").unwrap().0.to_owned()
    };
    assert_eq!(
        help("90"),
        "Make the account what a recipe says\n\nRuns the recipe against the account of the chosen environment: what is missing is created,\nwhat differs is updated, what can't be changed is refused. Running it again writes\nnothing."
    );
    assert_eq!(
        help("60"),
        "Make the account what a recipe says\n\nRuns the recipe against the account of the chosen\nenvironment: what is missing is created, what differs is\nupdated, what can't be changed is refused. Running it again\nwrites nothing."
    );
}

#[test]
fn completions_and_man_pages_know_every_command() {
    let project = Project::empty();
    let names: Vec<String> =
        Arguments::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = project.run(&["completions", shell]).exit(0).stdout;
        let missing: Vec<&String> = names.iter().filter(|name| !script.contains(name.as_str())).collect();
        assert_eq!(missing, Vec::<&String>::new(), "{shell}");
    }
    let page = project.run(&["man"]).exit(0).stdout;
    assert!(page.contains(".TH larder 1") && page.contains("larder\\-run(1)"), "{page}");
    let page = project.run(&["man", "local", "serve"]).exit(0).stdout;
    assert!(page.contains(".TH larder-local-serve 1") && page.contains("\\-\\-permission"), "{page}");
    project.run(&["man", "nope"]).exit(2).says("", "error: there is no command `larder nope`\n");
    project.run(&["completions", "tcsh"]).exit(2).kept("completions and man pages know every command");
    let bash = project.run(&["completions", "bash"]).exit(0).stdout;
    let mut shell = std::process::Command::new("bash");
    let typed = "source <(printf %s \"$SCRIPT\"); COMP_WORDS=(larder ru); COMP_CWORD=1; _larder larder ru larder; echo \"${COMPREPLY[@]}\"";
    let output = shell.args(["--norc", "-c", typed]).env("SCRIPT", bash).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "run");
}

#[test]
fn help_lists_commands_and_the_topics_of_the_index() {
    let listed = Project::empty().run(&["help"]).exit(0).stdout;
    let lines: Vec<(&str, &str)> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split_once("  "))
        .map(|(name, about)| (name, about.trim_start()))
        .collect();
    for command in Arguments::command().get_subcommands() {
        let about = command.get_about().unwrap().to_string();
        assert!(lines.contains(&(command.get_name(), about.as_str())), "{about}: {listed}");
    }
    let topics = larder::run::manual::topics();
    assert!(topics.len() > 20);
    for topic in topics {
        assert!(lines.contains(&(topic.name, topic.about)), "{topic:?}: {listed}");
        assert!(listed.contains(&format!("\n  {}\n", topic.section)), "{topic:?}: {listed}");
    }
}

#[test]
fn help_prints_every_page_as_text() {
    let project = Project::empty();
    for topic in larder::run::manual::topics() {
        let page = project.run(&["help", topic.name]).exit(0);
        assert_eq!(page.stderr, "", "{topic:?}");
        for mark in ["<!--", "```", "](", "\u{1b}["] {
            assert!(!page.stdout.contains(mark), "{topic:?} has {mark}");
        }
        // Before it stands the help of a command of that name.
        let text = page.stdout.lines().skip_while(|line| !line.starts_with("=="));
        // Code is never broken, and what stands in place of a time is longer.
        let text = text.filter(|line| !line.starts_with("    ") && !line.contains(['`', '[']));
        let long: Vec<&str> = text.filter(|line| line.chars().count() > 80).collect();
        assert_eq!(long, Vec::<&str>::new(), "{topic:?}");
    }
    let page = project.run(&["help", "local", "account"]).exit(0).stdout;
    assert_eq!(page, project.run(&["help", "local-account"]).exit(0).stdout);
    assert!(
        page.starts_with("The local account\n=================\n\n`--local` keeps an account in "),
        "{page}"
    );
    assert!(page.contains("\n    larder local show\n"), "{page}");
    assert!(page.ends_with("\nSee also: contract, faults, tests\n"), "{page}");
}

#[test]
fn help_of_a_command_is_what_its_flag_prints() {
    let project = Project::empty();
    for words in [&["run"][..], &["local", "serve"], &["help"]] {
        let flag = project.run(&[words, &["--help"]].concat()).exit(0).stdout;
        assert_eq!(project.run(&[&["help"], words].concat()).exit(0).stdout, flag);
    }
    // One name for both.
    let both = project.run(&["help", "migrations"]).exit(0).stdout;
    assert!(both.starts_with(&project.run(&["migrations", "--help"]).exit(0).stdout), "{both}");
    assert!(both.contains("\nMigrations\n==========\n"), "{both}");
}

#[test]
fn an_unknown_topic_has_a_way_out() {
    let project = Project::empty();
    let unknown = |asked: &str, hint: &str| {
        let words: Vec<&str> = ["help"].into_iter().chain(asked.split(' ')).collect();
        let told = format!("error: there is no topic and no command `{asked}`\nhint: {hint}\n");
        project.run(&words).exit(2).says("", &told);
    };
    unknown("migratons", "did you mean `larder help migrations`?");
    unknown("securty", "did you mean `larder help security`?");
    unknown("kv::ensure", "`larder doc kv::ensure` explains it");
    unknown(
        "local nope",
        "`larder help` lists commands and topics; `larder doc WORD` searches the functions",
    );
}

#[test]
fn completions_offer_the_topics() {
    let script = Project::empty().run(&["completions", "bash"]).exit(0).stdout;
    let mut shell = std::process::Command::new("bash");
    let typed = "source <(printf %s \"$SCRIPT\"); COMP_WORDS=(larder help re); COMP_CWORD=2; _larder larder re help; echo \"${COMPREPLY[@]}\"";
    let output = shell.args(["--norc", "-c", typed]).env("SCRIPT", script).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "recipes rehearse reports reference");
}
