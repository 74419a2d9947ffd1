//! [Upgrading elements](https://html.spec.whatwg.org/multipage/custom-elements.html#upgrades).

use bgfetch_js::{Exception, Fallible, Realm, Root, Shared};

use super::definition::{Definition, look_up};
use super::reactions::{self, Lifecycle};
use super::state::CustomElementState;
use crate::dom::nodes::namespaces::nullable;
use crate::dom::{Element, Node};

/// [Upgrades an element](https://html.spec.whatwg.org/multipage/custom-elements.html#concept-upgrade-an-element).
///
/// # Errors
/// What its constructor threw.
pub(crate) fn upgrade(
    realm: &Realm,
    element: &Root<Element>,
    definition: &Shared<Definition>,
) -> Fallible<()> {
    // Step 1.
    if !matches!(
        element.custom_element_state(),
        CustomElementState::Undefined | CustomElementState::Uncustomized
    ) {
        return Ok(());
    }
    // Steps 2 and 3.
    element.set_custom_element_definition(Some(definition));
    element.set_custom_element_state(CustomElementState::Failed);
    // Step 4.
    for (name, value) in element.attribute_list() {
        let (name, namespace) = ((&*name.local).into(), nullable(&name.ns));
        let change = Lifecycle::AttributeChanged { name, old: None, new: Some(value), namespace };
        reactions::enqueue_callback(realm, element, change);
    }
    // Step 5.
    if element.is_in_document() {
        reactions::enqueue_callback(realm, element, Lifecycle::Connected);
    }
    // Steps 6 to 9.
    definition.construction_stack.borrow_mut().push(Some(element.clone().into()));
    let constructed = construct(realm, element, definition);
    let last = definition.construction_stack.borrow_mut().pop();
    drop(last);
    if let Err(exception) = constructed {
        element.set_custom_element_definition(None);
        let dropped = std::mem::take(&mut *element.custom_part().reactions.borrow_mut());
        drop(dropped);
        return Err(exception);
    }
    // Step 11.
    element.set_custom_element_state(CustomElementState::Custom);
    Node::touch();
    Ok(())
}

/// Step 9.
fn construct(realm: &Realm, element: &Root<Element>, definition: &Shared<Definition>) -> Fallible<()> {
    if definition.features.disable_shadow && element.shadow().is_some() {
        let why = "the class forbids shadow trees, and the element has one";
        return Err(Exception::dom("NotSupportedError", why));
    }
    element.set_custom_element_state(CustomElementState::Precustomized);
    let result = definition.construct(realm)?;
    if result.same_value(element.as_value()) {
        Ok(())
    } else {
        Err(Exception::type_error(
            "the constructor returned something other than the element that is upgraded",
        ))
    }
}

/// [Tries to upgrade an element](https://html.spec.whatwg.org/multipage/custom-elements.html#concept-try-upgrade).
pub(crate) fn try_to_upgrade(realm: &Realm, element: &Root<Element>) {
    let name = element.name();
    let is_value = element.is_value();
    let definition = look_up(&element.owner_doc(), &name.ns, &name.local, is_value.as_ref());
    if let Some(definition) = definition {
        reactions::enqueue_upgrade(realm, element, &definition);
    }
}
