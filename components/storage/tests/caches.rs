//! The Cache API's store.

use bgfetch_traits::body::{BodyError, BodyReader, pipe};
use bgfetch_traits::fetch::{Response, ResponseHead};
use bgfetch_traits::headers::HeaderList;
use bgfetch_traits::storage::{
    BodyOwner, CacheEntry, CacheMsg, CacheQuery, CacheSelector, PartitionMsg, StorageError,
};
use bytes::Bytes;

use crate::common::{Storage, entry, get, pattern, query, read_all};

fn urls(storage: &Storage, cache: bgfetch_traits::storage::CacheId) -> Vec<String> {
    let requests =
        storage.ask(|reply| PartitionMsg::Cache(CacheMsg::Requests { cache, query: None, reply })).unwrap();
    requests.into_iter().map(|request| request.url.to_string()).collect()
}

fn text(response: Option<Response>) -> Option<String> {
    response.map(|response| String::from_utf8(read_all(response.body.unwrap())).unwrap())
}

fn body(text: &str) -> Option<BodyReader> {
    Some(BodyReader::from_bytes(text.to_owned()))
}

#[test]
fn caches_have_names_in_order_of_creation_also_after_a_restart() {
    let profile = tempfile::tempdir().unwrap();
    let mut storage = Storage::open(profile.path());
    for name in ["z", "a", "", "z", "m"] {
        storage.open_cache(name);
    }
    for _ in 0..2 {
        assert_eq!(
            storage.ask(|reply| PartitionMsg::Cache(CacheMsg::Keys(reply))).unwrap(),
            ["z", "a", "", "m"]
        );
        let has =
            |name: &str| storage.ask(|reply| PartitionMsg::Cache(CacheMsg::Has(name.into(), reply))).unwrap();
        assert!(has("") && has("m") && !has("M"));
        storage.shut_down();
        storage = Storage::open(profile.path());
    }
}

#[test]
fn entries_are_matched_replaced_and_removed_in_order() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let cache = storage.open_cache("v1");
    let (a, b) = ("https://example.com/a?x", "https://example.com/b");
    storage.put(cache, vec![entry(a, body("first")), entry(b, None)]).unwrap();
    storage.put(cache, vec![entry("https://example.com/a?x#fragment", body("second"))]).unwrap();
    assert_eq!(urls(&storage, cache), [b, "https://example.com/a?x#fragment"]);
    assert_eq!(text(storage.matching(cache, a)).as_deref(), Some("second"));
    assert!(storage.matching(cache, b).unwrap().body.is_none());
    assert!(storage.matching(cache, "https://example.com/a").is_none());
    let ignore_search = CacheQuery { ignore_search: true, ..query("https://example.com/a?other") };
    let found = storage
        .ask(|reply| PartitionMsg::Cache(CacheMsg::MatchAll { cache, query: Some(ignore_search), reply }));
    assert_eq!(found.unwrap().len(), 1);
    let remove = |url: &str| {
        let query = query(url);
        storage.ask(|reply| PartitionMsg::Cache(CacheMsg::Remove { cache, query, reply })).unwrap()
    };
    assert!(remove(a) && !remove(a));
    assert_eq!(urls(&storage, cache), [b]);
    assert!(remove(b));
    assert_eq!(storage.settled_usage(), 0);
}

#[test]
fn vary_keeps_variants_apart() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let cache = storage.open_cache("v1");
    let variant = |language: &str| {
        let mut request = get("https://example.com/");
        request.headers = HeaderList::from_iter([("Accept-Language", language)]);
        request
    };
    for language in ["de", "en", "de"] {
        let head = ResponseHead {
            headers: HeaderList::from_iter([("Vary", "accept-language")]),
            ..Default::default()
        };
        let response = Response::new(head, body(language));
        storage.put(cache, vec![CacheEntry { request: variant(language), response }]).unwrap();
    }
    assert_eq!(urls(&storage, cache).len(), 2);
    for (language, expected) in [("de", Some("de")), ("en", Some("en")), ("fr", None)] {
        let query = CacheQuery { request: variant(language), ..query("https://example.com/") };
        let cache = CacheSelector::Name("v1".into());
        let found =
            storage.ask(|reply| PartitionMsg::Cache(CacheMsg::Match { cache, query, reply })).unwrap();
        assert_eq!(text(found).as_deref(), expected);
    }
}

