//! [`URL`](https://url.spec.whatwg.org/#url-class).

use std::cell::{OnceCell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Realm, Reflector, Root, platform_object,
    trace_fields,
};
use url::Url;

use crate::bindings::URLMethods;
use crate::dom::{Blob, URLSearchParams};

/// `URL`.
#[expect(clippy::upper_case_acronyms, reason = "the specification's name")]
pub(crate) struct URL {
    reflector: Reflector,
    url: RefCell<Url>,
    search_params: OnceCell<Member<URLSearchParams>>,
}

trace_fields!(URL { search_params });
platform_object!(URL);

/// [API URL parser](https://url.spec.whatwg.org/#api-url-parser).
fn parse(url: &str, base: Option<&str>) -> Result<Url, String> {
    match base {
        None => Url::parse(url).map_err(|error| format!("{url:?} is not a URL: {error}")),
        Some(base) => {
            let base =
                Url::parse(base).map_err(|error| format!("the base {base:?} is not a URL: {error}"))?;
            base.join(url).map_err(|error| format!("{url:?} is not a URL: {error}"))
        }
    }
}

impl URL {
    fn of(url: Url) -> Self {
        Self { reflector: Reflector::new(), url: RefCell::new(url), search_params: OnceCell::new() }
    }

    /// The query, without its question mark.
    pub(super) fn query_text(&self) -> String {
        self.url.borrow().query().unwrap_or("").to_owned()
    }

    /// The query changed through `searchParams`.
    pub(super) fn set_query(&self, query: &str) {
        self.url.borrow_mut().set_query(Some(query).filter(|query| !query.is_empty()));
        self.strip_trailing_spaces();
    }

    /// [Potentially strips trailing spaces from an opaque path](https://url.spec.whatwg.org/#potentially-strip-trailing-spaces-from-an-opaque-path):
    /// the `url` crate does it when query and fragment are set to none.
    fn strip_trailing_spaces(&self) {
        let mut url = self.url.borrow_mut();
        if url.cannot_be_a_base() && url.query().is_none() && url.fragment().is_none() {
            let path = url.path().trim_end_matches(' ').to_owned();
            url.set_path(&path);
        }
    }

    fn query_changed(&self) {
        if let Some(params) = self.search_params.get() {
            params.replace_from(self.url.borrow().query().unwrap_or(""));
        }
    }

    fn with(&self, change: impl FnOnce(&mut Url)) -> Fallible<()> {
        change(&mut self.url.borrow_mut());
        Ok(())
    }

    fn read(&self, part: impl FnOnce(&Url) -> &str) -> Fallible<String> {
        Ok(part(&self.url.borrow()).to_owned())
    }
}

impl URLMethods for URL {
    fn constructor(_: &Realm, url: String, base: Option<String>) -> Fallible<Self> {
        parse(&url, base.as_deref()).map(Self::of).map_err(Exception::type_error)
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        let params = URLSearchParams::of_url(this);
        let params = realm.wrap(params)?;
        let _first = this.search_params.set(params.into());
        Ok(())
    }

    /// [`URL.parse()`](https://url.spec.whatwg.org/#dom-url-parse)
    fn parse(realm: &Realm, url: String, base: Option<String>) -> Fallible<Option<Root<Self>>> {
        let Ok(url) = parse(&url, base.as_deref()) else { return Ok(None) };
        let made = realm.wrap(Self::of(url))?;
        Self::constructed(&made, realm)?;
        Ok(Some(made))
    }

    fn can_parse(_: &Realm, url: String, base: Option<String>) -> Fallible<bool> {
        Ok(parse(&url, base.as_deref()).is_ok())
    }

    /// [`URL.createObjectURL()`](https://w3c.github.io/FileAPI/#dfn-createObjectURL)
    fn create_object_url(realm: &Realm, obj: Root<Blob>) -> Fallible<DomString> {
        crate::dom::file::blob_url::create(realm, &obj).map(Into::into)
    }

