//! `HTMLInputElement`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::HTMLInputElementMethods;
use crate::dom::HTMLElement;

/// `HTMLInputElement`.
pub(crate) struct HTMLInputElement {
    html_element: HTMLElement,
}

trace_fields!(HTMLInputElement { html_element });
platform_object!(HTMLInputElement: HTMLElement via html_element);

impl HTMLInputElementMethods for HTMLInputElement {}
