//! The Cache API: what may be stored, and what storage is asked.

use bgfetch_traits::body::{BodyError, BodyReader};
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, RequestHead, ResponseType};
use bgfetch_traits::storage::{CacheId, CacheMsg, CacheSelector, StorageError};

use crate::support::{World, response, text, url};

/// A worker that opens a cache and then does `body`; `name(promise)` tells what it rejects with.
fn with_cache(body: &str) -> World {
    let mut world = World::running(&format!(
        "const name = promise => promise.then(() => 'nothing', error => `${{error.constructor.name}} ${{error.name}}`);
         onactivate = event => event.waitUntil((async () => {{ const cache = await caches.open('v1'); {body} }})())"
    ));
    world.step();
    let CacheMsg::Open(name, reply) = world.cache_asked() else { panic!("not open") };
    assert_eq!(name, "v1");
    reply.send(Ok(CacheId(1)));
    world
}

fn put(
    world: &mut World,
) -> (Vec<bgfetch_traits::storage::CacheEntry>, bgfetch_traits::reply::Reply<Result<(), StorageError>>) {
    match world.cache_asked() {
        CacheMsg::Put { cache: CacheId(1), entries, reply } => (entries, reply),
        _ => panic!("not put"),
    }
}

#[test]
fn names_may_be_anything_and_come_back() {
    let mut world = World::running(
        "onactivate = event => event.waitUntil((async () => {
            console.log(await caches.has('\\ud800'), await caches.delete(''));
            const keys = await caches.keys(); console.log(keys.length, keys[0] === '\\ud800', keys[1] === '');
            console.log(caches === self.caches, await caches.match('x', { cacheName: 'v1' }));
            console.log(await caches.match(new Request('x', { method: 'POST' })));
            await caches.match('x', { ignoreSearch: true, ignoreVary: true });
        })())",
    );
    world.step();
    let CacheMsg::Has(lone, reply) = world.cache_asked() else { panic!("not has") };
    assert_ne!(lone, "\u{fffd}");
    reply.send(Ok(true));
    let CacheMsg::Delete(name, reply) = world.cache_asked() else { panic!("not delete") };
    assert_eq!(name, "");
    reply.send(Ok(false));
    assert_eq!(world.logged(), "true false");
    let CacheMsg::Keys(reply) = world.cache_asked() else { panic!("not keys") };
    reply.send(Ok(vec![lone, String::new()]));
    assert_eq!(world.logged(), "2 true true");
    let CacheMsg::Match { cache: CacheSelector::Name(name), reply, .. } = world.cache_asked() else {
        panic!("not match")
    };
    assert_eq!(name, "v1");
    reply.send(Ok(None));
    assert_eq!(world.logged(), "true undefined");
    // A POST matches nothing, unless methods are ignored: storage is not asked.
    assert_eq!(world.logged(), "undefined");
    let CacheMsg::Match { cache: CacheSelector::All, query, .. } = world.cache_asked() else {
        panic!("not match")
    };
    assert_eq!((query.ignore_search, query.ignore_method, query.ignore_vary), (true, false, true));
}

#[test]
fn put_hands_over_request_and_response() {
    let mut world = with_cache(
        "const response = new Response('body', { status: 404, headers: { Vary: 'Accept' } });
         console.log(await cache.put(new Request('x', { headers: { Accept: 'a/b' } }), response), response.bodyUsed);",
    );
    let (entries, reply) = put(&mut world);
    let entry = entries.into_iter().next().unwrap();
    assert_eq!(entry.request.url.as_str(), "https://a.test/dir/x");
    assert_eq!(entry.request.headers.get_str("accept").as_deref(), Some("a/b"));
    assert_eq!(entry.response.head.status, 404);
    assert_eq!(text(entry.response.body.unwrap()).unwrap(), "body");
    reply.send(Ok(()));
    assert_eq!(world.logged(), "undefined true");
}

