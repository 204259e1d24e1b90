//! Commands inside the text: each is one that there is, with flags that it has.

use super::pages;
use crate::suite::help::words;
use crate::suite::source_tree::read;
use clap::Parser as _;
use clap::error::ErrorKind;
use larder::cli::Arguments;
use pulldown_cmark::{Event, Options, Parser};

/// Why a command in a text is none; what it leaves out, a reader adds.
fn wrong(command: &str) -> Option<String> {
    let is_pattern = ["[", "..", "|", "{"].iter().any(|mark| command.contains(mark));
    let error = Arguments::try_parse_from(words(command)).err().filter(|_| !is_pattern)?;
    let is_wrong = [ErrorKind::InvalidSubcommand, ErrorKind::UnknownArgument].contains(&error.kind());
    is_wrong.then(|| error.to_string())
}

#[test]
fn commands_in_the_text_are_understood() {
    let (mut found, mut seen) = (Vec::new(), 0);
    for page in pages() {
        for event in Parser::new_ext(&read(&page), Options::ENABLE_TABLES) {
            let Event::Code(code) = event else { continue };
            let code = code.replace("npx larder-cli ", "larder ").replace("npx larder ", "larder ");
            if code.starts_with("larder ") {
                seen += 1;
                found.extend(wrong(&code).map(|error| format!("{page}: {code}: {error}")));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(seen > 60, "only {seen} commands");
    assert!(wrong("larder plam").is_some() && wrong("larder plan --oot x").is_some());
    assert_eq!(wrong("larder get kv"), None);
}
