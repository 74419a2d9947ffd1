//! Background fetches as a page sees them.

use std::time::Duration;

use bgfetch_traits::background_fetch::{
    BackgroundFetchError, BackgroundFetchFailureReason, BackgroundFetchInfo, BackgroundFetchMsg,
    BackgroundFetchProgress, BackgroundFetchResult, RecordInfo, RecordResult,
};
use bgfetch_traits::body::{BodyError, BodyReader};
use bgfetch_traits::fetch::{RequestBody, RequestHead, RequestMode, ResponseHead, ResponseType};
use bgfetch_traits::ids::{BackgroundFetchId, BodyId, ClientId, RecordId, RegistrationId, StorageKey};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{BackgroundFetchEventKind, EventOutcome, FunctionalEvent};
use bgfetch_traits::storage::{BodyMsg, PartitionMsg, StoredBody};

use crate::support::{Asked, PartitionRequest, World, ended, text, url};

const LIMIT: Duration = Duration::from_secs(30);

fn info() -> BackgroundFetchInfo {
    BackgroundFetchInfo {
        fetch: BackgroundFetchId(5),
        registration: RegistrationId(3),
        id: "ep-5".into(),
        upload_total: 2,
        download_total: 100,
        progress: progress(0),
    }
}

fn progress(downloaded: u64) -> BackgroundFetchProgress {
    BackgroundFetchProgress {
        downloaded,
        uploaded: 0,
        result: BackgroundFetchResult::Empty,
        failure_reason: BackgroundFetchFailureReason::Empty,
        records_available: true,
    }
}

/// A worker whose first step is `body`, with `manager` and `name(promise)` for what it rejects with.
fn step(body: &str) -> World {
    let world = World::active(&format!(
        "const manager = registration.backgroundFetch;
         const name = promise => promise.then(() => 'nothing', error => `${{error.constructor.name}} ${{error.name}}`);
         onactivate = event => event.waitUntil((async () => {{ {body} }})())"
    ));
    world.step();
    world
}

fn event(kind: BackgroundFetchEventKind, info: &BackgroundFetchInfo) -> FunctionalEvent {
    FunctionalEvent::BackgroundFetch { kind, info: info.clone() }
}

#[test]
fn fetch_asks_with_everything_that_it_was_given() {
    let mut world = step(
        "const fetched = await manager.fetch('ep-5', ['ep-5.mp3', new Request('art.jpg', { method: 'PUT', body: 'xy' })], {
            title: 'Episode 5', downloadTotal: 100,
            icons: [{ src: 'icon.png', sizes: '48x48', type: 'image/png', label: 'an icon' }, { src: 'http://[' }],
        });
        const { id, uploadTotal, uploaded, downloadTotal, downloaded, result, failureReason, recordsAvailable } = fetched;
        console.log(id, uploadTotal, uploaded, downloadTotal, downloaded, `|${result}|${failureReason}|`, recordsAvailable);
        console.log(manager === registration.backgroundFetch, fetched === await manager.get('ep-5'));",
    );
    let BackgroundFetchMsg::Fetch { registration, client, policy, id, records, options, reply } =
        world.background_fetch_asked()
    else {
        panic!("not fetch")
    };
    assert_eq!((registration, client, id.as_str()), (RegistrationId(3), world.environment.id, "ep-5"));
    assert_eq!(policy, world.environment.policy);
    assert_eq!((options.title.as_str(), options.download_total), ("Episode 5", 100));
    let [icon] = options.icons.as_slice() else { panic!("{:?}", options.icons) };
    assert_eq!(icon.src.as_str(), "https://a.test/dir/icon.png");
    assert_eq!(
        (icon.sizes.as_str(), icon.mime_type.as_str(), icon.label.as_str()),
        ("48x48", "image/png", "an icon")
    );
    let mut records = records.into_iter();
    let audio = records.next().unwrap();
    assert_eq!(audio.request.url.as_str(), "https://a.test/dir/ep-5.mp3");
    assert_eq!(audio.request.mode, RequestMode::Cors);
    assert!(audio.body.is_none());
    let art = records.next().unwrap();
    assert_eq!(art.request.method, "PUT");
    assert!(matches!(art.body, Some(RequestBody::Bytes(bytes)) if bytes == "xy"));
    assert!(records.next().is_none());
    // The icon that is no URL is told of.
    assert!(world.console().text.contains("http://["));
    reply.send(Ok(info()));
    assert_eq!(world.logged(), "ep-5 2 0 100 0 ||| true");
    let BackgroundFetchMsg::Get { registration, id, reply } = world.background_fetch_asked() else {
        panic!("not get")
    };
    assert_eq!((registration, id.as_str()), (RegistrationId(3), "ep-5"));
    reply.send(Some(info()));
    assert_eq!(world.logged(), "true true");
}

