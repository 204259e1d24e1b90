//! An order of commands of both tools on one project and one account.
//!
//! A line is `EXIT wrangler ARGUMENTS` or `EXIT larder ARGUMENTS`, with ` | WORDS` behind it where the command must print
//! them; or `write PATH: TEXT`, `remove PATH` or `move PATH PATH`, what a person does between.

use crate::installed::wrangler;
use crate::project::Project;
use crate::ran::ran;
use larder::system::files;
use serde_json::Value as Json;
use std::process::Command;

/// A service, the name of a thing in it, and what is in that, without ids and times.
pub type Content = (&'static str, String, Json);

/// How the tables begin in which Larder notes what it has applied itself.
const LARDERS: &str = "larder_migrations";

/// Plays the lines; what each printed is shown where one fails.
#[track_caller]
pub fn play(project: &Project, lines: &str) {
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        println!("{line}");
        let (first, rest) = line.split_once(' ').unwrap();
        match first {
            "write" | "remove" | "move" => edit(project, first, rest),
            exit => run(project, exit.parse().unwrap(), rest),
        }
    }
}

/// What a person does to the project's files.
fn edit(project: &Project, deed: &str, rest: &str) {
    let path = |path: &str| project.path().join(path);
    match (deed, rest.split_once(": "), rest.split_once(' ')) {
        ("write", Some((path, text)), _) => project.write(path, &format!("{text}\n")),
        ("move", _, Some((from, to))) => {
            files::make_folder(path(to).parent().unwrap()).unwrap();
            std::fs::rename(path(from), path(to)).unwrap();
        }
        _ => files::remove_file(&path(rest)).unwrap(),
    }
}

#[track_caller]
fn run(project: &Project, exit: i32, rest: &str) {
    let (command, words) = rest.split_once(" | ").unwrap_or((rest, ""));
    let output = ran(project, command_of(project, command));
    println!("{}{}", output.stdout, output.stderr);
    let output = output.exit(exit);
    let said = [output.stdout.as_str(), &output.stderr].concat();
    assert!(said.contains(words.trim()), "no {words:?} after `{command}` in:\n{said}");
}

/// The tool with its arguments.
pub fn command_of(project: &Project, command: &str) -> Command {
    let words = words(command);
    let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    match words[0].as_str() {
        "wrangler" => wrangler(project, &arguments),
        "larder" => project.command(&arguments),
        other => panic!("{other} is no tool of these orders"),
    }
}

/// The words of a command line; what stands between `'` is one.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for letter in line.trim().chars() {
        match letter {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Plays each order on a project of its own: all end alike.
#[track_caller]
pub fn same_end(begin: impl Fn() -> Project, orders: &[&str]) -> Vec<Content> {
    alike(orders.iter().map(|lines| end(&begin(), lines)).collect())
}

/// What is there after an order: nothing twice, and Larder has nothing left to do.
#[track_caller]
pub fn end(project: &Project, lines: &str) -> Vec<Content> {
    play(project, lines);
    settled(project, "larder run");
    contents(project)
}

/// The one end that orders came to.
#[track_caller]
pub fn alike(ends: Vec<Vec<Content>>) -> Vec<Content> {
    for (at, end) in ends.iter().enumerate() {
        assert_eq!(end, &ends[0], "order {at} ends otherwise than the first");
    }
    ends.into_iter().next().unwrap()
}

/// This command of Larder's writes nothing, and nothing is there twice.
#[track_caller]
pub fn settled(project: &Project, command: &str) {
    let before = project.account().history().len();
    let output = ran(project, command_of(project, command)).exit(0);
    assert!(output.stdout.contains(" 0 writes)\n"), "`{command}` writes:\n{}", output.stdout);
    let history = project.account().history();
    assert!(history[before..].iter().all(|exchanged| !exchanged.changed), "{history:?}");
    let mut names: Vec<_> = contents(project).into_iter().map(|(service, name, _)| (service, name)).collect();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all, "{names:?}");
}

/// All that the account holds, but for the ledger in which Larder notes what it has applied itself.
pub fn contents(project: &Project) -> Vec<Content> {
    let all = project.account().contents().unwrap();
    let mut all: Vec<Content> = all
        .into_iter()
        .map(|(service, resource, mut content)| {
            if let Some(rows) = content.get_mut("rows").and_then(Json::as_object_mut) {
                rows.retain(|table, _| !table.starts_with(LARDERS));
            }
            if let Some(schema) = content.get_mut("schema").and_then(Json::as_array_mut) {
                schema.retain(|sql| !sql.as_str().unwrap().contains(LARDERS));
            }
            (service, resource.name, content)
        })
        .collect();
    all.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
    all
}

/// What is there, by service and name.
pub fn names(contents: &[Content]) -> Vec<String> {
    contents.iter().map(|(service, name, _)| format!("{service} {name}")).collect()
}
