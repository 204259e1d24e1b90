//! AI Gateway as on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A gateway as the server shows it; which of its fields are there differs between answers (AIG-4).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Gateway {
    /// Its name, unique in the account.
    pub id: String,
    /// What else the server says.
    #[serde(flatten)]
    pub rest: Map<String, Json>,
}
