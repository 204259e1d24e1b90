use super::super::endpoint::{Class, Endpoint};
use super::*;
use crate::system::ManualClock;

static LIST: Endpoint = Endpoint {
    method: "GET",
    path: "/accounts/{account_id}/things",
    permission: "",
    class: Class::Read,
    doing: "",
    meanings: &[],
};

struct Bench {
    clock: Arc<ManualClock>,
    readings: Arc<ReadCache>,
}

fn bench() -> Bench {
    let clock = Arc::new(ManualClock::seeded(1));
    Bench { readings: ReadCache::new(clock.clone()), clock }
}

fn question(query: &str) -> ReadKey {
    let query = vec![("page".to_owned(), query.to_owned())];
    let headers = vec![("authorization".to_owned(), "Bearer s3cret-canary".to_owned())];
    ReadKey::of(&WireRequest { query, headers, ..WireRequest::of(&LIST) }).unwrap()
}

fn answer(body: &str) -> RawResponse {
    RawResponse { status: 200, headers: Vec::new(), body: body.into() }
}

impl Bench {
    fn pass(&self, access: PassAccess) -> Pass {
        self.readings.pass("run", access)
    }

    fn bytes(&self) -> usize {
        self.readings.state.lock().bytes
    }
}

impl Pass {
    fn read(&self, page: &str, body: &str) {
        self.keep(&self.ask(question(page)), answer(body));
    }

    fn given(&self, page: &str) -> Option<String> {
        self.take(&question(page)).map(|answer| String::from_utf8(answer.body).unwrap())
    }
}

#[test]
fn a_pass_is_given_what_those_before_it_have_read_in_order_and_once() {
    let bench = bench();
    let first = bench.pass(PassAccess::Reads);
    first.read("1", "a");
    first.read("1", "b");
    assert_eq!(first.given("1"), None);
    // What a pass that reads was given is still there for the next.
    let second = bench.pass(PassAccess::Reads);
    assert_eq!(second.given("1").as_deref(), Some("a"));
    let last = bench.pass(PassAccess::Writes);
    let given = [last.given("1"), last.given("1"), last.given("1"), last.given("2")];
    assert_eq!(given, [Some("a".into()), Some("b".into()), None, None]);
    last.read("1", "c");
    assert_eq!((bench.bytes(), bench.pass(PassAccess::Writes).given("1")), (0, None));
}

#[test]
fn who_asked_is_no_part_of_a_question() {
    let ReadKey::Read { headers, .. } = question("1") else { panic!("a read") };
    assert_eq!(headers, []);
    assert_eq!(format!("{:?}", bench().readings), "Readings { .. }");
}

#[test]
fn an_answer_is_as_old_as_its_question() {
    let bench = bench();
    let first = bench.pass(PassAccess::Reads);
    let asked = first.ask(question("1"));
    drop(bench.clock.sleep(Duration::from_secs(10)));
    first.keep(&asked, answer("slow"));
    first.read("1", "later");
    let second = bench.pass(PassAccess::Reads);
    drop(bench.clock.sleep(Duration::from_secs(20)));
    assert_eq!(second.given("1").as_deref(), Some("slow"));
    drop(bench.clock.sleep(Duration::from_millis(1)));
    let last = bench.pass(PassAccess::Writes);
    assert_eq!(last.given("1").as_deref(), Some("later"));
}

#[test]
fn nothing_is_left_for_another_run_nor_after_a_pass_that_writes() {
    for (run, access) in [("other", PassAccess::Reads), ("run", PassAccess::Writes)] {
        let bench = bench();
        let first = bench.pass(PassAccess::Reads);
        first.read("1", "a");
        bench.readings.pass(run, access);
        assert_eq!(bench.pass(PassAccess::Writes).given("1"), None, "{run}");
        // What was under way then is nobody's.
        first.read("1", "late");
        assert_eq!((bench.bytes(), first.given("1")), (0, None));
    }
}

#[test]
fn what_was_under_way_while_something_was_written_is_not_kept() {
    let bench = bench();
    let first = bench.pass(PassAccess::Reads);
    let (before, between) = (first.ask(question("1")), bench.pass(PassAccess::Writes));
    between.forget(&WriteScope::Collection("/elsewhere".into()));
    first.keep(&before, answer("old"));
    assert_eq!((between.given("1"), bench.bytes()), (None, 0));
    first.read("1", "new");
    assert_eq!(between.given("1").as_deref(), Some("new"));
}

#[test]
fn pages_that_were_read_before_go_with_the_one_that_is_read_anew() {
    let bench = bench();
    let first = bench.pass(PassAccess::Reads);
    first.read("1", "a");
    first.read("2", "b");
    let last = bench.pass(PassAccess::Writes);
    assert_eq!(last.given("2").as_deref(), Some("b"));
    drop(last.ask(question("2")));
    assert_eq!((last.given("1"), bench.bytes()), (None, 0));
}

#[test]
fn what_does_not_fit_is_not_kept_until_there_is_room() {
    let bench = bench();
    let first = bench.pass(PassAccess::Reads);
    let half = "x".repeat(BYTES_MAX / 2 - 1_000);
    for page in ["1", "2", "3"] {
        first.read(page, &half);
    }
    assert!(bench.bytes() <= BYTES_MAX);
    drop(bench.clock.sleep(AGE_MAX + Duration::from_secs(1)));
    first.read("4", &half);
    let last = bench.pass(PassAccess::Writes);
    let given = ["1", "2", "3", "4"].map(|page| last.given(page).is_some());
    assert_eq!((given, bench.bytes()), ([false, false, false, true], 0));
}

#[tokio::test]
async fn what_a_pass_before_is_asking_is_waited_for() {
    let bench = bench();
    let first = bench.pass(PassAccess::Reads);
    let (asked, lost) = (first.ask(question("1")), first.ask(question("2")));
    let last = bench.pass(PassAccess::Writes);
    let (question, other) = (question("1"), question("2"));
    let comes = async {
        tokio::task::yield_now().await;
        first.keep(&asked, answer("a"));
        drop((asked, lost));
    };
    let (given, none, ()) = tokio::join!(last.taken(&question), last.taken(&other), comes);
    assert_eq!((given.map(|answer| answer.body), none.is_none()), (Some(b"a".to_vec()), true));
}
