//! The inbox of the storage thread.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::background_fetch::{BackgroundFetchState, StoredBackgroundFetch, StoredRecord};
use crate::body::BodyReader;
use crate::fetch::{
    RequestHead, Response, ResponseHead, ResponseType, is_cors_safelisted_response_header_name,
};
use crate::ids::{BackgroundFetchId, BodyId, RecordId, RegistrationId, StorageKey};
use crate::reply::Reply;
use crate::service_worker::StoredRegistration;
use crate::web_storage::StorageArea;

/// A body in a partition's store.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StoredBody {
    /// Whose it is.
    pub partition: StorageKey,
    /// Which.
    pub body: BodyId,
    /// Its length in bytes when this was made.
    pub length: u64,
}

/// Why storage could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// The partition's quota would be exceeded; nothing was stored.
    #[error("storing {requested} more bytes would exceed the quota of {quota} bytes ({usage} used)")]
    QuotaExceeded {
        /// The limit, in bytes.
        quota: u64,
        /// What is used already, in bytes.
        usage: u64,
        /// What was asked for on top, in bytes.
        requested: u64,
    },
    /// The disk is full; what was durable before still is.
    #[error("no space left on the disk that holds {path}")]
    DiskFull {
        /// What was being written.
        path: String,
    },
    /// The thing asked for is not there.
    #[error("{0} is not in storage")]
    NotFound(String),
    /// The body being stored ended early; what came before is kept.
    #[error(transparent)]
    Body(#[from] crate::body::BodyError),
    /// Reading or writing failed.
    #[error("{path}: {message}")]
    Io {
        /// Which file or database.
        path: String,
        /// What the system said.
        message: String,
    },
}

/// What the storage thread is asked.
#[expect(clippy::large_enum_variant, reason = "a message is moved twice in its life: into a channel and out")]
pub enum StorageMsg {
    /// Something of one partition.
    Partition {
        /// Which.
        key: StorageKey,
        /// What.
        request: PartitionMsg,
    },
    /// Everything that outlives a restart, of all partitions; asked once, at start.
    Restore(Reply<Result<RestoredProfile, StorageError>>),
    /// Deletes a partition with all that is in it.
    Clear(StorageKey, Reply<Result<(), StorageError>>),
    /// Makes everything durable and ends the thread.
    Shutdown(Reply<()>),
}

/// What storage is asked about one partition.
#[expect(clippy::large_enum_variant, reason = "a message is moved twice in its life: into a channel and out")]
pub enum PartitionMsg {
    /// The Cache API's store.
    Cache(CacheMsg),
    /// Bodies.
    Body(BodyMsg),
    /// Adds or replaces a background fetch with all its records. Like every write of metadata, it is durable when
    /// answered, and never without the writes about this partition that were asked for before it.
    SaveBackgroundFetch(Box<StoredBackgroundFetch>, Reply<Result<(), StorageError>>),
    /// Replaces the changing part of a background fetch and leaves its records as they are;
    /// [`StorageError::NotFound`] if it is not there.
    SaveBackgroundFetchState(BackgroundFetchId, Box<BackgroundFetchState>, Reply<Result<(), StorageError>>),
    /// Replaces one record of a background fetch; [`StorageError::NotFound`] if it is not there. The bodies it
    /// names are owned by it already ([`BodyMsg::Create`]), and those it named before are released by
    /// [`BodyMsg::Release`], not by this.
    SaveRecord(RecordId, Box<StoredRecord>, Reply<Result<(), StorageError>>),
    /// Forgets a background fetch; its bodies lose this reference.
    DeleteBackgroundFetch(BackgroundFetchId, Reply<Result<(), StorageError>>),
    /// Adds or replaces a service worker registration.
    SaveRegistration(Box<StoredRegistration>, Reply<Result<(), StorageError>>),
    /// Forgets a registration.
    DeleteRegistration(RegistrationId, Reply<Result<(), StorageError>>),
    /// The area that `localStorage` shows: the same one for all who ask, for as long as they have it.
    LocalStorage(Reply<Result<Arc<StorageArea>, StorageError>>),
    /// `StorageManager.estimate()`.
    Estimate(Reply<Result<StorageEstimate, StorageError>>),
}

/// Bytes used and allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StorageEstimate {
    /// Bytes used, each body counted once however many refer to it.
    pub usage: u64,
    /// Bytes allowed.
    pub quota: u64,
}

