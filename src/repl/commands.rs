//! What begins with a colon.

/// A command of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// What there is.
    Help,
    /// The page of a function.
    Doc(String),
    /// The variables.
    Vars,
    /// Write from now on.
    Unlock(String),
    /// Only read from now on.
    Lock,
    /// The end.
    Quit,
    /// None of these.
    Unknown(String),
}

/// Every command with what it does; help and completion are made from it.
pub const COMMANDS: &[(&str, &str)] = &[
    (":help", "this list"),
    (":doc NAME", "what a function does, for example `:doc kv::ensure`"),
    (":vars", "the variables"),
    (":unlock", "write from now on (a protected environment wants its name: `:unlock production`)"),
    (":lock", "only read from now on"),
    (":quit", "end the session, as Ctrl-D does"),
];

impl Command {
    /// Reads a line; `None` where it is no command.
    pub fn read(line: &str) -> Option<Command> {
        let line = line.trim();
        let rest = line.strip_prefix(':')?;
        let (word, argument) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let argument = argument.trim().to_owned();
        Some(match word {
            "help" | "h" | "?" => Command::Help,
            "doc" | "d" => Command::Doc(argument),
            "vars" | "v" => Command::Vars,
            "unlock" => Command::Unlock(argument),
            "lock" => Command::Lock,
            "quit" | "q" | "exit" => Command::Quit,
            _ => Command::Unknown(line.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_a_colon_are_commands() {
        assert_eq!(Command::read(" :doc  kv::ensure "), Some(Command::Doc("kv::ensure".into())));
        assert_eq!(Command::read(":unlock prod"), Some(Command::Unlock("prod".into())));
        assert_eq!(Command::read(":nope"), Some(Command::Unknown(":nope".into())));
        assert_eq!(Command::read("kv::list()"), None);
    }
}
