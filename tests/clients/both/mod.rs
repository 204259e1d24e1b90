//! wrangler and Larder on one project and one account, in either order: the same end, nothing twice, nothing left to do.

mod bindings;
mod copies;
mod deploys;
mod entries;
mod guides;
mod ledgers;
mod naming;
mod order;
mod resources;
mod together;
mod travel;
mod zigzag;
