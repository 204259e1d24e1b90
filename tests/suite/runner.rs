//! What the runner of GitHub Actions makes of a step's files and of its log, by the rules of its documentation.
//!
//! **Invariant:** nothing of Larder is used here: this is what its output is held against.

use std::collections::BTreeMap;

/// A command found in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub name: String,
    pub properties: BTreeMap<String, String>,
    pub data: String,
}

/// The commands that the runner obeys.
const COMMANDS: [&str; 15] = [
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "warning",
];

/// The pairs of a file such as that of `GITHUB_OUTPUT`, in order; an error fails the step.
pub fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = text.split_inclusive('\n');
    let bare = |line: &str| line.strip_suffix('\n').unwrap_or(line).to_owned();
    let mut pairs = Vec::new();
    while let Some(line) = lines.next().map(bare) {
        if line.is_empty() {
            continue;
        }
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        match (equals, heredoc) {
            (equals, Some(at)) if equals.is_none_or(|equals| at < equals) => {
                let (name, delimiter) = (&line[..at], &line[at + 2..]);
                if name.is_empty() || delimiter.is_empty() {
                    return Err(format!("no name or no delimiter: {line:?}"));
                }
                let mut value = String::new();
                loop {
                    let Some(line) = lines.next() else { return Err(format!("no end of {name:?}")) };
                    if bare(line) == delimiter {
                        break;
                    }
                    value.push_str(line);
                }
                pairs.push((name.to_owned(), bare(&value)));
            }
            (Some(at), _) => pairs.push((line[..at].to_owned(), line[at + 1..].to_owned())),
            (None, _) => return Err(format!("no pair: {line:?}")),
        }
    }
    Ok(pairs)
}

/// What a step has put out: the last of a name counts, whatever its case.
pub fn outputs(text: &str) -> BTreeMap<String, String> {
    pairs(text).unwrap().into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect()
}

/// Every command in a log.
pub fn commands(log: &str) -> Vec<Command> {
    let mut stopped: Option<String> = None;
    let mut found = Vec::new();
    for line in log.split(['\n', '\r']) {
        if let Some(token) = &stopped {
            if line.trim() == format!("::{token}::") {
                stopped = None;
            }
            continue;
        }
        let Some(command) = new_form(line).or_else(|| old_form(line)) else { continue };
        if command.name == "stop-commands" {
            stopped = Some(command.data.clone());
        }
        found.push(command);
    }
    found
}

/// `::name key=value,key=value::data`, after blanks and after what a comparison of texts ignores.
fn new_form(line: &str) -> Option<Command> {
    let ignored = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let (info, data) = line.trim_start_matches(ignored).strip_prefix("::")?.split_once("::")?;
    let unescaped = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n");
    let of_property =
        |text: &str| unescaped(text).replace("%3A", ":").replace("%2C", ",").replace("%25", "%");
    command(info, ',', of_property, unescaped(data).replace("%25", "%"))
}

/// `##[name key=value;key=value]data`, anywhere in a line.
fn old_form(line: &str) -> Option<Command> {
    let (info, data) = line.split_once("##[")?.1.split_once(']')?;
    let unescaped = |text: &str| {
        let text = text.replace("%3B", ";").replace("%0D", "\r").replace("%0A", "\n");
        text.replace("%5D", "]").replace("%25", "%")
    };
    command(info, ';', unescaped, unescaped(data))
}

fn command(info: &str, between: char, of_property: impl Fn(&str) -> String, data: String) -> Option<Command> {
    let (name, rest) = info.split_once(' ').unwrap_or((info, ""));
    if !COMMANDS.contains(&name) {
        return None;
    }
    let pairs = rest.trim().split(between).filter_map(|pair| pair.split_once('='));
    let pairs = pairs.filter(|(key, value)| !key.is_empty() && !value.is_empty());
    let properties = pairs.map(|(key, value)| (key.to_owned(), of_property(value))).collect();
    Some(Command { name: name.to_owned(), properties, data })
}

#[test]
fn files_are_read_as_the_runner_reads_them() {
    let text = "a=1\n\nb<<EOF\nx\n\ny=z\nEOF\nc=d<<e\nempty<<X\nX\nlast<<Y\n\nY";
    let expected = [("a", "1"), ("b", "x\n\ny=z"), ("c", "d<<e"), ("empty", ""), ("last", "")];
    let expected: Vec<_> = expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(pairs(text).unwrap(), expected);
    for wrong in ["nothing", "<<X\nX\n", "a<<\n", "a<<X\nb\n"] {
        assert!(pairs(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn commands_are_found_where_the_runner_finds_them() {
    let log = "said\n  ::error file=a%2Cb,line=3::one%0Atwo %2525\n::unknown::x\nx ##[warning]old;%5D\n\
               ::stop-commands::t\n::error::not now\n::t::\n\u{200b}::notice::hidden\n::error no end\n";
    let found = commands(log);
    let names: Vec<&str> = found.iter().map(|command| command.name.as_str()).collect();
    assert_eq!(names, ["error", "warning", "stop-commands", "notice"]);
    assert_eq!(found[0].data, "one\ntwo %25");
    assert_eq!(found[0].properties["file"], "a,b");
    assert_eq!((found[1].data.as_str(), found[0].properties["line"].as_str()), ("old;]", "3"));
}
