//! One procedure behind every `ensure`, `find`, `list` and `delete`, for any [`Resource`].
//!
//! Probe, compare, then create, update, leave or refuse (docs/architecture.md#writes). A lost answer leads to a probe,
//! never to a blind second request, and never to a `created` that nobody saw.
//!
//! **Invariant:** `ensure` never deletes, never sends a second create before a probe, and never touches what it refuses.

mod browse;
mod delete;
mod describe;
mod diff;
mod ensure;
mod foresee;
mod inventory;
mod lookup;
mod new_paths;
mod ops;
mod overlay;
mod placeholder;
mod pointer;
mod removal;
mod resource;
mod rows;
#[cfg(test)]
mod tests;

pub use browse::{Browsing, ExistingResource};
pub use describe::Described;
pub use diff::{Difference, diff};
pub use ensure::{ensure, value_of};
pub use inventory::{Inventory, ListedName, Listing, listed, prefetch};
pub use new_paths::{Foreseeable, NewPaths};
pub use ops::{find_handle, named_key};
pub use overlay::lay_over;
pub use placeholder::{KNOWN_AFTER_APPLY, PlaceholderIds, Placeholders, hex32, uuid};
pub use removal::{DataPolicy, Presence, Removable, Removal};
#[cfg(test)]
pub use resource::unmatched;
pub use resource::{Compare, Field, Policy, Resource, readable};
