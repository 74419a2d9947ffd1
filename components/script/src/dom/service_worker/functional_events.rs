//! Events that a service worker gets from the coordinator, and how they end.

use bgfetch_js::{ErrorLocation, Fallible, PlatformObject, Realm, Root, ToJs, Value};
use bgfetch_traits::coordinator::ConsoleLevel;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{
    BackgroundFetchEventKind, EventOutcome, FunctionalEvent, MessageData, MessageSource,
};

use super::fetch_event::Exchange;
use super::objects;
use crate::agent::Agent;
use crate::clone;
use crate::dom::events::message_event::Message;
use crate::dom::{
    BackgroundFetchEvent, BackgroundFetchUpdateUIEvent, Client, Event, EventTarget, ExtendableEvent,
    ExtendableMessageEvent, FetchEvent, InstallEvent, PermissionStatus, ServiceWorkerGlobalScope,
};
use crate::environment::{Environment, GlobalKind};
use crate::report::to_console;

/// Dispatches an event at the global object of a service worker; `ended` is answered when it is not active any more.
pub(crate) fn dispatch(realm: &Realm, event: FunctionalEvent, ended: Reply<EventOutcome>) {
    match fire(realm, event) {
        Ok(event) => {
            if Agent::current().is_out_of_time() {
                event.set_timed_out();
            }
            event.when_inactive(ended);
        }
        Err(exception) => ended.send(EventOutcome::WorkerFailed(exception.describe(realm))),
    }
}

/// Makes the event and dispatches it.
fn fire(realm: &Realm, event: FunctionalEvent) -> Fallible<Root<ExtendableEvent>> {
    let event = match event {
        // [Install](https://w3c.github.io/ServiceWorker/#installation-algorithm), step 11.3.1.
        FunctionalEvent::Install => InstallEvent::trusted(realm)?.upcast(),
        // [Activate](https://w3c.github.io/ServiceWorker/#activation-algorithm), step 10.1.1.
        FunctionalEvent::Activate => ExtendableEvent::trusted(realm, "activate")?,
        FunctionalEvent::Fetch { request, client, resulting_client, preload, cancel, reply } => {
            let exchange = Exchange { request, client, resulting_client, reply };
            let event = FetchEvent::trusted(realm, exchange, preload, cancel)?;
            dispatch_at_global(realm, &event.upcast())?;
            event.dispatched(realm);
            return Ok(event.upcast());
        }
        FunctionalEvent::Message { data, source, origin } => message(realm, data, source, origin)?.upcast(),
        FunctionalEvent::BackgroundFetch { kind, info } => {
            let registration = objects::background_fetch(realm, &info)?;
            match kind {
                BackgroundFetchEventKind::Success | BackgroundFetchEventKind::Fail => {
                    BackgroundFetchUpdateUIEvent::trusted(realm, kind, registration)?.upcast()
                }
                BackgroundFetchEventKind::Abort | BackgroundFetchEventKind::Click => {
                    BackgroundFetchEvent::trusted(realm, kind, registration)?.upcast()
                }
            }
        }
    };
    dispatch_at_global(realm, &event.upcast())?;
    Ok(event)
}

fn dispatch_at_global(realm: &Realm, event: &Root<Event>) -> Fallible<()> {
    if let Some(global) = realm.global_as::<EventTarget>() {
        global.dispatch(realm, event)?;
    }
    Ok(())
}

/// [`ServiceWorker.postMessage()`](https://w3c.github.io/ServiceWorker/#service-worker-postmessage-options), steps 6.2.1
/// to 6.2.5.
fn message(
    realm: &Realm,
    data: MessageData,
    source: MessageSource,
    origin: String,
) -> Fallible<Root<ExtendableMessageEvent>> {
    let source = match source {
        MessageSource::Client(info) => Client::create(realm, info)?.to_js(realm)?,
        MessageSource::Worker(info) => objects::worker(realm, &info)?.to_js(realm)?,
    };
    let source = Some(source);
    match clone::deserialize(realm, data) {
        Ok((data, ports)) => {
            ExtendableMessageEvent::trusted(realm, "message", Message { data, origin, source, ports })
        }
        Err(_) => {
            let message = Message { data: Value::NULL, origin, source, ports: Vec::new() };
            ExtendableMessageEvent::trusted(realm, "messageerror", message)
        }
    }
}

/// A listener or event handler was added somewhere: some targets have to know.
pub(crate) fn listener_added(realm: &Realm, target: &EventTarget, event_type: &str) {
    let Some(environment) = Environment::try_of(realm) else { return };
    if event_type == "change"
        && let Some(status) = target.root().downcast::<PermissionStatus>()
    {
        status.listened_to(realm);
    }
    if environment.kind == GlobalKind::ServiceWorker
        && is_functional(event_type)
        && !target.has_listener(event_type)
        && let Some(global) = target.root().downcast::<ServiceWorkerGlobalScope>()
        && global.has_run()
    {
        // [Should Skip Event](https://w3c.github.io/ServiceWorker/#should-skip-event-algorithm) goes by the first run.
        let text = format!(
            "the {event_type:?} listener was added after the worker's script had run: it may be skipped"
        );
        to_console(&environment, ConsoleLevel::Warn, text, &ErrorLocation::default());
    }
}

/// Whether an event of this type may start a worker.
fn is_functional(event_type: &str) -> bool {
    matches!(event_type, "install" | "activate" | "fetch" | "message")
        || BackgroundFetchEventKind::parse(event_type).is_some()
}
