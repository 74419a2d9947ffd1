//! [Focus](https://html.spec.whatwg.org/multipage/interaction.html#focus), without a keyboard: what script asks for.

use bgfetch_js::{Fallible, Realm, Root};

use super::states;
use crate::dom::window::focusing;
use crate::dom::{Element, FocusEvent, HTMLIFrameElement};

/// Whether it is a [focusable area](https://html.spec.whatwg.org/multipage/interaction.html#focusable-area) without
/// `tabindex`.
pub(crate) fn is_focusable_by_itself(element: &Element) -> bool {
    if !element.is_html() || states::is_disabled(element) {
        return false;
    }
    match &*element.name().local {
        "a" | "area" => element.plain_attribute("href").is_some(),
        "input" => element
            .with_plain_attribute("type", |kind| !kind.is_some_and(|k| k.eq_ignore_ascii_case("hidden"))),
        "button" | "select" | "textarea" => true,
        _ => false,
    }
}

/// [`tabIndex`](https://html.spec.whatwg.org/multipage/interaction.html#dom-tabindex)
pub(crate) fn tab_index(element: &Element) -> i32 {
    let default = if is_focusable_by_itself(element) { 0 } else { -1 };
    super::reflect::integer(element, "tabindex").unwrap_or(default)
}

fn is_focusable(element: &Element) -> bool {
    element.is_in_document()
        && (is_focusable_by_itself(element)
            || (super::reflect::integer(element, "tabindex").is_some() && !states::is_disabled(element)))
}

/// [`focus()`](https://html.spec.whatwg.org/multipage/interaction.html#dom-focus)
pub(crate) fn focus(realm: &Realm, element: &Root<Element>) -> Fallible<()> {
    // A frame hands the focus on to what it shows.
    if let Some(content) = element.downcast::<HTMLIFrameElement>().and_then(|frame| frame.content()) {
        focusing::focus(&content);
        return Ok(());
    }
    let document = element.owner_doc();
    let before = document.focused();
    if !is_focusable(element) || before.as_ref() == Some(element) {
        return Ok(());
    }
    document.set_focused(Some(element));
    // [Focus update steps](https://html.spec.whatwg.org/multipage/interaction.html#focus-update-steps).
    if let Some(before) = &before {
        FocusEvent::fire(realm, before, "blur", Some(element))?;
    }
    FocusEvent::fire(realm, element, "focus", before.as_ref())
}

/// [`blur()`](https://html.spec.whatwg.org/multipage/interaction.html#dom-blur)
pub(crate) fn blur(realm: &Realm, element: &Root<Element>) -> Fallible<()> {
    let document = element.owner_doc();
    if document.focused().as_ref() != Some(element) {
        return Ok(());
    }
    document.set_focused(None);
    FocusEvent::fire(realm, element, "blur", None)
}

/// A focused element left the document: [focus fixup](https://html.spec.whatwg.org/multipage/interaction.html#focus-fixup-step).
pub(super) fn removed(element: &Root<Element>) {
    let document = element.owner_doc();
    if document.focused().as_ref() == Some(element) {
        document.set_focused(None);
    }
}
