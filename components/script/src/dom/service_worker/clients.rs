//! [`Clients`](https://w3c.github.io/ServiceWorker/#clients-interface).

use bgfetch_js::{
    DomString, Exception, Fallible, FrozenArray, Promise, Realm, Reflector, Root, platform_object,
    trace_fields,
};
use bgfetch_traits::ids::{ClientId, WorkerId};
use bgfetch_traits::service_worker::{ClientType, ServiceWorkerMsg};

use super::{ask, ask_job};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{self, ClientOrUndefined, ClientQueryOptions, ClientsMethods};
use crate::dom::{Client, WindowClient};
use crate::environment::Environment;

/// `Clients`.
pub(crate) struct Clients {
    reflector: Reflector,
    /// Whose.
    worker: WorkerId,
}

trace_fields!(Clients {});
platform_object!(Clients);

impl Clients {
    pub(crate) const fn new(worker: WorkerId) -> Self {
        Self { reflector: Reflector::new(), worker }
    }
}

impl ClientsMethods for Clients {
    /// [`get()`](https://w3c.github.io/ServiceWorker/#clients-get)
    fn get(&self, realm: &Realm, id: DomString) -> Fallible<Promise<ClientOrUndefined>> {
        let (worker, owner) = (self.worker, realm.clone());
        Agent::current().promise(TaskSource::ServiceWorker, realm, async move {
            // What is not written as ids are is nobody's.
            let id = uuid::Uuid::try_parse(&id).ok().filter(|uuid| *uuid.to_string() == *id).map(ClientId);
            let Some(id) = id else { return Ok(ClientOrUndefined::Undefined(())) };
            let info = ask(&owner, |reply| ServiceWorkerMsg::GetClient(worker, id, reply)).await?;
            Ok(match info {
                None => ClientOrUndefined::Undefined(()),
                Some(info) => ClientOrUndefined::Client(Client::create(&owner, info)?),
            })
        })
    }

    /// [`matchAll()`](https://w3c.github.io/ServiceWorker/#clients-matchall)
    fn match_all(
        &self,
        realm: &Realm,
        options: ClientQueryOptions,
    ) -> Fallible<Promise<FrozenArray<Root<Client>>>> {
        let (worker, owner) = (self.worker, realm.clone());
        let include_uncontrolled = options.include_uncontrolled;
        let client_type = match options.type_ {
            bindings::ClientType::Window => ClientType::Window,
            bindings::ClientType::Worker => ClientType::Worker,
            bindings::ClientType::Sharedworker => ClientType::SharedWorker,
            bindings::ClientType::All => ClientType::All,
        };
        Agent::current().promise(TaskSource::ServiceWorker, realm, async move {
            let infos = ask(&owner, |reply| ServiceWorkerMsg::MatchAllClients {
                worker,
                include_uncontrolled,
                client_type,
                reply,
            });
            let clients: Fallible<Vec<_>> =
                infos.await?.into_iter().map(|info| Client::create(&owner, info)).collect();
            Ok(FrozenArray(clients?))
        })
    }

    /// [`openWindow()`](https://w3c.github.io/ServiceWorker/#clients-openwindow)
    fn open_window(&self, realm: &Realm, url: String) -> Fallible<Promise<Option<Root<WindowClient>>>> {
        // Steps 1 and 2.
        let url = Environment::of(realm)
            .parse_url(&url)
            .map_err(|error| Exception::type_error(format!("{url:?} is no URL: {error}")))?;
        // Step 3.
        if url.as_str() == "about:blank" {
            return Err(Exception::type_error("about:blank cannot be opened"));
        }
        // Steps 4 to 7: whether a user wanted it, and the window, are the embedder's.
        let (worker, owner) = (self.worker, realm.clone());
        Agent::current().promise(TaskSource::ServiceWorker, realm, async move {
            let info = ask_job(&owner, |reply| ServiceWorkerMsg::OpenWindow(worker, url, reply)).await?;
            info.map(|info| WindowClient::create(&owner, info)).transpose()
        })
    }

    /// [`claim()`](https://w3c.github.io/ServiceWorker/#clients-claim)
    fn claim(&self, realm: &Realm) -> Fallible<Promise<()>> {
        let (worker, owner) = (self.worker, realm.clone());
        Agent::current().promise(TaskSource::ServiceWorker, realm, async move {
            ask_job(&owner, |reply| ServiceWorkerMsg::Claim(worker, reply)).await
        })
    }
}