#[test]
fn arguments_are_checked_before_anything_is_asked() {
    let mut world = step(
        "const used = new Request('x', { method: 'POST', body: 'x' }); await used.text();
         for (const requests of [[], 'https://user:pass@a.test/', 'http://[', new Request('x', { mode: 'no-cors' }), used, ['ok', used]])
             console.log(await name(manager.fetch('id', requests)));
         console.log(await name(manager.fetch('id')), await name(manager.get()), await name(manager.get('')));",
    );
    for _ in 0..6 {
        assert_eq!(world.logged(), "TypeError TypeError");
    }
    assert_eq!(world.logged(), "TypeError TypeError TypeError TypeError TypeError TypeError");
    assert!(world.said_nothing_else());
}

#[test]
fn without_an_active_worker_nothing_is_asked() {
    let mut world = World::running(
        "registration.backgroundFetch.fetch('id', 'x').catch(error => console.log(error.constructor.name))",
    );
    assert_eq!(world.logged(), "TypeError");
    assert!(world.said_nothing_else());
}

#[test]
fn refusals_are_the_exceptions_that_the_specification_names() {
    let errors = [
        (BackgroundFetchError::NoActiveWorker, "TypeError TypeError"),
        (BackgroundFetchError::DuplicateId("x".into()), "TypeError TypeError"),
        (BackgroundFetchError::NotAllowed, "DOMException NotAllowedError"),
        (
            BackgroundFetchError::QuotaExceeded { quota: 10, requested: 20 },
            "QuotaExceededError QuotaExceededError",
        ),
        (BackgroundFetchError::RequestBody { url: "x".into(), message: "y".into() }, "TypeError TypeError"),
        (BackgroundFetchError::Storage("x".into()), "TypeError TypeError"),
    ];
    let mut world = step("for (let i = 0; i < 6; i++) console.log(await name(manager.fetch('id', 'x')))");
    for (error, expected) in errors {
        let BackgroundFetchMsg::Fetch { reply, .. } = world.background_fetch_asked() else {
            panic!("not fetch")
        };
        reply.send(Err(error));
        assert_eq!(world.logged(), expected);
    }
}

#[test]
fn quota_errors_tell_how_much() {
    let mut world =
        step("await manager.fetch('id', 'x').catch(error => console.log(error.quota, error.requested))");
    let BackgroundFetchMsg::Fetch { reply, .. } = world.background_fetch_asked() else { panic!("not fetch") };
    reply.send(Err(BackgroundFetchError::QuotaExceeded { quota: 10, requested: 20 }));
    assert_eq!(world.logged(), "10 20");
}

#[test]
fn get_of_an_unknown_id_is_undefined_and_ids_keep_their_lone_surrogates() {
    let mut world = step(
        "console.log(await manager.get('x'));
         const ids = await manager.getIds(); console.log(ids.length, ids[0] === 'a', ids[1] === '\\ud800');
         await manager.get(ids[1])",
    );
    let BackgroundFetchMsg::Get { reply, .. } = world.background_fetch_asked() else { panic!("not get") };
    reply.send(None);
    assert_eq!(world.logged(), "undefined");
    let BackgroundFetchMsg::GetIds { reply, .. } = world.background_fetch_asked() else {
        panic!("not getIds")
    };
    let surrogate = "\u{10FFFF}\u{10D800}".to_owned();
    reply.send(vec!["a".into(), surrogate.clone()]);
    assert_eq!(world.logged(), "2 true true");
    let BackgroundFetchMsg::Get { id, .. } = world.background_fetch_asked() else { panic!("not get") };
    assert_eq!(id, surrogate);
}

