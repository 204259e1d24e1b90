//! `cf`, with every command of the services that the local account has. Each corpus in `tests/clients/sdks/kept` is a
//! list of commands, `$ cf ..`, each with its exit code where that is not 0 and what it printed, and at the end what the
//! account was asked and holds; `LARDER_BLESS=1` writes all but the commands anew, to be read. `{KIND:NAME}` stands for the
//! id of what the account has.

use super::super::installed::{node, npm_file};
use super::super::project::Project;
use super::super::ran::{Part, ran};
use super::super::source_tree::read;
use super::kept::{asked_and_left, same_as_kept};
use regex::{Captures, Regex};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// Corpora, each with an account of its own.
const CORPORA: [&str; 4] = ["cf-kv", "cf-r2", "cf-vectors", "cf-d1"];

/// Commands of these services that the local account does not answer, by how they begin, and why.
const NOT_SERVED: [(&str, &[&str]); 8] = [
    (
        "there is one account with one member and one user",
        &[
            "accounts create",
            "accounts create-extra",
            "accounts delete",
            "accounts get-extra",
            "accounts move",
            "accounts update",
            "accounts update-extra",
            "memberships delete",
            "memberships get",
            "memberships update",
            "user edit",
        ],
    ),
    (
        "`larder local serve` issues tokens",
        &[
            "accounts tokens create",
            "accounts tokens delete",
            "accounts tokens list",
            "accounts tokens update",
            "accounts tokens value-update",
            "user tokens create",
            "user tokens delete",
            "user tokens list",
            "user tokens update",
            "user tokens value-update",
        ],
    ),
    ("nothing is copied from other clouds", &["r2 super-slurper "]),
    ("there is no S3 endpoint", &["r2 temporary-credentials "]),
    ("every upload is local", &["r2 buckets-extra "]),
    ("version 1 of the API is deprecated", &["vectorize indexes-extra "]),
    (
        "no request goes through a gateway, so that its logs, and sets of them, are empty lists",
        &[
            "ai-gateway datasets create",
            "ai-gateway datasets delete",
            "ai-gateway datasets get",
            "ai-gateway datasets update",
            "ai-gateway evaluations create",
            "ai-gateway evaluations delete",
            "ai-gateway evaluations get",
            "ai-gateway logs delete",
            "ai-gateway logs edit",
            "ai-gateway logs get",
            "ai-gateway logs request",
            "ai-gateway logs response",
        ],
    ),
    (
        "it is how requests go through a gateway",
        &["ai-gateway dynamic-routing ", "ai-gateway evaluation-types ", "ai-gateway provider-configs "],
    ),
];

#[test]
fn cf_works_on_who_asks_and_on_kv() {
    play("cf-kv");
}

#[test]
fn cf_works_on_r2() {
    play("cf-r2");
}

#[test]
fn cf_works_on_vectorize_and_ai_gateway() {
    play("cf-vectors");
}

#[test]
fn cf_works_on_d1() {
    play("cf-d1");
}

