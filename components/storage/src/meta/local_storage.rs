//! Rows of the [local storage](https://html.spec.whatwg.org/multipage/webstorage.html#the-localstorage-attribute).

use bgfetch_traits::web_storage::{AreaChanges, StoredItem};
use rusqlite::{OptionalExtension, params};

use super::{Store, sql, unsql};
use crate::error::MetaResult;

impl Store {
    /// All entries.
    pub(crate) fn local_storage(&mut self) -> MetaResult<Vec<StoredItem>> {
        let mut select = self.conn.prepare_cached("SELECT key, place, value FROM local_storage")?;
        let mut rows = select.query([])?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(StoredItem { key: row.get(0)?, place: unsql(row.get(1)?)?, value: row.get(2)? });
        }
        Ok(items)
    }

    /// Writes what changed. It has its own quota, and counts for the partition's without being refused for it.
    pub(crate) fn change_local_storage(&mut self, changes: &AreaChanges) -> MetaResult<()> {
        if changes.cleared {
            let sum = "SELECT coalesce(sum(size), 0) FROM local_storage";
            self.pending.freed += unsql(self.conn.query_row(sum, [], |row| row.get(0))?)?;
            self.conn.prepare_cached("DELETE FROM local_storage")?.execute([])?;
        }
        for key in &changes.removed {
            self.pending.freed += self.local_storage_size(key)?;
            self.conn.prepare_cached("DELETE FROM local_storage WHERE key = ?")?.execute([key])?;
        }
        for StoredItem { key, place, value } in &changes.set {
            let (before, after) = (self.local_storage_size(key)?, (key.len() + value.len()) as u64);
            self.resize(before, after);
            self.conn
                .prepare_cached(
                    "INSERT OR REPLACE INTO local_storage (key, place, value, size) VALUES (?, ?, ?, ?)",
                )?
                .execute(params![key, sql(*place), value, sql(after)])?;
        }
        Ok(())
    }

    fn local_storage_size(&self, key: &str) -> MetaResult<u64> {
        let size: Option<i64> = self
            .conn
            .prepare_cached("SELECT size FROM local_storage WHERE key = ?")?
            .query_row([key], |row| row.get(0))
            .optional()?;
        unsql(size.unwrap_or_default())
    }
}