/// A worker that has the background fetch `fetched`; then `body` runs.
fn with_fetch(body: &str) -> World {
    let mut world = step(&format!("const fetched = await manager.get('ep-5'); {body}"));
    let BackgroundFetchMsg::Get { reply, .. } = world.background_fetch_asked() else { panic!("not get") };
    reply.send(Some(info()));
    world
}

fn changed(world: &World, progress: BackgroundFetchProgress) {
    let to = world.environment.id;
    world.send(ScriptMsg::BackgroundFetchChanged { to, fetch: BackgroundFetchId(5), progress });
}

#[test]
fn progress_fires_when_something_changed_and_never_after_the_result() {
    let world = with_fetch(
        "fetched.onprogress = event => console.log(event.type, event.isTrusted, fetched.downloaded, fetched.result,
            fetched.failureReason, fetched.recordsAvailable);
         globalThis.fetched = fetched;
         onactivate = () => console.log('at the end', fetched.downloaded, fetched.recordsAvailable)",
    );
    let mut world = world;
    changed(&world, progress(10));
    changed(&world, progress(10));
    changed(&world, BackgroundFetchProgress { records_available: false, ..progress(10) });
    let failed = BackgroundFetchProgress {
        result: BackgroundFetchResult::Failure,
        failure_reason: BackgroundFetchFailureReason::BadStatus,
        ..progress(20)
    };
    changed(&world, failed.clone());
    changed(&world, BackgroundFetchProgress { downloaded: 30, ..failed.clone() });
    changed(&world, BackgroundFetchProgress { downloaded: 30, records_available: false, ..failed });
    world.step();
    assert_eq!(world.logged(), "progress true 10   true");
    assert_eq!(world.logged(), "progress true 20 failure bad-status false");
    assert_eq!(world.logged(), "at the end 20 false");
}

#[test]
fn progress_told_right_after_the_answer_is_not_missed() {
    let mut world =
        step("(await manager.fetch('ep-5', 'x')).onprogress = event => console.log(event.target.downloaded)");
    let BackgroundFetchMsg::Fetch { reply, .. } = world.background_fetch_asked() else { panic!("not fetch") };
    reply.send(Ok(info()));
    changed(&world, progress(1));
    assert_eq!(world.logged(), "1");
}

#[test]
fn abort_tells_whether_it_was_active() {
    let mut world = with_fetch("console.log(await fetched.abort(), await fetched.abort())");
    for active in [true, false] {
        let BackgroundFetchMsg::Abort { fetch, reply } = world.background_fetch_asked() else {
            panic!("not abort")
        };
        assert_eq!(fetch, BackgroundFetchId(5));
        reply.send(active);
    }
    assert_eq!(world.logged(), "true false");
}

fn record(index: u32, at: &str) -> RecordInfo {
    let record = RecordId { fetch: BackgroundFetchId(5), index };
    RecordInfo { record, request: RequestHead::get(url(at)), request_body: None }
}

fn answer_match(world: &mut World, records: Option<Vec<RecordInfo>>) -> (Option<String>, bool) {
    let BackgroundFetchMsg::Match { query, match_all, reply, .. } = world.background_fetch_asked() else {
        panic!("not match")
    };
    reply.send(records);
    (query.map(|query| query.request.url.into()), match_all)
}

