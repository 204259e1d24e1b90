//! A part of a request body with its path, for errors about its form.

use crate::local::ErrorReply;
use serde_json::Value;

/// A value and its place: `rules[0].allowed.methods`.
pub(super) struct BodyPart<'a> {
    place: String,
    value: &'a Value,
}

impl<'a> BodyPart<'a> {
    /// The whole body.
    pub(super) fn body(value: &'a Value) -> Self {
        BodyPart { place: String::new(), value }
    }

    /// A field of an object; null where there is none of that name.
    pub(super) fn field(&self, name: &str) -> Self {
        let dot = if self.place.is_empty() { "" } else { "." };
        BodyPart { place: format!("{}{dot}{name}", self.place), value: &self.value[name] }
    }

    /// What may be left out: nothing where it is.
    pub(super) fn optional(self) -> Option<Self> {
        (!self.value.is_null()).then_some(self)
    }

    pub(super) fn object(self) -> Result<Self, ErrorReply> {
        if self.value.is_object() { Ok(self) } else { Err(self.malformed()) }
    }

    pub(super) fn items(&self) -> Result<Vec<Self>, ErrorReply> {
        let items = self.value.as_array().ok_or_else(|| self.malformed())?.iter();
        Ok(items
            .enumerate()
            .map(|(at, value)| BodyPart { place: format!("{}[{at}]", self.place), value })
            .collect())
    }

    pub(super) fn text(&self) -> Result<&'a str, ErrorReply> {
        self.value.as_str().ok_or_else(|| self.malformed())
    }

    /// A text that is not empty.
    pub(super) fn word(&self) -> Result<&'a str, ErrorReply> {
        self.text().and_then(|text| if text.is_empty() { Err(self.malformed()) } else { Ok(text) })
    }

    pub(super) fn texts(&self) -> Result<Vec<&'a str>, ErrorReply> {
        self.items()?.iter().map(BodyPart::text).collect()
    }

    pub(super) fn one_of(&self, known: &[&str]) -> Result<&'a str, ErrorReply> {
        self.text().and_then(|text| if known.contains(&text) { Ok(text) } else { Err(self.malformed()) })
    }

    /// One or more of these.
    pub(super) fn some_of(&self, known: &[&str]) -> Result<(), ErrorReply> {
        let items = self.items()?;
        if items.is_empty() {
            return Err(self.malformed());
        }
        items.iter().try_for_each(|item| item.one_of(known).map(drop))
    }

    pub(super) fn flag(&self) -> Result<bool, ErrorReply> {
        self.value.as_bool().ok_or_else(|| self.malformed())
    }

    /// A whole number, at most `max`.
    pub(super) fn number(&self, max: u64) -> Result<u64, ErrorReply> {
        self.value.as_u64().filter(|number| *number <= max).ok_or_else(|| self.malformed())
    }

    /// A day, or a time with its offset, as a client writes it.
    pub(super) fn date(&self) -> Result<jiff::Timestamp, ErrorReply> {
        moment(self.text()?).ok_or_else(|| self.malformed())
    }

    /// The refusal of this part; no source names a code for wrong rules, so the one of bad JSON is assumed.
    pub(super) fn malformed(&self) -> ErrorReply {
        let place = &self.place;
        let colon = if place.is_empty() { "." } else { ": " };
        ErrorReply::new(400, 10040, format!("The JSON you provided was not well formed{colon}{place}"))
    }
}

/// The moment of a date.
pub(super) fn moment(text: &str) -> Option<jiff::Timestamp> {
    let day =
        || Some(text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp());
    text.parse().ok().or_else(day)
}
