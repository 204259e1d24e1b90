//! Lists are read to their end although nobody has said how they are paged: the first page tells (Cloudflare API notes
//! 1.3).
//!
//! **Invariant:** a script gets the whole list or an error, never a part of it, but for a path that names the page it
//! wants.

use super::api;
use super::path::Confined;
use crate::http::{Answer, Client, PageInfo, Trouble, TroubleKind};
use crate::op::Failure;
use serde_json::Value as Json;
use std::collections::HashSet;

/// A list longer than this is refused: a recipe that needs more has to ask for less at a time.
const ITEMS_MAX: usize = 10_000;
/// The smallest pages known have 10 items. Lists of cursors may have empty pages, so items alone bound nothing.
const PAGES_MAX: u64 = 1_000;
/// A path that names one of these asks for that page, and gets it alone.
const OF_ONE_PAGE: [&str; 4] = ["page", "per_page", "cursor", "limit"];

/// What the path gives, all pages of it.
pub(super) async fn read(client: &Client, path: &Confined) -> Result<Json, Failure> {
    let failed = |error| Failure::of_read(&path.rest, error);
    let first = api::page(client, path, None).await.map_err(failed)?;
    if path.query.iter().any(|(name, _)| OF_ONE_PAGE.contains(&name.as_str())) {
        return Ok(first.result);
    }
    let Answer { mut result, info, .. } = first;
    let Some(after) = After::first(&info) else { return Ok(result) };
    let within = match place_of_list(&result) {
        Place::Several if info.next_cursor().is_some() || info.total_pages.is_some_and(|pages| pages > 1) => {
            return Err(several_lists(path));
        }
        Place::Nowhere | Place::Several => return Ok(result),
        Place::Whole => None,
        Place::Property(name) => Some(name),
    };
    let mut list = List::new(after);
    let items = items_of(&mut result, within.as_deref()).unwrap_or_default();
    let mut next = list.take(items, &info).map_err(|why| given_up(path, after, why))?;
    while let Some((name, value)) = next {
        let answer = api::page(client, path, Some((name, &value))).await.map_err(failed)?;
        let Answer { result: mut page, info, .. } = answer;
        let Some(items) = items_of(&mut page, within.as_deref()) else {
            return Err(malformed(path, format!("page {} of the list is no list", list.page + 1)));
        };
        next = list.take(items, &info).map_err(|why| given_up(path, after, why))?;
    }
    match within {
        None => result = Json::Array(list.items),
        Some(name) => result[name] = Json::Array(list.items),
    }
    Ok(result)
}

/// How the page after one is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    /// With the cursor that it gives.
    Cursor,
    /// With its number and one.
    Number,
}

impl After {
    /// By what the first page says of itself; `None` where it says nothing and so is all there is.
    fn first(info: &PageInfo) -> Option<After> {
        let is_counted = info.page.is_some() || info.total_count.is_some() || info.total_pages.is_some();
        match info.next_cursor() {
            Some(_) => Some(After::Cursor),
            None => is_counted.then_some(After::Number),
        }
    }
}

/// Why a list is given up.
enum GivenUp {
    /// It has more items or pages than a script gets.
    TooMany,
    /// The server gives what it has given before.
    Again(String),
}

/// What was read of a list so far.
struct List {
    after: After,
    items: Vec<Json>,
    /// What tells items apart: one that moved to a later page while the list was read is not taken twice.
    seen: HashSet<String>,
    /// Items in all pages, those that came twice included.
    received: usize,
    /// The pages read.
    page: u64,
    /// The pages as they came, and the cursors: none of them comes again.
    given: HashSet<String>,
}

