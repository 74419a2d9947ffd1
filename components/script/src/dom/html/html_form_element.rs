//! [`HTMLFormElement`](https://html.spec.whatwg.org/multipage/forms.html#the-form-element).

use std::cell::{Cell, OnceCell};

use bgfetch_js::{Exception, Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};

use super::html_anchor_element::LINK_TYPES;
use super::{html_input_element, reflect, states};
use crate::bindings::HTMLFormElementMethods;
use crate::dom::globals::window_or_worker::once;
use crate::dom::{
    DOMTokenList, Element, HTMLButtonElement, HTMLElement, HTMLSelectElement, HTMLTextAreaElement,
    SubmitEvent, events,
};

/// `HTMLFormElement`
pub(crate) struct HTMLFormElement {
    html_element: HTMLElement,
    /// Counts [planned navigations](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#planned-navigation):
    /// only the last one happens.
    pub(super) planned: Cell<u64>,
    /// [Firing submission events](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-firing-submission-events)
    firing_submission_events: Cell<bool>,
    /// [Locked for reset](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#locked-for-reset)
    locked_for_reset: Cell<bool>,
    rel_list: OnceCell<Member<DOMTokenList>>,
}

trace_fields!(HTMLFormElement { html_element, rel_list });
platform_object!(HTMLFormElement: HTMLElement via html_element);

impl HTMLFormElementMethods for HTMLFormElement {
    reflect::string!(accept_charset, set_accept_charset, "accept-charset");
    reflect::string!(name, set_name, "name");
    reflect::boolean!(no_validate, set_no_validate, "novalidate");
    reflect::string!(target, set_target, "target");
    reflect::string!(rel, set_rel, "rel");

    fn rel_list(&self, realm: &Realm) -> Fallible<Root<DOMTokenList>> {
        let element: Root<Element> = self.root().upcast();
        once(&self.rel_list, || realm.wrap(DOMTokenList::new(&element, "rel", Some(LINK_TYPES))))
    }

    reflect::enumerated!(method, set_method, "method", ["get", "post", "dialog"], "get", "get");

    /// [`action`](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#dom-fs-action)
    fn action(&self, _: &Realm) -> Fallible<String> {
        let empty = self.with_plain_attribute("action", |action| action.unwrap_or_default().is_empty());
        if empty {
            return Ok(self.owner_doc().document_url().into());
        }
        Ok(reflect::url_of(self, "action"))
    }

    fn set_action(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.set_plain_attribute(realm, "action", value.into());
        Ok(())
    }

    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(u32::try_from(self.controls().len()).unwrap_or(u32::MAX))
    }

    fn submit(&self, realm: &Realm) -> Fallible<()> {
        self.navigate(realm, None)
    }

    /// [`requestSubmit()`](https://html.spec.whatwg.org/multipage/forms.html#dom-form-requestsubmit)
    fn request_submit(&self, realm: &Realm, submitter: Option<Root<HTMLElement>>) -> Fallible<()> {
        if let Some(submitter) = &submitter {
            check_submitter(&self.root(), submitter)?;
        }
        self.submit_by(realm, submitter.as_ref())
    }

    /// [`reset()`](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#concept-form-reset)
    fn reset(&self, realm: &Realm) -> Fallible<()> {
        if self.locked_for_reset.replace(true) {
            return Ok(());
        }
        let result = self.reset_controls(realm);
        self.locked_for_reset.set(false);
        result
    }
}

/// Whether it may submit `form`.
///
/// # Errors
/// A `TypeError` if it is no submit button, a `NotFoundError` if it is one of another form.
pub(crate) fn check_submitter(form: &Root<HTMLFormElement>, submitter: &Root<HTMLElement>) -> Fallible<()> {
    if !is_submit_button(&submitter.upcast()) {
        return Err(Exception::type_error("the submitter is not a submit button"));
    }
    if states::form_owner(submitter).as_ref() != Some(form) {
        return Err(Exception::dom("NotFoundError", "the submitter belongs to another form"));
    }
    Ok(())
}

/// [Submit button](https://html.spec.whatwg.org/multipage/forms.html#concept-submit-button)
fn is_submit_button(element: &Root<Element>) -> bool {
    match (element.downcast::<HTMLButtonElement>(), html_input_element::of(element)) {
        (Some(button), _) => button.button_type() == "submit",
        (None, Some(input)) => matches!(input.input_type(), "submit" | "image"),
        (None, None) => false,
    }
}

impl HTMLFormElement {
    /// A `form` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self {
            html_element,
            planned: Cell::new(0),
            firing_submission_events: Cell::new(false),
            locked_for_reset: Cell::new(false),
            rel_list: OnceCell::new(),
        }
    }

    /// Its controls, in tree order.
    pub(super) fn controls(&self) -> Vec<Root<Element>> {
        let this = self.root();
        let listed = ["button", "input", "select", "textarea", "fieldset", "output", "object"];
        let elements = self.tree_root().descendant_elements();
        let ours = elements.filter(|element| element.is_html() && listed.contains(&&*element.name().local));
        ours.filter(|element| states::form_owner(element).as_ref() == Some(&this)).collect()
    }

    /// [Submits](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-submission-algorithm) it, by a
    /// button or by script.
    pub(super) fn submit_by(&self, realm: &Realm, submitter: Option<&Root<HTMLElement>>) -> Fallible<()> {
        // Steps 1 and 5.
        if !self.is_in_document() || self.firing_submission_events.replace(true) {
            return Ok(());
        }
        let go_on = SubmitEvent::fire(realm, &self.root(), submitter);
        self.firing_submission_events.set(false);
        if go_on? {
            self.navigate(realm, submitter)?;
        }
        Ok(())
    }

    /// [Resets](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#concept-form-reset) it.
    pub(super) fn reset_controls(&self, realm: &Realm) -> Fallible<()> {
        if !events::event::fire_with(realm, self, "reset", true, true)? {
            return Ok(());
        }
        for control in self.controls() {
            if let Some(input) = html_input_element::of(&control) {
                input.reset();
            } else if let Some(area) = control.downcast::<HTMLTextAreaElement>() {
                area.reset();
            } else if let Some(select) = control.downcast::<HTMLSelectElement>() {
                select.reset();
            }
        }
        Ok(())
    }
}
