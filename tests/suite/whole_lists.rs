//! `cf::get` of a list returns all items, however the service pages it, or an error, and never a part of it.

use super::project::{Output, PLAIN, Project};
use super::proxy::{self, Seen, Verdict};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// A parameter of the query, by its name.
type Query<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A project in front of whose account `/things` is answered by `answer`, which gets the query; what was asked is kept.
fn things(answer: impl Fn(Query<'_>) -> (u16, Json) + Send + 'static) -> (Project, Asked) {
    let asked = Asked::default();
    let kept = asked.clone();
    let judge = move |seen: &Seen| {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        if path.ends_with("/zones/z1") {
            let account = seen_account();
            return reply(200, &json!({"success": true, "result": {"account": {"id": account}}}));
        }
        if !path.ends_with("/things") {
            return Verdict::Pass;
        }
        kept.0.lock().push(query.to_owned());
        let pairs: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(k, v)| (k.into(), v.into()))
            .collect();
        let of = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let (status, body) = answer(&of);
        reply(status, &body)
    };
    let project = Project::new(PLAIN).served();
    let address = proxy::start(project.address(), judge);
    (project.env("CLOUDFLARE_API_BASE_URL", &format!("http://{address}/client/v4")), asked)
}

/// The id of every served account.
fn seen_account() -> String {
    Project::new(PLAIN).served().account().id().to_owned()
}

fn reply(status: u16, body: &Json) -> Verdict {
    Verdict::Answer(status, Box::leak(body.to_string().into_boxed_str()))
}

#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl Asked {
    fn queries(&self) -> Vec<String> {
        self.0.lock().clone()
    }
}

fn rows(numbers: std::ops::Range<usize>) -> Vec<Json> {
    numbers.map(|number| json!({"id": format!("i{number}")})).collect()
}

fn page(result: &Json, info: &Json) -> (u16, Json) {
    (200, json!({"success": true, "errors": [], "messages": [], "result": result, "result_info": info}))
}

fn eval(project: &Project, expression: &str) -> Output {
    project.run(&["eval", "-e", "dev", expression])
}

