//! The same with real processes, on an account behind a real socket.

use super::*;
use crate::suite::project::Project;
use std::process::Child;

/// Starts so many at once and waits for all.
fn run(project: &Project, number: usize, arguments: &[&str]) {
    let children: Vec<Child> = (0..number).map(|_| project.spawn(arguments)).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{stderr}");
    }
    assert_eq!(invariants::orphans(project.path()), Vec::<String>::new());
}

#[test]
fn processes_of_one_folder_of_migrations() {
    for number in [2, 8] {
        let folder = counted_migrations::folder();
        let mut project = Project::new(crate::suite::project::PLAIN).recipe(counted_migrations::RECIPE);
        for name in counted_migrations::names() {
            let from = folder.path().join("migrations").join(name);
            let text = larder::system::files::read_text(&from, 1 << 20).unwrap();
            project = project.file(&format!("migrations/{name}"), &text);
        }
        let project = project.served_with(std::time::Duration::from_millis(10), None);
        run(&project, number, &["run", "main", "-e", "dev"]);
        assert_eq!(counted_migrations::effects(project.account()), Vec::<String>::new());
        assert_eq!(counted_migrations::applied(project.account()), counted_migrations::names());
        assert_eq!(invariants::account(project.account()), Vec::<String>::new());
    }
}

#[test]
fn processes_of_the_bundled_recipe() {
    let project = Project::example().served_with(std::time::Duration::from_millis(10), None);
    run(&project, 4, &["run", "-e", "development"]);
    assert_eq!(project.account().resources().unwrap().len(), 12);
    assert_eq!(invariants::account(project.account()), Vec::<String>::new());
    assert_eq!(project.report(&["run", "-e", "development"])["changed"], false);
}
