//! [`MutationObserver`](https://dom.spec.whatwg.org/#interface-mutationobserver) and
//! [queueing mutation records](https://dom.spec.whatwg.org/#queueing-a-mutation-record).

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Realm, Reflector, Root, Trace, Traced, Tracer,
    platform_object, trace_fields,
};

use super::mutation_record::MutationRecord;
use crate::bindings::{MutationCallback, MutationObserverInit, MutationObserverMethods};
use crate::dom::{HTMLSlotElement, Node, events};
use crate::report;

thread_local! {
    /// [Mutation observer microtask queued](https://dom.spec.whatwg.org/#mutation-observer-compound-microtask-queued-flag)
    static QUEUED: Cell<bool> = const { Cell::new(false) };
    /// [Pending mutation observers](https://dom.spec.whatwg.org/#pending-mutation-observers)
    static PENDING: RefCell<Vec<(Realm, Root<MutationObserver>)>> = const { RefCell::new(Vec::new()) };
    /// [Signal slots](https://dom.spec.whatwg.org/#signal-slot-list)
    static SIGNAL_SLOTS: RefCell<Vec<(Realm, Root<HTMLSlotElement>)>> = const { RefCell::new(Vec::new()) };
    /// How many observers are registered on nodes of this thread; without any, mutations need no records.
    static REGISTERED: Cell<usize> = const { Cell::new(0) };
}

/// `MutationObserver`.
pub(crate) struct MutationObserver {
    reflector: Reflector,
    callback: Traced<MutationCallback>,
    /// [Node list](https://dom.spec.whatwg.org/#mutationobserver-node-list). It holds the nodes until they are no longer
    /// observed; the nodes hold the observer, so both go together.
    nodes: RefCell<Vec<Member<Node>>>,
    /// [Record queue](https://dom.spec.whatwg.org/#concept-mo-queue)
    records: RefCell<Vec<Member<MutationRecord>>>,
}

trace_fields!(MutationObserver { callback, nodes, records });
platform_object!(MutationObserver);

/// A [registered observer](https://dom.spec.whatwg.org/#registered-observer), or a
/// [transient](https://dom.spec.whatwg.org/#transient-registered-observer) one.
pub(super) struct RegisteredObserver {
    observer: Member<MutationObserver>,
    options: Options,
    /// Of a transient one, the node whose registration it follows.
    source: Option<Member<Node>>,
}

impl Trace for RegisteredObserver {
    fn trace(&self, tracer: &mut Tracer) {
        self.observer.trace(tracer);
        self.source.trace(tracer);
    }
}

impl RegisteredObserver {
    fn new(observer: Member<MutationObserver>, options: Options, source: Option<Member<Node>>) -> Self {
        REGISTERED.set(REGISTERED.get() + 1);
        Self { observer, options, source }
    }
}

impl Drop for RegisteredObserver {
    fn drop(&mut self) {
        // The counter is gone when the thread ends.
        let _ = REGISTERED.try_with(|count| count.set(count.get().saturating_sub(1)));
    }
}

/// `MutationObserverInit` after [`observe()`](https://dom.spec.whatwg.org/#dom-mutationobserver-observe) has completed it.
#[derive(Clone, Default)]
struct Options {
    child_list: bool,
    subtree: bool,
    attributes: bool,
    attribute_old_value: bool,
    attribute_filter: Option<Vec<DomString>>,
    character_data: bool,
    character_data_old_value: bool,
}

impl Options {
    /// Steps 1 to 6 of `observe()`.
    fn of(init: MutationObserverInit) -> Fallible<Self> {
        let refused = |why: &str| Err(Exception::type_error(why));
        let attributes =
            init.attributes.unwrap_or(init.attribute_old_value.is_some() || init.attribute_filter.is_some());
        let character_data = init.character_data.unwrap_or(init.character_data_old_value.is_some());
        if !init.child_list && !attributes && !character_data {
            return refused(
                "nothing is to be observed: one of childList, attributes, characterData must be true",
            );
        }
        if !attributes && init.attribute_old_value == Some(true) {
            return refused("attributeOldValue is of no use without attributes");
        }
        if !attributes && init.attribute_filter.is_some() {
            return refused("attributeFilter is of no use without attributes");
        }
        if !character_data && init.character_data_old_value == Some(true) {
            return refused("characterDataOldValue is of no use without characterData");
        }
        Ok(Self {
            child_list: init.child_list,
            subtree: init.subtree,
            attributes,
            attribute_old_value: init.attribute_old_value.unwrap_or(false),
            attribute_filter: init.attribute_filter,
            character_data,
            character_data_old_value: init.character_data_old_value.unwrap_or(false),
        })
    }

