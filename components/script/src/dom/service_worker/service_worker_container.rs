//! [`ServiceWorkerContainer`](https://w3c.github.io/ServiceWorker/#serviceworkercontainer-interface).

use std::cell::RefCell;
use std::collections::VecDeque;

use bgfetch_js::{
    Exception, Fallible, FrozenArray, PlatformObject, Promise, Realm, Root, ToJs, Traced, Value,
    platform_object, trace_fields,
};
use bgfetch_traits::fetch::{Destination, Priority, Request, RequestHead};
use bgfetch_traits::service_worker::{MessageData, ServiceWorkerMsg, UpdateViaCache, WorkerInfo, WorkerType};
use url::Url;

use super::{ask, ask_job, objects};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{
    self, RegistrationOptions, ServiceWorkerContainerMethods, ServiceWorkerRegistrationOrUndefined,
    ServiceWorkerUpdateViaCache,
};
use crate::dom::events::message_event::{self, Message};
use crate::dom::{EventTarget, ServiceWorker, ServiceWorkerRegistration};
use crate::environment::Environment;
use crate::{clone, policies};

/// `ServiceWorkerContainer`.
pub(crate) struct ServiceWorkerContainer {
    event_target: EventTarget,
    /// [Ready promise](https://w3c.github.io/ServiceWorker/#serviceworkercontainer-ready-promise).
    ready: RefCell<Option<Traced<Promise<Root<ServiceWorkerRegistration>>>>>,
    /// [Client message queue](https://w3c.github.io/ServiceWorker/#serviceworkercontainer-client-message-queue), as long as
    /// it is disabled.
    messages: RefCell<Option<VecDeque<ClientMessage>>>,
}

/// A message from a worker.
struct ClientMessage {
    from: WorkerInfo,
    data: MessageData,
}

trace_fields!(ServiceWorkerContainer { event_target, ready });
platform_object!(ServiceWorkerContainer: EventTarget via event_target);

impl ServiceWorkerContainer {
    pub(super) fn new() -> Self {
        Self {
            event_target: EventTarget::new_inherited(),
            ready: RefCell::default(),
            messages: RefCell::new(Some(VecDeque::new())),
        }
    }

    /// Enables the client message queue.
    fn enable(&self, realm: &Realm) {
        let waiting = self.messages.borrow_mut().take();
        for message in waiting.into_iter().flatten() {
            let this = self.root();
            Agent::current()
                .queue_global(TaskSource::PostedMessage, realm, move |realm| this.deliver(realm, message));
        }
    }

    /// [`Client.postMessage()`](https://w3c.github.io/ServiceWorker/#client-postmessage-options), steps 4.5.1 to 4.5.6.
    fn deliver(&self, realm: &Realm, message: ClientMessage) -> Fallible<()> {
        let origin = Environment::of(realm).origin.ascii_serialization();
        let source = Some(objects::worker(realm, &message.from)?.to_js(realm)?);
        match clone::deserialize(realm, message.data) {
            Ok((data, ports)) => {
                message_event::fire(realm, self, "message", Message { data, origin, source, ports })?;
            }
            Err(_) => {
                let message = Message { data: Value::NULL, origin, source, ports: Vec::new() };
                message_event::fire(realm, self, "messageerror", message)?;
            }
        }
        Ok(())
    }
}

/// A message came from a service worker: delivered now, or when the queue is enabled.
pub(crate) fn message_came(realm: &Realm, from: WorkerInfo, data: MessageData) -> Fallible<()> {
    let container = objects::container(realm)?;
    let message = ClientMessage { from, data };
    if let Some(waiting) = &mut *container.messages.borrow_mut() {
        waiting.push_back(message);
        return Ok(());
    }
    container.deliver(realm, message)
}

/// [Stops parsing](https://html.spec.whatwg.org/multipage/parsing.html#the-end) enables a document's client message queue.
pub(crate) fn enable_client_message_queue(realm: &Realm) -> Fallible<()> {
    objects::container(realm)?.enable(realm);
    Ok(())
}

/// The first time [`onmessage`](https://w3c.github.io/ServiceWorker/#dom-serviceworkercontainer-onmessage) is set, the
/// queue is enabled.
pub(crate) fn handler_set(realm: &Realm, target: &EventTarget, name: &str) {
    if name == "message"
        && let Some(container) = target.root().downcast::<ServiceWorkerContainer>()
    {
        container.enable(realm);
    }
}

fn parse(environment: &Environment, what: &str, text: &str) -> Fallible<Url> {
    environment
        .parse_url(text)
        .map_err(|error| Exception::type_error(format!("the {what} {text:?} is no URL: {error}")))
}

impl ServiceWorkerContainerMethods for ServiceWorkerContainer {
    fn controller(&self, realm: &Realm) -> Fallible<Option<Root<ServiceWorker>>> {
        let controller = Environment::of(realm).controller.borrow().clone();
        objects::optional_worker(realm, controller.as_ref())
    }

