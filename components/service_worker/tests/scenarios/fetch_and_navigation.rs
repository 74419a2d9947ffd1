//! Who answers a page's requests.

use bgfetch_service_worker::{ClientInput, Input, Navigation, WorkerInput};
use bgfetch_traits::fetch::Destination;
use bgfetch_traits::ids::{ClientId, RegistrationId};
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{
    ClientType, EventOutcome, FetchOutcome, FunctionalEvent, ServiceWorkerMsg, WorkerStarted,
};
use url::Origin;

use crate::world::{World, url};

fn registered(source: &str) -> (World, ClientId, RegistrationId) {
    let mut world = World::new();
    world.script("/sw.js", source);
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    (world, page, id)
}

#[test]
fn a_controlled_page_is_served_by_its_worker_and_others_by_the_network() {
    let (mut world, page, _) = registered("respond claim");
    let other = world.window("https://b.test/");
    assert!(matches!(world.subresource(page, "/x").try_recv().unwrap(), FetchOutcome::Response(_)));
    let outcome = world.subresource(other, "/x").try_recv().unwrap();
    let FetchOutcome::Network(request) = outcome else { panic!("{outcome:?}") };
    assert_eq!(request.head.url, url("/x"), "the request comes back");
}

#[test]
fn a_page_that_is_not_claimed_stays_uncontrolled() {
    let (mut world, page, _) = registered("respond");
    assert!(matches!(world.subresource(page, "/x").try_recv().unwrap(), FetchOutcome::Network(_)));
}

#[test]
fn without_a_fetch_listener_the_worker_is_not_started() {
    let (mut world, page, id) = registered("no-fetch claim");
    world.pass(30_000);
    assert!(matches!(world.subresource(page, "/x").try_recv().unwrap(), FetchOutcome::Network(_)));
    let (client, outcome) = world.navigate("/new");
    assert!(matches!(outcome.try_recv().unwrap(), FetchOutcome::Network(_)));
    assert_eq!(world.starts.len(), 1);
    // It is controlled all the same.
    world.create(client, "/new", ClientType::Window);
    assert_eq!(world.controller(client), world.info(id).active.map(|worker| worker.worker));
}

#[test]
fn a_navigation_gets_its_worker_before_the_document_is_there() {
    let (mut world, _, id) = registered("respond");
    let (client, outcome) = world.navigate("/new");
    assert!(matches!(outcome.try_recv().unwrap(), FetchOutcome::Response(_)));
    assert!(world.registry.client(client).is_none());
    let controller = world.create(client, "/new", ClientType::Window).unwrap();
    assert_eq!(Some(controller.worker), world.info(id).active.map(|worker| worker.worker));
    // A navigation is followed by a look for an update, when the page has had its time to load.
    world.navigate("/another");
    assert_eq!(world.requests.len(), 1);
    world.pass(1_000);
    assert_eq!(world.requests.len(), 2, "one for both");
    world.pass(10_000);
    assert_eq!(world.requests.len(), 2);
}

#[test]
fn a_reserved_client_keeps_its_registration_in_use() {
    let (mut world, page, id) = registered("respond");
    let (client, _) = world.navigate("/new");
    world.close(page);
    world.script("/sw.js", "2");
    world.give(Input::SoftUpdate { registration: id, force_bypass_cache: false });
    assert_eq!(world.states(id), "- installed activated");
    // The navigation came to nothing.
    world.give(Input::Client(ClientInput::Gone(client)));
    assert_eq!(world.states(id), "- - activated");
}

#[test]
fn a_redirected_navigation_belongs_to_the_last_url() {
    let (mut world, _, _) = registered("respond");
    world.script("/deep.js", "respond");
    let page = world.window("/");
    let deep = world.registered(page, "/deep.js", "/deep/");
    let (client, _) = world.navigate("/start");
    for (at, controlled) in [("/deep/a", true), ("https://b.test/", false), ("/deep/b", true)] {
        let (reply, outcome) = Reply::channel();
        let request = World::fetch_request(at);
        let (reserved_client, force_reload, cancel) = (client, false, CancelHandle::new());
        let navigation = Navigation { request, reserved_client, force_reload, cancel, reply };
        world.give(Input::Navigation(Box::new(navigation)));
        let served = matches!(outcome.try_recv().unwrap(), FetchOutcome::Response(_));
        assert_eq!(served, controlled, "{at}");
    }
    let controller = world.create(client, "/deep/b", ClientType::Window).unwrap();
    assert_eq!(Some(controller.worker), world.info(deep).active.map(|worker| worker.worker));
}

