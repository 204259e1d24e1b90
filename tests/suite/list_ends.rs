//! Lists whose pages contradict each other or never end, from a server that is not the local account.

use super::project::{Output, PLAIN, Project};
use super::stub_api::{Answer, Asked, KINDS, StandIn, yes};
use serde_json::{Value as Json, json};

/// Of so many namespaces, the page that is asked for, in pages of 20.
fn page(total: u64, asked: &Asked) -> (Vec<Json>, u64) {
    let number = asked.number("page").unwrap();
    let rows = ((number - 1) * 20..(number * 20).min(total))
        .map(|at| json!({ "id": format!("{at:032x}"), "title": format!("n{at}") }));
    (rows.collect(), number)
}

/// Namespaces as they are listed so.
fn listed(answer: impl Fn(&Asked) -> Answer + Send + 'static) -> StandIn {
    StandIn::new(move |asked, _| asked.is("GET", KINDS[0].collection).then(|| answer(asked)))
}

/// So many namespaces, with that total.
fn told(total: Json) -> StandIn {
    listed(move |asked| {
        let (rows, number) = page(45, asked);
        let info = json!({ "page": number, "per_page": 20, "count": rows.len(), "total_count": total });
        yes(&Json::from(rows), &info)
    })
}

fn run(stand_in: &StandIn, script: &str) -> Output {
    stand_in.serves(Project::new(PLAIN).recipe(script)).run(&["run", "main", "-e", "dev"])
}

#[test]
fn a_wrong_total_hides_nothing() {
    for total in [
        json!(0),
        json!(20),
        json!(30),
        json!(44),
        json!(45),
        json!(46),
        json!(99),
        json!(-1),
        json!("x"),
        json!(null),
    ] {
        let stand_in = told(total.clone());
        run(&stand_in, "print(kv::list().len);\n").exit(0).kept("a wrong total hides nothing");
        let ensured = run(&stand_in, "kv::ensure(\"n44\");\n").exit(0);
        ensured.kept(&format!("a wrong total hides nothing, 2: {total}"));
    }
}

#[test]
fn what_a_wrong_total_hides_is_destroyed() {
    let config = format!("{PLAIN}[kv]\nnamespaces = [\"n44\"]\n");
    let stand_in = StandIn::new(|asked, holds| {
        if !asked.is("GET", KINDS[0].collection) {
            return None;
        }
        let number = asked.number("page").unwrap();
        let all = holds.of(KINDS[0]);
        let rows: Vec<Json> =
            all.into_iter().skip(usize::try_from(number - 1).unwrap() * 20).take(20).collect();
        Some(yes(&Json::from(rows), &json!({ "page": number, "per_page": 20, "total_count": 0 })))
    });
    stand_in.look(|holds| {
        for number in 0..45 {
            holds.make(KINDS[0], &json!({ "title": format!("n{number}") }));
        }
    });
    let project = stand_in.serves(Project::new(&config));
    project
        .run(&["destroy", "-e", "dev", "--yes", "--also", "n44"])
        .exit(0)
        .kept("what a wrong total hides is destroyed");
    assert_eq!(stand_in.look(|holds| holds.of(KINDS[0]).len()), 44);
}

/// What is told, at the line that asked for the list; nothing is written.
fn refused(stand_in: &StandIn, told: &str) {
    let script = "let a = 1;\nkv::ensure(\"absent\");\n";
    let output = run(stand_in, script).exit(1);
    output.stderr_has(&format!(
        "error: can't list the namespaces for `absent`: {told}\n --> recipes/main.rhai:2:5\n"
    ));
    assert_eq!(stand_in.look(|holds| holds.count(|line| line.starts_with("POST"))), 0);
}

#[test]
fn pages_that_contradict_each_other_are_told() {
    let again = "page 2 of the list is an earlier page again";
    let same = |asked: &Asked| {
        let first = Asked { query: vec![("page".into(), "1".into())], ..asked.clone() };
        yes(&Json::from(page(45, &first).0), &json!({ "per_page": 20, "total_count": 45 }))
    };
    refused(&listed(same), again);
    let first = |asked: &Asked| {
        yes(&Json::from(page(45, asked).0), &json!({ "page": 1, "per_page": 20, "total_count": 45 }))
    };
    refused(&listed(first), again);
    let gap = |asked: &Asked| {
        let (rows, number) = page(60, asked);
        let rows = if number == 2 { json!([]) } else { Json::from(rows) };
        yes(&rows, &json!({ "page": number, "per_page": 20, "total_count": 60 }))
    };
    refused(&listed(gap), "page 2 of the list is empty, and page 3 is not");
    let cursor = |_: &Asked| yes(&json!([]), &json!({ "cursor": "c" }));
    refused(&listed(cursor), "page 2 of the list gives an earlier cursor again");
    let none = |asked: &Asked| {
        let (rows, number) = page(45, asked);
        let rows = if number == 3 { json!({}) } else { Json::from(rows) };
        yes(&rows, &json!({ "page": number, "per_page": 20, "total_count": 45 }))
    };
    refused(&listed(none), "page 3 of the list is no list");
}

#[test]
fn a_list_without_an_end_is_told() {
    let most = "the list has more than 100000 items or 1000 pages";
    let numbered = |asked: &Asked| {
        let number = asked.number("page").unwrap();
        yes(
            &json!([{ "id": format!("{number:032x}"), "title": format!("n{number}") }]),
            &json!({ "per_page": 1 }),
        )
    };
    refused(&listed(numbered), most);
    let cursors = |asked: &Asked| {
        let number = asked.number("cursor").unwrap_or(0);
        yes(&json!([]), &json!({ "cursor": (number + 1).to_string() }))
    };
    refused(&listed(cursors), most);
    // As many as that are not asked for one by one.
    let many = listed(|asked| {
        let (rows, number) = page(u64::MAX / 20, asked);
        yes(&Json::from(rows), &json!({ "page": number, "per_page": 20, "total_count": 1_000_000_000 }))
    });
    refused(&many, most);
    assert_eq!(many.look(|holds| holds.count(|line| line.contains("namespaces"))), 1);
}

#[test]
fn pages_of_megabytes_have_an_end() {
    let stand_in = listed(|asked| {
        let number = asked.number("page").unwrap();
        let title = format!("{number}{}", "x".repeat(7 << 20));
        let total = json!({ "page": number, "per_page": 1, "total_count": 1_000 });
        yes(&json!([{ "id": format!("{number:032x}"), "title": title }]), &total)
    });
    refused(&stand_in, "the list has more than 32 MiB");
    // Those that would not be taken are not asked for.
    let asked = stand_in.look(|holds| holds.count(|line| line.contains("namespaces")));
    assert!(asked <= 6, "{asked}");
}

#[test]
fn ten_thousand_namespaces_are_listed_whole() {
    let stand_in = listed(|asked| {
        let (number, size) = (asked.number("page").unwrap(), asked.number("per_page").unwrap());
        let rows: Vec<Json> = ((number - 1) * size..(number * size).min(10_000))
            .map(|at| json!({ "id": format!("{at:032x}"), "title": format!("n{at}") }))
            .collect();
        let info = json!({ "page": number, "per_page": size, "count": rows.len(), "total_count": 10_000 });
        yes(&Json::from(rows), &info)
    });
    run(&stand_in, "print(kv::list().len);\nprint(kv::find(\"n9999\").id);\n")
        .exit(0)
        .kept("ten thousand namespaces are listed whole");
    assert_eq!(stand_in.look(|holds| holds.count(|line| line.contains("namespaces"))), 11);
}
