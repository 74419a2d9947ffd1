//! [`EventTarget`](https://dom.spec.whatwg.org/#interface-eventtarget).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Realm, Reflector, Root, Trace, Traced, Tracer,
    Value, platform_object, trace_fields,
};

use super::abort_signal::{AbortAlgorithm, AbortSignal};
use super::event_handler::Handler;
use crate::bindings::{
    AddEventListenerOptions, AddEventListenerOptionsOrBoolean, EventListener, EventListenerOptionsOrBoolean,
    EventTargetMethods,
};
use crate::dom::{Event, Node, Window};

/// `EventTarget`.
pub(crate) struct EventTarget {
    reflector: Reflector,
    next: Cell<u64>,
    listeners: RefCell<Vec<Listener>>,
    pub(super) handlers: RefCell<BTreeMap<&'static str, Handler>>,
}

/// An [event listener](https://dom.spec.whatwg.org/#concept-event-listener).
#[derive(Clone)]
pub(super) struct Listener {
    pub(super) id: u64,
    pub(super) event_type: DomString,
    callback: ListenerCallback,
    pub(super) capture: bool,
    pub(super) passive: bool,
    pub(super) once: bool,
}

#[derive(Clone)]
enum ListenerCallback {
    /// `addEventListener()`
    Script(Traced<EventListener>),
    /// The event handler of that name.
    Handler(&'static str),
}

impl Trace for Listener {
    fn trace(&self, tracer: &mut Tracer) {
        if let ListenerCallback::Script(callback) = &self.callback {
            callback.trace(tracer);
        }
    }
}

trace_fields!(EventTarget { listeners, handlers });
platform_object!(EventTarget);

impl EventTarget {
    /// For interfaces that inherit.
    pub(crate) fn new_inherited() -> Self {
        Self {
            reflector: Reflector::new(),
            next: Cell::new(0),
            listeners: RefCell::default(),
            handlers: RefCell::default(),
        }
    }

    /// Whether anything listens for events of a type.
    pub(crate) fn has_listener(&self, event_type: &str) -> bool {
        self.listeners.borrow().iter().any(|listener| &*listener.event_type == event_type)
    }

    /// Whether anything listens for any event.
    pub(crate) fn has_any_listener(&self) -> bool {
        !self.listeners.borrow().is_empty()
    }

    fn add(
        &self,
        event_type: DomString,
        callback: ListenerCallback,
        capture: bool,
        passive: bool,
        once: bool,
    ) -> u64 {
        let id = self.next.replace(self.next.get() + 1);
        self.listeners.borrow_mut().push(Listener { id, event_type, callback, capture, passive, once });
        id
    }

    /// Adds the listener of an event handler, at its place in the order.
    pub(super) fn add_handler_listener(&self, name: &'static str) -> u64 {
        self.add(event_type_of(name).into(), ListenerCallback::Handler(name), false, false, false)
    }

    /// [Removes an event listener](https://dom.spec.whatwg.org/#remove-an-event-listener).
    pub(super) fn remove_listener(&self, id: u64) {
        let removed = {
            let mut listeners = self.listeners.borrow_mut();
            listeners.iter().position(|listener| listener.id == id).map(|index| listeners.remove(index))
        };
        drop(removed);
    }

    /// [Erases all event listeners and handlers](https://html.spec.whatwg.org/multipage/webappapis.html#erase-all-event-listeners-and-handlers).
    pub(crate) fn erase_all_listeners_and_handlers(&self) {
        let erased = (self.listeners.take(), self.handlers.take());
        drop(erased);
    }

    /// Whether a listener has not been removed.
    pub(super) fn has_listener_with_id(&self, id: u64) -> bool {
        self.listeners.borrow().iter().any(|listener| listener.id == id)
    }

    /// Its [event listener list](https://dom.spec.whatwg.org/#eventtarget-event-listener-list) as it is now.
    pub(super) fn listeners(&self) -> Vec<Listener> {
        self.listeners.borrow().clone()
    }
}

impl Listener {
    /// The [associated realm](https://webidl.spec.whatwg.org/#dfn-associated-realm) of its callback.
    pub(super) fn realm(&self, realm: &Realm, current: &Root<EventTarget>) -> Realm {
        match &self.callback {
            ListenerCallback::Script(callback) => callback.0.associated_realm(realm),
            ListenerCallback::Handler(name) => super::event_handler::callback_realm(realm, current, name),
        }
    }

