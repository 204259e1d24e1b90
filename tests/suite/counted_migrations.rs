//! Six migrations whose effects can be counted, and operations of somebody with wrangler on them.

use super::invariants::{ask, rows};
use super::simulation::{Finished, Simulation, Terms};
use larder::local::Account;
use larder::op::Mode;
use larder::system::files;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;

/// The recipe that applies them.
pub const RECIPE: &str = "d1::ensure(\"db\").migrate(\"migrations\");\n";

/// Each leaves a row behind, beside what it does to the schema; none can run twice unseen.
const FILES: [(&str, &str); 6] = [
    (
        "0001_effects.sql",
        "CREATE TABLE effects (id INTEGER PRIMARY KEY AUTOINCREMENT, file TEXT NOT NULL);\nINSERT INTO effects (file) VALUES ('0001_effects.sql');\n",
    ),
    ("0002_rows_only.sql", "INSERT INTO effects (file) VALUES ('0002_rows_only.sql');\n"),
    (
        "0003_tolerant.sql",
        "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, visits INTEGER NOT NULL DEFAULT 0);\nINSERT INTO effects (file) VALUES ('0003_tolerant.sql');\n",
    ),
    (
        "0004_counted.sql",
        "INSERT INTO users (id) VALUES (1) ON CONFLICT DO NOTHING;\nUPDATE users SET visits = visits + 1;\nINSERT INTO effects (file) VALUES ('0004_counted.sql');\n",
    ),
    (
        "0005_column.sql",
        "ALTER TABLE users ADD COLUMN email TEXT;\nINSERT INTO effects (file) VALUES ('0005_column.sql');\n",
    ),
    (
        "0006_trigger.sql",
        "CREATE TRIGGER users_seen AFTER INSERT ON users BEGIN UPDATE users SET visits = 1 WHERE id = NEW.id; END;\nINSERT INTO effects (file) VALUES ('0006_trigger.sql');",
    ),
];

/// Their names, in order.
pub fn names() -> [&'static str; 6] {
    FILES.map(|(name, _)| name)
}

/// A folder with all of them.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    files::make_folder(&folder.path().join("migrations")).unwrap();
    for (name, sql) in FILES {
        write(folder.path(), name, sql);
    }
    folder
}

/// Writes one migration.
pub fn write(folder: &Path, name: &str, sql: &str) {
    files::write_whole(&folder.join("migrations").join(name), sql.as_bytes()).unwrap();
}

/// What the database has before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// A table, as that of a running app: each file goes in a call of its own.
    Table,
    /// Nothing: the files go in one call.
    Nothing,
}

impl Start {
    /// A lab whose database is there already.
    pub fn simulation(self, seed: u64, folder: &Path) -> Simulation {
        let simulation = Simulation::new(seed);
        let before = match self {
            Start::Table => "d1::ensure(\"db\").execute(\"CREATE TABLE app (x)\");",
            Start::Nothing => "d1::ensure(\"db\");",
        };
        assert_eq!(simulation.script(folder, Mode::Apply, before).report.exit, 0);
        simulation
    }
}

/// A lab whose database is that of a running app.
pub fn simulation(seed: u64, folder: &Path) -> Simulation {
    Start::Table.simulation(seed, folder)
}

/// Applies them.
pub fn migrate(simulation: &Simulation, terms: Terms, folder: &Path) -> Finished {
    simulation.script_on(terms, folder, RECIPE)
}

/// The database's id.
pub fn database(account: &Account) -> String {
    let resources = account.resources().unwrap();
    resources.into_iter().find(|(service, _)| *service == "d1").unwrap().1.id
}

/// The files that wrangler's ledger has.
pub fn applied(account: &Account) -> Vec<String> {
    column(account, "SELECT name FROM d1_migrations ORDER BY id")
}

fn column(account: &Account, sql: &str) -> Vec<String> {
    let rows = rows(account, &database(account), sql).unwrap_or_default();
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

/// What is wrong with the effects: each file of wrangler's ledger has left exactly one row, no other has, and the ledger
/// is a beginning of the folder.
pub fn effects(account: &Account) -> Vec<String> {
    let id = database(account);
    let ledger = applied(account);
    let left = column(account, "SELECT file AS name FROM effects ORDER BY id");
    let mut wrong = Vec::new();
    if ledger != names()[..ledger.len().min(6)] {
        wrong.push(format!("S2: the ledger is no beginning of the folder: {ledger:?}"));
    }
    if left != ledger {
        wrong.push(format!("S2: the ledger has {ledger:?}, the effects are those of {left:?}"));
    }
    let visits = rows(account, &id, "SELECT visits FROM users").unwrap_or_default();
    if visits.iter().any(|row| row["visits"] != json!(1)) {
        wrong.push(format!("S2: a row was counted more than once: {visits:?}"));
    }
    wrong
}

/// Wrangler's table, in its words.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS \"d1_migrations\"(\n\t\tid         INTEGER PRIMARY KEY AUTOINCREMENT,\n\t\tname       TEXT UNIQUE,\n\t\tapplied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL\n);";

/// A file that is in another folder only.
pub const FOREIGN: &str = "0009_theirs.sql";

/// Somebody with another folder applies a file of theirs.
pub fn foreign(account: &Account, turn: &mut dyn FnMut(&mut dyn FnMut())) {
    let path = format!("/d1/database/{}/query", database(account));
    let row =
        format!("CREATE TABLE theirs (x);\n\nINSERT INTO \"d1_migrations\" (name)\nvalues ('{FOREIGN}');");
    for sql in [TABLE.to_owned(), row] {
        turn(&mut || assert_eq!(ask(account, "POST", &path, &json!({ "sql": sql })).0, 200));
    }
}

/// Does what wrangler does to apply what is pending, request by request; `turn` is called around each. Ends where wrangler
/// ends, at the first refusal.
pub fn wrangler(account: &Account, folder: &Path, turn: &mut dyn FnMut(&mut dyn FnMut())) {
    let path = format!("/d1/database/{}/query", database(account));
    let mut send = |sql: String| -> (u16, Json) {
        let mut answer = (0, Json::Null);
        turn(&mut || answer = ask(account, "POST", &path, &json!({ "sql": sql })));
        answer
    };
    let made = send(TABLE.into());
    assert_eq!(made.0, 200, "{}", made.1);
    let (_, listed) = send("SELECT *\n\t\tFROM \"d1_migrations\"\n\t\tORDER BY id".into());
    let rows = listed["result"][0]["results"].as_array().cloned().unwrap_or_default();
    let applied: Vec<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
    let pending: BTreeMap<String, String> = names()
        .iter()
        .filter(|name| !applied.contains(name))
        .map(|name| {
            let sql = files::read_text(&folder.join("migrations").join(name), 1 << 20).unwrap();
            ((*name).to_owned(), sql)
        })
        .collect();
    for (name, sql) in pending {
        let sql = format!("{sql}\n\nINSERT INTO \"d1_migrations\" (name)\nvalues ('{name}');");
        if send(sql).0 != 200 {
            return;
        }
    }
}
