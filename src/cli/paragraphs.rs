//! The long help of commands, whose lines are those of the source, in paragraphs: the terminal's width alone breaks them.
//!
//! **Invariant:** an indented line, as examples are, stays a line of its own.

use clap::Command;

/// The command, and those below it, with paragraphs for long help.
pub fn in_paragraphs(command: Command) -> Command {
    let command = command.mut_subcommands(in_paragraphs);
    match command.get_long_about().map(|text| joined(&text.to_string())) {
        Some(text) => command.long_about(text),
        None => command,
    }
}

fn joined(text: &str) -> String {
    let is_prose = |line: &str| !line.is_empty() && !line.starts_with(' ');
    let mut lines = text.lines().peekable();
    let mut joined = String::with_capacity(text.len());
    while let Some(line) = lines.next() {
        joined.push_str(line);
        if let Some(next) = lines.peek() {
            joined.push(if is_prose(line) && is_prose(next) { ' ' } else { '\n' });
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn only_the_lines_of_a_paragraph_are_joined() {
        let text = "About\n\nOne\nparagraph,\nand\n  - an item\n  - another\nmore.\n\nExamples:\n  larder a\n  larder b";
        let found = "About\n\nOne paragraph, and\n  - an item\n  - another\nmore.\n\nExamples:\n  larder a\n  larder b";
        assert_eq!(joined(text), found);
    }
}
