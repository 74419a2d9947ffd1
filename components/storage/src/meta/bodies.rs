//! Rows of bodies and their owners.

use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::NetworkError;
use bgfetch_traits::ids::BodyId;
use bgfetch_traits::storage::{BodyOwner, StorageError};
use bytes::Bytes;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Store, sql, unsql};
use crate::error::MetaResult;

/// What is known of a body in the database.
#[derive(Clone, Debug)]
pub(crate) struct BodyRow {
    /// Durable bytes.
    pub(crate) length: u64,
    /// Its bytes, unless they are in a file.
    pub(crate) inline: Option<Bytes>,
    /// Nothing is appended any more.
    pub(crate) sealed: bool,
    /// How readers that follow it end.
    pub(crate) error: Option<BodyError>,
    /// Bytes at its end that got lost.
    pub(crate) lost: u64,
}

/// Who owns a body: [`BodyOwner`], or an entry of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Body(BodyOwner),
    CacheEntry(i64),
}

impl Owner {
    /// As in the table `owners`.
    pub(super) fn columns(self) -> (i64, i64, i64) {
        match self {
            Self::Body(BodyOwner::RecordRequest(record)) => (1, sql(record.fetch.0), record.index.into()),
            Self::Body(BodyOwner::RecordResponse(record)) => (2, sql(record.fetch.0), record.index.into()),
            Self::Body(BodyOwner::Pending) => (3, 0, 0),
            Self::CacheEntry(entry) => (4, entry, 0),
        }
    }
}

/// [`BodyError`] as it is stored.
#[derive(Serialize, Deserialize)]
enum StoredError {
    Network(NetworkError),
    Aborted,
    Source(String),
}

impl Store {
    /// A new, empty body.
    pub(crate) fn insert_body(&mut self, body: BodyId, owner: BodyOwner) -> MetaResult<()> {
        self.conn
            .prepare_cached("INSERT INTO bodies (id, length, in_file, sealed) VALUES (?, 0, 0, 0)")?
            .execute([sql(body.0)])?;
        self.add_owner(body, Owner::Body(owner))
    }

    pub(super) fn add_owner(&mut self, body: BodyId, owner: Owner) -> MetaResult<()> {
        let (kind, a, b) = owner.columns();
        self.conn
            .prepare_cached("INSERT OR IGNORE INTO owners (body, kind, a, b) VALUES (?, ?, ?, ?)")?
            .execute([sql(body.0), kind, a, b])?;
        Ok(())
    }

