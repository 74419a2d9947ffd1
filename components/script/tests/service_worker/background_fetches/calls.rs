//! `fetch()`, `get()`, `abort()` and progress.

use bgfetch_traits::background_fetch::{
    BackgroundFetchError, BackgroundFetchFailureReason, BackgroundFetchMsg, BackgroundFetchProgress,
    BackgroundFetchResult,
};
use bgfetch_traits::fetch::{RequestBody, RequestMode};
use bgfetch_traits::ids::{BackgroundFetchId, RegistrationId};

use super::{changed, info, progress, step, with_fetch};
use crate::support::World;

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
