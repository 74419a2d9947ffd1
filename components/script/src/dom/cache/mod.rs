//! Interfaces: cache.

pub(crate) mod cache;
pub(crate) mod cache_storage;

pub(crate) use cache::Cache;
pub(crate) use cache_storage::CacheStorage;
