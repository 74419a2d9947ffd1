//! [Links](https://html.spec.whatwg.org/multipage/links.html#links-created-by-a-and-area-elements) as `a` and `area`
//! elements have them: a URL and its parts.

use bgfetch_js::{Fallible, Realm};
use url::Url;

use crate::dom::Element;

/// An element's [URL](https://html.spec.whatwg.org/multipage/links.html#concept-hyperlink-url), if it has one.
pub(crate) fn link_url(element: &Element) -> Option<Url> {
    let href = element.plain_attribute("href")?;
    element.owner_doc().parse_url(&href).ok()
}

/// A part of it; empty if there is no URL.
pub(crate) fn read(element: &Element, part: impl FnOnce(&Url) -> &str) -> Fallible<String> {
    Ok(link_url(element).map(|url| part(&url).to_owned()).unwrap_or_default())
}

/// [Update href](https://html.spec.whatwg.org/multipage/links.html#update-href) with a part of the URL changed.
pub(crate) fn write(element: &Element, realm: &Realm, change: impl FnOnce(&mut Url)) -> Fallible<()> {
    if let Some(mut url) = link_url(element) {
        change(&mut url);
        element.set_plain_attribute(realm, "href", String::from(url).into());
    }
    Ok(())
}

/// Implements [`HyperlinkElementUtils`](https://html.spec.whatwg.org/multipage/links.html#hyperlinkelementutils) and
/// `HTMLHyperlinkElementUtils` for an element.
macro_rules! hyperlink_utils {
    ($name:ident) => {
        impl $crate::bindings::HTMLHyperlinkElementUtilsMethods for $name {
            $crate::dom::html::reflect::url!(href, set_href, "href");
            $crate::dom::html::reflect::string!(target, set_target, "target");
        }

        impl $crate::bindings::HyperlinkElementUtilsMethods for $name {
            $crate::dom::html::reflect::string!(hreflang, set_hreflang, "hreflang");
            $crate::dom::html::reflect::string!(type_, set_type, "type");

            fn origin(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
                Ok($crate::dom::html::hyperlink::link_url(self)
                    .map(|url| url.origin().ascii_serialization())
                    .unwrap_or_default())
            }

            fn protocol(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
                Ok($crate::dom::html::hyperlink::link_url(self)
                    .map_or_else(|| ":".to_owned(), |url| url::quirks::protocol(&url).to_owned()))
            }

            fn set_protocol(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
                // A protocol that does not go with the URL is ignored, as the standard has it; so for all setters below.
                $crate::dom::html::hyperlink::write(self, realm, |url| {
                    url::quirks::set_protocol(url, &value).unwrap_or_default()
                })
            }

            fn username(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
                $crate::dom::html::hyperlink::read(self, url::quirks::username)
            }

            fn set_username(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
                $crate::dom::html::hyperlink::write(self, realm, |url| {
                    url::quirks::set_username(url, &value).unwrap_or_default()
                })
            }

            fn password(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
                $crate::dom::html::hyperlink::read(self, url::quirks::password)
            }

            fn set_password(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
                $crate::dom::html::hyperlink::write(self, realm, |url| {
                    url::quirks::set_password(url, &value).unwrap_or_default()
                })
            }

            fn host(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
                $crate::dom::html::hyperlink::read(self, url::quirks::host)
            }

            fn set_host(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
                $crate::dom::html::hyperlink::write(self, realm, |url| {
                    url::quirks::set_host(url, &value).unwrap_or_default()
                })
            }

            fn hostname(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
                $crate::dom::html::hyperlink::read(self, url::quirks::hostname)
            }

            fn set_hostname(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
                $crate::dom::html::hyperlink::write(self, realm, |url| {
                    url::quirks::set_hostname(url, &value).unwrap_or_default()
                })
            }

            fn port(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
                $crate::dom::html::hyperlink::read(self, url::quirks::port)
            }

            fn set_port(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
                $crate::dom::html::hyperlink::write(self, realm, |url| {
                    url::quirks::set_port(url, &value).unwrap_or_default()
                })
            }

            fn pathname(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
                $crate::dom::html::hyperlink::read(self, url::quirks::pathname)
            }

            fn set_pathname(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
                $crate::dom::html::hyperlink::write(self, realm, |url| url::quirks::set_pathname(url, &value))
            }

            fn search(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
                $crate::dom::html::hyperlink::read(self, url::quirks::search)
            }

            fn set_search(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
                $crate::dom::html::hyperlink::write(self, realm, |url| url::quirks::set_search(url, &value))
            }

            fn hash(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<String> {
                $crate::dom::html::hyperlink::read(self, url::quirks::hash)
            }

            fn set_hash(&self, realm: &bgfetch_js::Realm, value: String) -> bgfetch_js::Fallible<()> {
                $crate::dom::html::hyperlink::write(self, realm, |url| url::quirks::set_hash(url, &value))
            }
        }
    };
}
pub(super) use hyperlink_utils;
