//! What workers see of clients, and messages both ways.

use bgfetch_service_worker::{ClientInput, Input};
use bgfetch_traits::ids::{ClientId, WorkerId};
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{
    ClientInfo, ClientType, EventOutcome, FunctionalEvent, JobError, MessageData, MessageSource,
    ServiceWorkerMsg,
};

use crate::world::{World, url};

/// A world with an active worker, and the environment it runs in.
fn running(source: &str) -> (World, ClientId, WorkerId, ClientId) {
    let mut world = World::new();
    world.script("/sw.js", source);
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let worker = world.info(id).active.unwrap().worker;
    let environment = world.environment_of(worker);
    (world, page, worker, environment)
}

fn match_all(
    world: &mut World,
    environment: ClientId,
    worker: WorkerId,
    include_uncontrolled: bool,
    client_type: ClientType,
) -> Vec<ClientInfo> {
    let ask = |reply| ServiceWorkerMsg::MatchAllClients { worker, include_uncontrolled, client_type, reply };
    world.ask(environment, ask).try_recv().unwrap()
}

#[test]
fn match_all_filters_and_orders() {
    let (mut world, first, worker, environment) = running("");
    let dedicated = world.new_client_id();
    world.create(dedicated, "/worker.js", ClientType::Worker);
    let second = world.window("/second");
    let third = world.window("/third");
    world.window("https://b.test/");
    let ids = |found: Vec<ClientInfo>| found.into_iter().map(|client| client.id).collect::<Vec<_>>();
    let windows = ids(match_all(&mut world, environment, worker, true, ClientType::Window));
    assert_eq!(windows, [first, second, third], "as they were made");
    for client in [second, third, second] {
        for focused in [true, false] {
            world.give(Input::Client(ClientInput::State { client, visible: true, focused }));
        }
    }
    let all = ids(match_all(&mut world, environment, worker, true, ClientType::All));
    assert_eq!(all, [second, third, first, dedicated], "last focused first, workers last");
    let controlled = ids(match_all(&mut world, environment, worker, false, ClientType::All));
    assert_eq!(controlled, [second, third, dedicated]);
    let workers = ids(match_all(&mut world, environment, worker, true, ClientType::Worker));
    assert_eq!(workers, [dedicated]);
    assert!(match_all(&mut world, first, worker, true, ClientType::All).is_empty(), "pages may not ask");
}

#[test]
fn get_finds_clients_of_the_origin_and_waits_for_one_that_is_being_made() {
    let (mut world, page, worker, environment) = running("respond");
    let found = world.ask(environment, |reply| ServiceWorkerMsg::GetClient(worker, page, reply));
    let found = found.try_recv().unwrap().unwrap();
    assert_eq!((found.id, found.url, found.controller), (page, url("/page"), None));
    let stranger = world.window("https://b.test/");
    for id in [stranger, ClientId(uuid::Uuid::from_u128(77))] {
        let none = world.ask(environment, |reply| ServiceWorkerMsg::GetClient(worker, id, reply));
        assert_eq!(none.try_recv().unwrap(), None);
    }
    let (comes, _) = world.navigate("/comes");
    let (fails, _) = world.navigate("/fails");
    let later = world.ask(environment, |reply| ServiceWorkerMsg::GetClient(worker, comes, reply));
    let never = world.ask(environment, |reply| ServiceWorkerMsg::GetClient(worker, fails, reply));
    assert!(later.is_empty() && never.is_empty());
    world.create(comes, "/comes", ClientType::Window);
    world.close(fails);
    assert_eq!(later.try_recv().unwrap().unwrap().controller, Some(worker));
    assert_eq!(never.try_recv().unwrap(), None);
}

#[test]
fn messages_reach_workers_with_their_source_and_origin() {
    let (mut world, page, worker, _) = running("hang:message");
    world.message(page, worker);
    let event = world.open[0].event.take().unwrap();
    let FunctionalEvent::Message { source: MessageSource::Client(source), origin, .. } = *event else {
        panic!("not a message of a client")
    };
    assert_eq!((source.id, origin.as_str()), (page, "https://a.test"));
    world.end("message", EventOutcome::Completed);
    // A message starts a worker.
    world.pass(30_000);
    assert!(world.runs.is_empty());
    world.message(page, worker);
    assert_eq!(world.open.len(), 1);
}

#[test]
fn a_worker_may_send_to_itself_and_to_other_workers() {
    let (mut world, _, worker, environment) = running("hang:message");
    world.message(environment, worker);
    let event = world.open[0].event.take().unwrap();
    let FunctionalEvent::Message { source: MessageSource::Worker(source), .. } = *event else {
        panic!("not a message of a worker")
    };
    assert_eq!(source.worker, worker);
}

#[test]
fn messages_reach_clients_and_wait_for_those_being_made() {
    let (mut world, page, worker, environment) = running("respond");
    let stranger = world.window("https://b.test/");
    let (comes, _) = world.navigate("/comes");
    world.posts.clear();
    for to in [page, stranger, comes] {
        let data = MessageData { bytes: vec![7], attachments: Vec::new() };
        world.give(Input::Ask(environment, ServiceWorkerMsg::PostMessageToClient(worker, to, data)));
    }
    let got = |world: &World| -> Vec<ClientId> {
        let messages = world.posts.iter().filter(|(_, m)| matches!(m, ScriptMsg::ClientMessage { .. }));
        messages.map(|(to, _)| *to).collect()
    };
    assert_eq!(got(&world), [page]);
    world.create(comes, "/comes", ClientType::Window);
    assert_eq!(got(&world), [page, comes]);
}

#[test]
fn windows_are_opened_by_the_embedder() {
    let (mut world, page, worker, environment) = running("");
    let blank = "about:blank".parse().unwrap();
    let blank = world.ask(environment, |reply| ServiceWorkerMsg::OpenWindow(worker, blank, reply));
    assert!(matches!(blank.try_recv().unwrap(), Err(JobError::Type(_))));
    let opened = world.ask(environment, |reply| ServiceWorkerMsg::OpenWindow(worker, url("/new"), reply));
    assert!(matches!(opened.try_recv().unwrap(), Ok(None)));
    let refused = world.ask(page, |reply| ServiceWorkerMsg::OpenWindow(worker, url("/new"), reply));
    assert!(refused.try_recv().unwrap().is_err());
    assert_eq!(world.windows_asked_for, [url("/new")]);
}

#[test]
fn every_environment_of_the_origin_hears_of_a_change_and_no_other() {
    let (mut world, page, worker, environment) = running("");
    let stranger = world.window("https://b.test/");
    world.script("/other.js", "");
    world.posts.clear();
    world.registered(page, "/other.js", "/other/");
    for (listener, hears) in [(page, true), (environment, true), (stranger, false)] {
        assert_eq!(world.posts.iter().any(|(to, _)| *to == listener), hears);
    }
    let key = bgfetch_traits::ids::StorageKey::of_url(&url("/")).unwrap();
    assert!(world.registry.environments_of(&key).contains(&world.environment_of(worker)));
}
