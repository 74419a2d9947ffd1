//! [`Cache`](https://w3c.github.io/ServiceWorker/#cache-interface).

use bgfetch_js::{Fallible, FrozenArray, Promise, Realm, Reflector, Root, platform_object, trace_fields};
use bgfetch_traits::ids::StorageKey;
use bgfetch_traits::storage::{
    CacheEntry, CacheId, CacheMsg, CacheQuery, CacheSelector, PartitionMsg, StorageSender,
};

use super::{ask, batch, query, stored_response};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{CacheMethods, CacheQueryOptions, RequestInfo, RequestInit, ResponseOrUndefined};
use crate::dom::fetch::headers::Guard;
use crate::dom::{Request, Response};
use crate::environment::Environment;

/// `Cache`.
pub(crate) struct Cache {
    reflector: Reflector,
    /// The [request response list](https://w3c.github.io/ServiceWorker/#dfn-request-response-list) that it stands for.
    cache: CacheId,
    partition: StorageKey,
    storage: StorageSender,
}

trace_fields!(Cache {});
platform_object!(Cache);

impl Cache {
    pub(super) fn new(realm: &Realm, cache: CacheId, partition: StorageKey) -> Self {
        let storage = Environment::of(realm).hosts.storage.clone();
        Self { reflector: Reflector::new(), cache, partition, storage }
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        // A cache that was deleted is kept as long as somebody has it.
        self.storage.partition(&self.partition, PartitionMsg::Cache(CacheMsg::Close(self.cache)));
    }
}

/// What was looked for.
enum Wanted {
    /// Everything: the argument was omitted.
    All,
    /// What matches.
    Matching(Box<CacheQuery>),
    /// Nothing can match.
    Nothing,
}

impl Wanted {
    fn new(realm: &Realm, request: Option<RequestInfo>, options: &CacheQueryOptions) -> Fallible<Self> {
        let Some(request) = request else { return Ok(Self::All) };
        Ok(query(realm, request, options)?.map_or(Self::Nothing, |query| Self::Matching(Box::new(query))))
    }

    /// What to ask storage for, if anything.
    fn query(self) -> Option<Option<CacheQuery>> {
        match self {
            Self::All => Some(None),
            Self::Matching(query) => Some(Some(*query)),
            Self::Nothing => None,
        }
    }
}

impl CacheMethods for Cache {
    /// [`match()`](https://w3c.github.io/ServiceWorker/#cache-match)
    fn match_(
        &self,
        realm: &Realm,
        request: RequestInfo,
        options: CacheQueryOptions,
    ) -> Fallible<Promise<ResponseOrUndefined>> {
        let selector = CacheSelector::Id(self.cache);
        let query = query(realm, request, &options)?;
        super::cache_storage::first_match(realm, selector, query)
    }

    /// [`matchAll()`](https://w3c.github.io/ServiceWorker/#cache-matchall)
    fn match_all(
        &self,
        realm: &Realm,
        request: Option<RequestInfo>,
        options: CacheQueryOptions,
    ) -> Fallible<Promise<FrozenArray<Root<Response>>>> {
        let wanted = Wanted::new(realm, request, &options)?;
        let (cache, owner) = (self.cache, realm.clone());
        Agent::current().promise(TaskSource::DomManipulation, realm, async move {
            let Some(query) = wanted.query() else { return Ok(FrozenArray(Vec::new())) };
            let responses = ask(&owner, |reply| CacheMsg::MatchAll { cache, query, reply }).await?;
            let objects: Fallible<Vec<_>> =
                responses.into_iter().map(|response| stored_response(&owner, response)).collect();
            Ok(FrozenArray(objects?))
        })
    }

    /// [`add()`](https://w3c.github.io/ServiceWorker/#cache-add)
    fn add(&self, realm: &Realm, request: RequestInfo) -> Fallible<Promise<()>> {
        self.add_all(realm, vec![request])
    }

    /// [`addAll()`](https://w3c.github.io/ServiceWorker/#cache-addAll)
    fn add_all(&self, realm: &Realm, requests: Vec<RequestInfo>) -> Fallible<Promise<()>> {
        // Step 3.
        for request in &requests {
            if let RequestInfo::Request(request) = request {
                batch::check_request(&request.head())?;
            }
        }
        // Steps 5.1 to 5.4.
        let mut heads = Vec::with_capacity(requests.len());
        let mut abortable = batch::Abortable::default();
        for request in requests {
            let request = Request::from_info(realm, request, RequestInit::default())?;
            let head = request.head();
            batch::check_request(&head)?;
            heads.push(head);
            abortable.follow(request.abort_signal());
        }
        batch::check_duplicates(&heads)?;
        // Steps 5.5 to 8.
        let (cache, owner) = (self.cache, realm.clone());
        Agent::current().promise(TaskSource::DomManipulation, realm, async move {
            let added = async {
                let entries = batch::fetch_all(&owner, heads, &abortable).await?;
                batch::put(&owner, cache, entries).await
            };
            abortable.or_aborted(added).await
        })
    }

    /// [`put()`](https://w3c.github.io/ServiceWorker/#cache-put)
    fn put(&self, realm: &Realm, request: RequestInfo, response: Root<Response>) -> Fallible<Promise<()>> {
        // Steps 1 to 3.
        let request = match request {
            RequestInfo::Request(request) => request.head(),
            url @ RequestInfo::UsvString(_) => Request::from_info(realm, url, RequestInit::default())?.head(),
        };
        // Step 4.
        batch::check_request(&request)?;
        // Steps 5 to 7.
        batch::check_response(&response.head())?;
        // Steps 8 to 11: a body that is disturbed or locked is refused; any other is locked from here on, and goes to
        // storage as it comes. One that is in storage already is shared.
        let response = response.to_fetch_response(realm)?;
        // Steps 12 to 18.
        let (cache, owner) = (self.cache, realm.clone());
        Agent::current().promise(TaskSource::DomManipulation, realm, async move {
            batch::put(&owner, cache, vec![CacheEntry { request, response }]).await
        })
    }

    /// [`delete()`](https://w3c.github.io/ServiceWorker/#cache-delete)
    fn delete(
        &self,
        realm: &Realm,
        request: RequestInfo,
        options: CacheQueryOptions,
    ) -> Fallible<Promise<bool>> {
        let query = query(realm, request, &options)?;
        let (cache, owner) = (self.cache, realm.clone());
        Agent::current().promise(TaskSource::DomManipulation, realm, async move {
            let Some(query) = query else { return Ok(false) };
            ask(&owner, |reply| CacheMsg::Remove { cache, query, reply }).await
        })
    }

    /// [`keys()`](https://w3c.github.io/ServiceWorker/#cache-keys)
    fn keys(
        &self,
        realm: &Realm,
        request: Option<RequestInfo>,
        options: CacheQueryOptions,
    ) -> Fallible<Promise<FrozenArray<Root<Request>>>> {
        let wanted = Wanted::new(realm, request, &options)?;
        let (cache, owner) = (self.cache, realm.clone());
        Agent::current().promise(TaskSource::DomManipulation, realm, async move {
            let Some(query) = wanted.query() else { return Ok(FrozenArray(Vec::new())) };
            let heads = ask(&owner, |reply| CacheMsg::Requests { cache, query, reply }).await?;
            let objects: Fallible<Vec<_>> = heads
                .into_iter()
                .map(|head| Request::create(&owner, head, None, Guard::Immutable, None))
                .collect();
            Ok(FrozenArray(objects?))
        })
    }
}
