//! Rows of service worker registrations.

use bgfetch_traits::ids::RegistrationId;
use bgfetch_traits::service_worker::StoredRegistration;
use rusqlite::{OptionalExtension, params};

use super::{Store, sql, unsql};
use crate::error::MetaResult;

impl Store {
    /// Adds or replaces a registration.
    pub(crate) fn save_registration(&mut self, registration: &StoredRegistration) -> MetaResult<()> {
        let workers = [&registration.waiting, &registration.active];
        let workers = workers.into_iter().flatten().map(|worker| worker.worker.0);
        self.env.ids.reserve(workers.fold(registration.registration.0, u64::max))?;
        let id = registration.registration;
        let before = self.registration_size(id)?;
        let json = serde_json::to_string(registration)?;
        let after = json.len() as u64;
        match before {
            None => self.reserve(after)?,
            Some(before) => self.resize(before, after),
        }
        self.conn
            .prepare_cached("INSERT OR REPLACE INTO registrations (id, json, size) VALUES (?, ?, ?)")?
            .execute(params![sql(id.0), json, sql(after)])?;
        Ok(())
    }

    /// Forgets a registration.
    pub(crate) fn delete_registration(&mut self, id: RegistrationId) -> MetaResult<()> {
        self.pending.freed += self.registration_size(id)?.unwrap_or(0);
        self.conn.prepare_cached("DELETE FROM registrations WHERE id = ?")?.execute([sql(id.0)])?;
        Ok(())
    }

    fn registration_size(&self, id: RegistrationId) -> MetaResult<Option<u64>> {
        let size: Option<i64> = self
            .conn
            .prepare_cached("SELECT size FROM registrations WHERE id = ?")?
            .query_row([sql(id.0)], |row| row.get(0))
            .optional()?;
        size.map(unsql).transpose()
    }
}
