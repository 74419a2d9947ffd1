//! [`HTMLProgressElement`](https://html.spec.whatwg.org/multipage/form-elements.html#the-progress-element).

use bgfetch_js::{Fallible, Realm};

use super::reflect::float;
use super::simple::html_element;
use crate::dom::HTMLElement;

html_element!(
    /// `HTMLProgressElement`
    HTMLProgressElement, HTMLProgressElementMethods {
        /// Its [current value](https://html.spec.whatwg.org/multipage/form-elements.html#concept-progress-current-value).
        fn value(&self, realm: &Realm) -> Fallible<f64> {
            Ok(float(self, "value").unwrap_or(0.0).clamp(0.0, self.max(realm)?))
        }

        fn set_value(&self, realm: &Realm, value: f64) -> Fallible<()> {
            self.set_plain_attribute(realm, "value", value.to_string().into());
            Ok(())
        }

        fn max(&self, _: &Realm) -> Fallible<f64> {
            Ok(float(self, "max").filter(|max| *max > 0.0).unwrap_or(1.0))
        }

        fn set_max(&self, realm: &Realm, value: f64) -> Fallible<()> {
            if value > 0.0 {
                self.set_plain_attribute(realm, "max", value.to_string().into());
            }
            Ok(())
        }

        /// [`position`](https://html.spec.whatwg.org/multipage/form-elements.html#dom-progress-position)
        fn position(&self, realm: &Realm) -> Fallible<f64> {
            if self.plain_attribute("value").is_none() {
                return Ok(-1.0);
            }
            Ok(self.value(realm)? / self.max(realm)?)
        }
    }
);
