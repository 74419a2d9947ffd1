//! [`MessageChannel`](https://html.spec.whatwg.org/multipage/web-messaging.html#message-channels).

use bgfetch_js::{Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};

use crate::bindings::MessageChannelMethods;
use crate::dom::MessagePort;

/// `MessageChannel`.
pub(crate) struct MessageChannel {
    reflector: Reflector,
    port1: Member<MessagePort>,
    port2: Member<MessagePort>,
}

trace_fields!(MessageChannel { port1, port2 });
platform_object!(MessageChannel);

impl MessageChannelMethods for MessageChannel {
    fn constructor(realm: &Realm) -> Fallible<Self> {
        let (port1, port2) = MessagePort::entangled(realm)?;
        Ok(Self { reflector: Reflector::new(), port1: port1.into(), port2: port2.into() })
    }

    fn port1(&self, _: &Realm) -> Fallible<Root<MessagePort>> {
        Ok((*self.port1).clone())
    }

    fn port2(&self, _: &Realm) -> Fallible<Root<MessagePort>> {
        Ok((*self.port2).clone())
    }
}
