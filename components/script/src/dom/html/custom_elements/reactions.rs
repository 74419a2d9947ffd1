//! [Custom element reactions](https://html.spec.whatwg.org/multipage/custom-elements.html#custom-element-reactions).
//!
//! Generated code asks for an element queue around each member that has `[CEReactions]`, and so does the parser around what
//! it inserts; what happens outside of these goes to the backup element queue, and runs in a microtask.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, Shared, ToJs, Trace, Traced, Tracer, Value};

use super::definition::Definition;
use super::upgrade;
use crate::dom::{Document, Element};
use crate::report;

thread_local! {
    /// How many element queues are on the
    /// [custom element reactions stack](https://html.spec.whatwg.org/multipage/custom-elements.html#custom-element-reactions-stack).
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// Those of them that are not empty, by their place on the stack.
    static QUEUES: RefCell<Vec<(usize, ElementQueue)>> = const { RefCell::new(Vec::new()) };
    /// [Backup element queue](https://html.spec.whatwg.org/multipage/custom-elements.html#backup-element-queue)
    static BACKUP: RefCell<ElementQueue> = const { RefCell::new(VecDeque::new()) };
    /// [Processing the backup element queue flag](https://html.spec.whatwg.org/multipage/custom-elements.html#processing-the-backup-element-queue)
    static PROCESSING: Cell<bool> = const { Cell::new(false) };
    /// Whether anything was ever defined on this thread: before, nothing reacts.
    static IN_USE: Cell<bool> = const { Cell::new(false) };
}

/// An [element queue](https://html.spec.whatwg.org/multipage/custom-elements.html#element-queue).
type ElementQueue = VecDeque<(Realm, Root<Element>)>;

/// From now on, elements may be custom.
pub(super) fn begin() {
    IN_USE.set(true);
}

/// Whether an element of this thread can be custom.
pub(crate) fn are_in_use() -> bool {
    IN_USE.get()
}

/// A custom element reaction.
pub(crate) enum Reaction {
    /// [Upgrade reaction](https://html.spec.whatwg.org/multipage/custom-elements.html#upgrade-reaction)
    Upgrade(Traced<Shared<Definition>>),
    /// [Callback reaction](https://html.spec.whatwg.org/multipage/custom-elements.html#callback-reaction)
    Callback(Lifecycle),
}

/// What a lifecycle callback is told.
pub(crate) enum Lifecycle {
    Connected,
    Disconnected,
    Adopted {
        old: Member<Document>,
        new: Member<Document>,
    },
    AttributeChanged {
        name: DomString,
        old: Option<DomString>,
        new: Option<DomString>,
        namespace: Option<DomString>,
    },
}

impl Trace for Reaction {
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            Self::Upgrade(definition) => definition.trace(tracer),
            Self::Callback(Lifecycle::Adopted { old, new }) => {
                old.trace(tracer);
                new.trace(tracer);
            }
            Self::Callback(_) => {}
        }
    }
}

impl Lifecycle {
    const fn name(&self) -> &'static str {
        match self {
            Self::Connected => "connectedCallback",
            Self::Disconnected => "disconnectedCallback",
            Self::Adopted { .. } => "adoptedCallback",
            Self::AttributeChanged { .. } => "attributeChangedCallback",
        }
    }

    fn arguments(self, realm: &Realm) -> Fallible<Vec<Value>> {
        Ok(match self {
            Self::Connected | Self::Disconnected => Vec::new(),
            Self::Adopted { old, new } => vec![old.as_value().clone(), new.as_value().clone()],
            Self::AttributeChanged { name, old, new, namespace } => {
                vec![name.to_js(realm)?, old.to_js(realm)?, new.to_js(realm)?, namespace.to_js(realm)?]
            }
        })
    }
}

/// [Enqueues a custom element callback reaction](https://html.spec.whatwg.org/multipage/custom-elements.html#enqueue-a-custom-element-callback-reaction).
pub(crate) fn enqueue_callback(realm: &Realm, element: &Root<Element>, lifecycle: Lifecycle) {
    // Steps 1 to 4.
    let Some(definition) = element.custom_element_definition() else { return };
    if definition.features.callback(lifecycle.name()).is_none() {
        return;
    }
    // Step 5.
    if let Lifecycle::AttributeChanged { name, .. } = &lifecycle
        && !definition.features.observes(name)
    {
        return;
    }
    // Steps 6 and 7.
    enqueue(realm, element, Reaction::Callback(lifecycle));
}

