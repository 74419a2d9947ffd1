//! `HTMLAnchorElement`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::HTMLAnchorElementMethods;
use crate::dom::HTMLElement;

/// `HTMLAnchorElement`.
pub(crate) struct HTMLAnchorElement {
    html_element: HTMLElement,
}

trace_fields!(HTMLAnchorElement { html_element });
platform_object!(HTMLAnchorElement: HTMLElement via html_element);

impl HTMLAnchorElementMethods for HTMLAnchorElement {}