    /// A body's row, with its bytes if they are not in a file.
    pub(crate) fn load_body(&mut self, body: BodyId) -> MetaResult<Option<BodyRow>> {
        let row = self
            .conn
            .prepare_cached(
                "SELECT length, in_file, sealed, error, lost, bytes
                 FROM bodies LEFT JOIN inline_bodies ON body = id AND in_file = 0 WHERE id = ?",
            )?
            .query_row([sql(body.0)], |row| {
                let error: Option<String> = row.get(3)?;
                let inline: Option<Vec<u8>> = row.get(5)?;
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, bool>(1)?,
                    row.get(2)?,
                    error,
                    row.get::<_, i64>(4)?,
                    inline,
                ))
            })
            .optional()?;
        let Some((length, in_file, sealed, error, lost, inline)) = row else { return Ok(None) };
        let error = error.map(|error| match serde_json::from_str::<StoredError>(&error) {
            Ok(error) => error.into(),
            // It did end early; only why is not known any more.
            Err(_) => BodyError::Source(error),
        });
        Ok(Some(BodyRow {
            length: unsql(length)?,
            inline: (!in_file).then(|| Bytes::from(inline.unwrap_or_default())),
            sealed,
            error,
            lost: unsql(lost)?,
        }))
    }

    /// The whole of a short body.
    pub(crate) fn put_inline(&mut self, body: BodyId, bytes: &[u8]) -> MetaResult<()> {
        let rows = self
            .conn
            .prepare_cached("UPDATE bodies SET length = ?, in_file = 0 WHERE id = ?")?
            .execute([sql(bytes.len() as u64), sql(body.0)])?;
        if rows == 0 {
            return Err(not_found(body).into());
        }
        self.conn
            .prepare_cached("INSERT OR REPLACE INTO inline_bodies (body, bytes) VALUES (?, ?)")?
            .execute(params![sql(body.0), bytes])?;
        Ok(())
    }

    /// The durable length of a body whose bytes are in a file.
    pub(crate) fn set_file_length(&mut self, body: BodyId, length: u64) -> MetaResult<()> {
        let in_file: Option<bool> = self
            .conn
            .prepare_cached("SELECT in_file FROM bodies WHERE id = ?")?
            .query_row([sql(body.0)], |row| row.get(0))
            .optional()?;
        if !in_file.ok_or_else(|| not_found(body))? {
            self.pending.new_files = true;
            self.conn.prepare_cached("DELETE FROM inline_bodies WHERE body = ?")?.execute([sql(body.0)])?;
        }
        self.conn
            .prepare_cached("UPDATE bodies SET length = ?, in_file = 1 WHERE id = ?")?
            .execute([sql(length), sql(body.0)])?;
        Ok(())
    }

    /// Nothing is appended any more; answers the length.
    pub(crate) fn seal(&mut self, body: BodyId, error: Option<&BodyError>) -> MetaResult<u64> {
        let error =
            error.map(|error| serde_json::to_string(&StoredError::from(error.clone()))).transpose()?;
        let length = self
            .conn
            .prepare_cached("UPDATE bodies SET sealed = 1, error = ? WHERE id = ? RETURNING length")?
            .query_row(params![error, sql(body.0)], |row| row.get(0))
            .optional()?;
        unsql(length.ok_or_else(|| not_found(body))?)
    }

    /// Takes one owner away; a body without owners goes.
    pub(crate) fn release(&mut self, body: BodyId, owner: BodyOwner) -> MetaResult<()> {
        let (kind, a, b) = Owner::Body(owner).columns();
        self.conn
            .prepare_cached("DELETE FROM owners WHERE body = ? AND kind = ? AND a = ? AND b = ?")?
            .execute([sql(body.0), kind, a, b])?;
        self.reap(body)
    }

    /// Deletes a body if nobody owns it, or has that done once nobody uses it.
    pub(crate) fn reap(&mut self, body: BodyId) -> MetaResult<()> {
        let id = sql(body.0);
        let owned: bool = self
            .conn
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM owners WHERE body = ?)")?
            .query_row([id], |row| row.get(0))?;
        if owned {
            return Ok(());
        }
        if self.shared.pins.doom(body) {
            self.pending.doomed.push(body);
            // Nobody will seal it any more, and who follows it must not wait for that.
            let aborted = serde_json::to_string(&StoredError::Aborted)?;
            self.conn
                .prepare_cached("UPDATE bodies SET sealed = 1, error = ? WHERE id = ? AND sealed = 0")?
                .execute(params![aborted, id])?;
            return Ok(());
        }
        let gone: Option<(i64, bool)> = self
            .conn
            .prepare_cached("DELETE FROM bodies WHERE id = ? RETURNING length, in_file")?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((length, in_file)) = gone else { return Ok(()) };
        self.pending.freed += unsql(length)?;
        if in_file {
            self.pending.files.push(body);
        } else {
            self.conn.prepare_cached("DELETE FROM inline_bodies WHERE body = ?")?.execute([id])?;
        }
        Ok(())
    }

    /// Takes all owners of one kind and `a` away from their bodies; bodies without owners go.
    pub(super) fn release_all(&mut self, kinds: &[i64], a: i64) -> MetaResult<()> {
        let mut bodies = Vec::new();
        for kind in kinds {
            let mut delete =
                self.conn.prepare_cached("DELETE FROM owners WHERE kind = ? AND a = ? RETURNING body")?;
            let rows = delete.query_map([*kind, a], |row| row.get::<_, i64>(0))?;
            for body in rows {
                bodies.push(BodyId(unsql(body?)?));
            }
        }
        bodies.into_iter().try_for_each(|body| self.reap(body))
    }
}

/// The body is not there (any more).
pub(crate) fn not_found(body: BodyId) -> StorageError {
    StorageError::NotFound(format!("body {body}"))
}

impl From<BodyError> for StoredError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Network(error) => Self::Network(error),
            BodyError::Aborted => Self::Aborted,
            BodyError::Source(message) => Self::Source(message),
        }
    }
}

impl From<StoredError> for BodyError {
    fn from(error: StoredError) -> Self {
        match error {
            StoredError::Network(error) => Self::Network(error),
            StoredError::Aborted => Self::Aborted,
            StoredError::Source(message) => Self::Source(message),
        }
    }
}