    fn revoke_object_url(realm: &Realm, url: DomString) -> Fallible<()> {
        crate::dom::file::blob_url::revoke(realm, &url);
        Ok(())
    }

    fn href(&self, _: &Realm) -> Fallible<String> {
        self.read(Url::as_str)
    }

    fn set_href(&self, _: &Realm, value: String) -> Fallible<()> {
        let url = parse(&value, None).map_err(Exception::type_error)?;
        *self.url.borrow_mut() = url;
        self.query_changed();
        Ok(())
    }

    fn origin(&self, _: &Realm) -> Fallible<String> {
        Ok(url::quirks::origin(&self.url.borrow()))
    }

    fn protocol(&self, _: &Realm) -> Fallible<String> {
        self.read(url::quirks::protocol)
    }

    fn set_protocol(&self, _: &Realm, value: String) -> Fallible<()> {
        // Setters ignore what they cannot use.
        self.with(|url| url::quirks::set_protocol(url, &value).unwrap_or_default())
    }

    fn username(&self, _: &Realm) -> Fallible<String> {
        self.read(url::quirks::username)
    }

    fn set_username(&self, _: &Realm, value: String) -> Fallible<()> {
        self.with(|url| url::quirks::set_username(url, &value).unwrap_or_default())
    }

    fn password(&self, _: &Realm) -> Fallible<String> {
        self.read(url::quirks::password)
    }

    fn set_password(&self, _: &Realm, value: String) -> Fallible<()> {
        self.with(|url| url::quirks::set_password(url, &value).unwrap_or_default())
    }

    fn host(&self, _: &Realm) -> Fallible<String> {
        self.read(url::quirks::host)
    }

    fn set_host(&self, _: &Realm, value: String) -> Fallible<()> {
        self.with(|url| url::quirks::set_host(url, &value).unwrap_or_default())
    }

    fn hostname(&self, _: &Realm) -> Fallible<String> {
        self.read(url::quirks::hostname)
    }

    fn set_hostname(&self, _: &Realm, value: String) -> Fallible<()> {
        self.with(|url| url::quirks::set_hostname(url, &value).unwrap_or_default())
    }

    fn port(&self, _: &Realm) -> Fallible<String> {
        self.read(url::quirks::port)
    }

    fn set_port(&self, _: &Realm, value: String) -> Fallible<()> {
        self.with(|url| url::quirks::set_port(url, &value).unwrap_or_default())
    }

    fn pathname(&self, _: &Realm) -> Fallible<String> {
        self.read(url::quirks::pathname)
    }

    fn set_pathname(&self, _: &Realm, value: String) -> Fallible<()> {
        self.with(|url| url::quirks::set_pathname(url, &value))
    }

    fn search(&self, _: &Realm) -> Fallible<String> {
        self.read(url::quirks::search)
    }

    fn set_search(&self, _: &Realm, value: String) -> Fallible<()> {
        url::quirks::set_search(&mut self.url.borrow_mut(), &value);
        if value.is_empty() {
            self.strip_trailing_spaces();
        }
        self.query_changed();
        Ok(())
    }

    fn search_params(&self, realm: &Realm) -> Fallible<Root<URLSearchParams>> {
        crate::dom::globals::window_or_worker::once(&self.search_params, || {
            realm.wrap(URLSearchParams::of_url(&self.root()))
        })
    }

    fn hash(&self, _: &Realm) -> Fallible<String> {
        self.read(url::quirks::hash)
    }

    fn set_hash(&self, _: &Realm, value: String) -> Fallible<()> {
        url::quirks::set_hash(&mut self.url.borrow_mut(), &value);
        if value.is_empty() {
            self.strip_trailing_spaces();
        }
        Ok(())
    }

    fn to_json(&self, realm: &Realm) -> Fallible<String> {
        self.href(realm)
    }
}
