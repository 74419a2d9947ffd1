//! [`ExtendableMessageEvent`](https://w3c.github.io/ServiceWorker/#extendablemessageevent-interface).

use std::cell::RefCell;

use bgfetch_js::{
    DomString, Fallible, FromJs, Member, Realm, Root, ToJs, Traced, Value, platform_object, trace_fields,
};

use crate::bindings::{
    ClientOrServiceWorkerOrMessagePort, EventInit, ExtendableMessageEventInit, ExtendableMessageEventMethods,
};
use crate::dom::events::message_event::Message;
use crate::dom::{ExtendableEvent, MessagePort};

/// `ExtendableMessageEvent`.
pub(crate) struct ExtendableMessageEvent {
    extendable_event: ExtendableEvent,
    data: RefCell<Traced<Value>>,
    origin: String,
    last_event_id: DomString,
    /// A `Client`, `ServiceWorker` or `MessagePort`, or `null`.
    source: RefCell<Traced<Value>>,
    ports: RefCell<Vec<Member<MessagePort>>>,
}

trace_fields!(ExtendableMessageEvent { extendable_event, data, source, ports });
platform_object!(ExtendableMessageEvent: ExtendableEvent via extendable_event);

impl ExtendableMessageEvent {
    fn with(extendable_event: ExtendableEvent, message: Message, last_event_id: DomString) -> Self {
        Self {
            extendable_event,
            data: RefCell::new(message.data.into()),
            origin: message.origin,
            last_event_id,
            source: RefCell::new(message.source.unwrap_or(Value::NULL).into()),
            ports: RefCell::new(message.ports.into_iter().map(Into::into).collect()),
        }
    }

    /// A `message` or `messageerror` event that the browser fires.
    pub(super) fn trusted(realm: &Realm, event_type: &str, message: Message) -> Fallible<Root<Self>> {
        let event = ExtendableEvent::new_inherited(realm, event_type.into(), &EventInit::default());
        let event = realm.wrap(Self::with(event, message, DomString::default()))?;
        event.set_trusted();
        Ok(event)
    }
}

impl ExtendableMessageEventMethods for ExtendableMessageEvent {
    fn constructor(
        realm: &Realm,
        type_: DomString,
        event_init_dict: ExtendableMessageEventInit,
    ) -> Fallible<Self> {
        let event = ExtendableEvent::new_inherited(realm, type_, &event_init_dict.parent.parent);
        let source = event_init_dict.source.map(|source| source.to_js(realm)).transpose()?;
        let (data, origin, ports) = (event_init_dict.data, event_init_dict.origin, event_init_dict.ports);
        Ok(Self::with(event, Message { data, origin, source, ports }, event_init_dict.last_event_id))
    }

    fn data(&self, _: &Realm) -> Fallible<Value> {
        Ok((**self.data.borrow()).clone())
    }

    fn origin(&self, _: &Realm) -> Fallible<String> {
        Ok(self.origin.clone())
    }

    fn last_event_id(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.last_event_id.clone())
    }

    fn source(&self, realm: &Realm) -> Fallible<Option<ClientOrServiceWorkerOrMessagePort>> {
        let source = (**self.source.borrow()).clone();
        Option::from_js(realm, &source)
    }

    fn ports(&self, _: &Realm) -> Fallible<Vec<Root<MessagePort>>> {
        Ok(self.ports.borrow().iter().map(|port| (**port).clone()).collect())
    }
}