#[test]
fn match_gives_the_first_record_or_undefined() {
    let mut world = with_fetch(
        "const record = await fetched.match('a');
         console.log(record.constructor.name, record.request.url, record.request === record.request, record.responseReady === record.responseReady);
         console.log(await fetched.match('b'));
         console.log(await name(fetched.match('http://[')))",
    );
    let (query, match_all) = answer_match(&mut world, Some(vec![record(0, "https://a.test/dir/a")]));
    assert_eq!((query.as_deref(), match_all), (Some("https://a.test/dir/a"), false));
    let waiting = world.background_fetch_asked();
    assert!(matches!(waiting, BackgroundFetchMsg::ResponseReady { .. }));
    assert_eq!(world.logged(), "BackgroundFetchRecord https://a.test/dir/a true true");
    answer_match(&mut world, Some(Vec::new()));
    assert_eq!(world.logged(), "undefined");
    assert_eq!(world.logged(), "TypeError TypeError");
}

/// The coordinator gives records up once an environment has come to the task for `BackgroundFetchSync`.
#[test]
fn what_is_stored_of_records_is_asked_for_within_the_task_that_gets_them() {
    let mut world = with_fetch(
        "await Promise.resolve();
         fetched.matchAll()",
    );
    let partition = StorageKey::of_url(&url("https://a.test/")).unwrap();
    let stored = StoredBody { partition, body: BodyId(7), length: 3 };
    let sent = RecordInfo { request_body: Some(stored), ..record(0, "https://a.test/inbox") };
    answer_match(&mut world, Some(vec![sent, record(1, "https://a.test/dir/a")]));
    let (reply, synced) = Reply::channel();
    world.send(ScriptMsg::BackgroundFetchSync { to: world.environment.id, reply });
    synced.recv_timeout(LIMIT).unwrap();
    let Asked::Storage(PartitionRequest(PartitionMsg::Body(BodyMsg::Open {
        body: BodyId(7), reply, ..
    }))) = world.asked()
    else {
        panic!("not the request's body")
    };
    // Nobody has opened that body yet.
    for index in 0..2 {
        let asked = world.background_fetch_asked();
        assert!(
            matches!(asked, BackgroundFetchMsg::ResponseReady { record, .. } if record.index == index),
            "{asked:?}"
        );
    }
    drop(reply);
    // An environment that is gone answers too.
    let (reply, synced) = Reply::channel();
    world.send(ScriptMsg::BackgroundFetchSync { to: ClientId::new(), reply });
    assert_eq!(synced.recv_timeout(LIMIT), Err(crossbeam_channel::RecvTimeoutError::Disconnected));
}

#[test]
fn match_all_is_refused_when_the_records_are_gone() {
    let mut world = with_fetch(
        "console.log(await name(fetched.matchAll()));
         await new Promise(resolve => oninstall = resolve);
         console.log(await name(fetched.matchAll()), await name(fetched.match('x')))",
    );
    // They went while the question was under way.
    let (query, match_all) = answer_match(&mut world, None);
    assert_eq!((query, match_all), (None, true));
    assert_eq!(world.logged(), "DOMException InvalidStateError");
    changed(&world, BackgroundFetchProgress { records_available: false, ..progress(0) });
    // A warning that the listener comes late.
    world.console();
    world.dispatch(FunctionalEvent::Install);
    assert_eq!(world.logged(), "DOMException InvalidStateError DOMException InvalidStateError");
    assert!(world.said_nothing_else());
}