/// The command line lists its own commands.
#[test]
fn every_command_of_cf_for_these_services_is_played_or_not_served() {
    let commands: Json = serde_json::from_str(&npm_file("cf/cf-dist/_meta/commands.json")).unwrap();
    let all: BTreeSet<String> = commands["commands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|command| command["command"].as_str().unwrap().strip_prefix("cf ").unwrap().to_owned())
        .filter(|command| is_of_these_services(command))
        .collect();
    let corpora = CORPORA.map(|name| read(&path_of(name)));
    let is_played = |command: &&String| {
        let begin = format!("$ cf {command}");
        let mut lines = corpora.iter().flat_map(|corpus| corpus.lines());
        lines.any(|line| {
            line.strip_prefix(&begin).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        })
    };
    let (played, left): (Vec<&String>, Vec<&String>) = all.iter().partition(is_played);
    let listed: Vec<&str> = NOT_SERVED.iter().flat_map(|(_, begins)| begins.iter().copied()).collect();
    // One that ends with a space stands for a group of commands.
    let fits = |command: &str, listed: &str| match listed.strip_suffix(' ') {
        Some(_) => command.starts_with(listed),
        None => command == listed,
    };
    let missing: Vec<_> = left.iter().filter(|one| !listed.iter().any(|listed| fits(one, listed))).collect();
    let idle: Vec<_> = listed
        .iter()
        .filter(|listed| {
            !left.iter().any(|one| fits(one, listed)) || played.iter().any(|one| fits(one, listed))
        })
        .collect();
    assert!(missing.is_empty() && idle.is_empty(), "not played: {missing:#?}\nnot needed: {idle:#?}");
}

fn is_of_these_services(command: &str) -> bool {
    let services = ["kv ", "r2 ", "vectorize ", "ai-gateway ", "d1 ", "memberships ", "user tokens "];
    let alone = ["user get", "user edit"];
    let account = command.strip_prefix("accounts ");
    services.iter().any(|service| command.starts_with(service))
        || alone.contains(&command)
        || account.is_some_and(|rest| !rest.contains(' ') || rest.starts_with("tokens "))
}

fn path_of(corpus: &str) -> String {
    format!("tests/clients/sdks/kept/{corpus}.txt")
}

/// Runs the commands of a corpus and compares what they print.
fn play(corpus: &str) {
    let _part = Part::begin(corpus);
    let project = Project::empty().served().file("vectors.ndjson", VECTORS).file("value.txt", "from a file");
    let mut text = String::new();
    for line in read(&path_of(corpus)).lines().filter(|line| line.starts_with(['$', '#'])) {
        let _ = writeln!(text, "{line}");
        let Some(words) = line.strip_prefix("$ cf ") else { continue };
        let words: Vec<String> = words_of(words).iter().map(|word| filled(&project, word)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut command = node(&project, "cf/bin/cf", &words);
        command.env("CF_HIDE_COMMANDS", "false").env("CF_NO_PROMPT", "1");
        let asked = project.history().unwrap().len();
        let output = ran(&project, command);
        assert!(project.history().unwrap().len() > asked, "nothing was asked by {line}: {}", output.stderr);
        if output.code != 0 {
            let _ = writeln!(text, "exit {}", output.code);
        }
        for line in [output.stdout, output.stderr].iter().flat_map(|said| said.lines()) {
            if !line.is_empty() {
                let _ = writeln!(text, "  {line}");
            }
        }
    }
    text.push_str(&asked_and_left(&project));
    same_as_kept(&path_of(corpus), &text);
}

const VECTORS: &str =
    "{\"id\":\"a\",\"values\":[1,0],\"metadata\":{\"kind\":\"x\"}}\n{\"id\":\"b\",\"values\":[0,1]}\n";

/// The words of a command line; those in single quotes are taken whole.
fn words_of(line: &str) -> Vec<String> {
    line.split('\'')
        .enumerate()
        .flat_map(|(at, part)| match at % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

static PLACE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{(namespace|database|bookmark|token)(?::([\w-]+))?\}").unwrap());

/// A word with what it asks of the account filled in.
fn filled(project: &Project, word: &str) -> String {
    let value = |place: &Captures<'_>| match &place[1] {
        "token" => project.api("GET", "/tokens/verify", &Json::Null)["id"].as_str().unwrap().to_owned(),
        "bookmark" => bookmark(project, &id(project, "database", &place[2])),
        kind => id(project, kind, &place[2]),
    };
    PLACE.replace_all(word, value).into_owned()
}

fn id(project: &Project, kind: &str, name: &str) -> String {
    let resources = project.account().resources().unwrap();
    let found = resources.into_iter().find(|(_, one)| one.kind == kind && one.name == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}")).1.id
}

/// Of now.
fn bookmark(project: &Project, database: &str) -> String {
    let path = format!("/d1/database/{database}/time_travel/bookmark");
    project.api("GET", &path, &Json::Null)["bookmark"].as_str().unwrap().to_owned()
}
