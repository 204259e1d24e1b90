//! Triggers that D1's splitter cuts in two: in lower case, as many write them, and in forms that nobody has described.

use super::jobs_database::{applied, applies, behind, count, live, run};
use super::proxy::Verdict;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const A: (&str, &str) = ("0001_a.sql", "create table a (x);\ncreate table log (x);\n");
const TRIGGER: (&str, &str) = (
    "0002_log.sql",
    "create trigger keep after insert on a for each row\nbegin\n  insert into log values (new.x);\nend;\n\
     insert into a values (1);\n",
);

#[test]
fn a_trigger_in_lower_case_is_applied_and_the_plan_says_how() {
    let project = live(A, "", &[TRIGGER]);
    project.run(&["plan", "main", "-e", "dev"]).exit(0).stdout_has(
        "m/0002_log.sql:2:1: this `begin` is sent as `BEGIN`: D1 knows a trigger by upper case alone\n",
    );
    run(&project).exit(0).stdout_has("`0002_log.sql` applied\n");
    assert_eq!((applied(&project).len(), count(&project, "log")), (2, 1));
    run(&project).exit(0).stdout_has(", 0 writes)\n");
    assert_eq!(count(&project, "log"), 1);
}

#[test]
fn what_is_cut_in_a_way_that_nobody_knows_goes_in_as_an_import_once() {
    const CUT: &str = r#"{"success":false,"result":null,"messages":[],"errors":[{"code":7500,"message":"incomplete input: SQLITE_ERROR"}]}"#;
    let imports = Arc::new(AtomicUsize::new(0));
    let seen = imports.clone();
    let project = behind(live(A, "", &[TRIGGER]), move |_, request| {
        if request.is("POST", "/import", "\"init\"") {
            seen.fetch_add(1, Ordering::Relaxed);
        }
        if applies(request) { Verdict::Answer(400, CUT) } else { Verdict::Pass }
    });
    run(&project).exit(0).stdout_has("`0002_log.sql` applied\n");
    assert_eq!((applied(&project).len(), count(&project, "log")), (2, 1));
    run(&project).exit(0).stdout_has(", 0 writes)\n");
    assert_eq!((imports.load(Ordering::Relaxed), count(&project, "log")), (1, 1));
}
