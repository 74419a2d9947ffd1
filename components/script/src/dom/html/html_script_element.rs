//! `HTMLScriptElement`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::HTMLScriptElementMethods;
use crate::dom::HTMLElement;

/// `HTMLScriptElement`.
pub(crate) struct HTMLScriptElement {
    html_element: HTMLElement,
}

trace_fields!(HTMLScriptElement { html_element });
platform_object!(HTMLScriptElement: HTMLElement via html_element);

impl HTMLScriptElementMethods for HTMLScriptElement {}
