//! Reads a list to its end, whichever paging the service uses. If the first page gives
//! the number of pages, the others are requested in parallel (API-3).
//!
//! **Invariant:** a list is whole, or an error.

use super::call::Call;
use super::client::{Client, IN_FLIGHT_MAX};
use super::envelope::ApiResponse;
use super::error::{ReadError, TransportError, TransportErrorKind};
use super::list::{List, ListError, ListLimits, NextPages, PagingStyle};
use super::result_form;
use futures_util::future::join_all;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// A list longer than this is refused.
const MOST: ListLimits = ListLimits { items: 100_000, pages: 1_000, bytes: 32 << 20 };

/// How a list is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Paging {
    /// With `page` and `per_page`.
    Pages {
        /// As asked; the server may give less.
        per_page: u64,
    },
    /// The total of the first page, if there are more pages.
    AsTold,
}

/// A list, and how it is read.
pub struct Listing<'a> {
    /// What gives a page, without what says which.
    pub call: &'a Call,
    /// The property of `result` that contains it, `""` if it is the result itself.
    pub within: &'a str,
    /// How the pages follow each other.
    pub after: PagingStyle,
    /// Of how many items they were asked to be.
    pub page_size: Option<u64>,
    /// How much of it is taken.
    pub most: ListLimits,
}

/// Why a list was not read.
#[derive(Debug)]
pub enum ListingError {
    /// A page was not.
    Failed(ReadError),
    /// It is larger than what is taken of it: how large, in words.
    TooMuch(String),
}

impl Listing<'_> {
    /// What gives a page.
    fn page(&self, name: &str, value: &str) -> Call {
        let call = self.call.clone().query(name, value);
        self.page_size.into_iter().fold(call, |call, size| call.query("per_page", size))
    }
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
        result_form::read(&Json::Array(items))
            .map_err(|trouble| ReadError::Failed(TransportError { endpoint: Some(endpoint), ..trouble }))
    }

    /// Every item of a list; `within` names the property of `result` that contains it, `""` if it is the result itself.
    pub async fn list(&self, call: Call, paging: Paging, within: &str) -> Result<Vec<Json>, ReadError> {
        let page_size = match paging {
            Paging::Pages { per_page } => Some(per_page),
            Paging::AsTold => None,
        };
        let mut listing = Listing { call: &call, within, after: PagingStyle::Number, page_size, most: MOST };
        let first = match page_size {
            Some(_) => self.answer(&listing.page("page", "1")).await?,
            None => self.answer(&call).await?,
        };
        let Some(after) = PagingStyle::first(&first.info, page_size) else {
            return items_of(&call, within, 1, first).map(|(items, _)| items);
        };
        listing.after = after;
        self.whole(&listing, first).await.map_err(|unlisted| match unlisted {
            ListingError::Failed(error) => error,
            ListingError::TooMuch(words) => malformed(&call, format!("the list has {words}")),
        })
    }

    /// Every item of a list whose first page is there.
    pub async fn whole(&self, listing: &Listing<'_>, first: ApiResponse) -> Result<Vec<Json>, ListingError> {
        let mut list = List::new(listing.after, listing.page_size, listing.most);
        let mut pages = vec![Ok(first)];
        let mut number = 0;
        loop {
            for page in pages {
                number += 1;
                let page = page.map_err(ListingError::Failed)?;
                let (items, page) =
                    items_of(listing.call, listing.within, number, page).map_err(ListingError::Failed)?;
                list.take(items, &page.info, page.size).map_err(|why| match why {
                    ListError::TooMuch(words) => ListingError::TooMuch(words),
                    ListError::Contradiction(what) => ListingError::Failed(malformed(listing.call, what)),
                })?;
            }
            let calls: Vec<Call> = match list.next() {
                NextPages::End => return Ok(list.items),
                NextPages::Cursor(cursor) => vec![listing.page("cursor", &cursor)],
                NextPages::Pages(numbers) => {
                    let together = list.together(IN_FLIGHT_MAX as u64);
                    let last = (*numbers.end()).min(numbers.start().saturating_add(together - 1));
                    (*numbers.start()..=last)
                        .map(|number| listing.page("page", &number.to_string()))
                        .collect()
                }
            };
            // All that were sent are waited for: none of them is given up half-way.
            pages = join_all(calls.iter().map(|call| self.answer(call))).await;
        }
    }
}

/// The items of a page.
fn items_of(
    call: &Call,
    within: &str,
    number: u64,
    mut page: ApiResponse,
) -> Result<(Vec<Json>, ApiResponse), ReadError> {
    let list = match within {
        "" => Some(page.result.take()),
        within => page.result.get_mut(within).map(Json::take),
    };
    if let Some(Json::Array(items)) = list {
        return Ok((items, page));
    }
    let place = if within.is_empty() { "the `result`".into() } else { format!("`result.{within}`") };
    let what = if number == 1 {
        format!("{place} is no list")
    } else {
        format!("page {number} of the list is no list")
    };
    Err(malformed(call, what))
}

fn malformed(call: &Call, detail: String) -> ReadError {
    let endpoint = Some(call.endpoint);
    ReadError::Failed(TransportError {
        endpoint,
        ..TransportError::new(TransportErrorKind::Malformed, detail)
    })
}

#[cfg(test)]
mod tests;