    /// Step 2.2 of [queueing a mutation record](https://dom.spec.whatwg.org/#queue-a-mutation-record): whether they ask for
    /// that mutation; if so, whether with the old value.
    fn wants(&self, is_target: bool, mutation: &Mutation<'_>) -> Option<bool> {
        if !is_target && !self.subtree {
            return None;
        }
        match mutation {
            Mutation::Attributes { name, namespace, .. } => {
                let listed = self.attribute_filter.as_ref().is_none_or(|filter| {
                    namespace.is_none() && filter.iter().any(|wanted| *wanted == **name)
                });
                (self.attributes && listed).then_some(self.attribute_old_value)
            }
            Mutation::CharacterData { .. } => self.character_data.then_some(self.character_data_old_value),
            Mutation::ChildList { .. } => self.child_list.then_some(false),
        }
    }
}

/// What happened to a node.
pub(super) enum Mutation<'a> {
    Attributes {
        name: &'a str,
        namespace: Option<DomString>,
        old: Option<DomString>,
    },
    CharacterData {
        old: DomString,
    },
    ChildList {
        added: &'a [Root<Node>],
        removed: &'a [Root<Node>],
        previous: Option<Root<Node>>,
        next: Option<Root<Node>>,
    },
}

/// Whether anything is observed on this thread: if not, there is no need to find out what a record would need.
pub(super) fn is_anything_observed() -> bool {
    REGISTERED.get() > 0
}

/// [Queues a mutation record](https://dom.spec.whatwg.org/#queue-a-mutation-record).
pub(super) fn queue_record(realm: &Realm, target: &Root<Node>, mutation: &Mutation<'_>) {
    if !is_anything_observed() {
        return;
    }
    // Steps 1 to 3: each interested observer once, and whether one of its registrations wants the old value.
    let mut interested: Vec<(Root<MutationObserver>, bool)> = Vec::new();
    let mut node = Some(target.clone());
    while let Some(current) = node {
        current.each_registered_observer(|registered| {
            let Some(old) = registered.options.wants(current == *target, mutation) else { return };
            match interested.iter_mut().find(|(known, _)| *known == *registered.observer) {
                Some((_, wants_old)) => *wants_old |= old,
                None => interested.push(((*registered.observer).clone(), old)),
            }
        });
        node = current.parent();
    }
    // Step 4.
    for (observer, with_old) in interested {
        match MutationRecord::create(realm, target, mutation, with_old) {
            Ok(record) => observer.records.borrow_mut().push(record.into()),
            Err(exception) => report::report_exception(realm, exception),
        }
        PENDING.with_borrow_mut(|pending| {
            if !pending.iter().any(|(_, known)| *known == observer) {
                pending.push((realm.clone(), observer));
            }
        });
    }
    // Step 5.
    if PENDING.with_borrow(|pending| !pending.is_empty()) {
        queue_microtask(realm);
    }
}

/// [Queues a tree mutation record](https://dom.spec.whatwg.org/#queue-a-tree-mutation-record).
pub(super) fn queue_tree_record(
    realm: &Realm,
    target: &Root<Node>,
    added: &[Root<Node>],
    removed: &[Root<Node>],
    previous: Option<Root<Node>>,
    next: Option<Root<Node>>,
) {
    queue_record(realm, target, &Mutation::ChildList { added, removed, previous, next });
}

/// [Signals a slot change](https://dom.spec.whatwg.org/#signal-a-slot-change).
pub(super) fn signal_slot_change(realm: &Realm, slot: &Root<HTMLSlotElement>) {
    SIGNAL_SLOTS.with_borrow_mut(|slots| {
        if !slots.iter().any(|(_, known)| known == slot) {
            slots.push((realm.clone(), slot.clone()));
        }
    });
    queue_microtask(realm);
}

/// [Queues a mutation observer microtask](https://dom.spec.whatwg.org/#queue-a-mutation-observer-compound-microtask).
fn queue_microtask(realm: &Realm) {
    if QUEUED.replace(true) {
        return;
    }
    if let Err(exception) = realm.queue_microtask(|_| notify()) {
        QUEUED.set(false);
        report::report_exception(realm, exception);
    }
}