#[test]
fn a_response_comes_when_it_is_ready_and_streams_without_a_copy() {
    let mut world = with_fetch(
        "const [record] = await fetched.matchAll();
         const response = await record.responseReady;
         console.log(response.status, response.type, response.url, response.headers.get('X-Kept'),
             response.headers.get('Content-Length'), response.headers.get('Content-Range'));
         await (await caches.open('podcasts')).put(record.request, response);",
    );
    answer_match(&mut world, Some(vec![record(0, "https://a.test/dir/ep-5.mp3")]));
    let BackgroundFetchMsg::ResponseReady { record, reply } = world.background_fetch_asked() else {
        panic!()
    };
    assert_eq!(record.index, 0);
    let mut head = ResponseHead { kind: ResponseType::Basic, ..ResponseHead::default() };
    head.url_list = vec![url("https://a.test/dir/ep-5.mp3")];
    head.headers.append("X-Kept", "yes");
    head.headers.append("content-length", "5");
    head.headers.append("Content-Range", "bytes=0-4/5");
    let partition = StorageKey::of_url(&url("https://a.test/")).unwrap();
    let stored = StoredBody { partition, body: BodyId(1), length: 5 };
    reply.send(Ok((head, BodyReader::from_bytes("audio").backed_by(stored.clone()))));
    assert_eq!(world.logged(), "200 basic https://a.test/dir/ep-5.mp3 yes null null");
    let bgfetch_traits::storage::CacheMsg::Open(name, reply) = world.cache_asked() else {
        panic!("not open")
    };
    assert_eq!(name, "podcasts");
    reply.send(Ok(bgfetch_traits::storage::CacheId(1)));
    let bgfetch_traits::storage::CacheMsg::Put { entries, .. } = world.cache_asked() else {
        panic!("not put")
    };
    assert_eq!(entries[0].request.url.as_str(), "https://a.test/dir/ep-5.mp3");
    // The cache is given the stored body itself.
    assert_eq!(entries[0].response.body.as_ref().unwrap().stored(), Some(&stored));
}

#[test]
fn records_without_a_response_reject_without_telling_why() {
    let mut world = with_fetch(
        "for (const record of await fetched.matchAll()) console.log(await name(record.responseReady))",
    );
    let records = (0..4).map(|index| record(index, "https://a.test/")).collect();
    answer_match(&mut world, Some(records));
    let results = [
        RecordResult::Aborted,
        RecordResult::FetchError,
        RecordResult::QuotaExceeded,
        RecordResult::DownloadTotalExceeded,
    ];
    for result in results {
        let BackgroundFetchMsg::ResponseReady { reply, .. } = world.background_fetch_asked() else {
            panic!()
        };
        reply.send(Err(result));
    }
    assert_eq!(world.logged(), "DOMException AbortError");
    for _ in 0..3 {
        assert_eq!(world.logged(), "TypeError TypeError");
    }
}

#[test]
fn a_rejection_that_nobody_looks_at_is_not_reported() {
    let mut world =
        with_fetch("globalThis.records = await fetched.matchAll(); onactivate = () => console.log('later')");
    answer_match(&mut world, Some(vec![record(0, "https://a.test/")]));
    let BackgroundFetchMsg::ResponseReady { reply, .. } = world.background_fetch_asked() else { panic!() };
    reply.send(Err(RecordResult::FetchError));
    assert_eq!(ended(&world.step()), EventOutcome::Completed);
    assert_eq!(world.logged(), "later");
    assert!(world.said_nothing_else());
}

#[test]
fn a_body_that_breaks_off_is_an_abort_error_or_a_type_error() {
    let mut world = with_fetch(
        "for (const record of await fetched.matchAll()) console.log(await name((await record.responseReady).text()))",
    );
    answer_match(&mut world, Some((0..2).map(|index| record(index, "https://a.test/")).collect()));
    for error in [BodyError::Aborted, BodyError::Source("why".into())] {
        let BackgroundFetchMsg::ResponseReady { reply, .. } = world.background_fetch_asked() else {
            panic!()
        };
        let (mut writer, reader) = bgfetch_traits::body::pipe(8);
        writer.push("abc".into()).unwrap();
        writer.finish(Err(error));
        reply.send(Ok((ResponseHead::default(), reader)));
    }
    assert_eq!(world.logged(), "DOMException AbortError");
    assert_eq!(world.logged(), "TypeError TypeError");
}

