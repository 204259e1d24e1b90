//! Whole screens of a session at 80 and 120 columns. They are stored in `tests/screens`.

use super::project::{PLAIN, Project};
use super::terminal::Terminal;
use rexpect::process::Signal;

const READ_ONLY: &str = "development (read-only)>";
const SESSION: [&str; 4] = ["repl", "-e", "dev", "--local"];

/// A project whose account has some things.
fn project() -> Project {
    let config = format!("{PLAIN}[environments.production]\nalias = \"prod\"\nprotected = true\n");
    let project = Project::new(&config).recipe(
        "kv::ensure(\"SESSIONS\"); kv::ensure(\"LIMITS\"); r2::ensure(\"images\"); vectorize::ensure(\"jobs\", #{ dimensions: 8, metric: \"cosine\" });",
    );
    project.run(&["run", "recipes/main.rhai", "-e", "dev", "--local"]).exit(0);
    project
}

#[test]
fn tab_lists_with_signatures_and_summaries() {
    for columns in [80, 120] {
        let project = project();
        let mut terminal = Terminal::start(&project, columns, &SESSION);
        terminal.prompt(READ_ONLY);
        for (typed, shown) in [
            ("kv::", "Writes one key"),
            ("r2::ensure(\"a\", #{ ", "jurisdiction"),
            ("vectorize::ensure(\"a\", #{ metric: \"", "euclidean"),
            ("kv::find(\"", "SESSIONS"),
            ("kv::ensure(\"A\").", "Writes one key"),
            (":", ":unlock"),
        ] {
            terminal.types(typed);
            terminal.keys("\t");
            terminal.shows(shown);
            terminal
                .until("the line below its list", |one| one.cursor_row_is(&format!("{READ_ONLY} {typed}")));
            let name = if typed == ":" { "commands" } else { typed };
            let name = name.replace(|one: char| !one.is_ascii_alphanumeric(), "-");
            terminal.is(&format!("tab-{}-{columns}", name.trim_matches('-').replace("--", "-")));
            terminal.keys("\u{3}");
            terminal.prompt(READ_ONLY);
            terminal.keys("\u{c}");
            terminal.until("an empty screen", |one| one.contents() == READ_ONLY);
        }
    }
}

#[test]
fn hints_are_grey_and_what_is_typed_has_colours() {
    let project = project();
    let mut terminal = Terminal::start(&project, 80, &SESSION);
    terminal.prompt(READ_ONLY);
    terminal.types("let a = kv::ensure(");
    terminal.shows("kv::ensure(title: string, [options: map]");
    terminal.is("hint-80");
    assert_eq!(terminal.color_of("let"), vt100::Color::Idx(5));
    assert_eq!(terminal.color_of("ensure("), vt100::Color::Idx(4));
    terminal.types("\"A\"); nope");
    terminal.keys("(");
    terminal.until("`nope` in red", |one| {
        one.contents().contains("nope(") && one.color_of("nope") == vt100::Color::Idx(1)
    });
    terminal.keys("\u{3}");
    terminal.prompt(READ_ONLY);
    // An entry of the history is grey after what begins like it, and the right arrow takes it.
    terminal.enters("let long = 20 + 22;", READ_ONLY);
    terminal.types("let lo");
    terminal.shows("let long = 20 + 22;");
    terminal.keys("\u{1b}[C");
    terminal.until("the rest of it", |one| one.cursor_row_is(&format!("{READ_ONLY} let long = 20 + 22;")));
    terminal.keys("\r");
    terminal.prompt(READ_ONLY);
    terminal.enters("long", READ_ONLY);
    terminal.is("history-80");
}

#[test]
fn nothing_has_colours_where_nobody_wants_them() {
    let project = project();
    let mut terminal = Terminal::start_with(&project, 80, &SESSION, &[("TERM", "xterm"), ("NO_COLOR", "1")]);
    terminal.prompt(READ_ONLY);
    terminal.types("let a = kv::ensure(\"A\"");
    assert_eq!(terminal.color_of("let"), vt100::Color::Default);
    assert!(!terminal.contents().contains("KvNamespace"), "a hint that nobody could tell from what is typed");
    drop(terminal);
    let mut dumb = Terminal::start_with(&project, 80, &SESSION, &[("TERM", "dumb")]);
    dumb.prompt(READ_ONLY);
    dumb.keys("40 + 2\n");
    dumb.shows("42");
    assert!(!dumb.contents().contains('\u{1b}'));
}

