//! Windows: loading, asking, navigating, closing; and workers that ask for one.

use std::sync::Arc;

use bgfetch::traits::body::BodyReader;
use bgfetch::traits::coordinator::CoordinatorMsg;
use bgfetch::traits::fetch::{NetworkErrorKind, Response, ResponseHead};
use bgfetch::traits::net::CancelHandle;
use bgfetch::traits::script::ScriptMsg;
use bgfetch::traits::service_worker::{
    ClientType, EventOutcome, FetchOutcome, FunctionalEvent, MessageData, ServiceWorkerMsg,
};
use bgfetch::{EngineError, EngineEvent};

use crate::page_fetches::engine;
use crate::support::{Embedder, FakeScripts, Server, get, site, stop};

#[test]
fn questions_are_answered_or_refused_with_what_they_were_about() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[]);
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    let window = get(engine.open_window(&server.url("/")));
    assert_eq!(window.evaluate("1 + 1").wait().unwrap(), "1 + 1");
    assert!(
        matches!(window.evaluate("throw").wait(), Err(EngineError::Script { message }) if message == "Error: thrown")
    );
    get(window.click("#there"));
    assert!(
        matches!(window.click("#gone").wait(), Err(EngineError::NoElement { selector, .. }) if selector == "#gone")
    );
    assert!(matches!(window.click("((").wait(), Err(EngineError::Selector { .. })));
    get(window.when_idle());
    get(engine.when_idle());
    // A script that does not return does not keep the window open.
    let hanging = window.evaluate("hang");
    get(window.close());
    assert!(matches!(hanging.wait(), Err(EngineError::WindowClosed { .. })));
    assert!(matches!(window.evaluate("1").wait(), Err(EngineError::WindowClosed { .. })));
    get(window.close());
    stop(engine);
    assert!(matches!(window.evaluate("1").wait(), Err(EngineError::Stopped { .. })));
}

#[test]
fn a_page_that_is_not_there_names_itself() {
    let (profile, embedder) = (tempfile::tempdir().unwrap(), Embedder::new());
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    let url: url::Url = "http://nowhere.example/".parse().unwrap();
    let refused = engine.open_window(&url).wait().unwrap_err();
    assert!(
        matches!(&refused, EngineError::Load { url: named, error } if *named == url
        && error.kind == NetworkErrorKind::NameNotResolved),
        "{refused:?}"
    );
    embedder
        .wait_for_event("the failure", |event| matches!(event, EngineEvent::PageFailed { .. }).then_some(()));
    get(engine.when_idle());
    stop(engine);
}

#[test]
fn a_page_that_navigates_gets_another_thread_in_the_same_window() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[]);
    server.put("/next", crate::support::Resource::text("text/html", "next"));
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    let window = get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    page.hosts.coordinator.send(CoordinatorMsg::Navigate(page.client.id, server.url("/next")));
    let next = scripts.page();
    embedder.wait_for_event("the page", |event| match event {
        EngineEvent::PageLoaded { url, window: id, .. } => {
            (*id == window.id() && *url == server.url("/next")).then_some(())
        }
        _ => None,
    });
    assert_eq!(next.body, b"next");
    assert_eq!(window.url(), server.url("/next"));
    assert_eq!(window.evaluate("still here").wait().unwrap(), "still here");
    stop(engine);
}

