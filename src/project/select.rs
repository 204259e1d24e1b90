//! Chooses the environment of a run: by flag, by variable, or in CI by branch.
//!
//! **Invariant:** there is no default, and neither a pull request nor a tag ever chooses one.

use super::environment::Environment;
use super::meant::did_you_mean;
use super::problem::listed;
use crate::system;
use thiserror::Error;

/// The variable that names the environment.
pub const ENVIRONMENT_VARIABLE: &str = "LARDER_ENV";

/// The branch of a CI system other than GitHub's and GitLab's.
pub const BRANCH_VARIABLE: &str = "LARDER_BRANCH";

/// The GitHub events that run the head of a branch that someone with write access chose.
const TRUSTED_EVENTS: [&str; 3] = ["push", "schedule", "workflow_dispatch"];

/// The same for GitLab: pushes, schedules, and pipelines that someone started by hand.
const TRUSTED_SOURCES: [&str; 3] = ["push", "schedule", "web"];

/// Why no environment was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SelectError {
    #[error("unknown environment `{asked}` in {place}\nhint: {}", hint(.asked, .known))]
    Unknown { asked: String, place: &'static str, known: Vec<String> },
    #[error("no environment chosen\nhint: `--env NAME` with one of {}", listed(.known))]
    NotChosen { known: Vec<String> },
    #[error("no environment chosen: the branch `{branch}` belongs to none\nhint: `--env NAME` with one of {}", listed(.known))]
    NoSuchBranch { branch: String, known: Vec<String> },
    #[error("no environment chosen: a {system} run for {what} does not choose one\nhint: `--env NAME` with one of {}", listed(.known))]
    Untrusted { system: &'static str, what: String, known: Vec<String> },
    #[error("the project file declares no environment\nhint: add `[environments.development]`")]
    NoneDeclared,
}

impl SelectError {
    /// The same, of a name that stands elsewhere.
    #[must_use]
    pub fn found_in(self, place: &'static str) -> Self {
        match self {
            SelectError::Unknown { asked, known, .. } => SelectError::Unknown { asked, place, known },
            other => other,
        }
    }
}

fn hint(asked: &str, known: &[String]) -> String {
    match did_you_mean(asked, known) {
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
    let untrusted = |system, what| Err(SelectError::Untrusted { system, what, known: known(environments) });
    if variables.get("GITHUB_ACTIONS") == Some("true") {
        return github(variables).map(Some).or_else(|what| untrusted("GitHub", what));
    }
    if variables.get("GITLAB_CI") == Some("true") {
        return gitlab(variables).map(Some).or_else(|what| untrusted("GitLab", what));
    }
    let is_ci = variables.get("CI").is_some_and(|value| value != "false");
    Ok(is_ci.then(|| variables.get(BRANCH_VARIABLE)).flatten())
}

/// The branch that a run is of, or what it is of instead.
fn github(variables: &system::Environment) -> Result<&str, String> {
    let event = variables.get("GITHUB_EVENT_NAME").unwrap_or_default();
    if !TRUSTED_EVENTS.contains(&event) {
        return Err(format!("the event `{event}`"));
    }
    match (variables.get("GITHUB_REF_TYPE"), variables.get("GITHUB_REF_NAME")) {
        (Some("branch"), Some(branch)) => match variables.get("GITHUB_REF") {
            Some(whole) if whole.strip_prefix("refs/heads/") != Some(branch) => {
                Err(format!("the ref `{whole}`"))
            }
            _ => Ok(branch),
        },
        (kind, name) => Err(format!("the {} `{}`", kind.unwrap_or("ref"), name.unwrap_or_default())),
    }
}

fn gitlab(variables: &system::Environment) -> Result<&str, String> {
    if let Some(tag) = variables.get("CI_COMMIT_TAG") {
        return Err(format!("the tag `{tag}`"));
    }
    let source = variables.get("CI_PIPELINE_SOURCE").unwrap_or_default();
    match variables.get("CI_COMMIT_BRANCH").filter(|_| TRUSTED_SOURCES.contains(&source)) {
        Some(branch) => Ok(branch),
        None => Err(format!("the pipeline source `{source}`")),
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
    use crate::events::Site;

    fn environments() -> Vec<Environment> {
        let declared = [("development", "dev", "develop"), ("production", "prod", "main")];
        let environment = |(name, alias, branch): (&str, &str, &str)| Environment {
            name: name.into(),
            alias: alias.into(),
            branch: Some(branch.into()),
            is_protected: false,
            account_id: None,
            account_blank: None,
            wrangler_env: None,
            location: Site { file: "larder.toml".into(), line: 1, column: 1 },
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
        let pull = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_EVENT_NAME", "push"),
            ("GITHUB_REF", "refs/pull/7/merge"),
            ("GITHUB_REF_TYPE", "branch"),
            ("GITHUB_REF_NAME", "main"),
        ];
        assert_eq!(
            selected(None, &pull),
            Err(format!(
                "no environment chosen: a GitHub run for the ref `refs/pull/7/merge` does not choose one\n{ONE_OF}"
            ))
        );
        assert_eq!(
            github("push", "branch", "feature/x"),
            Err(format!("no environment chosen: the branch `feature/x` belongs to none\n{ONE_OF}"))
        );
    }

    #[test]
    fn gitlab_chooses_for_branches_of_trusted_pipelines_only() {
        let gitlab = |source: &str, key: &str, name: &str| {
            let variables = [
                ("CI", "true"),
                ("GITLAB_CI", "true"),
                ("LARDER_BRANCH", "main"),
                ("CI_PIPELINE_SOURCE", source),
                (key, name),
            ];
            selected(None, &variables)
        };
        for source in TRUSTED_SOURCES {
            assert_eq!(gitlab(source, "CI_COMMIT_BRANCH", "main"), Ok("production".into()));
        }
        let refused = |what: &str| {
            Err(format!("no environment chosen: a GitLab run for {what} does not choose one\n{ONE_OF}"))
        };
        for source in ["merge_request_event", "trigger", "pipeline", "api", "external_pull_request_event"] {
            assert_eq!(
                gitlab(source, "CI_COMMIT_BRANCH", "main"),
                refused(&format!("the pipeline source `{source}`"))
            );
        }
        assert_eq!(gitlab("push", "CI_COMMIT_TAG", "main"), refused("the tag `main`"));
        assert_eq!(
            gitlab("push", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "main"),
            refused("the pipeline source `push`")
        );
    }
}
