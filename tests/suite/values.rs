//! How values are printed: exact screens of many shapes, and what holds for any value.
//!
//! `tests/values/*.txt` holds a value for each case, as JSON with `{"$handle": KIND, "of": {..}}`, `{"$secret": ..}`,
//! `{"$not_known": true}` and `{"$other": ..}` for what JSON does not have, and what is printed of it. `LARDER_BLESS=1` writes
//! the second anew, to be read before it is kept.

use larder::op::{Key, Pending, Value};
use larder::report::values::{FIRST, Format, Texts, View, render};
use larder::secret::{Redactor, Secret};
use larder::system::files;
use proptest::prelude::*;
use serde_json::Value as Json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;
use unicode_width::UnicodeWidthStr;

/// A secret that values contain.
const CANARY: &str = "c4nary-of-values";

fn view(format: Format, width: Option<usize>, all: bool, texts: Texts) -> View {
    let redactor = Redactor::default();
    redactor.register(&Secret::new(CANARY.to_owned()));
    let whole = if texts == Texts::Quoted { ":all" } else { "--all" };
    View { format, width, all, texts, raw: false, first: FIRST, whole, redactor: Arc::new(redactor) }
}

fn value_of(json: &Json) -> Value {
    let Json::Object(map) = json else {
        return match json {
            Json::Array(items) => Value::List(items.iter().map(value_of).collect()),
            other => Value::from(other.clone()),
        };
    };
    if let Some(kind) = map.get("$handle") {
        let kind: &'static str = kind.as_str().unwrap().to_owned().leak();
        return handle(kind, value_of(&map["of"]));
    }
    if let Some(secret) = map.get("$secret") {
        return Value::Secret(Secret::new(secret.as_str().unwrap().to_owned()));
    }
    if let Some(other) = map.get("$other") {
        return Value::Other(other.as_str().unwrap().to_owned().leak());
    }
    if map.contains_key("$not_known") {
        return Value::NotKnown;
    }
    Value::Map(map.iter().map(|(key, item)| (key.clone(), value_of(item))).collect())
}

fn handle(kind: &'static str, properties: Value) -> Value {
    let key = Key::new("kv", properties.text("name"));
    Value::Handle(Pending::found(kind, key, properties))
}

fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// What a terminal of so many columns shows.
fn on_screen(text: &str, columns: usize) -> String {
    let size = |cells: usize| u16::try_from(cells).unwrap().try_into().unwrap();
    let mut terminal = vt100::Parser::new(size(text.lines().count() + 2), size(columns), 0);
    terminal.process(text.replace('\n', "\r\n").as_bytes());
    terminal.screen().contents()
}

/// Every screen of a value, with what it is called.
fn screens(value: &Value) -> String {
    let mut said = String::new();
    for (title, width, all, texts) in [
        ("80 columns, in a session", Some(80), false, Texts::Quoted),
        ("80 columns, in a session, :all", Some(80), true, Texts::Quoted),
        ("120 columns", Some(120), false, Texts::Bare),
        ("no terminal", None, false, Texts::Bare),
    ] {
        let text = render(value, &view(Format::Table, width, all, texts));
        let shown = plain(&text);
        if let Some(width) = width.filter(|_| !all && !matches!(value, Value::Str(_))) {
            let seen: Vec<String> =
                on_screen(&text, width).lines().map(|line| line.trim_end().to_owned()).collect();
            assert_eq!(seen, shown.lines().collect::<Vec<_>>(), "a terminal shows something else");
        }
        let _ = write!(said, "--- {title}\n{shown}");
    }
    said
}

