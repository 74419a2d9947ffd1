//! [`URL`](https://url.spec.whatwg.org/#url-class).

use std::cell::{OnceCell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Realm, Reflector, Root, platform_object,
    trace_fields,
};

use super::record::UrlRecord;
use crate::bindings::URLMethods;
use crate::dom::{Blob, URLSearchParams};

/// `URL`.
#[expect(clippy::upper_case_acronyms, reason = "the specification's name")]
pub(crate) struct URL {
    reflector: Reflector,
    url: RefCell<UrlRecord>,
    search_params: OnceCell<Member<URLSearchParams>>,
}

trace_fields!(URL { search_params });
platform_object!(URL);

/// [API URL parser](https://url.spec.whatwg.org/#api-url-parser).
fn parse(url: &str, base: Option<&str>) -> Result<UrlRecord, String> {
    let base = match base {
        None => None,
        Some(base) => {
            Some(UrlRecord::parse(base, None).ok_or_else(|| format!("the base {base:?} is not a URL"))?)
        }
    };
    UrlRecord::parse(url, base.as_ref()).ok_or_else(|| format!("{url:?} is not a URL"))
}

impl URL {
    fn of(url: UrlRecord) -> Self {
        Self { reflector: Reflector::new(), url: RefCell::new(url), search_params: OnceCell::new() }
    }

    /// The query, without its question mark.
    pub(super) fn query_text(&self) -> String {
        self.url.borrow().query().unwrap_or("").to_owned()
    }

    /// The query changed through `searchParams`.
    pub(super) fn set_query(&self, query: String) {
        self.url.borrow_mut().set_query(Some(query).filter(|query| !query.is_empty()));
    }

    fn query_changed(&self) {
        if let Some(params) = self.search_params.get() {
            params.replace_from(self.url.borrow().query().unwrap_or(""));
        }
    }

    fn with(&self, change: impl FnOnce(&mut UrlRecord)) -> Fallible<()> {
        change(&mut self.url.borrow_mut());
        Ok(())
    }

    fn read(&self, part: impl FnOnce(&UrlRecord) -> String) -> Fallible<String> {
        Ok(part(&self.url.borrow()))
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
        self.read(UrlRecord::href)
    }

    fn set_href(&self, _: &Realm, value: String) -> Fallible<()> {
        let url = parse(&value, None).map_err(Exception::type_error)?;
        *self.url.borrow_mut() = url;
        self.query_changed();
        Ok(())
    }

    fn origin(&self, _: &Realm) -> Fallible<String> {
        self.read(UrlRecord::origin)
    }

    fn protocol(&self, _: &Realm) -> Fallible<String> {
        self.read(UrlRecord::protocol)
    }

    fn set_protocol(&self, _: &Realm, value: String) -> Fallible<()> {
        self.with(|url| url.set_protocol(&value))
    }

    fn username(&self, _: &Realm) -> Fallible<String> {
        self.read(UrlRecord::username)
    }

    fn set_username(&self, _: &Realm, value: String) -> Fallible<()> {
        self.with(|url| url.set_username(&value))
    }

    fn password(&self, _: &Realm) -> Fallible<String> {
        self.read(UrlRecord::password)
    }

    fn set_password(&self, _: &Realm, value: String) -> Fallible<()> {
        self.with(|url| url.set_password(&value))
    }

    fn host(&self, _: &Realm) -> Fallible<String> {
        self.read(UrlRecord::host)
    }

    fn set_host(&self, _: &Realm, value: String) -> Fallible<()> {
        self.with(|url| url.set_host(&value))
    }

    fn hostname(&self, _: &Realm) -> Fallible<String> {
        self.read(UrlRecord::hostname)
    }

    fn set_hostname(&self, _: &Realm, value: String) -> Fallible<()> {
        self.with(|url| url.set_hostname(&value))
    }

    fn port(&self, _: &Realm) -> Fallible<String> {
        self.read(UrlRecord::port)
    }

    fn set_port(&self, _: &Realm, value: String) -> Fallible<()> {
        self.with(|url| url.set_port(&value))
    }

    fn pathname(&self, _: &Realm) -> Fallible<String> {
        self.read(UrlRecord::pathname)
    }

    fn set_pathname(&self, _: &Realm, value: String) -> Fallible<()> {
        self.with(|url| url.set_pathname(&value))
    }

    fn search(&self, _: &Realm) -> Fallible<String> {
        self.read(UrlRecord::search)
    }

    fn set_search(&self, _: &Realm, value: String) -> Fallible<()> {
        self.url.borrow_mut().set_search(&value);
        self.query_changed();
        Ok(())
    }

    fn search_params(&self, realm: &Realm) -> Fallible<Root<URLSearchParams>> {
        crate::dom::globals::window_or_worker::once(&self.search_params, || {
            realm.wrap(URLSearchParams::of_url(&self.root()))
        })
    }

    fn hash(&self, _: &Realm) -> Fallible<String> {
        self.read(UrlRecord::hash)
    }

    fn set_hash(&self, _: &Realm, value: String) -> Fallible<()> {
        self.url.borrow_mut().set_hash(&value);
        Ok(())
    }

    fn to_json(&self, realm: &Realm) -> Fallible<String> {
        self.href(realm)
    }
}
