use super::*;
use crate::events::Foreseen;
use serde_json::json;

fn listed(op: &str, resource: &str, action: Action) -> Planned {
    Planned {
        service: "kv".into(),
        op: op.into(),
        kind: "KvNamespace".into(),
        logical: None,
        resource: resource.into(),
        jurisdiction: None,
        action,
        id: None,
        changes: Vec::new(),
        observed: BTreeMap::new(),
        entries: BTreeSet::new(),
        contents: None,
        folder: None,
        migrations: Vec::new(),
        cost: Cost::default(),
        at: Site::default(),
    }
}

fn change(field: &str, from: Json, to: Json) -> Change {
    Change { field: field.into(), from, to }
}

fn file(name: &str, sha256: &str) -> PendingFile {
    PendingFile { name: name.into(), sha256: sha256.into() }
}

fn begin(permit: &Permit, id: u64, op: &str, name: &str, contents: Option<&str>) {
    permit.begin(id, ("kv", op), &Key::new("kv", name), contents);
}

/// A permit for one op, which has begun as number 1.
fn permit_of(one: Planned, contents: Option<&str>) -> Permit {
    let (op, name) = (one.op.clone(), one.resource.clone());
    let permit = Permit::new(vec![one]);
    begin(&permit, 1, &op, &name, contents);
    permit
}

fn apply(migrations: &[PendingFile]) -> Intent<'_> {
    Intent { migrations, ..Intent::to(Action::Apply) }
}

#[track_caller]
fn refused(permit: &Permit, id: u64, intent: &Intent<'_>) -> String {
    permit.check(id, intent).unwrap_err().to_string()
}

#[test]
fn an_op_gets_leave_once_and_under_its_own_name_and_jurisdiction() {
    let mut in_eu = listed("ensure", "B", Action::Create);
    in_eu.jurisdiction = Some("eu".into());
    let permit = Permit::new(vec![listed("ensure", "A", Action::Create), in_eu]);
    let create = Intent::to(Action::Create);
    for (id, name) in [(1, "A"), (2, "A"), (3, "B")] {
        begin(&permit, id, "ensure", name, None);
    }
    begin(&permit, 4, "put", "A", None);
    permit.begin(5, ("kv", "ensure"), &Key { jurisdiction: Some("eu".into()), ..Key::new("kv", "B") }, None);
    permit.check(1, &create).unwrap();
    permit.check(5, &create).unwrap();
    for id in [2, 3] {
        let said = refused(&permit, id, &create);
        assert_eq!(said, "the plan does not list this `kv::ensure`, which would create it");
    }
    for (action, words) in [
        (Action::Create, "create it"),
        (Action::Update, "update it"),
        (Action::Delete, "delete it"),
        (Action::Apply, "apply migrations"),
        (Action::Write, "write"),
        (Action::None, "leave it as it is"),
    ] {
        let said = refused(&permit, 4, &Intent::to(action));
        assert_eq!(said, format!("the plan does not list this `kv::put`, which would {words}"));
    }
    let said = refused(&permit, 9, &create);
    assert_eq!(said, "the plan does not list this `a write`, which would create it");
}

#[test]
fn of_several_alike_the_first_is_the_first_that_is_listed() {
    let write = |text: &str| Planned { contents: Some(digest(text)), ..listed("put", "A", Action::Write) };
    let permit = Permit::new(vec![write("one"), write("two")]);
    begin(&permit, 1, "put", "A", Some("one"));
    begin(&permit, 2, "put", "A", Some("one"));
    permit.check(1, &Intent::to(Action::Write)).unwrap();
    let said = refused(&permit, 2, &Intent::to(Action::Write));
    assert_eq!(said, "`kv::put` of `A` is not what was planned: it would send something else");
}

#[test]
fn another_action_is_refused_with_the_fields_that_it_would_set() {
    let permit = permit_of(listed("ensure", "A", Action::Create), None);
    let changes = [change("/a/b", json!(1), json!(2)), change("/c", json!(null), json!("d"))];
    let said = refused(&permit, 1, &Intent { changes: &changes, ..Intent::to(Action::Update) });
    let expected = "`kv::ensure` of `A` is not what was planned: the plan would create it, and now it would update it \
                    (`a.b`: 1 -> 2, `c`: null -> \"d\")";
    assert_eq!(said, expected);
    let said = refused(&permit, 1, &Intent::to(Action::Delete));
    let expected =
        "`kv::ensure` of `A` is not what was planned: the plan would create it, and now it would delete it";
    assert_eq!(said, expected);
}

