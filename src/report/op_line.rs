//! One entry of the text report: symbol, resource, verb and details.
//!
//! A failure is one line with its place: what it is about stands on standard error.
//!
//! **Invariant:** nothing from outside reaches a line but through [`TextStyle`].

use super::document::Op;
use super::entry::Entry;
use super::failures::{is_told, place, stands_at};
use super::status_words::outcome;
use super::text_style::{DIM, KNOWN_AFTER_APPLY, RED, TextStyle, paint};
use crate::events::{Action, Change, Status};
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns of the name, so that the blocks of most recipes line up although each is printed on its own.
pub(super) const NAME_COLUMNS: usize = 28;

/// Columns of the longest verb, `unchanged`.
pub(super) const VERB_COLUMNS: usize = 9;

/// So far a word may stand left of its column, so that the line fits.
const SHIFT_MAX: usize = 2;

/// Where what stands below a line begins.
const INDENT: usize = 6;

/// The entry's line, and below it what doesn't fit.
pub(super) fn line(entry: &Entry, step: &str, ink: &TextStyle) -> String {
    let decisive = entry.decisive();
    let mut detail = in_line(entry.op, ink);
    let mut below = below(entry.op, ink);
    for migrate in &entry.migrations {
        let more = in_line(migrate, ink);
        if detail.is_empty() || is_told(migrate) {
            detail = more;
        } else if !more.is_empty() {
            below.push(more);
        }
        below.extend(self::below(migrate, ink));
    }
    if detail.is_empty() && decisive.error.is_none() && entry.op.changes.len() == 1 {
        detail = below.remove(0);
    }
    let is_id = detail == KNOWN_AFTER_APPLY || entry.op.id.as_ref().is_some_and(|id| ink.show(id) == detail);
    // An id is found below its line as well; what else is said is found by its line in a log.
    let columns = if is_id { ink.columns() } else { ink.terminal_columns() };
    written(symbol(decisive), &label(entry.op, step, ink), &entry.outcome(), detail, below, (columns, ink))
}

/// The line of an op that only asked.
pub(super) fn read(op: &Op, step: &str, ink: &TextStyle) -> String {
    let name = label(op, step, ink);
    match op.status {
        Status::Done | Status::Planned => {
            written(("<", DIM), &name, "read", ink.show(&op.op), Vec::new(), (usize::MAX, ink))
        }
        _ => written(symbol(op), &name, outcome(op), in_line(op, ink), Vec::new(), (usize::MAX, ink)),
    }
}

fn written(
    (symbol, style): (&str, Style),
    name: &str,
    word: &str,
    mut detail: String,
    mut below: Vec<String>,
    (columns, ink): (usize, &TextStyle),
) -> String {
    let end = 4 + name.width().max(NAME_COLUMNS) + 2 + word.width().max(VERB_COLUMNS) + 2 + detail.width();
    let over = if detail.is_empty() { 0 } else { (end + 1).saturating_sub(columns) };
    let blanks = NAME_COLUMNS.saturating_sub(name.width());
    // The id of a database is a little too long for 80 columns: its name has a few blanks to give.
    let mut name_columns = if over <= blanks.min(SHIFT_MAX) { NAME_COLUMNS - over } else { NAME_COLUMNS };
    if name_columns == NAME_COLUMNS && over > 0 {
        let detail = std::mem::take(&mut detail);
        if detail != KNOWN_AFTER_APPLY {
            below.insert(0, detail);
        }
    }
    if detail.is_empty() {
        let end = 4 + NAME_COLUMNS + 2 + word.width();
        name_columns -= (end + 1).saturating_sub(columns).min(blanks);
    }
    let mut text = format!("  {} {}  ", paint(style, symbol), padded(Style::new(), name, name_columns));
    if detail.is_empty() {
        text += &paint(style, word);
    } else {
        text = text + padded(style, word, VERB_COLUMNS).as_str() + "  " + detail.as_str();
    }
    text.push('\n');
    below.iter().fold(text, |text, more| text + below_line(more, ink).as_str())
}

/// A line that belongs to the one above.
pub(super) fn below_line(text: &str, ink: &TextStyle) -> String {
    format!("{:INDENT$}{}\n", "", ink.wrapped(text, INDENT, INDENT + 2))
}

/// What stands behind the verb.
fn in_line(op: &Op, ink: &TextStyle) -> String {
    if !is_told(op) {
        return detail(op, ink);
    }
    let subject = op.subject.as_ref().map(|subject| ink.show(subject));
    let at = Some(place(stands_at(op), ink)).filter(|at| !at.is_empty()).map(|at| format!("at {at}"));
    subject.into_iter().chain(at).collect::<Vec<_>>().join(", ")
}