#[test]
fn a_worker_answers_the_navigation_and_subresources() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "handles fetch")]);
    let scripts = FakeScripts::new(|_, event, reply| {
        if let FunctionalEvent::Fetch { request, reply, .. } = event {
            let head = ResponseHead { url_list: vec![request.head.url.clone()], ..ResponseHead::default() };
            let body = BodyReader::from_bytes(format!("worker: {}", request.head.url.path()));
            reply.send(FetchOutcome::Response(Response::new(head, Some(body))));
        }
        reply.send(EventOutcome::Completed);
    });
    let engine = engine(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    assert!(page.worker.is_none());
    page.register("/sw.js").unwrap();
    page.ready();
    embedder.wait_for_event("activation", |event| match event {
        EngineEvent::FunctionalEvent { name: "activate", .. } => Some(()),
        _ => None,
    });
    let before = server.log().len();
    get(engine.open_window(&server.url("/made-up")));
    let controlled = scripts.page();
    assert_eq!(controlled.body, b"worker: /made-up");
    assert!(controlled.worker.is_some());
    let request = bgfetch::traits::fetch::Request {
        head: bgfetch::traits::fetch::RequestHead::get(server.url("/image")),
        client: controlled.client.clone(),
        body: None,
        priority: Default::default(),
    };
    let outcome = controlled
        .service_worker(|reply| ServiceWorkerMsg::HandleFetch(Box::new(request), CancelHandle::new(), reply));
    assert!(matches!(outcome, Some(FetchOutcome::Response(_))), "{outcome:?}");
    // The worker's own script is looked at again after a navigation, and that is all.
    assert!(server.log()[before..].iter().all(|served| served.path == "/sw.js"));
    stop(engine);
}

#[test]
fn a_worker_may_have_a_window_if_the_embedder_says_so() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[("/sw.js", "")]);
    let (told, heard) = crossbeam_channel::unbounded();
    let scripts = FakeScripts::new(move |script, event, reply| {
        if let FunctionalEvent::Message { .. } = event {
            let (worker, url) = (script.worker.as_ref().unwrap().worker, script.url("/"));
            // Not waited for here: the window's client comes to be meanwhile.
            let asked = script.service_worker(|reply| ServiceWorkerMsg::OpenWindow(worker, url, reply));
            told.send(asked.unwrap()).unwrap();
        }
        reply.send(EventOutcome::Completed);
    });
    let engine = Arc::new(engine(profile.path(), &embedder, &scripts));
    get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    page.register("/sw.js").unwrap();
    let worker = page.ready().active.unwrap().worker;
    let ask = || {
        let data = MessageData { bytes: Vec::new(), attachments: Vec::new() };
        let ask = ServiceWorkerMsg::PostMessage(worker, data);
        page.hosts.coordinator.send(CoordinatorMsg::ServiceWorker(page.client.id, ask));
    };
    ask();
    assert!(heard.recv_timeout(crate::support::LIMIT).unwrap().is_err());
    let asked = embedder.wait_for("the question", |note| match note {
        crate::support::Note::OpenWindow(request) => Some(request.url.clone()),
        _ => None,
    });
    assert_eq!(asked, server.url("/"));
    let opener = Arc::clone(&engine);
    embedder.answer_windows(move |request, reply| {
        let window = opener.open_window(&request.url);
        std::thread::spawn(move || reply.send(window.wait().ok().map(|window| window.id())));
    });
    ask();
    let info = heard.recv_timeout(crate::support::LIMIT).unwrap().unwrap().unwrap();
    assert_eq!((info.id, info.client_type), (scripts.page().client.id, ClientType::Window));
    get(engine.shutdown());
}

#[test]
fn a_broadcast_reaches_the_others_of_its_origin() {
    let (server, other) = (Server::start(), Server::start());
    let (profile, embedder) = (tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[]);
    site(&other, &[]);
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    let pages: Vec<_> = [&server, &server, &other]
        .into_iter()
        .map(|server| {
            get(engine.open_window(&server.url("/")));
            scripts.page()
        })
        .collect();
    let send = |from: usize, channel: &str| {
        pages[from].hosts.coordinator.send(CoordinatorMsg::Broadcast {
            from: pages[from].client.id,
            channel: channel.to_owned(),
            data: Arc::new(MessageData { bytes: vec![7], attachments: Vec::new() }),
        });
    };
    send(2, "stranger");
    send(0, "news");
    let heard = pages[1].told(|message| match message {
        ScriptMsg::Broadcast { channel, data, .. } => Some((channel, data.bytes.clone())),
        _ => None,
    });
    assert_eq!(heard, ("news".to_owned(), vec![7]));
    stop(engine);
}
