//! [`HTMLFormElement`](https://html.spec.whatwg.org/multipage/forms.html#the-form-element).

use std::cell::{Cell, OnceCell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields,
};

use super::html_anchor_element::LINK_TYPES;
use super::html_form_controls_collection::{HTMLFormControlsCollection, one_or_list};
use super::{html_input_element, reflect, states};
use crate::bindings::{HTMLFormElementMethods, RadioNodeListOrElement};
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
    /// [Constructing entry list](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#constructing-entry-list)
    pub(super) constructing_entry_list: Cell<bool>,
    /// [Locked for reset](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#locked-for-reset)
    locked_for_reset: Cell<bool>,
    rel_list: OnceCell<Member<DOMTokenList>>,
    elements: OnceCell<Member<HTMLFormControlsCollection>>,
    /// [Past names map](https://html.spec.whatwg.org/multipage/forms.html#past-names-map), the oldest first.
    past_names: RefCell<Vec<PastName>>,
}

trace_fields!(HTMLFormElement { html_element, rel_list, elements, past_names });
platform_object!(HTMLFormElement: HTMLElement via html_element);

/// The [encoding type](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#attr-fs-enctype) of forms that
/// name none.
pub(super) const URL_ENCODED: &str = "application/x-www-form-urlencoded";

/// The encoding types.
pub(super) const ENCTYPES: [&str; 3] = [URL_ENCODED, "multipart/form-data", "text/plain"];

/// An entry of the past names map.
struct PastName {
    name: DomString,
    element: Member<Element>,
}

