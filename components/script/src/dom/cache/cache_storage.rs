//! [`CacheStorage`](https://w3c.github.io/ServiceWorker/#cachestorage-interface).

use bgfetch_js::{DomString, Fallible, Promise, Realm, Reflector, Root, platform_object, trace_fields};
use bgfetch_traits::storage::{CacheMsg, CacheQuery, CacheSelector};

use super::{ask, names, partition, query, stored_response};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{CacheStorageMethods, MultiCacheQueryOptions, RequestInfo, ResponseOrUndefined};
use crate::dom::Cache;

/// `CacheStorage`: the [name to cache map](https://w3c.github.io/ServiceWorker/#dfn-name-to-cache-map) is in storage.
pub(crate) struct CacheStorage {
    reflector: Reflector,
}

trace_fields!(CacheStorage {});
platform_object!(CacheStorage);

impl CacheStorage {
    pub(crate) const fn new() -> Self {
        Self { reflector: Reflector::new() }
    }
}

/// The first response that matches, wherever `selector` says; without a query nothing does.
pub(super) fn first_match(
    realm: &Realm,
    cache: CacheSelector,
    query: Option<CacheQuery>,
) -> Fallible<Promise<ResponseOrUndefined>> {
    let owner = realm.clone();
    Agent::current().promise(TaskSource::DomManipulation, realm, async move {
        let Some(query) = query else { return Ok(ResponseOrUndefined::Undefined(())) };
        let response = ask(&owner, |reply| CacheMsg::Match { cache, query, reply }).await?;
        Ok(match response {
            Some(response) => ResponseOrUndefined::Response(stored_response(&owner, response)?),
            None => ResponseOrUndefined::Undefined(()),
        })
    })
}

impl CacheStorageMethods for CacheStorage {
    /// [`match()`](https://w3c.github.io/ServiceWorker/#cache-storage-match)
    fn match_(
        &self,
        realm: &Realm,
        request: RequestInfo,
        options: MultiCacheQueryOptions,
    ) -> Fallible<Promise<ResponseOrUndefined>> {
        let query = query(realm, request, &options.parent)?;
        let cache = match &options.cache_name {
            // Step 1.
            Some(name) => CacheSelector::Name(names::to_text(name)),
            // Step 2.
            None => CacheSelector::All,
        };
        first_match(realm, cache, query)
    }

    /// [`has()`](https://w3c.github.io/ServiceWorker/#cache-storage-has)
    fn has(&self, realm: &Realm, cache_name: DomString) -> Fallible<Promise<bool>> {
        let (name, owner) = (names::to_text(&cache_name), realm.clone());
        Agent::current().promise(TaskSource::DomManipulation, realm, async move {
            ask(&owner, |reply| CacheMsg::Has(name, reply)).await
        })
    }

    /// [`open()`](https://w3c.github.io/ServiceWorker/#cache-storage-open)
    fn open(&self, realm: &Realm, cache_name: DomString) -> Fallible<Promise<Root<Cache>>> {
        let (name, owner) = (names::to_text(&cache_name), realm.clone());
        let partition = partition(realm)?;
        Agent::current().promise(TaskSource::DomManipulation, realm, async move {
            let cache = ask(&owner, |reply| CacheMsg::Open(name, reply)).await?;
            owner.wrap(Cache::new(&owner, cache, partition))
        })
    }

    /// [`delete()`](https://w3c.github.io/ServiceWorker/#cache-storage-delete)
    fn delete(&self, realm: &Realm, cache_name: DomString) -> Fallible<Promise<bool>> {
        let (name, owner) = (names::to_text(&cache_name), realm.clone());
        Agent::current().promise(TaskSource::DomManipulation, realm, async move {
            ask(&owner, |reply| CacheMsg::Delete(name, reply)).await
        })
    }

    /// [`keys()`](https://w3c.github.io/ServiceWorker/#cache-storage-keys)
    fn keys(&self, realm: &Realm) -> Fallible<Promise<Vec<DomString>>> {
        let owner = realm.clone();
        Agent::current().promise(TaskSource::DomManipulation, realm, async move {
            let names = ask(&owner, CacheMsg::Keys).await?;
            Ok(names.iter().map(|name| names::from_text(name)).collect())
        })
    }
}
