//! Records, and their requests and responses.

use bgfetch_traits::background_fetch::{
    BackgroundFetchMsg, BackgroundFetchProgress, RecordInfo, RecordResult,
};
use bgfetch_traits::body::{BodyError, BodyReader};
use bgfetch_traits::fetch::{RequestBody, RequestHead, ResponseHead, ResponseType};
use bgfetch_traits::ids::{BackgroundFetchId, BodyId, ClientId, RecordId, StorageKey};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{EventOutcome, FunctionalEvent};
use bgfetch_traits::storage::{BodyMsg, PartitionMsg, StoredBody};

use super::{LIMIT, changed, progress, step, with_fetch};
use crate::support::{Asked, PartitionRequest, World, ended, text, url};

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
