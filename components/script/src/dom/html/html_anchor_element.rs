//! [`HTMLAnchorElement`](https://html.spec.whatwg.org/multipage/text-level-semantics.html#the-a-element).

use std::cell::OnceCell;

use bgfetch_js::{DomString, Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};

use super::hyperlink::hyperlink_utils;
use super::reflect;
use crate::bindings::HTMLAnchorElementMethods;
use crate::dom::globals::window_or_worker::once;
use crate::dom::nodes::text_content;
use crate::dom::{DOMTokenList, Element, HTMLElement};

/// `HTMLAnchorElement`.
pub(crate) struct HTMLAnchorElement {
    html_element: HTMLElement,
    rel_list: OnceCell<Member<DOMTokenList>>,
}

trace_fields!(HTMLAnchorElement { html_element, rel_list });
platform_object!(HTMLAnchorElement: HTMLElement via html_element);

/// [Link types](https://html.spec.whatwg.org/multipage/links.html#linkTypes) with an effect on an `a` element.
pub(super) const LINK_TYPES: &[&str] = &["noreferrer", "noopener", "opener"];

impl HTMLAnchorElement {
    /// An `a` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self { html_element, rel_list: OnceCell::new() }
    }
}

impl HTMLAnchorElementMethods for HTMLAnchorElement {
    reflect::string!(download, set_download, "download");
    reflect::usv_string!(ping, set_ping, "ping");
    reflect::string!(rel, set_rel, "rel");

    fn rel_list(&self, realm: &Realm) -> Fallible<Root<DOMTokenList>> {
        let element: Root<Element> = self.root().upcast();
        once(&self.rel_list, || realm.wrap(DOMTokenList::new(&element, "rel", Some(LINK_TYPES))))
    }

    fn text(&self, _: &Realm) -> Fallible<DomString> {
        Ok(text_content::descendant_text(&self.root().upcast()))
    }

    fn set_text(&self, realm: &Realm, value: DomString) -> Fallible<()> {
        text_content::string_replace_all(realm, &self.root().upcast(), value)
    }
}

hyperlink_utils!(HTMLAnchorElement);
