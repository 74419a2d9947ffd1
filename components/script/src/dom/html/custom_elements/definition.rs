//! [Custom element definitions](https://html.spec.whatwg.org/multipage/custom-elements.html#custom-element-definition).

use std::cell::RefCell;
use std::collections::BTreeMap;

use bgfetch_js::{
    Callback, DomString, Exception, Fallible, FromJs, Member, Object, Realm, Root, Shared, Traced, Value,
    trace_fields,
};
use markup5ever::{LocalName, Namespace, ns};

use crate::bindings::CustomElementConstructor;
use crate::dom::{Document, Element};

/// [Custom element definition](https://html.spec.whatwg.org/multipage/custom-elements.html#custom-element-definition).
pub(crate) struct Definition {
    /// [Name](https://html.spec.whatwg.org/multipage/custom-elements.html#concept-custom-element-definition-name).
    pub(super) name: LocalName,
    /// [Local name](https://html.spec.whatwg.org/multipage/custom-elements.html#concept-custom-element-definition-local-name).
    pub(super) local_name: LocalName,
    /// [Constructor](https://html.spec.whatwg.org/multipage/custom-elements.html#concept-custom-element-definition-constructor).
    pub(super) constructor: Traced<CustomElementConstructor>,
    pub(super) features: Features,
    /// [Construction stack](https://html.spec.whatwg.org/multipage/custom-elements.html#concept-custom-element-definition-construction-stack);
    /// `None` is an *already constructed* marker.
    pub(super) construction_stack: RefCell<Vec<Option<Member<Element>>>>,
}

/// What a definition reads of its class.
#[derive(Default)]
pub(super) struct Features {
    /// [Lifecycle callbacks](https://html.spec.whatwg.org/multipage/custom-elements.html#concept-custom-element-definition-lifecycle-callbacks).
    callbacks: Callbacks,
    /// [Observed attributes](https://html.spec.whatwg.org/multipage/custom-elements.html#concept-custom-element-definition-observed-attributes).
    observed_attributes: Vec<DomString>,
    /// [Form-associated](https://html.spec.whatwg.org/multipage/custom-elements.html#concept-custom-element-definition-form-associated).
    pub(super) form_associated: bool,
    /// [Disable internals](https://html.spec.whatwg.org/multipage/custom-elements.html#concept-custom-element-definition-disable-internals).
    pub(super) disable_internals: bool,
    /// [Disable shadow](https://html.spec.whatwg.org/multipage/custom-elements.html#concept-custom-element-definition-disable-shadow).
    pub(super) disable_shadow: bool,
}

#[derive(Default)]
struct Callbacks(BTreeMap<&'static str, Traced<Callback>>);

impl bgfetch_js::Trace for Callbacks {
    fn trace(&self, tracer: &mut bgfetch_js::Tracer) {
        self.0.values().for_each(|callback| callback.trace(tracer));
    }
}

trace_fields!(Features { callbacks });
trace_fields!(Definition { constructor, features, construction_stack });

/// Callbacks of every custom element. Nothing moves nodes (`moveBefore()`), so there is no `connectedMoveCallback`.
const CALLBACKS: [&str; 4] =
    ["connectedCallback", "disconnectedCallback", "adoptedCallback", "attributeChangedCallback"];

/// Callbacks of form-associated ones.
const FORM_CALLBACKS: [&str; 4] =
    ["formAssociatedCallback", "formResetCallback", "formDisabledCallback", "formStateRestoreCallback"];

impl Features {
    /// [`define()`](https://html.spec.whatwg.org/multipage/custom-elements.html#dom-customelementregistry-define), steps 14.1 to 14.14.
    pub(super) fn of_class(realm: &Realm, class: &Object) -> Fallible<Self> {
        let mut features = Self::default();
        let prototype = class.get(realm, "prototype")?;
        let prototype = prototype.as_object();
        let prototype = prototype.ok_or_else(|| Exception::type_error("the prototype is not an object"))?;
        features.callbacks.read(realm, &prototype, &CALLBACKS)?;
        if features.callbacks.0.contains_key("attributeChangedCallback") {
            features.observed_attributes = strings(realm, class, "observedAttributes")?;
        }
        let disabled = strings(realm, class, "disabledFeatures")?;
        features.disable_internals = disabled.iter().any(|feature| &**feature == "internals");
        features.disable_shadow = disabled.iter().any(|feature| &**feature == "shadow");
        features.form_associated = bool::from_js(realm, &class.get(realm, "formAssociated")?)?;
        if features.form_associated {
            features.callbacks.read(realm, &prototype, &FORM_CALLBACKS)?;
        }
        Ok(features)
    }

    /// The lifecycle callback of a name.
    pub(super) fn callback(&self, name: &str) -> Option<Callback> {
        self.callbacks.0.get(name).map(|callback| (**callback).clone())
    }

    /// Whether an attribute is observed.
    pub(super) fn observes(&self, local_name: &str) -> bool {
        self.observed_attributes.iter().any(|known| &**known == local_name)
    }
}

impl Callbacks {
    fn read(&mut self, realm: &Realm, prototype: &Object, names: &[&'static str]) -> Fallible<()> {
        for name in names {
            let value = prototype.get(realm, name)?;
            if !value.is_undefined() {
                self.0.insert(name, Callback::new(&value)?.into());
            }
        }
        Ok(())
    }
}

/// A property of a class that is a sequence of strings, if it is there.
fn strings(realm: &Realm, class: &Object, name: &str) -> Fallible<Vec<DomString>> {
    let value = class.get(realm, name)?;
    if value.is_undefined() { Ok(Vec::new()) } else { Vec::from_js(realm, &value) }
}

impl Definition {
    /// The class.
    pub(super) fn class(&self) -> Object {
        self.constructor.0.as_object().clone()
    }

    /// Constructs an element of the class.
    pub(super) fn construct(&self, realm: &Realm) -> Fallible<Value> {
        self.class().construct(realm, &[]).map(Object::into_value)
    }

    /// [Disable shadow](https://html.spec.whatwg.org/multipage/custom-elements.html#concept-custom-element-definition-disable-shadow).
    pub(crate) fn disables_shadow(&self) -> bool {
        self.features.disable_shadow
    }

    /// Whether it is of an [autonomous custom element](https://html.spec.whatwg.org/multipage/custom-elements.html#autonomous-custom-element).
    pub(super) fn is_autonomous(&self) -> bool {
        self.name == self.local_name
    }
}

/// [Looks up a custom element definition](https://html.spec.whatwg.org/multipage/custom-elements.html#look-up-a-custom-element-definition)
/// in the registry of a document.
pub(crate) fn look_up(
    document: &Root<Document>,
    namespace: &Namespace,
    local_name: &LocalName,
    is_value: Option<&LocalName>,
) -> Option<Shared<Definition>> {
    if *namespace != ns!(html) {
        return None;
    }
    document.known_custom_elements()?.definition_for(local_name, is_value)
}
