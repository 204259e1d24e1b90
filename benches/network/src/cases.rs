//! What is measured.

use crate::client::Client;
use crate::project::{Project, SHOP, Steps};

/// One thing that is done, and who does it.
pub struct Case {
    pub name: &'static str,
    pub project: Project,
    pub begins: Begins,
    pub clients: &'static [Client],
    /// So many requests that programs that send them one by one would take minutes: measured with the shortest answers only.
    pub is_large: bool,
}

/// What is there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    Empty,
    /// All of it; the database's id stands in the config, or does not.
    Done {
        knows_id: bool,
    },
    /// All of it but one migration; the database's id stands in the config.
    Behind,
}

const ALL: &[Client] =
    &[Client::Larder, Client::SdkParallel, Client::SdkSequence, Client::Alchemy, Client::Wrangler];

const LARDER: &[Client] = &[Client::Larder];

const NOTHING: Project = Project { namespaces: 0, has_others: false, migrations: 0, steps: Steps::Absent };

pub const CASES: &[Case] = &[
    Case { name: "first run", project: SHOP, begins: Begins::Empty, clients: ALL, is_large: false },
    Case {
        name: "first run, steps in sequence",
        project: Project { steps: Steps::InSequence, ..SHOP },
        begins: Begins::Empty,
        clients: LARDER,
        is_large: false,
    },
    Case {
        name: "no-op, id known",
        project: SHOP,
        begins: Begins::Done { knows_id: true },
        clients: &[
            Client::Larder,
            Client::SdkParallel,
            Client::SdkSequence,
            Client::Alchemy,
            Client::Wrangler,
            Client::CurlTogether,
            Client::CurlSequence,
        ],
        is_large: false,
    },
    Case {
        name: "no-op, id not known",
        project: SHOP,
        begins: Begins::Done { knows_id: false },
        clients: LARDER,
        is_large: false,
    },
    Case { name: "one new migration", project: SHOP, begins: Begins::Behind, clients: ALL, is_large: false },
    Case {
        name: "200 migrations, new database",
        project: Project { migrations: 200, ..NOTHING },
        begins: Begins::Empty,
        clients: &[Client::Larder, Client::SdkSequence, Client::Alchemy, Client::Wrangler],
        is_large: true,
    },
    // A job would call wrangler a thousand times.
    Case {
        name: "1,000 namespaces, first run",
        project: Project { namespaces: 1000, ..NOTHING },
        begins: Begins::Empty,
        clients: &[Client::Larder, Client::SdkParallel, Client::SdkSequence, Client::Alchemy],
        is_large: true,
    },
    Case {
        name: "1,000 namespaces, no-op",
        project: Project { namespaces: 1000, ..NOTHING },
        begins: Begins::Done { knows_id: false },
        clients: &[Client::Larder, Client::SdkParallel, Client::Alchemy],
        is_large: true,
    },
];
