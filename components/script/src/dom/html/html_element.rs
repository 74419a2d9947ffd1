//! `HTMLElement`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::HTMLElementMethods;
use crate::dom::Element;

/// `HTMLElement`.
pub(crate) struct HTMLElement {
    element: Element,
}

trace_fields!(HTMLElement { element });
platform_object!(HTMLElement: Element via element);

impl HTMLElementMethods for HTMLElement {}
