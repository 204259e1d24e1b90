//! The state of reading a list: the items so far, and the pages to request next (API-3).
//!
//! **Invariant:** a total says how many pages are asked for together, and never where a list ends: it goes on while its
//! pages are full.
//! **Invariant:** what was given before and comes again ends no list: it is an error, but where the server has given all
//! that it counts and knows no pages.

use super::envelope::PageInfo;
use serde_json::Value as Json;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::RangeInclusive;

/// How much of a list is taken.
#[derive(Clone, Copy, Debug)]
pub struct ListLimits {
    pub items: usize,
    /// Pages: lists of cursors may have empty ones, so items alone bound nothing.
    pub pages: u64,
    /// Bytes of all its answers.
    pub bytes: usize,
}

/// How the page after one is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagingStyle {
    /// With the cursor that it gives.
    Cursor,
    /// With its number and one.
    Number,
}

impl PagingStyle {
    /// By what the first page says of itself; `None` where it says nothing and so is all there is. Where pages of a size
    /// were asked for, they have numbers.
    pub fn first(info: &PageInfo, page_size: Option<u64>) -> Option<PagingStyle> {
        let is_counted = info.page.is_some() || info.total_count.is_some() || info.total_pages.is_some();
        match info.next_cursor() {
            Some(_) => Some(PagingStyle::Cursor),
            None => (is_counted || page_size.is_some()).then_some(PagingStyle::Number),
        }
    }
}

/// What is asked for next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NextPages {
    /// Nothing: the list is whole.
    End,
    /// The page of this cursor.
    Cursor(String),
    Pages(RangeInclusive<u64>),
}

/// Why a list is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListError {
    /// It is larger than what is taken of it: how large, in words.
    TooMuch(String),
    /// Its pages contradict each other.
    Contradiction(String),
}

/// What was read of a list so far.
pub(super) struct List {
    after: PagingStyle,
    most: ListLimits,
    page_size: Option<u64>,
    pub(super) items: Vec<Json>,
    /// The identities of the items: one that moved to a later page during reading is not taken twice.
    seen: HashSet<u64>,
    /// The pages and cursors as they came.
    given: HashSet<u64>,
    /// Items in all pages, those that came twice included.
    received: u64,
    /// The pages read, and the items of the first.
    pages: u64,
    of_first: u64,
    bytes: usize,
    /// The first page without items, of pages with numbers.
    empty: Option<u64>,
    total: Option<u64>,
    next: NextPages,
}

impl List {
    pub(super) fn new(after: PagingStyle, page_size: Option<u64>, most: ListLimits) -> Self {
        List {
            after,
            most,
            page_size,
            items: Vec::new(),
            seen: HashSet::new(),
            given: HashSet::new(),
            received: 0,
            pages: 0,
            of_first: 0,
            bytes: 0,
            empty: None,
            total: None,
            next: NextPages::End,
        }
    }

    /// What is asked for once the pages taken so far are read.
    pub(super) fn next(&self) -> NextPages {
        self.next.clone()
    }

    /// How many pages go together: what they can be expected to bring is no more than what is taken of the list.
    pub(super) fn together(&self, at_once: u64) -> u64 {
        let left = self.most.bytes.saturating_sub(self.bytes);
        let page = self.bytes / usize::try_from(self.pages).unwrap_or(usize::MAX).max(1);
        (left / page.max(1)).clamp(1, usize::try_from(at_once).unwrap_or(usize::MAX)) as u64
    }

