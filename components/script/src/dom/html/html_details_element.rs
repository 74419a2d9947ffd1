//! [`HTMLDetailsElement`](https://html.spec.whatwg.org/multipage/interactive-elements.html#the-details-element).

use std::cell::{Cell, RefCell};

use bgfetch_js::{Fallible, PlatformObject, Realm, Root, platform_object, trace_fields};

use super::reflect;
use crate::agent::{Agent, TaskSource};
use crate::bindings::HTMLDetailsElementMethods;
use crate::dom::{Element, HTMLElement, ToggleEvent};

/// `HTMLDetailsElement`.
pub(crate) struct HTMLDetailsElement {
    html_element: HTMLElement,
    /// [Details toggle task tracker](https://html.spec.whatwg.org/multipage/interactive-elements.html#details-toggle-task-tracker):
    /// the state before the task that is queued.
    toggled_from: RefCell<Option<&'static str>>,
    /// The number of the task that counts: a later one takes the place of those that have not run.
    task: Cell<u64>,
}

trace_fields!(HTMLDetailsElement { html_element });
platform_object!(HTMLDetailsElement: HTMLElement via html_element);

impl HTMLDetailsElement {
    /// A `details` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self { html_element, toggled_from: RefCell::new(None), task: Cell::new(0) }
    }

    fn is_open(&self) -> bool {
        self.with_plain_attribute("open", |open| open.is_some())
    }

    /// [Attribute change steps](https://html.spec.whatwg.org/multipage/interactive-elements.html#the-details-element:concept-element-attributes-change-ext)
    /// of `open`, which came or went.
    pub(super) fn open_changed(&self, realm: &Realm, is_open: bool) {
        if is_open {
            self.queue_toggle(realm, "closed", "open");
            self.close_others(realm);
        } else {
            self.queue_toggle(realm, "open", "closed");
        }
    }

    /// [Ensures details exclusivity by closing other elements](https://html.spec.whatwg.org/multipage/interactive-elements.html#ensure-details-exclusivity-by-closing-other-elements-if-needed).
    fn close_others(&self, realm: &Realm) {
        let Some(name) = self.plain_attribute("name").filter(|name| !name.is_empty()) else { return };
        let this = self.root();
        let group = self.tree_root().descendant_elements().filter_map(|element| element.downcast::<Self>());
        let others: Vec<_> = group
            .filter(|other| {
                *other != this && other.is_open() && other.plain_attribute("name").as_ref() == Some(&name)
            })
            .collect();
        for other in others {
            other.remove_plain_attribute(realm, "open");
        }
    }

    /// [Queues a details toggle event task](https://html.spec.whatwg.org/multipage/interactive-elements.html#queue-a-details-toggle-event-task).
    fn queue_toggle(&self, realm: &Realm, old: &'static str, new: &'static str) {
        let old = self.toggled_from.borrow_mut().get_or_insert(old).to_owned();
        let number = self.task.get().wrapping_add(1);
        self.task.set(number);
        let this = self.root();
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
            if this.task.get() != number {
                return Ok(());
            }
            this.toggled_from.replace(None);
            ToggleEvent::fire(realm, &this.upcast(), &old, new)
        });
    }
}

impl HTMLDetailsElementMethods for HTMLDetailsElement {
    reflect::string!(name, set_name, "name");
    reflect::boolean!(open, set_open, "open");
}

/// The details that a `summary` element is
/// [the summary of](https://html.spec.whatwg.org/multipage/interactive-elements.html#summary-for-its-parent-details).
pub(super) fn of_summary(summary: &Root<Element>) -> Option<Root<HTMLDetailsElement>> {
    let details = summary.parent_as_element()?.downcast::<HTMLDetailsElement>()?;
    let first = details.child_elements().find(|element| element.is_html_named("summary"));
    (first.as_ref() == Some(summary)).then_some(details)
}

/// [Activation behavior of `summary`](https://html.spec.whatwg.org/multipage/interactive-elements.html#the-summary-element:activation-behaviour).
pub(super) fn activate_summary(realm: &Realm, summary: &Root<Element>) -> Fallible<()> {
    if let Some(details) = of_summary(summary) {
        reflect::set_boolean(&details, realm, "open", !details.is_open());
    }
    Ok(())
}
