//! [`Client`](https://w3c.github.io/ServiceWorker/#client-interface).

use bgfetch_js::{DomString, Fallible, Object, Realm, Reflector, Root, Value, platform_object, trace_fields};
use bgfetch_traits::service_worker::{ClientInfo, ClientType, FrameType, ServiceWorkerMsg};

use super::tell;
use crate::bindings::{self, ClientMethods, StructuredSerializeOptions};
use crate::clone;
use crate::dom::{ServiceWorkerGlobalScope, WindowClient};

/// `Client`.
pub(crate) struct Client {
    reflector: Reflector,
    /// The [service worker client](https://w3c.github.io/ServiceWorker/#client-service-worker-client), as it was.
    info: ClientInfo,
}

trace_fields!(Client {});
platform_object!(Client);

impl Client {
    pub(super) fn new_inherited(info: ClientInfo) -> Self {
        Self { reflector: Reflector::new(), info }
    }

    /// [Creates a client](https://w3c.github.io/ServiceWorker/#create-client-algorithm), or a [window
    /// client](https://w3c.github.io/ServiceWorker/#create-windowclient-algorithm).
    pub(crate) fn create(realm: &Realm, info: ClientInfo) -> Fallible<Root<Self>> {
        if info.client_type == ClientType::Window {
            return Ok(WindowClient::create(realm, info)?.upcast());
        }
        realm.wrap(Self::new_inherited(info))
    }

    pub(super) const fn info(&self) -> &ClientInfo {
        &self.info
    }

    /// [`postMessage()`](https://w3c.github.io/ServiceWorker/#client-postmessage-options)
    fn post(&self, realm: &Realm, message: &Value, transfer: &[Object]) -> Fallible<()> {
        // Step 3.
        let data = clone::serialize(realm, message, transfer)?;
        // Step 4 is the coordinator's, and the client's: see `service_worker_container`.
        if let Some(global) = realm.global_as::<ServiceWorkerGlobalScope>() {
            tell(realm, ServiceWorkerMsg::PostMessageToClient(global.worker_id(), self.info.id, data));
        }
        Ok(())
    }
}

impl ClientMethods for Client {
    fn url(&self, _: &Realm) -> Fallible<String> {
        Ok(self.info.url.as_str().to_owned())
    }

    fn frame_type(&self, _: &Realm) -> Fallible<bindings::FrameType> {
        Ok(match self.info.frame_type {
            FrameType::Auxiliary => bindings::FrameType::Auxiliary,
            FrameType::TopLevel => bindings::FrameType::TopLevel,
            FrameType::Nested => bindings::FrameType::Nested,
            FrameType::None => bindings::FrameType::None,
        })
    }

    fn id(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.info.id.to_string().into())
    }

    fn type_(&self, _: &Realm) -> Fallible<bindings::ClientType> {
        Ok(match self.info.client_type {
            // Nobody is of type "all": that is a query.
            ClientType::Window | ClientType::All => bindings::ClientType::Window,
            ClientType::Worker => bindings::ClientType::Worker,
            ClientType::SharedWorker => bindings::ClientType::Sharedworker,
        })
    }

    fn post_message_with_transfer(
        &self,
        realm: &Realm,
        message: Value,
        transfer: Vec<Object>,
    ) -> Fallible<()> {
        self.post(realm, &message, &transfer)
    }

    fn post_message(
        &self,
        realm: &Realm,
        message: Value,
        options: StructuredSerializeOptions,
    ) -> Fallible<()> {
        self.post(realm, &message, &options.transfer)
    }
}
