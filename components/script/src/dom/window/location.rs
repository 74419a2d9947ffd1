//! [`Location`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-location-interface).

use bgfetch_js::{Exception, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};
use url::{Url, quirks};

use super::{access, navigation};
use crate::bindings::LocationMethods;
use crate::dom::{Document, Window};
use crate::environment::Environment;

/// `Location`.
pub(crate) struct Location {
    reflector: Reflector,
    window: Member<Window>,
}

trace_fields!(Location { window });
platform_object!(Location);

impl Location {
    pub(super) fn new(window: &Root<Window>) -> Self {
        Self { reflector: Reflector::new(), window: window.clone().into() }
    }

    fn document(&self) -> Option<Root<Document>> {
        self.window.current_document()
    }

    /// A part of the document's URL.
    fn read(&self, part: impl FnOnce(&Url) -> &str) -> Fallible<String> {
        Ok(self.document().map(|document| part(&document.document_url()).to_owned()).unwrap_or_default())
    }

    /// [Location-object navigates](https://html.spec.whatwg.org/multipage/nav-history-apis.html#location-object-navigate) to the
    /// document's URL with a part of it changed.
    fn write(&self, realm: &Realm, change: impl FnOnce(&mut Url)) -> Fallible<()> {
        let Some(document) = self.document() else { return Ok(()) };
        let mut url = document.document_url();
        change(&mut url);
        navigation::navigate(realm, &document, url, false)
    }

    fn go(&self, realm: &Realm, text: &str, replace: bool) -> Fallible<()> {
        let Some(document) = self.document() else { return Ok(()) };
        let url = Environment::of(&access::incumbent(realm)).parse_url(text).map_err(|error| {
            Exception::dom("SyntaxError", format!("{text:?} is not a URL to go to: {error}"))
        })?;
        navigation::navigate(realm, &document, url, replace)
    }
}

impl LocationMethods for Location {
    fn href(&self, _: &Realm) -> Fallible<String> {
        self.read(quirks::href)
    }

    fn set_href(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.go(realm, &value, false)
    }

    fn origin(&self, _: &Realm) -> Fallible<String> {
        Ok(self
            .document()
            .map(|document| document.document_url().origin().ascii_serialization())
            .unwrap_or_default())
    }

    fn protocol(&self, _: &Realm) -> Fallible<String> {
        self.read(quirks::protocol)
    }

    fn set_protocol(&self, realm: &Realm, value: String) -> Fallible<()> {
        let Some(document) = self.document() else { return Ok(()) };
        let mut url = document.document_url();
        let scheme = value.split(':').next().unwrap_or_default();
        if quirks::set_protocol(&mut url, scheme).is_err() {
            return Err(Exception::dom("SyntaxError", format!("{value:?} is not a protocol")));
        }
        if matches!(url.scheme(), "http" | "https") {
            return navigation::navigate(realm, &document, url, false);
        }
        Ok(())
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
        let Some(document) = self.document() else { return Ok(()) };
        let before = document.document_url();
        let mut url = before.clone();
        // With an empty fragment rather than none, as the standard's setter leaves it.
        url.set_fragment(Some(value.strip_prefix('#').unwrap_or(&value)));
        if url.fragment() == before.fragment().or(Some("")) {
            return Ok(());
        }
        navigation::navigate(realm, &document, url, false)
    }

    fn assign(&self, realm: &Realm, url: String) -> Fallible<()> {
        self.go(realm, &url, false)
    }

    fn replace(&self, realm: &Realm, url: String) -> Fallible<()> {
        self.go(realm, &url, true)
    }

    /// [`reload()`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-location-reload)
    fn reload(&self, _: &Realm) -> Fallible<()> {
        if let Some(document) = self.document() {
            navigation::reload(&document);
        }
        Ok(())
    }
}
