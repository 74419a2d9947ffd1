//! [`ExtendableEvent`](https://w3c.github.io/ServiceWorker/#extendableevent-interface).

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, PlatformObject, Promise, Realm, Root, Value, platform_object,
    trace_fields,
};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::EventOutcome;

use crate::bindings::{EventInit, ExtendableEventInit, ExtendableEventMethods};
use crate::dom::Event;

/// `ExtendableEvent`.
pub(crate) struct ExtendableEvent {
    event: Event,
    /// [Pending promises count](https://w3c.github.io/ServiceWorker/#extendableevent-pending-promises-count) of the
    /// [extend lifetime promises](https://w3c.github.io/ServiceWorker/#extendableevent-extend-lifetime-promises).
    pending: Cell<usize>,
    /// What the first of them that rejected was rejected with.
    rejection: RefCell<Option<String>>,
    /// [Timed out flag](https://w3c.github.io/ServiceWorker/#extendableevent-timed-out-flag): a listener was stopped. The
    /// coordinator keeps the time of the promises, and stops the worker.
    timed_out: Cell<bool>,
    /// Who wants to know when it is not active any more.
    waiting: RefCell<Option<Reply<EventOutcome>>>,
}

trace_fields!(ExtendableEvent { event });
platform_object!(ExtendableEvent: Event via event);

impl ExtendableEvent {
    /// For interfaces that inherit.
    pub(crate) fn new_inherited(realm: &Realm, event_type: DomString, init: &EventInit) -> Self {
        Self {
            event: Event::new_inherited(realm, event_type, init),
            pending: Cell::new(0),
            rejection: RefCell::default(),
            timed_out: Cell::new(false),
            waiting: RefCell::default(),
        }
    }

    /// An event of that type that the browser fires, neither bubbling nor cancelable.
    pub(super) fn trusted(realm: &Realm, event_type: &str) -> Fallible<Root<Self>> {
        let event = realm.wrap(Self::new_inherited(realm, event_type.into(), &EventInit::default()))?;
        event.set_trusted();
        Ok(event)
    }

    /// Whether it is [active](https://w3c.github.io/ServiceWorker/#extendableevent-active).
    pub(crate) fn is_active(&self) -> bool {
        !self.timed_out.get() && (self.pending.get() > 0 || self.is_dispatched())
    }

    /// A listener ran for too long and was stopped.
    pub(super) fn set_timed_out(&self) {
        self.timed_out.set(true);
    }

    /// [Adds a lifetime promise](https://w3c.github.io/ServiceWorker/#extendableevent-add-lifetime-promise).
    ///
    /// # Errors
    /// `InvalidStateError` when the event is not the browser's, or not active any more.
    pub(super) fn add_lifetime_promise<T>(&self, realm: &Realm, promise: &Promise<T>) -> Fallible<()> {
        // Step 1.
        if !self.trusted_flag() {
            return Err(Exception::dom("InvalidStateError", "the event was not fired by the browser"));
        }
        // Step 2.
        if !self.is_active() {
            let message =
                "the event has been handled: nothing is waited for, and its listeners have returned";
            return Err(Exception::dom("InvalidStateError", message));
        }
        // Step 3: of a settled promise only its rejection matters later.
        // Step 5.
        let (fulfilled, rejected) = (self.root(), self.root());
        promise.react(
            realm,
            move |realm, _| fulfilled.settle(realm),
            move |realm, reason| {
                let why = Exception::js(reason.clone()).describe(realm);
                rejected.rejection.borrow_mut().get_or_insert(why);
                rejected.settle(realm);
            },
        )?;
        // Step 4.
        self.pending.set(self.pending.get() + 1);
        Ok(())
    }

    /// Step 5: a promise settled; the count changes in a microtask of its own.
    fn settle(&self, realm: &Realm) {
        let this = self.root();
        let queued = realm.queue_microtask(move |_| this.count_down());
        if let Err(exception) = queued {
            crate::report::report_exception(realm, exception);
        }
    }

    fn count_down(&self) {
        // Step 5.1.
        self.pending.set(self.pending.get().saturating_sub(1));
        // Step 5.2: what follows for the registration is the coordinator's.
        if !self.is_active() {
            self.end();
        }
    }

    /// Answers `reply` when the event is not [active](https://w3c.github.io/ServiceWorker/#extendableevent-active) any
    /// more; asked once, after its dispatch.
    pub(super) fn when_inactive(&self, reply: Reply<EventOutcome>) {
        self.waiting.replace(Some(reply));
        if !self.is_active() {
            self.end();
        }
    }

    fn end(&self) {
        let Some(reply) = self.waiting.take() else { return };
        reply.send(match self.rejection.take() {
            _ if self.timed_out.get() => EventOutcome::TimedOut,
            Some(why) => EventOutcome::Rejected(why),
            None => EventOutcome::Completed,
        });
    }
}

impl ExtendableEventMethods for ExtendableEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: ExtendableEventInit) -> Fallible<Self> {
        Ok(Self::new_inherited(realm, type_, &event_init_dict.parent))
    }

    /// [`waitUntil()`](https://w3c.github.io/ServiceWorker/#dom-extendableevent-waituntil)
    fn wait_until(&self, realm: &Realm, f: Promise<Value>) -> Fallible<()> {
        self.add_lifetime_promise(realm, &f)
    }
}
