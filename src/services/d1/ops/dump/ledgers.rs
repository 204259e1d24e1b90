//! Recognises the migration ledgers in a dump: wrangler's and Larder's.
//!
//! A ledger says what was applied to one database; in a copy it stands in the way of the copy's own.
//!
//! **Invariant:** a table that somebody else might have made is no ledger: wrangler's is known by its default name, by
//! wrangler's own words for it, or by Larder's table that belongs to it.

use super::super::split::Pieces;
use crate::services::d1::migrations::Tables;

/// Which of them are left out.
#[derive(Clone, Debug)]
pub(super) enum LedgerFilter {
    /// None.
    Keep,
    /// All but those that were asked for by name.
    LeaveOut {
        /// Kept in any case.
        but: Vec<String>,
        /// The database's tables with their definitions, where the dump has none.
        tables: Vec<(String, String)>,
    },
}

impl LedgerFilter {
    /// The names of the ledgers that are left out, among the tables that a dump makes, each given with its definition.
    pub(super) fn found<'a>(&'a self, made: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Vec<String> {
        let LedgerFilter::LeaveOut { but, tables } = self else { return Vec::new() };
        let made = made.filter_map(|(name, sql)| Some((std::str::from_utf8(name).ok()?, sql)));
        let known = tables.iter().map(|(name, sql)| (name.as_str(), sql.as_bytes()));
        let tables: Vec<(&str, &[u8])> = made.chain(known).collect();
        let names: Vec<&str> = tables.iter().map(|(name, _)| *name).collect();
        let is_asked_for = |name: &str| but.iter().any(|asked| asked.eq_ignore_ascii_case(name));
        let found = tables.iter().filter(|(name, sql)| is_ledger(name, sql, &names) && !is_asked_for(name));
        found.map(|(name, _)| (*name).to_owned()).collect()
    }
}

fn is_ledger(name: &str, sql: &[u8], all: &[&str]) -> bool {
    let default = Tables::default();
    // Every table whose name begins so is Larder's own.
    let is_larders =
        name.get(..default.larder.len()).is_some_and(|start| start.eq_ignore_ascii_case(&default.larder));
    if is_larders || name.eq_ignore_ascii_case(&default.wrangler) {
        return true;
    }
    let Ok(tables) = Tables::named(Some(name)) else { return false };
    all.iter().any(|other| other.eq_ignore_ascii_case(&tables.larder))
        || definition(sql) == definition(tables.create_wrangler().as_bytes())
}

/// What a definition is made of after the table's name, whatever stands between: only wrangler has these words.
fn definition(sql: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut pieces = Pieces::of(sql);
    while let Some(piece) = pieces.name_or_sign() {
        found.push(piece.to_ascii_lowercase());
    }
    let begin = found.iter().position(|piece| piece == b"(").unwrap_or(found.len());
    found.split_off(begin).into_iter().filter(|piece| piece != b";").collect()
}
