//! Buckets with many objects: the report, and the number of requests that empty them.

use super::invariants::ask;
use super::project::Project;
use super::simulation::{Arrival, Interceptor, Simulation, Terms, selected_of};
use super::stub_api::{Asked, Holds, KINDS, StandIn, no, yes};
use larder::http::{Limiter, RawResponse, RequestBudget, WaitPolicy, WireRequest};
use larder::op::Mode;
use larder::script::run::Recipe;
use larder::system::Clock as _;
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use std::time::Duration;

const CONFIG: &str = "app = \"shop\"\n[r2]\nbuckets = [\"files\"]\n[environments.dev]\n";
const RECIPE: &str = "r2::ensure(name(\"r2\", \"files\"));\n";
const DESTROY: [&str; 6] = ["destroy", "main", "-e", "dev", "--with-data", "--yes"];

#[test]
fn twelve_hundred_objects_go_in_two_requests() {
    let project = Project::new(CONFIG).recipe(RECIPE).served();
    project.run(&["run", "main", "-e", "dev"]).exit(0);
    for number in 0..1_199 {
        project.api("PUT", &format!("/r2/buckets/shop-dev-files/objects/o{number}"), &json!("x"));
    }
    project.api("PUT", "/r2/buckets/shop-dev-files/objects/%C3%A9%20%3F%23%25%2F..%2F%2B.txt", &json!("x"));
    let begun = project.history().unwrap().len();
    let planned = project.run(&["destroy", "main", "-e", "dev", "--yes"]).exit(1);
    planned.kept("twelve hundred objects go in two requests").stderr(
        "error: nothing was deleted: `shop-dev-files` holds data\n\
         hint: `--with-data`\n\
         exit 1: nothing was changed\n",
    );
    let looked = project.history().unwrap().len();
    project.run(&DESTROY).exit(0).kept("twelve hundred objects go in two requests, 2");
    assert!(project.account().resources().unwrap().is_empty());
    let history = project.history().unwrap();
    let of = |from: usize, to: usize, method: &str, end: &str| {
        history[from..to].iter().filter(|one| one.method == method && one.path.ends_with(end)).count()
    };
    assert_eq!(of(begun, looked, "GET", "/objects"), 2, "it is counted by the page");
    let all = history.len();
    let asked = (of(looked, all, "GET", "/objects"), of(looked, all, "DELETE", "/objects"));
    assert_eq!((asked, of(looked, all, "DELETE", "")), ((5, 2), 3), "each page is looked at once more");
}

/// A server with a bucket of so many objects that takes what it lets through; `bulk` answers a deletion of several.
fn server(
    objects: usize,
    bulk: impl Fn(&mut Vec<String>, &Json) -> (u16, Vec<u8>) + Send + 'static,
    single: impl Fn(&mut Vec<String>, &str) -> (u16, Vec<u8>) + Send + 'static,
) -> (StandIn, Arc<Mutex<Vec<String>>>) {
    let kept = Arc::new(Mutex::new((0..objects).map(|number| format!("o{number:05}")).collect::<Vec<_>>()));
    let objects = kept.clone();
    let stand_in = StandIn::new(move |asked: &Asked, _: &mut Holds| {
        let rest = asked.path.strip_prefix("/r2/buckets/shop-dev-files")?;
        let mut objects = objects.lock();
        match (asked.method.as_str(), rest) {
            ("GET", "/objects") => {
                let at = usize::try_from(asked.number("cursor").unwrap_or_default()).unwrap();
                let page: Vec<Json> =
                    objects.iter().skip(at).take(1000).map(|key| json!({ "key": key })).collect();
                let next = at + page.len();
                let cursor = if next < objects.len() { next.to_string() } else { String::new() };
                Some(yes(&page.into(), &json!({ "cursor": cursor })))
            }
            ("DELETE", "/objects") => Some(bulk(&mut objects, &asked.body)),
            ("DELETE", "") if !objects.is_empty() => Some(no(409, 10008)),
            ("DELETE", rest) => Some(single(&mut objects, rest.strip_prefix("/objects/")?)),
            _ => None,
        }
    });
    let kind = KINDS[1];
    stand_in.look(|holds| holds.make(kind, &json!({ "name": "shop-dev-files" })));
    (stand_in, kept)
}

fn remove(objects: &mut Vec<String>, key: &str) -> (u16, Vec<u8>) {
    objects.retain(|other| other != key);
    yes(&json!({ "key": key }), &Json::Null)
}

