//! HTTP/2 and what it does to writes: many on one connection, streams that are reset or refused, a connection that goes
//! away or is lost, with 32 writes in flight. Judged by what a foreign server holds and has seen.

use super::foreign_server::{ACCOUNT, Connection, End, Foreign, Options, Wave};
use super::parallel_cases;
use super::project::PLAIN;
use h2::Reason;
use larder::http::{
    Class, Egress, Endpoint, Expects, Network, Protocol, Roots, Transport, TransportError,
    TransportErrorKind, WireRequest,
};
use std::collections::BTreeMap;

/// As many as are in flight at once.
const WRITES: usize = 32;
const RECIPE: &str = "for n in 0..32 { kv::ensure(`n${n}`); }";

/// How many creates were found by a look, and how many were sent again.
#[derive(Debug, PartialEq)]
struct Ran {
    probed: usize,
    resent: usize,
}

fn wave(fate: impl Fn(usize) -> (bool, End) + Send + 'static, connection: Connection) -> Wave {
    Wave { writes: WRITES, fate: Box::new(fate), connection }
}

/// Runs 32 creates against a server that does this with them: each is there once at the end, the report says so, and
/// the next run writes nothing.
fn run(wave: Wave, arguments: &[&str]) -> Result<Ran, String> {
    let server = Foreign::start(Options { wave: Some(wave), ..Options::default() });
    let project = server.project(PLAIN).recipe(RECIPE);
    let arguments = [&["run", "main", "-e", "dev"], arguments].concat();
    let first = project.report(&arguments);
    let posts = {
        let state = server.state();
        let mut titles = state.titles.clone();
        titles.sort();
        titles.dedup();
        if (titles.len(), state.titles.len()) != (WRITES, WRITES) {
            return Err(format!("{} namespaces: {first:#}", state.titles.len()));
        }
        state.posts()
    };
    let mut counts = BTreeMap::new();
    for title in &posts {
        *counts.entry(title).or_insert(0) += 1;
    }
    if counts.values().any(|count| *count > 2) {
        return Err(format!("sent more than twice: {counts:?}"));
    }
    let said = (&first["exit"], &first["summary"]["create"], &first["summary"]["unknown"]);
    if said != (&0.into(), &WRITES.into(), &0.into()) {
        return Err(format!("{first:#}"));
    }
    let second = project.report(&arguments);
    if (&second["exit"], &second["changed"]) != (&0.into(), &false.into()) {
        return Err(format!("the second run: {second:#}"));
    }
    let ops = first["steps"][0]["ops"].as_array().unwrap();
    let probed = ops.iter().filter(|op| op["evidence"] == "probe").count();
    Ok(Ran { probed, resent: posts.len() - WRITES })
}

