//! Interfaces: cache.

mod batch;
#[expect(clippy::module_inception, reason = "one file for each interface, in a folder for its specification")]
pub(crate) mod cache;
pub(crate) mod cache_storage;
pub(crate) mod names;

use bgfetch_js::{Exception, Fallible, Realm, Root};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::Response as NetResponse;
use bgfetch_traits::ids::StorageKey;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::{CacheMsg, CacheQuery, PartitionMsg, StorageError};
use http::Method;

use crate::agent::Agent;
use crate::bindings::{CacheQueryOptions, RequestInfo, RequestInit};
use crate::dom::service_worker::asking::{environment_of, gone};
use crate::dom::{Request, Response};

pub(crate) use cache::Cache;
pub(crate) use cache_storage::CacheStorage;

/// The partition whose caches an environment has.
///
/// # Errors
/// `SecurityError` for opaque origins, which have no storage.
fn partition(realm: &Realm) -> Fallible<StorageKey> {
    let key = environment_of(realm)?.storage_key();
    key.ok_or_else(|| Exception::dom("SecurityError", "a document of an opaque origin has no caches"))
}

/// Asks storage something about the caches of an environment.
async fn ask<T: Send + 'static>(
    realm: &Realm,
    message: impl FnOnce(Reply<Result<T, StorageError>>) -> CacheMsg,
) -> Fallible<T> {
    let key = partition(realm)?;
    let storage = environment_of(realm)?.hosts.storage.clone();
    let answer = Agent::current().ask(|reply| storage.partition(&key, PartitionMsg::Cache(message(reply))));
    answer.await.map_err(gone)?.map_err(|error| storage_exception(&error))
}

/// What a page gets when storage could not do what it was asked.
pub(crate) fn storage_exception(error: &StorageError) -> Exception {
    let message = error.to_string();
    match error {
        StorageError::QuotaExceeded { quota, requested, .. } => {
            #[expect(clippy::cast_precision_loss, reason = "a page gets doubles")]
            let (quota, requested) = (*quota as f64, *requested as f64);
            Exception::quota_exceeded(message, Some(quota), Some(requested))
        }
        StorageError::DiskFull { .. } => Exception::quota_exceeded("no space left on the disk", None, None),
        StorageError::Body(BodyError::Aborted) => Exception::dom("AbortError", message),
        StorageError::Body(_) => Exception::type_error(message),
        // Where it is stored is none of a page's business.
        StorageError::NotFound(_) | StorageError::Io { .. } => {
            tracing::warn!(%error, "storage failed");
            Exception::dom("UnknownError", "the browser's storage failed")
        }
    }
}

/// The request that `match()` and the like look for; `None` if its method says that nothing can match.
fn query(realm: &Realm, request: RequestInfo, options: &CacheQueryOptions) -> Fallible<Option<CacheQuery>> {
    let request = match request {
        RequestInfo::Request(request) => {
            let head = request.head();
            if head.method != Method::GET && !options.ignore_method {
                return Ok(None);
            }
            head
        }
        url @ RequestInfo::UsvString(_) => Request::from_info(realm, url, RequestInit::default())?.head(),
    };
    Ok(Some(CacheQuery {
        request,
        ignore_search: options.ignore_search,
        ignore_method: options.ignore_method,
        ignore_vary: options.ignore_vary,
    }))
}

/// A stored response as an object. Its body is not read yet, and knows where it is stored.
///
/// The [cross-origin resource policy check](https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check) was made
/// when an opaque response was fetched, by the same origin; it comes out different only under cross-origin isolation,
/// which there is not here.
fn stored_response(realm: &Realm, response: NetResponse) -> Fallible<Root<Response>> {
    Response::create(realm, response)
}