#[test]
fn what_must_not_be_stored_is_refused() {
    let mut world = with_cache(
        "const used = new Response('x'); await used.text();
         const locked = new Response('x'); locked.body.getReader();
         const attempts = [
             ['data:text/plain,x', new Response('x')],
             [new Request('x', { method: 'POST' }), new Response('x')],
             ['x', new Response(null, { status: 206 })],
             ['x', new Response('x', { headers: { Vary: 'Accept, *' } })],
             ['x', used], ['x', locked], ['http://[', new Response('x')],
         ];
         for (const [request, response] of attempts) console.log(await name(cache.put(request, response)));
         console.log(await name(cache.add('data:,x')), await name(cache.addAll([new Request('x', { method: 'PUT' })])))",
    );
    for _ in 0..7 {
        assert_eq!(world.logged(), "TypeError TypeError");
    }
    assert_eq!(world.logged(), "TypeError TypeError TypeError TypeError");
    assert!(world.said_nothing_else());
}

#[test]
fn storage_errors_are_exceptions() {
    let mut world = with_cache(
        "for (let i = 0; i < 5; i++) console.log(await name(cache.put('x', new Response('x'))));
         await cache.put('x', new Response('x')).catch(error => console.log(error.quota, error.requested, error instanceof DOMException))",
    );
    let io = || StorageError::Io { path: "/secret/path".into(), message: "broken".into() };
    let errors = [
        (
            StorageError::QuotaExceeded { quota: 1, usage: 1, requested: 2 },
            "QuotaExceededError QuotaExceededError",
        ),
        (StorageError::DiskFull { path: "/secret/path".into() }, "QuotaExceededError QuotaExceededError"),
        (StorageError::Body(BodyError::Aborted), "DOMException AbortError"),
        (StorageError::Body(BodyError::Source("x".into())), "TypeError TypeError"),
        (io(), "DOMException UnknownError"),
    ];
    for (error, expected) in errors {
        put(&mut world).1.send(Err(error));
        assert_eq!(world.logged(), expected);
    }
    put(&mut world).1.send(Err(StorageError::QuotaExceeded { quota: 1, usage: 1, requested: 2 }));
    assert_eq!(world.logged(), "1 2 true");
}

#[test]
fn match_gives_responses_whose_bodies_are_read_when_wanted() {
    let mut world = with_cache(
        "const response = await cache.match('x');
         console.log(response.status, response.headers.get('X-A'), await response.text());
         try { response.headers.set('X-B', 'c') } catch (error) { console.log(error.name) }
         const all = await cache.matchAll(); console.log(all.length, Object.isFrozen(all), all[0].type, all[0].status);
         console.log((await cache.matchAll(new Request('x', { method: 'HEAD' }))).length);
         console.log(await cache.delete('x', { ignoreMethod: true }));
         const keys = await cache.keys('x'); console.log(keys.length, Object.isFrozen(keys), keys[0].url, keys[0].headers.get('X-K'));",
    );
    let CacheMsg::Match { cache: CacheSelector::Id(CacheId(1)), query, reply } = world.cache_asked() else {
        panic!()
    };
    assert_eq!(query.request.url.as_str(), "https://a.test/dir/x");
    reply.send(Ok(Some(response(203, &[("X-A", "b")], "content"))));
    assert_eq!(world.logged(), "203 b content");
    assert_eq!(world.logged(), "TypeError");
    let CacheMsg::MatchAll { query: None, reply, .. } = world.cache_asked() else { panic!("not matchAll") };
    let mut opaque = response(200, &[], "hidden");
    opaque.head.kind = ResponseType::Opaque;
    reply.send(Ok(vec![opaque]));
    assert_eq!(world.logged(), "1 true opaque 0");
    assert_eq!(world.logged(), "0");
    let CacheMsg::Remove { query, reply, .. } = world.cache_asked() else { panic!("not remove") };
    assert!(query.ignore_method);
    reply.send(Ok(true));
    assert_eq!(world.logged(), "true");
    let CacheMsg::Requests { query: Some(_), reply, .. } = world.cache_asked() else { panic!("not keys") };
    let mut head = RequestHead::get(url("https://a.test/dir/x"));
    head.headers.append("X-K", "v");
    reply.send(Ok(vec![head]));
    assert_eq!(world.logged(), "1 true https://a.test/dir/x v");
}

#[test]
fn add_all_fetches_all_at_once_and_puts_them_together() {
    let mut world = with_cache("console.log(await cache.addAll(['a', new Request('b')]))");
    let (first, first_reply) = world.fetch_asked();
    let (second, second_reply) = world.fetch_asked();
    assert_eq!(first.head.url.as_str(), "https://a.test/dir/a");
    assert_eq!(second.head.url.as_str(), "https://a.test/dir/b");
    // Whichever comes first.
    second_reply.send(Ok(response(200, &[], "B")));
    first_reply.send(Ok(response(200, &[], "A")));
    let (entries, reply) = put(&mut world);
    let bodies: Vec<String> = entries.into_iter().map(|e| text(e.response.body.unwrap()).unwrap()).collect();
    assert_eq!(bodies, ["A", "B"]);
    reply.send(Ok(()));
    assert_eq!(world.logged(), "undefined");
}