#[test]
fn a_deleted_cache_serves_those_who_hold_it_and_goes_with_them() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let url = "https://example.com/";
    let old = storage.open_cache("v1");
    storage.put(old, vec![entry(url, body("old"))]).unwrap();
    let delete = || storage.ask(|reply| PartitionMsg::Cache(CacheMsg::Delete("v1".into(), reply))).unwrap();
    assert!(delete() && !delete());
    let new = storage.open_cache("v1");
    assert_ne!(old, new);
    assert!(storage.matching(new, url).is_none());
    storage.put(new, vec![entry(url, body("new"))]).unwrap();
    assert_eq!(text(storage.matching(old, url)).as_deref(), Some("old"));
    let all = |url| {
        let (cache, query) = (CacheSelector::All, query(url));
        storage.ask(|reply| PartitionMsg::Cache(CacheMsg::Match { cache, query, reply })).unwrap()
    };
    assert_eq!(text(all(url)).as_deref(), Some("new"));
    let both = storage.settled_usage();
    storage.sender.partition(&storage.key, PartitionMsg::Cache(CacheMsg::Close(old)));
    assert!(storage.settled_usage() < both);
    let gone = storage.put(old, vec![entry(url, None)]);
    assert!(matches!(gone, Err(StorageError::NotFound(_))));
    // Held until the end: gone at the next start.
    assert!(delete());
    storage.shut_down();
    let storage = Storage::open(profile.path());
    storage.restore();
    assert_eq!(storage.estimate().usage, 0);
}

#[test]
fn a_put_is_all_or_nothing() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let cache = storage.open_cache("v1");
    let (mut writer, reader) = pipe(1000);
    let entries = vec![
        entry("https://example.com/1", Some(BodyReader::from_bytes(pattern(1, 100_000)))),
        entry("https://example.com/2", Some(reader)),
        entry("https://example.com/3", body("short")),
    ];
    let answer = storage.ask_later(|reply| PartitionMsg::Cache(CacheMsg::Put { cache, entries, reply }));
    writer.write_blocking(Bytes::from_static(b"half")).unwrap();
    writer.finish(Err(BodyError::Aborted));
    assert_eq!(crate::common::wait(&answer), Err(StorageError::Body(BodyError::Aborted)));
    assert_eq!(urls(&storage, cache), [""; 0]);
    assert_eq!(storage.settled_usage(), 0);
}

#[test]
fn many_responses_of_any_size_come_back_in_order_and_only_when_they_are_read() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let cache = storage.open_cache("v1");
    let size = |index: u64| usize::try_from(index * 997).unwrap();
    let entries = (0..200_u64)
        .map(|index| {
            let body = BodyReader::from_bytes(pattern(index, size(index)));
            entry(&format!("https://example.com/{index}"), Some(body))
        })
        .collect();
    storage.put(cache, entries).unwrap();
    let responses = storage.match_all(cache);
    assert_eq!(responses.len(), 200);
    for (index, response) in (0..).zip(responses) {
        assert_eq!(read_all(response.body.unwrap()), pattern(index, size(index)));
    }
}

/// `cache.put(request, await cache.match(request))` once removed the entry, and with it the body, before it put it
/// back.
#[test]
fn an_entry_can_be_replaced_by_itself() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let cache = storage.open_cache("v1");
    let url = "https://example.com/";
    for size in [100, 100_000] {
        storage.put(cache, vec![entry(url, Some(BodyReader::from_bytes(pattern(1, size))))]).unwrap();
        let before = storage.settled_usage();
        let response = storage.matching(cache, url).unwrap();
        storage.put(cache, vec![CacheEntry { request: get(url), response }]).unwrap();
        assert_eq!(read_all(storage.matching(cache, url).unwrap().body.unwrap()), pattern(1, size));
        assert_eq!(storage.settled_usage(), before);
    }
}

#[test]
fn a_body_of_a_background_fetch_moves_into_a_cache_and_is_counted_once() {
    let profile = tempfile::tempdir().unwrap();
    let mut storage = Storage::open(profile.path());
    for (fetch, size) in [(1, 1_000_u64), (2, 1_000_000)] {
        let owner = crate::common::response_of(fetch, 0);
        let body = storage.create(owner);
        let bytes = pattern(fetch, usize::try_from(size).unwrap());
        storage.append(body, 0, bytes.clone());
        storage.seal(body).unwrap();
        storage.save(crate::common::fetch(fetch, &storage.key, &[Some(body)])).unwrap();
        let before = storage.settled_usage();
        let cache = storage.open_cache("shared");
        for url in ["https://example.com/1", "https://example.com/2"] {
            let reader = storage.open_body(body, 0, true).unwrap();
            storage.put(cache, vec![entry(url, Some(reader))]).unwrap();
        }
        let both = storage.settled_usage();
        assert!(both - before < 2_000, "{before} and then {both}: a body was counted twice");
        storage.delete(fetch).unwrap();
        assert!(storage.settled_usage() >= size);
        storage.shut_down();
        storage = Storage::open(profile.path());
        storage.restore();
        assert!((size..size + 2_000).contains(&storage.estimate().usage));
        let cache = storage.open_cache("shared");
        for response in storage.match_all(cache) {
            assert_eq!(read_all(response.body.unwrap()), bytes);
        }
        storage.sender.partition(&storage.key, PartitionMsg::Cache(CacheMsg::Close(cache)));
        storage.ask(|reply| PartitionMsg::Cache(CacheMsg::Delete("shared".into(), reply))).unwrap();
        assert_eq!(storage.settled_usage(), 0);
    }
}

