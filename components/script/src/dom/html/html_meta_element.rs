//! `HTMLMetaElement`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::HTMLMetaElementMethods;
use crate::dom::HTMLElement;

/// `HTMLMetaElement`.
pub(crate) struct HTMLMetaElement {
    html_element: HTMLElement,
}

trace_fields!(HTMLMetaElement { html_element });
platform_object!(HTMLMetaElement: HTMLElement via html_element);

impl HTMLMetaElementMethods for HTMLMetaElement {}
