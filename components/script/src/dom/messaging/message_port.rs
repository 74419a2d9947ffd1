//! [`MessagePort`](https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports).
//!
//! Two ends share a [`Channel`]; each end is a `MessagePort` of some thread, or on its way to one. A port that is
//! enabled is told by [`ScriptMsg::PortReady`] that there are messages.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bgfetch_js::{
    Exception, Fallible, Member, Object, PlatformObject, Realm, Root, Trace, Value, platform_object,
    trace_fields,
};
use bgfetch_traits::script::{ScriptMsg, ScriptSender};
use bgfetch_traits::service_worker::MessageData;
use parking_lot::Mutex;

use crate::agent::{Agent, TaskSource};
use crate::bindings::{MessagePortMethods, StructuredSerializeOptions};
use crate::clone;
use crate::dom::EventTarget;
use crate::dom::events::message_event::{self, Message};

/// `MessagePort`.
pub(crate) struct MessagePort {
    event_target: EventTarget,
    /// `None` once it was transferred or closed.
    end: RefCell<Option<PortHandle>>,
    /// Its [port message queue](https://html.spec.whatwg.org/multipage/web-messaging.html#port-message-queue) is enabled.
    enabled: Cell<bool>,
    detached: Cell<bool>,
    /// Its [message event target](https://html.spec.whatwg.org/multipage/web-messaging.html#message-event-target), if
    /// that is another object: of a worker's implicit ports, that object.
    message_event_target: OnceCell<Member<EventTarget>>,
    /// What gets the messages instead of listeners: such a port is never seen by a page.
    handler: OnceCell<Box<dyn PortHandler>>,
}

trace_fields!(MessagePort { event_target, message_event_target, handler });
platform_object!(MessagePort: EventTarget via event_target);

/// The platform's own handlers of a port's [`message`](https://html.spec.whatwg.org/multipage/indices.html#event-message)
/// and [`messageerror`](https://html.spec.whatwg.org/multipage/indices.html#event-messageerror) events.
pub(crate) trait PortHandler: Trace {
    /// A message came.
    fn message(&self, realm: &Realm, port: &MessagePort, data: &Value) -> Fallible<()>;
    /// A message came that could not be deserialized.
    fn message_error(&self, realm: &Realm, port: &MessagePort) -> Fallible<()>;
}

/// One end of a channel, on its way between threads.
pub(crate) struct PortHandle {
    channel: Arc<Channel>,
    /// 0 or 1.
    side: usize,
}

/// What two entangled ports share.
#[derive(Default)]
struct Channel {
    ends: [Mutex<End>; 2],
}

/// Messages for one side, and who to tell of them.
#[derive(Default)]
struct End {
    messages: VecDeque<MessageData>,
    listener: Option<(u64, ScriptSender)>,
    closed: bool,
}

thread_local! {
    /// Enabled ports of this thread: they live as long as messages can come.
    static ENABLED: RefCell<HashMap<u64, (Realm, Root<MessagePort>)>> = RefCell::default();
}

impl PortHandle {
    fn own(&self) -> &Mutex<End> {
        &self.channel.ends[self.side & 1]
    }

    fn other(&self) -> &Mutex<End> {
        &self.channel.ends[(self.side ^ 1) & 1]
    }
}

impl MessagePort {
    fn with(handle: PortHandle) -> Self {
        Self {
            event_target: EventTarget::new_inherited(),
            end: RefCell::new(Some(handle)),
            enabled: Cell::new(false),
            detached: Cell::new(false),
            message_event_target: OnceCell::new(),
            handler: OnceCell::new(),
        }
    }

    /// Two new ports, [entangled](https://html.spec.whatwg.org/multipage/web-messaging.html#entangle).
    pub(super) fn entangled(realm: &Realm) -> Fallible<(Root<Self>, Root<Self>)> {
        let channel = Arc::<Channel>::default();
        let first = realm.wrap(Self::with(PortHandle { channel: Arc::clone(&channel), side: 0 }))?;
        let second = realm.wrap(Self::with(PortHandle { channel, side: 1 }))?;
        Ok((first, second))
    }

    /// A new port that only stands for `target`, which gets its messages from now on, and the other end.
    pub(crate) fn implicit(realm: &Realm, target: &Root<EventTarget>) -> Fallible<(Root<Self>, PortHandle)> {
        let channel = Arc::<Channel>::default();
        let other = PortHandle { channel: Arc::clone(&channel), side: 1 };
        Ok((Self::implicit_of(realm, PortHandle { channel, side: 0 }, target)?, other))
    }

    /// The port of this end, which only stands for `target`.
    pub(crate) fn implicit_of(
        realm: &Realm,
        handle: PortHandle,
        target: &Root<EventTarget>,
    ) -> Fallible<Root<Self>> {
        let port = realm.wrap(Self::with(handle))?;
        let _first = port.message_event_target.set(target.clone().into());
        Ok(port)
    }

    /// Two new ports, of which one goes elsewhere.
    pub(crate) fn with_other_end(realm: &Realm) -> Fallible<(Root<Self>, PortHandle)> {
        let channel = Arc::<Channel>::default();
        let other = PortHandle { channel: Arc::clone(&channel), side: 1 };
        Ok((realm.wrap(Self::with(PortHandle { channel, side: 0 }))?, other))
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
        self.disable(&handle);
        Ok(handle)
    }