#[test]
fn a_body_that_was_begun_to_be_read_is_copied() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let body = storage.create(BodyOwner::Pending);
    storage.append(body, 0, pattern(1, 500_000));
    storage.seal(body).unwrap();
    let mut reader = storage.open_body(body, 0, false).unwrap();
    let first = reader.read_blocking().unwrap().unwrap();
    let cache = storage.open_cache("v1");
    let url = "https://example.com/";
    storage.put(cache, vec![entry(url, Some(reader))]).unwrap();
    let rest = read_all(storage.matching(cache, url).unwrap().body.unwrap());
    assert_eq!(rest, &pattern(1, 500_000)[first.len()..]);
}

/// A router's rule looked for what an earlier `cache.put()`, which nobody awaited, had not stored yet.
#[test]
fn what_was_put_is_found_by_whoever_asks_later() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let cache = storage.open_cache("v1");
    let url = "https://example.com/";
    for (seed, size) in (0..).zip([0, 10, 1_000, 100_000, 3_000_000, 10, 1_000_000, 1]) {
        let put = |seed| {
            let entries = vec![entry(url, Some(BodyReader::from_bytes(pattern(seed, size))))];
            storage.ask_later(|reply| PartitionMsg::Cache(CacheMsg::Put { cache, entries, reply }))
        };
        let puts = [put(1000), put(seed)];
        let response = storage.matching(cache, url).unwrap();
        assert_eq!(urls(&storage, cache), [url]);
        assert_eq!(read_all(response.body.unwrap()), pattern(seed, size));
        puts.iter().for_each(|put| crate::common::wait(put).unwrap());
        // What is shared, not stored, too.
        let response = storage.matching(cache, url).unwrap();
        let copy = "https://example.com/copy";
        let entries = vec![CacheEntry { request: get(copy), response }];
        let put = storage.ask_later(|reply| PartitionMsg::Cache(CacheMsg::Put { cache, entries, reply }));
        assert_eq!(read_all(storage.matching(cache, copy).unwrap().body.unwrap()), pattern(seed, size));
        crate::common::wait(&put).unwrap();
        for url in [url, copy] {
            let query = query(url);
            assert!(
                storage.ask(|reply| PartitionMsg::Cache(CacheMsg::Remove { cache, query, reply })).unwrap()
            );
        }
    }
}

#[test]
fn nobody_waits_for_a_put_whose_body_is_still_to_come() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let cache = storage.open_cache("v1");
    let (slow, url) = ("https://example.com/slow", "https://example.com/");
    let (mut writer, reader) = pipe(1000);
    let entries = vec![entry(slow, Some(reader)), entry(url, body("all at once"))];
    let put = storage.ask_later(|reply| PartitionMsg::Cache(CacheMsg::Put { cache, entries, reply }));
    writer.write_blocking(Bytes::from_static(b"begun")).unwrap();
    assert!(storage.matching(cache, url).is_none());
    storage.put(cache, vec![entry(url, body("put meanwhile"))]).unwrap();
    assert_eq!(text(storage.matching(cache, url)).as_deref(), Some("put meanwhile"));
    writer.finish(Ok(()));
    assert_eq!(text(storage.matching(cache, url)).as_deref(), Some("all at once"));
    assert_eq!(text(storage.matching(cache, slow)).as_deref(), Some("begun"));
    assert_eq!(crate::common::wait(&put), Ok(()));
}

/// Whoever waits for a put to be stored is answered also when that is not to be.
#[test]
fn who_waits_behind_a_put_is_answered_when_the_partition_is_cleared() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let url = "https://example.com/";
    for _ in 0..10 {
        let cache = storage.open_cache("v1");
        let entries = vec![entry(url, Some(BodyReader::from_bytes(pattern(1, 5_000_000))))];
        let put = storage.ask_later(|reply| PartitionMsg::Cache(CacheMsg::Put { cache, entries, reply }));
        let query = query(url);
        let cache = CacheSelector::Id(cache);
        let found = storage.ask_later(|reply| PartitionMsg::Cache(CacheMsg::Match { cache, query, reply }));
        storage.clear();
        let (stored, found) = (crate::common::wait(&put), crate::common::wait(&found));
        assert_eq!(stored.is_ok(), found.is_ok_and(|found| found.is_some()));
    }
}