/// What stands below the line; the message of a failure has its fields.
fn below(op: &Op, ink: &TextStyle) -> Vec<String> {
    let changes = if op.error.is_none() { changes(op, ink) } else { Vec::new() };
    let notes = op.notes.iter().map(|note| ink.message(note));
    let notes = notes.map(|note| if op.status == Status::Planned { statement(note, ink) } else { note });
    changes.into_iter().chain(notes).collect()
}

/// A statement of a plan as far as the line goes; any other note as it is.
fn statement(note: String, ink: &TextStyle) -> String {
    let room = ink.columns().saturating_sub(INDENT + 1 + "...`".len());
    let is_statement = note.starts_with("line ") && note.ends_with('`');
    if !is_statement || note.width() <= room + "...`".len() {
        return note;
    }
    let kept = note.trim_end_matches("...`");
    let mut columns = 0;
    let end = kept.char_indices().find(|(_, c)| {
        columns += c.width().unwrap_or_default();
        columns > room
    });
    format!("{}...`", &kept[..end.map_or(kept.len(), |(at, _)| at)])
}

/// What stands behind the verb, and what stands below the line.
pub(super) fn details(op: &Op, ink: &TextStyle) -> (String, Vec<String>) {
    let mut below = changes(op, ink);
    let mut detail = detail(op, ink);
    if detail.is_empty() && op.error.is_none() && below.len() == 1 {
        detail = below.remove(0);
    }
    below.extend(op.notes.iter().map(|note| ink.message(note)));
    (detail, below)
}

/// Fields that were or would be changed, or that stand in the way.
pub(super) fn changes(op: &Op, ink: &TextStyle) -> Vec<String> {
    let is_new = (op.status, op.action) == (Status::Planned, Action::Create);
    let show = if is_new { new_field } else { field };
    op.changes.iter().map(|change| show(change, ink)).collect()
}

fn detail(op: &Op, ink: &TextStyle) -> String {
    let subject = op.subject.as_ref().map(|subject| ink.show(subject));
    match (&op.error, op.status, op.action) {
        (Some(error), ..) => {
            let caught = if op.caught { "caught: " } else { "" };
            let subject = subject.map(|subject| subject + ": ").unwrap_or_default();
            format!("{caught}{subject}{}", ink.show(&error.message))
        }
        (None, Status::Planned, Action::Create) if op.id.as_ref().is_some_and(|id| *id != op.resource) => {
            KNOWN_AFTER_APPLY.to_owned()
        }
        (None, Status::Done, Action::Create) => {
            op.id.iter().filter(|id| **id != op.resource).map(|id| ink.show(id)).collect()
        }
        (None, ..) => subject.unwrap_or_default(),
    }
}

fn field(change: &Change, ink: &TextStyle) -> String {
    format!("{}: {} -> {}", path(change, ink), ink.value(&change.from), ink.value(&change.to))
}

/// Of something that is not there yet.
fn new_field(change: &Change, ink: &TextStyle) -> String {
    format!("{}: {}", path(change, ink), ink.value(&change.to))
}

fn path(change: &Change, ink: &TextStyle) -> String {
    // A JSON pointer as people write paths; what `~1` and `~0` stand for is undone last.
    let path = change
        .field
        .strip_prefix('/')
        .unwrap_or(&change.field)
        .replace('/', ".")
        .replace("~1", "/")
        .replace("~0", "~");
    ink.show(&path)
}

fn symbol(op: &Op) -> (&'static str, Style) {
    match (op.status, op.action) {
        (Status::Conflict | Status::Failed, _) => ("!", RED),
        (Status::Unknown, _) => ("?", AnsiColor::Magenta.on_default().bold()),
        (Status::Skipped, _) => (".", DIM),
        (Status::Done | Status::Planned, Action::Create) => ("+", AnsiColor::Green.on_default()),
        (Status::Done | Status::Planned, Action::Update) => ("~", AnsiColor::Yellow.on_default()),
        (Status::Done | Status::Planned, Action::Delete) => ("-", AnsiColor::Red.on_default()),
        (Status::Done | Status::Planned, Action::Apply | Action::Write) => {
            (">", AnsiColor::Cyan.on_default())
        }
        (Status::Done | Status::Planned, Action::None) => ("=", DIM),
    }
}

pub(super) fn symbol_of(op: &Op) -> &'static str {
    symbol(op).0
}

/// `text` in `style`, filled up with blanks.
pub(super) fn padded(style: Style, text: &str, columns: usize) -> String {
    let blanks = columns.saturating_sub(text.width());
    format!("{}{:blanks$}", paint(style, text), "")
}

