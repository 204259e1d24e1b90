//! Reads lists of unknown endpoints to their end. The first page shows how they are paged (API-3).
//!
//! **Invariant:** a script gets the whole list or an error, never a part of it, but for a path that names the page it
//! wants.

use super::api;
use super::path::ConfinedPath;
use crate::http::{Client, ListLimits, Listing, ListingError, PagingStyle, TransportErrorKind};
use crate::op::Failure;
use serde_json::Value as Json;

/// A list longer than this is refused: a recipe that needs more has to ask for less at a time. The smallest pages known
/// have 10 items.
const MOST: ListLimits = ListLimits { items: 10_000, pages: 1_000, bytes: 32 << 20 };
/// A path that names one of these asks for that page, and gets it alone.
const OF_ONE_PAGE: [&str; 4] = ["page", "per_page", "cursor", "limit"];

const RAW: &str = "a path that gives raw data, not JSON of the API, is not for `cf::`: a value of KV is read with `get` of its namespace, a script or an object with wrangler";

/// What the path gives, all pages of it.
pub(super) async fn read(client: &Client, path: &ConfinedPath) -> Result<Json, Failure> {
    let resource = path.shown();
    let failed = |error| Failure::of_read(&resource, error);
    let call = api::page(path, client.account());
    let mut first = client.answer(&call).await.map_err(|error| maybe_raw(failed(error)))?;
    if path.query.iter().any(|(name, _)| OF_ONE_PAGE.contains(&name.as_str())) {
        return Ok(first.result);
    }
    let Some(after) = PagingStyle::first(&first.info, None) else { return Ok(first.result) };
    let info = &first.info;
    let within = match place_of_list(&first.result) {
        ListLocation::Several
            if info.next_cursor().is_some() || info.total_pages.is_some_and(|pages| pages > 1) =>
        {
            return Err(several_lists(path));
        }
        ListLocation::Nowhere | ListLocation::Several => return Ok(first.result),
        ListLocation::Whole => String::new(),
        ListLocation::Property(name) => name,
    };
    let mut around = Json::Null;
    if !within.is_empty() {
        let list = first.result[&within].take();
        around = first.result.take();
        first.result = serde_json::json!({ &within: list });
    }
    let listing = Listing { call: &call, within: &within, after, page_size: None, most: MOST };
    let items = client.whole(&listing, first).await.map_err(|unlisted| match unlisted {
        ListingError::Failed(error) => failed(error),
        ListingError::TooMuch(words) => too_much(path, after, &words),
    })?;
    if within.is_empty() {
        return Ok(Json::Array(items));
    }
    around[&within] = Json::Array(items);
    Ok(around)
}

/// The first answer to a path that is no JSON of the API may be what the path is there for.
fn maybe_raw(failure: Failure) -> Failure {
    let words = failure.to_string();
    match failure {
        Failure::Unreachable { trouble, .. } if trouble.kind == TransportErrorKind::Malformed => {
            Failure::refused_with_hint("unreachable", words, RAW)
        }
        other => other,
    }
}

/// Where the list of a `result` is.
enum ListLocation {
    /// It is the result.
    Whole,
    /// It is the only list in it.
    Property(String),
    Nowhere,
    /// There are more than one.
    Several,
}

fn place_of_list(result: &Json) -> ListLocation {
    if result.is_array() {
        return ListLocation::Whole;
    }
    let mut lists = result.as_object().into_iter().flatten().filter(|(_, value)| value.is_array());
    match (lists.next(), lists.next()) {
        (None, _) => ListLocation::Nowhere,
        (Some((name, _)), None) => ListLocation::Property(name.clone()),
        (Some(_), Some(_)) => ListLocation::Several,
    }
}

fn too_much(path: &ConfinedPath, after: PagingStyle, words: &str) -> Failure {
    let way_out = match after {
        PagingStyle::Number => "read one page at a time, for example with `?page=1&per_page=100`",
        PagingStyle::Cursor => "ask for less of it, for example with a `prefix`",
    };
    Failure::refused_with_hint("too_many", format!("`{}` is a list of {words}", path.shown()), way_out)
}

fn several_lists(path: &ConfinedPath) -> Failure {
    Failure::refused_with_hint(
        "too_many",
        format!("`{}` has more pages, and more than one list in its result", path.shown()),
        "read one page at a time, for example with `?page=1`",
    )
}
