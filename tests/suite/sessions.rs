//! Sessions: what somebody types in a folder and sees, kept as text, and played again in a copy of that folder.
//!
//! A session, `FOLDER/session.txt`, holds `$ ` and a command, then all that it prints. `before.sh` beside it makes what is
//! there when it begins. A line `$ export CLOUDFLARE_API_TOKEN=..` stands for credentials of an account: from there on commands have
//! those of a served one, with the permissions that a comment on that line names, or all. `LARDER_BLESS=1` keeps what is
//! printed now, to be read before it is committed.

use super::project::{Project, filtered};
use super::source_tree::{read, root};
use larder::system::{Environment, files};
use regex::Regex;
use secrecy::ExposeSecret;
use std::fmt::Write as _;
use std::path::Path;

/// What has the credentials of an account.
const CREDENTIALS: [&str; 2] = ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID"];

/// A command of a session, and what it prints.
#[derive(Debug, PartialEq, Eq)]
pub struct Typed {
    pub command: String,
    pub printed: String,
}

impl Typed {
    pub fn text(&self) -> String {
        format!("$ {}\n{}", self.command, self.printed).trim_end().to_owned()
    }

    /// Whether it is wrangler's, which the tests of clients play; others leave what is there as it is.
    pub fn is_wranglers(&self) -> bool {
        self.command.starts_with("npx wrangler ")
    }

    /// The permissions of the token that is set here, where one is.
    fn granted(&self) -> Option<Vec<&str>> {
        let rest = self.command.strip_prefix("export CLOUDFLARE_API_TOKEN=")?;
        Some(rest.split_once("# ").map_or_else(Vec::new, |(_, names)| names.split(", ").collect()))
    }
}

/// The session of a folder, as it is kept.
pub fn session(folder: &str) -> Vec<Typed> {
    let text = read(&format!("{folder}/session.txt"));
    let mut typed: Vec<Typed> = Vec::new();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            typed.push(Typed { command: command.to_owned(), printed: String::new() });
        } else {
            let last =
                typed.last_mut().unwrap_or_else(|| panic!("{folder}: a session begins with a command"));
            last.printed += line;
            last.printed.push('\n');
        }
    }
    for one in &mut typed {
        one.printed.truncate(one.printed.trim_end().len());
    }
    typed
}

/// Plays the session of a folder in `project`, a copy of it; what `is_left` chooses stays as it is kept.
pub fn play(project: &Project, folder: &str, is_left: impl Fn(&Typed) -> bool) -> Vec<Typed> {
    if files::exists(&project.path().join("before.sh")) {
        let done = shell(project, "sh before.sh && rm before.sh", &Token::Whole);
        assert!(done.printed.is_empty(), "{}", done.printed);
    }
    let mut token = Token::Unset;
    let mut seen = Vec::new();
    for one in session(folder) {
        seen.push(match one.granted() {
            Some(names) => {
                token = Token::of(project, &names);
                one
            }
            None if is_left(&one) => one,
            None => shell(project, &one.command, &token),
        });
    }
    let text = seen.iter().map(Typed::text).collect::<Vec<_>>().join("\n\n") + "\n";
    kept(&format!("{folder}/session.txt"), &text);
    seen
}

/// The credentials that a command has.
enum Token {
    Unset,
    /// As the project has them, if it does.
    Whole,
    Lesser(String),
}

impl Token {
    fn of(project: &Project, permissions: &[&str]) -> Self {
        if permissions.is_empty() {
            return Token::Whole;
        }
        Token::Lesser(project.account().issue_token(permissions).unwrap().expose_secret().to_owned())
    }
}

/// Types a command and gives what it prints, without what differs from run to run.
fn shell(project: &Project, command: &str, token: &Token) -> Typed {
    let script = format!("exec 2>&1\n{command}");
    let mut shell = project.command_of(Path::new("/bin/sh"), &["-c", &script]);
    match token {
        Token::Whole => {}
        Token::Unset => CREDENTIALS.iter().for_each(|name| _ = shell.env_remove(name)),
        Token::Lesser(token) => _ = shell.env(CREDENTIALS[0], token),
    }
    let output = shell.output().unwrap();
    let printed = settled(&String::from_utf8(output.stdout).unwrap());
    let mut printed = filtered(&printed, &files::canonical(project.path()).unwrap()).trim_end().to_owned();
    printed = drift_first(&printed.lines().map(str::trim_end).collect::<Vec<_>>()).join("\n");
    if !output.status.success() {
        write!(printed, "\n(exit code {})", output.status.code().unwrap()).unwrap();
    }
    Typed { command: command.to_owned(), printed: printed.trim_start_matches('\n').to_owned() }
}

/// Warnings of drift before the steps: they are printed as soon as a schema is read, whichever steps are over by then.
fn drift_first<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let heading = lines.windows(2).position(|pair| pair[0].contains(" -> ") && pair[1].is_empty());
    let Some(heading) = heading else { return lines.to_vec() };
    let (head, rest) = lines.split_at(heading + 2);
    let is_drift = |line: &&str| line.starts_with("warning: the schema of ");
    let (warnings, rest): (Vec<&str>, Vec<&str>) = rest.iter().copied().partition(is_drift);
    [head, &warnings, &rest].concat()
}

/// A text with what differs from run to run replaced, beside what every output is rid of.
pub fn settled(text: &str) -> String {
    let patterns = [
        (r"\b[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-([0-9a-f]{32}\b|\[ID\])", "[BOOKMARK]"),
        (r"\blarder_[0-9a-f]{32}\b", "[DELIMITER]"),
        (r"\blocal_[0-9a-f]{40}\b", "[TOKEN]"),
        (r"\b[0-9]+ kB\b", "[SIZE]"),
        (r"\b[0-9.]+ sec\b", "[TIME]"),
        (r"\b[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\b", "[WHEN]"),
        (r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3,6}Z", "[WHEN]"),
        // What is read ahead and not needed may or may not have been answered when the recipe ends.
        (r"\band [0-9]+ reads?: [0-9]+\.[0-9]+ %", "and [N] reads: [N] %"),
        (r", [0-9]+ retr(?:y|ies)\b", ", [N] retries"),
    ];
    let renamed = |text: String, (pattern, name): (&str, &str)| {
        Regex::new(pattern).unwrap().replace_all(&text, name).into_owned()
    };
    patterns.into_iter().fold(text.to_owned(), renamed)
}

/// Compares a text with the file that keeps it; `LARDER_BLESS=1` writes it anew.
#[track_caller]
pub fn kept(path: &str, text: &str) {
    if Environment::of_process().get("LARDER_BLESS").is_some() {
        files::write_whole(&root().join(path), text.as_bytes()).unwrap();
    } else {
        assert_eq!(read(path), text, "renew {path} with LARDER_BLESS=1 if the change is meant");
    }
}
