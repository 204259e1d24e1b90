//! The contract page, `docs/contract.md`: every route of the local account, what it asks for, which ops and clients use it, and
//! what of it is not verified. All of it is derived: routes from the services, ops from their declared endpoints, clients from
//! recordings and from what the tests of real clients asked, the unverified from `docs/assumptions.md`.

use super::house::in_step;
use super::project::Project;
use super::source_tree::read;
use super::traffic;
use larder::local::{Access, Route};
use larder::services::Services;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// What uses a route, or is not verified of it.
type Notes = BTreeMap<(String, String), BTreeSet<String>>;

const HEAD: &str = "<!-- generated: LARDER_BLESS=1 cargo test contract -->

# The contract of the local account

Every route that a local account serves (`larder local serve`, `--local`), below `/client/v4`; `A` stands for
`/accounts/{account_id}`. Anything else is answered with 400 and code 7003, or 405 where the path has other methods, and with
words that say so; `larder local serve` says it on standard error, too.

Of each route: the permission group that a token needs, the ops that call it (`cf::` ops reach any route), the real clients
that were seen to ask it, and what of it is not verified against the service ([A1 to A11 and L1 to L11](assumptions.md)).
A8 and A10 are about every route. `examples/trial/trial.sh` asks a real account, for those who have one.
";

/// The path without its parameters' names: the same for what an op calls and for what answers.
fn pattern(path: &str) -> String {
    let names = Regex::new(r"\{[^}]*\}").unwrap();
    names.replace_all(path, "{}").into_owned()
}

fn short(path: &str) -> String {
    path.strip_prefix("/accounts/{account_id}").map_or(path.to_owned(), |rest| format!("A{rest}"))
}

/// Ops by the routes that they declare.
fn ops() -> Notes {
    let mut notes = Notes::new();
    for op in Services::default().ops() {
        for endpoint in op.endpoints.iter().filter(|endpoint| !endpoint.path.contains("{path}")) {
            let route = (endpoint.method.to_owned(), pattern(endpoint.path));
            notes.entry(route).or_default().insert(format!("`{}`", op.title()));
        }
    }
    notes
}

/// Clients by the routes that they were seen to ask.
fn clients() -> Notes {
    let mut notes = Notes::new();
    for (client, method, path) in traffic::asked() {
        notes.entry((method, pattern(path))).or_default().insert(client.to_owned());
    }
    let line = Regex::new(r"^(.+): ([A-Z]+) (/\S*)$").unwrap();
    for text in read("tests/clients/asked.txt").lines() {
        let found = line.captures(text).unwrap_or_else(|| panic!("{text}"));
        notes.entry((found[2].to_owned(), pattern(&found[3]))).or_default().insert(found[1].to_owned());
    }
    notes
}

/// What is not verified, by the routes that it is about.
fn unverified() -> Notes {
    let mut notes = Notes::new();
    let row = Regex::new(r"^\| ([AL]\d+) \| ").unwrap();
    let route = Regex::new(r"`([A-Z]+) (/[^` ]*)`").unwrap();
    for line in read("docs/assumptions.md").lines() {
        let Some(found) = row.captures(line) else { continue };
        for one in route.captures_iter(line) {
            let below =
                ["/accounts", "/user", "/graphql", "/memberships"].iter().all(|own| !one[2].starts_with(own));
            let path = if below { format!("/accounts/{{account_id}}{}", &one[2]) } else { one[2].to_owned() };
            notes.entry((one[1].to_owned(), pattern(&path))).or_default().insert(found[1].to_owned());
        }
    }
    notes
}

/// Each service with its routes; at last those of the account itself.
fn served() -> Vec<(String, Vec<Route>)> {
    let services = Services::default();
    services.iter().map(|service| (service.title.to_owned(), service.local.routes())).collect()
}

fn row(method: &str, path: &str, permission: &str, notes: &[&Notes; 3]) -> String {
    let [ops, clients, unverified] = notes.map(|notes| {
        let found = notes.get(&(method.to_owned(), pattern(path)));
        found.map(|found| found.iter().cloned().collect::<Vec<_>>().join(", ")).unwrap_or_default()
    });
    format!("| `{method} {}` | {permission} | {ops} | {clients} | {unverified} |\n", short(path))
}

fn page() -> String {
    let notes = [&ops(), &clients(), &unverified()];
    let head = "\n| route | permission | ops | clients | not verified |\n|---|---|---|---|---|\n";
    let mut page = HEAD.to_owned();
    let mut seen = BTreeSet::new();
    for (title, routes) in served() {
        let _ = write!(page, "\n## {title}\n{head}");
        for Route { method, path, access, .. } in routes {
            let permission = match access {
                Access::Public => "none: a link",
                Access::Token { permission, .. } => permission.unwrap_or("any token"),
            };
            seen.insert((method, path));
            page.push_str(&row(method, path, permission, &notes));
        }
    }
    let _ = write!(
        page,
        "\n## The account itself\n{}",
        head.replace(" permission |", "").replacen("---|", "", 1)
    );
    let project = Project::empty().served();
    for (method, path) in project.account().routes().filter(|route| !seen.contains(route)) {
        let line = row(method, path, "", &notes);
        page.push_str(&line.replacen(" |  |", " |", 1));
    }
    page
}

#[test]
fn the_contract_page_is_in_step() {
    in_step("docs/contract.md", &page());
}

/// What is noted of a route that is not served would be told of nothing.
#[test]
fn what_is_noted_is_of_a_route_that_is_served() {
    let project = Project::empty().served();
    let routes: BTreeSet<(String, String)> =
        project.account().routes().map(|(method, path)| (method.to_owned(), pattern(path))).collect();
    let left = |notes: Notes| notes.into_keys().filter(|route| !routes.contains(route)).collect::<Vec<_>>();
    assert_eq!([left(clients()), left(unverified())], [vec![], vec![]]);
    // Links are the account's own, and it has no zones.
    let is_elsewhere = |path: &str| !path.starts_with('/') || path.starts_with("/zones");
    let ops: Vec<_> = left(ops()).into_iter().filter(|(_, path)| !is_elsewhere(path)).collect();
    assert_eq!(ops, []);
}
