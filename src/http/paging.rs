//! Lists are read to their end, whatever the service's way of paging (Cloudflare API notes 1.3).
//!
//! **Invariant:** a page that the server cut shorter than asked does not end the list early.

use super::call::Call;
use super::client::Client;
use super::error::{ReadError, Trouble, TroubleKind};
use super::form;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// A list longer than this is refused (reliability notes 8).
const ITEMS_MAX: usize = 100_000;

/// How a list is paged.
#[derive(Clone, Copy, Debug)]
pub enum Paging {
    /// `page` and `per_page`, counted in `result_info`.
    Pages {
        /// As asked; the server may give less.
        per_page: u64,
    },
    /// `cursor`, absent or empty at the end.
    Cursor,
    /// One page holds all.
    Single,
}

impl Client {
    /// Every item of a list, decoded.
    pub async fn list_of<T: DeserializeOwned>(
        &self,
        call: Call,
        paging: Paging,
        within: &str,
    ) -> Result<Vec<T>, ReadError> {
        let endpoint = call.endpoint;
        let items = self.list(call, paging, within).await?;
        form::read(&Json::Array(items))
            .map_err(|trouble| ReadError::Failed(Trouble { endpoint: Some(endpoint), ..trouble }))
    }

    /// Every item of a list; `within` names the property of `result` that holds it, `""` if it is the result itself.
    pub async fn list(&self, call: Call, paging: Paging, within: &str) -> Result<Vec<Json>, ReadError> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        for page in 1.. {
            let call = match paging {
                Paging::Pages { per_page } => call.clone().query("page", page).query("per_page", per_page),
                Paging::Cursor if !cursor.is_empty() => call.clone().query("cursor", &cursor),
                Paging::Cursor | Paging::Single => call.clone(),
            };
            let mut answer = self.answer(&call).await?;
            let list = match within {
                "" => Some(answer.result.take()),
                within => answer.result.get_mut(within).map(Json::take),
            };
            let Some(Json::Array(found)) = list else {
                let place =
                    if within.is_empty() { "the `result`".into() } else { format!("`result.{within}`") };
                let mut trouble = Trouble::new(TroubleKind::Malformed, format!("{place} is no list"));
                trouble.endpoint = Some(call.endpoint);
                return Err(ReadError::Failed(trouble));
            };
            let got = found.len();
            items.extend(found);
            let info = answer.info;
            let more = match paging {
                Paging::Single => false,
                Paging::Cursor => {
                    let next = info.cursor.unwrap_or_default();
                    let moved = !next.is_empty() && next != cursor;
                    cursor = next;
                    moved
                }
                Paging::Pages { per_page } => match info.total_count {
                    Some(total) => got > 0 && (items.len() as u64) < total,
                    None => got > 0 && got as u64 >= info.per_page.unwrap_or(per_page).min(per_page),
                },
            };
            if !more {
                break;
            }
            // Also a list that is empty on every page ends.
            if items.len() > ITEMS_MAX || page > ITEMS_MAX {
                let mut trouble =
                    Trouble::new(TroubleKind::Malformed, format!("more than {ITEMS_MAX} items or pages"));
                trouble.endpoint = Some(call.endpoint);
                return Err(ReadError::Failed(trouble));
            }
        }
        Ok(items)
    }
}