#[test]
fn http_2_is_spoken_where_the_server_has_it() {
    for (protocols, arguments, expected) in [
        (&["h2", "http/1.1"] as &[_], &[] as &[&str], "h2"),
        (&["http/1.1"], &[], "http/1.1"),
        (&[], &[], ""),
        (&["h2", "http/1.1"], &["--http1"], "http/1.1"),
    ] {
        let server = Foreign::start(Options { protocols, ..Options::default() });
        let project = server.project(PLAIN).recipe(r#"kv::ensure("A");"#);
        project.run(&[&["run", "main", "-e", "dev"], arguments].concat()).exit(0);
        let state = server.state();
        let spoken: Vec<&str> = state.requests.iter().map(|request| request.protocol.as_str()).collect();
        assert!(spoken.iter().all(|protocol| *protocol == expected), "{spoken:?}, not {expected}");
        assert_eq!(state.titles, ["A"]);
    }
}

#[test]
fn a_wave_that_is_answered_needs_no_look() {
    let answered = || wave(|_| (true, End::Answer), Connection::Stays);
    assert_eq!(run(answered(), &[]), Ok(Ran { probed: 0, resent: 0 }));
    assert_eq!(run(answered(), &["--http1"]), Ok(Ran { probed: 0, resent: 0 }));
}

#[test]
fn refused_streams_were_not_sent_however_many_they_are() {
    let refused = wave(|_| (false, End::Reset(Reason::REFUSED_STREAM)), Connection::Stays);
    assert_eq!(run(refused, &[]), Ok(Ran { probed: 0, resent: WRITES }));
}

/// What a wave of 32 can meet; of each, whether writes take effect.
#[derive(Clone, Copy, Debug)]
enum Disaster {
    Reset(Reason),
    GoAway(i64),
    Lost,
}

/// Which writes of a wave took effect.
#[derive(Clone, Copy, Debug)]
enum Effect {
    All,
    None,
    EveryOther,
}

impl Effect {
    fn of(self, place: usize) -> bool {
        match self {
            Effect::All => true,
            Effect::None => false,
            Effect::EveryOther => place.is_multiple_of(2),
        }
    }

    fn count(self) -> usize {
        (0..WRITES).filter(|place| self.of(*place)).count()
    }
}

fn disaster(disaster: Disaster, effect: Effect) -> Wave {
    match disaster {
        Disaster::Reset(reason) => {
            wave(move |place| (effect.of(place), End::Reset(reason)), Connection::Stays)
        }
        Disaster::GoAway(moved) => {
            wave(move |place| (effect.of(place), End::Silence), Connection::GoAway(WRITES / 2, moved))
        }
        Disaster::Lost => wave(move |place| (effect.of(place), End::Silence), Connection::Lost),
    }
}

/// What took effect is found by a look, what did not is sent again, once, and nothing is there twice.
#[test]
fn whatever_ends_32_writes_each_is_done_once() {
    let mut disasters: Vec<Disaster> = [
        Reason::NO_ERROR,
        Reason::PROTOCOL_ERROR,
        Reason::INTERNAL_ERROR,
        Reason::CANCEL,
        Reason::ENHANCE_YOUR_CALM,
    ]
    .map(Disaster::Reset)
    .to_vec();
    // The last stream that was looked at: the one before, that one and the one after the middle of the wave.
    disasters.extend([-1, 0, 1].map(Disaster::GoAway));
    disasters.push(Disaster::Lost);
    let mut cells: Vec<(Disaster, Effect, &[&str])> =
        disasters.into_iter().map(|disaster| (disaster, Effect::EveryOther, &[] as &[&str])).collect();
    for effect in [Effect::All, Effect::None] {
        cells.extend(
            [Disaster::Reset(Reason::CANCEL), Disaster::GoAway(0), Disaster::Lost]
                .map(|one| (one, effect, &[] as &[&str])),
        );
    }
    cells.push((Disaster::Lost, Effect::EveryOther, &["--http1"]));
    let wrong = parallel_cases::each(&cells, |(of, effect, arguments)| {
        let expected = Ran { probed: effect.count(), resent: WRITES - effect.count() };
        let told = |why: String| format!("{of:?}, {effect:?} {arguments:?}: {why}");
        let ran = run(disaster(*of, *effect), arguments).map_err(told)?;
        if ran == expected { Ok(()) } else { Err(told(format!("{ran:?}"))) }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

static CREATE: Endpoint = Endpoint {
    method: "POST",
    path: "/accounts/{account_id}/storage/kv/namespaces",
    permission: "",
    class: Class::Raw,
    doing: "",
    meanings: &[],
};

/// What one write comes to that ends so.
fn one(end: End, connection: Connection) -> TransportError {
    let wave = Wave { writes: 1, fate: Box::new(move |_| (true, end)), connection };
    let server = Foreign::start(Options { wave: Some(wave), ..Options::default() });
    let folder = tempfile::tempdir().unwrap();
    let path = server.authority_in(folder.path());
    let roots = Roots::of(&[("SSL_CERT_FILE", path.to_str().unwrap())].into_iter().collect());
    let egress = Egress { protocol: Protocol::Negotiated, roots, ..Egress::default() };
    let network = Network::new(&server.base(), true, egress);
    let request = WireRequest {
        endpoint: &CREATE,
        path: format!("/accounts/{ACCOUNT}/storage/kv/namespaces"),
        query: Vec::new(),
        headers: Vec::new(),
        body: br#"{"title":"A"}"#.to_vec(),
        link: None,
        expects: Expects::Envelope,
        file: None,
        incoming: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let trouble = runtime.block_on(network.send(request)).unwrap_err();
    assert_eq!(server.state().posts(), ["A"], "{end:?} {connection:?}: sent again");
    trouble
}

/// RFC 9113 promises of a refused stream alone that nothing has looked at it.
#[test]
fn only_a_refused_stream_proves_that_nothing_was_done() {
    let resets = (0..=15).map(|code| (End::Reset(Reason::from(code)), Connection::Stays));
    let away = [-1, 0, 1].map(|moved| (End::Silence, Connection::GoAway(0, moved)));
    let cells: Vec<(End, Connection)> =
        resets.chain(away).chain([(End::Silence, Connection::Lost)]).collect();
    let wrong = parallel_cases::each(&cells, |(end, connection)| {
        let is_refused = *end == End::Reset(Reason::REFUSED_STREAM);
        let expected = if is_refused { TransportErrorKind::Refused } else { TransportErrorKind::Broken };
        let trouble = one(*end, *connection);
        let is_right = (trouble.kind, trouble.was_sent()) == (expected, !is_refused);
        if is_right { Ok(()) } else { Err(format!("{end:?} {connection:?}: {trouble:?}")) }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
