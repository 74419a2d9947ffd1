//! Rows of background fetches: one for what is of the whole fetch, one for each record, so that the end of one
//! record of a thousand writes one row.

use bgfetch_traits::background_fetch::{BackgroundFetchState, StoredBackgroundFetch, StoredRecord};
use bgfetch_traits::ids::{BackgroundFetchId, RecordId};
use bgfetch_traits::storage::{BodyOwner, StorageError};
use rusqlite::{OptionalExtension, params};

use super::bodies::Owner;
use super::{Store, sql, unsql};
use crate::error::MetaResult;

impl Store {
    /// Adds a background fetch, or replaces it with all its records.
    pub(crate) fn save_fetch(&mut self, fetch: &mut StoredBackgroundFetch) -> MetaResult<()> {
        self.env.ids.reserve(fetch.fetch.0.max(fetch.registration.0))?;
        // The row of the fetch is without them.
        let records = std::mem::take(&mut fetch.records);
        let saved = self.save_fetch_and_records(fetch, &records);
        fetch.records = records;
        saved
    }

    fn save_fetch_and_records(
        &mut self,
        fetch: &StoredBackgroundFetch,
        records: &[StoredRecord],
    ) -> MetaResult<()> {
        let id = fetch.fetch;
        let before = self.fetch_size(id)?;
        let mut after = self.put_fetch(fetch)?;
        for (position, record) in records.iter().enumerate() {
            let position = u32::try_from(position).unwrap_or(u32::MAX);
            after += self.put_record(RecordId { fetch: id, index: position }, record)?;
        }
        self.conn
            .prepare_cached("DELETE FROM records WHERE fetch = ? AND position >= ?")?
            .execute([sql(id.0), sql(records.len() as u64)])?;
        match before {
            None => self.reserve(after),
            Some(before) => {
                self.resize(before, after);
                Ok(())
            }
        }
    }

    /// Replaces what changes of a background fetch as a whole.
    pub(crate) fn save_fetch_state(
        &mut self,
        id: BackgroundFetchId,
        state: &BackgroundFetchState,
    ) -> MetaResult<()> {
        let row: Option<(String, i64)> = self
            .conn
            .prepare_cached("SELECT json, size FROM fetches WHERE id = ?")?
            .query_row([sql(id.0)], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let (json, before) = row.ok_or_else(|| not_found(id))?;
        let mut fetch: StoredBackgroundFetch = serde_json::from_str(&json)?;
        fetch.set_state(state.clone());
        let after = self.put_fetch(&fetch)?;
        self.resize(unsql(before)?, after);
        Ok(())
    }

    /// Replaces one record.
    pub(crate) fn save_record(&mut self, id: RecordId, record: &StoredRecord) -> MetaResult<()> {
        let before: Option<i64> = self
            .conn
            .prepare_cached("SELECT size FROM records WHERE fetch = ? AND position = ?")?
            .query_row([sql(id.fetch.0), id.index.into()], |row| row.get(0))
            .optional()?;
        let before =
            before.ok_or_else(|| StorageError::NotFound(format!("record {id} of a background fetch")))?;
        let after = self.put_record(id, record)?;
        self.resize(unsql(before)?, after);
        Ok(())
    }

    /// Forgets a background fetch; its records' bodies lose these owners.
    pub(crate) fn delete_fetch(&mut self, id: BackgroundFetchId) -> MetaResult<()> {
        if let Some(size) = self.fetch_size(id)? {
            self.pending.freed += size;
        }
        self.conn.prepare_cached("DELETE FROM fetches WHERE id = ?")?.execute([sql(id.0)])?;
        self.conn.prepare_cached("DELETE FROM records WHERE fetch = ?")?.execute([sql(id.0)])?;
        self.release_all(&[1, 2], sql(id.0))
    }

    /// Bytes of metadata of a background fetch and its records.
    fn fetch_size(&self, id: BackgroundFetchId) -> MetaResult<Option<u64>> {
        let size: Option<i64> = self
            .conn
            .prepare_cached(
                "SELECT size + (SELECT coalesce(sum(size), 0) FROM records WHERE fetch = fetches.id)
                 FROM fetches WHERE id = ?",
            )?
            .query_row([sql(id.0)], |row| row.get(0))
            .optional()?;
        size.map(unsql).transpose()
    }

    /// `fetch` has no records here.
    fn put_fetch(&mut self, fetch: &StoredBackgroundFetch) -> MetaResult<u64> {
        let json = serde_json::to_string(fetch)?;
        let size = json.len() as u64;
        self.conn
            .prepare_cached("INSERT OR REPLACE INTO fetches (id, json, size) VALUES (?, ?, ?)")?
            .execute(params![sql(fetch.fetch.0), json, sql(size)])?;
        Ok(size)
    }

    fn put_record(&mut self, id: RecordId, record: &StoredRecord) -> MetaResult<u64> {
        let json = serde_json::to_string(record)?;
        let size = json.len() as u64;
        self.conn
            .prepare_cached(
                "INSERT INTO records (fetch, position, json, size) VALUES (?, ?, ?, ?)
                 ON CONFLICT (fetch, position) DO UPDATE SET json = excluded.json, size = excluded.size",
            )?
            .execute(params![sql(id.fetch.0), id.index, json, sql(size)])?;
        // A body that the record names must not be lost at the next start for want of an owner.
        let request = record.request_body.map(|(body, _)| (body, BodyOwner::RecordRequest(id)));
        let response = record.response_body.map(|body| (body, BodyOwner::RecordResponse(id)));
        for (body, owner) in request.into_iter().chain(response) {
            let (kind, a, b) = Owner::Body(owner).columns();
            self.conn
                .prepare_cached(
                    "INSERT OR IGNORE INTO owners (body, kind, a, b) SELECT id, ?2, ?3, ?4 FROM bodies WHERE id = ?1",
                )?
                .execute([sql(body.0), kind, a, b])?;
        }
        Ok(size)
    }
}

fn not_found(id: BackgroundFetchId) -> StorageError {
    StorageError::NotFound(format!("background fetch {id}"))
}
