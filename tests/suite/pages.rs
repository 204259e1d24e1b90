//! A session at a terminal with long values: pages, `_`, `:all` and `:format`, as a terminal of 80 by 24 shows them.

use super::project::{PLAIN, Project};
use rexpect::session::{PtySession, spawn_command};
use std::path::Path;

/// Stands before an entry, of which nothing is typed yet.
const PROMPT: &str = "development (read-only)> \r";

/// The binary at a terminal of that size.
fn terminal(project: &Project, rows: u16, columns: u16) -> PtySession {
    let larder = project.command(&[]).get_program().to_owned();
    let line =
        format!("stty rows {rows} cols {columns}; exec {} repl -e dev --local", Path::new(&larder).display());
    let mut command = project.command_of(Path::new("/bin/sh"), &["-c", &line]);
    command.env("TERM", "xterm").env("PATH", "/usr/bin:/bin").env("NO_COLOR", "1");
    command.stdin(std::process::Stdio::inherit());
    let mut session = spawn_command(command, Some(20_000)).unwrap();
    session.exp_string(PROMPT).unwrap();
    session
}

fn send(session: &mut PtySession, keys: &str) {
    session.send(keys).unwrap();
    session.flush().unwrap();
}

/// Types an entry and gives what is printed until `end`, after the line as it was typed.
fn enter(session: &mut PtySession, entry: &str, end: &str) -> Vec<String> {
    session.send_line(entry).unwrap();
    let lines = until(session, end);
    let typed = lines.iter().rposition(|line| line.ends_with(&entry[entry.len().saturating_sub(4)..]));
    lines[typed.map_or(0, |at| at + 1)..].to_vec()
}

fn until(session: &mut PtySession, end: &str) -> Vec<String> {
    let text = session.exp_string(end).unwrap();
    // It is read byte by byte.
    let bytes = text.chars().map(|byte| u8::try_from(byte).unwrap()).collect();
    let text = anstream::adapter::strip_str(&String::from_utf8(bytes).unwrap()).to_string();
    text.replace('\r', "").lines().map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn a_long_list_is_shown_page_by_page() {
    let project = Project::new(PLAIN);
    let mut session = terminal(&project, 24, 80);
    enter(&mut session, "let l = [];", PROMPT);
    enter(&mut session, "for i in 0..100 { l.push(#{ name: `n${i}`, id: i }) }", PROMPT);
    let first = enter(&mut session, "l // all", "-- 23 of 101 lines: Enter or space for more, q to stop --");
    assert_eq!(
        (first[0].as_str(), first[1].as_str(), first.last().unwrap().as_str()),
        ("name  id", "n0     0", "n21   21")
    );
    send(&mut session, " ");
    let second = until(&mut session, "-- 46 of 101 lines: Enter or space for more, q to stop --");
    assert_eq!(second.last().unwrap(), "n44   44");
    // Another key is not taken for an answer.
    send(&mut session, "x\r");
    until(&mut session, "-- 69 of 101 lines: Enter or space for more, q to stop --");
    send(&mut session, "q");
    let stopped = until(&mut session, PROMPT);
    assert!(stopped.iter().any(|line| line.ends_with("-- stopped after 69 of 101 lines --")), "{stopped:?}");
    // Ctrl-C and Escape end it as well, and the session goes on, in a terminal that is as it was.
    for key in ["\u{3}", "\u{1b}", "\u{1b}[B"] {
        enter(&mut session, "l", "-- 23 of 101 lines: Enter or space for more, q to stop --");
        send(&mut session, key);
        until(&mut session, PROMPT);
    }
    assert_eq!(enter(&mut session, "l.len", PROMPT)[0], "100");
    // To the end.
    enter(&mut session, "l", "-- 23 of 101 lines");
    send(&mut session, "    ");
    let rest = until(&mut session, PROMPT);
    assert!(rest.iter().any(|line| line == "n99   99"), "{rest:?}");
    session.send_control('d').unwrap();
    session.exp_eof().unwrap();
}

#[test]
fn the_last_value_is_at_hand_and_shown_whole() {
    let project = Project::new(PLAIN);
    let mut session = terminal(&project, 60, 40);
    enter(&mut session, "let text = \"one two three four five six seven eight\";", PROMPT);
    let shown = enter(&mut session, "#{ name: \"a\", text: text } // thing", PROMPT);
    let wanted =
        ["name  a", "text  one two three four five six seven…", "not all is shown; `:all` shows everythi…"];
    assert_eq!(&shown[..3], &wanted[..]);
    let whole = enter(&mut session, ":all", PROMPT);
    assert_eq!(&whole[..2], ["name  a", "text  one two three four five six seven eight"]);
    assert_eq!(enter(&mut session, "_.name", PROMPT)[0], "\"a\"");
    assert_eq!(enter(&mut session, "_ + _", PROMPT)[0], "\"aa\"");
    assert_eq!(enter(&mut session, ":format json", PROMPT).concat(), "");
    assert_eq!(enter(&mut session, "#{ l: _ }", PROMPT)[..3], ["{", "  \"l\": \"aa\"", "}"]);
    session.send_control('d').unwrap();
    session.exp_eof().unwrap();
}
