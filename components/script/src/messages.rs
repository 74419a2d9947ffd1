//! Messages to this thread, as tasks.

use std::rc::Rc;

use bgfetch_js::{Fallible, Realm};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::script::ScriptMsg;

use crate::agent::{Agent, TaskSource};
use crate::dom::background_fetch::background_fetch_registration::background_fetch_changed;
use crate::dom::globals::{connectivity, permissions};
use crate::dom::messaging::{broadcast_channel, message_port};
use crate::dom::service_worker::changes::{RegistrationChange, registration_changed};
use crate::dom::service_worker::{functional_events, run_service_worker, service_worker_container};
use crate::dom::storage::changes;
use crate::dom::window::navigation;
use crate::dom::workers::{owned, shared_worker_global_scope};
use crate::policies;

/// Queues what a message asks for.
pub(crate) fn queue(agent: &Rc<Agent>, message: ScriptMsg) {
    match message {
        ScriptMsg::RunWorker(reply) => {
            queue_for_worker(agent, move |realm| run_service_worker::run(realm, reply))
        }
        ScriptMsg::FunctionalEvent(event, ended) => {
            queue_for_worker(agent, move |realm| functional_events::dispatch(realm, event, ended));
        }
        ScriptMsg::ClientMessage { to, from, data } => {
            queue_for(agent, to, TaskSource::PostedMessage, move |realm| {
                service_worker_container::message_came(realm, from, data)
            })
        }
        ScriptMsg::Navigate { to, url, reply } => {
            queue_for(agent, to, TaskSource::ServiceWorker, move |realm| {
                navigation::navigate_for_worker(realm, url, reply);
                Ok(())
            });
        }
        ScriptMsg::RegistrationChanged { to, info, update_found, controller, redundant } => {
            let change = RegistrationChange { info, update_found, controller, redundant };
            queue_for(agent, to, TaskSource::ServiceWorker, move |realm| registration_changed(realm, change));
        }
        ScriptMsg::BackgroundFetchChanged { to, fetch, progress } => {
            queue_for(agent, to, TaskSource::BackgroundFetch, move |realm| {
                background_fetch_changed(realm, fetch, progress)
            });
        }
        ScriptMsg::BackgroundFetchSync { to, reply } => {
            queue_for(agent, to, TaskSource::BackgroundFetch, move |_| {
                reply.send(());
                Ok(())
            });
        }
        ScriptMsg::Broadcast { to, channel, data } => {
            broadcast_channel::receive_from_elsewhere(&to, &channel, &data)
        }
        ScriptMsg::WorkerEvent { to, object, event } => {
            queue_for(agent, to, TaskSource::DomManipulation, move |realm| {
                owned::happened(realm, object, event)
            });
        }
        ScriptMsg::PolicyViolated { to, violation, place } => match agent.realm_of(to) {
            Some(realm) => policies::report::violated(&realm, *violation, &place, None),
            None => tracing::debug!(%to, ?violation, "a violation of what is gone"),
        },
        ScriptMsg::Connect(port) => shared_worker_global_scope::connect(agent, port),
        ScriptMsg::PortReady(port) => message_port::ready(agent, port),
        ScriptMsg::Online(online) => connectivity::changed(agent, online),
        ScriptMsg::StorageCleared(key) => changes::clear_sessions(agent, &key),
        ScriptMsg::LocalStorageChanged { to, change } => changes::changed_elsewhere(agent, &to, &change),
        ScriptMsg::PermissionChanged(name, state) => {
            for realm in agent.realms() {
                let name = name.clone();
                agent.queue_global(TaskSource::Permission, &realm, move |realm| {
                    permissions::changed(realm, &name, state)
                });
            }
        }
        ScriptMsg::Embedder(request) => crate::embedder::queue(agent, request),
        // The event loop's own.
        ScriptMsg::Reply { .. } | ScriptMsg::Wake(_) | ScriptMsg::Shutdown => {}
    }
}

/// Queues a task for an environment of this thread; one that is gone is told nothing.
fn queue_for(
    agent: &Rc<Agent>,
    to: ClientId,
    source: TaskSource,
    run: impl FnOnce(&Realm) -> Fallible<()> + 'static,
) {
    match agent.realm_of(to) {
        Some(realm) => agent.queue_global(source, &realm, run),
        None => tracing::debug!(%to, "a message for an environment that is gone"),
    }
}

/// Queues a task for the service worker of this thread.
fn queue_for_worker(agent: &Rc<Agent>, run: impl FnOnce(&Realm) + 'static) {
    match agent.realms().into_iter().next() {
        Some(realm) => agent.queue_global(TaskSource::ServiceWorker, &realm, move |realm| {
            run(realm);
            Ok(())
        }),
        None => tracing::debug!("an event for a worker that is gone"),
    }
}