#[test]
fn a_protected_environment_is_red_and_says_what_is_written() {
    let project = project();
    let mut terminal = Terminal::start(&project, 80, &["repl", "-e", "production", "--local"]);
    let (locked, unlocked) = ("production (read-only)>", "production (writes)>");
    terminal.prompt(locked);
    assert_eq!(terminal.color_of("production (read-only)"), vt100::Color::Idx(1));
    terminal.enters(":unlock", locked);
    terminal.enters(":unlock prod", locked);
    terminal.enters(":unlock production", unlocked);
    terminal.enters("kv::ensure(\"NEW\");", unlocked);
    terminal.enters(":plan kv::delete(\"NEW\")", unlocked);
    terminal.enters(":lock", locked);
    terminal.enters(":env development", READ_ONLY);
    terminal.is("protected-80");
    assert_ne!(terminal.color_of(READ_ONLY), vt100::Color::Idx(1));
}

#[test]
fn several_lines_are_one_entry_and_there_is_a_way_out() {
    let project = project();
    let mut terminal = Terminal::start(&project, 80, &SESSION);
    terminal.prompt(READ_ONLY);
    terminal.types("let list = [");
    terminal.keys("\r");
    terminal.types("  1, 2,");
    terminal.keys("\r");
    terminal.types("].map(|x| x * 21);");
    terminal.keys("\r");
    terminal.prompt(READ_ONLY);
    terminal.enters("list[1]", READ_ONLY);
    // What nobody finishes ends with two empty lines, or with Ctrl-C.
    terminal.types("let never = [1,");
    terminal.keys("\r\r\r");
    terminal.shows("error");
    terminal.prompt(READ_ONLY);
    terminal.types("kv::ensure(\"A\", #{");
    terminal.keys("\r\u{3}");
    terminal.prompt(READ_ONLY);
    // A paste may hold several entries; the brackets around it are the terminal's.
    terminal.keys("\u{1b}[200~let p = 1;\nlet q = p + 1;\n// a note\n[p, q]\u{1b}[201~");
    terminal.shows("[p, q]");
    terminal.keys("\r");
    terminal.prompt(READ_ONLY);
    terminal.is("lines-80");
}

#[test]
fn commands_answer() {
    let project = project();
    let mut terminal = Terminal::start(&project, 80, &SESSION);
    terminal.prompt(READ_ONLY);
    terminal.enters(":help", READ_ONLY);
    terminal.enters(":help keys", READ_ONLY);
    terminal.is("help-80");
    terminal.keys("\u{c}");
    terminal.until("an empty screen", |one| one.contents() == READ_ONLY);
    terminal.enters("let ns = kv::find(\"SESSIONS\");", READ_ONLY);
    terminal.enters("let numbers = [1, 2, 3];", READ_ONLY);
    terminal.enters(":type kv::list()", READ_ONLY);
    terminal.enters(":plan r2::ensure(\"more\")", READ_ONLY);
    terminal.enters(":vars", READ_ONLY);
    terminal.enters(":tiem 1", READ_ONLY);
    terminal.enters(":env", READ_ONLY);
    terminal.is("commands-80");
}

/// The block of the manual that shows a session.
#[test]
fn the_session_of_the_manual_is_one() {
    let project = project();
    let mut terminal = Terminal::start(&project, 80, &SESSION);
    terminal.prompt(READ_ONLY);
    terminal.enters("kv::list().map(|ns| ns.title)", READ_ONLY);
    terminal.enters(":type kv::list()", READ_ONLY);
    terminal.enters("kv::ensure(\"JOBS\");", READ_ONLY);
    terminal.types("kv::ensure(\"JOBS\").");
    terminal.keys("\t");
    terminal.shows("supports_url_encoding");
    terminal.until("the line below its list", |one| {
        one.cursor_row_is(&format!("{READ_ONLY} kv::ensure(\"JOBS\")."))
    });
    terminal.is_block("docs/exploring.md", "session");
}

#[test]
fn ctrl_c_and_sigterm_at_the_prompt() {
    let project = project();
    let mut terminal = Terminal::start(&project, 80, &SESSION);
    terminal.prompt(READ_ONLY);
    terminal.types("let half");
    terminal.keys("\u{3}");
    terminal.prompt(READ_ONLY);
    terminal.types("log(\"be\" + \"gun\"); sleep(30);");
    terminal.keys("\r");
    terminal.shows("begun");
    terminal.keys("\u{3}");
    terminal.shows("interrupted");
    terminal.prompt(READ_ONLY);
    terminal.enters("40 + 2", READ_ONLY);
    terminal.is("ctrl-c-80");
    terminal.signal(Signal::SIGTERM);
    assert_eq!(terminal.ends(), 143);
}