#[test]
fn another_thing_of_the_same_name_is_refused() {
    let one = Planned { id: Some("planned".into()), ..listed("ensure", "A", Action::Delete) };
    let permit = permit_of(one, None);
    let delete = |id| Intent { id, ..Intent::to(Action::Delete) };
    permit.check(1, &delete(Some("planned"))).unwrap();
    permit.check(1, &delete(None)).unwrap();
    let said = refused(&permit, 1, &delete(Some("other")));
    let expected =
        "`kv::ensure` of `A` is not what was planned: it had the id `planned`, and has `other` now";
    assert_eq!(said, expected);
}

#[test]
fn a_field_that_has_moved_is_named_once_with_what_it_was() {
    let fields = |all: &[(&str, i32)]| -> BTreeMap<String, Json> {
        all.iter().map(|(field, value)| ((*field).to_owned(), json!(value))).collect()
    };
    let one = Planned {
        changes: vec![change("/a", json!(1), json!(2)), change("/b", json!(1), json!(2))],
        observed: fields(&[("/a", 1), ("/b", 1), ("/c", 1), ("/d", 1)]),
        ..listed("ensure", "A", Action::Update)
    };
    let permit = permit_of(one.clone(), None);
    let (changes, observed) = (one.changes.clone(), one.observed.clone());
    let update = |changes, observed| Intent { changes, observed, ..Intent::to(Action::Update) };
    permit.check(1, &update(&changes, &observed)).unwrap();
    let changes = [change("/a", json!(3), json!(2)), change("/e", json!(null), json!(5))];
    let observed = fields(&[("/a", 3), ("/b", 1), ("/c", 4), ("/f", 6)]);
    let said = refused(&permit, 1, &update(&changes, &observed));
    let expected = [
        "`kv::ensure` of `A` is not what was planned: `a` was planned as 1 -> 2, and is now 3 -> 2",
        "`b` was planned as 1 -> 2, and is now unchanged",
        "`c` was 1, and is 4 now",
        "`d` was 1, and is null now",
        "`e` was planned as unchanged, and is now null -> 5",
        "`f` was null, and is 6 now",
    ];
    assert_eq!(said, expected.join("; "));
}

#[test]
fn entries_and_migrations_may_be_fewer_and_no_others() {
    let set = |all: &[&str]| -> BTreeSet<String> { all.iter().map(|one| (*one).to_owned()).collect() };
    let permit = permit_of(Planned { entries: set(&["a", "b"]), ..listed("load", "A", Action::Write) }, None);
    let (fewer, other) = (set(&["b"]), set(&["b", "c"]));
    permit.check(1, &Intent { entries: &fewer, ..Intent::to(Action::Write) }).unwrap();
    let said = refused(&permit, 1, &Intent { entries: &other, ..Intent::to(Action::Write) });
    let begin = "`kv::load` of `A` is not what was planned: ";
    assert_eq!(said, format!("{begin}it would write `c`, which the plan does not list"));

    let planned = vec![file("1", "x"), file("2", "y")];
    let permit = permit_of(Planned { migrations: planned, ..listed("migrate", "A", Action::Apply) }, None);
    for fine in [&[file("1", "x"), file("2", "y")][..], &[file("2", "y")], &[]] {
        permit.check(1, &apply(fine)).unwrap();
    }
    let begin = "`kv::migrate` of `A` is not what was planned: ";
    for (now, words) in [
        (&[file("1", "x"), file("2", "z")][..], "the text of `2` has changed"),
        (&[file("1", "x"), file("2", "y"), file("3", "z")], "`3` is pending, which the plan does not list"),
        (&[file("1", "x")], "other migrations are pending than the plan lists"),
        (&[file("2", "y"), file("1", "x")], "other migrations are pending than the plan lists"),
    ] {
        assert_eq!(refused(&permit, 1, &apply(now)), format!("{begin}{words}"));
    }
}