fn hold(corpus: &str, at_least: usize) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/values/{corpus}.txt"));
    let text = files::read_text(&path, 1 << 20).unwrap();
    let mut sections = text.split("\n=== ");
    let mut now = sections.next().unwrap().to_owned();
    let mut seen = 0;
    for section in sections {
        let input = section.split_once("\n--- ").map_or(section, |(input, _)| input).trim_end();
        let (title, json) = input.split_once('\n').unwrap();
        let json: Json = serde_json::from_str(json).unwrap_or_else(|error| panic!("{title}: {error}"));
        let said = screens(&value_of(&json));
        assert!(!said.contains(CANARY), "{title}");
        let _ = write!(now, "\n=== {input}\n{}\n", said.trim_end());
        seen += 1;
    }
    assert!(seen >= at_least, "only {seen} in {corpus}");
    if std::env::var_os("LARDER_BLESS").is_some() {
        files::write_whole(&path, now.as_bytes()).unwrap();
    }
    let text = files::read_text(&path, 1 << 20).unwrap();
    assert!(text == now, "tests/values/{corpus}.txt is not in step, and is now:\n{now}");
}

#[test]
fn lists_and_texts_look_as_written() {
    hold("lists", 20);
}

#[test]
fn things_look_as_written() {
    hold("things", 9);
}

#[test]
fn tables_look_as_written() {
    hold("tables", 11);
}

#[test]
fn the_screen_of_the_manual_is_one_of_the_corpus() {
    let text =
        |path: &str| files::read_text(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path), 1 << 20).unwrap();
    let (page, corpus) = (text("docs/exploring.md"), text("tests/values/tables.txt"));
    let screen = page.split("development (read-only)> ai_gateway::list()\n").nth(1).unwrap();
    let screen = screen.split("development (read-only)> ").next().unwrap();
    assert!(screen.lines().count() == 5 && corpus.contains(screen), "{screen}");
}

#[test]
fn a_thousand_rows_are_printed_at_once() {
    let row = |number: usize| {
        let text = |text: String| Value::Str(text);
        let map = [
            ("name", text(format!("NAMESPACE_{number}"))),
            ("id", text(format!("{number:032x}"))),
            ("title", text(format!("NAMESPACE_{number}"))),
            ("supports_url_encoding", Value::Bool(true)),
        ];
        let map = map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        handle("KvNamespace", Value::Map(map))
    };
    let value = Value::List((0..1000).map(row).collect());
    let begun = Instant::now();
    let text = render(&value, &view(Format::Table, Some(80), false, Texts::Quoted));
    let took = begun.elapsed();
    assert_eq!(text.lines().count(), 1001 + 1, "the rows, the header, and what is the same in all");
    assert!(took.as_millis() < 1000, "{took:?}");
}

#[test]
fn csv_has_a_header_of_all_names_and_json_in_a_cell() {
    let rows = serde_json::json!([
        {"name": "a,b", "n": 1, "deep": {"x": [1, "é"]}, "none": null},
        {"name": "say \"hi\"\nthere", "more": 2.5, "deep": [], "none": null},
    ]);
    let text = render(&value_of(&rows), &view(Format::Csv, Some(20), false, Texts::Bare));
    assert_eq!(
        text,
        "name,deep,n,none,more\n\"a,b\",\"{\"\"x\"\":[1,\"\"é\"\"]}\",1,,\n\"say \"\"hi\"\"\nthere\",[],,,2.5\n"
    );
    let of = |json: Json| render(&value_of(&json), &view(Format::Csv, None, false, Texts::Bare));
    assert_eq!(of(serde_json::json!([])), "");
    assert_eq!(of(serde_json::json!([1, "x", [2]])), "value\n1\nx\n[2]\n");
    assert_eq!(of(serde_json::json!("x")), "value\nx\n");
    assert_eq!(of(serde_json::json!(null)), "value\n\"\"\n");
    assert_eq!(of(serde_json::json!({"id": 2, "name": "n"})), "name,id\nn,2\n");
}

#[test]
fn json_is_what_programs_expect_of_each_value() {
    let of = |value: Value| render(&value, &view(Format::Ndjson, None, false, Texts::Bare));
    assert_eq!(of(Value::Unit), "null\n");
    assert_eq!(of(Value::Int(i64::MIN)), "-9223372036854775808\n");
    assert_eq!(of(Value::Float(2.0)), "2.0\n");
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(of(Value::Float(odd)), "null\n");
    }
    assert_eq!(of(Value::Secret(Secret::new("hidden-value".into()))), "\"[secret]\"\n");
    assert_eq!(of(Value::NotKnown), "\"(known after apply)\"\n");
    assert_eq!(of(Value::Other("closure")), "null\n");
    assert_eq!(of(Value::Str("a\u{9b}2J\u{7f}".into())), "\"a\\u009b2J\\u007f\"\n");
    assert_eq!(of(Value::List(vec![Value::Int(1), Value::List(vec![])])), "1\n[]\n");
    assert_eq!(of(Value::List(vec![])), "");
}

