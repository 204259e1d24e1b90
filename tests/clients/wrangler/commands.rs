//! Every command that wrangler has for the services of the local account is run in a chain; those that the account does not
//! serve are listed with the reason.

use super::super::installed::node;
use super::super::project::Project;
use super::super::ran::ran;
use super::super::source_tree::root;
use super::CHAINS;
use super::corpus::{Corpus, words};
use std::collections::{BTreeMap, BTreeSet};

/// The services that wrangler has commands for.
const SERVICES: &[&str] = &["d1", "kv", "r2", "vectorize", "whoami"];

/// Commands that no chain brings to a good end, and why not.
const NOT_SERVED: &[(&str, &str)] = &[
    ("r2 bucket catalog", "the catalog is a service of its own"),
    ("r2 bucket local-uploads disable", "nothing public says what the service answers"),
    ("r2 bucket local-uploads enable", "nothing public says what the service answers"),
    ("r2 bucket local-uploads get", "nothing public says what the service answers"),
    ("r2 bucket notification create", "it looks for the queue, and queues are not served"),
    ("r2 bucket notification delete", "it looks for the queue, and queues are not served"),
    ("r2 sql", "its questions go to another host than the API"),
];

#[test]
fn wrangler_has_no_other_commands() {
    let project = Project::empty().served();
    let program = root().join("tests/clients/wrangler/commands.cjs");
    let printed = ran(&project, node(&project, program.to_str().unwrap(), &[])).exit(0).stdout;
    let ours = |line: &&str| SERVICES.contains(&line.split(' ').next().unwrap_or_default());
    let commands: BTreeSet<&str> =
        printed.lines().filter(ours).map(|line| line.split(" = ").next().unwrap_or(line)).collect();
    assert!(commands.len() > 60, "{commands:?}");
    assert!(
        !printed.contains("gateway"),
        "wrangler has commands for AI Gateway: docs/compared.md says it has none"
    );
    let mut served = BTreeMap::<&str, bool>::new();
    for scenario in CHAINS.iter().flat_map(|chain| Corpus::of(chain).scenarios) {
        let line = words(&scenario.command()).join(" ");
        let run = commands.iter().filter(|command| {
            line.strip_prefix("wrangler ")
                .and_then(|line| line.strip_prefix(**command))
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        });
        let is_served =
            scenario.outcome.starts_with("--- exit 0") && !scenario.outcome.contains("for want of a route");
        if let Some(command) = run.max_by_key(|command| command.len()) {
            *served.entry(command).or_default() |= is_served;
        }
    }
    let not_run: Vec<&&str> = commands.iter().filter(|command| !served.contains_key(**command)).collect();
    assert!(not_run.is_empty(), "no chain runs {not_run:?}");
    let not_served: Vec<&str> =
        served.iter().filter(|(_, served)| !**served).map(|(command, _)| *command).collect();
    let listed: Vec<&str> = NOT_SERVED.iter().map(|(command, _)| *command).collect();
    assert_eq!(listed, not_served);
}
