//! The [CORS-preflight cache](https://fetch.spec.whatwg.org/#cors-preflight-cache).

use std::time::Duration;

use bgfetch_traits::fetch::CredentialsMode;
use http::Method;
use url::{Origin, Url};

use super::cors::is_cors_non_wildcard_request_header_name;
use super::request::FetchRequest;

/// The imposed limit on [max-age](https://fetch.spec.whatwg.org/#concept-cache-max-age).
pub(crate) const LONGEST_MAX_AGE: Duration = Duration::from_secs(2 * 60 * 60);
/// How many entries are kept; the oldest go first.
const MOST_ENTRIES: usize = 4096;

/// The cache.
#[derive(Debug, Default)]
pub(crate) struct PreflightCache {
    entries: Vec<Entry>,
}

/// A [cache entry](https://fetch.spec.whatwg.org/#cache-entry).
#[derive(Debug)]
struct Entry {
    key: Key,
    expires: Duration,
    credentials: bool,
    allows: Allows,
}

/// What entries are matched by: network partition key, serialized origin, URL.
#[derive(Debug, PartialEq, Eq)]
struct Key {
    partition: String,
    origin: String,
    url: Url,
}

impl Key {
    fn of(request: &FetchRequest) -> Self {
        let mut url = request.current_url().clone();
        url.set_fragment(None);
        Self { partition: request.partition(), origin: request.serialize_origin(), url }
    }
}

/// What an entry allows; `*` is everything of its kind.
#[derive(Debug, PartialEq, Eq)]
enum Allows {
    Method(String),
    /// Lower-cased.
    HeaderName(String),
}

impl PreflightCache {
    /// Whether an entry matches at the time `now`.
    fn find(&self, request: &FetchRequest, now: Duration, allows: impl Fn(&Allows) -> bool) -> bool {
        let key = Key::of(request);
        self.entries.iter().any(|entry| entry.matches(&key, request, now) && allows(&entry.allows))
    }

    /// [Method cache entry match](https://fetch.spec.whatwg.org/#concept-cache-match-method).
    pub(crate) fn method_matches(&self, request: &FetchRequest, method: &Method, now: Duration) -> bool {
        self.find(
            request,
            now,
            |allows| matches!(allows, Allows::Method(m) if m == method.as_str() || m == "*"),
        )
    }

    /// [Header-name cache entry match](https://fetch.spec.whatwg.org/#concept-cache-match-header).
    pub(crate) fn header_name_matches(&self, request: &FetchRequest, name: &str, now: Duration) -> bool {
        self.find(request, now, |allows| match allows {
            Allows::HeaderName(allowed) if allowed == "*" => !is_cors_non_wildcard_request_header_name(name),
            Allows::HeaderName(allowed) => allowed.eq_ignore_ascii_case(name),
            Allows::Method(_) => false,
        })
    }

    /// Steps 7.9 to 7.12 of the [CORS-preflight fetch](https://fetch.spec.whatwg.org/#cors-preflight-fetch-0): what a
    /// preflight allowed holds for `max_age` from `now` on.
    pub(crate) fn store(
        &mut self,
        request: &FetchRequest,
        (methods, header_names): (&[String], &[String]),
        now: Duration,
        max_age: Duration,
    ) {
        self.entries.retain(|entry| entry.expires > now);
        let allowed = methods
            .iter()
            .map(|method| Allows::Method(method.clone()))
            .chain(header_names.iter().map(|name| Allows::HeaderName(name.to_ascii_lowercase())));
        let expires = now.saturating_add(max_age.min(LONGEST_MAX_AGE));
        let credentials = request.head.credentials == CredentialsMode::Include;
        let key = Key::of(request);
        for allows in allowed {
            let known = self.entries.iter_mut().find(|e| e.matches(&key, request, now) && e.allows == allows);
            match known {
                Some(entry) => entry.expires = expires,
                None => self.entries.push(Entry { key: Key::of(request), expires, credentials, allows }),
            }
        }
        let surplus = self.entries.len().saturating_sub(MOST_ENTRIES);
        self.entries.drain(..surplus);
    }

    /// [Clear cache entries](https://fetch.spec.whatwg.org/#concept-cache-clear).
    pub(crate) fn clear_for(&mut self, request: &FetchRequest) {
        let key = Key::of(request);
        self.entries.retain(|entry| entry.key != key);
    }

