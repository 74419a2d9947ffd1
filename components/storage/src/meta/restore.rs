//! What comes back at start: cleaning up after the process before, and reading all rows.

use std::collections::{HashMap, HashSet};
use std::time::{SystemTime, UNIX_EPOCH};

use bgfetch_traits::background_fetch::{StoredBackgroundFetch, StoredRecord};
use bgfetch_traits::ids::{BodyId, RecordId};
use bgfetch_traits::service_worker::StoredRegistration;
use bgfetch_traits::storage::{BodyOwner, DamagedStorage};
use rusqlite::{OptionalExtension, params};

use super::bodies::Owner;
use super::{Store, sql, unsql};
use crate::error::{MetaError, MetaResult};

/// What one partition gives to [`bgfetch_traits::storage::RestoredProfile`].
#[derive(Debug, Default)]
pub(crate) struct RestoredPartition {
    pub(crate) registrations: Vec<StoredRegistration>,
    pub(crate) background_fetches: Vec<StoredBackgroundFetch>,
    pub(crate) damaged: Vec<DamagedStorage>,
}

impl Store {
    /// All registrations and background fetches. Rows that cannot be read are put aside, and told of.
    pub(crate) fn restore(&mut self) -> MetaResult<RestoredPartition> {
        let (registrations, mut bad) = self.read_registrations()?;
        let (mut background_fetches, bad_fetches) = self.read_fetches()?;
        bad.extend(bad_fetches);
        self.put_aside_all(&bad)?;
        for registration in &registrations {
            self.env.ids.cover(registration.registration.0);
            for worker in [&registration.waiting, &registration.active].into_iter().flatten() {
                self.env.ids.cover(worker.worker.0);
            }
        }
        for fetch in &mut background_fetches {
            self.env.ids.cover(fetch.fetch.0);
            for record in &mut fetch.records {
                self.fill_in_length(record)?;
            }
        }
        Ok(RestoredPartition { registrations, background_fetches, damaged: self.read_damaged()? })
    }

    fn fill_in_length(&self, record: &mut StoredRecord) -> MetaResult<()> {
        let Some(body) = record.response_body else {
            record.response_length = 0;
            return Ok(());
        };
        let length: Option<i64> = self
            .conn
            .prepare_cached("SELECT length FROM bodies WHERE id = ?")?
            .query_row([sql(body.0)], |row| row.get(0))
            .optional()?;
        record.response_length = unsql(length.unwrap_or(0))?;
        if length.is_none() {
            record.response_body = None;
        }
        Ok(())
    }

    fn read_registrations(&self) -> MetaResult<(Vec<StoredRegistration>, Vec<BadRow>)> {
        let mut good = Vec::new();
        let mut bad = Vec::new();
        let mut select = self.conn.prepare_cached("SELECT id, json FROM registrations ORDER BY id")?;
        let rows = select.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
        for row in rows {
            let (id, json) = row?;
            match serde_json::from_str::<StoredRegistration>(&json) {
                Ok(registration) if registration.partition == self.shared.key => good.push(registration),
                Ok(other) => {
                    let reason = format!("it is of {}", other.partition);
                    bad.push(BadRow { kind: BadKind::Registration, id, reason, json });
                }
                Err(error) => {
                    bad.push(BadRow { kind: BadKind::Registration, id, reason: error.to_string(), json })
                }
            }
        }
        Ok((good, bad))
    }

    fn read_fetches(&self) -> MetaResult<(Vec<StoredBackgroundFetch>, Vec<BadRow>)> {
        let mut good = Vec::new();
        let mut bad = Vec::new();
        let mut select = self.conn.prepare_cached("SELECT id, json FROM fetches ORDER BY id")?;
        let rows = select.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
        for row in rows {
            let (id, json) = row?;
            let read = match serde_json::from_str::<StoredBackgroundFetch>(&json) {
                Ok(fetch) if fetch.partition == self.shared.key => self
                    .read_records(id)
                    .map(|records| records.map(|records| StoredBackgroundFetch { records, ..fetch }))?,
                Ok(other) => Err(format!("it is of {}", other.partition)),
                Err(error) => Err(error.to_string()),
            };
            match read {
                Ok(fetch) => good.push(fetch),
                Err(reason) => bad.push(BadRow { kind: BadKind::Fetch, id, reason, json }),
            }
        }
        Ok((good, bad))
    }

