//! The `meta` of a statement's result: what it cost and changed.

use serde_json::{Value, json};
use std::time::Duration;

/// Who served the call; on Cloudflare a version of the D1 service.
const SERVED_BY: &str = "larder-local";

/// What one statement, or one import, did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Meta {
    /// From preparing the statement to its last row.
    pub(super) duration: Duration,
    /// Rows inserted, updated and deleted, those of triggers included.
    pub(super) changes: u64,
    /// The connection's, also of earlier statements.
    pub(super) last_row_id: i64,
    /// Whether rows or schema are other than before.
    pub(super) changed_db: bool,
    /// Bytes.
    pub(super) size_after: u64,
    /// An estimate from below: D1 counts inside a SQLite of its own.
    pub(super) rows_read: u64,
    /// Likewise; rows of indexes are not counted.
    pub(super) rows_written: u64,
}

impl Meta {
    /// As it leaves (D1-5).
    pub(super) fn to_json(self, region: &str) -> Value {
        let ms = (self.duration.as_secs_f64() * 1e7).round() / 1e4;
        json!({
            "served_by": SERVED_BY,
            "served_by_region": region,
            "served_by_primary": true,
            "timings": {"sql_duration_ms": ms},
            "duration": ms,
            "changes": self.changes,
            "last_row_id": self.last_row_id,
            "changed_db": self.changed_db,
            "size_after": self.size_after,
            "rows_read": self.rows_read,
            "rows_written": self.rows_written,
            "total_attempts": 1,
        })
    }

    /// Both, one after the other.
    pub(super) fn then(self, next: Meta) -> Meta {
        Meta {
            duration: self.duration + next.duration,
            changes: self.changes + next.changes,
            last_row_id: next.last_row_id,
            changed_db: self.changed_db || next.changed_db,
            size_after: next.size_after,
            rows_read: self.rows_read + next.rows_read,
            rows_written: self.rows_written + next.rows_written,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_has_every_recorded_field() {
        let meta = Meta { duration: Duration::from_micros(1234), changes: 2, ..Meta::default() };
        let keys: Vec<_> = meta.to_json("WEUR").as_object().unwrap().keys().cloned().collect();
        assert_eq!(
            keys.join(" "),
            "changed_db changes duration last_row_id rows_read rows_written served_by served_by_primary \
             served_by_region size_after timings total_attempts"
        );
        assert_eq!(meta.to_json("WEUR")["duration"], 1.234);
        assert_eq!(meta.then(meta).changes, 4);
    }
}
