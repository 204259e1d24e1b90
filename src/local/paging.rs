//! Page-style lists: `page` and `per_page`, answered with `result_info` (API-3).

use super::exchange::Exchange;
use serde_json::{Value, json};

/// What a service allows for `per_page`.
#[derive(Clone, Copy, Debug)]
pub struct PageBounds {
    /// When the request names none.
    pub default: u64,
    /// At least.
    pub min: u64,
    /// At most.
    pub max: u64,
}

/// A request for a page that the service does not serve; the service knows its own code for it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{parameter} must be between {min} and {max}")]
pub struct OutOfBounds {
    /// `page` or `per_page`.
    pub parameter: &'static str,
    /// At least.
    pub min: u64,
    /// At most.
    pub max: u64,
}

/// One page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// From 1.
    pub number: u64,
    pub size: u64,
}

impl Page {
    /// Reads `page` and `per_page`.
    pub fn of(exchange: &Exchange<'_>, bounds: PageBounds) -> Result<Page, OutOfBounds> {
        let number = bounded(exchange, "page", PageBounds { default: 1, min: 1, max: 1 << 31 })?;
        Ok(Page { number, size: bounded(exchange, "per_page", bounds)? })
    }

    /// The rows of this page, and its `result_info`.
    pub fn cut<T>(self, rows: Vec<T>) -> (Vec<T>, Value) {
        let total = rows.len() as u64;
        let skip = usize::try_from((self.number - 1).saturating_mul(self.size)).unwrap_or(usize::MAX);
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let rows: Vec<T> = rows.into_iter().skip(skip).take(size).collect();
        let info = json!({
            "page": self.number, "per_page": self.size, "count": rows.len(),
            "total_count": total, "total_pages": total.div_ceil(self.size),
        });
        (rows, info)
    }
}

fn bounded(exchange: &Exchange<'_>, parameter: &'static str, bounds: PageBounds) -> Result<u64, OutOfBounds> {
    let PageBounds { default, min, max } = bounds;
    let Some(text) = exchange.query(parameter) else { return Ok(default) };
    text.parse().ok().filter(|number| (min..=max).contains(number)).ok_or(OutOfBounds { parameter, min, max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_the_list_and_then_are_empty() {
        let rows = || (0..5).map(Value::from).collect::<Vec<_>>();
        let (second, info) = Page { number: 2, size: 3 }.cut(rows());
        assert_eq!(second, [3, 4]);
        assert_eq!(info, json!({"page": 2, "per_page": 3, "count": 2, "total_count": 5, "total_pages": 2}));
        let (third, info) = Page { number: 3, size: 3 }.cut(rows());
        assert!(third.is_empty());
        assert_eq!(info["count"], 0);
    }
}
