//! `:time EXPR`: measures the time and counts the requests of an entry.

use super::entry::{Argument, Command, CommandReply};
use crate::repl::Entry;
use crate::system::Stopwatch;

pub(super) const COMMAND: Command = Command {
    name: "time",
    short: &[],
    usage: "EXPR",
    argument: Argument::Entry,
    summary: "runs an entry and says how long it took, with its requests",
    about: "The entry is run as any other: with the session unlocked it writes.\n",
    run: |exploration, text| {
        if text.is_empty() {
            return Ok(CommandReply::failed("`:time` needs an entry\nhint: `:time kv::list()`\n".to_owned()));
        }
        let (watch, before) = (Stopwatch::start(), exploration.requests());
        let shown = exploration.enter(&Entry::typed(text))?;
        let (took, after) = (watch.elapsed(), exploration.requests());
        let line = line(took.as_millis(), after.reads - before.reads, after.writes - before.writes);
        let reply = CommandReply::shown(shown);
        Ok(CommandReply { talk: reply.talk + line.as_str(), ..reply })
    },
};

fn line(ms: u128, reads: usize, writes: usize) -> String {
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let requests = match reads + writes {
        0 => "no requests".to_owned(),
        all => {
            format!("{}: {}, {}", counted(all, "request"), counted(reads, "read"), counted(writes, "write"))
        }
    };
    format!("took {ms} ms, {requests}\n")
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn requests_are_counted_in_words() {
        assert_eq!(line(3, 0, 0), "took 3 ms, no requests\n");
        assert_eq!(line(3, 1, 2), "took 3 ms, 3 requests: 1 read, 2 writes\n");
    }
}
