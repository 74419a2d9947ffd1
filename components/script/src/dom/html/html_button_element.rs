//! [`HTMLButtonElement`](https://html.spec.whatwg.org/multipage/form-elements.html#the-button-element).

use bgfetch_js::{Fallible, Realm, Root};

use super::simple::html_element;
use super::{reflect, states};
use crate::dom::{HTMLElement, HTMLFormElement};

html_element!(
    /// `HTMLButtonElement`
    HTMLButtonElement, HTMLButtonElementMethods {
        reflect::boolean!(disabled, set_disabled, "disabled");
        reflect::submission!();
        reflect::string!(name, set_name, "name");
        reflect::string!(value, set_value, "value");
        reflect::enumerated!(type_, set_type, "type", ["submit", "reset", "button"], "submit", "submit");

        fn form(&self, _: &Realm) -> Fallible<Option<Root<HTMLFormElement>>> {
            Ok(states::form_owner(self))
        }
    }
);

impl HTMLButtonElement {
    /// [What it does](https://html.spec.whatwg.org/multipage/form-elements.html#attr-button-type) when activated.
    pub(super) fn button_type(&self) -> &'static str {
        reflect::known(self, "type", &["submit", "reset", "button"], "submit", "submit")
    }
}
