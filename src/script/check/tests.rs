//! The exact text of all findings: `cases.txt` has recipes with their findings.

use super::fixture::host;
use super::{RecipeCheck, TakenSteps, check};
use crate::script::choice::StepChoice;
use crate::script::diagnostics::{Color, Sources, render};
use crate::services::ReachableCalls;
use crate::system::files;

const CASES: &str = include_str!("cases.txt");
const MAIN: &str = "recipes/main.rhai";

/// Checks a recipe among its files; `after` looks at the outcome while the files are there.
fn checked<T>(case: &str, after: impl FnOnce(&RecipeCheck, &Sources) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let mut parts = case.split(">> ");
    let main = parts.next().unwrap_or_default();
    for part in parts {
        let (name, text) = part.split_once('\n').unwrap();
        let path = folder.path().join(name);
        files::make_folder(path.parent().unwrap()).unwrap();
        files::write_whole(&path, text.as_bytes()).unwrap();
    }
    let sources = Sources::default();
    let (engine, resolver, known) = host(Some(folder.path()), &sources);
    after(&check(&engine, MAIN, main, &resolver, &known), &sources)
}

#[test]
fn every_case_reads_as_written_down() {
    let mut seen = String::new();
    let mut cases = 0;
    for section in CASES.split("=== ").skip(1) {
        let (title, rest) = section.split_once('\n').unwrap();
        let (recipe, _) = rest.split_once("---\n").unwrap();
        let shown = checked(recipe, |checked, sources| {
            let found = checked.diagnostics.iter();
            found.map(|found| render(found, sources, Color::Never)).collect::<Vec<_>>().join("\n")
        });
        let shown: Vec<&str> = shown.lines().map(str::trim_end).collect();
        seen += &format!("=== {title}\n{recipe}---\n{}\n\n", shown.join("\n"));
        cases += 1;
    }
    assert!(cases >= 15, "{cases}");
    assert!(seen == CASES, "{seen}");
}

