//! [`FetchEvent`](https://w3c.github.io/ServiceWorker/#fetchevent-interface), and the part of [Create Fetch Event and
//! Dispatch](https://w3c.github.io/ServiceWorker/#create-fetch-event-and-dispatch-algorithm) that runs in the worker.

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Promise, Realm, Root, Traced, Value,
    platform_object, trace_fields,
};
use bgfetch_traits::fetch::RequestMode;
use bgfetch_traits::fetch::{Request as NetRequest, RequestBody, RequestHead, Response as NetResponse};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{FetchOutcome, check_response};

use super::preloading;
use crate::agent::{Agent, TaskSource};
use crate::bindings::{EventInit, EventMethods, FetchEventInit, FetchEventMethods};
use crate::clone;
use crate::dom::fetch::body::Body;
use crate::dom::fetch::headers::Guard;
use crate::dom::{AbortSignal, ExtendableEvent, Request, Response};

/// `FetchEvent`.
pub(crate) struct FetchEvent {
    extendable_event: ExtendableEvent,
    request: Member<Request>,
    preload_response: Traced<Promise<Value>>,
    client_id: DomString,
    resulting_client_id: DomString,
    replaces_client_id: DomString,
    handled: Traced<Promise<()>>,
    /// [Respond-with entered flag](https://w3c.github.io/ServiceWorker/#fetchevent-respond-with-entered-flag).
    respond_with_entered: Cell<bool>,
    /// Who waits for the response; none once there is one, and for events that a page makes.
    exchange: RefCell<Option<Exchange>>,
}

trace_fields!(FetchEvent { extendable_event, request, preload_response, handled });
platform_object!(FetchEvent: ExtendableEvent via extendable_event);

/// What a `fetch` event is about.
#[derive(Debug)]
pub(super) struct Exchange {
    /// The request.
    pub(super) request: Box<NetRequest>,
    /// The client that made it.
    pub(super) client: Option<ClientId>,
    /// The client that a navigation makes.
    pub(super) resulting_client: Option<ClientId>,
    /// Who waits for the response.
    pub(super) reply: Reply<FetchOutcome>,
}

impl FetchEvent {
    /// Steps 17.4.1 to 17.4.11.
    pub(super) fn trusted(
        realm: &Realm,
        mut exchange: Exchange,
        preload: Option<Vec<u8>>,
        cancel: CancelHandle,
    ) -> Fallible<Root<Self>> {
        let head = exchange.request.head.clone();
        // Bytes are shared with what may go to the network in the end; a stream is given away, and taken back.
        let body = match &exchange.request.body {
            Some(RequestBody::Bytes(bytes)) => Some(RequestBody::Bytes(bytes.clone())),
            _ => exchange.request.body.take(),
        };
        let body = body.map(|body| Body::of_request_body(realm, body)).transpose()?;
        let signal = realm.wrap(AbortSignal::new())?;
        let request = Request::create(realm, head, body, Guard::Immutable, Some(signal.clone()))?;
        follow(realm, signal, &cancel);
        let id = |client: Option<ClientId>| client.map(|id| id.to_string()).unwrap_or_default().into();
        let handled = Promise::new(realm)?;
        // A page that does not look at it need not handle its rejection.
        handled.mark_as_handled();
        let preload_response = match preload {
            Some(header) => preloading::start(realm, &exchange.request, header, cancel)?,
            None => Promise::resolve_value(realm, &Value::UNDEFINED)?,
        };
        let init = EventInit { cancelable: true, ..EventInit::default() };
        let event = realm.wrap(Self {
            extendable_event: ExtendableEvent::new_inherited(realm, "fetch".into(), &init),
            request: request.into(),
            preload_response: preload_response.into(),
            client_id: id(exchange.client),
            resulting_client_id: id(exchange.resulting_client),
            // No navigation replaces a client that a worker knows: windows have a thread each.
            replaces_client_id: DomString::default(),
            handled: handled.into(),
            respond_with_entered: Cell::new(false),
            exchange: RefCell::new(Some(exchange)),
        })?;
        event.set_trusted();
        Ok(event)
    }

    /// What follows its dispatch: step 17.4.17, and step 21.
    pub(super) fn dispatched(&self, realm: &Realm) {
        if self.respond_with_entered.get() {
            return;
        }
        let Some(mut exchange) = self.exchange.take() else { return };
        // Step 21.1.
        if self.is_canceled() {
            return self.fail(realm, exchange, "preventDefault() was called, but not respondWith()".into());
        }
        // Step 17.4.17: the stream goes to the network, if nobody has read of it.
        if exchange.request.body.is_none() {
            match self.request.take_body(realm) {
                Ok(body) => exchange.request.body = body,
                Err(_) => {
                    let why = "the worker read the request's body, but did not call respondWith()";
                    return self.fail(realm, exchange, why.into());
                }
            }
        }
        // Steps 21.2 and 21.4.
        self.handled.resolve(realm, ());
        exchange.reply.send(FetchOutcome::Network(exchange.request));
    }

    /// Steps 21.1 and 22.
    fn fail(&self, realm: &Realm, exchange: Exchange, why: String) {
        let url = &exchange.request.head.url;
        self.handled.reject(realm, Exception::dom("NetworkError", format!("{url} was not answered: {why}")));
        exchange.reply.send(FetchOutcome::Error(why));
    }

