//! A page, its worker and a background fetch, through every message that they exchange.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bgfetch::traits::background_fetch::{
    BackgroundFetchError, BackgroundFetchMsg, BackgroundFetchResult, NewRecord, RecordInfo, RecordResult,
};
use bgfetch::traits::body::{BodyError, BodyReader, pipe};
use bgfetch::traits::coordinator::{CoordinatorMsg, PermissionState};
use bgfetch::traits::fetch::{RequestBody, RequestHead, Response, ResponseHead};
use bgfetch::traits::ids::{BackgroundFetchId, StorageKey};
use bgfetch::traits::reply::Reply;
use bgfetch::traits::script::ScriptMsg;
use bgfetch::traits::service_worker::{
    BackgroundFetchEventKind, EventOutcome, FunctionalEvent, ServiceWorkerMsg,
};
use bgfetch::traits::storage::{CacheEntry, CacheMsg, PartitionMsg};
use bgfetch::{Engine, EngineEvent, ScriptHost};

use crate::support::{
    Embedder, FakeScripts, LIMIT, Note, Resource, Script, Server, builder, content, get, read, site, stop,
};

pub(crate) fn engine(
    profile: &std::path::Path,
    embedder: &Arc<Embedder>,
    scripts: &Arc<FakeScripts>,
) -> Engine {
    builder(profile, embedder)
        .permission("background-fetch", PermissionState::Granted)
        .script_host(Arc::clone(scripts) as Arc<dyn ScriptHost>)
        .build()
        .unwrap()
}

fn records(script: &Script, fetch: BackgroundFetchId) -> Vec<RecordInfo> {
    let all = |reply| BackgroundFetchMsg::Match { fetch, query: None, match_all: true, reply };
    script.background_fetch(all).unwrap().unwrap()
}

fn response(script: &Script, record: &RecordInfo) -> Result<(ResponseHead, BodyReader), RecordResult> {
    script
        .background_fetch(|reply| BackgroundFetchMsg::ResponseReady { record: record.record, reply })
        .unwrap()
}

/// `cache.put()` of all records, and `updateUI()`.
fn keep_and_say_so(script: &Script, fetch: BackgroundFetchId) {
    let key = StorageKey::of_url(&script.client.url).unwrap();
    let (reply, opened) = Reply::channel();
    let open = CacheMsg::Open("episodes".to_owned(), reply);
    script.hosts.storage.partition(&key, PartitionMsg::Cache(open));
    let cache = opened.recv().unwrap().unwrap();
    let entries = records(script, fetch).into_iter().map(|record| {
        let (head, body) = response(script, &record).unwrap();
        CacheEntry { request: record.request, response: Response::new(head, Some(body)) }
    });
    let (entries, (reply, put)) = (entries.collect(), Reply::channel());
    script.hosts.storage.partition(&key, PartitionMsg::Cache(CacheMsg::Put { cache, entries, reply }));
    put.recv().unwrap().unwrap();
    let title = Some("Ready to play".to_owned());
    script
        .background_fetch(|reply| BackgroundFetchMsg::UpdateUi { fetch, title, icons: None, reply })
        .unwrap();
}

#[test]
fn the_example_of_the_specification() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "install, activate")]);
    server.put("/ep-5.mp3", Resource::file(500_000));
    server.put("/artwork.jpg", Resource::file(5000));
    let scripts = FakeScripts::new(|script, event, reply| {
        if let FunctionalEvent::BackgroundFetch { kind: BackgroundFetchEventKind::Success, info } = event {
            keep_and_say_so(script, info.fetch);
        }
        reply.send(EventOutcome::Completed);
    });
    let engine = engine(profile.path(), &embedder, &scripts);
    let window = get(engine.open_window(&server.url("/")));
    assert_eq!(window.url(), server.url("/"));
    let page = scripts.page();
    assert!(page.register("/sw.js").unwrap().active.is_none());
    let registration = page.ready();
    let fetch = page.fetch(&registration, "ep-5", &["/ep-5.mp3", "/artwork.jpg"]).unwrap();
    let end = page.told(|message| match message {
        ScriptMsg::BackgroundFetchChanged { fetch: id, progress, .. }
            if id == fetch.fetch && progress.result != BackgroundFetchResult::Empty =>
        {
            Some(progress)
        }
        _ => None,
    });
    assert_eq!((end.result, end.downloaded), (BackgroundFetchResult::Success, 505_000));
    embedder.wait_for_display("the new title", |display| display.title == "Ready to play");
    get(engine.when_idle());
    let key = StorageKey::of_url(&server.url("/")).unwrap();
    let cached = get(engine.cached_response(&key, &server.url("/ep-5.mp3"))).unwrap();
    assert!(read(cached.body.unwrap()) == content("/ep-5.mp3", 0..500_000));
    // Its records are gone with its event.
    assert!(
        page.background_fetch(|reply| BackgroundFetchMsg::Match {
            fetch: fetch.fetch,
            query: None,
            match_all: true,
            reply
        })
        .unwrap()
        .is_none()
    );
    stop(engine);
    events_are_told(&embedder.notes());
}

