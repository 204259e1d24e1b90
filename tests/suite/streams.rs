//! HTTP/2 and what it does to writes: many on one connection, streams that are reset or refused, a connection that goes
//! away or is lost, with 32 writes in flight. Judged by what a foreign server holds and has seen.

use super::foreign::{Connection, End, Foreign, Options, Wave};
use super::project::PLAIN;
use std::collections::BTreeMap;

/// As many as are in flight at once.
const WRITES: usize = 32;
const RECIPE: &str = "for n in 0..32 { kv::ensure(`n${n}`); }";

fn wave(fate: fn(usize) -> (bool, End), connection: Connection) -> Option<Wave> {
    Some(Wave { writes: WRITES, fate, connection })
}

/// Runs 32 creates against a server that does this with them; each is there once at the end, whatever happened.
fn run(name: &str, wave: Option<Wave>) -> Ran {
    let server = Foreign::start(Options { wave, ..Options::default() });
    let project = server.project(PLAIN).recipe(RECIPE);
    let first = project.report(&["run", "main", "-e", "dev"]);
    let state = server.state();
    let mut titles = state.titles.clone();
    titles.sort();
    titles.dedup();
    assert_eq!((titles.len(), state.titles.len()), (WRITES, WRITES), "{name}");
    let mut posts = BTreeMap::new();
    for title in state.posts() {
        *posts.entry(title).or_insert(0) += 1;
    }
    assert!(posts.values().all(|count| *count <= 2), "{name}: {posts:?}");
    let protocols: Vec<String> = state.requests.iter().map(|request| request.protocol.clone()).collect();
    assert!(protocols.iter().all(|protocol| protocol == "h2"), "{name}: {protocols:?}");
    drop(state);
    let created = first["summary"]["create"].as_u64();
    assert_eq!((first["exit"].as_i64(), created), (Some(0), Some(32)), "{name}: {first:#}");
    let second = project.report(&["run", "main", "-e", "dev"]);
    assert_eq!((second["exit"].as_i64(), second["changed"].as_bool()), (Some(0), Some(false)), "{name}");
    let ops = first["steps"][0]["ops"].as_array().unwrap();
    let probed = ops.iter().filter(|op| op["evidence"] == "probe").count();
    Ran { probed, resent: posts.values().filter(|count| **count == 2).count() }
}

/// How many creates were found by a look, and how many were sent again.
#[derive(Debug, PartialEq)]
struct Ran {
    probed: usize,
    resent: usize,
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
    assert_eq!(
        run("answered", wave(|_| (true, End::Answer), Connection::Stays)),
        Ran { probed: 0, resent: 0 }
    );
}

#[test]
fn a_refused_stream_was_not_sent() {
    let refused = |_| (false, End::Reset(h2::Reason::REFUSED_STREAM));
    assert_eq!(run("refused", wave(refused, Connection::Stays)), Ran { probed: 0, resent: WRITES });
}
