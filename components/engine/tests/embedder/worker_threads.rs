//! Worker threads that throw, hang, panic or have nothing to do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bgfetch::config::ScriptLimits;
use bgfetch::traits::coordinator::PermissionState;
use bgfetch::traits::service_worker::{EventOutcome, FunctionalEvent};
use bgfetch::{Engine, EngineEvent, ScriptHost};

use crate::page_fetches::engine;
use crate::support::{Embedder, FakeScripts, Note, Resource, Server, builder, get, site, stop};

fn failure(embedder: &Embedder) -> String {
    embedder.wait_for_event("the failure", |event| match event {
        EngineEvent::WorkerFailed { message, script_url, .. } => Some(format!("{script_url}: {message}")),
        _ => None,
    })
}

#[test]
fn one_that_throws_is_told_to_page_and_embedder() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "throw")]);
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    assert!(page.register("/sw.js").is_err());
    let failure = failure(&embedder);
    assert!(failure.contains("/sw.js") && failure.contains("SyntaxError"), "{failure}");
    assert!(page.register("/missing.js").is_err());
    assert!(page.register("/sw.js").is_err());
    get(engine.when_idle());
    stop(engine);
    // Each once.
    let notes = embedder.notes();
    let failures = notes.iter().filter_map(|note| match note {
        Note::Event(EngineEvent::WorkerFailed { script_url, .. }) => Some(script_url.path()),
        _ => None,
    });
    assert_eq!(failures.collect::<Vec<_>>(), ["/sw.js", "/missing.js", "/sw.js"]);
}

#[test]
fn one_that_does_not_install_is_told() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "")]);
    let scripts = FakeScripts::new(|_, _, reply| reply.send(EventOutcome::Rejected("no room".to_owned())));
    let engine = engine(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    assert!(scripts.page().register("/sw.js").is_ok());
    let failure = failure(&embedder);
    assert!(failure.contains("could not be installed: no room"), "{failure}");
    stop(engine);
}

#[test]
fn one_that_panics_is_one_that_failed() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "panic")]);
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    assert!(scripts.page().register("/sw.js").is_err());
    let failure = failure(&embedder);
    assert!(failure.contains("ended before its script had run"), "{failure}");
    stop(engine);
}

fn limited(profile: &std::path::Path, embedder: &Arc<Embedder>, scripts: &Arc<FakeScripts>) -> Engine {
    let limits = ScriptLimits {
        functional_event_time: Duration::from_millis(300),
        worker_idle_time: Duration::from_millis(300),
        ..ScriptLimits::default()
    };
    builder(profile, embedder)
        .permission("background-fetch", PermissionState::Granted)
        .script_host(Arc::clone(scripts) as Arc<dyn ScriptHost>)
        .script_limits(limits)
        .build()
        .unwrap()
}

#[test]
fn one_that_hangs_in_an_event_is_interrupted_and_another_event_gets_a_new_thread() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "")]);
    server.put("/small", Resource::file(1000));
    let hung = AtomicUsize::new(0);
    let scripts = FakeScripts::new(move |script, event, reply| {
        if matches!(event, FunctionalEvent::BackgroundFetch { .. })
            && hung.fetch_add(1, Ordering::SeqCst) == 0
        {
            script.interrupt.hang();
            return;
        }
        reply.send(EventOutcome::Completed);
    });
    let engine = limited(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    page.register("/sw.js").unwrap();
    let registration = page.ready();
    page.fetch(&registration, "first", &["/small"]).unwrap();
    // Its time is over, and that was its event.
    get(engine.when_idle());
    page.fetch(&registration, "second", &["/small"]).unwrap();
    get(engine.when_idle());
    embedder.wait_for_event("the second event", |event| {
        matches!(event, EngineEvent::FunctionalEvent { name: "backgroundfetchsuccess", error: None, .. })
            .then_some(())
    });
    stop(engine);
    let starts = embedder.notes();
    let starts = starts
        .iter()
        .filter(|note| matches!(note, Note::Event(EngineEvent::WorkerRunning { running: true, .. })));
    assert!(starts.count() >= 2);
}

#[test]
fn one_that_crashes_in_an_event_gets_it_again() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "")]);
    server.put("/small", Resource::file(1000));
    let times = AtomicUsize::new(0);
    let scripts = FakeScripts::new(move |_, event, reply| {
        if matches!(event, FunctionalEvent::BackgroundFetch { .. }) {
            assert!(times.fetch_add(1, Ordering::SeqCst) > 0, "a crash");
        }
        reply.send(EventOutcome::Completed);
    });
    let engine = engine(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    page.register("/sw.js").unwrap();
    let registration = page.ready();
    page.fetch(&registration, "small", &["/small"]).unwrap();
    for crashed in [true, false] {
        embedder.wait_for_event("the event", |event| match event {
            EngineEvent::FunctionalEvent { name: "backgroundfetchsuccess", error, .. } => {
                (error.is_some() == crashed).then_some(())
            }
            _ => None,
        });
    }
    get(engine.when_idle());
    stop(engine);
}

#[test]
fn one_without_work_ends() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "")]);
    let scripts = FakeScripts::quiet();
    let engine = limited(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    page.register("/sw.js").unwrap();
    page.ready();
    embedder.wait_for_event("the thread's end", |event| {
        matches!(event, EngineEvent::WorkerRunning { running: false, .. }).then_some(())
    });
    stop(engine);
}

#[test]
fn without_scripts_a_window_cannot_be_opened() {
    let (profile, embedder) = (tempfile::tempdir().unwrap(), Embedder::new());
    let engine =
        builder(profile.path(), &embedder).script_host(Arc::new(bgfetch::host::NoScripts)).build().unwrap();
    let refused = engine.open_window(&"http://127.0.0.1:1/".parse().unwrap()).wait().unwrap_err();
    assert!(refused.to_string().contains("without scripts"), "{refused}");
    stop(engine);
}