fn events_are_told(notes: &[Note]) {
    let names: Vec<_> = notes
        .iter()
        .filter_map(|note| match note {
            Note::Event(EngineEvent::FunctionalEvent { name, error: None, .. }) => Some((*name).to_owned()),
            Note::Event(EngineEvent::WorkerState { state, .. }) => Some(state.to_string()),
            Note::Event(EngineEvent::PageLoaded { status, .. }) => Some(format!("loaded {status}")),
            Note::Event(EngineEvent::WorkerRunning { running, .. }) => Some(format!("runs: {running}")),
            Note::Event(EngineEvent::WindowClosed { .. }) => Some("closed".to_owned()),
            _ => None,
        })
        .collect();
    let expected = [
        "loaded 200",
        "runs: true",
        "installing",
        "install",
        "installed",
        "activating",
        "activate",
        "activated",
        "backgroundfetchsuccess",
    ];
    assert_eq!(names[..expected.len()], expected, "{names:?}");
    assert!(names.contains(&"runs: false".to_owned()) && names.contains(&"closed".to_owned()), "{names:?}");
}

/// A page that is late: the event of its background fetch, which failed at once, is over before it comes to call
/// `match()`; and it asks for the response when it has been told that the records are available no more.
#[test]
fn a_slow_page_learns_how_its_records_ended() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "")]);
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    page.register("/sw.js").unwrap();
    let registration = page.ready();
    scripts.busy_pages.store(true, Ordering::Release);
    // Port 587 is blocked: https://fetch.spec.whatwg.org/#bad-port
    let fetch = page.fetch(&registration, "mail", &["http://127.0.0.1:587/"]).unwrap().fetch;
    let synced = |message| match message {
        ScriptMsg::BackgroundFetchSync { reply, .. } => Some(reply),
        _ => None,
    };
    page.told(|message| match message {
        ScriptMsg::BackgroundFetchChanged { progress, .. } => (!progress.records_available).then_some(()),
        _ => None,
    });
    // The call came before the page's tasks for these messages.
    let record = records(&page, fetch).remove(0);
    page.told(synced).send(());
    // The task for the answer to it comes before the next.
    let next = page.told(synced);
    assert_eq!(response(&page, &record).err(), Some(RecordResult::FetchError));
    next.send(());
    scripts.busy_pages.store(false, Ordering::Release);
    get(engine.when_idle());
    let all = |reply| BackgroundFetchMsg::Match { fetch, query: None, match_all: true, reply };
    assert!(page.background_fetch(all).unwrap().is_none());
    stop(engine);
}

/// The same, and then it goes away without ever taking that in.
#[test]
fn a_page_that_is_gone_keeps_no_records() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "")]);
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    let window = get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    page.register("/sw.js").unwrap();
    let registration = page.ready();
    scripts.busy_pages.store(true, Ordering::Release);
    page.fetch(&registration, "mail", &["http://127.0.0.1:587/"]).unwrap();
    let held =
        page.told(|message| matches!(message, ScriptMsg::BackgroundFetchSync { .. }).then_some(message));
    get(window.close());
    // A thread that ends drops what it was told, with the replies: this page's is here.
    drop((held, page));
    get(engine.when_idle());
    stop(engine);
}