trace_fields!(PastName { element });

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
    reflect::enumerated!(enctype, set_enctype, "enctype", ENCTYPES, URL_ENCODED, URL_ENCODED);
    reflect::enumerated!(encoding, set_encoding, "enctype", ENCTYPES, URL_ENCODED, URL_ENCODED);

    /// [`action`](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#dom-fs-action)
    fn action(&self, _: &Realm) -> Fallible<String> {
        Ok(reflect::action(self, "action"))
    }

    fn set_action(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.set_plain_attribute(realm, "action", value.into());
        Ok(())
    }

    fn elements(&self, realm: &Realm) -> Fallible<Root<HTMLFormControlsCollection>> {
        once(&self.elements, || realm.wrap(HTMLFormControlsCollection::new(&self.root())))
    }

    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.indexed_length())
    }

    fn indexed_length(&self) -> u32 {
        u32::try_from(self.elements_in_order().len()).unwrap_or(u32::MAX)
    }

    fn indexed_getter(&self, _: &Realm, index: u32) -> Fallible<Root<Element>> {
        let element = self.elements_in_order().into_iter().nth(index as usize);
        element.ok_or_else(|| Exception::range_error("there is no such control"))
    }

    /// [The value of a named property](https://html.spec.whatwg.org/multipage/forms.html#dom-form-nameditem)
    fn named_getter(&self, realm: &Realm, name: DomString) -> Fallible<RadioNodeListOrElement> {
        // Steps 1 and 2.
        let mut candidates = self.named_controls(&name);
        if candidates.is_empty() {
            candidates = self.nameable().filter(|e| is_image(e) && has_name(e, &name)).collect();
        }
        // Steps 3 and 5.
        if let [only] = &candidates[..] {
            self.remember(&name, only);
        }
        let found = match one_or_list(realm, &self.root(), candidates, name.clone())? {
            Some(found) => Some(found),
            None => self.past(&name).map(RadioNodeListOrElement::Element),
        };
        found.ok_or_else(|| Exception::type_error("there is no such control"))
    }

    /// [Supported property names](https://html.spec.whatwg.org/multipage/forms.html#the-form-element:supported-property-names)
    fn supported_property_names(&self) -> Vec<DomString> {
        let mut names: Vec<DomString> = Vec::new();
        let past_names = self.past_names.borrow();
        // Whoever reads any property of the form comes here, and most elements have no name: that is asked first.
        let is_named = |element: &Root<Element>| {
            let is_there = |value: Option<&str>| value.is_some();
            element.with_plain_attribute("id", is_there)
                || element.with_plain_attribute("name", is_there)
                || past_names.iter().any(|past| *past.element == *element)
        };
        let named = self.tree_root().descendant_elements().filter(is_named);
        for element in named.filter(|element| is_nameable(element) && self.owns(element)) {
            let sources = [element.plain_attribute("id"), element.plain_attribute("name")];
            let past =
                past_names.iter().filter(|past| *past.element == element).map(|past| past.name.clone());
            for name in sources.into_iter().flatten().chain(past) {
                if !name.is_empty() && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
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

/// [Listed](https://html.spec.whatwg.org/multipage/forms.html#category-listed)
fn is_listed(element: &Root<Element>) -> bool {
    let names = ["button", "input", "select", "textarea", "fieldset", "output", "object"];
    names.contains(&&*element.name().local)
}

fn is_image(element: &Root<Element>) -> bool {
    *element.name().local == *"img"
}

fn is_image_button(element: &Root<Element>) -> bool {
    html_input_element::of(element).is_some_and(|input| input.input_type() == "image")
}

/// Whether that is its ID or its name.
/// Whether it can be a property of its form owner by its name.
fn is_nameable(element: &Root<Element>) -> bool {
    element.is_html() && (is_image(element) || (is_listed(element) && !is_image_button(element)))
}

fn has_name(element: &Root<Element>, name: &DomString) -> bool {
    let is = |value: Option<&str>| value.is_some_and(|value| *value == **name);
    element.with_plain_attribute("id", is) || element.with_plain_attribute("name", is)
}

/// [Submit button](https://html.spec.whatwg.org/multipage/forms.html#concept-submit-button)
pub(super) fn is_submit_button(element: &Root<Element>) -> bool {
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
            constructing_entry_list: Cell::new(false),
            locked_for_reset: Cell::new(false),
            rel_list: OnceCell::new(),
            elements: OnceCell::new(),
            past_names: RefCell::new(Vec::new()),
        }
    }

    /// Its controls, in tree order.
    pub(super) fn controls(&self) -> Vec<Root<Element>> {
        self.owned(is_listed).collect()
    }

    /// The HTML elements that this is the form owner of.
    fn owned(&self, wanted: fn(&Root<Element>) -> bool) -> impl Iterator<Item = Root<Element>> {
        let this = self.root();
        let elements = self.tree_root().descendant_elements().filter(move |e| e.is_html() && wanted(e));
        elements.filter(move |element| this.owns(element))
    }

    /// Whether it is the [form owner](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-owner).
    fn owns(&self, element: &Root<Element>) -> bool {
        states::form_owner(element).is_some_and(|owner| std::ptr::eq(&*owner, self))
    }

    /// Its [`elements`](https://html.spec.whatwg.org/multipage/forms.html#dom-form-elements): no image buttons.
    pub(crate) fn elements_in_order(&self) -> Vec<Root<Element>> {
        self.owned(|element| is_listed(element) && !is_image_button(element)).collect()
    }

    /// Those of its elements that have a name, as their ID or their name.
    pub(crate) fn named_controls(&self, name: &DomString) -> Vec<Root<Element>> {
        self.elements_in_order().into_iter().filter(|element| has_name(element, name)).collect()
    }

    /// What can be a property of the form by its name.
    fn nameable(&self) -> impl Iterator<Item = Root<Element>> {
        self.owned(is_nameable)
    }

    /// Adds to the past names map.
    fn remember(&self, name: &DomString, element: &Root<Element>) {
        let mut names = self.past_names.borrow_mut();
        names.retain(|past| past.name != *name);
        names.push(PastName { name: name.clone(), element: element.clone().into() });
    }

    /// What the past names map has for a name, if it is still the form's.
    fn past(&self, name: &DomString) -> Option<Root<Element>> {
        let names = self.past_names.borrow();
        let element = names.iter().find(|past| past.name == *name).map(|past| (*past.element).clone())?;
        drop(names);
        (states::form_owner(&element).as_ref() == Some(&self.root())).then_some(element)
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