fn any_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[a-z]{0,12}",
        "\\PC{0,60}",
        ".{0,30}",
        Just("\u{1b}[2J\u{9b}1m\r\n\t\u{0}\u{202e}".to_owned()),
        Just(format!("before {CANARY} after")),
        Just("日本語🦀e\u{301}".repeat(9)),
    ];
    let leaf = prop_oneof![
        Just(Value::Unit),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_map(Value::Float),
        text.clone().prop_map(Value::Str),
        Just(Value::Secret(Secret::new(CANARY.to_owned()))),
        Just(Value::NotKnown),
        Just(Value::Other("closure")),
    ];
    let name = prop_oneof![
        Just("name".to_owned()),
        Just("id".to_owned()),
        "[a-c]{1,2}",
        "\\PC{0,50}",
        Just("\u{1b}x".to_owned())
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        let map = proptest::collection::btree_map(name.clone(), inner.clone(), 0..8);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..12).prop_map(Value::List),
            map.clone().prop_map(Value::Map),
            proptest::collection::vec(map.clone().prop_map(Value::Map), 1..6).prop_map(Value::List),
            map.prop_map(|map| handle("KvNamespace", Value::Map(map))),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_line_is_wider_than_the_terminal(value in any_value(), width in 1usize..200, quoted in any::<bool>()) {
        let texts = if quoted { Texts::Quoted } else { Texts::Bare };
        // What stands alone is there to be copied; the terminal breaks it.
        let stands_alone = matches!(value, Value::Str(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) | Value::Unit
            | Value::Secret(_) | Value::NotKnown | Value::Other(_));
        let is_empty = matches!(&value, Value::List(items) if items.is_empty())
            || matches!(&value, Value::Map(map) if map.is_empty());
        prop_assume!(!stands_alone && !is_empty);
        let text = plain(&render(&value, &view(Format::Table, Some(width), false, texts)));
        for line in text.lines() {
            prop_assert!(line.width() <= width, "{} > {width}: {line:?} in\n{text}", line.width());
        }
    }

    #[test]
    fn nothing_moves_a_cursor_and_no_secret_is_seen(value in any_value(), width in proptest::option::of(1usize..200), all in any::<bool>()) {
        for format in [Format::Table, Format::Json, Format::Ndjson, Format::Csv] {
            for texts in [Texts::Bare, Texts::Quoted] {
                let text = plain(&render(&value, &view(format, width, all, texts)));
                prop_assert!(!text.contains(CANARY), "{text}");
                let odd = text.chars().find(|c| c.is_control() && !"\n\t".contains(*c));
                prop_assert_eq!(odd, None, "{}", text);
            }
        }
    }

    #[test]
    fn programs_can_read_any_value(value in any_value()) {
        let of = |format| render(&value, &view(format, Some(40), false, Texts::Bare));
        let json: Result<Json, _> = serde_json::from_str(&of(Format::Json));
        prop_assert!(json.is_ok(), "{json:?}");
        let lines = of(Format::Ndjson);
        let lines: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        match (&value, json.unwrap()) {
            (Value::List(_), Json::Array(items)) => prop_assert_eq!(items, lines),
            (_, one) => prop_assert_eq!(vec![one], lines),
        }
        let csv = of(Format::Csv);
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let columns = reader.headers().unwrap().len();
        let records: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        let rows = if let Value::List(items) = &value { items.len() } else { 1 };
        prop_assert!(records.iter().all(|record| record.len() == columns));
        prop_assert_eq!(records.len(), rows, "{}", csv);
    }
}
