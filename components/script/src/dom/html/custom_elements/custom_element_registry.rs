//! [`CustomElementRegistry`](https://html.spec.whatwg.org/multipage/custom-elements.html#customelementregistry).

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, Promise, Realm, Reflector, Root, Shared, Traced, Value, platform_object,
    trace_fields,
};
use markup5ever::{LocalName, QualName, ns};

use super::definition::{Definition, Features};
use super::{reactions, upgrade};
use crate::bindings::{
    CustomElementConstructor, CustomElementConstructorOrUndefined, CustomElementRegistryMethods,
    ElementDefinitionOptions,
};
use crate::dom::html::create::{self, is_custom_name};
use crate::dom::{HTMLUnknownElement, Node, Window};

/// `CustomElementRegistry`.
pub(crate) struct CustomElementRegistry {
    reflector: Reflector,
    /// [Custom element definition set](https://html.spec.whatwg.org/multipage/custom-elements.html#custom-element-definition-set)
    definitions: RefCell<Vec<Traced<Shared<Definition>>>>,
    /// [Element definition is running](https://html.spec.whatwg.org/multipage/custom-elements.html#element-definition-is-running)
    is_running: Cell<bool>,
    /// [When-defined promise map](https://html.spec.whatwg.org/multipage/custom-elements.html#when-defined-promise-map)
    when_defined: RefCell<Vec<Waiting>>,
}

/// Who waits for a name to be defined.
struct Waiting {
    name: DomString,
    promise: Traced<Promise<CustomElementConstructor>>,
}

trace_fields!(Waiting { promise });
trace_fields!(CustomElementRegistry { definitions, when_defined });
platform_object!(CustomElementRegistry);

impl CustomElementRegistry {
    /// A registry without definitions.
    pub(crate) fn new() -> Self {
        Self {
            reflector: Reflector::new(),
            definitions: RefCell::default(),
            is_running: Cell::new(false),
            when_defined: RefCell::default(),
        }
    }

    fn find(&self, wanted: impl Fn(&Definition) -> bool) -> Option<Shared<Definition>> {
        let definitions = self.definitions.borrow();
        definitions.iter().find(|definition| wanted(definition)).map(|definition| (**definition).clone())
    }

    /// The definition of elements of a name, or of an `is` value.
    pub(super) fn definition_for(
        &self,
        local_name: &LocalName,
        is_value: Option<&LocalName>,
    ) -> Option<Shared<Definition>> {
        self.find(|d| d.local_name == *local_name && (d.name == *local_name || Some(&d.name) == is_value))
    }

    /// The definition whose class is an object.
    pub(super) fn definition_of(&self, class: &Value) -> Option<Shared<Definition>> {
        self.find(|definition| definition.class().as_value().same_value(class))
    }

    /// [`define()`](https://html.spec.whatwg.org/multipage/custom-elements.html#dom-customelementregistry-define), step 14: reads the
    /// class.
    fn features(&self, realm: &Realm, constructor: &CustomElementConstructor) -> Fallible<Features> {
        if self.is_running.replace(true) {
            return Err(Exception::dom("NotSupportedError", "another element is being defined"));
        }
        let features = Features::of_class(realm, constructor.0.as_object());
        self.is_running.set(false);
        features
    }
}

/// A name that can be defined.
fn check_name(name: &str) -> Fallible<()> {
    if is_custom_name(name) {
        return Ok(());
    }
    Err(Exception::dom("SyntaxError", format!("{name:?} is not a name for a custom element")))
}