    /// [`ready`](https://w3c.github.io/ServiceWorker/#navigator-service-worker-ready)
    fn ready(&self, realm: &Realm) -> Fallible<Promise<Root<ServiceWorkerRegistration>>> {
        // Step 1.
        if let Some(ready) = &*self.ready.borrow() {
            return Ok((**ready).clone());
        }
        let promise = Promise::new(realm)?;
        self.ready.replace(Some(promise.clone().into()));
        // Step 3, and step 7 of Activate: asked once, answered when there is an active worker.
        let (ready, owner) = (promise.clone(), realm.clone());
        Agent::current().spawn_in_background(TaskSource::ServiceWorker, realm, async move {
            // Without an answer the promise stays pending: it never rejects.
            if let Ok(info) = ask(&owner, ServiceWorkerMsg::Ready).await {
                ready.resolve(&owner, objects::registration(&owner, &info)?);
            }
            Ok(())
        });
        Ok(promise)
    }

    /// [`register()`](https://w3c.github.io/ServiceWorker/#navigator-service-worker-register)
    fn register(
        &self,
        realm: &Realm,
        script_url: String,
        options: RegistrationOptions,
    ) -> Fallible<Promise<Root<ServiceWorkerRegistration>>> {
        let environment = Environment::of(realm);
        // Step 4, and step 1 of [Start Register](https://w3c.github.io/ServiceWorker/#start-register-algorithm).
        let script_url = parse(&environment, "script URL", &script_url)?;
        // Steps 5 and 6, and steps 5 and 6 of Start Register.
        let scope = match &options.scope {
            Some(scope) => parse(&environment, "scope", scope)?,
            None => script_url.join("./").map_err(|_| {
                Exception::type_error(format!("the script URL {script_url} is neither http: nor https:"))
            })?,
        };
        let worker_type = match options.type_ {
            bindings::WorkerType::Classic => WorkerType::Classic,
            bindings::WorkerType::Module => WorkerType::Module,
        };
        let update_via_cache = match options.update_via_cache {
            ServiceWorkerUpdateViaCache::Imports => UpdateViaCache::Imports,
            ServiceWorkerUpdateViaCache::All => UpdateViaCache::All,
            ServiceWorkerUpdateViaCache::None => UpdateViaCache::None,
        };
        let mut request = Request {
            head: RequestHead {
                destination: Destination::ServiceWorker,
                ..RequestHead::get(script_url.clone())
            },
            client: environment.client(),
            body: None,
            priority: Priority::Foreground,
        };
        // Not in the text, where the fetch of Update fails with a TypeError: the official tests and all browsers.
        if !request.client.policy.csp_list.is_empty()
            && let Err(error) = policies::check_request(&mut request)
        {
            return Err(Exception::dom("SecurityError", error.to_string()));
        }
        // Step 7: the other steps of Start Register are the coordinator's, which checks the URLs of every thread.
        let owner = realm.clone();
        Agent::current().promise(TaskSource::ServiceWorker, realm, async move {
            let info = ask_job(&owner, |reply| ServiceWorkerMsg::Register {
                script_url,
                scope,
                worker_type,
                update_via_cache,
                reply,
            });
            objects::registration(&owner, &info.await?)
        })
    }

    /// [`getRegistration()`](https://w3c.github.io/ServiceWorker/#navigator-service-worker-getRegistration)
    fn get_registration(
        &self,
        realm: &Realm,
        client_url: String,
    ) -> Fallible<Promise<ServiceWorkerRegistrationOrUndefined>> {
        let environment = Environment::of(realm);
        // Steps 3 to 5.
        let mut client_url = parse(&environment, "client URL", &client_url)?;
        client_url.set_fragment(None);
        // Step 6.
        if client_url.origin() != environment.origin {
            let message = format!("{client_url} is of another origin than this document or worker");
            return Err(Exception::dom("SecurityError", message));
        }
        // Steps 7 and 8.
        let owner = realm.clone();
        Agent::current().promise(TaskSource::ServiceWorker, realm, async move {
            let info = ask(&owner, |reply| ServiceWorkerMsg::GetRegistration(client_url, reply)).await?;
            Ok(match info {
                None => ServiceWorkerRegistrationOrUndefined::Undefined(()),
                Some(info) => ServiceWorkerRegistrationOrUndefined::ServiceWorkerRegistration(
                    objects::registration(&owner, &info)?,
                ),
            })
        })
    }

    /// [`getRegistrations()`](https://w3c.github.io/ServiceWorker/#navigator-service-worker-getRegistrations)
    fn get_registrations(
        &self,
        realm: &Realm,
    ) -> Fallible<Promise<FrozenArray<Root<ServiceWorkerRegistration>>>> {
        let owner = realm.clone();
        Agent::current().promise(TaskSource::ServiceWorker, realm, async move {
            let infos = ask(&owner, ServiceWorkerMsg::GetRegistrations).await?;
            let objects: Fallible<Vec<_>> =
                infos.iter().map(|info| objects::registration(&owner, info)).collect();
            Ok(FrozenArray(objects?))
        })
    }

    fn start_messages(&self, realm: &Realm) -> Fallible<()> {
        self.enable(realm);
        Ok(())
    }
}
