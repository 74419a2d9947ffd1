//! [`HTMLAreaElement`](https://html.spec.whatwg.org/multipage/image-maps.html#the-area-element).

use std::cell::OnceCell;

use bgfetch_js::{Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};

use super::html_anchor_element::LINK_TYPES;
use super::hyperlink::hyperlink_utils;
use super::reflect;
use crate::bindings::HTMLAreaElementMethods;
use crate::dom::globals::window_or_worker::once;
use crate::dom::{DOMTokenList, Element, HTMLElement};

/// `HTMLAreaElement`.
pub(crate) struct HTMLAreaElement {
    html_element: HTMLElement,
    rel_list: OnceCell<Member<DOMTokenList>>,
}

trace_fields!(HTMLAreaElement { html_element, rel_list });
platform_object!(HTMLAreaElement: HTMLElement via html_element);

impl HTMLAreaElement {
    /// An `area` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self { html_element, rel_list: OnceCell::new() }
    }
}

impl HTMLAreaElementMethods for HTMLAreaElement {
    reflect::string!(alt, set_alt, "alt");
    reflect::string!(coords, set_coords, "coords");
    reflect::string!(shape, set_shape, "shape");
    reflect::string!(download, set_download, "download");
    reflect::usv_string!(ping, set_ping, "ping");
    reflect::string!(rel, set_rel, "rel");

    fn rel_list(&self, realm: &Realm) -> Fallible<Root<DOMTokenList>> {
        let element: Root<Element> = self.root().upcast();
        once(&self.rel_list, || realm.wrap(DOMTokenList::new(&element, "rel", Some(LINK_TYPES))))
    }
}

hyperlink_utils!(HTMLAreaElement);
