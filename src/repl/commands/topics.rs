//! The short texts of `:help TOPIC`.

struct Topic {
    name: &'static str,
    about: &'static str,
    text: &'static str,
}

const TOPICS: &[Topic] = &[
    Topic {
        name: "values",
        about: "how values are shown, and what a handle is",
        text: "\
An entry shows its value; a semicolon at its end keeps it back.
A function such as `kv::ensure` gives a handle, at once: `kv::ensure(\"A\").id` waits for it.
`find` gives a handle or `()`, `list` a list of handles. Tab after the dot shows what a value has.
Names stay from entry to entry: `let all = kv::list();`, then `all.len`.
",
    },
    Topic {
        name: "commands",
        about: "lines that begin with a colon",
        text: "\
A line that begins with a colon is a command: `:help` lists them, and `:help NAME` says more about one.
`?kv::ensure` is `:doc kv::ensure`; `help`, `exit` and `quit` do what they say.
",
    },
    Topic {
        name: "keys",
        about: "keys of the line editor",
        text: "\
Tab            lists what can stand at the cursor
Right arrow    takes the grey rest of an earlier entry
Ctrl-R         searches earlier entries
Up, Down       earlier and later entries
Ctrl-C         clears the line; stops an entry that runs
Ctrl-D         ends the session
An entry whose brackets are open goes on in the next line; two empty lines end it as it is.
",
    },
    Topic {
        name: "writing",
        about: "what is written, and when",
        text: "\
A session only reads: `kv::ensure(\"A\")` shows what it would do. `:unlock` lets it write, `:lock` ends that.
A protected environment has a red prompt and is unlocked by its full name: `:unlock production`.
What is planned counts as done for later entries, until `:lock` begins anew; `:unlock` drops it, with what rests on it.
`:plan EXPR` shows what an entry would do, also while the session is unlocked.
An entry is checked whole before any of it runs.
",
    },
    Topic {
        name: "environments",
        about: "which account, and how to change it",
        text: "\
The prompt names the environment. `:env` lists those of the project, `:env staging` goes there: the session is locked
again, and variables that hold handles of the other environment are dropped.
",
    },
    Topic {
        name: "files",
        about: "recipes from a session, and sessions from a recipe",
        text: "\
`:save recipes/new.rhai` writes the entries that succeeded as a recipe, without secrets.
`:load recipes/new.rhai` enters what stands in a file; a mistake in it is shown at its line.
",
    },
];

/// The names of all, with what they are about.
pub fn topics() -> impl Iterator<Item = (&'static str, &'static str)> {
    TOPICS.iter().map(|topic| (topic.name, topic.about))
}

/// The text of one.
pub(super) fn about(name: &str) -> Option<&'static str> {
    TOPICS.iter().find(|topic| topic.name == name).map(|topic| topic.text)
}
