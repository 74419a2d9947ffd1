//! [`MessagePort`](https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports).
//!
//! Two ports share a [channel](super::channel). A port that is enabled, or that somebody wants to know the close of, is
//! told by [`ScriptMsg::PortReady`](bgfetch_traits::script::ScriptMsg::PortReady) that there is something.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};

use bgfetch_js::{
    Exception, Fallible, Member, Object, PlatformObject, Realm, Root, Trace, Tracer, Value, platform_object,
    trace_fields,
};

use super::channel::{ListenerId, PortHandle};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{MessagePortMethods, StructuredSerializeOptions};
use crate::clone;
use crate::dom::EventTarget;
use crate::dom::events::event;
use crate::dom::events::message_event::{self, Message};

/// `MessagePort`.
pub(crate) struct MessagePort {
    event_target: EventTarget,
    /// `None` once it was transferred, or closed; so does the end of its realm.
    end: Rc<RefCell<Option<PortHandle>>>,
    /// It is told of messages.
    listener: Cell<Option<ListenerId>>,
    /// Its [port message queue](https://html.spec.whatwg.org/multipage/web-messaging.html#port-message-queue) is enabled.
    enabled: Cell<bool>,
    /// `[[Detached]]`
    detached: Cell<bool>,
    /// The event of the other end's close was fired.
    has_fired_close: Cell<bool>,
    receiver: OnceCell<Receiver>,
}

/// Who gets the messages of a port, if not the port.
enum Receiver {
    /// Its [message event target](https://html.spec.whatwg.org/multipage/web-messaging.html#message-event-target): of a
    /// worker's implicit ports, the object that they belong to.
    Target(Member<EventTarget>),
    /// No object that a page sees.
    Native(Box<dyn PortHandler>),
}

/// The platform's own handlers of a port's events, for ports that no page sees, such as those of transferred streams.
pub(crate) trait PortHandler: Trace {
    /// A message came.
    ///
    /// # Errors
    /// Whatever is to be reported.
    fn message(&self, realm: &Realm, port: &MessagePort, data: &Value) -> Fallible<()>;

    /// A message came that could not be deserialized.
    ///
    /// # Errors
    /// Whatever is to be reported.
    fn message_error(&self, realm: &Realm, port: &MessagePort) -> Fallible<()>;

    /// The other end was closed, or its realm is gone: no message comes any more.
    ///
    /// # Errors
    /// Whatever is to be reported.
    fn closed(&self, realm: &Realm, port: &MessagePort) -> Fallible<()> {
        let _ = (realm, port);
        Ok(())
    }
}

impl Trace for Receiver {
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            Self::Target(target) => target.trace(tracer),
            Self::Native(handler) => handler.trace(tracer),
        }
    }
}

trace_fields!(MessagePort { event_target, receiver });
platform_object!(MessagePort: EventTarget via event_target);

/// The end of some port of a realm.
type OwnedEnd = (Realm, Weak<RefCell<Option<PortHandle>>>);

thread_local! {
    /// Ports of this thread that are told of messages: they live as long as something can come.
    static LISTENING: RefCell<HashMap<ListenerId, (Realm, Root<MessagePort>)>> = RefCell::default();
    /// The ends of all ports of this thread: they are closed with their realm.
    static ENDS: RefCell<Vec<OwnedEnd>> = const { RefCell::new(Vec::new()) };
}

/// Adds an end to those of its realm, and forgets those that are no more, once in a while.
fn own_end(realm: &Realm, end: &Rc<RefCell<Option<PortHandle>>>) {
    ENDS.with_borrow_mut(|ends| {
        if ends.len() == ends.capacity() {
            ends.retain(|(_, end)| end.strong_count() > 0);
            let room = ends.len().max(16);
            ends.reserve(room);
        }
        ends.push((realm.clone(), Rc::downgrade(end)));
    });
}

impl MessagePort {
    /// A port of a realm.
    pub(crate) fn create(realm: &Realm, handle: PortHandle) -> Fallible<Root<Self>> {
        let end = Rc::new(RefCell::new(Some(handle)));
        own_end(realm, &end);
        realm.wrap(Self {
            event_target: EventTarget::new_inherited(),
            end,
            listener: Cell::new(None),
            enabled: Cell::new(false),
            detached: Cell::new(false),
            has_fired_close: Cell::new(false),
            receiver: OnceCell::new(),
        })
    }

