//! `comment`: the page of a run as a comment of a pull request.

use super::Stopped;
use super::command_context::CommandContext;
use crate::report::{Comment as Text, Exit};
use crate::run::comment::PullRequest;
use crate::run::exit;
use crate::system::files;
use anyhow::{Context as _, anyhow};
use std::path::PathBuf;

/// GitHub takes no larger summary of a step.
const PAGE_BYTES_MAX: u64 = 1 << 20;

/// What distinguishes a comment is one line of it.
const OF_CHARS_MAX: usize = 500;

/// Write a plan into a comment of a pull request
///
/// For a job of GitHub Actions: FILE is a page that a plan has added to `GITHUB_STEP_SUMMARY`. The comment is made once, and
/// rewritten by each later run with the same --of; where FILE is empty, since no plan came about, a comment that is there
/// says so. Reads `GITHUB_TOKEN`, which needs the permission `pull-requests: write`, `GITHUB_REPOSITORY` and
/// `GITHUB_API_URL`. Prints the comment's address.
///
/// Examples:
///   larder comment page.md --pull-request 7
///   larder comment page.md --pull-request 7 --of 'production apps/shop'
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Comment {
    /// The page
    #[arg(value_name = "FILE")]
    page: PathBuf,
    /// The number of the pull request
    #[arg(long, value_name = "NUMBER")]
    pull_request: u64,
    /// What distinguishes this comment from others of the same pull request
    #[arg(long, value_name = "TEXT", default_value = "plan")]
    of: String,
}

impl Comment {
    pub fn run(self, shell: &CommandContext) -> Result<Exit, Stopped> {
        if self.of.chars().count() > OF_CHARS_MAX {
            return Err(anyhow!("the argument of `--of` is longer than {OF_CHARS_MAX} characters").into());
        }
        let pull_request = PullRequest::of_job(shell, self.pull_request)?;
        let path = shell.folder.join(&self.page);
        let page = files::read_text(&path, PAGE_BYTES_MAX)
            .with_context(|| format!("can't read the page `{}`", self.page.display()))?;
        let page = shell.redactor.redact(&page);
        let page = Some(page.as_ref()).filter(|page| !page.trim().is_empty());
        let text = Text::of_job(page, &self.of, &shell.environment);
        match pull_request.write(&text, page.is_some())? {
            Ok(address) => {
                if let Some(address) = address {
                    shell.console.data(&format!("{address}\n"));
                }
                Ok(exit::of_findings(false))
            }
            Err(problem) => {
                shell.console.failure(&problem);
                Ok(exit::of_findings(true))
            }
        }
    }
}
