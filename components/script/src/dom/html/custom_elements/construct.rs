//! Making custom elements: [create an element](https://dom.spec.whatwg.org/#concept-create-element) where there is a definition,
//! and what [HTML element constructors](https://html.spec.whatwg.org/multipage/dom.html#html-element-constructors) do.

use bgfetch_js::glue::{self, Interface};
use bgfetch_js::{Exception, Fallible, PlatformObject, Realm, Root, Shared, Value};
use markup5ever::{LocalName, QualName, ns};

use super::definition::{Definition, look_up};
use super::state::CustomElementState;
use super::{reactions, upgrade};
use crate::dom::html::create;
use crate::dom::{Document, Element, HTMLElement, HTMLUnknownElement, Window};
use crate::report;

/// [Creates an element](https://dom.spec.whatwg.org/#concept-create-element), custom or not; `synchronous` runs its constructor
/// now.
///
/// # Errors
/// Only without memory.
pub(crate) fn create_element(
    realm: &Realm,
    document: &Root<Document>,
    name: QualName,
    is_value: Option<LocalName>,
    synchronous: bool,
) -> Fallible<Root<Element>> {
    // Steps 2 and 3.
    let definition = reactions::are_in_use()
        .then(|| look_up(document, &name.ns, &name.local, is_value.as_ref()))
        .flatten();
    match definition {
        // Step 4.
        Some(definition) if !definition.is_autonomous() => {
            let element = create::create(realm, document, name)?;
            element.set_custom_element_state(CustomElementState::Undefined);
            element.set_is_value(is_value);
            if !synchronous {
                reactions::enqueue_upgrade(realm, &element, &definition);
            } else if let Err(exception) = upgrade::upgrade(realm, &element, &definition) {
                report::report_exception_of(&definition.class(), realm, exception);
                element.set_custom_element_state(CustomElementState::Failed);
            }
            Ok(element)
        }
        // Step 5.
        Some(definition) if synchronous => match construct(realm, document, &name, &definition) {
            Ok(element) => Ok(element),
            Err(exception) => {
                report::report_exception_of(&definition.class(), realm, exception);
                let unknown = HTMLUnknownElement::new(HTMLElement::new_inherited(document, name));
                let element: Root<Element> = realm.wrap(unknown)?.upcast();
                element.set_custom_element_state(CustomElementState::Failed);
                Ok(element)
            }
        },
        Some(definition) => {
            let element = create::create(realm, document, name)?;
            element.set_custom_element_state(CustomElementState::Undefined);
            reactions::enqueue_upgrade(realm, &element, &definition);
            Ok(element)
        }
        None => create_without_definition(realm, document, name, is_value),
    }
}

/// Step 6 of creating an element: also for what a parser puts into the contents of a template, where no registry is.
///
/// # Errors
/// Only without memory.
pub(crate) fn create_without_definition(
    realm: &Realm,
    document: &Root<Document>,
    name: QualName,
    is_value: Option<LocalName>,
) -> Fallible<Root<Element>> {
    let may_be_custom = name.ns == ns!(html) && (is_value.is_some() || create::is_custom_name(&name.local));
    let element = create::create(realm, document, name)?;
    if may_be_custom {
        element.set_custom_element_state(CustomElementState::Undefined);
    }
    element.set_is_value(is_value);
    Ok(element)
}

/// Step 5.1: constructs an autonomous custom element, and looks at what came of it.
fn construct(
    realm: &Realm,
    document: &Root<Document>,
    name: &QualName,
    definition: &Shared<Definition>,
) -> Fallible<Root<Element>> {
    let result = definition.construct(realm)?;
    let element = Root::<HTMLElement>::from_value(&result);
    let element: Root<Element> =
        element.ok_or_else(|| Exception::type_error("the constructor returned no HTML element"))?.upcast();
    let refused = |why: &str| Err(Exception::dom("NotSupportedError", why));
    if !element.attribute_list().is_empty() {
        return refused("the constructor gave the element attributes");
    }
    if element.first().is_some() {
        return refused("the constructor gave the element children");
    }
    if element.parent().is_some() {
        return refused("the constructor put the element into a tree");
    }
    if element.owner_doc() != *document {
        return refused("the constructor moved the element to another document");
    }
    if element.name().local != name.local {
        return refused("the constructor returned an element of another name");
    }
    // Setting its namespace prefix is left out: the names of elements do not change.
    Ok(element)
}

/// What [HTML element constructors](https://html.spec.whatwg.org/multipage/dom.html#html-element-constructors) do.
///
/// # Errors
/// A `TypeError` for what is no class of a custom element.
pub(crate) fn html_constructor(
    realm: &Realm,
    interface: &'static Interface,
    new_target: &Value,
) -> Fallible<Value> {
    let illegal = |why: &str| Exception::type_error(format!("illegal constructor: {why}"));
    // Steps 1 to 4.
    let document = Window::document_of(realm)?;
    let registry = document.known_custom_elements();
    let definition = registry.and_then(|registry| registry.definition_of(new_target));
    let definition = definition.ok_or_else(|| illegal("no custom element of this class is defined"))?;
    // Step 6.
    if definition.is_autonomous() && interface.index != HTMLElement::INTERFACE.index {
        return Err(illegal("an autonomous custom element is an HTMLElement"));
    }
    // Step 7.
    let check = |element: &Root<Element>| {
        let same = element.to_object().interface().is_some_and(|own| own.index == interface.index);
        if same { Ok(()) } else { Err(illegal("the class extends another element than its definition says")) }
    };
    let is_empty = definition.construction_stack.borrow().is_empty();
    if is_empty {
        // Step 8.
        let name = QualName::new(None, ns!(html), definition.local_name.clone());
        let element = create::create(realm, &document, name)?;
        check(&element)?;
        let prototype = glue::prototype_of(realm, interface, new_target)?;
        element.to_object().set_prototype(realm, &prototype)?;
        element.set_custom_element_state(CustomElementState::Custom);
        element.set_custom_element_definition(Some(&definition));
        element.set_is_value((!definition.is_autonomous()).then(|| definition.name.clone()));
        return Ok(element.as_value().clone());
    }
    // Steps 9 and 10.
    let last =
        definition.construction_stack.borrow().last().and_then(|last| last.as_ref().map(|e| (**e).clone()));
    if let Some(last) = &last {
        check(last)?;
    }
    let prototype = glue::prototype_of(realm, interface, new_target)?;
    // Steps 11 and 12.
    let element = last.ok_or_else(|| illegal("the element was constructed already"))?;
    // Step 13.
    element.to_object().set_prototype(realm, &prototype)?;
    // Step 14.
    let constructed = definition.construction_stack.borrow_mut().last_mut().map(Option::take);
    drop(constructed);
    // Step 15.
    Ok(element.as_value().clone())
}