    /// [Transfer-receiving steps](https://html.spec.whatwg.org/multipage/web-messaging.html#message-ports:transfer-receiving-steps).
    pub(crate) fn transfer_in(realm: &Realm, handle: PortHandle) -> Fallible<Root<Self>> {
        realm.wrap(Self::with(handle))
    }

    /// Enables its [port message
    /// queue](https://html.spec.whatwg.org/multipage/web-messaging.html#port-message-queue).
    pub(crate) fn enable(&self, realm: &Realm) {
        let end = self.end.borrow();
        let Some(handle) = end.as_ref() else { return };
        if self.enabled.replace(true) {
            return;
        }
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        ENABLED.with_borrow_mut(|enabled| enabled.insert(id, (realm.clone(), self.root())));
        let waiting = {
            let mut own = handle.own().lock();
            own.listener = Some((id, Agent::current().script_sender()));
            own.messages.len()
        };
        let agent = Agent::current();
        for _ in 0..waiting {
            ready(&agent, id);
        }
    }

    /// Gives a new port's messages to `handler`, and enables it.
    pub(crate) fn handle_with(&self, realm: &Realm, handler: Box<dyn PortHandler>) {
        let _first = self.handler.set(handler);
        self.enable(realm);
    }

    /// [Disentangles](https://html.spec.whatwg.org/multipage/web-messaging.html#disentangle) it: no message comes any more.
    pub(crate) fn disentangle(&self) {
        let handle = self.end.borrow_mut().take();
        if let Some(handle) = handle {
            self.disable(&handle);
        }
    }

    fn disable(&self, handle: &PortHandle) {
        let listener = handle.own().lock().listener.take();
        self.enabled.set(false);
        if let Some((id, _)) = listener {
            let forgotten = ENABLED.with_borrow_mut(|enabled| enabled.remove(&id));
            drop(forgotten);
        }
    }

    fn deliver(&self, realm: &Realm) -> Fallible<()> {
        let data = self.end.borrow().as_ref().and_then(|handle| handle.own().lock().messages.pop_front());
        let Some(data) = data else { return Ok(()) };
        if let Some(handler) = self.handler.get() {
            return match clone::deserialize(realm, data) {
                Ok((data, _)) => handler.message(realm, self, &data),
                Err(_) => handler.message_error(realm, self),
            };
        }
        let target = self.message_event_target.get().map_or_else(|| self.root().upcast(), |t| (**t).clone());
        match clone::deserialize(realm, data) {
            Ok((data, ports)) => {
                let message = Message { data, origin: String::new(), source: None, ports };
                message_event::fire(realm, &target, "message", message)?;
            }
            Err(_) => {
                let message =
                    Message { data: Value::NULL, origin: String::new(), source: None, ports: Vec::new() };
                message_event::fire(realm, &target, "messageerror", message)?;
            }
        }
        Ok(())
    }

    /// Posts a message to the other end.
    pub(crate) fn post(&self, realm: &Realm, message: &Value, transfer: &[Object]) -> Fallible<()> {
        // [Message port post message steps](https://html.spec.whatwg.org/multipage/web-messaging.html#message-port-post-message-steps).
        // Step 2.
        let this = self.root().to_object();
        if transfer.iter().any(|object| object.is_same(&this)) {
            return Err(Exception::dom("DataCloneError", "a MessagePort cannot be sent through itself"));
        }
        // Steps 4 to 6.
        let data = clone::serialize(realm, message, transfer)?;
        let end = self.end.borrow();
        let Some(handle) = end.as_ref() else { return Ok(()) };
        // Step 7.
        let mut other = handle.other().lock();
        if other.closed {
            return Ok(());
        }
        other.messages.push_back(data);
        if let Some((id, sender)) = &other.listener {
            sender.send(ScriptMsg::PortReady(*id));
        }
        Ok(())
    }
}

impl Drop for PortHandle {
    fn drop(&mut self) {
        let mut own = self.own().lock();
        own.closed = true;
        let gone = std::mem::take(&mut own.messages);
        drop(own);
        // Messages may hold ports in their turn.
        drop(gone);
    }
}

/// A message came for an enabled port.
pub(crate) fn ready(agent: &Rc<Agent>, id: u64) {
    let found = ENABLED.with_borrow(|enabled| enabled.get(&id).cloned());
    if let Some((realm, port)) = found {
        agent.queue_global(TaskSource::PostedMessage, &realm, move |realm| port.deliver(realm));
    }
}

/// Lets go of the ports of a realm that ends.
pub(crate) fn forget(realm: &Realm) {
    let gone: Vec<_> =
        ENABLED.with_borrow_mut(|enabled| enabled.extract_if(|_, (owner, _)| owner.is_same(realm)).collect());
    drop(gone);
}

/// Setting [`onmessage`](https://html.spec.whatwg.org/multipage/web-messaging.html#handler-messageport-onmessage) enables a port.
pub(crate) fn handler_set(realm: &Realm, target: &EventTarget, name: &str) -> Fallible<()> {
    if name == "message"
        && let Some(port) = target.root().downcast::<MessagePort>()
    {
        port.enable(realm);
    }
    Ok(())
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

    fn close(&self, _: &Realm) -> Fallible<()> {
        self.disentangle();
        Ok(())
    }
}
