//! The content of a database, for `destroy`.

use super::migrations;
use super::resource::Database;
use crate::http::{Client, ReadError};
use crate::op::Key;
use crate::reconcile::{Removable, Resource};

impl Removable for Database {
    /// Tables without rows come back with the migrations.
    async fn content(
        client: &Client,
        _: &Key,
        live: &<Database as Resource>::Live,
    ) -> Result<Option<String>, ReadError> {
        let tables = migrations::tables_with_rows(client, Database::id(live)).await?;
        Ok((!tables.is_empty()).then(|| format!("rows in {}", tables.join(", "))))
    }
}