    /// Two new ports, [entangled](https://html.spec.whatwg.org/multipage/web-messaging.html#entangle).
    pub(crate) fn entangled(realm: &Realm) -> Fallible<(Root<Self>, Root<Self>)> {
        let (first, second) = PortHandle::pair();
        Ok((Self::create(realm, first)?, Self::create(realm, second)?))
    }

    /// A new port, and the other end of its channel.
    pub(crate) fn with_other_end(realm: &Realm) -> Fallible<(Root<Self>, PortHandle)> {
        let (own, other) = PortHandle::pair();
        Ok((Self::create(realm, own)?, other))
    }

    /// A port that only stands for `target`, which gets its messages.
    pub(crate) fn implicit(
        realm: &Realm,
        handle: PortHandle,
        target: &Root<EventTarget>,
    ) -> Fallible<Root<Self>> {
        let port = Self::create(realm, handle)?;
        let _first = port.receiver.set(Receiver::Target(target.clone().into()));
        Ok(port)
    }

    /// Gives the messages of a port that has just been made to `handler`, and enables it.
    pub(crate) fn handle_with(&self, realm: &Realm, handler: Box<dyn PortHandler>) {
        let _first = self.receiver.set(Receiver::Native(handler));
        self.enable(realm);
    }

    /// Whether it was transferred away.
    pub(crate) fn is_detached(&self) -> bool {
        self.detached.get()
    }

    /// [Transfer steps](https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports:transfer-steps): messages
    /// that are not delivered yet go along.
    pub(crate) fn transfer_out(&self) -> Fallible<PortHandle> {
        let handle = self.end.borrow_mut().take();
        let handle = handle
            .ok_or_else(|| Exception::dom("DataCloneError", "the MessagePort is closed or detached"))?;
        self.detached.set(true);
        handle.stop_listening();
        self.let_go();
        Ok(handle)
    }

    /// [Transfer-receiving steps](https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports:transfer-receiving-steps).
    pub(crate) fn transfer_in(realm: &Realm, handle: PortHandle) -> Fallible<Root<Self>> {
        Self::create(realm, handle)
    }

    /// Enables its [port message
    /// queue](https://html.spec.whatwg.org/multipage/web-messaging.html#port-message-queue).
    pub(crate) fn enable(&self, realm: &Realm) {
        let end = self.end.borrow();
        let Some(handle) = end.as_ref() else { return };
        if self.enabled.replace(true) {
            return;
        }
        match self.listener.get() {
            // It was not told of those that came while it was disabled, or did nothing.
            Some(id) => {
                let agent = Agent::current();
                for _ in 0..handle.waiting() {
                    ready(&agent, id.0);
                }
            }
            None => self.listen(realm, handle),
        }
    }

    fn listen(&self, realm: &Realm, handle: &PortHandle) {
        let id = handle.listen(Agent::current().script_sender());
        self.listener.set(Some(id));
        LISTENING.with_borrow_mut(|listening| listening.insert(id, (realm.clone(), self.root())));
    }

    /// [Disentangles](https://html.spec.whatwg.org/multipage/web-messaging.html#disentangle) it: no message comes any more.
    pub(crate) fn disentangle(&self) {
        let handle = self.end.borrow_mut().take();
        drop(handle);
        self.let_go();
    }

    /// Nothing more can come: it lives no longer than somebody holds it.
    fn let_go(&self) {
        self.enabled.set(false);
        if let Some(id) = self.listener.take() {
            let forgotten = LISTENING.with_borrow_mut(|listening| listening.remove(&id));
            drop(forgotten);
        }
    }

    /// Something has come for it.
    fn take(&self, realm: &Realm) -> Fallible<()> {
        let (message, closed) = {
            let end = self.end.borrow();
            let Some(handle) = end.as_ref() else { return Ok(()) };
            let message = if self.enabled.get() { handle.next_message() } else { None };
            (message, handle.is_other_closed())
        };
        match message {
            Some(data) => self.deliver(realm, data),
            None if closed && !self.has_fired_close.replace(true) => {
                // Messages that wait for it to be enabled stay.
                if self.enabled.get() {
                    self.let_go();
                }
                match self.receiver.get() {
                    Some(Receiver::Native(handler)) => handler.closed(realm, self),
                    _ => event::fire(realm, self, "close").map(drop),
                }
            }
            None => Ok(()),
        }
    }

