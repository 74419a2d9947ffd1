//! States of form controls that selectors, labels and activation go by.

use bgfetch_js::{PlatformObject, Root};

use crate::dom::nodes::parent_node::element_by_id;
use crate::dom::{Element, HTMLFormElement, HTMLInputElement, HTMLOptionElement};

/// [`:checked`](https://html.spec.whatwg.org/multipage/semantics-other.html#selector-checked)
pub(crate) fn is_checked(element: &Root<Element>) -> bool {
    if let Some(option) = element.downcast::<HTMLOptionElement>() {
        return option.is_selected();
    }
    element.downcast::<HTMLInputElement>().is_some_and(|input| input.is_checkable() && input.is_checked())
}

/// Whether it is an element that can be [disabled](https://html.spec.whatwg.org/multipage/semantics-other.html#concept-element-disabled).
pub(crate) fn can_be_disabled(element: &Element) -> bool {
    let names = ["button", "input", "select", "textarea", "optgroup", "option", "fieldset"];
    element.is_html() && names.contains(&&*element.name().local)
}

/// Whether it is [disabled](https://html.spec.whatwg.org/multipage/semantics-other.html#concept-element-disabled).
pub(crate) fn is_disabled(element: &Element) -> bool {
    if !can_be_disabled(element) {
        return false;
    }
    if element.plain_attribute("disabled").is_some() {
        return true;
    }
    // A disabled fieldset does not disable what is in its first legend.
    let mut inner = element.root();
    while let Some(current) = inner.parent_as_element() {
        if current.is_html_named("fieldset")
            && current.plain_attribute("disabled").is_some()
            && current.child_elements().find(|child| child.is_html_named("legend")).as_ref() != Some(&inner)
        {
            return true;
        }
        inner = current;
    }
    false
}

/// Whether it can be [required](https://html.spec.whatwg.org/multipage/semantics-other.html#selector-required).
pub(crate) fn can_be_required(element: &Element) -> bool {
    element.is_html() && matches!(&*element.name().local, "input" | "select" | "textarea")
}

/// Whether it is required.
pub(crate) fn is_required(element: &Element) -> bool {
    can_be_required(element) && element.plain_attribute("required").is_some()
}

/// [Labelable element](https://html.spec.whatwg.org/multipage/forms.html#category-label)
pub(crate) fn is_labelable(element: &Root<Element>) -> bool {
    let names = ["button", "meter", "output", "progress", "select", "textarea"];
    element.is_html()
        && (names.contains(&&*element.name().local)
            || element.downcast::<HTMLInputElement>().is_some_and(|input| input.input_type() != "hidden"))
}

/// [Form-associated element](https://html.spec.whatwg.org/multipage/forms.html#form-associated-element)
pub(crate) fn is_form_associated(element: &Element) -> bool {
    let names = ["button", "fieldset", "input", "object", "output", "select", "textarea", "img"];
    element.is_html() && names.contains(&&*element.name().local)
}

/// [Form owner](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#form-owner): by the `form` attribute,
/// or the nearest ancestor.
pub(crate) fn form_owner(element: &Element) -> Option<Root<HTMLFormElement>> {
    if let Some(id) = element.plain_attribute("form").filter(|_| element.is_in_document()) {
        return element_by_id(&element.tree_root(), &id)?.downcast();
    }
    let mut ancestor = element.parent_as_element();
    while let Some(current) = ancestor {
        if let Some(form) = current.downcast() {
            return Some(form);
        }
        ancestor = current.parent_as_element();
    }
    None
}
