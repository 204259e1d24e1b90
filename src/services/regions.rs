//! Locations and jurisdictions, which several services share.

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Where data must stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Jurisdiction {
    /// The European Union.
    Eu,
    /// The United States.
    Us,
    /// `FedRAMP` regions.
    Fedramp,
}

impl Jurisdiction {
    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            Jurisdiction::Eu => "eu",
            Jurisdiction::Us => "us",
            Jurisdiction::Fedramp => "fedramp",
        }
    }
}

/// Where data should be: a hint at creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Location {
    /// Asia and the Pacific.
    Apac,
    /// Eastern Europe.
    Eeur,
    /// Eastern North America.
    Enam,
    /// Western Europe.
    Weur,
    /// Western North America.
    Wnam,
    /// Oceania.
    Oc,
}

impl Location {
    pub(super) const ALL: [Location; 6] =
        [Location::Apac, Location::Eeur, Location::Enam, Location::Weur, Location::Wnam, Location::Oc];
    pub(super) const NAMES: &'static [&'static str] = &["apac", "eeur", "enam", "weur", "wnam", "oc"];

    /// As a request writes it.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Answers are in upper case, requests in lower case (R2-3): people copy either.
        let word = String::deserialize(deserializer)?;
        let found = Self::ALL.into_iter().find(|location| location.name().eq_ignore_ascii_case(&word));
        found.ok_or_else(|| D::Error::unknown_variant(&word, Self::NAMES))
    }
}