#[test]
fn get_get_ids_and_abort() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "")]);
    server.put("/film", Resource::file(1_000_000).held_at(1000));
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    page.register("/sw.js").unwrap();
    let registration = page.ready();
    let film = page.fetch(&registration, "film", &["/film"]).unwrap();
    assert!(page.fetch(&registration, "film", &["/film"]).unwrap_err().to_string().contains("film"));
    let id = registration.registration;
    let found = page.background_fetch(|reply| BackgroundFetchMsg::Get {
        registration: id,
        id: "film".to_owned(),
        reply,
    });
    assert_eq!(found.flatten().map(|info| info.fetch), Some(film.fetch));
    let ids = page.background_fetch(|reply| BackgroundFetchMsg::GetIds { registration: id, reply });
    assert_eq!(ids, Some(vec!["film".to_owned()]));
    let abort = |reply| BackgroundFetchMsg::Abort { fetch: film.fetch, reply };
    assert_eq!(page.background_fetch(abort), Some(true));
    assert_eq!(page.background_fetch(abort), Some(false));
    embedder.wait_for_event("the event", |event| {
        matches!(event, EngineEvent::FunctionalEvent { name: "backgroundfetchabort", .. }).then_some(())
    });
    stop(engine);
}

#[test]
fn a_request_body_without_end_ends_with_its_registration() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "")]);
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    page.register("/sw.js").unwrap();
    let registration = page.ready().registration;
    let (mut writer, reader) = pipe(64 * 1024);
    let mut request = RequestHead::get(server.url("/inbox"));
    request.method = http::Method::POST;
    let body = Some(RequestBody::Stream { reader, length: None });
    let (reply, started) = Reply::channel();
    let fetch = BackgroundFetchMsg::Fetch {
        registration,
        client: page.client.id,
        policy: page.client.policy.clone(),
        id: "endless".to_owned(),
        records: vec![NewRecord { request, body }],
        options: Default::default(),
        reply,
    };
    page.hosts.coordinator.send(CoordinatorMsg::BackgroundFetch(page.client.id, fetch));
    writer.write_blocking(vec![0; 1 << 20].into()).unwrap();
    let gone = page.service_worker(|reply| ServiceWorkerMsg::Unregister(registration, reply));
    assert_eq!(gone.unwrap(), Ok(true));
    assert_eq!(started.recv_timeout(LIMIT).unwrap(), Err(BackgroundFetchError::NoActiveWorker));
    while writer.write_blocking(vec![0; 1 << 20].into()).is_ok() {}
    assert!(server.log_of("/inbox").is_empty());
    get(engine.when_idle());
    stop(engine);
}

#[test]
fn a_request_body_that_breaks_off_is_told_as_that() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let (mut writer, reader) = pipe(1 << 20);
    writer.write_blocking("half of it".into()).unwrap();
    writer.finish(Err(BodyError::Aborted));
    let mut request = RequestHead::get(server.url("/inbox"));
    request.method = http::Method::POST;
    let body = Some(RequestBody::Stream { reader, length: None });
    let fetch = bgfetch::NativeFetch::new(server.url("/"), "upload").request(request, body);
    let error = engine.background_fetch(fetch).wait().unwrap_err().to_string();
    assert!(error.contains("/inbox") && error.contains("aborted"), "{error}");
    assert!(get(engine.background_fetches()).is_empty() && server.log().is_empty());
    stop(engine);
}

#[test]
fn a_page_of_another_origin_has_no_part_in_it() {
    let (server, other) = (Server::start(), Server::start());
    let (profile, embedder) = (tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "")]);
    site(&other, &[]);
    server.put("/film", Resource::file(1_000_000).held_at(1000));
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    page.register("/sw.js").unwrap();
    let registration = page.ready();
    let film = page.fetch(&registration, "film", &["/film"]).unwrap();
    get(engine.open_window(&other.url("/")));
    let stranger = scripts.page();
    let abort = |reply| BackgroundFetchMsg::Abort { fetch: film.fetch, reply };
    assert_eq!(stranger.background_fetch(abort), Some(false));
    assert!(stranger.fetch(&registration, "x", &["/"]).is_err());
    let ids = |reply| BackgroundFetchMsg::GetIds { registration: registration.registration, reply };
    assert_eq!(stranger.background_fetch(ids), Some(Vec::new()));
    // Nor when it says that it is another.
    let impostor = Script { client: page.client.clone(), ..stranger };
    assert_eq!(impostor.background_fetch(ids), None);
    assert_eq!(page.background_fetch(abort), Some(true));
    stop(engine);
}