impl CustomElementRegistryMethods for CustomElementRegistry {
    /// [`define()`](https://html.spec.whatwg.org/multipage/custom-elements.html#dom-customelementregistry-define)
    fn define(
        &self,
        realm: &Realm,
        name: DomString,
        constructor: CustomElementConstructor,
        options: ElementDefinitionOptions,
    ) -> Fallible<()> {
        let refused = |why: String| Err(Exception::dom("NotSupportedError", why));
        // Step 1.
        if !constructor.0.as_value().is_constructor() {
            return Err(Exception::type_error("the second argument is not a constructor"));
        }
        // Step 2.
        check_name(&name)?;
        let name = LocalName::from(&*name);
        // Steps 3 and 4.
        if self.find(|known| known.name == name).is_some() {
            return refused(format!("{name} is defined already"));
        }
        if self.definition_of(constructor.0.as_value()).is_some() {
            return refused("the class is that of another element".into());
        }
        // Steps 5 to 7.
        let local_name = match options.extends {
            None => name.clone(),
            Some(extends) => {
                if is_custom_name(&extends) {
                    return refused(format!("{extends} is a custom element itself"));
                }
                let extends = LocalName::from(&*extends);
                let one = QualName::new(None, ns!(html), extends.clone());
                let one = create::create(realm, &Window::document_of(realm)?, one)?;
                if one.downcast::<HTMLUnknownElement>().is_some() {
                    return refused(format!("there is no element {extends}"));
                }
                extends
            }
        };
        // Steps 8 to 14.
        let features = self.features(realm, &constructor)?;
        // Steps 15 and 17.
        let definition = realm.share(Definition {
            name: name.clone(),
            local_name: local_name.clone(),
            constructor: constructor.clone().into(),
            features,
            construction_stack: RefCell::default(),
        })?;
        self.definitions.borrow_mut().push(definition.clone().into());
        reactions::begin();
        Node::touch();
        // Step 19.
        let document = Window::document_of(realm)?;
        for node in document.upcast::<Node>().shadow_including_inclusive_descendants() {
            let Some(element) = node.as_element().filter(|element| element.is_html_named(&local_name)) else {
                continue;
            };
            if definition.is_autonomous() || element.is_value().as_ref() == Some(&name) {
                reactions::enqueue_upgrade(realm, &element, &definition);
            }
        }
        // Step 20.
        let waiting: Vec<_> =
            self.when_defined.borrow_mut().extract_if(.., |known| *known.name == *name).collect();
        for waiting in waiting {
            waiting.promise.resolve(realm, constructor.clone());
        }
        Ok(())
    }

    /// [`get()`](https://html.spec.whatwg.org/multipage/custom-elements.html#dom-customelementregistry-get)
    fn get(&self, _: &Realm, name: DomString) -> Fallible<CustomElementConstructorOrUndefined> {
        let found = self.find(|known| *known.name == *name);
        Ok(found.map_or(CustomElementConstructorOrUndefined::Undefined(()), |definition| {
            CustomElementConstructorOrUndefined::CustomElementConstructor((*definition.constructor).clone())
        }))
    }

    /// [`getName()`](https://html.spec.whatwg.org/multipage/custom-elements.html#dom-customelementregistry-getname)
    fn get_name(&self, _: &Realm, constructor: CustomElementConstructor) -> Fallible<Option<DomString>> {
        let found = self.definition_of(constructor.0.as_value());
        Ok(found.map(|definition| (&*definition.name).into()))
    }

    /// [`whenDefined()`](https://html.spec.whatwg.org/multipage/custom-elements.html#dom-customelementregistry-whendefined)
    fn when_defined(&self, realm: &Realm, name: DomString) -> Fallible<Promise<CustomElementConstructor>> {
        // Step 1.
        check_name(&name)?;
        // Step 2.
        let promise = Promise::new(realm)?;
        if let Some(definition) = self.find(|known| *known.name == *name) {
            promise.resolve(realm, (*definition.constructor).clone());
            return Ok(promise);
        }
        // Steps 3 and 4.
        let known =
            self.when_defined.borrow().iter().find(|known| known.name == name).map(|w| (*w.promise).clone());
        if let Some(known) = known {
            return Ok(known);
        }
        self.when_defined.borrow_mut().push(Waiting { name, promise: promise.clone().into() });
        Ok(promise)
    }

    /// [`upgrade()`](https://html.spec.whatwg.org/multipage/custom-elements.html#dom-customelementregistry-upgrade)
    fn upgrade(&self, realm: &Realm, root: Root<Node>) -> Fallible<()> {
        for node in root.shadow_including_inclusive_descendants() {
            if let Some(element) = node.as_element() {
                upgrade::try_to_upgrade(realm, &element);
            }
        }
        Ok(())
    }
}