#[test]
fn where_several_are_not_deleted_at_once_each_is_deleted() {
    type Bulk = fn(&mut Vec<String>, &Json) -> (u16, Vec<u8>);
    let ways: [(&str, Bulk); 6] = [
        ("no such route", |_, _| no(404, 7003)),
        ("not allowed", |_, _| no(405, 10405)),
        ("refused", |_, _| no(400, 10040)),
        ("broken", |_, _| no(500, 10001)),
        ("said and not done", |_, _| yes(&json!([]), &Json::Null)),
        ("done by half", |objects, keys| {
            let half: Vec<Json> = keys.as_array().unwrap().iter().step_by(2).cloned().collect();
            objects.retain(|key| !half.contains(&json!(key)));
            yes(&json!([]), &Json::Null)
        }),
    ];
    for (way, bulk) in ways {
        let (stand_in, objects) = server(1_003, bulk, remove);
        let project = stand_in.serves(Project::new(CONFIG).recipe(RECIPE));
        project
            .run(&DESTROY)
            .exit(0)
            .kept(&format!("where several are not deleted at once each is deleted: {way}"));
        assert!(objects.lock().is_empty() && stand_in.look(|holds| holds.things.is_empty()), "{way}");
        let bulk =
            stand_in.look(|holds| holds.count(|line| line == "DELETE /r2/buckets/shop-dev-files/objects"));
        assert_eq!(bulk, if way == "broken" { 4 } else { 1 }, "{way}");
    }
}

#[test]
fn an_object_that_stays_ends_it_and_what_is_gone_is_told() {
    let (stand_in, objects) = server(
        30,
        |_, _| no(405, 10405),
        |objects, key| {
            if key == "o00007" { yes(&json!({}), &Json::Null) } else { remove(objects, key) }
        },
    );
    let project = stand_in.serves(Project::new(CONFIG).recipe(RECIPE));
    let failed = project.run(&DESTROY).exit(4);
    failed.kept("an object that stays ends it and what is gone is told");
    assert_eq!(*objects.lock(), ["o00007"]);
}

#[test]
fn of_very_many_the_first_pages_are_counted() {
    let (stand_in, objects) = server(
        10_001,
        |objects, keys| {
            let keys: std::collections::HashSet<&str> =
                keys.as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
            objects.retain(|key| !keys.contains(key.as_str()));
            yes(&json!([]), &Json::Null)
        },
        remove,
    );
    let project = stand_in.serves(Project::new(CONFIG).recipe(RECIPE));
    project
        .run(&["destroy", "main", "-e", "dev", "--yes"])
        .exit(1)
        .kept("of very many the first pages are counted");
    project.run(&DESTROY).exit(0);
    assert!(objects.lock().is_empty());
}

/// A service that knows no deletion of several objects.
struct OneByOne;

impl Interceptor for OneByOne {
    fn travel(&self, request: &WireRequest, deliver: &mut dyn FnMut() -> Arrival) -> Arrival {
        if request.endpoint.method == "DELETE" && request.path.ends_with("/objects") {
            let (status, body) = no(405, 10405);
            return Ok(RawResponse { status, body, ..RawResponse::default() });
        }
        deliver()
    }
}

/// One by one, 2,600 objects take three windows of the request limit, and a run has time for two.
#[test]
fn what_the_time_of_a_run_is_not_enough_for_is_left_to_the_next() {
    let (simulation, folder) = (Simulation::new(1), tempfile::tempdir().unwrap());
    assert_eq!(ask(&simulation.account, "POST", "/r2/buckets", &json!({ "name": "shop-dev-files" })).0, 200);
    for number in 0..2_600 {
        let path = format!("/r2/buckets/shop-dev-files/objects/o{number}");
        assert_eq!(ask(&simulation.account, "PUT", &path, &json!("x")).0, 200);
    }
    let selected = selected_of(folder.path(), CONFIG, "dev");
    let recipe = Recipe { name: "<example>".into(), text: RECIPE.into() };
    let destroy = || {
        let deadline = Some(simulation.clock.elapsed() + Duration::from_mins(8));
        let patience = WaitPolicy { deadline, is_short: false };
        let limiter = Arc::new(Limiter::new(patience, Some(RequestBudget::CLOUDFLARE)));
        let terms = Terms { road: Arc::new(OneByOne), limiter, ..simulation.terms(Mode::Apply) };
        simulation.destroy_in(folder.path(), &selected, terms, &recipe, &[])
    };
    let first = destroy();
    let op = first.report.ops().last().unwrap();
    assert_eq!((first.report.exit, first.report.changed), (4, true), "{:?}", first.said);
    let note = op.notes.first().unwrap();
    assert!(note.ends_with(" objects of it are gone; another run goes on with the rest"), "{note}");
    let gone: usize = note.split(' ').next().unwrap().replace(',', "").parse().unwrap();
    assert_eq!((gone, first.asked.len()), (first.changes(), 2 * 1_200), "it keeps to the limit");
    // A run of its own, with a limit of its own.
    let second = destroy();
    assert_eq!((second.report.exit, second.changes()), (0, 2_600 - gone + 1), "{:?}", second.said);
    assert!(simulation.account.resources().unwrap().is_empty());
}
