//! Names of things that more than one thread talks about.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use url::{Origin, Url};

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

number_id!(
    /// A [service worker registration](https://w3c.github.io/ServiceWorker/#dfn-service-worker-registration).
    /// Unique within a profile, never used twice, kept across restarts.
    RegistrationId
);
number_id!(
    /// A [service worker](https://w3c.github.io/ServiceWorker/#dfn-service-worker): one script of one
    /// registration. Unique within a profile, never used twice.
    WorkerId
);
number_id!(
    /// A [background fetch](https://wicg.github.io/background-fetch/#background-fetch), also after its
    /// developer-chosen id became free again. Unique within a profile, never used twice.
    BackgroundFetchId
);
number_id!(
    /// A stored body within a partition. Never used twice within that partition.
    BodyId
);

impl RegistrationId {
    /// The registration of a background fetch that the embedder started itself: no service worker stands behind
    /// it. It has the number of its background fetch, and as ids of both kinds come from one source, no service
    /// worker registration ever has it.
    #[must_use]
    pub const fn of_native(fetch: BackgroundFetchId) -> Self {
        Self(fetch.0)
    }

    /// Whether this is [`RegistrationId::of_native`] for `fetch`.
    #[must_use]
    pub const fn is_native_of(self, fetch: BackgroundFetchId) -> bool {
        self.0 == fetch.0
    }
}

/// One record of a background fetch, by its position in the list of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RecordId {
    /// The background fetch the record belongs to.
    pub fetch: BackgroundFetchId,
    /// Index in the background fetch's records, from 0.
    pub index: u32,
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.fetch, self.index)
    }
}

/// Identifies an [environment](https://html.spec.whatwg.org/multipage/webappapis.html#environment): a window
/// or worker client. A fresh UUID each time, as `Client.id` shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ClientId(pub uuid::Uuid);

impl ClientId {
    /// A new client id.
    #[must_use]
    pub fn new() -> Self {
        Self(uuid::Uuid::new_v4())
    }
}

impl Default for ClientId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A [storage key](https://storage.spec.whatwg.org/#storage-key): the serialization of a tuple origin.
///
/// Opaque origins have no storage, so they have no key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StorageKey(String);

impl StorageKey {
    /// The storage key of `origin`, or `None` if it is opaque.
    #[must_use]
    pub fn of_origin(origin: &Origin) -> Option<Self> {
        origin.is_tuple().then(|| Self(origin.ascii_serialization()))
    }

    /// The storage key of `url`'s origin, or `None` if that is opaque.
    #[must_use]
    pub fn of_url(url: &Url) -> Option<Self> {
        Self::of_origin(&url.origin())
    }

    /// The origin's ASCII serialization, such as `https://example.com`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Hands out ids that rise by one; seeded from what storage restored so that no id is used twice.
#[derive(Debug)]
pub struct IdSource(AtomicU64);

impl IdSource {
    /// The first id handed out will be `next`.
    #[must_use]
    pub const fn starting_at(next: u64) -> Self {
        Self(AtomicU64::new(next))
    }

    /// The next id.
    pub fn next(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}
