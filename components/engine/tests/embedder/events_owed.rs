//! The end of a background fetch is told until someone has taken note of it, over restarts and kills.

use bgfetch::traits::background_fetch::BackgroundFetchResult;
use bgfetch::traits::service_worker::{EventOutcome, FunctionalEvent};
use bgfetch::{EngineEvent, NativeFetch};

use crate::page_fetches::engine;
use crate::support::{
    Embedder, FakeScripts, Note, Resource, Server, builder, child, content, get, read, site, stop,
};

fn told(embedder: &Embedder) {
    embedder.wait_for_event("the end", |event| {
        matches!(event, EngineEvent::NativeFetch { name: "backgroundfetchsuccess", .. }).then_some(())
    });
}

#[test]
fn over_a_restart() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/small", Resource::file(1000));
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let fetch = get(engine.background_fetch(NativeFetch::new(server.url("/"), "small").get(url)));
    get(fetch.settled());
    told(&embedder);
    stop(engine);

    let embedder = Embedder::new();
    let engine = builder(profile.path(), &embedder).build().unwrap();
    told(&embedder);
    let fetch = get(engine.background_fetches()).remove(0);
    assert_eq!(get(fetch.settled()).result, BackgroundFetchResult::Success);
    assert!(read(get(fetch.response(0)).body.unwrap()) == content("/small", 0..1000));
    get(fetch.release());
    stop(engine);

    let embedder = Embedder::new();
    let engine = builder(profile.path(), &embedder).build().unwrap();
    assert!(get(engine.background_fetches()).is_empty());
    get(engine.when_idle());
    stop(engine);
    let notes = embedder.notes();
    assert!(!notes.iter().any(|note| matches!(note, Note::Show(_) | Note::Event(_))), "{notes:#?}");
    assert_eq!(server.log().len(), 1);
}

#[test]
fn over_a_kill() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("/small", Resource::file(1000));
    let mut process = child::start("fetch_and_forget", profile.path(), &server.url("/"));
    process.wait_for("settled");
    process.kill();
    let embedder = Embedder::new();
    let engine = builder(profile.path(), &embedder).build().unwrap();
    told(&embedder);
    let fetch = get(engine.background_fetches()).remove(0);
    assert!(read(get(fetch.response(0)).body.unwrap()) == content("/small", 0..1000));
    assert_eq!(server.log().len(), 1);
    stop(engine);
}

#[test]
fn a_worker_that_did_not_get_to_its_end_gets_it_again_after_a_restart() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "")]);
    server.put("/small", Resource::file(1000));
    let (told, heard) = crossbeam_channel::unbounded();
    let scripts = FakeScripts::new(move |script, event, reply| {
        if matches!(event, FunctionalEvent::BackgroundFetch { .. }) {
            told.send(()).unwrap();
            script.interrupt.hang();
            return;
        }
        reply.send(EventOutcome::Completed);
    });
    let first = engine(profile.path(), &embedder, &scripts);
    get(first.open_window(&server.url("/")));
    let page = scripts.page();
    page.register("/sw.js").unwrap();
    let registration = page.ready();
    page.fetch(&registration, "small", &["/small"]).unwrap();
    heard.recv_timeout(crate::support::LIMIT).unwrap();
    stop(first);
    // Shutting down is nothing that went wrong.
    let wrong = embedder.notes().into_iter().find(|note| {
        matches!(
            note,
            Note::Event(
                EngineEvent::FunctionalEvent { error: Some(_), .. } | EngineEvent::WorkerFailed { .. }
            )
        )
    });
    assert!(wrong.is_none(), "{wrong:?}");

    for (run, dispatched) in [(1, true), (2, false)] {
        let embedder = Embedder::new();
        let again = engine(profile.path(), &embedder, &FakeScripts::quiet());
        get(again.when_idle());
        stop(again);
        let notes = embedder.notes();
        let success = notes.iter().any(|note| {
            matches!(note, Note::Event(EngineEvent::FunctionalEvent { name: "backgroundfetchsuccess", .. }))
        });
        assert_eq!(success, dispatched, "run {run}: {notes:#?}");
    }
    assert_eq!(server.log_of("/small").len(), 1);
}
