//! Why some blocks are not run: the reason is the comment that the block begins with, or the line above it, where readers see it.

use clap::Parser;
use larder::cli::Arguments;
use regex::Regex;

/// A reason, and what a block that gives it must hold.
const REASONS: &[(&str, &str)] = &[
    ("# installs ", r"npm |cargo (install|binstall)|curl |code --install-extension|docker |uses:"),
    ("# runs until it is stopped", r"larder (local serve|lsp|repl)\b|docker run"),
    ("# runs the tests of Larder", r"cargo test --locked"),
    ("# takes minutes", r"cargo (test|build|run) "),
    ("# needs an account of Cloudflare", r"wrangler |trial\.sh|curl |larder "),
    ("# needs GitHub", r"\b(gh|git push|git tag) "),
    ("# needs Docker", r"docker |release/image"),
    ("# needs what was downloaded", r"sha256sum |tar "),
];

/// What a line above a block begins with, in place of a comment in it.
const ABOVE: &str = "Not run by a test: ";

/// Whether a block says that it is not run. An error, if it has no right to.
pub fn is_left_out(above: &str, block: &str) -> Result<bool, String> {
    if above.starts_with(ABOVE) {
        return parse(block).map(|()| true);
    }
    let first = block.lines().next().unwrap_or_default();
    let Some((reason, holds)) = REASONS.iter().find(|(reason, _)| first.starts_with(reason)) else {
        return Ok(false);
    };
    let commands = block.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
    if !Regex::new(holds).unwrap().is_match(&commands) {
        return Err(format!("`{reason}` is no reason for:\n{block}"));
    }
    parse(&commands).map(|()| true)
}

/// Commands of Larder are understood, also where they are not run.
fn parse(commands: &str) -> Result<(), String> {
    for line in commands.replace("\\\n", " ").lines() {
        let line = line.replace("npx larder-cli ", "larder ").replace("npx larder ", "larder ");
        let Some(at) = line.find("larder ").filter(|at| *at == 0 || line[..*at].ends_with("&& ")) else {
            continue;
        };
        let words = crate::suite::help::words(&line[at..]);
        Arguments::try_parse_from(words).map_err(|error| format!("{line}: {error}"))?;
    }
    Ok(())
}

#[test]
fn a_reason_holds_only_for_what_it_names() {
    assert_eq!(is_left_out("", "# installs from npm\nnpm install larder-cli\n"), Ok(true));
    assert_eq!(is_left_out("", "# the first\nlarder check\n"), Ok(false));
    assert!(is_left_out("", "# installs from npm\nlarder check\n").is_err());
    assert!(is_left_out("", "# runs until it is stopped\nlarder local serve --nope\n").is_err());
    assert_eq!(is_left_out("Not run by a test: it needs a domain.", "larder check\n"), Ok(true));
    assert!(is_left_out("Not run by a test: it needs a domain.", "larder chek\n").is_err());
}
