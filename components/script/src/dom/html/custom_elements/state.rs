//! What an element knows of its being custom.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use bgfetch_js::{Shared, Traced, trace_fields};
use markup5ever::LocalName;

use super::definition::Definition;
use super::reactions::Reaction;
use crate::dom::Element;

/// [Custom element state](https://dom.spec.whatwg.org/#concept-element-custom-element-state). Elements that are "uncustomized"
/// keep nothing of all this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CustomElementState {
    Undefined,
    Failed,
    Uncustomized,
    Precustomized,
    Custom,
}

/// The part of an element that only custom elements have, and those that may become ones.
pub(crate) struct CustomPart {
    pub(super) state: Cell<CustomElementState>,
    /// [Custom element definition](https://dom.spec.whatwg.org/#concept-element-custom-element-definition)
    pub(super) definition: RefCell<Option<Traced<Shared<Definition>>>>,
    /// [`is` value](https://dom.spec.whatwg.org/#concept-element-is-value)
    pub(super) is_value: RefCell<Option<LocalName>>,
    /// [Custom element reaction queue](https://html.spec.whatwg.org/multipage/custom-elements.html#custom-element-reaction-queue)
    pub(super) reactions: RefCell<VecDeque<Reaction>>,
}

trace_fields!(CustomPart { definition, reactions });

impl CustomPart {
    fn new() -> Self {
        Self {
            state: Cell::new(CustomElementState::Uncustomized),
            definition: RefCell::default(),
            is_value: RefCell::default(),
            reactions: RefCell::default(),
        }
    }
}

impl Element {
    /// Its part for what is custom, made now if there is none yet.
    pub(super) fn custom_part(&self) -> &CustomPart {
        self.custom.get_or_init(|| Box::new(CustomPart::new()))
    }

    /// Its [custom element state](https://dom.spec.whatwg.org/#concept-element-custom-element-state).
    pub(crate) fn custom_element_state(&self) -> CustomElementState {
        self.custom.get().map_or(CustomElementState::Uncustomized, |part| part.state.get())
    }

    /// Sets its state.
    pub(crate) fn set_custom_element_state(&self, state: CustomElementState) {
        if state != self.custom_element_state() {
            self.custom_part().state.set(state);
        }
    }

    /// Whether it is [custom](https://dom.spec.whatwg.org/#concept-element-custom).
    pub(crate) fn is_custom(&self) -> bool {
        self.custom_element_state() == CustomElementState::Custom
    }

    /// Whether it is [defined](https://dom.spec.whatwg.org/#concept-element-defined).
    pub(crate) fn is_defined(&self) -> bool {
        matches!(self.custom_element_state(), CustomElementState::Uncustomized | CustomElementState::Custom)
    }

    /// Its [`is` value](https://dom.spec.whatwg.org/#concept-element-is-value).
    pub(crate) fn is_value(&self) -> Option<LocalName> {
        self.custom.get()?.is_value.borrow().clone()
    }

    /// Sets its `is` value.
    pub(crate) fn set_is_value(&self, value: Option<LocalName>) {
        if value.is_some() {
            self.custom_part().is_value.replace(value);
        }
    }

    /// Its [definition](https://dom.spec.whatwg.org/#concept-element-custom-element-definition).
    pub(crate) fn custom_element_definition(&self) -> Option<Shared<Definition>> {
        self.custom.get()?.definition.borrow().as_ref().map(|definition| (**definition).clone())
    }

    /// Sets its definition.
    pub(super) fn set_custom_element_definition(&self, definition: Option<&Shared<Definition>>) {
        let definition = definition.map(|definition| definition.clone().into());
        let before = self.custom_part().definition.replace(definition);
        drop(before);
    }
}