/// The rows of numbered pages of `size`, and what `info` makes of page, size and rows.
fn numbered(
    total: usize,
    size: usize,
    info: impl Fn(usize, usize) -> Json + Send + 'static,
) -> impl Fn(Query<'_>) -> (u16, Json) + Send + 'static {
    move |query| {
        let number: usize = query("page").map_or(1, |text| text.parse().unwrap());
        let rows = rows(((number - 1) * size).min(total)..(number * size).min(total));
        let info = info(number, rows.len());
        page(&Json::from(rows), &info)
    }
}

#[test]
fn a_list_of_the_local_account_is_whole() {
    let project = Project::new(PLAIN).served();
    for number in 0..45 {
        project.api("POST", "/storage/kv/namespaces", &json!({"title": format!("n{number}")}));
    }
    for (path, count) in [
        ("/storage/kv/namespaces", 45),
        ("/storage/kv/namespaces?order=title", 45),
        ("/storage/kv/namespaces?page=1", 20),
        ("/storage/kv/namespaces?page=3", 5),
        ("/storage/kv/namespaces?per_page=7", 7),
        ("/storage/kv/namespaces?per_page=20&page=3", 5),
    ] {
        eval(&project, &format!("cf::get(\"{path}\").len")).exit(0).says(&format!("{count}\n"), "");
    }
    let recipe = "output(\"count\", cf::get(\"/storage/kv/namespaces\").len);";
    let project = project.recipe(recipe);
    for command in ["plan", "run"] {
        assert_eq!(
            project.report(&[command, "main", "-e", "dev"])["outputs"],
            json!({"count": 45}),
            "{command}"
        );
    }
}

#[test]
fn keys_and_buckets_of_the_local_account_are_whole() {
    let project = Project::new(PLAIN).served();
    let namespace = project.api("POST", "/storage/kv/namespaces", &json!({"title": "n"}));
    let keys: Vec<Json> =
        (0..1_100).map(|number| json!({"key": format!("k{number}"), "value": "v"})).collect();
    let id = namespace["id"].as_str().unwrap();
    project.api("PUT", &format!("/storage/kv/namespaces/{id}/bulk"), &Json::from(keys));
    eval(&project, &format!("cf::get(\"/storage/kv/namespaces/{id}/keys\").len")).exit(0).says("1100\n", "");
    eval(&project, &format!("cf::get(\"/storage/kv/namespaces/{id}/keys?limit=10\").len"))
        .exit(0)
        .says("10\n", "");
    for number in 0..25 {
        project.api("POST", "/r2/buckets", &json!({"name": format!("bucket-{number}")}));
    }
    eval(&project, "cf::get(\"/r2/buckets\").buckets.len").exit(0).says("25\n", "");
    eval(&project, "cf::get(\"/r2/buckets?per_page=5\").buckets.len").exit(0).says("5\n", "");
}

#[test]
fn numbered_pages_end_where_the_list_does_whatever_they_are_counted_as() {
    let total = |total: u64| move |number: usize, count: usize| json!({"page": number, "per_page": 20, "count": count, "total_count": total});
    let (whole, asked) = things(numbered(45, 20, total(45)));
    eval(&whole, "cf::get(\"/things?name=x\").len").exit(0).says("45\n", "");
    let mut queries = asked.queries();
    queries.sort();
    assert_eq!(queries, ["name=x", "name=x&page=2", "name=x&page=3"]);
    // On the border of a page a full one is not believed to be the last: the next is asked for beside it.
    let (border, asked) = things(numbered(40, 20, total(40)));
    eval(&border, "cf::get(\"/things\").len").exit(0).says("40\n", "");
    assert_eq!(asked.queries().len(), 3);
    let without = |number: usize, count: usize| json!({"page": number, "per_page": 20, "count": count});
    for (what, server, expected, requests) in [
        ("no total", things(numbered(45, 20, without)), 45, 3),
        ("no total, on the border", things(numbered(40, 20, without)), 40, 3),
        ("a total of 0", things(numbered(45, 20, total(0))), 45, 3),
        ("a total of one page", things(numbered(45, 20, total(25))), 45, 3),
        ("a total that is too large", things(numbered(45, 20, total(99))), 45, 5),
        ("an empty list", things(numbered(0, 20, total(0))), 0, 1),
        (
            "pages cut shorter than they are said to be",
            things(numbered(45, 10, |number, _| json!({"page": number, "per_page": 50, "total_count": 45}))),
            45,
            5,
        ),
        (
            "pages alone",
            things(numbered(45, 20, |number, _| json!({"page": number, "total_pages": 3, "per_page": 100}))),
            45,
            3,
        ),
        ("a page number alone", things(numbered(45, 20, |number, _| json!({"page": number}))), 45, 4),
        ("a total alone", things(numbered(45, 20, |_, _| json!({"total_count": 45}))), 45, 3),
    ] {
        let (project, asked) = server;
        let seen = eval(&project, "cf::get(\"/things\").len").exit(0);
        assert_eq!((seen.stdout, asked.queries().len()), (format!("{expected}\n"), requests), "{what}");
    }
}

/// Pages of cursors `c1`, `c2`, ..; `info` writes the cursor of the next page.
fn by_cursor(
    pages: &'static [usize],
    within: Option<&'static str>,
    info: fn(Option<String>) -> Json,
) -> impl Fn(Query<'_>) -> (u16, Json) + Send + 'static {
    move |query| {
        let number: usize = query("cursor").map_or(0, |text| text[1..].parse().unwrap());
        let begin: usize = pages[..number].iter().sum();
        let rows = Json::from(rows(begin..begin + pages[number]));
        let next = (number + 1 < pages.len()).then(|| format!("c{}", number + 1));
        page(&within.map_or(rows.clone(), |name| json!({name: rows, "total": 9})), &info(next))
    }
}

#[test]
fn pages_of_cursors_are_followed_wherever_the_cursor_stands() {
    let plain = |next: Option<String>| json!({"count": 3, "cursor": next.unwrap_or_default()});
    let null = |next: Option<String>| json!({"cursor": next, "per_page": 3});
    let after = |next: Option<String>| json!({"cursors": {"before": "b", "after": next}});
    let empty = |next: Option<String>| json!({"cursors": {"after": next.unwrap_or_default()}});
    for (what, server, expression, expected) in [
        ("a cursor", things(by_cursor(&[3, 3, 2], None, plain)), "cf::get(\"/things\").len", 8),
        (
            "a last page without items",
            things(by_cursor(&[3, 3, 0], None, plain)),
            "cf::get(\"/things\").len",
            6,
        ),
        (
            "a page in between without items",
            things(by_cursor(&[3, 0, 2], None, null)),
            "cf::get(\"/things\").len",
            5,
        ),
        ("cursors.after", things(by_cursor(&[3, 3, 1], None, after)), "cf::get(\"/things\").len", 7),
        ("an empty cursors.after", things(by_cursor(&[3, 1], None, empty)), "cf::get(\"/things\").len", 4),
        (
            "a list inside the result",
            things(by_cursor(&[3, 3, 1], Some("buckets"), null)),
            "cf::get(\"/things\").buckets.len + cf::get(\"/things\").total",
            16,
        ),
    ] {
        let (project, _asked) = server;
        let seen = eval(&project, expression).exit(0);
        assert_eq!(seen.stdout, format!("{expected}\n"), "{what}");
    }
}

#[test]
fn what_is_not_paged_is_asked_for_once() {
    for result in [json!([1, 2, 2]), json!({"a": [1], "b": [2]}), json!("text"), json!(null)] {
        let (project, asked) = things(move |_| (200, json!({"success": true, "result": result})));
        eval(&project, "cf::get(\"/things\"); 1").exit(0).says("1\n", "");
        assert_eq!(asked.queries(), [""]);
    }
}

#[test]
fn an_item_that_moves_to_a_later_page_meanwhile_is_there_once() {
    let (project, _asked) = things(|query| {
        let (number, rows) = match query("page").as_deref() {
            None => (1, rows(0..20)),
            _ => (2, rows(19..30)),
        };
        page(&Json::from(rows), &json!({"page": number, "per_page": 20, "total_count": 31}))
    });
    eval(&project, "cf::get(\"/things\").len").exit(0).says("30\n", "");
}

#[test]
fn a_zone_is_read_to_the_end_too() {
    let (project, asked) =
        things(numbered(25, 20, |number, _| json!({"page": number, "per_page": 20, "total_count": 25})));
    eval(&project, "cf::get(\"/zones/z1/things\").len").exit(0).says("25\n", "");
    assert_eq!(asked.queries(), ["", "page=2"]);
}

fn error_of(project: &Project) -> String {
    let seen = eval(project, "cf::get(\"/things\").len").exit(1);
    assert_eq!(seen.stdout, "", "no part of the list is given");
    seen.stderr
        .lines()
        .filter(|line| line.starts_with("error") || line.contains("= help"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_list_without_an_end_is_an_error() {
    let (same, asked) =
        things(|_| page(&Json::from(rows(0..20)), &json!({"page": 1, "per_page": 20, "total_count": 45})));
    assert_eq!(
        error_of(&same),
        "error: can't read the path for `/things`: page 2 of the list is an earlier page again"
    );
    assert_eq!(asked.queries().len(), 3);
    let (unnumbered, _asked) = things(|_| page(&json!([1, 2, 3]), &json!({"per_page": 3, "total_pages": 5})));
    assert_eq!(
        error_of(&unnumbered),
        "error: can't read the path for `/things`: page 2 of the list is an earlier page again"
    );
    let (circle, asked) = things(|query| {
        let next = if query("cursor").as_deref() == Some("a") { "b" } else { "a" };
        page(&json!([]), &json!({"cursor": next}))
    });
    assert_eq!(
        error_of(&circle),
        "error: can't read the path for `/things`: page 3 of the list gives an earlier cursor again"
    );
    assert_eq!(asked.queries(), ["", "cursor=a", "cursor=b"]);
}

#[test]
fn a_page_that_fails_fails_the_list() {
    let (down, _asked) = things(|query| match query("page") {
        None => page(&Json::from(rows(0..20)), &json!({"page": 1, "per_page": 20, "total_count": 45})),
        Some(_) => (500, json!({"success": false, "errors": [{"code": 1, "message": "oops"}]})),
    });
    assert_eq!(error_of(&down), "error: can't read the path for `/things`: HTTP status 500: oops");
    let (odd, _asked) = things(|query| match query("page") {
        None => page(&Json::from(rows(0..20)), &json!({"page": 1, "per_page": 20, "total_count": 45})),
        Some(_) => page(&json!(null), &json!({"page": 2, "per_page": 20, "total_count": 45})),
    });
    assert_eq!(error_of(&odd), "error: can't read the path for `/things`: page 2 of the list is no list");
}

#[test]
fn ten_thousand_items_are_given_and_not_one_more() {
    let without = |number: usize, count: usize| json!({"page": number, "per_page": 2500, "count": count});
    let (most, _asked) = things(numbered(10_000, 2_500, without));
    eval(&most, "cf::get(\"/things\").len").exit(0).says("10000\n", "");
    let expected = "error: `/things` is a list of more than 10000 items or 1000 pages\n  = help: read one page at a time, for example with `?page=1&per_page=100`";
    let (over, _asked) = things(numbered(10_001, 2_500, without));
    assert_eq!(error_of(&over), expected);
    let (said, asked) = things(numbered(
        10_001,
        20,
        |number, _| json!({"page": number, "per_page": 20, "total_count": 10_001}),
    ));
    assert_eq!((error_of(&said).as_str(), asked.queries().len()), (expected, 1));
    let (cursors, _asked) = things(|query| {
        let number: usize = query("cursor").map_or(0, |text| text.parse().unwrap());
        page(&json!([]), &json!({"cursor": (number + 1).to_string()}))
    });
    assert_eq!(
        error_of(&cursors),
        "error: `/things` is a list of more than 10000 items or 1000 pages\n  = help: ask for less of it, for example with a `prefix`"
    );
}

#[test]
fn more_pages_of_more_than_one_list_are_refused() {
    let (project, _asked) = things(|_| page(&json!({"a": [1], "b": [2]}), &json!({"cursor": "c"})));
    assert_eq!(
        error_of(&project),
        "error: `/things` has more pages, and more than one list in its result\n  = help: read one page at a time, for example with `?page=1`"
    );
}

/// In a recipe it is told at the line that asked.
#[test]
fn an_endless_list_is_located() {
    let (project, _asked) =
        things(|_| page(&Json::from(rows(0..20)), &json!({"page": 1, "total_count": 45})));
    let project =
        project.recipe("let a = 1;\nlet all = cf::get(\"/things\");\nkv::ensure(\"made-\" + all.len);\n");
    project.run(&["run", "main", "-e", "dev"]).exit(1).kept("an endless list is located");
    assert!(project.history().unwrap().iter().all(|one| one.method == "GET"));
}
