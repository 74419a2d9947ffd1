//! `HTMLButtonElement`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::HTMLButtonElementMethods;
use crate::dom::HTMLElement;

/// `HTMLButtonElement`.
pub(crate) struct HTMLButtonElement {
    html_element: HTMLElement,
}

trace_fields!(HTMLButtonElement { html_element });
platform_object!(HTMLButtonElement: HTMLElement via html_element);

impl HTMLButtonElementMethods for HTMLButtonElement {}
