//! The permission to fetch in the background: configured, asked for, changed.

use std::sync::Arc;

use bgfetch::traits::background_fetch::{BackgroundFetchError, UiAction};
use bgfetch::traits::coordinator::{CoordinatorMsg, PermissionState};
use bgfetch::traits::ids::StorageKey;
use bgfetch::traits::reply::Reply;
use bgfetch::traits::script::ScriptMsg;
use bgfetch::traits::service_worker::RegistrationInfo;
use bgfetch::{Engine, EngineEvent, ScriptHost};

use crate::support::{
    Embedder, FakeScripts, LIMIT, Note, Resource, Script, Server, builder, get, site, stop,
};

/// An engine that asks, with a page whose worker is active.
fn start(
    server: &Server,
    profile: &std::path::Path,
    embedder: &Arc<Embedder>,
) -> (Engine, Script, RegistrationInfo) {
    site(server, &[("/sw.js", "")]);
    server.put("/film", Resource::file(1_000_000));
    let scripts = FakeScripts::quiet();
    let host = Arc::clone(&scripts) as Arc<dyn ScriptHost>;
    let engine = builder(profile, embedder).script_host(host).build().unwrap();
    get(engine.open_window(&server.url("/")));
    let page = scripts.page();
    page.register("/sw.js").unwrap();
    let registration = page.ready();
    (engine, page, registration)
}

fn query(page: &Script) -> PermissionState {
    let (reply, state) = Reply::channel();
    let key = StorageKey::of_url(&page.client.url).unwrap();
    let name = "background-fetch".to_owned();
    page.hosts.coordinator.send(CoordinatorMsg::QueryPermission { key, name, reply });
    state.recv_timeout(LIMIT).unwrap()
}

#[test]
fn who_says_nothing_has_refused() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let (engine, page, registration) = start(&server, profile.path(), &embedder);
    assert_eq!(query(&page), PermissionState::Prompt);
    let refused = page.fetch(&registration, "film", &["/film", "/film"]);
    assert_eq!(refused, Err(BackgroundFetchError::NotAllowed));
    let request = embedder.wait_for("the question", |note| match note {
        Note::Permission(request) => Some(request.clone()),
        _ => None,
    });
    assert_eq!((request.id.as_str(), request.requests), ("film", 2));
    assert_eq!(server.log_of("/film").len(), 0);
    stop(engine);
}

#[test]
fn prompt_starts_it_held_until_the_user_goes_on() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    embedder.answer_permission(PermissionState::Prompt);
    let (engine, page, registration) = start(&server, profile.path(), &embedder);
    let film = page.fetch(&registration, "film", &["/film"]).unwrap();
    embedder.wait_for_display("held", |display| display.paused);
    assert_eq!(server.log_of("/film").len(), 0);
    get(engine.background_fetch_action(film.fetch, UiAction::Resume));
    get(engine.when_idle());
    assert_eq!(server.log_of("/film").len(), 1);
    stop(engine);
}

#[test]
fn what_the_embedder_sets_is_not_asked_and_scripts_learn_of_it() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let (engine, page, registration) = start(&server, profile.path(), &embedder);
    let key = StorageKey::of_url(&page.client.url).unwrap();
    engine.set_permission("background-fetch", Some(key.clone()), PermissionState::Granted);
    let state = page.told(|message| match message {
        ScriptMsg::PermissionChanged(name, state) => Some((name, state)),
        _ => None,
    });
    assert_eq!(state, ("background-fetch".to_owned(), PermissionState::Granted));
    server.put("/film", Resource::file(1_000_000).held_at(1000));
    page.fetch(&registration, "film", &["/film"]).unwrap();
    assert!(!embedder.notes().iter().any(|note| matches!(note, Note::Permission(_))));
    // Taken away, it ends what runs.
    engine.set_permission("background-fetch", Some(key), PermissionState::Denied);
    embedder.wait_for_event("the abort event", |event| {
        matches!(event, EngineEvent::FunctionalEvent { name: "backgroundfetchabort", .. }).then_some(())
    });
    assert_eq!(query(&page), PermissionState::Denied);
    stop(engine);
}
