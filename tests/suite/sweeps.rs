//! Every fault at every request of a transfer.

use super::lab::{Finished, Lab};
use super::transfers::{SEED, count, folder, lab, marks};
use larder::local::fault::{Effect, Fault, Kind, Strike};
use larder::op::Mode;
use larder::system::files;
use std::path::Path;

/// What happens on the way, and whether the request takes effect all the same.
const FAULTS: [(Kind, Effect); 12] = [
    (Kind::Reset, Effect::NotApplied),
    (Kind::Reset, Effect::Applied),
    (Kind::Hang, Effect::Applied),
    (Kind::Late(10), Effect::Applied),
    (Kind::Late(29), Effect::Applied),
    (Kind::Page(502), Effect::Applied),
    (Kind::NotJson, Effect::Applied),
    (Kind::Truncated, Effect::Applied),
    (Kind::Throttled(1), Effect::NotApplied),
    (Kind::Unavailable, Effect::NotApplied),
    (Kind::Denied, Effect::NotApplied),
    (Kind::Refused, Effect::NotApplied),
];

/// Runs `script` once with every fault at every request; `judge` says what is wrong.
fn sweep(script: &str, requests: u64, judge: impl Fn(&Lab, &Path, &Finished, &str) -> Vec<String>) {
    let mut wrong = Vec::new();
    for (kind, effect) in FAULTS {
        for number in 1..=requests {
            let folder = folder();
            let lab = lab(folder.path());
            let before = lab.account.history().last().unwrap().sequence;
            lab.account.inject(Fault { kind, effect, strike: Strike::Request(before + number) });
            let finished = lab.script(folder.path(), Mode::Apply, script);
            lab.account.heal();
            let what = format!("{kind:?} {effect:?} at request {number}");
            let found = judge(&lab, folder.path(), &finished, &what);
            wrong.extend(found.into_iter().map(|rule| format!("{what}: {rule}; {:?}", finished.said)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_is_loaded_once_whatever_the_network_does() {
    let script = r#"d1::find("jobs").load("seed.sql");"#;
    sweep(script, 7, |lab, folder, finished, _| {
        let rows = count(lab, folder);
        let report = &finished.report;
        let mut wrong = Vec::new();
        let fits = match report.exit {
            0 => rows == "2",
            1 => rows == "0" && !report.changed,
            _ => false,
        };
        if !fits {
            wrong.push(format!("exit {} with {rows} rows, changed: {}", report.exit, report.changed));
        }
        let told = report.ops().any(|op| op.notes.iter().any(|note| note.contains("is left behind")));
        if (marks(lab, folder) != "0") != told {
            wrong.push("a mark is left behind".to_owned());
        }
        wrong
    });
}

#[test]
fn a_dump_is_old_or_whole_and_changes_nothing() {
    let script = r#"d1::find("jobs").dump("seed.sql");"#;
    sweep(script, 4, |lab, folder, finished, _| {
        let text = files::read_text(&folder.join("seed.sql"), 1 << 20).unwrap();
        let is_whole = text == "PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE jobs (id);\n";
        let mut wrong = Vec::new();
        if (finished.report.exit == 0) != is_whole || (!is_whole && text != SEED) {
            wrong.push(format!("exit {} with {text:?}", finished.report.exit));
        }
        if finished.report.changed || finished.changes() != 0 || count(lab, folder) != "0" {
            wrong.push("something was changed".to_owned());
        }
        wrong
    });
}
