//! What a worker's global object has.

use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::storage::{PartitionMsg, StorageError, StorageEstimate};

use crate::support::{Asked, PartitionRequest, World};

#[test]
fn the_global_object_is_what_it_says() {
    let mut world = World::running(
        "console.log(self === globalThis, self.self === self, self instanceof ServiceWorkerGlobalScope, isSecureContext, origin);
         console.log(Object.prototype.toString.call(self), typeof Window, typeof WorkerGlobalScope, 'localStorage' in self)",
    );
    assert_eq!(world.logged(), "true true true true https://a.test");
    assert_eq!(world.logged(), "[object ServiceWorkerGlobalScope] undefined function false");
}

#[test]
fn location_is_that_of_the_script() {
    let mut world = World::running(
        "const { href, origin, protocol, host, hostname, port, pathname, search, hash } = location;
         console.log(href, origin, protocol, host, hostname, `|${port}|${search}|${hash}|`, pathname, String(location) === href)",
    );
    assert_eq!(
        world.logged(),
        "https://a.test/dir/sw.js https://a.test https: a.test a.test |||| /dir/sw.js true"
    );
}

#[test]
fn navigator_tells_of_the_browser_and_the_connection() {
    let mut world = World::running(
        "console.log(navigator.userAgent, navigator.appVersion, navigator.language, navigator.languages.join(), navigator.hardwareConcurrency > 0);
         console.log(navigator === self.navigator, navigator.storage === navigator.storage, navigator.permissions === navigator.permissions, navigator.serviceWorker === navigator.serviceWorker);
         onoffline = event => console.log(event.type, navigator.onLine);
         ononline = event => console.log(event.type, navigator.onLine);",
    );
    assert_eq!(world.logged(), "Mozilla/5.0 (Test) 5.0 (Test) en-US en-US true");
    assert_eq!(world.logged(), "true true true true");
    world.send(ScriptMsg::Online(true));
    world.send(ScriptMsg::Online(false));
    world.send(ScriptMsg::Online(true));
    assert_eq!(world.logged(), "offline false");
    assert_eq!(world.logged(), "online true");
}

#[test]
fn permissions_are_asked_for_and_followed() {
    let mut world = World::running(
        "onactivate = event => event.waitUntil((async () => {
            const watched = await navigator.permissions.query({ name: 'background-fetch' });
            const silent = await navigator.permissions.query({ name: 'background-fetch' });
            console.log(watched.name, watched.state, watched === silent);
            watched.onchange = () => console.log('change', watched.state, silent.state);
            await navigator.permissions.query({ name: 'telepathy' }).catch(error => console.log(error.name));
            await navigator.permissions.query({}).catch(error => console.log(error.name));
        })())",
    );
    world.step();
    for _ in 0..2 {
        let Asked::Permission(name, reply) = world.asked() else { panic!("not a permission") };
        assert_eq!(name, "background-fetch");
        reply.send(PermissionState::Prompt);
    }
    assert_eq!(world.logged(), "background-fetch prompt false");
    assert_eq!((world.logged(), world.logged()), ("TypeError".into(), "TypeError".into()));
    let changed =
        |world: &World, name: &str, state| world.send(ScriptMsg::PermissionChanged(name.into(), state));
    changed(&world, "persistent-storage", PermissionState::Denied);
    changed(&world, "background-fetch", PermissionState::Prompt);
    changed(&world, "background-fetch", PermissionState::Granted);
    assert_eq!(world.logged(), "change granted granted");
}

#[test]
fn storage_is_estimated_and_persistent_if_permitted() {
    let mut world = World::running(
        "onactivate = event => event.waitUntil((async () => {
            const { usage, quota } = await navigator.storage.estimate(); console.log(usage, quota);
            await navigator.storage.estimate().catch(error => console.log(error.name));
            console.log(await navigator.storage.persisted(), await navigator.storage.persisted(), 'persist' in navigator.storage);
        })())",
    );
    world.step();
    let estimates =
        [Ok(StorageEstimate { usage: 7, quota: 9 }), Err(StorageError::NotFound("nothing".into()))];
    for (estimate, expected) in estimates.into_iter().zip(["7 9", "TypeError"]) {
        let Asked::Storage(PartitionRequest(PartitionMsg::Estimate(reply))) = world.asked() else { panic!() };
        reply.send(estimate);
        assert_eq!(world.logged(), expected);
    }
    for state in [PermissionState::Prompt, PermissionState::Granted] {
        let Asked::Permission(_, reply) = world.asked() else { panic!("not a permission") };
        reply.send(state);
    }
    assert_eq!(world.logged(), "false true false");
}
