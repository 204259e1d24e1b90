//! Runs that want different things of one name, and people who remove what a run has just found: every exit is true.

use super::*;
use crate::suite::beacon_service;
use crate::suite::invariants::ask;
use larder::local::Account;
use serde_json::Value as Json;

/// One recipe per service.
fn kinds() -> impl Iterator<Item = (&'static str, &'static str)> {
    beacon_service::services().iter().map(|service| (service.name, service.exercise))
}

fn is_create(request: &WireRequest) -> bool {
    request.endpoint.is_write()
}

/// All creates are held until each run has sent its own: one is answered, the others are told that it exists.
#[test]
fn creates_in_every_order() {
    let folder = tempfile::tempdir().unwrap();
    let cells: Vec<(&str, &str, Vec<usize>)> = kinds()
        .flat_map(|(kind, recipe)| (2..=4).flat_map(permutations).map(move |order| (kind, recipe, order)))
        .collect();
    let wrong = crate::suite::parallel_cases::each(&cells, |(kind, recipe, order)| {
        let simulation = Simulation::new(1);
        let lanes = Barrier::lanes(order, is_create);
        let all = at_once(&simulation, &roads(&lanes), |terms, _| {
            simulation.script_on(terms, folder.path(), recipe)
        });
        let mut wrong = invariants::account(&simulation.account);
        wrong.extend(all.iter().flat_map(|finished| invariants::truth(finished, true)));
        let ends: Vec<(u8, u64)> =
            all.iter().map(|finished| (finished.report.exit, finished.report.summary.create)).collect();
        let expected: Vec<(u8, u64)> =
            (0..order.len()).map(|number| (0, u64::from(number == order[0]))).collect();
        if ends != expected {
            wrong.push(format!("exits and creates {ends:?}, expected {expected:?}"));
        }
        if simulation.account.resources().unwrap().len() != 1 {
            wrong.push("not one resource".into());
        }
        if wrong.is_empty() { Ok(()) } else { Err(format!("{kind} {order:?}: {}", wrong.join("\n  "))) }
    });
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cells.len(), wrong.join("\n"));
}

/// Two recipes want one index with different dimensions: one has it, the other is told why not and has changed nothing.
#[test]
fn different_recipes_on_one_name() {
    let folder = tempfile::tempdir().unwrap();
    let recipe = |number: usize| {
        let dimensions = [768, 1024][number % 2];
        format!("vectorize::ensure(\"name\", #{{ dimensions: {dimensions}, metric: \"cosine\" }});")
    };
    each_seed("dimensions", 40, |seed| {
        let simulation = Simulation::new(seed);
        let seats = Turns::seeded(4, seed);
        let all = at_once(&simulation, &roads(&seats), |terms, number| {
            simulation.script_on(terms, folder.path(), &recipe(number))
        });
        let mut wrong = invariants::account(&simulation.account);
        for finished in &all {
            wrong.extend(invariants::truth(finished, true));
            let conflict = finished.report.summary.conflict == 1;
            if (finished.report.exit == 1) != conflict || !matches!(finished.report.exit, 0 | 1) {
                wrong.push(format!("a run ends with {}: {:?}", finished.report.exit, finished.said));
            }
        }
        let won: Vec<bool> = all.iter().map(|finished| finished.report.exit == 0).collect();
        if won[0] != won[2] || won[1] != won[3] || won[0] == won[1] {
            wrong.push(format!("these ended with 0: {won:?}"));
        }
        let created: u64 = all.iter().map(|finished| finished.report.summary.create).sum();
        if created != 1 {
            wrong.push(format!("{created} are reported as created"));
        }
        wrong
    });
}

/// Two recipes want a gateway with different settings, which can be changed: the last to write has it, and both say truly
/// what they did.
#[test]
fn different_settings_of_one_gateway() {
    let folder = tempfile::tempdir().unwrap();
    each_seed("settings", 40, |seed| {
        let simulation = Simulation::new(seed);
        let seats = Turns::seeded(2, seed);
        let all = at_once(&simulation, &roads(&seats), |terms, number| {
            let ttl = [60, 3600][number];
            simulation.script_on(
                terms,
                folder.path(),
                &format!("ai_gateway::ensure(\"name\", #{{ cache_ttl: {ttl} }});"),
            )
        });
        let mut wrong = invariants::account(&simulation.account);
        for finished in &all {
            wrong.extend(invariants::truth(finished, true));
            let told = finished.report.summary.create + finished.report.summary.update;
            let done = finished.changes() as u64;
            if finished.report.exit != 0 || told.min(1) != done.min(1) {
                wrong.push(format!(
                    "a run with {done} writes tells {told} and ends with {}",
                    finished.report.exit
                ));
            }
        }
        let writes: usize = all.iter().map(Finished::changes).sum();
        if simulation.account.resources().unwrap().len() != 1 || !(1..=3).contains(&writes) {
            wrong.push(format!("{writes} writes for one gateway"));
        }
        wrong
    });
}

/// Somebody deletes everything at a moment of chance, then once more: a run that ends with 0 has what it asked for, or had
/// it after its last write; no other run says so.
#[test]
fn a_person_who_deletes_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, recipe) in kinds() {
        each_seed(&format!("deleted-{kind}"), 16, |seed| {
            let simulation = Simulation::new(seed);
            // On odd seeds it is there before: then the deletion comes between the probe and what rests on it.
            if seed % 2 == 1 {
                simulation.script(folder.path(), Mode::Apply, recipe);
            }
            let seats = Turns::seeded(3, seed);
            let all = std::thread::scope(|scope| {
                scope.spawn(|| {
                    let _leaving = Leaving(seats[2].as_ref());
                    for _ in 0..2 {
                        seats[2].take(|| delete_all(&simulation.account));
                    }
                });
                at_once(&simulation, &roads(&seats[..2]), |terms, _| {
                    simulation.script_on(terms, folder.path(), recipe)
                })
            });
            let mut wrong = invariants::account(&simulation.account);
            for finished in &all {
                wrong.extend(invariants::truth(finished, true));
                let is_lost = finished.said.iter().any(|said| said.contains("NAME") || said.contains("name"));
                if finished.report.exit != 0 && !is_lost {
                    wrong.push(format!("a run ends with {}: {:?}", finished.report.exit, finished.said));
                }
            }
            let after = simulation.script(folder.path(), Mode::Apply, recipe);
            if after.report.exit != 0 || simulation.account.resources().unwrap().len() != 1 {
                wrong.push(format!("the run after it ends with {}: {:?}", after.report.exit, after.said));
            }
            wrong
        });
    }
}

/// What a person does in the dashboard.
fn delete_all(account: &Account) {
    for (service, resource) in account.resources().unwrap() {
        let service = beacon_service::services().named(service).unwrap();
        let (collection, id) = (beacon_service::collection(service), &resource.id);
        let (status, answer) = ask(account, "DELETE", &format!("{collection}/{id}"), &Json::Null);
        assert_eq!(status, 200, "{answer}");
    }
}