/// [Notifies mutation observers](https://dom.spec.whatwg.org/#notify-mutation-observers).
fn notify() {
    // Steps 1 to 5.
    QUEUED.set(false);
    let pending = PENDING.take();
    let slots = SIGNAL_SLOTS.take();
    // Step 6.
    for (realm, observer) in pending {
        let records = observer.take();
        for node in observer.nodes.borrow().iter() {
            node.with_registered_observers(|registered| {
                registered.retain(|known| known.source.is_none() || *known.observer != observer);
            });
        }
        if records.is_empty() {
            continue;
        }
        let this = observer.as_value().clone();
        if let Err(exception) = observer.callback.call(&realm, &this, records, observer.clone()) {
            report::report_exception_of(observer.callback.0.as_object(), &realm, exception);
        }
    }
    // Step 7.
    for (realm, slot) in slots {
        if let Err(exception) = events::event::fire_with(&realm, &*slot, "slotchange", true, false) {
            report::report_exception(&realm, exception);
        }
    }
}

/// Lets go of what belongs to a realm that ends.
pub(crate) fn forget(realm: &Realm) {
    let observers: Vec<_> =
        PENDING.with_borrow_mut(|list| list.extract_if(.., |known| known.0.is_same(realm)).collect());
    let slots: Vec<_> =
        SIGNAL_SLOTS.with_borrow_mut(|list| list.extract_if(.., |known| known.0.is_same(realm)).collect());
    // The microtask goes with its realm; one that is needed again is queued by another.
    QUEUED.set(false);
    drop((observers, slots));
}

/// [Removing](https://dom.spec.whatwg.org/#concept-node-remove), step 15: who observed a subtree goes on observing the
/// part that was taken out until the next microtask.
pub(super) fn add_transient_observers(node: &Root<Node>, parent: &Root<Node>) {
    if !is_anything_observed() {
        return;
    }
    let mut ancestor = Some(parent.clone());
    while let Some(current) = ancestor {
        let mut transient = Vec::new();
        current.each_registered_observer(|known| {
            if known.options.subtree {
                transient.push(((*known.observer).clone(), known.options.clone()));
            }
        });
        for (observer, options) in transient {
            node.with_registered_observers(|registered| {
                let source = Some(current.clone().into());
                registered.push(RegisteredObserver::new(observer.clone().into(), options, source));
            });
            observer.nodes.borrow_mut().push(node.clone().into());
        }
        ancestor = current.parent();
    }
}

impl MutationObserver {
    fn take(&self) -> Vec<Root<MutationRecord>> {
        self.records.take().into_iter().map(|record| (*record).clone()).collect()
    }
}

impl MutationObserverMethods for MutationObserver {
    fn constructor(_: &Realm, callback: MutationCallback) -> Fallible<Self> {
        Ok(Self {
            reflector: Reflector::new(),
            callback: callback.into(),
            nodes: RefCell::default(),
            records: RefCell::default(),
        })
    }

    /// [`observe()`](https://dom.spec.whatwg.org/#dom-mutationobserver-observe)
    fn observe(&self, _: &Realm, target: Root<Node>, options: MutationObserverInit) -> Fallible<()> {
        // Steps 1 to 6.
        let options = Options::of(options)?;
        let this = self.root();
        // Step 7.
        let mut known = false;
        target.with_registered_observers(|registered| {
            if let Some(own) = registered.iter_mut().find(|r| *r.observer == this && r.source.is_none()) {
                own.options = options.clone();
                known = true;
            }
        });
        if known {
            for node in self.nodes.borrow().iter() {
                node.with_registered_observers(|registered| {
                    let follows = |r: &RegisteredObserver| {
                        *r.observer == this && r.source.as_ref().is_some_and(|source| **source == target)
                    };
                    registered.retain(|registered| !follows(registered));
                });
            }
            return Ok(());
        }
        // Step 8.
        target.with_registered_observers(|registered| {
            registered.push(RegisteredObserver::new(this.into(), options, None));
        });
        self.nodes.borrow_mut().push(target.into());
        Ok(())
    }

    /// [`disconnect()`](https://dom.spec.whatwg.org/#dom-mutationobserver-disconnect)
    fn disconnect(&self, _: &Realm) -> Fallible<()> {
        let this = self.root();
        for node in self.nodes.take() {
            node.with_registered_observers(|registered| registered.retain(|known| *known.observer != this));
        }
        let records = self.records.take();
        drop(records);
        Ok(())
    }

    fn take_records(&self, _: &Realm) -> Fallible<Vec<Root<MutationRecord>>> {
        Ok(self.take())
    }
}
