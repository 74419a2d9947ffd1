//! [Activation behavior](https://dom.spec.whatwg.org/#eventtarget-activation-behavior): what a click does.

use bgfetch_js::{Fallible, PlatformObject, Realm, Root};

use super::html_details_element;
use super::html_input_element::{self, CheckedBefore};
use super::hyperlink;
use super::states;
use crate::bindings::PointerEventInit;
use crate::dom::window::choosing;
use crate::dom::window::navigation::Target;
use crate::dom::{
    Element, Event, EventTarget, HTMLButtonElement, HTMLElement, HTMLInputElement, HTMLLabelElement,
    PointerEvent, events,
};

/// What is to be done when an event has been dispatched.
pub(crate) struct Activation(Option<Pending>);

struct Pending {
    target: Root<Element>,
    /// What [legacy-pre-activation behavior](https://dom.spec.whatwg.org/#eventtarget-legacy-pre-activation-behavior) changed.
    before: Option<CheckedBefore>,
}

impl Activation {
    /// Nothing is to be done.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Runs the [legacy-pre-activation behavior](https://dom.spec.whatwg.org/#eventtarget-legacy-pre-activation-behavior)
    /// of an event's activation target.
    pub(crate) fn prepare(target: Option<Root<Element>>) -> Self {
        Self(target.map(|target| {
            let before = html_input_element::of(&target).and_then(|input| input.toggle());
            Pending { target, before }
        }))
    }

    /// Step 12 of dispatch.
    pub(crate) fn finish(self, realm: &Realm, event: &Root<Event>) -> Fallible<()> {
        let Some(Pending { target, before }) = self.0 else { return Ok(()) };
        if !event.is_canceled() {
            return activate(realm, &target, event);
        }
        if let (Some(input), Some(before)) = (html_input_element::of(&target), before) {
            input.restore(&before);
        }
        Ok(())
    }
}

/// Whether it has [activation behavior](https://dom.spec.whatwg.org/#eventtarget-activation-behavior).
pub(crate) fn has_activation_behavior(element: &Root<Element>) -> bool {
    if !element.is_html() {
        return false;
    }
    match &*element.name().local {
        "a" | "area" => element.plain_attribute("href").is_some(),
        "button" | "input" | "label" => true,
        "summary" => html_details_element::of_summary(element).is_some(),
        _ => false,
    }
}

fn activate(realm: &Realm, element: &Root<Element>, event: &Root<Event>) -> Fallible<()> {
    if element.is_html_named("a") || element.is_html_named("area") {
        follow(element);
        return Ok(());
    }
    if let Some(button) = element.downcast::<HTMLButtonElement>() {
        return if states::is_disabled(element) {
            Ok(())
        } else {
            press(realm, &button.upcast(), button.button_type())
        };
    }
    if let Some(input) = html_input_element::of(element) {
        return activate_input(realm, &input);
    }
    if element.is_html_named("summary") {
        return html_details_element::activate_summary(realm, element);
    }
    element.downcast::<HTMLLabelElement>().map_or(Ok(()), |label| activate_label(realm, &label, event))
}

/// [Follows the hyperlink](https://html.spec.whatwg.org/multipage/links.html#following-hyperlinks-2). A link that asks for
/// a download is not one to go to.
fn follow(anchor: &Root<Element>) {
    if !anchor.is_in_document() || anchor.plain_attribute("download").is_some() {
        return;
    }
    if let Some(url) = hyperlink::link_url(anchor) {
        choosing::go(anchor, &choosing::target_of(anchor, None), Target::to(url));
    }
}

/// [Activation behavior of buttons](https://html.spec.whatwg.org/multipage/form-elements.html#the-button-element:activation-behaviour).
fn press(realm: &Realm, button: &Root<HTMLElement>, kind: &str) -> Fallible<()> {
    let Some(form) = states::form_owner(button) else { return Ok(()) };
    match kind {
        "submit" | "image" => form.submit_by(realm, Some(button)),
        "reset" => form.reset_controls(realm),
        _ => Ok(()),
    }
}

/// [Input activation behavior](https://html.spec.whatwg.org/multipage/input.html#input-activation-behavior).
fn activate_input(realm: &Realm, input: &Root<HTMLInputElement>) -> Fallible<()> {
    if input.is_checkable() {
        if input.is_in_document() {
            events::event::fire_with(realm, &**input, "input", true, false)?;
            events::event::fire_with(realm, &**input, "change", true, false)?;
        }
        return Ok(());
    }
    if states::is_disabled(input) {
        return Ok(());
    }
    press(realm, &input.upcast(), input.input_type())
}

/// [Activation behavior of labels](https://html.spec.whatwg.org/multipage/forms.html#the-label-element): a click on one is a
/// click on its control, unless it came from something in the label that has a meaning of its own.
fn activate_label(realm: &Realm, label: &Root<HTMLLabelElement>, event: &Root<Event>) -> Fallible<()> {
    use crate::bindings::HTMLLabelElementMethods;
    let Some(control) = label.control(realm)? else { return Ok(()) };
    let label: Root<Element> = label.upcast();
    let mut clicked = event.target_element();
    while let Some(element) = clicked.filter(|element| *element != label) {
        if element.upcast::<EventTarget>() == control.upcast::<EventTarget>()
            || has_activation_behavior(&element)
        {
            return Ok(());
        }
        clicked = element.parent_as_element();
    }
    click(realm, &control, event.trusted_flag())
}

/// [Fires a synthetic pointer event](https://html.spec.whatwg.org/multipage/webappapis.html#fire-a-synthetic-pointer-event)
/// named `click`, unless the element is disabled or a click on it is under way.
pub(crate) fn click(realm: &Realm, element: &Root<HTMLElement>, trusted: bool) -> Fallible<()> {
    if states::is_disabled(element) || element.click_in_progress().replace(true) {
        return Ok(());
    }
    let result = fire_click(realm, element, trusted);
    element.click_in_progress().set(false);
    result
}

fn fire_click(realm: &Realm, element: &Root<HTMLElement>, trusted: bool) -> Fallible<()> {
    let mut init = PointerEventInit { pointer_id: -1, ..PointerEventInit::default() };
    let ui = &mut init.parent.parent.parent;
    ui.view = element.owner_doc().window();
    ui.parent.bubbles = true;
    ui.parent.cancelable = true;
    ui.parent.composed = true;
    let event = realm.wrap(PointerEvent::new(realm, "click".into(), init))?;
    if trusted {
        event.set_trusted();
    }
    element.root().upcast::<EventTarget>().dispatch(realm, &event.upcast())?;
    Ok(())
}
