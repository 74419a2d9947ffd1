//! [`BroadcastChannel`](https://html.spec.whatwg.org/multipage/web-messaging.html#broadcasting-to-other-browsing-contexts).

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use bgfetch_js::{
    DomString, Exception, Fallible, PlatformObject, Realm, Root, Value, platform_object, trace_fields,
};
use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::service_worker::MessageData;

use crate::agent::{Agent, TaskSource};
use crate::bindings::BroadcastChannelMethods;
use crate::clone;
use crate::dom::EventTarget;
use crate::dom::events::message_event::{self, Message};
use crate::environment::{Environment, GlobalKind};

/// `BroadcastChannel`.
pub(crate) struct BroadcastChannel {
    event_target: EventTarget,
    name: DomString,
    closed: Cell<bool>,
}

trace_fields!(BroadcastChannel { event_target });
platform_object!(BroadcastChannel: EventTarget via event_target);

thread_local! {
    /// Channels of this thread that are open: they live as long as their realm does, since a message may come.
    static OPEN: RefCell<Vec<(Realm, Root<BroadcastChannel>)>> = RefCell::default();
}

impl BroadcastChannelMethods for BroadcastChannel {
    fn constructor(_: &Realm, name: DomString) -> Fallible<Self> {
        Ok(Self { event_target: EventTarget::new_inherited(), name, closed: Cell::new(false) })
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        OPEN.with_borrow_mut(|open| open.push((realm.clone(), this.clone())));
        Ok(())
    }

    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.name.clone())
    }

    /// [`postMessage()`](https://html.spec.whatwg.org/multipage/web-messaging.html#dom-broadcastchannel-postmessage)
    fn post_message(&self, realm: &Realm, message: Value) -> Fallible<()> {
        // Step 1: [eligible for messaging](https://html.spec.whatwg.org/multipage/web-messaging.html#eligible-for-messaging).
        let Some(environment) = Environment::try_of(realm) else { return Ok(()) };
        if environment.kind != GlobalKind::Window && Agent::current().is_closing() {
            return Ok(());
        }
        // Step 2.
        if self.closed.get() {
            return Err(Exception::dom("InvalidStateError", "the BroadcastChannel is closed"));
        }
        // Step 3.
        let data = Arc::new(clone::serialize(realm, &message, &[])?);
        // Steps 4 to 9: this thread's other channels, then everyone else.
        let this = self.root();
        receive(&self.name, &data, |realm, channel| {
            let other = Environment::of(realm);
            // Of windows of this thread, those of other sites of the same domain are not told apart from strangers.
            !channel.is_same(&this)
                && other.origin == environment.origin
                && other.top_level_origin == environment.top_level_origin
        });
        let (from, channel) = (environment.id, self.name.to_string());
        environment.hosts.coordinator.send(CoordinatorMsg::Broadcast { from, channel, data });
        Ok(())
    }

    fn close(&self, _: &Realm) -> Fallible<()> {
        self.closed.set(true);
        let this = self.root();
        let gone: Vec<_> =
            OPEN.with_borrow_mut(|open| open.extract_if(.., |(_, channel)| channel.is_same(&this)).collect());
        drop(gone);
        Ok(())
    }
}

/// Queues a message for the channels of a name on this thread that are `meant`, in the order of their making.
fn receive(name: &str, data: &Arc<MessageData>, meant: impl Fn(&Realm, &Root<BroadcastChannel>) -> bool) {
    let channels: Vec<_> = OPEN.with_borrow(|open| {
        let of_name = open.iter().filter(|(realm, channel)| {
            &*channel.name == name && Environment::try_of(realm).is_some() && meant(realm, channel)
        });
        of_name.cloned().collect()
    });
    for (realm, channel) in channels {
        let data = Arc::clone(data);
        Agent::current().queue_global(TaskSource::DomManipulation, &realm, move |realm| {
            if channel.closed.get() {
                return Ok(());
            }
            let origin = Environment::of(realm).origin.ascii_serialization();
            let deserialized = clone::deserialize(realm, clone::copy(&data));
            let event_type = if deserialized.is_ok() { "message" } else { "messageerror" };
            let data = deserialized.map_or(Value::NULL, |(data, _)| data);
            message_event::fire(
                realm,
                &channel,
                event_type,
                Message { data, origin, source: None, ports: Vec::new() },
            )?;
            Ok(())
        });
    }
}

/// A message came from another thread, for the channels of these environments.
pub(crate) fn receive_from_elsewhere(to: &[ClientId], name: &str, data: &Arc<MessageData>) {
    receive(name, data, |realm, _| to.contains(&Environment::of(realm).id));
}

/// Lets go of the channels of a realm that ends.
pub(crate) fn forget(realm: &Realm) {
    let gone: Vec<_> =
        OPEN.with_borrow_mut(|open| open.extract_if(.., |(owner, _)| owner.is_same(realm)).collect());
    drop(gone);
}
