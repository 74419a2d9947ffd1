//! `HTMLUnknownElement`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::HTMLUnknownElementMethods;
use crate::dom::HTMLElement;

/// `HTMLUnknownElement`.
pub(crate) struct HTMLUnknownElement {
    html_element: HTMLElement,
}

trace_fields!(HTMLUnknownElement { html_element });
platform_object!(HTMLUnknownElement: HTMLElement via html_element);

impl HTMLUnknownElementMethods for HTMLUnknownElement {}
