//! Each fault on all requests: the run ends in time, with the exit code that is true.

use super::undisturbed;
use super::{Cut, Lab, Strike, Struck, all_named, checker, disturbed, named, nothing_wrong, provision, told};
use crate::suite::sweep;
use std::sync::Mutex;

/// What a run is that nothing disturbs.
const GOES_THROUGH: [&str; 2] = ["extra-fields-applied", "stale-3"];

#[test]
fn every_fault_on_all_requests() {
    let goal = undisturbed();
    let mut cells: Vec<Struck> = all_named().map(|name| named(name, Strike::All)).collect();
    cells.extend(Cut::ALL.map(|cut| Struck::Wire(cut, Strike::All)));
    let exits = Mutex::new(Vec::new());
    let wrong = sweep::each(&cells, |struck| {
        let lab = Lab::new(1);
        let (finished, mut wrong) = disturbed(&lab, &[*struck], &goal);
        exits.lock().unwrap().push((struck.to_string(), finished.report.exit));
        wrong.extend(checker::again(&lab, &goal, |terms| provision(&lab, terms)));
        told(&[*struck], wrong)
    });
    nothing_wrong(&wrong, cells.len());
    // Where every read fails nothing is written, and the run says so.
    let mut exits = exits.into_inner().unwrap();
    exits.sort();
    for (fault, exit) in exits {
        let expected = u8::from(!GOES_THROUGH.contains(&fault.trim_end_matches("@*")));
        assert_eq!(exit, expected, "{fault}");
    }
}
