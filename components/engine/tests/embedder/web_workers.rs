//! Dedicated and shared workers: they end with those who own them, whatever their scripts do.

use bgfetch::traits::coordinator::CoordinatorMsg;
use bgfetch::traits::fetch::CredentialsMode;
use bgfetch::traits::ids::ClientId;
use bgfetch::traits::script::ScriptMsg;
use bgfetch::traits::service_worker::WorkerType;
use bgfetch::traits::worker::{PortOnItsWay, WorkerEvent, WorkerMsg, WorkerObjectId, WorkerRequest};

use crate::page_fetches::engine;
use crate::support::{Embedder, FakeScripts, Script, Server, get, site, stop};

fn request(page: &Script, name: &str) -> Box<WorkerRequest> {
    Box::new(WorkerRequest {
        url: page.url("/worker.js"),
        response: None,
        name: name.to_owned(),
        worker_type: WorkerType::Classic,
        credentials: CredentialsMode::SameOrigin,
        outside: Box::new(page.client.clone()),
        agent_cluster: None,
        object: WorkerObjectId::new(),
        port: PortOnItsWay(Box::new(())),
    })
}

fn tell(page: &Script, message: WorkerMsg) {
    page.hosts.coordinator.send(CoordinatorMsg::Worker(page.client.id, message));
}

fn event(page: &Script) -> (WorkerObjectId, WorkerEvent) {
    page.told(|message| match message {
        ScriptMsg::WorkerEvent { object, event, .. } => Some((object, event)),
        _ => None,
    })
}

#[test]
fn one_that_hangs_ends_when_it_is_terminated() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[]);
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    let (worker, request) = (ClientId::new(), request(&page, "hang"));
    let object = request.object;
    tell(&page, WorkerMsg::Start(worker, request));
    assert_eq!(scripts.web_worker().client, worker);
    tell(&page, WorkerMsg::Terminate(worker));
    assert_eq!(event(&page), (object, WorkerEvent::Ended));
    stop(engine);
}

#[test]
fn one_that_hangs_ends_with_its_page_and_with_the_engine() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[]);
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    let window = get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    tell(&page, WorkerMsg::Start(ClientId::new(), request(&page, "hang")));
    tell(&page, WorkerMsg::Connect(request(&page, "hang")));
    let (dedicated, shared) = (scripts.web_worker(), scripts.web_worker());
    get(window.close());
    // The page's two are gone or on their way; a new page's is another one, and ends with the engine.
    get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    tell(&page, WorkerMsg::Connect(request(&page, "hang")));
    let other = scripts.web_worker();
    assert!(other.client != shared.client && other.client != dedicated.client);
    stop(engine);
}

#[test]
fn a_shared_worker_is_found_by_url_and_name_and_refuses_what_it_is_not() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[]);
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    get(engine.open_window(&server.url("/")));
    let (first, second) = (scripts.page(), scripts.page());
    tell(&first, WorkerMsg::Connect(request(&first, "a")));
    let worker = scripts.web_worker();
    // The same one.
    tell(&second, WorkerMsg::Connect(request(&second, "a")));
    // Not that one.
    let mut module = request(&second, "a");
    module.worker_type = WorkerType::Module;
    let refused = module.object;
    tell(&second, WorkerMsg::Connect(module));
    let (object, answer) = event(&second);
    assert_eq!(object, refused);
    assert!(matches!(answer, WorkerEvent::Failed(why) if why.contains("another type")));
    // Another one.
    tell(&second, WorkerMsg::Connect(request(&second, "b")));
    let other = scripts.web_worker();
    assert_eq!((worker.request.name.as_str(), other.request.name.as_str()), ("a", "b"));
    stop(engine);
}

#[test]
fn a_worker_is_only_terminated_by_its_owner() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    site(&server, &[]);
    let scripts = FakeScripts::quiet();
    let engine = engine(profile.path(), &embedder, &scripts);
    get(engine.open_window(&server.url("/")));
    get(engine.open_window(&server.url("/")));
    let (owner, other) = (scripts.page(), scripts.page());
    let (worker, asked) = (ClientId::new(), request(&owner, ""));
    let object = asked.object;
    tell(&owner, WorkerMsg::Start(worker, asked));
    scripts.web_worker();
    tell(&other, WorkerMsg::Terminate(worker));
    // An id that is taken starts nothing, and what a stranger asked for has not ended the worker.
    tell(&other, WorkerMsg::Start(worker, request(&other, "")));
    let next = request(&owner, "next");
    let next_object = next.object;
    let next_worker = ClientId::new();
    tell(&owner, WorkerMsg::Start(next_worker, next));
    assert_eq!(scripts.web_worker().client, next_worker);
    tell(&owner, WorkerMsg::Terminate(next_worker));
    assert_eq!(event(&owner), (next_object, WorkerEvent::Ended));
    tell(&owner, WorkerMsg::Terminate(worker));
    assert_eq!(event(&owner), (object, WorkerEvent::Ended));
    stop(engine);
}
