//! The events that a worker gets.

use bgfetch_traits::background_fetch::BackgroundFetchMsg;
use bgfetch_traits::ids::BackgroundFetchId;
use bgfetch_traits::service_worker::{BackgroundFetchEventKind, EventOutcome};

use super::{event, info};
use crate::support::{World, ended};

#[test]
fn each_event_has_its_interface_and_the_registration() {
    let script = "for (const kind of ['success', 'fail', 'abort', 'click'])
        self['onbackgroundfetch' + kind] = event => console.log(event.type, event.constructor.name, event.registration.id,
            event.registration === (globalThis.known ??= event.registration))";
    let mut world = World::running(script);
    for kind in BackgroundFetchEventKind::ALL {
        let outcome = world.dispatch(event(*kind, &info()));
        assert_eq!(ended(&outcome), EventOutcome::Completed);
        let interface = match kind {
            BackgroundFetchEventKind::Success | BackgroundFetchEventKind::Fail => {
                "BackgroundFetchUpdateUIEvent"
            }
            BackgroundFetchEventKind::Abort | BackgroundFetchEventKind::Click => "BackgroundFetchEvent",
        };
        assert_eq!(world.logged(), format!("{kind} {interface} ep-5 true"));
    }
}

#[test]
fn update_ui_works_once_while_the_event_is_active() {
    let script = "const name = promise => promise.then(value => `fine ${value}`, error => error.name);
        onbackgroundfetchsuccess = event => event.waitUntil((async () => {
            console.log(await name(event.updateUI({ title: 'done', icons: [{ src: 'i.png' }] })));
            console.log(await name(event.updateUI({ title: 'again' })));
        })());
        onbackgroundfetchfail = event => { setTimeout(async () => console.log(await name(event.updateUI({})))) };
        onactivate = async ({ registration }) => {
            const init = { registration: globalThis.registered };
            console.log(await name(new BackgroundFetchUpdateUIEvent('x', init).updateUI()));
        };
        onbackgroundfetchabort = event => { globalThis.registered = event.registration };";
    let mut world = World::running(script);
    let outcome = world.dispatch(event(BackgroundFetchEventKind::Success, &info()));
    let BackgroundFetchMsg::UpdateUi { fetch, title, icons, reply } = world.background_fetch_asked() else {
        panic!()
    };
    assert_eq!((fetch, title.as_deref()), (BackgroundFetchId(5), Some("done")));
    assert_eq!(icons.unwrap()[0].src.as_str(), "https://a.test/dir/i.png");
    reply.send(());
    assert_eq!(world.logged(), "fine undefined");
    assert_eq!(world.logged(), "InvalidStateError");
    assert_eq!(ended(&outcome), EventOutcome::Completed);
    // After the event.
    world.dispatch(event(BackgroundFetchEventKind::Fail, &info()));
    assert_eq!(world.logged(), "InvalidStateError");
    // An event that script made.
    world.dispatch(event(BackgroundFetchEventKind::Abort, &info()));
    world.step();
    assert_eq!(world.logged(), "InvalidStateError");
    assert!(world.said_nothing_else());
}
