//! [`HTMLAnchorElement`](https://html.spec.whatwg.org/multipage/text-level-semantics.html#the-a-element).

use std::cell::OnceCell;

use bgfetch_js::{DomString, Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};
use url::{Url, quirks};

use super::reflect;
use crate::bindings::{
    HTMLAnchorElementMethods, HTMLHyperlinkElementUtilsMethods, HyperlinkElementUtilsMethods,
};
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
const LINK_TYPES: &[&str] = &["noreferrer", "noopener", "opener"];

impl HTMLAnchorElement {
    /// An `a` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self { html_element, rel_list: OnceCell::new() }
    }

    /// Its [URL](https://html.spec.whatwg.org/multipage/links.html#concept-hyperlink-url), if it has one.
    pub(super) fn link_url(&self) -> Option<Url> {
        let href = self.plain_attribute("href")?;
        self.owner_doc().parse_url(&href).ok()
    }

    fn read(&self, part: impl FnOnce(&Url) -> &str) -> Fallible<String> {
        Ok(self.link_url().map(|url| part(&url).to_owned()).unwrap_or_default())
    }

    /// [Update href](https://html.spec.whatwg.org/multipage/links.html#update-href) with a part of the URL changed.
    fn write(&self, realm: &Realm, change: impl FnOnce(&mut Url)) -> Fallible<()> {
        if let Some(mut url) = self.link_url() {
            change(&mut url);
            self.set_plain_attribute(realm, "href", String::from(url).into());
        }
        Ok(())
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

impl HTMLHyperlinkElementUtilsMethods for HTMLAnchorElement {
    reflect::url!(href, set_href, "href");
    reflect::string!(target, set_target, "target");
}

impl HyperlinkElementUtilsMethods for HTMLAnchorElement {
    reflect::string!(hreflang, set_hreflang, "hreflang");
    reflect::string!(type_, set_type, "type");

    fn origin(&self, _: &Realm) -> Fallible<String> {
        Ok(self.link_url().map(|url| url.origin().ascii_serialization()).unwrap_or_default())
    }

    fn protocol(&self, _: &Realm) -> Fallible<String> {
        Ok(self.link_url().map_or_else(|| ":".to_owned(), |url| quirks::protocol(&url).to_owned()))
    }

    fn set_protocol(&self, realm: &Realm, value: String) -> Fallible<()> {
        // A protocol that does not go with the URL is ignored, as the standard has it; so for all setters below.
        self.write(realm, |url| quirks::set_protocol(url, &value).unwrap_or_default())
    }

    fn username(&self, _: &Realm) -> Fallible<String> {
        self.read(quirks::username)
    }

    fn set_username(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.write(realm, |url| quirks::set_username(url, &value).unwrap_or_default())
    }

    fn password(&self, _: &Realm) -> Fallible<String> {
        self.read(quirks::password)
    }

    fn set_password(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.write(realm, |url| quirks::set_password(url, &value).unwrap_or_default())
    }

    fn host(&self, _: &Realm) -> Fallible<String> {
        self.read(quirks::host)
    }

    fn set_host(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.write(realm, |url| quirks::set_host(url, &value).unwrap_or_default())
    }

    fn hostname(&self, _: &Realm) -> Fallible<String> {
        self.read(quirks::hostname)
    }

    fn set_hostname(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.write(realm, |url| quirks::set_hostname(url, &value).unwrap_or_default())
    }

    fn port(&self, _: &Realm) -> Fallible<String> {
        self.read(quirks::port)
    }

    fn set_port(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.write(realm, |url| quirks::set_port(url, &value).unwrap_or_default())
    }

    fn pathname(&self, _: &Realm) -> Fallible<String> {
        self.read(quirks::pathname)
    }

    fn set_pathname(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.write(realm, |url| quirks::set_pathname(url, &value))
    }

    fn search(&self, _: &Realm) -> Fallible<String> {
        self.read(quirks::search)
    }

    fn set_search(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.write(realm, |url| quirks::set_search(url, &value))
    }

    fn hash(&self, _: &Realm) -> Fallible<String> {
        self.read(quirks::hash)
    }

    fn set_hash(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.write(realm, |url| quirks::set_hash(url, &value))
    }
}
