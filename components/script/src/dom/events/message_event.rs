//! [`MessageEvent`](https://html.spec.whatwg.org/multipage/comms.html#the-messageevent-interface).

use std::cell::RefCell;

use bgfetch_js::glue;
use bgfetch_js::{
    DomString, Fallible, FromJs, Member, Realm, Root, ToJs, Traced, Value, platform_object, trace_fields,
};

use crate::bindings::{EventInit, EventMethods, MessageEventInit, MessageEventMethods, MessageEventSource};
use crate::dom::{Event, EventTarget, MessagePort};

/// `MessageEvent`.
pub(crate) struct MessageEvent {
    event: Event,
    data: RefCell<Traced<Value>>,
    origin: RefCell<String>,
    last_event_id: RefCell<DomString>,
    /// Any of `MessageEventSource`, or `null`.
    source: RefCell<Traced<Value>>,
    ports: RefCell<Vec<Member<MessagePort>>>,
}

trace_fields!(MessageEvent { event, data, source, ports });
platform_object!(MessageEvent: Event via event);

/// What a message event shows.
pub(crate) struct Message {
    /// The deserialized data.
    pub(crate) data: Value,
    /// The sender's origin.
    pub(crate) origin: String,
    /// The sender, any of `MessageEventSource`.
    pub(crate) source: Option<Value>,
    /// Ports that were transferred.
    pub(crate) ports: Vec<Root<MessagePort>>,
}

impl MessageEvent {
    fn with(event: Event, message: Message) -> Self {
        Self {
            event,
            data: RefCell::new(message.data.into()),
            origin: RefCell::new(message.origin),
            last_event_id: RefCell::default(),
            source: RefCell::new(message.source.unwrap_or(Value::NULL).into()),
            ports: RefCell::new(message.ports.into_iter().map(Into::into).collect()),
        }
    }
}

/// Fires `message`, or `messageerror`, at a target.
pub(crate) fn fire(
    realm: &Realm,
    target: &EventTarget,
    event_type: &str,
    message: Message,
) -> Fallible<bool> {
    fire_with_id(realm, target, event_type, message, DomString::default())
}

/// [`fire`] for messages that have an id: those of an event stream.
pub(crate) fn fire_with_id(
    realm: &Realm,
    target: &EventTarget,
    event_type: &str,
    message: Message,
    last_event_id: DomString,
) -> Fallible<bool> {
    let event = Event::new_inherited(realm, event_type.into(), &EventInit::default());
    let made = MessageEvent::with(event, message);
    made.last_event_id.replace(last_event_id);
    let event = realm.wrap(made)?;
    event.set_trusted();
    target.dispatch(realm, &event.upcast())
}

impl MessageEventMethods for MessageEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: MessageEventInit) -> Fallible<Self> {
        let event = Event::new_inherited(realm, type_, &event_init_dict.parent);
        let source = event_init_dict.source.map(|source| source.to_js(realm)).transpose()?;
        let message = Message {
            data: event_init_dict.data,
            origin: event_init_dict.origin,
            source,
            ports: event_init_dict.ports,
        };
        let made = Self::with(event, message);
        made.last_event_id.replace(event_init_dict.last_event_id);
        Ok(made)
    }

    fn data(&self, _: &Realm) -> Fallible<Value> {
        Ok((**self.data.borrow()).clone())
    }

    fn origin(&self, _: &Realm) -> Fallible<String> {
        Ok(self.origin.borrow().clone())
    }

    fn last_event_id(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.last_event_id.borrow().clone())
    }

    fn source(&self, realm: &Realm) -> Fallible<Option<MessageEventSource>> {
        let source = (**self.source.borrow()).clone();
        Option::from_js(realm, &source)
    }

    fn ports(&self, _: &Realm) -> Fallible<Vec<Root<MessagePort>>> {
        Ok(self.ports.borrow().iter().map(|port| (**port).clone()).collect())
    }
    fn init_message_event(
        &self,
        realm: &Realm,
        type_: DomString,
        bubbles: bool,
        cancelable: bool,
        data: Value,
        origin: String,
        last_event_id: DomString,
        source: Option<MessageEventSource>,
        ports: Vec<Root<MessagePort>>,
    ) -> Fallible<()> {
        if self.is_dispatched() {
            return Ok(());
        }
        self.event.init_event(realm, type_, bubbles, cancelable)?;
        let source = source.map(|source| source.to_js(realm)).transpose()?;
        let replaced = (
            self.data.replace(data.into()),
            self.source.replace(source.unwrap_or(Value::NULL).into()),
            self.ports.replace(ports.into_iter().map(Into::into).collect()),
        );
        drop(replaced);
        glue::forget_frozen_array(self, "ports");
        self.origin.replace(origin);
        self.last_event_id.replace(last_event_id);
        Ok(())
    }
}
