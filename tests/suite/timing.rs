//! `--timing`: the times add up and match the report.

use super::project::Project;
use regex::Regex;

/// What is said beside the report.
fn timing(stderr: &str) -> Vec<&str> {
    stderr.lines().skip_while(|line| !line.starts_with("timing: ")).collect()
}

/// A length of time as reports have it.
const TIME: &str = r"(\d+ ms|\d+\.\d s|\d+ min \d+ s)";

/// The groups of a line of this form.
fn groups(form: &str, line: &str) -> Vec<String> {
    let form = Regex::new(&form.replace("TIME", TIME)).unwrap();
    let found = form.captures(line).unwrap_or_else(|| panic!("{line}"));
    found
        .iter()
        .skip(1)
        .map(|group| group.map(|group| group.as_str().to_owned()).unwrap_or_default())
        .collect()
}

#[test]
fn the_times_are_those_of_the_report_and_the_answers_are_counted() {
    let project = Project::example();
    // As it is printed: the times are what is compared.
    let run = project.command(&["run", "-e", "development", "--local", "--timing"]).output().unwrap();
    let [stdout, stderr] = [run.stdout, run.stderr].map(|text| String::from_utf8(text).unwrap());
    let lines = timing(&stderr);
    let first = groups(
        "^timing: TIME: TIME waiting for (\\d+) answers? one after another, TIME otherwise$",
        lines[0],
    );
    assert!(stdout.contains(&format!(" in {} (", first[0])), "{stdout}");
    let (chain, steps): (Vec<&str>, Vec<&str>) =
        lines[1..].iter().partition(|line| line.starts_with("  at "));
    let link = r"^  at TIME +TIME  (?:GET|POST|PUT|PATCH) /\S+(?: (\d+) times)?(?:  \S+)?$";
    let counts = chain.iter().map(|line| groups(link, line)[2].parse::<u64>().unwrap_or(1));
    let (answers, counted): (u64, u64) = (first[2].parse().unwrap(), counts.sum());
    assert_eq!(answers, counted, "{lines:?}");
    assert!(answers > 2, "{lines:?}");
    let titles = Regex::new(&format!(r"(?m)^(\w+) +{TIME}$")).unwrap();
    let titles: Vec<Vec<String>> =
        titles.captures_iter(&stdout).map(|found| vec![found[1].to_owned(), found[2].to_owned()]).collect();
    let step = |line: &&str| groups(r"^  step (\w+) +TIME  [1-9]\d* requests?$", line);
    assert_eq!(steps.iter().map(step).collect::<Vec<_>>(), titles);
    assert_eq!(titles.len(), 5, "{stdout}");
}

#[test]
fn it_is_said_of_whatever_comes_of_a_run() {
    let project = Project::example();
    let of = |arguments: &[&str], code: i32| {
        let run =
            project.run(&[arguments, &["-e", "development", "--local", "--timing"]].concat()).exit(code);
        let lines = timing(&run.stderr).len();
        assert!(lines > 1, "{arguments:?}: {}", run.stderr);
        run
    };
    let json = of(&["plan", "--format", "json"], 0);
    assert!(json.stdout.starts_with('{') && !json.stdout.contains("timing:"), "{}", json.stdout);
    let quiet = of(&["run", "--quiet"], 0);
    assert_eq!(quiet.stdout.lines().count(), 1, "{}", quiet.stdout);
    // Nothing is to be done: all of it is the dry run.
    of(&["run"], 0);
    project.write("recipes/provision.rhai", "kv::ensure(\"ab\", #{ nothing: 1 });\n");
    let refused = project.run(&["run", "-e", "development", "--local", "--timing"]).exit(2);
    assert_eq!(timing(&refused.stderr).len(), 1, "{}", refused.stderr);
    let without = project.run(&["run", "-e", "development", "--local"]).exit(2);
    assert_eq!(timing(&without.stderr), Vec::<&str>::new());
}
