//! [`Location`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-location-interface).

use bgfetch_js::{Exception, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};
use url::Url;

use super::window::navigate;
use crate::bindings::LocationMethods;
use crate::dom::Window;
use crate::environment::Environment;

/// `Location`.
pub(crate) struct Location {
    reflector: Reflector,
    window: Member<Window>,
}

trace_fields!(Location { window });
platform_object!(Location);

impl Location {
    /// Of a window.
    pub(crate) fn new(window: &Root<Window>) -> Self {
        Self { reflector: Reflector::new(), window: window.clone().into() }
    }

    /// [The location's URL](https://html.spec.whatwg.org/multipage/nav-history-apis.html#concept-location-url).
    fn url(&self, realm: &Realm) -> Url {
        let document = self.window.document_if_any();
        document.map_or_else(|| Environment::of(realm).url.borrow().clone(), |document| document.document_url())
    }

    fn read(&self, realm: &Realm, part: impl FnOnce(&Url) -> &str) -> Fallible<String> {
        Ok(part(&self.url(realm)).to_owned())
    }

    /// [Location-object navigates](https://html.spec.whatwg.org/multipage/nav-history-apis.html#location-object-navigate): to a
    /// fragment within the document, or by way of the embedder.
    fn go(&self, realm: &Realm, url: Url) -> Fallible<()> {
        let before = self.url(realm);
        let without_fragment = |url: &Url| {
            let mut url = url.clone();
            url.set_fragment(None);
            url
        };
        if url.fragment().is_some() && without_fragment(&url) == without_fragment(&before) {
            if let Some(document) = self.window.document_if_any() {
                Environment::of(realm).url.replace(url.clone());
                document.set_document_url(realm, url);
            }
            return Ok(());
        }
        navigate(realm, url);
        Ok(())
    }

    fn parse(realm: &Realm, text: &str) -> Fallible<Url> {
        Environment::of(realm)
            .parse_url(text)
            .map_err(|error| Exception::dom("SyntaxError", format!("{text:?} is not a URL: {error}")))
    }

    fn change(&self, realm: &Realm, change: impl FnOnce(&mut Url)) -> Fallible<()> {
        let mut url = self.url(realm);
        let before = url.clone();
        change(&mut url);
        if url == before { Ok(()) } else { self.go(realm, url) }
    }
}

impl LocationMethods for Location {
    fn href(&self, realm: &Realm) -> Fallible<String> {
        self.read(realm, Url::as_str)
    }

    fn set_href(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.go(realm, Self::parse(realm, &value)?)
    }

    fn origin(&self, realm: &Realm) -> Fallible<String> {
        Ok(url::quirks::origin(&self.url(realm)))
    }

    fn protocol(&self, realm: &Realm) -> Fallible<String> {
        self.read(realm, url::quirks::protocol)
    }

    fn set_protocol(&self, realm: &Realm, value: String) -> Fallible<()> {
        let mut url = self.url(realm);
        if url::quirks::set_protocol(&mut url, &value).is_err() {
            return Err(Exception::dom("SyntaxError", format!("{value:?} is not a scheme")));
        }
        if matches!(url.scheme(), "http" | "https") { self.go(realm, url) } else { Ok(()) }
    }

    fn host(&self, realm: &Realm) -> Fallible<String> {
        self.read(realm, url::quirks::host)
    }

    fn set_host(&self, realm: &Realm, value: String) -> Fallible<()> {
        // Setters ignore what they cannot use.
        self.change(realm, |url| drop(url::quirks::set_host(url, &value)))
    }

    fn hostname(&self, realm: &Realm) -> Fallible<String> {
        self.read(realm, url::quirks::hostname)
    }

    fn set_hostname(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.change(realm, |url| drop(url::quirks::set_hostname(url, &value)))
    }

    fn port(&self, realm: &Realm) -> Fallible<String> {
        self.read(realm, url::quirks::port)
    }

    fn set_port(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.change(realm, |url| drop(url::quirks::set_port(url, &value)))
    }

    fn pathname(&self, realm: &Realm) -> Fallible<String> {
        self.read(realm, url::quirks::pathname)
    }

    fn set_pathname(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.change(realm, |url| url::quirks::set_pathname(url, &value))
    }

    fn search(&self, realm: &Realm) -> Fallible<String> {
        self.read(realm, url::quirks::search)
    }

    fn set_search(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.change(realm, |url| url::quirks::set_search(url, &value))
    }

    fn hash(&self, realm: &Realm) -> Fallible<String> {
        self.read(realm, url::quirks::hash)
    }

    fn set_hash(&self, realm: &Realm, value: String) -> Fallible<()> {
        self.change(realm, |url| url::quirks::set_hash(url, &value))
    }

    fn assign(&self, realm: &Realm, url: String) -> Fallible<()> {
        self.go(realm, Self::parse(realm, &url)?)
    }

    fn replace(&self, realm: &Realm, url: String) -> Fallible<()> {
        self.go(realm, Self::parse(realm, &url)?)
    }

    fn reload(&self, realm: &Realm) -> Fallible<()> {
        navigate(realm, self.url(realm));
        Ok(())
    }
}