/// Every construct of the language; a finding here would refuse a good recipe.
#[test]
fn a_good_recipe_has_no_findings() {
    let recipe = r#"
        import "std/naming" as naming;
        const STAGE = "dev";
        fn real_name(kind, logical, env) { naming::join([kind, logical, env, global::STAGE]) }
        fn method() { this + 1 }
        private fn hidden(x) { x }
        let m = #{ a: 1, "default": 2, nested: #{ f: |x| x + 1 }, list: [1, 2, 3] };
        m.nested.f(3);
        m.b = 3;
        m["c"] = 4;
        let n = m.get("zzz") ?? 5;
        let text = `a ${n} ${`b ${hidden(1)}`}`;
        let f = |x| x + n;
        let g = Fn("hidden");
        f.call(1) + g.call(2) + 1.method();
        let doubled = [1, 2].map(|x| x * 2).filter(|x| x > 1).reduce(|sum, x| sum + x, 0);
        for (value, index) in [1, 2] { if value in [1] { continue; } else { break; } }
        for key in m.keys() { print(key); debug(m[key]); }
        let c = switch n { 1 | 2 => "a", 3..5 if n > 3 => "b", _ => { "c" } };
        let i = if n == 1 { 1 } else { 2 };
        while n > 3 { n -= 1; }
        do { n += 1; } until n > 5;
        let l = loop { break 3; };
        if "a" in m && !(n == 1) || -n < +3 { n **= 2; n <<= 1; }
        try { throw #{ message: "x" }; } catch (e) { print(e.message); }
        try { let h = kv::ensure("a"); wait(h); } catch {}
        try { kv::ensure("a").id } catch {}
        try { step("s", || { kv::ensure("a"); }); } catch {}
        steps(config::steps, #{ kv: || naming::slug("a b"), d1: || { d1::ensure(name("d1", "x")).migrate("f"); } });
        let options = #{ whatever: 1 };
        vectorize::ensure("a", options);
        vectorize::ensure("a", #{ dimensions: 3, cache: #{ ttl: 1, mode: "x" } });
        kv::ensure("a", #{});
        type_of(n) + is_def_fn("real_name", 3) + is_def_var("n");
        let later = || { let inner = 1; || inner };
        print(timestamp().elapsed);
        sleep(1);
        exit(0);
    "#;
    checked(recipe, |checked, _| assert_eq!(checked.diagnostics, []));
}

/// The services that are reached with these steps in the order, of which `only` are taken and `skip` are not.
fn reached(case: &str, order: &[&str], only: &[&str], skip: &[&str]) -> String {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let (choice, order) = (StepChoice::new(names(only), names(skip)), names(order));
    let mut found = ReachableCalls::default();
    checked(case, |checked, _| {
        assert_eq!(checked.diagnostics, []);
        let taken = TakenSteps { choice: &choice, order: &order };
        found = checked.reached(&["d1", "kv", "r2", "vectorize"], taken);
    });
    let migrates = found.calls.contains(".migrate");
    let services: Vec<String> = found.services.into_iter().collect();
    format!("{}{}", services.join(" "), if migrates { ", migrate" } else { "" })
}

#[test]
fn what_is_reached_is_called_by_the_recipe_or_its_imports() {
    let case = "import \"./lib\" as lib; fn f() { kv::ensure(\"a\") } fn unused() { r2::ensure(\"a\") } step(\"x\", || f()); lib::g();\n\
                >> recipes/lib.rhai\nfn g() { let x = `${d1::ensure(\"a\")}`; config::kv }\nfn h() { vectorize::ensure(\"v\", #{ dimensions: 3 }) }";
    assert_eq!(reached(case, &[], &[], &[]), "d1 kv");
    checked(case, |checked, _| {
        assert_eq!(checked.files().collect::<Vec<_>>(), ["recipes/lib.rhai", MAIN]);
    });
}

#[test]
fn a_step_that_is_not_taken_reaches_nothing() {
    let case = "import \"./lib\" as lib; let n = \"a\"; let f = || r2::ensure(\"b\");\n\
                steps(config::steps, #{ one: || lib::g(), two: || kv::ensure(n), three: || { step(\"deep\", f); } });\n\
                steps([\"four\"], #{ four: || vectorize::ensure(\"v\", #{ dimensions: 3 }) });\n\
                >> recipes/lib.rhai\nfn g() { d1::ensure(\"a\").migrate(\"m\") }";
    let all = ["one", "two", "three"];
    for (order, only, skip, expected) in [
        (&all[..], &[][..], &[][..], "d1 kv r2 vectorize, migrate"),
        (&all[..2], &[], &[], "d1 kv r2 vectorize, migrate"),
        (&all[1..], &[], &[], "kv r2 vectorize"),
        (&all, &["one"], &[], "d1 r2, migrate"),
        (&all, &["two", "four"], &[], "kv r2 vectorize"),
        (&all, &[], &["one", "four"], "kv r2"),
        (&[], &[], &[], "r2 vectorize"),
    ] {
        assert_eq!(reached(case, order, only, skip), expected, "{order:?} {only:?} {skip:?}");
    }
}

#[test]
fn what_is_called_by_its_name_is_reached() {
    for case in [
        "fn f() { kv::ensure(\"k\") } Fn(\"f\").call();",
        "fn f(x) { kv::ensure(\"k\") } [1].map(f);",
        "fn f() { kv::ensure(\"k\") } let all = #{ a: [|| f()] }; all.a[0].call();",
        "fn f() { kv::ensure(\"k\") } 1.f();",
        "fn f(n) { let g = || kv::ensure(n); g.call() } f(\"a\");",
    ] {
        assert_eq!(reached(case, &[], &[], &[]), "kv", "{case}");
    }
}

#[test]
fn warnings_do_not_stop_a_recipe() {
    checked("try { kv::ensure(\"a\"); } catch {}", |checked, _| {
        assert!(checked.is_runnable() && checked.diagnostics.len() == 1);
    });
    checked("kv::ensure();", |checked, _| assert!(!checked.is_runnable()));
}