    /// The records of a fetch, in order, or what is wrong with them.
    fn read_records(&self, fetch: i64) -> MetaResult<Result<Vec<StoredRecord>, String>> {
        let mut select = self
            .conn
            .prepare_cached("SELECT position, json FROM records WHERE fetch = ? ORDER BY position")?;
        let rows = select.query_map([fetch], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
        let mut records = Vec::new();
        for row in rows {
            let (position, json) = row?;
            if usize::try_from(position) != Ok(records.len()) {
                return Ok(Err(format!("record {} is missing", records.len())));
            }
            match serde_json::from_str(&json) {
                Ok(record) => records.push(record),
                Err(error) => return Ok(Err(format!("record {position}: {error}"))),
            }
        }
        Ok(Ok(records))
    }

    /// Moves rows to the table `damaged`; the bodies of a fetch or entry keep their owners.
    pub(crate) fn put_aside_all(&mut self, rows: &[BadRow]) -> MetaResult<()> {
        rows.iter().try_for_each(|row| self.put_aside(row))
    }

    fn put_aside(&mut self, row: &BadRow) -> MetaResult<()> {
        let BadRow { kind, id, json, reason } = row;
        let before: Option<i64> = self
            .conn
            .query_row(&format!("DELETE FROM {} WHERE id = ? RETURNING size", kind.table()), [id], |row| {
                row.get(0)
            })
            .optional()?;
        // Seen by two operations, it is gone the second time.
        let Some(before) = before else { return Ok(()) };
        tracing::error!(partition = %self.shared.key, kind = kind.name(), id, reason,
            "stored metadata is damaged and was put aside");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let size = json.len() as u64;
        self.conn.execute(
            "INSERT INTO damaged (kind, subject, json, reason, time, size) VALUES (?, ?, ?, ?, ?, ?)",
            params![kind.name(), id, json, reason, sql(now), sql(size)],
        )?;
        self.resize(unsql(before)?, size);
        Ok(())
    }

    fn read_damaged(&self) -> MetaResult<Vec<DamagedStorage>> {
        let mut select = self.conn.prepare_cached("SELECT kind, subject, reason FROM damaged ORDER BY id")?;
        let rows = select.query_map([], |row| {
            let (kind, id, reason): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(DamagedStorage {
                partition: Some(self.shared.key.clone()),
                what: format!("{kind} {id}"),
                reason,
                kept_at: self.shared.paths.database.clone(),
            })
        })?;
        let mut damaged = rows.collect::<Result<Vec<_>, _>>()?;
        let mut select = self.conn.prepare_cached("SELECT id, length, lost FROM bodies WHERE lost > 0")?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        for row in rows {
            let (id, length, lost): (i64, i64, i64) = row?;
            damaged.push(DamagedStorage {
                partition: Some(self.shared.key.clone()),
                what: format!("stored body {id}"),
                reason: format!("its last {lost} bytes are gone, {length} are left"),
                kept_at: self.shared.paths.body(BodyId(unsql(id)?)),
            });
        }
        Ok(damaged)
    }

    /// Forgets what the process before left unfinished, and makes files and rows agree.
    pub(super) fn clean_up(&mut self) -> MetaResult<()> {
        self.drop_stale_owners()?;
        self.conn.execute_batch(
            "DELETE FROM owners WHERE kind = 4 AND a IN
                 (SELECT entries.id FROM entries JOIN caches ON caches.id = cache WHERE name IS NULL);
             DELETE FROM entries WHERE cache IN (SELECT id FROM caches WHERE name IS NULL);
             DELETE FROM caches WHERE name IS NULL;
             DELETE FROM bodies WHERE id NOT IN (SELECT body FROM owners);
             DELETE FROM inline_bodies WHERE body NOT IN (SELECT id FROM bodies WHERE in_file = 0);",
        )?;
        self.match_files()
    }

    /// Owners that are pending, and records that do not name the body, or are gone.
    fn drop_stale_owners(&mut self) -> MetaResult<()> {
        self.conn.execute("DELETE FROM owners WHERE kind = 3", [])?;
        let (fetches, bad) = self.read_fetches()?;
        let mut named = HashSet::new();
        for fetch in &fetches {
            for (index, record) in (0_u32..).zip(&fetch.records) {
                let id = RecordId { fetch: fetch.fetch, index };
                let request = record.request_body.map(|(body, _)| (body, BodyOwner::RecordRequest(id)));
                let response = record.response_body.map(|body| (body, BodyOwner::RecordResponse(id)));
                let owners = request.into_iter().chain(response);
                named.extend(owners.map(|(body, owner)| (sql(body.0), Owner::Body(owner).columns())));
            }
        }
        let mut damaged: HashSet<i64> = bad.iter().map(|row| row.id).collect();
        let mut select =
            self.conn.prepare_cached("SELECT subject FROM damaged WHERE kind = 'background fetch'")?;
        for id in select.query_map([], |row| row.get(0))? {
            damaged.insert(id?);
        }
        drop(select);
        let mut select =
            self.conn.prepare_cached("SELECT body, kind, a, b FROM owners WHERE kind IN (1, 2)")?;
        let owners = select
            .query_map([], |row| {
                Ok((row.get::<_, i64>(0)?, (row.get(1)?, row.get::<_, i64>(2)?, row.get(3)?)))
            })?
            .collect::<Result<Vec<(i64, (i64, i64, i64))>, _>>()?;
        for (body, (kind, a, b)) in owners {
            if !named.contains(&(body, (kind, a, b))) && !damaged.contains(&a) {
                self.conn
                    .prepare_cached("DELETE FROM owners WHERE body = ? AND kind = ? AND a = ? AND b = ?")?
                    .execute([body, kind, a, b])?;
            }
        }
        Ok(())
    }

    /// Deletes files that no row names, cuts those that are longer than what is durable, and takes note of bytes
    /// that are gone.
    fn match_files(&mut self) -> MetaResult<()> {
        let paths = self.shared.paths.clone();
        let vfs = std::sync::Arc::clone(&self.env.vfs);
        let mut files: HashMap<String, u64> =
            vfs.list(&paths.bodies).map_err(MetaError::io(&paths.bodies))?.into_iter().collect();
        let mut select = self.conn.prepare("SELECT id, length FROM bodies WHERE in_file = 1")?;
        let rows = select
            .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?
            .collect::<Result<Vec<_>, _>>()?;
        drop(select);
        for (id, length) in rows {
            let (body, length) = (BodyId(unsql(id)?), unsql(length)?);
            let path = paths.body(body);
            match files.remove(&body.to_string()) {
                Some(found) if found > length => {
                    let cut = vfs.open(&path, false).and_then(|file| file.set_len(length));
                    cut.map_err(MetaError::io(&path))?;
                }
                Some(found) if found == length => {}
                found => {
                    let found = found.unwrap_or(0);
                    tracing::error!(path = %path.display(), length, found, "bytes of a stored body are gone");
                    self.conn.execute(
                        // What is not sealed is fetched again from where it ends now.
                        "UPDATE bodies SET length = ?1, lost = iif(sealed, lost + ?2, 0) WHERE id = ?3",
                        [sql(found), sql(length - found), id],
                    )?;
                }
            }
        }
        for name in files.keys() {
            let path = paths.bodies.join(name);
            tracing::debug!(path = %path.display(), "deleting a body that nobody owns");
            vfs.remove(&path).map_err(MetaError::io(&path))?;
        }
        Ok(())
    }
}

/// A row whose JSON is not what it should be.
#[derive(Debug)]
pub(crate) struct BadRow {
    pub(super) kind: BadKind,
    pub(super) id: i64,
    pub(super) reason: String,
    pub(super) json: String,
}

/// What the row is of.
#[derive(Clone, Copy, Debug)]
pub(super) enum BadKind {
    Fetch,
    Registration,
    Entry,
}

impl BadKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Fetch => "background fetch",
            Self::Registration => "registration",
            Self::Entry => "cache entry",
        }
    }

    const fn table(self) -> &'static str {
        match self {
            Self::Fetch => "fetches",
            Self::Registration => "registrations",
            Self::Entry => "entries",
        }
    }
}