#[test]
fn a_response_that_makes_the_origin_opaque_leaves_the_document_uncontrolled() {
    let (mut world, _, _) = registered("respond");
    let (id, outcome) = world.navigate("/sandboxed");
    assert!(matches!(outcome.try_recv().unwrap(), FetchOutcome::Response(_)));
    let client = Client { id, origin: Origin::new_opaque(), ..Client::of_url(&url("/sandboxed")) };
    assert_eq!(world.create_client(client, ClientType::Window, None), None);
    assert!(matches!(world.subresource(id, "/x").try_recv().unwrap(), FetchOutcome::Network(_)));
}

#[test]
fn only_the_first_run_says_whether_there_is_a_fetch_listener() {
    let (mut world, page, _) = registered("respond claim");
    world.pass(30_000);
    world.hold_starts = true;
    let first = world.subresource(page, "/x");
    let run = world.starts[1].0;
    world.give(Input::Worker(WorkerInput::Started(run, WorkerStarted::Ran { handles_fetch: false })));
    assert!(matches!(first.try_recv().unwrap(), FetchOutcome::Response(_)));
    assert!(matches!(world.subresource(page, "/x").try_recv().unwrap(), FetchOutcome::Response(_)));
}

#[test]
fn a_workers_script_is_asked_for_by_the_page_that_makes_it() {
    let (mut world, page, _) = registered("hang:fetch");
    for (destination, asks) in [(Destination::Worker, Some(page)), (Destination::Document, None)] {
        let reserved_client = world.new_client_id();
        let mut request = World::fetch_request("/worker.js");
        request.client.id = page;
        request.head.destination = destination;
        let (force_reload, cancel, reply) = (false, CancelHandle::new(), Reply::ignore());
        let navigation = Navigation { request, reserved_client, force_reload, cancel, reply };
        world.give(Input::Navigation(Box::new(navigation)));
        let event = world.open.pop().unwrap().event.unwrap();
        let FunctionalEvent::Fetch { client, resulting_client, .. } = *event else { panic!("{event:?}") };
        assert_eq!((client, resulting_client), (asks, Some(reserved_client)));
    }
}

#[test]
fn a_forced_reload_and_embedded_objects_bypass_the_worker() {
    let (mut world, page, _) = registered("respond claim");
    let client = world.new_client_id();
    let (reply, outcome) = Reply::channel();
    let request = World::fetch_request("/page");
    let (reserved_client, force_reload, cancel) = (client, true, CancelHandle::new());
    let navigation = Navigation { request, reserved_client, force_reload, cancel, reply };
    world.give(Input::Navigation(Box::new(navigation)));
    assert!(matches!(outcome.try_recv().unwrap(), FetchOutcome::Network(_)));
    assert_eq!(world.create(client, "/page", ClientType::Window), None);
    let mut request = World::fetch_request("/film");
    request.head.destination = Destination::Embed;
    let outcome = world.ask(page, |reply| ServiceWorkerMsg::HandleFetch(request, CancelHandle::new(), reply));
    assert!(matches!(outcome.try_recv().unwrap(), FetchOutcome::Network(_)));
}

#[test]
fn a_worker_that_cannot_start_lets_the_request_go_to_the_network() {
    let (mut world, page, _) = registered("respond claim");
    world.pass(30_000);
    world.hold_starts = true;
    let outcome = world.subresource(page, "/x");
    let run = world.starts[1].0;
    world.crash(run);
    let FetchOutcome::Network(request) = outcome.try_recv().unwrap() else { panic!("not the network") };
    assert_eq!(request.head.url, url("/x"));
}

#[test]
fn a_worker_that_dies_or_says_nothing_is_a_network_error() {
    for dies in [true, false] {
        let (mut world, page, _) = registered("hang:fetch claim");
        let outcome = world.subresource(page, "/x");
        assert!(outcome.is_empty());
        if dies {
            world.crash(world.open[0].run);
        } else {
            world.pass(300_000);
        }
        assert!(matches!(outcome.try_recv().unwrap(), FetchOutcome::Error(_)));
        assert!(outcome.try_recv().is_err(), "answered once");
    }
}

#[test]
fn an_event_that_ends_without_an_answer_is_a_network_error() {
    let (mut world, page, _) = registered("hang:fetch claim");
    let outcome = world.subresource(page, "/x");
    world.end("fetch", EventOutcome::Completed);
    assert!(matches!(outcome.try_recv().unwrap(), FetchOutcome::Error(_)));
}

#[test]
fn frames_without_a_url_of_their_own_take_over_their_creators_controller() {
    let (mut world, page, _) = registered("claim");
    let controller = world.controller(page);
    assert!(controller.is_some());
    let frame = world.new_client_id();
    let client = Client { id: frame, url: "about:blank".parse().unwrap(), ..Client::of_url(&url("/page")) };
    world.create_client(client.clone(), ClientType::Window, Some(page));
    assert_eq!(world.controller(frame), controller);
    let orphan = world.new_client_id();
    world.create_client(Client { id: orphan, ..client }, ClientType::Window, None);
    assert_eq!(world.controller(orphan), None);
}
