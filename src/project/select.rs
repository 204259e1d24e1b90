//! Which environment a run is of: the flag, the variable, or in CI the branch.
//!
//! **Invariant:** there is no default, and neither a pull request nor a tag ever chooses one.

use super::environment::Environment;
use super::problem::{closest, listed};
use crate::system;
use thiserror::Error;

/// The variable that names the environment.
pub const ENVIRONMENT_VARIABLE: &str = "LARDER_ENV";

/// The branch of a CI system other than GitHub's.
pub const BRANCH_VARIABLE: &str = "LARDER_BRANCH";

/// The GitHub events that run the head of a branch that someone with write access chose.
const TRUSTED_EVENTS: [&str; 3] = ["push", "schedule", "workflow_dispatch"];

/// Why no environment was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs)]
pub enum SelectError {
    #[error("unknown environment `{asked}` in {place}\nhint: {}", hint(.asked, .known))]
    Unknown { asked: String, place: &'static str, known: Vec<String> },
    #[error("no environment chosen\nhint: `--env NAME` with one of {}", listed(.known))]
    NotChosen { known: Vec<String> },
    #[error("no environment chosen: the branch `{branch}` belongs to none\nhint: `--env NAME` with one of {}", listed(.known))]
    NoSuchBranch { branch: String, known: Vec<String> },
    #[error("no environment chosen: a GitHub run for {what} does not choose one\nhint: `--env NAME` with one of {}", listed(.known))]
    Untrusted { what: String, known: Vec<String> },
    #[error("the project file declares no environment\nhint: add `[environments.development]`")]
    NoneDeclared,
}

fn hint(asked: &str, known: &[String]) -> String {
    match closest(asked, known) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("one of {}", listed(known)),
    }
}

/// Chooses by `--env` (`flag`), then `LARDER_ENV`, then the branch that CI runs.
pub fn select<'a>(
    environments: &'a [Environment],
    flag: Option<&str>,
    variables: &system::Environment,
) -> Result<&'a Environment, SelectError> {
    if environments.is_empty() {
        return Err(SelectError::NoneDeclared);
    }
    let asked = flag
        .map(|name| (name, "`--env`"))
        .or_else(|| variables.get(ENVIRONMENT_VARIABLE).map(|name| (name, "`LARDER_ENV`")));
    if let Some((asked, place)) = asked {
        let found = environments.iter().find(|environment| environment.answers_to(asked));
        return found.ok_or_else(|| SelectError::Unknown {
            asked: asked.to_owned(),
            place,
            known: known(environments),
        });
    }
    let Some(branch) = branch(environments, variables)? else {
        return Err(SelectError::NotChosen { known: known(environments) });
    };
    let found = environments.iter().find(|environment| environment.branch.as_deref() == Some(branch));
    found.ok_or_else(|| SelectError::NoSuchBranch { branch: branch.to_owned(), known: known(environments) })
}

fn branch<'a>(
    environments: &[Environment],
    variables: &'a system::Environment,
) -> Result<Option<&'a str>, SelectError> {
    if variables.get("GITHUB_ACTIONS") != Some("true") {
        let is_ci = variables.get("CI").is_some_and(|value| value != "false");
        return Ok(is_ci.then(|| variables.get(BRANCH_VARIABLE)).flatten());
    }
    let event = variables.get("GITHUB_EVENT_NAME").unwrap_or_default();
    let untrusted = |what| Err(SelectError::Untrusted { what, known: known(environments) });
    if !TRUSTED_EVENTS.contains(&event) {
        return untrusted(format!("the event `{event}`"));
    }
    match (variables.get("GITHUB_REF_TYPE"), variables.get("GITHUB_REF_NAME")) {
        (Some("branch"), Some(branch)) => Ok(Some(branch)),
        (kind, name) => untrusted(format!("the {} `{}`", kind.unwrap_or("ref"), name.unwrap_or_default())),
    }
}

