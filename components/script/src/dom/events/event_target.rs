//! [`EventTarget`](https://dom.spec.whatwg.org/#interface-eventtarget) and
//! [event dispatch](https://dom.spec.whatwg.org/#concept-event-dispatch).

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
use crate::dom::{Event, Node};
use crate::report;

/// `EventTarget`.
pub(crate) struct EventTarget {
    reflector: Reflector,
    next: Cell<u64>,
    listeners: RefCell<Vec<Listener>>,
    pub(super) handlers: RefCell<BTreeMap<&'static str, Handler>>,
}

/// An [event listener](https://dom.spec.whatwg.org/#concept-event-listener).
#[derive(Clone)]
struct Listener {
    id: u64,
    event_type: DomString,
    callback: ListenerCallback,
    capture: bool,
    passive: bool,
    once: bool,
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
        self.add(name.into(), ListenerCallback::Handler(name), false, false, false)
    }

    /// [Removes an event listener](https://dom.spec.whatwg.org/#remove-an-event-listener).
    pub(super) fn remove_listener(&self, id: u64) {
        let removed = {
            let mut listeners = self.listeners.borrow_mut();
            listeners.iter().position(|listener| listener.id == id).map(|index| listeners.remove(index))
        };
        drop(removed);
    }

    fn has(&self, id: u64) -> bool {
        self.listeners.borrow().iter().any(|listener| listener.id == id)
    }

    /// [Dispatches](https://dom.spec.whatwg.org/#concept-event-dispatch) `event` here; `false` if it was canceled.
    pub(crate) fn dispatch(&self, realm: &Realm, event: &Root<Event>) -> Fallible<bool> {
        let target = self.root();
        // Step 1.
        event.flags.dispatch.set(true);
        *event.target.borrow_mut() = Some(target.clone().into());
        // Steps 3 to 5.9, without shadow trees: the target and its ancestors.
        let mut path = vec![target.clone()];
        let mut parent = get_the_parent(&target, event);
        while let Some(next) = parent {
            parent = get_the_parent(&next, event);
            path.push(next);
        }
        *event.path.borrow_mut() = path.iter().map(|target| target.clone().into()).collect();
        let activation = crate::dom::html::activation::prepare(realm, event, &path)?;
        // Step 5.13: capture, from the outermost in.
        for (index, current) in path.iter().enumerate().rev() {
            event.phase.set(if index == 0 { Event::AT_TARGET } else { Event::CAPTURING_PHASE });
            invoke(realm, current, event, true);
        }
        // Step 5.14: bubble, from the target out.
        for (index, current) in path.iter().enumerate() {
            if index > 0 && !event.bubbles_flag() {
                break;
            }
            event.phase.set(if index == 0 { Event::AT_TARGET } else { Event::BUBBLING_PHASE });
            invoke(realm, current, event, false);
        }
        // Steps 6 to 10.
        event.phase.set(Event::NONE);
        event.current_target.replace(None);
        event.path.borrow_mut().clear();
        event.flags.dispatch.set(false);
        event.flags.stop_propagation.set(false);
        event.flags.stop_immediate_propagation.set(false);
        // Step 12.
        activation.finish(realm, event)?;
        Ok(!event.flags.canceled.get())
    }
}

/// [Get the parent](https://dom.spec.whatwg.org/#get-the-parent): only nodes have one.
fn get_the_parent(target: &Root<EventTarget>, event: &Event) -> Option<Root<EventTarget>> {
    target.downcast::<Node>()?.event_parent(event)
}

/// [Invoke](https://dom.spec.whatwg.org/#concept-event-listener-invoke).
fn invoke(realm: &Realm, current: &Root<EventTarget>, event: &Root<Event>, capturing: bool) {
    // Step 4.
    if event.flags.stop_propagation.get() {
        return;
    }
    // Step 5.
    *event.current_target.borrow_mut() = Some(current.clone().into());
    // Step 6: listeners added from here on are not called.
    let listeners: Vec<Listener> = {
        let all = current.listeners.borrow();
        let event_type = event.type_name();
        all.iter().filter(|l| l.capture == capturing && l.event_type == event_type).cloned().collect()
    };
    // Inner invoke.
    for listener in listeners {
        if !current.has(listener.id) {
            continue;
        }
        if listener.once {
            current.remove_listener(listener.id);
        }
        event.flags.in_passive_listener.set(listener.passive);
        if let Err(exception) = call(realm, current, event, &listener) {
            report::report_exception(realm, exception);
        }
        event.flags.in_passive_listener.set(false);
        if event.flags.stop_immediate_propagation.get() {
            return;
        }
    }
}

fn call(
    realm: &Realm,
    current: &Root<EventTarget>,
    event: &Root<Event>,
    listener: &Listener,
) -> Fallible<()> {
    match &listener.callback {
        ListenerCallback::Script(callback) => {
            callback.handle_event(realm, current.as_value(), event.clone())?;
            Ok(())
        }
        ListenerCallback::Handler(name) => super::event_handler::process(realm, current, event, name),
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
        let aborted = signal.as_ref().is_some_and(|signal| signal.is_aborted());
        let Some(callback) = callback.filter(|_| !aborted) else { return Ok(()) };
        // Step 5.
        let capture = options.parent.capture;
        if self.find(&type_, &callback, capture).is_some() {
            return Ok(());
        }
        let callback = ListenerCallback::Script(callback.into());
        let id = self.add(type_, callback, capture, options.passive.unwrap_or(false), options.once);
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