/// Requests about bodies.
pub enum BodyMsg {
    /// Makes an empty body owned by `owner`; it is deleted with its last owner.
    Create {
        /// Who refers to it first.
        owner: BodyOwner,
        /// Its id.
        reply: Reply<Result<BodyId, StorageError>>,
    },
    /// Appends all of `source` to a body, from `offset`, which must be its length (it is truncated to that).
    /// Bytes are durable before `done` is answered, and from time to time before.
    Append {
        /// Which body.
        body: BodyId,
        /// Length before the first byte of `source`.
        offset: u64,
        /// The bytes.
        source: BodyReader,
        /// Told the body's new length, coalesced: after each large write, not after each chunk.
        progress: Option<StoreProgress>,
        /// The body's length at the end, and how it ended.
        done: Reply<StoreOutcome>,
    },
    /// Opens a body for reading from `offset`: what is stored now, or, if `follow`, also what is appended later
    /// until the body is sealed.
    Open {
        /// Which body.
        body: BodyId,
        /// First byte wanted.
        offset: u64,
        /// Whether to wait for more.
        follow: bool,
        /// The bytes, tagged as this stored body when read from 0 and sealed.
        reply: Reply<Result<BodyReader, StorageError>>,
    },
    /// Nothing more will be appended: readers that follow it end, with an error if `error` is given.
    Seal {
        /// Which body.
        body: BodyId,
        /// How readers that follow it end.
        error: Option<crate::body::BodyError>,
        /// When it is durable.
        reply: Reply<Result<u64, StorageError>>,
    },
    /// Cuts a body to `length` bytes, durably.
    Truncate {
        /// Which body.
        body: BodyId,
        /// The new length in bytes.
        length: u64,
        /// When done.
        reply: Reply<Result<(), StorageError>>,
    },
    /// Takes one owner's reference away; a body without owners is deleted.
    Release {
        /// Which body.
        body: BodyId,
        /// Whose reference.
        owner: BodyOwner,
    },
}

/// Who refers to a stored body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum BodyOwner {
    /// The request body of a record of a background fetch.
    RecordRequest(RecordId),
    /// The response body of a record of a background fetch.
    RecordResponse(RecordId),
    /// Being written; forgotten at a restart.
    Pending,
}

/// How an append ended.
#[derive(Clone, Debug)]
pub struct StoreOutcome {
    /// The body's durable length in bytes.
    pub length: u64,
    /// `Ok` at the source's normal end.
    pub result: Result<(), StorageError>,
}

/// Told of a body's new length in bytes.
pub type StoreProgress = Arc<dyn Fn(u64) + Send + Sync>;

/// The Cache API's store.
pub enum CacheMsg {
    /// `caches.has`.
    Has(String, Reply<Result<bool, StorageError>>),
    /// `caches.open`: makes the cache if it is not there. The answer identifies this very cache, also after it
    /// was deleted and another of the same name was made.
    Open(String, Reply<Result<CacheId, StorageError>>),
    /// Whoever opened a cache holds it no longer: a deleted cache nobody holds is forgotten with its contents. One
    /// that is never closed is forgotten at the next start.
    Close(CacheId),
    /// `caches.delete`: whether it was there. Those who hold it can go on using it.
    Delete(String, Reply<Result<bool, StorageError>>),
    /// `caches.keys`, in order of creation.
    Keys(Reply<Result<Vec<String>, StorageError>>),
    /// `cache.match` and `caches.match`: the first match of one cache, by id or name, or of all.
    Match {
        /// Where to look.
        cache: CacheSelector,
        /// What for.
        query: CacheQuery,
        /// The first matching response, its body unread.
        reply: Reply<Result<Option<Response>, StorageError>>,
    },
    /// `cache.matchAll`; no query is all of the cache.
    MatchAll {
        /// Which cache.
        cache: CacheId,
        /// What for.
        query: Option<CacheQuery>,
        /// Matching responses, in order, bodies unread.
        reply: Reply<Result<Vec<Response>, StorageError>>,
    },
    /// [Batch cache operations](https://w3c.github.io/ServiceWorker/#batch-cache-operations) of type "put": all
    /// or nothing. Bodies that are already stored in the partition are shared, not copied.
    Put {
        /// Which cache.
        cache: CacheId,
        /// What to put.
        entries: Vec<CacheEntry>,
        /// When all of it is durable.
        reply: Reply<Result<(), StorageError>>,
    },
    /// `cache.delete`: whether something matched.
    Remove {
        /// Which cache.
        cache: CacheId,
        /// What to remove.
        query: CacheQuery,
        /// Whether something matched.
        reply: Reply<Result<bool, StorageError>>,
    },
    /// `cache.keys`: the stored requests, in order; no query is all.
    Requests {
        /// Which cache.
        cache: CacheId,
        /// What for.
        query: Option<CacheQuery>,
        /// The requests.
        reply: Reply<Result<Vec<RequestHead>, StorageError>>,
    },
}

/// One cache, whatever its name means by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CacheId(pub i64);

/// Where a match looks.
#[derive(Clone, Debug)]
pub enum CacheSelector {
    /// This cache.
    Id(CacheId),
    /// The cache of that name, if there is one.
    Name(String),
    /// All caches, in order of creation.
    All,
}