    fn deliver(&self, realm: &Realm, data: bgfetch_traits::service_worker::MessageData) -> Fallible<()> {
        let deserialized = clone::deserialize(realm, data);
        let target = match self.receiver.get() {
            Some(Receiver::Native(handler)) => {
                return match deserialized {
                    Ok((data, _)) => handler.message(realm, self, &data),
                    Err(_) => handler.message_error(realm, self),
                };
            }
            Some(Receiver::Target(target)) => (**target).clone(),
            None => self.root().upcast(),
        };
        let event_type = if deserialized.is_ok() { "message" } else { "messageerror" };
        let (data, ports) = deserialized.unwrap_or((Value::NULL, Vec::new()));
        let message = Message { data, origin: String::new(), source: None, ports };
        message_event::fire(realm, &target, event_type, message).map(drop)
    }

    /// [Message port post message steps](https://html.spec.whatwg.org/multipage/web-messaging.html#message-port-post-message-steps).
    pub(crate) fn post(&self, realm: &Realm, message: &Value, transfer: &[Object]) -> Fallible<()> {
        // Step 2.
        let this = self.root().to_object();
        if transfer.iter().any(|object| object.is_same(&this)) {
            return Err(Exception::dom("DataCloneError", "a MessagePort cannot be sent through itself"));
        }
        // Step 3.
        let doomed = transfer.iter().any(|object| {
            let port = Root::<Self>::from_value(object.as_value());
            port.is_some_and(|port| self.is_entangled_with(&port))
        });
        // Steps 4 to 6.
        let data = clone::serialize(realm, message, transfer)?;
        // Steps 7 and 8.
        if let Some(handle) = self.end.borrow().as_ref().filter(|_| !doomed) {
            handle.send(data);
        }
        Ok(())
    }

    fn is_entangled_with(&self, other: &Self) -> bool {
        let (own, other) = (self.end.borrow(), other.end.borrow());
        matches!((own.as_ref(), other.as_ref()), (Some(own), Some(other)) if own.is_entangled_with(other))
    }
}

/// Something came for a port that listens.
pub(crate) fn ready(agent: &Rc<Agent>, id: u64) {
    let found = LISTENING.with_borrow(|listening| listening.get(&ListenerId(id)).cloned());
    if let Some((realm, port)) = found {
        agent.queue_global(TaskSource::PostedMessage, &realm, move |realm| port.take(realm));
    }
}

/// Closes the ports of a realm that ends.
pub(crate) fn forget(realm: &Realm) {
    let listening: Vec<_> = LISTENING
        .with_borrow_mut(|listening| listening.extract_if(|_, (owner, _)| owner.is_same(realm)).collect());
    let ends: Vec<_> =
        ENDS.with_borrow_mut(|ends| ends.extract_if(.., |(owner, _)| owner.is_same(realm)).collect());
    for end in ends.iter().filter_map(|(_, end)| end.upgrade()) {
        let handle = end.borrow_mut().take();
        drop(handle);
    }
    drop(listening);
}

/// Setting [`onmessage`](https://html.spec.whatwg.org/multipage/web-messaging.html#handler-messageport-onmessage) enables a port.
pub(crate) fn handler_set(realm: &Realm, target: &EventTarget, name: &str) -> Fallible<()> {
    if name == "message"
        && let Some(port) = target.root().downcast::<MessagePort>()
    {
        port.enable(realm);
    }
    listener_added(realm, target, name);
    Ok(())
}

/// Somebody wants to know when the other end of a port closes: so it has to be told.
pub(crate) fn listener_added(realm: &Realm, target: &EventTarget, event_type: &str) {
    if event_type != "close" {
        return;
    }
    let Some(port) = target.root().downcast::<MessagePort>() else { return };
    let end = port.end.borrow();
    if let (Some(handle), None) = (end.as_ref(), port.listener.get()) {
        port.listen(realm, handle);
    }
}

impl MessagePortMethods for MessagePort {
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

    fn start(&self, realm: &Realm) -> Fallible<()> {
        self.enable(realm);
        Ok(())
    }

    /// [`close()`](https://html.spec.whatwg.org/multipage/web-messaging.html#dom-messageport-close)
    fn close(&self, _: &Realm) -> Fallible<()> {
        self.detached.set(true);
        self.disentangle();
        Ok(())
    }
}