/// [Enqueues a custom element upgrade reaction](https://html.spec.whatwg.org/multipage/custom-elements.html#enqueue-a-custom-element-upgrade-reaction).
pub(crate) fn enqueue_upgrade(realm: &Realm, element: &Root<Element>, definition: &Shared<Definition>) {
    enqueue(realm, element, Reaction::Upgrade(definition.clone().into()));
}

/// Adds a reaction, and [enqueues the element on the appropriate element queue](https://html.spec.whatwg.org/multipage/custom-elements.html#enqueue-an-element-on-the-appropriate-element-queue).
fn enqueue(realm: &Realm, element: &Root<Element>, reaction: Reaction) {
    element.custom_part().reactions.borrow_mut().push_back(reaction);
    let depth = DEPTH.get();
    if depth > 0 {
        QUEUES.with_borrow_mut(|queues| match queues.last_mut() {
            Some((place, queue)) if *place == depth => queue.push_back((realm.clone(), element.clone())),
            _ => queues.push((depth, VecDeque::from([(realm.clone(), element.clone())]))),
        });
        return;
    }
    BACKUP.with_borrow_mut(|queue| queue.push_back((realm.clone(), element.clone())));
    if PROCESSING.replace(true) {
        return;
    }
    let queued = realm.queue_microtask(|_| {
        while let Some((realm, element)) = BACKUP.with_borrow_mut(VecDeque::pop_front) {
            invoke(&realm, &element);
        }
        PROCESSING.set(false);
    });
    if let Err(exception) = queued {
        PROCESSING.set(false);
        report::report_exception(realm, exception);
    }
}

/// Pushes a new element queue.
pub(crate) fn push() {
    DEPTH.set(DEPTH.get() + 1);
}

/// Pops the current element queue, and [invokes the reactions](https://html.spec.whatwg.org/multipage/custom-elements.html#invoke-custom-element-reactions)
/// in it.
pub(crate) fn pop() {
    let depth = DEPTH.get();
    DEPTH.set(depth.saturating_sub(1));
    let queue = QUEUES.with_borrow_mut(|queues| match queues.last() {
        Some((place, _)) if *place == depth => queues.pop(),
        _ => None,
    });
    for (realm, element) in queue.map(|(_, queue)| queue).unwrap_or_default() {
        invoke(&realm, &element);
    }
}

/// Runs steps with an element queue of their own.
pub(crate) fn with_queue<R>(steps: impl FnOnce() -> R) -> R {
    push();
    let result = steps();
    pop();
    result
}

/// Invokes all reactions of an element.
fn invoke(realm: &Realm, element: &Root<Element>) {
    while let Some(reaction) = next(element) {
        match reaction {
            Reaction::Upgrade(definition) => {
                if let Err(exception) = upgrade::upgrade(realm, element, &definition) {
                    report::report_exception_of(&definition.class(), realm, exception);
                }
            }
            Reaction::Callback(lifecycle) => call(realm, element, lifecycle),
        }
    }
}

fn next(element: &Root<Element>) -> Option<Reaction> {
    element.custom_part().reactions.borrow_mut().pop_front()
}

fn call(realm: &Realm, element: &Root<Element>, lifecycle: Lifecycle) {
    let Some(definition) = element.custom_element_definition() else { return };
    let Some(callback) = definition.features.callback(lifecycle.name()) else { return };
    let realm = callback.as_object().associated_realm(realm);
    let called =
        lifecycle.arguments(&realm).and_then(|args| callback.call(&realm, element.as_value(), &args));
    if let Err(exception) = called {
        report::report_exception(&realm, exception);
    }
}

/// Lets go of what belongs to a realm that ends.
pub(crate) fn forget(realm: &Realm) {
    let (gone, kept) = BACKUP.take().into_iter().partition(|(known, _)| known.is_same(realm));
    let (_gone, kept): (ElementQueue, ElementQueue) = (gone, kept);
    BACKUP.set(kept);
    // The microtask goes with its realm.
    PROCESSING.set(false);
}