#[test]
fn a_records_request_has_its_stored_body() {
    let mut world =
        with_fetch("const record = await fetched.match('x'); console.log(await record.request.text())");
    let partition = StorageKey::of_url(&url("https://a.test/")).unwrap();
    let mut with_body = record(0, "https://a.test/");
    with_body.request.method = "POST".parse().unwrap();
    with_body.request_body = Some(StoredBody { partition, body: BodyId(4), length: 4 });
    answer_match(&mut world, Some(vec![with_body]));
    let Asked::Storage(PartitionRequest(PartitionMsg::Body(BodyMsg::Open { body, reply, .. }))) =
        world.asked()
    else {
        panic!("not open")
    };
    assert_eq!(body, BodyId(4));
    reply.send(Ok(BodyReader::from_bytes("sent")));
    assert_eq!(world.logged(), "sent");
}

#[test]
fn each_event_has_its_interface_and_the_registration() {
    let script = "for (const kind of ['success', 'fail', 'abort', 'click'])
        self['onbackgroundfetch' + kind] = event => console.log(event.type, event.constructor.name, event.registration.id,
            event.registration === (globalThis.known ??= event.registration))";
    let mut world = World::running(script);
    for kind in BackgroundFetchEventKind::ALL {
        let outcome = world.dispatch(event(*kind, &info()));
        assert_eq!(ended(&outcome), EventOutcome::Completed);
        let interface = match kind {
            BackgroundFetchEventKind::Success | BackgroundFetchEventKind::Fail => {
                "BackgroundFetchUpdateUIEvent"
            }
            BackgroundFetchEventKind::Abort | BackgroundFetchEventKind::Click => "BackgroundFetchEvent",
        };
        assert_eq!(world.logged(), format!("{kind} {interface} ep-5 true"));
    }
}

#[test]
fn update_ui_works_once_while_the_event_is_active() {
    let script = "const name = promise => promise.then(value => `fine ${value}`, error => error.name);
        onbackgroundfetchsuccess = event => event.waitUntil((async () => {
            console.log(await name(event.updateUI({ title: 'done', icons: [{ src: 'i.png' }] })));
            console.log(await name(event.updateUI({ title: 'again' })));
        })());
        onbackgroundfetchfail = event => { setTimeout(async () => console.log(await name(event.updateUI({})))) };
        onactivate = async ({ registration }) => {
            const init = { registration: globalThis.registered };
            console.log(await name(new BackgroundFetchUpdateUIEvent('x', init).updateUI()));
        };
        onbackgroundfetchabort = event => { globalThis.registered = event.registration };";
    let mut world = World::running(script);
    let outcome = world.dispatch(event(BackgroundFetchEventKind::Success, &info()));
    let BackgroundFetchMsg::UpdateUi { fetch, title, icons, reply } = world.background_fetch_asked() else {
        panic!()
    };
    assert_eq!((fetch, title.as_deref()), (BackgroundFetchId(5), Some("done")));
    assert_eq!(icons.unwrap()[0].src.as_str(), "https://a.test/dir/i.png");
    reply.send(());
    assert_eq!(world.logged(), "fine undefined");
    assert_eq!(world.logged(), "InvalidStateError");
    assert_eq!(ended(&outcome), EventOutcome::Completed);
    // After the event.
    world.dispatch(event(BackgroundFetchEventKind::Fail, &info()));
    assert_eq!(world.logged(), "InvalidStateError");
    // An event that script made.
    world.dispatch(event(BackgroundFetchEventKind::Abort, &info()));
    world.step();
    assert_eq!(world.logged(), "InvalidStateError");
    assert!(world.said_nothing_else());
}

#[test]
fn a_failing_request_stream_is_seen_by_whoever_stores_it() {
    let mut world = step(
        "const body = new ReadableStream({ pull() { throw new Error('source broke') } });
         await manager.fetch('id', new Request('x', { method: 'POST', body, duplex: 'half' }))",
    );
    let BackgroundFetchMsg::Fetch { records, .. } = world.background_fetch_asked() else {
        panic!("not fetch")
    };
    let Some(RequestBody::Stream { reader, length: None }) = records.into_iter().next().unwrap().body else {
        panic!("not a stream")
    };
    assert!(text(reader).is_err());
}
