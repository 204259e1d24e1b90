//! An index of real names and their users, by kind and name.
//!
//! **Invariant:** a real name on which two logical names meet is known as contested from the claim on that made it so.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A logical name that has some real name in one environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Claim {
    pub logical: String,
    /// The environment's place in the table.
    pub position: usize,
}

/// The claims on every real name.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims(BTreeMap<String, KindClaims>);

#[derive(Clone, Debug, Default)]
struct KindClaims {
    by_real: HashMap<String, Vec<Claim>>,
    contested: BTreeSet<String>,
}

impl Claims {
    /// Adds one; `meet` says of two places whether one real name in both is one resource.
    ///
    /// What is contested already is not compared again, and what is not has one logical name for each account: the claims
    /// to compare are no more than the environments.
    pub(super) fn add(&mut self, kind: &str, real: &str, claim: Claim, meet: impl Fn(usize, usize) -> bool) {
        let of_kind = self.0.entry(kind.to_owned()).or_default();
        let claims = of_kind.by_real.entry(real.to_owned()).or_default();
        if !of_kind.contested.contains(real)
            && claims
                .iter()
                .any(|other| other.logical != claim.logical && meet(other.position, claim.position))
        {
            of_kind.contested.insert(real.to_owned());
        }
        claims.push(claim);
    }

    /// Those on one real name, in no order.
    pub(super) fn of(&self, kind: &str, real: &str) -> &[Claim] {
        self.0.get(kind).map_or(&[], |of_kind| of_kind.claims(real))
    }

    /// The real names of a kind on which two logical names meet, with all claims on each.
    pub(super) fn contested(&self, kind: &str) -> impl Iterator<Item = (&str, &[Claim])> {
        let of_kind = self.0.get(kind).into_iter();
        of_kind.flat_map(|of| of.contested.iter().map(|real| (real.as_str(), of.claims(real))))
    }
}

impl KindClaims {
    fn claims(&self, real: &str) -> &[Claim] {
        self.by_real.get(real).map_or(&[], Vec::as_slice)
    }
}