#[test]
fn what_a_create_gives_stands_for_the_id_that_the_plan_made_up() {
    let made_up = Planned { id: Some("made-up".into()), ..listed("ensure", "A", Action::Create) };
    let uses = Planned {
        contents: Some(digest("binds made-up")),
        changes: vec![change("/ids", json!(null), json!({"list": ["made-up", 7]}))],
        id: Some("of made-up".into()),
        ..listed("put", "in made-up", Action::Write)
    };
    let permit = Permit::new(vec![made_up, uses]);
    begin(&permit, 1, "ensure", "A", None);
    assert_eq!(permit.end(1, Action::Create, "real"), None);
    begin(&permit, 2, "put", "in real", Some("binds real"));
    let changes = [change("/ids", json!(null), json!({"list": ["real", 7]}))];
    permit.check(2, &Intent { changes: &changes, id: Some("of real"), ..Intent::to(Action::Write) }).unwrap();
}

#[test]
fn an_id_that_is_not_known_or_not_another_stands_for_nothing() {
    for real in ["", "a"] {
        let one = Planned { id: Some("a".into()), ..listed("ensure", "A", Action::Create) };
        let permit = permit_of(one, None);
        assert_eq!(permit.end(1, Action::Create, real), None);
        assert!(permit.state.lock().ids.is_empty());
    }
}

#[test]
fn what_is_done_already_is_noted_and_what_is_left_is_listed() {
    let ops = [Action::Create, Action::Delete, Action::None, Action::Update];
    let listed: Vec<Planned> =
        ops.iter().enumerate().map(|(at, action)| listed("ensure", &at.to_string(), *action)).collect();
    let permit = Permit::new(listed);
    let left =
        |permit: &Permit| -> Vec<String> { permit.left().iter().map(|one| one.resource.clone()).collect() };
    assert_eq!(left(&permit), ["0", "1", "3"]);
    for id in 0..3 {
        begin(&permit, id, "ensure", &id.to_string(), None);
    }
    assert_eq!(left(&permit), ["3"]);
    let notes = [0, 1, 2].map(|id| permit.end(id, Action::None, ""));
    let words = [Some("there already, as planned"), Some("gone already, as planned"), None];
    assert_eq!(notes, words.map(|words| words.map(str::to_owned)));
    assert_eq!(permit.end(7, Action::None, ""), None, "what is not listed");
}

#[test]
fn what_has_moved_since_is_kept_in_the_order_of_starting() {
    let at = |line| Site { file: "main.rhai".into(), line, column: 1 };
    let there = |action| Planned { id: Some("old".into()), ..listed("ensure", "A", action) };
    let permit = Permit::new(vec![there(Action::Update), there(Action::None), there(Action::Create)]);
    for id in 1..=3 {
        begin(&permit, id, "ensure", "A", None);
    }
    let observed: BTreeMap<String, Json> = [("/a".to_owned(), json!(1))].into();
    let done = |id, action, live: &str| OpFinished {
        action,
        resource_id: Some(live.to_owned()),
        foreseen: Box::new(Foreseen { observed: observed.clone(), ..Foreseen::default() }),
        ..OpFinished::unchanged(id)
    };
    // What is left as it is may be anything but another one; what was to be created may be there by now.
    permit.compare(&done(2, Action::None, "new"), &at(2));
    permit.compare(&done(3, Action::None, "new"), &at(3));
    permit.compare(&done(1, Action::Update, "old"), &at(1));
    let moved: Vec<(usize, String)> =
        permit.moved().into_iter().map(|finding| (finding.at.line, finding.message)).collect();
    let begin = "`kv::ensure` of `A` is not what was planned: ";
    assert_eq!(
        moved,
        [
            (1, format!("{begin}`a` was null, and is 1 now")),
            (2, format!("{begin}it had the id `old`, and has `new` now"))
        ]
    );
}

#[test]
fn what_a_create_would_find_is_not_compared() {
    let permit = permit_of(listed("ensure", "A", Action::Create), None);
    let observed: BTreeMap<String, Json> = [("/a".to_owned(), json!(1))].into();
    let foreseen = Box::new(Foreseen { observed, ..Foreseen::default() });
    let done = OpFinished { action: Action::Create, foreseen, ..OpFinished::unchanged(1) };
    permit.compare(&done, &Site::default());
    assert!(permit.moved().is_empty());
}

#[test]
fn what_is_left_as_it_is_under_the_same_id_has_not_moved() {
    let one = Planned { id: Some("same".into()), ..listed("ensure", "A", Action::None) };
    let permit = permit_of(one, None);
    let resource_id = Some("same".to_owned());
    permit.compare(&OpFinished { resource_id, ..OpFinished::unchanged(1) }, &Site::default());
    assert!(permit.moved().is_empty());
}
