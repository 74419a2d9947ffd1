//! `importScripts()`: the script resource map, and the network in a first run only.

use bgfetch_traits::fetch::{
    CacheMode, CredentialsMode, Destination, NetworkError, NetworkErrorKind, RequestMode,
};
use bgfetch_traits::service_worker::{ServiceWorkerMsg, ServiceWorkerState, WorkerStarted, WorkerType};

use crate::support::{Start, World, response, url};

const JS: (&str, &str) = ("Content-Type", "text/javascript; charset=utf-8");

fn imported(world: &mut World) -> (String, String) {
    match world.service_worker_asked() {
        ServiceWorkerMsg::ScriptImported(_, script) => (script.url.into(), script.source),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_first_run_fetches_and_tells_what_it_imported() {
    let script = "importScripts('a.js', '/b.js'); console.log(a + b)";
    let mut world = World::start(script, Start::default());
    let started = world.begin_run();
    let (request, reply) = world.fetch_asked();
    assert_eq!(request.head.url.as_str(), "https://a.test/dir/a.js");
    assert_eq!(request.head.mode, RequestMode::NoCors);
    assert_eq!(request.head.destination, Destination::Script);
    assert_eq!(request.head.cache, CacheMode::Default);
    reply.send(Ok(response(200, &[JS], "\u{feff}var a = 'ä'")));
    assert_eq!(imported(&mut world), ("https://a.test/dir/a.js".into(), "var a = 'ä'".into()));
    let (request, reply) = world.fetch_asked();
    assert_eq!(request.head.url.as_str(), "https://a.test/b.js");
    reply.send(Ok(response(200, &[JS], "var b = 'b'")));
    assert_eq!(imported(&mut world).0, "https://a.test/b.js");
    assert_eq!(world.logged(), "äb");
    assert!(matches!(started.recv().unwrap(), WorkerStarted::Ran { .. }));
}

#[test]
fn a_script_is_fetched_once_and_told_each_time() {
    let mut world = World::start("importScripts('a.js'); importScripts('a.js')", Start::default());
    let started = world.begin_run();
    let (_, reply) = world.fetch_asked();
    reply.send(Ok(response(200, &[JS], "console.log('run')")));
    assert_eq!(imported(&mut world), imported(&mut world));
    assert_eq!((world.logged(), world.logged()), ("run".into(), "run".into()));
    assert!(matches!(started.recv().unwrap(), WorkerStarted::Ran { .. }));
}

#[test]
fn later_runs_have_what_is_in_the_map_and_nothing_else() {
    let script = "importScripts('a.js');
        try { importScripts('new.js') } catch (error) { console.log(error.constructor.name, error.name) }";
    let imports = vec![("https://a.test/dir/a.js", "console.log('from the map')")];
    let mut world =
        World::start(script, Start { state: ServiceWorkerState::Activated, imports, ..Start::default() });
    assert!(matches!(world.run(), WorkerStarted::Ran { .. }));
    assert_eq!(world.logged(), "from the map");
    assert_eq!(world.logged(), "DOMException NetworkError");
    assert!(world.said_nothing_else());
}

#[test]
fn a_worker_may_import_until_it_is_installed() {
    let script = "onactivate = () => {
        try { importScripts('late.js') } catch (error) { console.log(error.name) }
    }";
    let mut world = World::running(script);
    let changed = |world: &World, state| {
        let mut info = world.registration.clone();
        let mut worker = world.worker.clone();
        worker.state = state;
        info.installing = Some(worker);
        world.change(&info, false, Vec::new());
    };
    changed(&world, ServiceWorkerState::Installing);
    world.step();
    let (_, reply) = world.fetch_asked();
    reply.send(Ok(response(200, &[JS], "console.log('late')")));
    imported(&mut world);
    assert_eq!(world.logged(), "late");
    changed(&world, ServiceWorkerState::Installed);
    world.step();
    // It is in the map by now.
    assert_eq!(world.logged(), "late");
    assert!(world.said_nothing_else());
}

#[test]
fn what_is_no_script_is_a_network_error() {
    let script = "for (const name of ['missing.js', 'text.txt', 'gone.js']) {
        try { importScripts(name) } catch (error) { console.log(error.name) }
    }
    try { importScripts('http://[') } catch (error) { console.log(error.name) }";
    let mut world = World::start(script, Start::default());
    let started = world.begin_run();
    world.fetch_asked().1.send(Ok(response(404, &[JS], "")));
    world.fetch_asked().1.send(Ok(response(200, &[("Content-Type", "text/plain")], "")));
    world.fetch_asked().1.send(Err(NetworkError::new(NetworkErrorKind::ConnectionRefused, "refused")));
    let names: Vec<String> = (0..4).map(|_| world.logged()).collect();
    assert_eq!(names, ["NetworkError", "NetworkError", "NetworkError", "SyntaxError"]);
    assert!(matches!(started.recv().unwrap(), WorkerStarted::Ran { .. }));
}

#[test]
fn errors_of_scripts_of_other_origins_are_muted() {
    let script = "for (const name of ['own.js', 'https://other.test/x.js']) {
        try { importScripts(name) } catch (error) { console.log(error.name, error.message.includes('secret')) }
    }";
    let mut world = World::start(script, Start::default());
    let started = world.begin_run();
    for _ in 0..2 {
        world.fetch_asked().1.send(Ok(response(200, &[JS], "throw new RangeError('secret')")));
        imported(&mut world);
    }
    assert_eq!(world.logged(), "RangeError true");
    assert_eq!(world.logged(), "NetworkError false");
    assert!(matches!(started.recv().unwrap(), WorkerStarted::Ran { .. }));
}

#[test]
fn a_worker_that_waits_for_a_script_can_be_stopped() {
    let mut world = World::start("importScripts('never.js')", Start::default());
    let started = world.begin_run();
    let (_, reply) = world.fetch_asked();
    world.thread.as_ref().unwrap().interrupter.stop();
    assert!(matches!(started.recv().unwrap(), WorkerStarted::Failed(_)));
    drop(reply);
}

#[test]
fn a_module_graph_is_fetched_with_cors_and_told() {
    let script = "import './dep.js'; try { importScripts('x.js') } catch (error) { console.log(error.name) }";
    let mut world = World::start(script, Start { worker_type: WorkerType::Module, ..Start::default() });
    let started = world.begin_run();
    let (request, reply) = world.fetch_asked();
    assert_eq!(request.head.url, url("https://a.test/dir/dep.js"));
    assert_eq!((request.head.mode, request.head.credentials), (RequestMode::Cors, CredentialsMode::Omit));
    reply.send(Ok(response(200, &[JS], "console.log('dep')")));
    assert_eq!(imported(&mut world).0, "https://a.test/dir/dep.js");
    assert_eq!(world.logged(), "dep");
    assert_eq!(world.logged(), "TypeError");
    assert!(matches!(started.recv().unwrap(), WorkerStarted::Ran { .. }));
}
