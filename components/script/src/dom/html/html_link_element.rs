//! [`HTMLLinkElement`](https://html.spec.whatwg.org/multipage/semantics.html#the-link-element).

use std::cell::OnceCell;

use bgfetch_js::{Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};

use super::loading::links::{LinkState, PRELOAD_DESTINATIONS, SUPPORTED};
use super::reflect;
use crate::bindings::HTMLLinkElementMethods;
use crate::dom::globals::window_or_worker::once;
use crate::dom::{DOMTokenList, Element, HTMLElement};

/// `HTMLLinkElement`.
pub(crate) struct HTMLLinkElement {
    html_element: HTMLElement,
    rel_list: OnceCell<Member<DOMTokenList>>,
    /// How far it has come with what it links to.
    pub(super) state: LinkState,
}

trace_fields!(HTMLLinkElement { html_element, rel_list });
platform_object!(HTMLLinkElement: HTMLElement via html_element);

impl HTMLLinkElement {
    /// A `link` element.
    pub(super) fn new(html_element: HTMLElement) -> Self {
        Self { html_element, rel_list: OnceCell::new(), state: LinkState::default() }
    }
}

impl HTMLLinkElementMethods for HTMLLinkElement {
    reflect::url!(href, set_href, "href");
    reflect::cross_origin!();
    reflect::referrer_policy!();
    reflect::string!(rel, set_rel, "rel");
    reflect::enumerated!(as_, set_as, "as", PRELOAD_DESTINATIONS, "", "");
    reflect::string!(media, set_media, "media");
    reflect::string!(type_, set_type, "type");
    reflect::string!(hreflang, set_hreflang, "hreflang");
    reflect::string!(integrity, set_integrity, "integrity");
    reflect::usv_string!(image_srcset, set_image_srcset, "imagesrcset");
    reflect::string!(image_sizes, set_image_sizes, "imagesizes");
    reflect::boolean!(disabled, set_disabled, "disabled");

    fn rel_list(&self, realm: &Realm) -> Fallible<Root<DOMTokenList>> {
        let element: Root<Element> = self.root().upcast();
        once(&self.rel_list, || realm.wrap(DOMTokenList::new(&element, "rel", Some(SUPPORTED))))
    }
}
