//! Messages between workers and clients.

use bgfetch_traits::ids::{ClientId, WorkerId};
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{
    ClientInfo, ClientType, EventOutcome, FrameType, FunctionalEvent, MessageData, MessageSource,
    ServiceWorkerMsg, ServiceWorkerState, WorkerInfo,
};

use crate::support::{World, ended, url};

fn window() -> ClientInfo {
    ClientInfo {
        id: ClientId::new(),
        url: url("https://a.test/page.html#top"),
        client_type: ClientType::Window,
        frame_type: FrameType::TopLevel,
        visible: true,
        focused: false,
        controller: Some(WorkerId(7)),
    }
}

/// What the worker posts to itself while its script runs.
fn posted(world: &mut World) -> MessageData {
    match world.service_worker_asked() {
        ServiceWorkerMsg::PostMessage(WorkerId(7), data) => data,
        other => panic!("{other:?}"),
    }
}

fn message(data: MessageData, source: MessageSource) -> FunctionalEvent {
    FunctionalEvent::Message { data, source, origin: "https://a.test".into() }
}

#[test]
fn a_message_arrives_with_its_data_source_and_ports() {
    let script = "
        const { port1, port2 } = new MessageChannel();
        serviceWorker.postMessage({ list: [1, new Date(0)], map: new Map([['a', 'b']]) }, [port2]);
        onmessage = event => {
            const { source, data, ports, origin } = event;
            console.log(event.constructor.name, origin, source.constructor.name, source.id === event.source.id);
            console.log(source.url, source.type, source.frameType, source.visibilityState, source.focused);
            console.log(data.list[1].getTime(), data.map.get('a'), ports.length, Object.isFrozen(ports), ports === event.ports);
            port1.onmessage = ({ data }) => console.log(data);
            ports[0].postMessage('through the port');
        };";
    let mut world = World::running(script);
    let data = posted(&mut world);
    let client = window();
    let outcome = world.dispatch(message(data, MessageSource::Client(client)));
    assert_eq!(ended(&outcome), EventOutcome::Completed);
    assert_eq!(world.logged(), "ExtendableMessageEvent https://a.test WindowClient true");
    assert_eq!(world.logged(), "https://a.test/page.html#top window top-level visible false");
    assert_eq!(world.logged(), "0 b 1 true true");
    assert_eq!(world.logged(), "through the port");
}

#[test]
fn a_worker_that_sends_is_its_object() {
    let script = "serviceWorker.postMessage('to myself');
        onmessage = event => console.log(event.source === serviceWorker, event.data)";
    let mut world = World::running(script);
    let data = posted(&mut world);
    world.dispatch(message(data, MessageSource::Worker(world.worker.clone())));
    assert_eq!(world.logged(), "true to myself");
}

#[test]
fn what_cannot_be_read_is_a_messageerror() {
    let mut world =
        World::running("onmessageerror = event => console.log(event.type, event.data, event.source.type)");
    let garbage = MessageData { bytes: vec![250, 251, 252], attachments: Vec::new() };
    world.dispatch(message(garbage, MessageSource::Client(window())));
    assert_eq!(world.logged(), "messageerror null window");
}

#[test]
fn what_cannot_be_cloned_throws_at_the_sender() {
    let mut world = World::running(
        "try { serviceWorker.postMessage(() => {}) } catch (error) { console.log(error.name) }",
    );
    assert_eq!(world.logged(), "DataCloneError");
}

#[test]
fn a_reply_goes_to_the_client_that_asked() {
    let script = "serviceWorker.postMessage(0); onmessage = event => event.source.postMessage('reply')";
    let mut world = World::running(script);
    let data = posted(&mut world);
    let client = window();
    world.dispatch(message(data, MessageSource::Client(client.clone())));
    match world.service_worker_asked() {
        ServiceWorkerMsg::PostMessageToClient(WorkerId(7), to, _) => assert_eq!(to, client.id),
        other => panic!("{other:?}"),
    }
}

#[test]
fn clients_are_found_opened_and_claimed() {
    let script = "onactivate = event => event.waitUntil((async () => {
        const all = await clients.matchAll({ includeUncontrolled: true, type: 'all' });
        console.log(Object.isFrozen(all), all.map(client => `${client.constructor.name} ${client.type}`).join());
        console.log((await clients.get(all[0].id)).id === all[0].id, await clients.get('nobody'));
        console.log(await clients.claim(), await clients.openWindow('/new'));
        await clients.openWindow('about:blank').catch(error => console.log(error.name));
        await all[0].focus().catch(error => console.log(error.name));
    })())";
    let mut world = World::running(script);
    let outcome = world.step();
    let client = window();
    let worker = ClientInfo { client_type: ClientType::Worker, frame_type: FrameType::None, ..window() };
    let ServiceWorkerMsg::MatchAllClients {
        include_uncontrolled: true,
        client_type: ClientType::All,
        reply,
        ..
    } = world.service_worker_asked()
    else {
        panic!("not matchAll")
    };
    reply.send(vec![client.clone(), worker]);
    assert_eq!(world.logged(), "true WindowClient window,Client worker");
    let ServiceWorkerMsg::GetClient(_, id, reply) = world.service_worker_asked() else { panic!("not get") };
    assert_eq!(id, client.id);
    reply.send(Some(client));
    // "nobody" is no id: nobody is asked for it.
    assert_eq!(world.logged(), "true undefined");
    let ServiceWorkerMsg::Claim(_, reply) = world.service_worker_asked() else { panic!("not claim") };
    reply.send(Ok(()));
    let ServiceWorkerMsg::OpenWindow(_, at, reply) = world.service_worker_asked() else {
        panic!("not openWindow")
    };
    assert_eq!(at.as_str(), "https://a.test/new");
    reply.send(Ok(None));
    assert_eq!(world.logged(), "undefined null");
    assert_eq!(world.logged(), "TypeError");
    assert_eq!(world.logged(), "InvalidAccessError");
    assert_eq!(ended(&outcome), EventOutcome::Completed);
}

#[test]
fn messages_to_a_client_wait_until_its_queue_is_enabled() {
    // A worker is no client, but has a container all the same.
    let script = "
        serviceWorker.postMessage('first'); serviceWorker.postMessage('second');
        const container = navigator.serviceWorker;
        container.addEventListener('message', event => console.log(event.data, event.source.scriptURL, event.origin));
        onactivate = () => container.startMessages();";
    let mut world = World::running(script);
    let from = WorkerInfo {
        worker: WorkerId(9),
        script_url: url("https://a.test/other.js"),
        state: ServiceWorkerState::Activated,
    };
    for _ in 0..2 {
        let data = posted(&mut world);
        world.send(ScriptMsg::ClientMessage { to: world.environment.id, from: from.clone(), data });
    }
    // Only adding a listener enables nothing.
    assert!(world.said_nothing_else());
    assert_eq!(ended(&world.step()), EventOutcome::Completed);
    assert_eq!(world.logged(), "first https://a.test/other.js https://a.test");
    assert_eq!(world.logged(), "second https://a.test/other.js https://a.test");
}

#[test]
fn setting_onmessage_enables_the_queue() {
    let script = "serviceWorker.postMessage('hello');
        onactivate = () => { navigator.serviceWorker.onmessage = event => console.log(event.data) }";
    let mut world = World::running(script);
    let data = posted(&mut world);
    world.send(ScriptMsg::ClientMessage { to: world.environment.id, from: world.worker.clone(), data });
    world.step();
    assert_eq!(world.logged(), "hello");
}