    /// [`respondWith()`](https://w3c.github.io/ServiceWorker/#fetch-event-respondwith), steps 9 and 10, and the ends of
    /// [Create Fetch Event and
    /// Dispatch](https://w3c.github.io/ServiceWorker/#create-fetch-event-and-dispatch-algorithm).
    fn settled(&self, realm: &Realm, result: Result<&Value, &Value>) {
        let Some(exchange) = self.exchange.take() else { return };
        match potential_response(realm, result, &exchange.request.head) {
            Err(why) => self.fail(realm, exchange, why),
            Ok(response) => {
                // Step 23.
                self.handled.resolve(realm, ());
                exchange.reply.send(match check_response(&exchange.request.head, &response.head) {
                    Ok(()) => FetchOutcome::Response(response),
                    Err(why) => FetchOutcome::Error(why.into()),
                });
            }
        }
    }
}

/// [Create Fetch Event and Dispatch](https://w3c.github.io/ServiceWorker/#create-fetch-event-and-dispatch-algorithm), the
/// step about a fetch controller that is terminated or aborted: its reason aborts the signal of the worker's request.
fn follow(realm: &Realm, signal: Root<AbortSignal>, cancel: &CancelHandle) {
    // The future has no handle: else the two would keep each other for as long as nobody aborts.
    let aborted = Agent::current().ask(|reply| cancel.on_abort(move |reason| reply.send(reason)));
    let owner = realm.clone();
    Agent::current().spawn_in_background(TaskSource::Networking, realm, async move {
        // Nobody can abort it any more.
        let Ok(reason) = aborted.await else { return Ok(()) };
        // [Deserialize a serialized abort reason](https://fetch.spec.whatwg.org/#deserialize-a-serialized-abort-reason):
        // an "AbortError" stands in for what cannot be had.
        let reason = reason.and_then(|reason| clone::deserialize(&owner, reason).ok());
        let reason = reason.map(|(reason, _)| reason).filter(|reason| !reason.is_undefined());
        signal.signal_abort(&owner, reason)
    });
}

/// What a promise given to `respondWith()` settled with, as a response, or why there is none.
fn potential_response(
    realm: &Realm,
    result: Result<&Value, &Value>,
    request: &RequestHead,
) -> Result<NetResponse, String> {
    let describe = |error: Exception| error.describe(realm);
    let value = result.map_err(|reason| {
        format!(
            "the promise given to respondWith() was rejected: {}",
            describe(Exception::js(reason.clone()))
        )
    })?;
    // Step 10.1.
    let response =
        Root::<Response>::from_value(value).ok_or("what respondWith() was given is not a Response")?;
    // Step 10.2: the body is read as it is wanted, and the response can give it to nobody else.
    let mut response = response.to_fetch_response(realm).map_err(describe)?;
    // [Main fetch](https://fetch.spec.whatwg.org/#main-fetch), step 15.
    if response.head.url_list.is_empty() {
        if request.mode != RequestMode::Navigate {
            response.head.url_list.clone_from(&request.redirected_from);
        }
        response.head.url_list.push(request.url.clone());
    }
    Ok(response)
}

impl FetchEventMethods for FetchEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: FetchEventInit) -> Fallible<Self> {
        let preload_response = match event_init_dict.preload_response {
            Some(promise) => promise,
            None => Promise::resolve_value(realm, &Value::UNDEFINED)?,
        };
        let handled = match event_init_dict.handled {
            Some(promise) => promise,
            None => Promise::new(realm)?,
        };
        Ok(Self {
            extendable_event: ExtendableEvent::new_inherited(realm, type_, &event_init_dict.parent.parent),
            request: event_init_dict.request.into(),
            preload_response: preload_response.into(),
            client_id: event_init_dict.client_id,
            resulting_client_id: event_init_dict.resulting_client_id,
            replaces_client_id: event_init_dict.replaces_client_id,
            handled: handled.into(),
            respond_with_entered: Cell::new(false),
            exchange: RefCell::default(),
        })
    }

    fn request(&self, _: &Realm) -> Fallible<Root<Request>> {
        Ok((*self.request).clone())
    }

    fn preload_response(&self, _: &Realm) -> Fallible<Promise<Value>> {
        Ok((*self.preload_response).clone())
    }

    fn client_id(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.client_id.clone())
    }

    fn resulting_client_id(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.resulting_client_id.clone())
    }

    fn replaces_client_id(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.replaces_client_id.clone())
    }

    fn handled(&self, _: &Realm) -> Fallible<Promise<()>> {
        Ok((*self.handled).clone())
    }

    /// [`respondWith()`](https://w3c.github.io/ServiceWorker/#fetch-event-respondwith)
    fn respond_with(&self, realm: &Realm, r: Promise<Root<Response>>) -> Fallible<()> {
        // Step 2.
        if !self.is_dispatched() {
            return Err(Exception::dom("InvalidStateError", "the event has been dispatched already"));
        }
        // Step 3.
        if self.respond_with_entered.get() {
            return Err(Exception::dom("InvalidStateError", "respondWith() was called already"));
        }
        // Step 4.
        self.add_lifetime_promise(realm, &r)?;
        // Step 5.
        self.stop_immediate_propagation(realm)?;
        // Steps 6 and 7.
        self.respond_with_entered.set(true);
        // Steps 9 and 10.
        let (fulfilled, rejected) = (self.root(), self.root());
        r.react(
            realm,
            move |realm, value| fulfilled.settled(realm, Ok(value)),
            move |realm, reason| rejected.settled(realm, Err(reason)),
        )
    }
}
