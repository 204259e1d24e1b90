//! What is asked for, in the form that each program reads.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// The parts of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Project {
    pub namespaces: usize,
    /// Three buckets, a Vectorize index and an AI Gateway.
    pub has_others: bool,
    /// Of one database; none where this is 0.
    pub migrations: usize,
    pub steps: Steps,
}

/// The order of Larder's steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// As where the project file has none.
    Absent,
    InSequence,
}

/// The one that most cases are about.
pub const SHOP: Project = Project { namespaces: 6, has_others: true, migrations: 6, steps: Steps::Absent };

const BUCKETS: [&str; 3] = ["a", "b", "c"];

impl Project {
    /// Writes the files of all programs.
    pub fn write(&self, folder: &Path) {
        fs::create_dir_all(folder.join("migrations")).expect("a folder");
        for number in 1..=self.migrations {
            add_migration(folder, number);
        }
        let config = if self.migrations == 0 {
            "{ \"name\": \"shop\" }\n".to_owned()
        } else {
            "{\n  \"name\": \"shop\",\n  \"d1_databases\": [\n    { \"binding\": \"DB\", \"database_name\": \"shop-dev-db\", \
             \"migrations_dir\": \"migrations\" }\n  ]\n}\n"
                .to_owned()
        };
        for (name, text) in [
            ("larder.toml", self.larder()),
            ("wrangler.jsonc", config),
            ("resources.json", self.resources()),
            ("names", self.names()),
        ] {
            fs::write(folder.join(name), text).expect("a file of the project");
        }
    }

    fn namespaces(&self) -> impl Iterator<Item = String> {
        (1..=self.namespaces).map(|number| format!("N{number}"))
    }

    fn larder(&self) -> String {
        let mut text = "app = \"shop\"\nwrangler = \"wrangler.jsonc\"\n".to_owned();
        if self.steps == Steps::InSequence {
            text += "steps = [\"kv\", \"r2\", \"vectorize\", \"ai_gateway\", \"d1\"]\n";
        }
        let names: Vec<String> = self.namespaces().collect();
        let _ = writeln!(text, "[kv]\nnamespaces = {names:?}");
        if self.has_others {
            let _ = writeln!(text, "[r2]\nbuckets = {BUCKETS:?}");
            text += "[vectorize.indexes.main]\ndimensions = 768\nmetric = \"cosine\"\n";
            text += "[ai_gateway.gateways.main]\ncache_ttl = 3600\n";
        }
        if self.migrations > 0 {
            text += "[d1.databases.db]\nbinding = \"DB\"\nmigrations = \"migrations\"\n";
        }
        text + "[environments.dev]\nwrangler_env = \"\"\n"
    }

    /// For the programs in JavaScript.
    fn resources(&self) -> String {
        let list = |names: Vec<String>| format!("{names:?}");
        let others = |text: &str| if self.has_others { text.to_owned() } else { String::new() };
        let buckets = BUCKETS.iter().filter(|_| self.has_others).map(|name| real(name)).collect();
        let databases = if self.migrations > 0 { vec![real("db")] } else { Vec::new() };
        format!(
            "{{\"kv\":{},\"r2\":{},\"vectorize\":[{}],\"ai_gateway\":[{}],\"d1\":{}}}\n",
            list(self.namespaces().map(|name| real(&name)).collect()),
            list(buckets),
            others(r#"{"name":"shop-dev-main","config":{"dimensions":768,"metric":"cosine"}}"#),
            others(&format!("{{\"id\":\"shop-dev-main\",{GATEWAY}}}")),
            list(databases),
        )
    }

    /// For the job that calls wrangler: a kind and a name in each line.
    fn names(&self) -> String {
        let mut lines: Vec<String> = self.namespaces().map(|name| format!("kv {}", real(&name))).collect();
        if self.has_others {
            lines.extend(BUCKETS.iter().map(|name| format!("r2 {}", real(name))));
            lines.extend(["vectorize", "ai_gateway"].map(|kind| format!("{kind} {}", real("main"))));
        }
        if self.migrations > 0 {
            lines.push(format!("d1 {}", real("db")));
        }
        lines.join("\n") + "\n"
    }
}

/// What the API requires of a gateway.
const GATEWAY: &str = "\"cache_ttl\":3600,\"cache_invalidate_on_update\":false,\"collect_logs\":true,\
                       \"rate_limiting_interval\":0,\"rate_limiting_limit\":0,\"rate_limiting_technique\":\"fixed\"";

fn real(logical: &str) -> String {
    format!("shop-dev-{logical}")
}

/// Writes the migration of that number.
pub fn add_migration(folder: &Path, number: usize) {
    let sql = format!("CREATE TABLE t{number} (id INTEGER PRIMARY KEY, name TEXT);\n");
    fs::write(folder.join(format!("migrations/{number:04}_t.sql")), sql).expect("a migration");
}
