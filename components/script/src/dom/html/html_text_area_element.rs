//! [`HTMLTextAreaElement`](https://html.spec.whatwg.org/multipage/form-elements.html#the-textarea-element).

use std::cell::RefCell;

use bgfetch_js::{DomString, Fallible, PlatformObject, Realm, Root, platform_object, trace_fields};

use super::{reflect, states};
use crate::bindings::HTMLTextAreaElementMethods;
use crate::dom::nodes::text_content;
use crate::dom::{HTMLElement, HTMLFormElement};

/// `HTMLTextAreaElement`.
pub(crate) struct HTMLTextAreaElement {
    html_element: HTMLElement,
    /// The [raw value](https://html.spec.whatwg.org/multipage/form-elements.html#concept-textarea-raw-value), once dirty.
    value: RefCell<Option<DomString>>,
}

trace_fields!(HTMLTextAreaElement { html_element });
platform_object!(HTMLTextAreaElement: HTMLElement via html_element);

impl HTMLTextAreaElement {
    /// A `textarea` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self { html_element, value: RefCell::new(None) }
    }

    /// Its [API value](https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#concept-fe-api-value).
    pub(super) fn current_value(&self) -> DomString {
        let text = self.value.borrow().clone();
        let text = text.unwrap_or_else(|| text_content::child_text(&self.root().upcast()));
        text.replace("\r\n", "\n").replace('\r', "\n").into()
    }

    /// [Cloning steps](https://html.spec.whatwg.org/multipage/form-elements.html#the-textarea-element:concept-node-clone-ext).
    pub(super) fn clone_state(&self, copy: &Self) {
        copy.value.replace(self.value.borrow().clone());
    }

    /// [Reset algorithm](https://html.spec.whatwg.org/multipage/form-elements.html#the-textarea-element:concept-form-reset-control).
    pub(super) fn reset(&self) {
        self.value.replace(None);
    }
}

impl HTMLTextAreaElementMethods for HTMLTextAreaElement {
    reflect::string!(dir_name, set_dir_name, "dirname");
    reflect::boolean!(disabled, set_disabled, "disabled");
    reflect::string!(name, set_name, "name");
    reflect::string!(placeholder, set_placeholder, "placeholder");
    reflect::boolean!(read_only, set_read_only, "readonly");
    reflect::boolean!(required, set_required, "required");
    reflect::unsigned_long!(cols, set_cols, "cols", 20);
    reflect::unsigned_long!(rows, set_rows, "rows", 2);

    fn form(&self, _: &Realm) -> Fallible<Option<Root<HTMLFormElement>>> {
        Ok(states::form_owner(self))
    }

    fn type_(&self, _: &Realm) -> Fallible<DomString> {
        Ok("textarea".into())
    }

    fn default_value(&self, _: &Realm) -> Fallible<DomString> {
        Ok(text_content::child_text(&self.root().upcast()))
    }

    fn set_default_value(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        text_content::string_replace_all(realm, &self.root().upcast(), value)
    }

    fn value(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.current_value())
    }

    fn set_value(&self, _: &Realm, value: DomString) -> Fallible<()> {
        self.value.replace(Some(value));
        Ok(())
    }

    fn text_length(&self, _: &Realm) -> Fallible<u32> {
        Ok(u32::try_from(self.current_value().to_utf16().len()).unwrap_or(u32::MAX))
    }
}