    /// Takes the page that comes after those taken so far.
    pub(super) fn take(&mut self, items: Vec<Json>, info: &PageInfo, bytes: usize) -> Result<(), ListError> {
        let reached = self.total.is_some_and(|total| self.received >= total);
        self.pages += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        let (number, got) = (self.pages, items.len() as u64);
        let is_full = self.is_full(got, info);
        let is_numbered = self.after == PagingStyle::Number;
        if got > 0 {
            let is_other = is_numbered && info.page.is_some_and(|page| page != number);
            let is_known = !self.given.insert(hash(&("page", &items)));
            let before = self.items.len();
            if !is_other && !is_known {
                self.received += got;
                self.keep(items);
            }
            if is_other || is_known || (is_full && self.items.len() == before) {
                if is_numbered && reached {
                    self.next = NextPages::End;
                    return Ok(());
                }
                let what = format!("page {number} of the list is an earlier page again");
                return Err(ListError::Contradiction(what));
            }
            if let Some(empty) = self.empty {
                let what = format!("page {empty} of the list is empty, and page {number} is not");
                return Err(ListError::Contradiction(what));
            }
        } else if is_numbered {
            self.empty.get_or_insert(number);
        }
        if number == 1 {
            self.of_first = got;
        }
        self.total = info.total_count.or(self.total);
        self.next = match self.after {
            PagingStyle::Cursor => self.by_cursor(info)?,
            PagingStyle::Number => self.by_number(is_full, info),
        };
        self.check(is_full)
    }

    fn keep(&mut self, items: Vec<Json>) {
        for item in items {
            if identity(&item).is_none_or(|identity| self.seen.insert(identity)) {
                self.items.push(item);
            }
        }
    }

    /// Whether a page is full. If the page size is unknown, every page may be.
    fn is_full(&self, got: u64, info: &PageInfo) -> bool {
        let size = match (info.per_page, self.page_size) {
            (Some(told), Some(asked)) => Some(told.min(asked)),
            (told, asked) => told.or(asked),
        };
        got > 0 && size.map_or(info.total_count != Some(self.received + got), |size| got >= size)
    }

    fn by_cursor(&mut self, info: &PageInfo) -> Result<NextPages, ListError> {
        let Some(cursor) = info.next_cursor() else { return Ok(NextPages::End) };
        if self.given.insert(hash(&("cursor", cursor))) {
            return Ok(NextPages::Cursor(cursor.to_owned()));
        }
        let what = format!("page {} of the list gives an earlier cursor again", self.pages);
        Err(ListError::Contradiction(what))
    }

    fn by_number(&self, is_full: bool, info: &PageInfo) -> NextPages {
        let first = self.pages + 1;
        if self.empty.is_some() {
            return NextPages::End;
        }
        let missing = self.total.map_or(0, |total| total.saturating_sub(self.received));
        let more = if missing > 0 {
            let size = self.of_first.max(1);
            // Where the last one would be full, the one after it decides: it comes with it.
            missing.div_ceil(size).saturating_add(u64::from(missing.is_multiple_of(size)))
        } else {
            let told = info.total_pages.map_or(0, |pages| pages.saturating_sub(self.pages));
            told.max(u64::from(is_full))
        };
        // One page more than what is taken, to know that there is more.
        let last = self.pages.saturating_add(more).min(self.most.pages.saturating_add(1));
        if more == 0 { NextPages::End } else { NextPages::Pages(first..=last.max(first)) }
    }

    fn check(&self, is_full: bool) -> Result<(), ListError> {
        let ListLimits { items, pages, bytes } = self.most;
        // A total is believed where it spares hundreds of requests that end in the same refusal.
        let foreseen = is_full
            && self.next != NextPages::End
            && self.total.is_some_and(|total| total > items as u64 && total > self.received);
        let is_long = self.pages > pages && self.next != NextPages::End;
        if foreseen || is_long || (self.pages > 1 && self.items.len() > items) {
            return Err(ListError::TooMuch(format!("more than {items} items or {pages} pages")));
        }
        if self.bytes > bytes {
            return Err(ListError::TooMuch(format!("more than {} MiB", bytes >> 20)));
        }
        Ok(())
    }
}

/// The identity of an object in a list; values of other kinds may occur twice.
fn identity(item: &Json) -> Option<u64> {
    const NAMES: [&str; 4] = ["id", "uuid", "name", "title"];
    let object = item.as_object()?;
    let named = NAMES.map(|name| object.get(name).and_then(Json::as_str));
    let is_told = named[0].or(named[1]).is_some();
    Some(if is_told { hash(&named) } else { hash(item) })
}

fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
