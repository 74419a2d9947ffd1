//! [`URLSearchParams`](https://url.spec.whatwg.org/#interface-urlsearchparams).

use std::cell::RefCell;

use bgfetch_js::{
    DomString, Exception, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields,
};
use url::form_urlencoded;

use crate::bindings::{
    URLSearchParamsMethods, UsvStringSequenceSequenceOrUsvStringUsvStringRecordOrUsvString as Init,
};
use crate::dom::URL;

/// `URLSearchParams`.
pub(crate) struct URLSearchParams {
    reflector: Reflector,
    list: RefCell<Vec<(String, String)>>,
    /// The URL whose query it is.
    url: Option<Member<URL>>,
}

trace_fields!(URLSearchParams { url });
platform_object!(URLSearchParams);

/// [`application/x-www-form-urlencoded` parsing](https://url.spec.whatwg.org/#concept-urlencoded-parser).
pub(crate) fn parse(query: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(query).into_owned().collect()
}

/// [`application/x-www-form-urlencoded` serializing](https://url.spec.whatwg.org/#concept-urlencoded-serializer).
pub(crate) fn serialize(list: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(list).finish()
}

impl URLSearchParams {
    /// The `searchParams` of a URL.
    pub(super) fn of_url(url: &Root<URL>) -> Self {
        let params =
            Self { reflector: Reflector::new(), list: RefCell::default(), url: Some(url.clone().into()) };
        params.replace_from(&url.query_text());
        params
    }

    /// The URL's query changed.
    pub(super) fn replace_from(&self, query: &str) {
        *self.list.borrow_mut() = parse(query.as_bytes());
    }

    /// The list, serialized.
    pub(crate) fn serialized(&self) -> String {
        serialize(&self.list.borrow())
    }

    /// [Update](https://url.spec.whatwg.org/#concept-urlsearchparams-update) the URL.
    fn update(&self) {
        if let Some(url) = &self.url {
            url.set_query(self.serialized());
        }
    }
}

impl URLSearchParamsMethods for URLSearchParams {
    /// [`new URLSearchParams()`](https://url.spec.whatwg.org/#dom-urlsearchparams-urlsearchparams)
    fn constructor(_: &Realm, init: Init) -> Fallible<Self> {
        let list = match init {
            Init::UsvStringSequenceSequence(pairs) => pairs
                .into_iter()
                .map(|pair| {
                    let count = pair.len();
                    <[String; 2]>::try_from(pair).map(|[name, value]| (name, value)).map_err(|_| {
                        Exception::type_error(format!(
                            "each pair has a name and a value, but one has {count} items"
                        ))
                    })
                })
                .collect::<Fallible<Vec<_>>>()?,
            Init::UsvStringUsvStringRecord(record) => record,
            Init::UsvString(text) => parse(text.strip_prefix('?').unwrap_or(&text).as_bytes()),
        };
        Ok(Self { reflector: Reflector::new(), list: RefCell::new(list), url: None })
    }

    fn size(&self, _: &Realm) -> Fallible<u32> {
        Ok(u32::try_from(self.list.borrow().len()).unwrap_or(u32::MAX))
    }

    fn append(&self, _: &Realm, name: String, value: String) -> Fallible<()> {
        self.list.borrow_mut().push((name, value));
        self.update();
        Ok(())
    }

    fn delete(&self, _: &Realm, name: String, value: Option<String>) -> Fallible<()> {
        self.list.borrow_mut().retain(|(n, v)| *n != name || value.as_ref().is_some_and(|value| v != value));
        self.update();
        Ok(())
    }

    fn get(&self, _: &Realm, name: String) -> Fallible<Option<String>> {
        Ok(self.list.borrow().iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone()))
    }

    fn get_all(&self, _: &Realm, name: String) -> Fallible<Vec<String>> {
        Ok(self.list.borrow().iter().filter(|(n, _)| *n == name).map(|(_, value)| value.clone()).collect())
    }

    fn has(&self, _: &Realm, name: String, value: Option<String>) -> Fallible<bool> {
        let same = |(n, v): &(String, String)| *n == name && value.as_ref().is_none_or(|value| v == value);
        Ok(self.list.borrow().iter().any(same))
    }

    fn set(&self, _: &Realm, name: String, value: String) -> Fallible<()> {
        {
            let mut list = self.list.borrow_mut();
            match list.iter().position(|(n, _)| *n == name) {
                None => list.push((name, value)),
                Some(first) => {
                    if let Some(pair) = list.get_mut(first) {
                        pair.1 = value;
                    }
                    let mut index = 0;
                    list.retain(|(n, _)| {
                        index += 1;
                        index <= first + 1 || *n != name
                    });
                }
            }
        }
        self.update();
        Ok(())
    }

    /// [`sort()`](https://url.spec.whatwg.org/#dom-urlsearchparams-sort): by code units, keeping the order of equal names.
    fn sort(&self, _: &Realm) -> Fallible<()> {
        self.list.borrow_mut().sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
        self.update();
        Ok(())
    }

    fn stringify(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.serialized().into())
    }

    fn pair_at(&self, _: &Realm, index: usize) -> Fallible<Option<(String, String)>> {
        Ok(self.list.borrow().get(index).cloned())
    }
}