/// Names, each with its alias after it.
fn known(environments: &[Environment]) -> Vec<String> {
    let names = |environment: &Environment| {
        let alias = (environment.alias != environment.name).then(|| environment.alias.clone());
        [Some(environment.name.clone()), alias].into_iter().flatten()
    };
    environments.iter().flat_map(names).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::source::Location;

    fn environments() -> Vec<Environment> {
        let declared = [("development", "dev", "develop"), ("production", "prod", "main")];
        let environment = |(name, alias, branch): (&str, &str, &str)| Environment {
            name: name.into(),
            alias: alias.into(),
            branch: Some(branch.into()),
            is_protected: false,
            account_id: None,
            wrangler_env: None,
            location: Location { file: "larder.toml".into(), line: 1, column: 1 },
        };
        declared.into_iter().map(environment).collect()
    }

    fn selected(flag: Option<&str>, variables: &[(&str, &str)]) -> Result<String, String> {
        select(&environments(), flag, &variables.iter().copied().collect())
            .map(|environment| environment.name.clone())
            .map_err(|error| error.to_string())
    }

    fn github(event: &str, kind: &str, name: &str) -> Result<String, String> {
        selected(
            None,
            &[
                ("CI", "true"),
                ("LARDER_BRANCH", "main"),
                ("GITHUB_ACTIONS", "true"),
                ("GITHUB_EVENT_NAME", event),
                ("GITHUB_REF_TYPE", kind),
                ("GITHUB_REF_NAME", name),
            ],
        )
    }

    const ONE_OF: &str = "hint: `--env NAME` with one of `development`, `dev`, `production`, `prod`";

    #[test]
    fn the_flag_wins_over_the_variable_over_the_branch() {
        let all = [("LARDER_ENV", "prod"), ("CI", "1"), ("LARDER_BRANCH", "develop")];
        assert_eq!(selected(Some("development"), &all), Ok("development".into()));
        assert_eq!(selected(None, &all), Ok("production".into()));
        assert_eq!(selected(None, &all[1..]), Ok("development".into()));
    }

    #[test]
    fn nothing_is_chosen_by_default() {
        assert_eq!(selected(None, &[]), Err(format!("no environment chosen\n{ONE_OF}")));
        assert_eq!(
            selected(None, &[("LARDER_BRANCH", "main")]),
            Err(format!("no environment chosen\n{ONE_OF}"))
        );
        assert_eq!(select(&[], Some("dev"), &system::Environment::default()), Err(SelectError::NoneDeclared));
    }

    #[test]
    fn an_unknown_name_gets_a_suggestion() {
        assert_eq!(
            selected(Some("prodution"), &[]),
            Err("unknown environment `prodution` in `--env`\nhint: did you mean `production`?".into())
        );
        assert_eq!(
            selected(None, &[("LARDER_ENV", "qa")]),
            Err("unknown environment `qa` in `LARDER_ENV`\nhint: one of `development`, `dev`, `production`, `prod`".into())
        );
    }

    #[test]
    fn github_chooses_for_branches_of_trusted_events_only() {
        for event in TRUSTED_EVENTS {
            assert_eq!(github(event, "branch", "main"), Ok("production".into()));
        }
        for event in ["pull_request", "pull_request_target", "workflow_run", ""] {
            assert_eq!(
                github(event, "branch", "main"),
                Err(format!(
                    "no environment chosen: a GitHub run for the event `{event}` does not choose one\n{ONE_OF}"
                ))
            );
        }
        assert_eq!(
            github("push", "tag", "main"),
            Err(format!(
                "no environment chosen: a GitHub run for the tag `main` does not choose one\n{ONE_OF}"
            ))
        );
        assert_eq!(
            github("push", "branch", "feature/x"),
            Err(format!("no environment chosen: the branch `feature/x` belongs to none\n{ONE_OF}"))
        );
    }
}
