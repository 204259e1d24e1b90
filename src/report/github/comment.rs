//! The comment of a pull request that shows the page of a run.
//!
//! **Invariant:** the mark is the first line of a comment, and no name ends it early.

use super::markdown::code;
use super::summary::{Trigger, truncated};
use crate::system::Environment;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// GitHub takes 65,536 characters; the mark and the last line need the rest.
const PAGE_BYTES_MAX: usize = 60_000;

/// What a mark keeps as it is. Two hyphens would end it.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b' ').remove(b'.').remove(b'/').remove(b'_');

/// What is written into a pull request.
pub struct Comment {
    /// The line that it begins with, and no other comment of the pull request.
    pub mark: String,
    /// All of it, with the mark.
    pub text: String,
}

impl Comment {
    /// The comment with this page, or without one that there should be; `of` distinguishes it from others of the same pull
    /// request.
    pub fn of_job(page: Option<&str>, of: &str, environment: &Environment) -> Self {
        Comment::new(page, of, Trigger::of(environment).job().as_deref())
    }

    fn new(page: Option<&str>, of: &str, job: Option<&str>) -> Self {
        let mark = format!("<!-- larder comment: {} -->", utf8_percent_encode(of, KEPT));
        let page = match page {
            Some(page) => truncated(page.to_owned(), PAGE_BYTES_MAX),
            None => format!("## No plan: {}\n\nThe command ended before there was one.\n", code(of)),
        };
        let job = job.map(|address| format!(", last by [this job]({address})")).unwrap_or_default();
        let text = format!(
            "{mark}\n{}\n\n---\n{}: each run rewrites this comment{job}.\n",
            page.trim_end(),
            code(of)
        );
        Comment { mark, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_one_line_that_no_name_ends() {
        let mark = |of: &str| Comment::new(None, of, None).mark;
        assert_eq!(mark("production apps/shop"), "<!-- larder comment: production apps/shop -->");
        assert_eq!(mark("a-->b\n<c>"), "<!-- larder comment: a%2D%2D%3Eb%0A%3Cc%3E -->");
        assert_ne!(mark("a%2Db"), mark("a-b"));
    }

    #[test]
    fn a_long_page_fits_into_a_comment() {
        let page = "- a line of a plan, with ü\n".repeat(10_000);
        let text = Comment::new(Some(&page), "plan", Some("https://example.com/a/b/actions/runs/1")).text;
        assert!((59_000..65_536).contains(&text.len()), "{}", text.len());
        let end = "more lines are left out here: the report has them\n\n---\n`plan`: each run rewrites this comment, last \
                   by [this job](https://example.com/a/b/actions/runs/1).\n";
        assert!(text.ends_with(end), "{}", &text[text.len() - 300..]);
    }
}
