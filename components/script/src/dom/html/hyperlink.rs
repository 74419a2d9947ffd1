//! [Links](https://html.spec.whatwg.org/multipage/links.html#links-created-by-a-and-area-elements) as `a` and `area`
//! elements have them: a URL and its parts.

use bgfetch_js::Realm;
use url::Url;

use crate::dom::Element;
use crate::dom::url::record::UrlRecord;

/// An element's [URL](https://html.spec.whatwg.org/multipage/links.html#concept-hyperlink-url), if it has one.
pub(crate) fn link(element: &Element) -> Option<UrlRecord> {
    let href = element.plain_attribute("href")?;
    let document = element.owner_doc();
    let base = UrlRecord::parse(document.base_url().as_str(), None)?;
    UrlRecord::parse_with(&href, Some(&base), document.encoding())
}

/// The same, to go there.
pub(super) fn link_url(element: &Element) -> Option<Url> {
    Url::parse(&link(element)?.href()).ok()
}

/// A part of it; empty if there is no URL.
pub(crate) fn read(element: &Element, part: impl FnOnce(&UrlRecord) -> String) -> String {
    link(element).map(|url| part(&url)).unwrap_or_default()
}

/// [`href`](https://html.spec.whatwg.org/multipage/links.html#dom-hyperlink-href)
pub(crate) fn href(element: &Element) -> String {
    let given = || element.plain_attribute("href").unwrap_or_default().into_string();
    link(element).map_or_else(given, |url| url.href())
}

/// [Update href](https://html.spec.whatwg.org/multipage/links.html#update-href) with a part of the URL changed.
pub(crate) fn write(element: &Element, realm: &Realm, change: impl FnOnce(&mut UrlRecord)) {
    if let Some(mut url) = link(element) {
        change(&mut url);
        element.set_plain_attribute(realm, "href", url.href().into());
    }
}

/// A part of the URL: getter and setter.
macro_rules! part {
    ($get:ident, $set:ident) => {
        fn $get(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
            Ok($crate::dom::html::hyperlink::read(self, $crate::dom::url::record::UrlRecord::$get))
        }

        fn $set(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
            // What does not go with the URL is ignored.
            $crate::dom::html::hyperlink::write(self, realm, |url| url.$set(&value));
            Ok(())
        }
    };
}
pub(super) use part;

/// Implements [`HyperlinkElementUtils`](https://html.spec.whatwg.org/multipage/links.html#hyperlinkelementutils) and
/// `HTMLHyperlinkElementUtils` for an element.
macro_rules! hyperlink_utils {
    ($name:ident) => {
        impl $crate::bindings::HTMLHyperlinkElementUtilsMethods for $name {
            fn href(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
                Ok($crate::dom::html::hyperlink::href(self))
            }

            fn set_href(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
                $crate::dom::Element::set_plain_attribute(self, realm, "href", value.into());
                Ok(())
            }

            $crate::dom::html::reflect::string!(target, set_target, "target");
        }

        impl $crate::bindings::HyperlinkElementUtilsMethods for $name {
            $crate::dom::html::reflect::string!(hreflang, set_hreflang, "hreflang");
            $crate::dom::html::reflect::string!(type_, set_type, "type");

            fn origin(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
                Ok($crate::dom::html::hyperlink::read(self, $crate::dom::url::record::UrlRecord::origin))
            }

            fn protocol(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
                let url = $crate::dom::html::hyperlink::link(self);
                Ok(url.map_or_else(|| ":".to_owned(), |url| url.protocol()))
            }

            fn set_protocol(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
                $crate::dom::html::hyperlink::write(self, realm, |url| url.set_protocol(&value));
                Ok(())
            }

            $crate::dom::html::hyperlink::part!(username, set_username);
            $crate::dom::html::hyperlink::part!(password, set_password);
            $crate::dom::html::hyperlink::part!(host, set_host);
            $crate::dom::html::hyperlink::part!(hostname, set_hostname);
            $crate::dom::html::hyperlink::part!(port, set_port);
            $crate::dom::html::hyperlink::part!(pathname, set_pathname);
            $crate::dom::html::hyperlink::part!(search, set_search);
            $crate::dom::html::hyperlink::part!(hash, set_hash);
        }
    };
}
pub(super) use hyperlink_utils;
