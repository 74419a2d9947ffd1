//! The [HTTP cache](https://www.rfc-editor.org/rfc/rfc9111.html): in memory, for the pages' own requests, one part for
//! each network partition.
//!
//! What may be stored, and how long it is fresh, is decided by `http-cache-semantics`; which of that matters is the Fetch
//! Standard's, by cache mode, in [`crate::fetch::network_or_cache`]. Bodies are stored decoded. Background fetches pass
//! it by: what they fetch is stored elsewhere, and may be larger than memory.

mod recording;

use std::collections::HashMap;
use std::time::SystemTime;

use bgfetch_traits::fetch::ResponseHead;
use bgfetch_traits::headers::HeaderList;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_cache_semantics::{BeforeRequest, CacheOptions, CachePolicy};
use url::{Origin, Url};

use crate::http::wire_head::stand_in;

pub(crate) use recording::Recording;

/// A response whose body is longer, in bytes, is not stored.
const LONGEST_BODY: usize = 8 * 1024 * 1024;
/// All bodies together may have so many bytes; those that were not used for longest go first.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// So many responses are stored.
const MOST_ENTRIES: usize = 4096;

/// What a response is found by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CacheKey {
    partition: String,
    /// Without its fragment.
    url: Url,
}

impl CacheKey {
    pub(crate) fn new(partition: String, url: &Url) -> Self {
        let mut url = url.clone();
        url.set_fragment(None);
        Self { partition, url }
    }
}

/// A response that is stored.
#[derive(Clone, Debug)]
struct Entry {
    policy: CachePolicy,
    head: ResponseHead,
    body: Bytes,
    /// When it was used last, as a count of uses.
    used: u64,
}

/// A stored response, for a request.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) head: ResponseHead,
    pub(crate) body: Bytes,
    /// Whether it may be used without asking its server.
    pub(crate) fresh: bool,
}

/// The cache.
#[derive(Debug, Default)]
pub(crate) struct HttpCache {
    entries: HashMap<CacheKey, Vec<Entry>>,
    bytes: usize,
    count: usize,
    uses: u64,
}

impl HttpCache {
    /// [Selects a response](https://www.rfc-editor.org/rfc/rfc9111.html#section-4) for a `GET` with these headers.
    pub(crate) fn select(
        &mut self,
        key: &CacheKey,
        headers: &HeaderList,
        now: SystemTime,
    ) -> Option<Box<Stored>> {
        let request = request_of(&key.url, headers)?;
        self.uses += 1;
        for entry in self.entries.get_mut(key)? {
            let fresh = match entry.policy.before_request(&request, now) {
                BeforeRequest::Fresh(_) => true,
                BeforeRequest::Stale { matches: true, .. } => false,
                BeforeRequest::Stale { matches: false, .. } => continue,
            };
            entry.used = self.uses;
            return Some(Box::new(Stored { head: entry.head.clone(), body: entry.body.clone(), fresh }));
        }
        None
    }

    /// [Stores](https://www.rfc-editor.org/rfc/rfc9111.html#section-3) a response, in place of the one for the same
    /// request.
    fn store(&mut self, key: &CacheKey, entry: Entry, request: &Request<()>, now: SystemTime) {
        self.uses += 1;
        let entry = Entry { used: self.uses, ..entry };
        let entries = self.entries.entry(key.clone()).or_default();
        entries.retain(|known| {
            let same = match known.policy.before_request(request, now) {
                BeforeRequest::Fresh(_) => true,
                BeforeRequest::Stale { matches, .. } => matches,
            };
            if same {
                self.bytes -= known.body.len();
                self.count -= 1;
            }
            !same
        });
        self.bytes += entry.body.len();
        self.count += 1;
        entries.push(entry);
        while self.bytes > MOST_BYTES || self.count > MOST_ENTRIES {
            self.evict();
        }
    }

    /// Removes what was not used for longest.
    fn evict(&mut self) {
        let all =
            self.entries.iter().flat_map(|(key, entries)| entries.iter().map(move |entry| (key, entry.used)));
        let Some((key, used)) = all.min_by_key(|(_, used)| *used).map(|(key, used)| (key.clone(), used))
        else {
            // Nothing is left: the counts say so too.
            (self.bytes, self.count) = (0, 0);
            return;
        };
        self.remove(&key, |entry| entry.used == used);
    }

    fn remove(&mut self, key: &CacheKey, which: impl Fn(&Entry) -> bool) {
        let Some(entries) = self.entries.get_mut(key) else { return };
        entries.retain(|entry| {
            let gone = which(entry);
            if gone {
                self.bytes -= entry.body.len();
                self.count -= 1;
            }
            !gone
        });
        if entries.is_empty() {
            self.entries.remove(key);
        }
    }

    /// [Invalidates](https://www.rfc-editor.org/rfc/rfc9111.html#section-4.4) what is stored of a URL.
    pub(crate) fn invalidate(&mut self, key: &CacheKey) {
        self.remove(key, |_| true);
    }

    /// Forgets what a partition has of a URL's host.
    pub(crate) fn clear_host(&mut self, partition: &str, url: &Url) {
        let of_host = |key: &&CacheKey| key.partition == partition && key.url.host() == url.host();
        let keys: Vec<CacheKey> = self.entries.keys().filter(of_host).cloned().collect();
        keys.iter().for_each(|key| self.invalidate(key));
    }

    /// Forgets what is of an origin, or everything.
    pub(crate) fn clear(&mut self, origin: Option<&Origin>) {
        let of_origin = |key: &&CacheKey| origin.is_none_or(|origin| key.url.origin() == *origin);
        let keys: Vec<CacheKey> = self.entries.keys().filter(of_origin).cloned().collect();
        keys.iter().for_each(|key| self.invalidate(key));
    }
}

