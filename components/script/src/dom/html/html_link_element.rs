//! [`HTMLLinkElement`](https://html.spec.whatwg.org/multipage/semantics.html#the-link-element): nothing is loaded for it, since
//! there is nothing to style.

use std::cell::OnceCell;

use bgfetch_js::{Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};

use super::reflect;
use crate::bindings::HTMLLinkElementMethods;
use crate::dom::globals::window_or_worker::once;
use crate::dom::{DOMTokenList, Element, HTMLElement};

/// `HTMLLinkElement`.
pub(crate) struct HTMLLinkElement {
    html_element: HTMLElement,
    rel_list: OnceCell<Member<DOMTokenList>>,
}

trace_fields!(HTMLLinkElement { html_element, rel_list });
platform_object!(HTMLLinkElement: HTMLElement via html_element);

impl HTMLLinkElement {
    /// A `link` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self { html_element, rel_list: OnceCell::new() }
    }
}

impl HTMLLinkElementMethods for HTMLLinkElement {
    reflect::url!(href, set_href, "href");
    reflect::string!(rel, set_rel, "rel");
    reflect::string!(media, set_media, "media");
    reflect::string!(type_, set_type, "type");
    reflect::string!(hreflang, set_hreflang, "hreflang");
    reflect::string!(integrity, set_integrity, "integrity");

    fn rel_list(&self, realm: &Realm) -> Fallible<Root<DOMTokenList>> {
        let element: Root<Element> = self.root().upcast();
        // No link type has an effect here: none is supported.
        once(&self.rel_list, || realm.wrap(DOMTokenList::new(&element, "rel", Some(&[]))))
    }
}
