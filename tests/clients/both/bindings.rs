//! The ids of bindings: what one tool writes into the config is what the other uses.

use super::order::{alike, contents, end, names, play, settled};
use crate::project::Project;
use crate::ran::Part;
use larder::system::files;

const TOML: &str = "name = \"shop\"\n\n[[kv_namespaces]] # sessions\nbinding = \"CACHE\"\n\n[[d1_databases]]\nbinding = \"DB\"\n\
                    database_name = \"shop-db\"\nmigrations_dir = \"migrations\"\n";
const JSON: &str = "{\n  \"name\": \"shop\",\n  \"kv_namespaces\": [{ \"binding\": \"CACHE\" }],\n  \"d1_databases\": \
                    [{ \"binding\": \"DB\", \"database_name\": \"shop-db\", \"migrations_dir\": \"migrations\" }]\n}\n";

fn text(project: &Project, path: &str) -> String {
    files::read_text(&project.path().join(path), 1 << 16).unwrap()
}

/// In each form, `ids --write`, then wrangler by binding.
#[test]
fn what_larder_writes_wrangler_uses() {
    let _part = Part::begin("both tools: ids by Larder");
    let jsonc = JSON
        .replace("[{ \"binding\": \"CACHE\" }]", "[\n    // sessions\n    { \"binding\": \"CACHE\", },\n  ]");
    let begin = |name: &str, text: &str| {
        let file = "CREATE TABLE jobs (id INTEGER);\n";
        Project::empty().file(name, text).file("migrations/0001_jobs.sql", file).served()
    };
    let lines = "
        0 larder run | 2 created
        0 larder ids --write --yes | wrote the ids
        0 wrangler kv key put --binding CACHE --remote greeting hello
        0 wrangler d1 execute DB --remote --command 'INSERT INTO jobs VALUES (1)'
        ";
    let end = alike(vec![
        end(&begin("wrangler.toml", TOML), lines),
        end(&begin("wrangler.json", JSON), lines),
        end(&begin("wrangler.jsonc", &jsonc), lines),
    ]);
    assert_eq!(names(&end), ["d1 shop-db", "kv shop-cache"]);
}

/// wrangler writes into JSON alone; what it wrote, Larder finds, and has nothing to write.
#[test]
fn what_wrangler_writes_larder_uses() {
    let _part = Part::begin("both tools: ids by wrangler");
    let project = Project::empty()
        .file("wrangler.jsonc", JSON)
        .file("migrations/0001_jobs.sql", "CREATE TABLE jobs (id INTEGER);\n")
        .served();
    play(
        &project,
        "
        0 wrangler kv namespace create sessions-of-shop --binding CACHE
        0 wrangler d1 create shop-db --binding DB
        ",
    );
    let written = text(&project, "wrangler.jsonc");
    // The binding's id counts, whatever the namespace is called.
    play(&project, "0 larder run | 1 unchanged");
    settled(&project, "larder run");
    play(&project, "0 larder ids --write --yes");
    assert_eq!(text(&project, "wrangler.jsonc"), written);
    assert_eq!(names(&contents(&project)), ["d1 shop-db", "kv sessions-of-shop"]);
}

/// A namespace that is bound by its id may be renamed: the id is what counts. Without one, the name is.
#[test]
fn a_namespace_that_wrangler_renames() {
    let _part = Part::begin("both tools: a namespace is renamed");
    let project = Project::empty()
        .file("wrangler.toml", "name = \"shop\"\n[[kv_namespaces]]\nbinding = \"CACHE\"\n")
        .served();
    play(
        &project,
        "
        0 larder run
        0 larder ids --write --yes
        0 wrangler kv namespace rename shop-cache --new-name sessions
        0 larder run | 1 unchanged
        ",
    );
    settled(&project, "larder run");
    assert_eq!(names(&contents(&project)), ["kv sessions"]);
}

/// An id of what wrangler has deleted is refused, with a way out that loses nothing and makes one namespace.
#[test]
fn an_id_whose_namespace_wrangler_has_deleted() {
    let _part = Part::begin("both tools: an id that is gone");
    let project = Project::empty()
        .file("wrangler.toml", TOML)
        .file("migrations/0001_jobs.sql", "CREATE TABLE jobs (id INTEGER);\n")
        .served();
    play(
        &project,
        "
        0 larder run
        0 larder ids --write --yes
        0 wrangler kv namespace delete --binding CACHE -y
        1 larder run | which is not in this account
        0 wrangler kv namespace create shop-cache
        1 larder run | larder ids
        0 larder ids --write --yes
        ",
    );
    settled(&project, "larder run");
    play(&project, "0 wrangler kv key put --binding CACHE --remote greeting hello");
    assert_eq!(names(&contents(&project)), ["d1 shop-db", "kv shop-cache"]);
}