/// The parameter that asks for the next page; `None` at the end.
type Next = Option<(&'static str, String)>;

impl List {
    fn new(after: After) -> Self {
        List { after, items: Vec::new(), seen: HashSet::new(), received: 0, page: 0, given: HashSet::new() }
    }

    /// Keeps a page.
    fn take(&mut self, items: Vec<Json>, info: &PageInfo) -> Result<Next, GivenUp> {
        self.page += 1;
        self.received += items.len();
        let is_other = self.after == After::Number && info.page.is_some_and(|number| number != self.page);
        let is_empty = items.is_empty();
        if !is_empty && (is_other || !self.given.insert(format!("{items:?}"))) {
            return Err(GivenUp::Again(format!("page {} of the list is an earlier page again", self.page)));
        }
        let next = match self.after {
            After::Cursor => info.next_cursor().map(|cursor| ("cursor", cursor.to_owned())),
            After::Number => self.has_more(items.len(), info).then(|| ("page", (self.page + 1).to_string())),
        };
        for item in items {
            if identity(&item).is_none_or(|identity| self.seen.insert(identity)) {
                self.items.push(item);
            }
        }
        if let Some((name @ "cursor", value)) = &next
            && !self.given.insert(format!("{name} {value}"))
        {
            return Err(GivenUp::Again(format!(
                "page {} of the list gives an earlier cursor again",
                self.page
            )));
        }
        // A total is believed where it spares hundreds of requests that end in the same refusal.
        let foreseen = info.total_count.is_some_and(|total| next.is_some() && total > ITEMS_MAX as u64);
        let is_over = self.page > 1 && self.items.len() > ITEMS_MAX;
        if foreseen || is_over || self.page > PAGES_MAX {
            return Err(GivenUp::TooMany);
        }
        Ok(next)
    }

    /// Whether a page of numbered pages is not the last. A total that is less than what was received is no total.
    fn has_more(&self, got: usize, info: &PageInfo) -> bool {
        let received = self.received as u64;
        match info.total_count {
            _ if got == 0 => false,
            Some(total) if total == received => false,
            Some(total) if total > received => true,
            _ => {
                info.total_pages.is_some_and(|pages| pages > self.page)
                    || info.per_page.is_none_or(|size| got as u64 >= size)
            }
        }
    }
}

/// What tells an object of a list from the others; values of other kinds may stand in a list twice.
fn identity(item: &Json) -> Option<String> {
    let object = item.as_object()?;
    let id = ["id", "uuid"].iter().find_map(|name| object.get(*name)).filter(|id| id.is_string());
    Some(id.unwrap_or(item).to_string())
}

/// Where the list of a `result` is.
enum Place {
    /// It is the result.
    Whole,
    /// It is the only list in it.
    Property(String),
    /// There is none.
    Nowhere,
    /// There are more than one.
    Several,
}

fn place_of_list(result: &Json) -> Place {
    if result.is_array() {
        return Place::Whole;
    }
    let mut lists = result.as_object().into_iter().flatten().filter(|(_, value)| value.is_array());
    match (lists.next(), lists.next()) {
        (None, _) => Place::Nowhere,
        (Some((name, _)), None) => Place::Property(name.clone()),
        (Some(_), Some(_)) => Place::Several,
    }
}

fn items_of(result: &mut Json, within: Option<&str>) -> Option<Vec<Json>> {
    let list = match within {
        None => result.take(),
        Some(name) => result.get_mut(name)?.take(),
    };
    if let Json::Array(items) = list { Some(items) } else { None }
}

fn malformed(path: &Confined, detail: String) -> Failure {
    let endpoint = Some(api::reading(path));
    Failure::of_trouble(&path.rest, Trouble { endpoint, ..Trouble::new(TroubleKind::Malformed, detail) })
}

fn given_up(path: &Confined, after: After, why: GivenUp) -> Failure {
    let way_out = match (why, after) {
        (GivenUp::Again(what), _) => return malformed(path, what),
        (GivenUp::TooMany, After::Number) => {
            "read one page at a time, for example with `?page=1&per_page=100`"
        }
        (GivenUp::TooMany, After::Cursor) => "ask for less of it, for example with a `prefix`",
    };
    Failure::refused_with_hint(
        "too_many",
        format!("`{}` is a list of more than {ITEMS_MAX} items or {PAGES_MAX} pages", path.rest),
        way_out,
    )
}

fn several_lists(path: &Confined) -> Failure {
    Failure::refused_with_hint(
        "too_many",
        format!("`{}` has more pages, and more than one list in its result", path.rest),
        "read one page at a time, for example with `?page=1`",
    )
}