/// The op's resource as people name it: with its service where the step's name doesn't say it.
pub(super) fn label(op: &Op, step: &str, ink: &TextStyle) -> String {
    let mut label = ink.show(&op.resource);
    if op.service != step {
        label.insert_str(0, &format!("{} ", ink.show(&op.service)));
    }
    // A listing has no name.
    label.truncate(label.trim_end().len());
    let marks: Vec<String> =
        op.jurisdiction.iter().map(|name| ink.show(name)).chain(op.shared.then(|| "shared".into())).collect();
    if !marks.is_empty() {
        let _ = write!(label, " ({})", marks.join(", "));
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::entry::entries;
    use crate::report::sample;
    use crate::secret::Redactor;
    use serde_json::{Value as Json, json};

    /// The line of an op of the step `kv`, without colours.
    fn shown(op: Op) -> String {
        let redactor = Redactor::default();
        let report = sample::report_of(vec![op]);
        let ink = TextStyle::new(&redactor).knowing(&report.steps);
        let entries = entries(&report.steps[0].ops);
        anstream::adapter::strip_str(&line(&entries[0], "kv", &ink)).to_string()
    }

    fn change(field: &str, from: Json, to: Json) -> Change {
        Change { field: field.into(), from, to }
    }

    #[test]
    fn each_end_has_its_symbol_and_verb() {
        use Action::{Apply, Create, Delete, None, Update, Write};
        use Status::{Conflict, Done, Failed, Planned, Skipped, Unknown};
        let why = "at std/provision:6:42";
        for (action, status, line) in [
            (Create, Done, format!("+ SESSIONS                      created    {}", sample::ID)),
            (Create, Planned, "+ SESSIONS                      to create  (known after apply)".into()),
            (Update, Done, "~ SESSIONS                      updated".into()),
            (Update, Planned, "~ SESSIONS                      to update".into()),
            (Delete, Done, "- SESSIONS                      deleted".into()),
            (Delete, Planned, "- SESSIONS                      to delete".into()),
            (Apply, Done, "> SESSIONS                      applied".into()),
            (Apply, Planned, "> SESSIONS                      to apply".into()),
            (Write, Done, "> SESSIONS                      written".into()),
            (Write, Planned, "> SESSIONS                      to write".into()),
            (None, Done, "= SESSIONS                      unchanged".into()),
            (None, Planned, "= SESSIONS                      unchanged".into()),
            (Update, Conflict, format!("! SESSIONS                      conflict   {why}")),
            (Create, Failed, format!("! SESSIONS                      failed     {why}")),
            (Create, Unknown, format!("? SESSIONS                      unknown    {why}")),
            (None, Skipped, ". SESSIONS                      skipped".into()),
        ] {
            assert_eq!(shown(sample::op(action, status)), format!("  {line}\n"), "{action:?} {status:?}");
        }
    }

    #[test]
    fn one_change_stands_in_the_line_and_several_below() {
        let mut op = sample::op(Action::Update, Status::Done);
        op.changes = vec![change("/storage_class", json!("Standard"), json!("InfrequentAccess"))];
        let line =
            "  ~ SESSIONS                      updated    storage_class: Standard -> InfrequentAccess\n";
        assert_eq!(shown(op.clone()), line);
        op.changes.push(change("/rules/0/a~1b", json!(null), json!({"days": 30})));
        assert_eq!(
            shown(op),
            concat!(
                "  ~ SESSIONS                      updated\n",
                "      storage_class: Standard -> InfrequentAccess\n",
                "      rules.0.a/b: null -> {\"days\":30}\n",
            )
        );
    }

    #[test]
    fn a_failure_is_one_line_and_a_migration_lists_its_files() {
        let mut op = sample::op(Action::Update, Status::Conflict);
        op.changes = vec![change("/dimensions", json!(768), json!(1024))];
        op.caught = true;
        assert_eq!(
            shown(op.clone()),
            "  ! SESSIONS                      conflict   caught: the index has other dimensions\n"
        );
        op.caught = false;
        assert_eq!(shown(op), "  ! SESSIONS                      conflict   at std/provision:6:42\n");
        let mut op = sample::op(Action::Apply, Status::Done);
        op.notes = vec!["0001_init.sql".into(), "0002_\nusers.sql".into()];
        assert_eq!(
            shown(op),
            "  > SESSIONS                      applied\n      0001_init.sql\n      0002_\\nusers.sql\n"
        );
    }

    #[test]
    fn a_resource_is_named_with_what_its_step_does_not_say() {
        let redactor = Redactor::default();
        let ink = TextStyle::new(&redactor);
        let mut op = sample::op(Action::None, Status::Done);
        assert_eq!(label(&op, "kv", &ink), "SESSIONS");
        assert_eq!(label(&op, "storage", &ink), "kv SESSIONS");
        op.jurisdiction = Some("eu".into());
        assert_eq!(label(&op, "kv", &ink), "SESSIONS (eu)");
        op.shared = true;
        assert_eq!(label(&op, "kv", &ink), "SESSIONS (eu, shared)");
        op.jurisdiction = None;
        assert_eq!(label(&op, "kv", &ink), "SESSIONS (shared)");
    }

    #[test]
    fn hostile_and_wide_names_keep_their_line_and_column() {
        let mut op = sample::op(Action::None, Status::Done);
        op.resource = "数据".into();
        assert_eq!(shown(op.clone()), "  = 数据                          unchanged\n");
        op.resource = "a\n  + B  created\u{1b}[2K".into();
        assert_eq!(shown(op), "  = a\\n  + B  created\\u{1b}[2K    unchanged\n");
    }

    /// The lines of a database in a step of its own, for a terminal of so many columns.
    fn database(name: &str, files: usize, notes: &[&str], columns: Option<usize>) -> Vec<String> {
        let redactor = Redactor::default();
        let status = if notes.is_empty() { Status::Done } else { Status::Planned };
        let made = |op: &str, action| {
            let (service, op, resource) = ("d1".to_owned(), op.to_owned(), name.to_owned());
            Op { service, op, resource, ..sample::op(action, status) }
        };
        let mut ensure = made("ensure", Action::Create);
        ensure.id = Some("4075665c-166e-4243-a0e0-10e71f75af2b".into());
        let mut migrate = made("migrate", Action::Apply);
        migrate.migrations = vec!["0001_a.sql".into(); files];
        migrate.notes = notes.iter().map(ToString::to_string).collect();
        let ops = if files == 0 { vec![ensure] } else { vec![ensure, migrate] };
        let report = sample::report_of(ops);
        let ink = TextStyle::new(&redactor).within(columns).knowing(&report.steps);
        let shown = line(&entries(&report.steps[0].ops)[0], "d1", &ink);
        anstream::adapter::strip_str(&shown).to_string().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_database_fits_in_79_columns() {
        let id = "4075665c-166e-4243-a0e0-10e71f75af2b";
        for columns in [None, Some(80)] {
            let [line] = &database("jobmatch-ai-dev-db", 0, &[], columns)[..] else { panic!() };
            assert_eq!(line.width(), 79);
            assert!(line.ends_with(&format!("created    {id}")), "{line}");
            let long = database("a-name-of-quite-a-few-more-columns", 0, &[], columns);
            assert_eq!(
                long,
                ["  + a-name-of-quite-a-few-more-columns  created".to_owned(), format!("      {id}")]
            );
            let migrated = database("jobs", 6, &[], columns);
            assert!(migrated[0].ends_with("created, 6 migrations applied"), "{migrated:?}");
            assert_eq!(migrated[1].trim(), id);
            assert!(migrated.iter().all(|line| line.width() < 80), "{migrated:?}");
        }
        let [line] = &database("jobs", 6, &[], Some(120))[..] else { panic!() };
        assert!(line.ends_with(&format!("created, 6 migrations applied  {id}")), "{line}");
    }

    #[test]
    fn the_statements_of_a_plan_go_as_far_as_the_line() {
        let sql = "column_name, ".repeat(12);
        let note = format!("line 1: `CREATE TABLE t ({sql}...`");
        let widths = [None, Some(80), Some(120), Some(400)].map(|columns| {
            let shown = database("jobs", 1, &[&note], columns);
            let last = shown.last().unwrap();
            assert!(
                last.starts_with("      line 1: `CREATE TABLE t (column_name, ") && last.ends_with("...`")
            );
            last.width()
        });
        assert_eq!(widths, [79, 79, 119, note.width() + 6]);
    }

    #[test]
    fn a_command_is_never_cut_or_broken() {
        let way_back = format!("`larder eval --write 'd1::restore(\"{}\")'`", "0".repeat(90));
        let note =
            format!("the way back to before this run: {way_back}, or by hand, which takes a while longer");
        let shown = database("jobs", 1, &[&note], Some(80));
        assert!(shown.iter().any(|line| line.trim_start() == format!("{way_back},")), "{shown:?}");
        assert!(database("jobs", 1, &[&note], None).contains(&format!("      {note}")));
    }

    #[test]
    fn where_the_name_is_the_id_it_is_not_repeated() {
        let mut op = sample::op(Action::Create, Status::Done);
        op.id = Some("SESSIONS".into());
        assert_eq!(shown(op), "  + SESSIONS                      created\n");
    }
}
