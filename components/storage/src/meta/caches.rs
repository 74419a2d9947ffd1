//! The Cache API's store: caches, and their entries in the order they were put.

use bgfetch_traits::fetch::{RequestHead, ResponseHead};
use bgfetch_traits::ids::BodyId;
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::storage::{BodyOwner, CacheId, CacheQuery, CacheSelector, StorageError};
use bytes::Bytes;
use rusqlite::{OptionalExtension, params};
use url::Url;

use super::bodies::Owner;
use super::restore::{BadKind, BadRow};
use super::{Store, sql, unsql};
use crate::error::{MetaError, MetaResult};
use crate::pins::{Pinned, Pinner};

/// Bytes of inline bodies that one answer carries at most; the others are read when they are wanted.
const EAGER_BYTES: usize = 1024 * 1024;

/// An entry that is put, its body stored already.
#[derive(Debug)]
pub(crate) struct PutEntry {
    pub(crate) request: RequestHead,
    pub(crate) response: ResponseHead,
    pub(crate) policy: PolicyContainer,
    pub(crate) body: Option<PutBody>,
}

/// A stored body of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PutBody {
    /// Stored for this entry: the entry becomes its owner instead of [`BodyOwner::Pending`].
    Own(BodyId),
    /// Shared with its other owners.
    Shared(BodyId),
}

/// A response that matched.
pub(crate) struct Found {
    pub(crate) response: ResponseHead,
    pub(crate) policy: PolicyContainer,
    pub(crate) body: Option<FoundBody>,
}

/// A body that is to be read.
pub(crate) enum FoundBody {
    /// Short enough to be here.
    Here { body: BodyId, bytes: Bytes },
    /// To be read when it is wanted; pinned until then.
    Pinned { body: Pinned, length: u64 },
}

/// An entry's row, as far as matching needs it.
struct EntryRow {
    id: i64,
    request: RequestHead,
    response: ResponseHead,
    policy: PolicyContainer,
    body: Option<BodyId>,
}

impl EntryRow {
    fn parse(
        id: i64,
        request: &str,
        response: &str,
        policy: &str,
        body: Option<BodyId>,
    ) -> serde_json::Result<Self> {
        Ok(Self {
            id,
            request: serde_json::from_str(request)?,
            response: serde_json::from_str(response)?,
            policy: serde_json::from_str(policy)?,
            body,
        })
    }
}

impl Store {
    /// `caches.has`.
    pub(crate) fn has_cache(&mut self, name: &str) -> MetaResult<bool> {
        Ok(self.cache_named(name)?.is_some())
    }

    /// `caches.open`: one more holds the cache.
    pub(crate) fn open_cache(&mut self, name: &str) -> MetaResult<CacheId> {
        let id = match self.cache_named(name)? {
            Some(id) => id,
            None => {
                self.conn.prepare_cached("INSERT INTO caches (name) VALUES (?)")?.execute([name])?;
                CacheId(self.conn.last_insert_rowid())
            }
        };
        self.hold(id, 1);
        Ok(id)
    }

    /// One less holds a cache.
    pub(crate) fn close_cache(&mut self, cache: CacheId) -> MetaResult<()> {
        let held = self.shared.cache_holders.lock().get(&cache).copied().unwrap_or(0);
        if held > 0 {
            self.hold(cache, -1);
        }
        if held > 1 {
            return Ok(());
        }
        let unlinked = self
            .conn
            .prepare_cached("SELECT 1 FROM caches WHERE id = ? AND name IS NULL")?
            .exists([cache.0])?;
        if unlinked { self.forget_cache(cache) } else { Ok(()) }
    }

    fn hold(&mut self, cache: CacheId, change: i64) {
        let mut holders = self.shared.cache_holders.lock();
        let count = holders.entry(cache).or_default();
        *count += change;
        if *count <= 0 {
            holders.remove(&cache);
        }
        self.pending.holders.push((cache, change));
    }

    /// `caches.delete`: the name is free at once, the contents go when nobody holds the cache.
    pub(crate) fn delete_cache(&mut self, name: &str) -> MetaResult<bool> {
        let Some(cache) = self.cache_named(name)? else { return Ok(false) };
        if self.shared.cache_holders.lock().contains_key(&cache) {
            self.conn.prepare_cached("UPDATE caches SET name = NULL WHERE id = ?")?.execute([cache.0])?;
        } else {
            self.forget_cache(cache)?;
        }
        Ok(true)
    }

