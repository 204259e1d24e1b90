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
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '#' | '>' | '|') if word.is_none() => break,
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
        let examples = examples.lines().map(str::trim).take_while(|line| line.starts_with("larder "));
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
    project
        .run(&["completions", "tcsh"])
        .exit(2)
        .stderr_has("[possible values: bash, elvish, fish, powershell, zsh]");
    let bash = project.run(&["completions", "bash"]).exit(0).stdout;
    let mut shell = std::process::Command::new("bash");
    let typed = "source <(printf %s \"$SCRIPT\"); COMP_WORDS=(larder ru); COMP_CWORD=1; _larder larder ru larder; echo \"${COMPREPLY[@]}\"";
    let output = shell.args(["--norc", "-c", typed]).env("SCRIPT", bash).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "run");
}