    /// Forgets what concerns an origin, as client or as server, or everything.
    pub(crate) fn clear(&mut self, origin: Option<&Origin>) {
        match origin {
            None => self.entries.clear(),
            Some(origin) => {
                let serialized = origin.ascii_serialization();
                self.entries.retain(|e| e.key.origin != serialized && e.key.url.origin() != *origin);
            }
        }
    }
}

impl Entry {
    /// [Cache entry match](https://fetch.spec.whatwg.org/#concept-cache-match).
    fn matches(&self, key: &Key, request: &FetchRequest, now: Duration) -> bool {
        self.expires > now
            && self.key == *key
            && (self.credentials || request.head.credentials != CredentialsMode::Include)
    }
}

#[cfg(test)]
mod tests {
    use super::super::request::tests::request;
    use super::*;

    const T0: Duration = Duration::from_secs(1000);
    const MINUTE: Duration = Duration::from_secs(60);

    fn strings(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|t| (*t).to_owned()).collect()
    }

    #[test]
    fn what_was_allowed_is_remembered_until_it_expires() {
        let request = request("https://a.test/", &["https://b.test/x"]);
        let mut cache = PreflightCache::default();
        cache.store(&request, (&strings(&["PUT"]), &strings(&["X-Mine"])), T0, MINUTE);
        let almost = T0 + MINUTE - Duration::from_millis(1);
        assert!(cache.method_matches(&request, &Method::PUT, almost));
        assert!(cache.header_name_matches(&request, "x-mine", almost));
        assert!(!cache.method_matches(&request, &Method::DELETE, almost));
        assert!(!cache.header_name_matches(&request, "x-other", almost));
        assert!(!cache.method_matches(&request, &Method::PUT, T0 + MINUTE));
    }

    #[test]
    fn a_star_covers_all_but_authorization() {
        let request = request("https://a.test/", &["https://b.test/x"]);
        let mut cache = PreflightCache::default();
        cache.store(&request, (&strings(&["*"]), &strings(&["*"])), T0, MINUTE);
        assert!(cache.method_matches(&request, &Method::DELETE, T0));
        assert!(cache.header_name_matches(&request, "x-any", T0));
        assert!(!cache.header_name_matches(&request, "Authorization", T0));
    }

    #[test]
    fn entries_belong_to_url_origin_partition_and_credentials() {
        let mut with = request("https://a.test/", &["https://b.test/x"]);
        let mut cache = PreflightCache::default();
        cache.store(&with, (&strings(&["PUT"]), &[]), T0, MINUTE);
        with.head.credentials = CredentialsMode::Include;
        assert!(!cache.method_matches(&with, &Method::PUT, T0));
        for (client, target) in
            [("https://a.test/", "https://b.test/y"), ("https://c.test/", "https://b.test/x")]
        {
            assert!(
                !cache.method_matches(&request(client, &[target]), &Method::PUT, T0),
                "{client} {target}"
            );
        }
        let mut elsewhere = request("https://a.test/", &["https://b.test/x"]);
        elsewhere.client.top_level_origin = Url::parse("https://c.test/").unwrap().origin();
        assert!(!cache.method_matches(&elsewhere, &Method::PUT, T0));
        cache.store(&with, (&strings(&["PUT"]), &[]), T0, MINUTE);
        with.head.credentials = CredentialsMode::Omit;
        assert!(cache.method_matches(&with, &Method::PUT, T0));
    }

    #[test]
    fn max_age_is_limited_and_renewed() {
        let request = request("https://a.test/", &["https://b.test/x"]);
        let mut cache = PreflightCache::default();
        cache.store(&request, (&strings(&["PUT"]), &[]), T0, Duration::from_secs(u64::MAX));
        assert!(!cache.method_matches(&request, &Method::PUT, T0 + LONGEST_MAX_AGE));
        cache.store(&request, (&strings(&["PUT"]), &[]), T0, MINUTE);
        assert!(!cache.method_matches(&request, &Method::PUT, T0 + MINUTE));
        assert_eq!(cache.entries.len(), 1);
        cache.clear_for(&request);
        assert!(cache.entries.is_empty());
    }

    #[test]
    fn clear_forgets_an_origin_on_either_side() {
        let mut cache = PreflightCache::default();
        for (client, target) in [
            ("https://a.test/", "https://b.test/"),
            ("https://b.test/", "https://c.test/"),
            ("https://a.test/", "https://c.test/"),
        ] {
            cache.store(&request(client, &[target]), (&strings(&["PUT"]), &[]), T0, MINUTE);
        }
        cache.clear(Some(&Url::parse("https://b.test/").unwrap().origin()));
        assert_eq!(cache.entries.len(), 1);
    }
}
