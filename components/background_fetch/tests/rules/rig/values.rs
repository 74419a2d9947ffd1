//! Requests, answers and errors.

use bgfetch_traits::background_fetch::{BackgroundFetchOptions, NewRecord};
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, RequestBody, RequestHead, ResponseHead};
use bgfetch_traits::ids::StorageKey;
use bgfetch_traits::storage::StorageError;
use url::Url;

pub(crate) fn page() -> Url {
    "https://a.test/page".parse().expect("a URL")
}

pub(crate) fn partition() -> StorageKey {
    StorageKey::of_url(&page()).expect("not opaque")
}

pub(crate) fn get(path: &str) -> NewRecord {
    NewRecord { request: RequestHead::get(page().join(path).expect("a URL")), body: None }
}

pub(crate) fn post(path: &str, body: &'static str) -> NewRecord {
    let request = RequestHead { method: http::Method::POST, ..get(path).request };
    NewRecord { request, body: Some(RequestBody::Bytes(body.into())) }
}

pub(crate) fn total(download_total: u64) -> BackgroundFetchOptions {
    BackgroundFetchOptions { download_total, ..BackgroundFetchOptions::default() }
}

pub(crate) fn head(status: u16, headers: &[(&str, &str)]) -> ResponseHead {
    let headers = headers.iter().map(|&(name, value)| (name, value)).collect();
    ResponseHead { status, headers, ..ResponseHead::default() }
}

pub(crate) fn network_error(kind: NetworkErrorKind) -> NetworkError {
    NetworkError::new(kind, "as the test says")
}

pub(crate) fn quota_exceeded() -> StorageError {
    StorageError::QuotaExceeded { quota: 100, usage: 90, requested: 20 }
}

/// Those that are not empty, or a dash.
pub(super) fn words(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().filter(|word| !word.is_empty()).copied().collect();
    if words.is_empty() { "-".to_owned() } else { words.join(" ") }
}