    fn forget_cache(&mut self, cache: CacheId) -> MetaResult<()> {
        let entries = self
            .conn
            .prepare_cached("SELECT id FROM entries WHERE cache = ?")?
            .query_map([cache.0], |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()?;
        entries.into_iter().try_for_each(|entry| self.remove_entry(entry))?;
        self.conn.prepare_cached("DELETE FROM caches WHERE id = ?")?.execute([cache.0])?;
        Ok(())
    }

    /// `caches.keys`, in order of creation.
    pub(crate) fn cache_names(&mut self) -> MetaResult<Vec<String>> {
        let mut select =
            self.conn.prepare_cached("SELECT name FROM caches WHERE name IS NOT NULL ORDER BY id")?;
        let names = select.query_map([], |row| row.get(0))?;
        Ok(names.collect::<Result<_, _>>()?)
    }

    fn cache_named(&self, name: &str) -> MetaResult<Option<CacheId>> {
        let id = self
            .conn
            .prepare_cached("SELECT id FROM caches WHERE name = ?")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        Ok(id.map(CacheId))
    }

    fn expect_cache(&self, cache: CacheId) -> MetaResult<()> {
        let there = self.conn.prepare_cached("SELECT 1 FROM caches WHERE id = ?")?.exists([cache.0])?;
        if there { Ok(()) } else { Err(StorageError::NotFound("the cache".into()).into()) }
    }

    /// The first match.
    pub(crate) fn match_first(
        &mut self,
        caches: &CacheSelector,
        query: &CacheQuery,
        pinner: &Pinner,
    ) -> MetaResult<Option<Found>> {
        let caches = match caches {
            CacheSelector::Id(cache) => {
                self.expect_cache(*cache)?;
                vec![*cache]
            }
            CacheSelector::Name(name) => self.cache_named(name)?.into_iter().collect(),
            CacheSelector::All => {
                let mut select =
                    self.conn.prepare_cached("SELECT id FROM caches WHERE name IS NOT NULL ORDER BY id")?;
                let ids = select.query_map([], |row| row.get(0).map(CacheId))?;
                ids.collect::<Result<_, _>>()?
            }
        };
        for cache in caches {
            if let Some(entry) = self.query(cache, Some(query), true)?.pop() {
                return self.found(entry, pinner, &mut 0).map(Some);
            }
        }
        Ok(None)
    }

    /// All matches, in order; without a query, all of the cache.
    pub(crate) fn match_all(
        &mut self,
        cache: CacheId,
        query: Option<&CacheQuery>,
        pinner: &Pinner,
    ) -> MetaResult<Vec<Found>> {
        self.expect_cache(cache)?;
        let entries = self.query(cache, query, false)?;
        let mut eager = 0;
        entries.into_iter().map(|entry| self.found(entry, pinner, &mut eager)).collect()
    }

    /// The stored requests that match, in order.
    pub(crate) fn requests(
        &mut self,
        cache: CacheId,
        query: Option<&CacheQuery>,
    ) -> MetaResult<Vec<RequestHead>> {
        self.expect_cache(cache)?;
        Ok(self.query(cache, query, false)?.into_iter().map(|entry| entry.request).collect())
    }

    /// Removes what matches; answers whether something did.
    pub(crate) fn remove(&mut self, cache: CacheId, query: &CacheQuery) -> MetaResult<bool> {
        self.expect_cache(cache)?;
        let entries = self.query(cache, Some(query), false)?;
        let any = !entries.is_empty();
        entries.into_iter().try_for_each(|entry| self.remove_entry(entry.id))?;
        Ok(any)
    }

    /// [Batch cache operations](https://w3c.github.io/ServiceWorker/#batch-cache-operations) of type "put": what
    /// matches an entry's request goes, and the entry comes last. Bodies that were pending are the cache's then.
    pub(crate) fn put(&mut self, cache: CacheId, entries: &[PutEntry]) -> MetaResult<()> {
        self.expect_cache(cache)?;
        for entry in entries {
            let query = CacheQuery {
                request: entry.request.clone(),
                ignore_search: false,
                ignore_method: false,
                ignore_vary: false,
            };
            let replaced = self.query(cache, Some(&query), false)?;
            // First, because what is replaced may be the only owner of the very same body.
            self.insert_entry(cache, entry)?;
            for old in replaced {
                self.remove_entry(old.id)?;
            }
        }
        Ok(())
    }

    fn insert_entry(&mut self, cache: CacheId, entry: &PutEntry) -> MetaResult<()> {
        let (url, path) = url_keys(&entry.request.url);
        let request = serde_json::to_string(&entry.request)?;
        let response = serde_json::to_string(&entry.response)?;
        let policy = serde_json::to_string(&entry.policy)?;
        let body = entry.body.map(|body| match body {
            PutBody::Own(id) | PutBody::Shared(id) => id,
        });
        let size = (url.len() + path.len() + request.len() + response.len() + policy.len()) as u64;
        self.reserve(size)?;
        self.conn
            .prepare_cached(
                "INSERT INTO entries (cache, url, path, request, response, policy, body, size)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                cache.0,
                url,
                path,
                request,
                response,
                policy,
                body.map(|body| sql(body.0)),
                sql(size)
            ])?;
        let owner = Owner::CacheEntry(self.conn.last_insert_rowid());
        match entry.body {
            None => Ok(()),
            Some(PutBody::Shared(body)) => self.add_owner(body, owner),
            Some(PutBody::Own(body)) => {
                self.add_owner(body, owner)?;
                self.seal(body, None)?;
                self.release(body, BodyOwner::Pending)
            }
        }
    }