/// A request to match with [`CacheQueryOptions`](https://w3c.github.io/ServiceWorker/#dictdef-cachequeryoptions).
#[derive(Clone, Debug)]
pub struct CacheQuery {
    /// The request to look for.
    pub request: RequestHead,
    /// `ignoreSearch`.
    pub ignore_search: bool,
    /// `ignoreMethod`.
    pub ignore_method: bool,
    /// `ignoreVary`.
    pub ignore_vary: bool,
}

impl CacheQuery {
    /// [Request matches cached item](https://w3c.github.io/ServiceWorker/#request-matches-cached-item-algorithm).
    #[must_use]
    pub fn matches(&self, stored: &RequestHead, response: Option<&ResponseHead>) -> bool {
        // Step 1.
        if !self.ignore_method && stored.method != http::Method::GET {
            return false;
        }
        // Steps 2 to 5.
        if self.comparable(&self.request.url) != self.comparable(&stored.url) {
            return false;
        }
        // Step 6.
        let Some(response) = response else { return true };
        if self.ignore_vary {
            return true;
        }
        // What a filtered response does not show is not in its header list.
        let visible = match response.kind {
            ResponseType::Opaque | ResponseType::OpaqueRedirect => false,
            ResponseType::Cors => {
                is_cors_safelisted_response_header_name("vary", &response.cors_exposed_headers)
            }
            ResponseType::Basic | ResponseType::Default | ResponseType::Error => true,
        };
        if !visible {
            return true;
        }
        // Steps 7 and 8.
        response.headers.get_all("vary").all(|value| {
            String::from_utf8_lossy(value)
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .all(|name| name != "*" && self.request.headers.get(name) == stored.headers.get(name))
        })
    }

    fn comparable(&self, url: &Url) -> Url {
        let mut url = url.clone();
        url.set_fragment(None);
        if self.ignore_search {
            url.set_query(None);
        }
        url
    }
}

/// One response to put under one request.
#[derive(Debug)]
pub struct CacheEntry {
    /// The key.
    pub request: RequestHead,
    /// The value, with its body.
    pub response: Response,
}

/// What comes back at start.
#[derive(Clone, Debug, Default)]
pub struct RestoredProfile {
    /// All registrations.
    pub registrations: Vec<StoredRegistration>,
    /// All background fetches, active or with an event still owed; body lengths are those that are durable.
    pub background_fetches: Vec<StoredBackgroundFetch>,
    /// Greater than every [`RegistrationId`], [`crate::ids::WorkerId`] and [`BackgroundFetchId`] ever stored.
    pub next_id: u64,
    /// What could not be read and was put aside, for the user to know; everything else works.
    pub damaged: Vec<DamagedStorage>,
}

/// Something that storage could not read, and put aside rather than lose or trip over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedStorage {
    /// Whose it was, if that could still be read.
    pub partition: Option<StorageKey>,
    /// What it was: a partition, or one background fetch or registration of it.
    pub what: String,
    /// What is wrong with it.
    pub reason: String,
    /// Where it is now.
    pub kept_at: std::path::PathBuf,
}

/// Sends to the storage thread from any thread.
#[derive(Clone)]
pub struct StorageSender(Arc<dyn Fn(StorageMsg) + Send + Sync>);

impl StorageSender {
    /// A sender that hands each message to `post`, which must not block.
    pub fn new(post: impl Fn(StorageMsg) + Send + Sync + 'static) -> Self {
        Self(Arc::new(post))
    }

    /// Sends; a message to a thread that has ended is dropped, and with it its reply.
    pub fn send(&self, message: StorageMsg) {
        (self.0)(message);
    }

    /// Sends something about one partition.
    pub fn partition(&self, key: &StorageKey, request: PartitionMsg) {
        self.send(StorageMsg::Partition { key: key.clone(), request });
    }
}

impl fmt::Debug for StorageSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StorageSender")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_varies_only_by_what_a_page_may_see_of_it() {
        let at: Url = "https://a.test/x#fragment".parse().unwrap();
        let with = |value: &str| {
            let mut head = RequestHead::get(at.clone());
            head.headers.append("X-Shape", value);
            head
        };
        let query = CacheQuery {
            request: with("circle"),
            ignore_search: false,
            ignore_method: false,
            ignore_vary: false,
        };
        let matches = |kind, exposed: &[&str]| {
            let mut response = ResponseHead { kind, ..ResponseHead::default() };
            response.headers.append("Vary", "x-shape");
            response.cors_exposed_headers = exposed.iter().map(|name| (*name).to_owned()).collect();
            assert!(query.matches(&with("circle"), Some(&response)));
            query.matches(&with("square"), Some(&response))
        };
        assert!(!matches(ResponseType::Basic, &[]));
        assert!(!matches(ResponseType::Default, &[]));
        assert!(matches(ResponseType::Opaque, &[]));
        assert!(matches(ResponseType::Cors, &[]));
        assert!(!matches(ResponseType::Cors, &["vary"]));
    }
}