#[test]
fn add_all_stores_nothing_when_one_request_fails() {
    let failures = [
        Err(NetworkError::new(NetworkErrorKind::ConnectionRefused, "refused")),
        Ok(response(404, &[], "")),
        Ok(response(206, &[], "")),
        Ok(response(200, &[("Vary", "*")], "")),
    ];
    for failure in failures {
        let mut world = with_cache("console.log(await name(cache.addAll(['a', 'b'])))");
        let (_, never) = world.fetch_asked();
        world.fetch_asked().1.send(failure);
        assert_eq!(world.logged(), "TypeError TypeError");
        assert!(world.said_nothing_else());
        drop(never);
    }
}

#[test]
fn an_aborted_request_ends_what_is_added_with_it() {
    let mut world = with_cache(
        "const controller = new AbortController();
         const requests = () => ['a', new Request('b', { signal: controller.signal })];
         const adding = cache.addAll(requests());
         navigator.permissions.query({ name: 'background-fetch' }).then(() => controller.abort());
         console.log(await name(adding), await name(cache.addAll(requests())))",
    );
    let (_, first) = world.fetch_asked();
    let (_, second) = world.fetch_asked();
    let crate::support::Asked::Permission(_, reply) = world.asked() else { panic!("not a permission") };
    first.send(Ok(response(200, &[], "")));
    reply.send(bgfetch_traits::coordinator::PermissionState::Prompt);
    // The network thread sees that its handle was cancelled.
    second.send(Err(NetworkError::new(NetworkErrorKind::Aborted, "aborted")));
    assert_eq!(world.logged(), "DOMException AbortError DOMException AbortError");
    assert!(world.said_nothing_else());
}

#[test]
fn the_same_request_twice_in_one_batch_is_refused() {
    let mut world = with_cache(
        "console.log(await name(cache.addAll(['a', 'a#fragment'])));
         const plain = new Request('a', { headers: { X: 'y' } });
         console.log(await name(cache.addAll([plain, 'a'])));
         const language = value => new Request('a', { headers: { 'Accept-Language': value } });
         console.log(await name(cache.addAll([language('de'), language('fr')])))",
    );
    // Requests that are the same in everything are not even made.
    assert_eq!(world.logged(), "DOMException InvalidStateError");
    for _ in 0..2 {
        world.fetch_asked().1.send(Ok(response(200, &[], "")));
    }
    assert_eq!(world.logged(), "DOMException InvalidStateError");
    // Those that differ in what the responses vary by are two.
    for _ in 0..2 {
        world.fetch_asked().1.send(Ok(response(200, &[("Vary", "Accept-Language")], "")));
    }
    put(&mut world).1.send(Ok(()));
    assert_eq!(world.logged(), "nothing");
}

#[test]
fn a_cache_that_nobody_holds_is_closed() {
    let mut world = World::running(
        "onactivate = event => event.waitUntil(caches.open('v1').then(() => console.log('open')))",
    );
    world.step();
    let CacheMsg::Open(_, reply) = world.cache_asked() else { panic!("not open") };
    reply.send(Ok(CacheId(9)));
    assert_eq!(world.logged(), "open");
    // Its object is let go of by counting, or at the latest with the thread.
    world.send(bgfetch_traits::script::ScriptMsg::Shutdown);
    assert!(matches!(world.cache_asked(), CacheMsg::Close(CacheId(9))));
}

#[test]
fn a_body_that_fails_while_it_is_stored_is_the_stores_to_tell() {
    let mut world = with_cache(
        "const body = new ReadableStream({ pull(controller) { controller.error(new Error('broke')) } });
         console.log(await name(cache.put('x', new Response(body))))",
    );
    let (entries, reply) = put(&mut world);
    let body: BodyReader = entries.into_iter().next().unwrap().response.body.unwrap();
    let error = text(body).unwrap_err();
    reply.send(Err(StorageError::Body(error)));
    assert_eq!(world.logged(), "TypeError TypeError");
}