    /// Calls it, with the target that it belongs to as `this`.
    pub(super) fn call(
        &self,
        realm: &Realm,
        current: &Root<EventTarget>,
        event: &Root<Event>,
    ) -> Fallible<()> {
        match &self.callback {
            ListenerCallback::Script(callback) => {
                callback.handle_event(realm, &current.to_value(), event.clone())?;
                Ok(())
            }
            ListenerCallback::Handler(name) => super::event_handler::process(realm, current, event, name),
        }
    }
}

/// The [event type](https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-event-type) of the event handler
/// `"on" + name`: the name, but for four whose prefixed types have capitals.
fn event_type_of(name: &str) -> &str {
    match name {
        "webkitanimationend" => "webkitAnimationEnd",
        "webkitanimationiteration" => "webkitAnimationIteration",
        "webkitanimationstart" => "webkitAnimationStart",
        "webkittransitionend" => "webkitTransitionEnd",
        name => name,
    }
}

/// [Flatten](https://dom.spec.whatwg.org/#event-flatten-more) options.
fn flatten(options: AddEventListenerOptionsOrBoolean) -> AddEventListenerOptions {
    match options {
        AddEventListenerOptionsOrBoolean::AddEventListenerOptions(options) => options,
        AddEventListenerOptionsOrBoolean::Boolean(capture) => {
            let mut options = AddEventListenerOptions::default();
            options.parent.capture = capture;
            options
        }
    }
}

/// Removes a listener when its signal aborts.
struct RemoveListener {
    target: Member<EventTarget>,
    listener: u64,
}

trace_fields!(RemoveListener { target });

impl AbortAlgorithm for RemoveListener {
    fn run(self: Box<Self>, _: &Realm, _: &Value) {
        self.target.remove_listener(self.listener);
    }
}

impl EventTargetMethods for EventTarget {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Self::new_inherited())
    }

    /// [`addEventListener()`](https://dom.spec.whatwg.org/#dom-eventtarget-addeventlistener)
    fn add_event_listener(
        &self,
        realm: &Realm,
        type_: DomString,
        callback: Option<EventListener>,
        options: AddEventListenerOptionsOrBoolean,
    ) -> Fallible<()> {
        let options = flatten(options);
        let signal: Option<Root<AbortSignal>> = options.signal;
        // [Add an event listener](https://dom.spec.whatwg.org/#add-an-event-listener), steps 1 to 3.
        crate::dom::service_worker::functional_events::listener_added(realm, self, &type_);
        crate::dom::messaging::message_port::listener_added(realm, self, &type_);
        let aborted = signal.as_ref().is_some_and(|signal| signal.is_aborted());
        let Some(callback) = callback.filter(|_| !aborted) else { return Ok(()) };
        // Step 5.
        let capture = options.parent.capture;
        if self.find(&type_, &callback, capture).is_some() {
            return Ok(());
        }
        let callback = ListenerCallback::Script(callback.into());
        // Step 4.
        let passive = options.passive.unwrap_or_else(|| self.is_passive_by_default(&type_));
        let id = self.add(type_, callback, capture, passive, options.once);
        // Step 6.
        if let Some(signal) = signal {
            signal.add_algorithm(Box::new(RemoveListener { target: self.root().into(), listener: id }));
        }
        Ok(())
    }

    /// [`removeEventListener()`](https://dom.spec.whatwg.org/#dom-eventtarget-removeeventlistener)
    fn remove_event_listener(
        &self,
        _: &Realm,
        type_: DomString,
        callback: Option<EventListener>,
        options: EventListenerOptionsOrBoolean,
    ) -> Fallible<()> {
        let capture = match options {
            EventListenerOptionsOrBoolean::EventListenerOptions(options) => options.capture,
            EventListenerOptionsOrBoolean::Boolean(capture) => capture,
        };
        if let Some(id) = callback.and_then(|callback| self.find(&type_, &callback, capture)) {
            self.remove_listener(id);
        }
        Ok(())
    }

    /// [`dispatchEvent()`](https://dom.spec.whatwg.org/#dom-eventtarget-dispatchevent)
    fn dispatch_event(&self, realm: &Realm, event: Root<Event>) -> Fallible<bool> {
        if event.flags.dispatch.get() || !event.flags.initialized.get() {
            return Err(Exception::dom(
                "InvalidStateError",
                "the event is being dispatched, or was never initialized",
            ));
        }
        event.set_untrusted();
        self.dispatch(realm, &event)
    }
}

impl EventTarget {
    /// [Default passive value](https://dom.spec.whatwg.org/#default-passive-value)
    fn is_passive_by_default(&self, event_type: &DomString) -> bool {
        if !["touchstart", "touchmove", "wheel", "mousewheel"].iter().any(|name| *event_type == **name) {
            return false;
        }
        let this = self.root();
        let Some(node) = this.downcast::<Node>() else { return this.downcast::<Window>().is_some() };
        let document = node.owner_doc();
        let is = |element: Option<Root<Node>>| element.as_ref() == Some(&node);
        is(Some(document.upcast()))
            || is(document.document_element().map(|element| element.upcast()))
            || is(document.body_element().map(|element| element.upcast()))
    }

    fn find(&self, event_type: &DomString, callback: &EventListener, capture: bool) -> Option<u64> {
        let listeners = self.listeners.borrow();
        let same = |listener: &&Listener| {
            let same_callback =
                matches!(&listener.callback, ListenerCallback::Script(known) if **known == *callback);
            same_callback && listener.event_type == *event_type && listener.capture == capture
        };
        listeners.iter().find(same).map(|listener| listener.id)
    }
}