    /// Whether a body can be shared as it is: it is here, complete, and as long as it was said to be.
    pub(crate) fn can_share(&mut self, body: BodyId, length: u64) -> MetaResult<bool> {
        Ok(self
            .conn
            .prepare_cached(
                "SELECT 1 FROM bodies WHERE id = ? AND length = ? AND sealed = 1 AND error IS NULL AND lost = 0",
            )?
            .exists([sql(body.0), sql(length)])?)
    }

    fn remove_entry(&mut self, entry: i64) -> MetaResult<()> {
        let size: i64 = self
            .conn
            .prepare_cached("DELETE FROM entries WHERE id = ? RETURNING size")?
            .query_row([entry], |row| row.get(0))?;
        self.pending.freed += unsql(size)?;
        self.release_all(&[4], entry)
    }

    /// [Query cache](https://w3c.github.io/ServiceWorker/#query-cache-algorithm): the index finds candidates by
    /// URL, the query decides.
    fn query(
        &self,
        cache: CacheId,
        query: Option<&CacheQuery>,
        only_first: bool,
    ) -> MetaResult<Vec<EntryRow>> {
        let (by, key) = match query {
            None => ("", None),
            Some(query) => {
                let (url, path) = url_keys(&query.request.url);
                if query.ignore_search { ("AND path = ?2", Some(path)) } else { ("AND url = ?2", Some(url)) }
            }
        };
        let columns = "id, request, response, policy, body";
        let statement = format!("SELECT {columns} FROM entries WHERE cache = ?1 {by} ORDER BY id");
        let mut select = self.conn.prepare_cached(&statement)?;
        let mut rows = match key {
            Some(key) => select.query(params![cache.0, key])?,
            None => select.query([cache.0])?,
        };
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            let (request, response, policy): (String, String, String) =
                (row.get(1)?, row.get(2)?, row.get(3)?);
            let body: Option<i64> = row.get(4)?;
            let body = body.map(unsql).transpose()?.map(BodyId);
            match EntryRow::parse(id, &request, &response, &policy, body) {
                Ok(entry) => {
                    if query.is_none_or(|query| query.matches(&entry.request, Some(&entry.response))) {
                        entries.push(entry);
                        if only_first {
                            break;
                        }
                    }
                }
                Err(error) => {
                    // The others are served; this one is put aside after the batch.
                    let json = format!("[{request},{response},{policy}]");
                    let reason = error.to_string();
                    self.bad_rows.borrow_mut().push(BadRow { kind: BadKind::Entry, id, reason, json });
                }
            }
        }
        Ok(entries)
    }

    /// The response of an entry, its body unread.
    fn found(&mut self, entry: EntryRow, pinner: &Pinner, eager: &mut usize) -> MetaResult<Found> {
        let body = match entry.body {
            None => None,
            Some(body) => Some(self.found_body(body, pinner, eager)?),
        };
        Ok(Found { response: entry.response, policy: entry.policy, body })
    }

    fn found_body(&mut self, body: BodyId, pinner: &Pinner, eager: &mut usize) -> MetaResult<FoundBody> {
        if *eager < EAGER_BYTES {
            let row = self.load_body(body)?.ok_or_else(|| missing(body))?;
            if let Some(bytes) = row.inline.filter(|_| row.lost == 0) {
                *eager += bytes.len();
                return Ok(FoundBody::Here { body, bytes });
            }
        }
        let length: Option<i64> = self
            .conn
            .prepare_cached("SELECT length FROM bodies WHERE id = ?")?
            .query_row([sql(body.0)], |row| row.get(0))
            .optional()?;
        let length = unsql(length.ok_or_else(|| missing(body))?)?;
        Ok(FoundBody::Pinned { body: pinner.pin(body), length })
    }
}

fn missing(body: BodyId) -> MetaError {
    MetaError::Damaged(format!("body {body} of a cache entry is missing"))
}

/// A URL without its fragment, and without its query either.
fn url_keys(url: &Url) -> (String, String) {
    let mut url = url.clone();
    url.set_fragment(None);
    let with_query = url.to_string();
    url.set_query(None);
    (with_query, url.into())
}