/// A request, as the policies take it; `None` for a URL that cannot be one of HTTP.
fn request_of(url: &Url, headers: &HeaderList) -> Option<Request<()>> {
    let mut request = Request::new(());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = url.as_str().parse::<Uri>().ok()?;
    *request.headers_mut() = header_map(headers);
    Some(request)
}

fn response_of(head: &ResponseHead) -> Option<Response<()>> {
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_u16(head.status).ok()?;
    *response.headers_mut() = header_map(&head.headers);
    Some(response)
}

fn header_map(headers: &HeaderList) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in headers.iter() {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(&stand_in(value))) {
            map.append(name, value);
        }
    }
    map
}

/// The policy of a response, if it may be stored.
fn storable(request: &Request<()>, head: &ResponseHead, now: SystemTime) -> Option<CachePolicy> {
    let options = CacheOptions { shared: false, ..CacheOptions::default() };
    let policy = CachePolicy::new_options(request, &response_of(head)?, now, options);
    policy.is_storable().then_some(policy)
}

/// [Freshens a stored response](https://www.rfc-editor.org/rfc/rfc9111.html#section-3.2) with the headers of a 304.
pub(crate) fn freshen(stored: &mut ResponseHead, not_modified: &HeaderList) {
    // Of the body as it is stored, and of the connection.
    let kept = [
        "content-length",
        "content-encoding",
        "content-range",
        "content-type",
        "transfer-encoding",
        "connection",
    ];
    let changed = |name: &str| !kept.iter().any(|kept| name.eq_ignore_ascii_case(kept));
    for (name, _) in not_modified.iter().filter(|(name, _)| changed(name)) {
        stored.headers.delete(name);
    }
    for (name, value) in not_modified.iter().filter(|(name, _)| changed(name)) {
        stored.headers.append(name, value);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn key(url: &str) -> CacheKey {
        CacheKey::new("https://a.test".into(), &url.parse().unwrap())
    }

    fn headers(pairs: &[(&str, &str)]) -> HeaderList {
        pairs.iter().copied().collect()
    }

    fn store(
        cache: &mut HttpCache,
        url: &str,
        request: &[(&str, &str)],
        response: &[(&str, &str)],
        body: &str,
    ) {
        let head = ResponseHead { headers: headers(response), ..ResponseHead::default() };
        let key = key(url);
        let request = request_of(&key.url, &headers(request)).unwrap();
        if let Some(policy) = storable(&request, &head, SystemTime::now()) {
            let entry = Entry { policy, head, body: body.to_owned().into(), used: 0 };
            cache.store(&key, entry, &request, SystemTime::now());
        }
    }

    fn found(cache: &mut HttpCache, url: &str, request: &[(&str, &str)]) -> Option<(String, bool)> {
        let later = SystemTime::now() + Duration::from_secs(60);
        let stored = cache.select(&key(url), &headers(request), later)?;
        Some((String::from_utf8(stored.body.to_vec()).unwrap(), stored.fresh))
    }

    #[test]
    fn fresh_and_stale() {
        let mut cache = HttpCache::default();
        store(&mut cache, "https://a.test/#x", &[], &[("Cache-Control", "max-age=600")], "fresh");
        store(&mut cache, "https://a.test/stale", &[], &[("Cache-Control", "max-age=6")], "stale");
        store(&mut cache, "https://a.test/no", &[], &[("Cache-Control", "no-store")], "no");
        assert_eq!(found(&mut cache, "https://a.test/", &[]), Some(("fresh".into(), true)));
        assert_eq!(found(&mut cache, "https://a.test/stale", &[]), Some(("stale".into(), false)));
        assert_eq!(found(&mut cache, "https://a.test/no", &[]), None);
        cache.clear(Some(&Url::parse("https://b.test/").unwrap().origin()));
        assert_eq!(cache.count, 2);
        cache.clear(None);
        assert_eq!((cache.bytes, cache.count), (0, 0));
    }

    #[test]
    fn requests_that_vary_have_responses_of_their_own() {
        let mut cache = HttpCache::default();
        let response = [("Cache-Control", "max-age=600"), ("Vary", "Cookie")];
        for user in ["a", "b", "a"] {
            store(&mut cache, "https://a.test/", &[("Cookie", user)], &response, user);
        }
        assert_eq!(cache.count, 2);
        assert_eq!(found(&mut cache, "https://a.test/", &[("Cookie", "b")]), Some(("b".into(), true)));
        assert_eq!(found(&mut cache, "https://a.test/", &[]), None);
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut cache = HttpCache::default();
        let body = "x".repeat(LONGEST_BODY);
        for number in 0..=MOST_BYTES / LONGEST_BODY {
            let url = format!("https://a.test/{number}");
            store(&mut cache, &url, &[], &[("Cache-Control", "max-age=600")], &body);
            assert!(found(&mut cache, "https://a.test/0", &[]).is_some());
        }
        assert!(found(&mut cache, "https://a.test/1", &[]).is_none());
        assert!(cache.bytes <= MOST_BYTES);
    }

    #[test]
    fn a_304_freshens_all_but_what_describes_the_body() {
        let mut head = ResponseHead {
            headers: headers(&[("ETag", "1"), ("Content-Length", "5"), ("X-Kept", "1")]),
            ..ResponseHead::default()
        };
        freshen(
            &mut head,
            &headers(&[("etag", "2"), ("content-length", "0"), ("X-New", "1"), ("X-New", "2")]),
        );
        assert_eq!(head.headers.get_str("etag").as_deref(), Some("2"));
        assert_eq!(head.headers.get_str("content-length").as_deref(), Some("5"));
        assert_eq!(head.headers.get_str("x-new").as_deref(), Some("1, 2"));
        assert!(head.headers.contains("x-kept"));
    }
}
